//! `gatewise predict`: predicts for texts, lines, files of records, folders of texts, and series.

pub(super) mod answers;
pub(super) mod lines;
pub mod shipped;
pub(super) mod words;

use crate::args::{Format, Predict, Table};
use crate::watch::Watch;
use crate::{Done, note};
use answers::Answers;
use gatewise::files::{Encoding, RecordFormat, read_text_of};
use gatewise::{Error, Predictor, Result};
use gatewise_pipeline::{
    Destination, Drift, PredictFile, PredictInput, PredictSeries, RunFiles, check_top_k, set_threshold,
    text_files,
};
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

pub fn predict(args: Predict) -> Result<Done> {
    if let Some(output) = &args.output {
        let files = args.inputs.iter().map(Path::new).filter(|path| path.exists());
        let files = files.fold(RunFiles::new(), |files, path| files.reads("the input", path));
        files.replaces("--output", output).check()?;
    }
    let (mut artifact, inputs) = shipped::named_or_built_in(&args.inputs)?;
    if let Some(threshold) = args.threshold {
        set_threshold(&mut artifact, threshold)?;
    }
    if args.top_k.is_some() {
        check_top_k(&artifact)?;
    }
    let predictor = Predictor::new(artifact)?;
    if predictor.artifact().vocabulary().is_none() {
        return series(&predictor, inputs, &args);
    }
    // A model that predicts no labels or numbers is refused before anything is read.
    predictor.predict::<&str>(&[])?;
    let records = args.table.record_options();
    let input = input(inputs, &args.text, &args.table, &args.text_column)?;
    check_record_options(&input, &args.table, &args.text_column, args.output.is_some())?;
    match input {
        PredictInput::Records(path) => file_of_texts(&predictor, &path, &args),
        PredictInput::Lines(paths) => {
            let mut drift = Drift::default();
            for path in paths {
                let file = lines::open(&path, &records)?;
                predict_lines(&predictor, &args, file, &path.display().to_string(), &mut drift)?;
            }
            words::report(&drift, predictor.artifact());
            Ok(Done::Whole)
        }
        PredictInput::Folder(folder) => folder_of_texts(&predictor, &folder, &args),
        PredictInput::Texts(texts) => {
            let mut out = Answers::new(predictor.artifact(), &args, "text");
            let answers = predictor.predict(&texts)?;
            let mut drift = Drift::default();
            drift.count(&answers);
            out.write(&answers, &texts)?;
            words::report(&drift, predictor.artifact());
            Ok(Done::Whole)
        }
        _ => {
            let mut drift = Drift::default();
            predict_lines(&predictor, &args, lines::standard_input(), "standard input", &mut drift)?;
            words::report(&drift, predictor.artifact());
            Ok(Done::Whole)
        }
    }
}

/// Returns what the words after the model name, or the texts of `--text`.
pub(super) fn input(
    words: &[OsString],
    texts: &[String],
    table: &Table,
    text_column: &[String],
) -> Result<PredictInput> {
    let as_records = !text_column.is_empty() || table.delimiter.is_some() || table.header().is_some();
    match (words.first(), texts.is_empty()) {
        (_, true) => PredictInput::of(words, &table.record_options(), as_records),
        (None, false) => Ok(PredictInput::Texts(texts.to_vec())),
        (Some(word), false) => Err(Error::config(format!(
            "--text gives the texts, but '{}' is given too; leave one of them out",
            word.display()
        ))),
    }
}

/// Refuses the options of a file of records where none is read.
pub(super) fn check_record_options(
    input: &PredictInput,
    table: &Table,
    text_column: &[String],
    output: bool,
) -> Result<()> {
    if matches!(input, PredictInput::Records(_)) {
        return Ok(());
    }
    let is_file = matches!(input, PredictInput::Lines(_) | PredictInput::Folder(_));
    let ignored = [
        ("--output", output),
        ("--text-column", !text_column.is_empty()),
        ("--delimiter", table.delimiter.is_some()),
        ("--header", table.header),
        ("--no-header", table.no_header),
        ("--encoding", table.encoding.is_some() && !is_file),
    ];
    match ignored.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(Error::config(format!(
            "{option} goes with a file of texts (.csv, .tsv, .jsonl or .parquet), but {}",
            without_records(input, option)
        ))),
    }
}

/// Returns what is given in place of a file of records, and what to do.
fn without_records(input: &PredictInput, option: &str) -> String {
    let leave_out = match option {
        "--output" => "leave --output out and redirect the answers (> answers.tsv)".into(),
        _ => format!("leave {option} out"),
    };
    match input {
        PredictInput::Lines(paths) => {
            let path = paths[0].display();
            format!(
                "each line of {path} is a text; name the delimiter of its fields (--delimiter), or {leave_out}"
            )
        }
        PredictInput::Folder(folder) => {
            format!("{} is a folder, each file a text; {leave_out}", folder.display())
        }
        _ => "none is given".into(),
    }
}

/// Prints a prediction for each line of `input`, which `name` is the name of.
fn predict_lines(
    predictor: &Predictor,
    args: &Predict,
    input: impl Read,
    name: &str,
    drift: &mut Drift,
) -> Result<()> {
    /// The largest number of lines predicted at a time, so that memory is constant.
    const CHUNK: usize = 4096;
    let mut out = Answers::new(predictor.artifact(), args, "text");
    lines::for_each(input, name, CHUNK, |lines| {
        let answers = predictor.predict(lines)?;
        drift.count(&answers);
        out.write(&answers, lines)
    })
}

/// Prints a prediction for each file of a folder.
fn folder_of_texts(predictor: &Predictor, folder: &Path, args: &Predict) -> Result<Done> {
    let mut out = Answers::new(predictor.artifact(), args, "file");
    let mut drift = Drift::default();
    for_each_file(folder, args.table.encoding, |names, texts| {
        let answers = predictor.predict(texts)?;
        drift.count(&answers);
        out.write(&answers, names)
    })?;
    words::report(&drift, predictor.artifact());
    Ok(Done::Whole)
}

/// Calls `each` with the paths and the texts of the files of a folder, some at a time, so that memory is bounded.
pub(super) fn for_each_file(
    folder: &Path,
    encoding: Option<Encoding>,
    mut each: impl FnMut(&[String], &[String]) -> Result<()>,
) -> Result<()> {
    const CHUNK: usize = 256;
    /// The largest text, in bytes.
    const MAX_TEXT: u64 = 16 << 20;
    for chunk in text_files(folder)?.chunks(CHUNK) {
        let texts =
            chunk.iter().map(|path| read_text_of(path, encoding, MAX_TEXT)).collect::<Result<Vec<_>>>()?;
        let names: Vec<String> = chunk.iter().map(|path| path.display().to_string()).collect();
        each(&names, &texts)?;
    }
    Ok(())
}

/// Writes the records of a file with the predictions added.
fn file_of_texts(predictor: &Predictor, path: &Path, args: &Predict) -> Result<Done> {
    let mut watch = Watch::rows()?;
    let config = PredictFile::new(path).text_columns(&args.text_column).records(args.table.record_options());
    let config = match args.top_k {
        Some(count) => config.top_k(count),
        None => config,
    };
    let config = match &args.output {
        Some(output) => config.to_file(output),
        None => {
            let format = (args.format == Format::Json).then_some(RecordFormat::JsonLines);
            config.to(Destination::Stream(Box::new(std::io::stdout()), format))
        }
    };
    let outcome = config.run(predictor, &mut watch);
    let signal = watch.signal().unwrap_or("request");
    drop(watch);
    let outcome = match outcome {
        Err(error) if args.output.is_none() => {
            return answers::ignore_closed_pipe(error).map(|()| Done::Whole);
        }
        outcome => outcome?,
    };
    if outcome.interrupted {
        note!("Stopped by {signal}.");
        return Ok(Done::Interrupted);
    }
    words::report(&outcome.drift, predictor.artifact());
    Ok(Done::Whole)
}

/// Prints predictions for the series in files, or writes them to a file.
fn series(predictor: &Predictor, files: &[OsString], args: &Predict) -> Result<Done> {
    if !args.text.is_empty() || files.is_empty() {
        return Err(Error::config("this model reads series: give the .ts files that hold them"));
    }
    if !args.text_column.is_empty() {
        return Err(Error::config(
            "--text-column is for files of texts, but this model reads series; leave it out",
        ));
    }
    let config = PredictSeries::new(files);
    let config = args.top_k.map_or(config.clone(), |count| config.top_k(count));
    let mut watch = Watch::notes();
    if let Some(output) = &args.output {
        return config.write(predictor, output, &mut watch).map(|()| Done::Whole);
    }
    let mut out = Answers::new(predictor.artifact(), args, "series");
    config.run(predictor, &mut watch, |path, answers| {
        let names: Vec<String> =
            (1..=answers.len()).map(|row| format!("{}, row {row}", path.display())).collect();
        out.write(answers, &names)
    })?;
    Ok(Done::Whole)
}
