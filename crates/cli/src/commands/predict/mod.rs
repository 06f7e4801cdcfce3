//! `gatewise predict`: predicts for texts, lines, files of records, folders of texts, and series.

mod answers;
mod lines;
pub mod shipped;
mod words;

use crate::args::{Format, Predict};
use crate::watch::Watch;
use crate::{Done, note};
use answers::Answers;
use gatewise::files::{RecordFormat, RecordOptions, open_text, read_text_of};
use gatewise::{Artifact, Error, Predictor, Result};
use gatewise_pipeline::{
    Destination, Drift, PredictFile, PredictInput, PredictSeries, RunFiles, check_top_k, set_threshold,
    text_files,
};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::Path;

pub fn predict(args: Predict) -> Result<Done> {
    if let Some(output) = &args.output {
        let files = args.inputs.iter().map(Path::new).filter(|path| path.exists());
        let files = files.fold(RunFiles::new(), |files, path| files.reads("the input", path));
        files.replaces("--output", output).check()?;
    }
    let (mut artifact, inputs) = model(&args)?;
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
    let of_records =
        !args.text_column.is_empty() || args.table.delimiter.is_some() || args.table.header().is_some();
    let encoding = args.table.encoding;
    let records = args.table.record_options();
    let input = input(inputs, &args.text, &records, of_records)?;
    let is_file = matches!(input, PredictInput::Lines(_) | PredictInput::Folder(_));
    let ignored = [
        ("--output", args.output.is_some()),
        ("--text-column", !args.text_column.is_empty()),
        ("--delimiter", args.table.delimiter.is_some()),
        ("--header", args.table.header),
        ("--no-header", args.table.no_header),
        ("--encoding", encoding.is_some() && !is_file),
    ];
    let ignored = ignored.iter().find(|(_, given)| *given);
    match (input, ignored) {
        (PredictInput::Records(path), _) => file_of_texts(&predictor, &path, &args),
        (input, Some((option, _))) => Err(Error::config(format!(
            "{option} goes with a file of texts (.csv, .tsv, .jsonl or .parquet), but {}",
            without_records(&input, option)
        ))),
        (PredictInput::Lines(paths), _) => {
            let mut drift = Drift::default();
            for path in paths {
                let file = open_text(&path, encoding)?;
                file.notes.iter().for_each(|note| note!("note: {}: {note}", path.display()));
                note!("note: {}", PredictInput::line_note(&path, &records));
                lines::lines(&predictor, &args, file.bytes, &path.display().to_string(), &mut drift)?;
            }
            words::report(&drift, predictor.artifact());
            Ok(Done::Whole)
        }
        (PredictInput::Folder(folder), _) => folder_of_texts(&predictor, &folder, &args),
        (PredictInput::Texts(texts), _) => {
            let mut out = Answers::new(predictor.artifact(), &args, "text");
            let answers = predictor.predict(&texts)?;
            let mut drift = Drift::default();
            drift.count(&answers);
            out.write(&answers, &texts)?;
            words::report(&drift, predictor.artifact());
            Ok(Done::Whole)
        }
        _ => {
            if std::io::stdin().is_terminal() {
                note!("Reading texts from standard input, one a line; end with Ctrl-D.");
            }
            let mut drift = Drift::default();
            lines::lines(&predictor, &args, std::io::stdin().lock(), "standard input", &mut drift)?;
            words::report(&drift, predictor.artifact());
            Ok(Done::Whole)
        }
    }
}

/// Returns what the words after the model name, or the texts of `--text`.
fn input(
    words: &[OsString],
    texts: &[String],
    options: &RecordOptions,
    of_records: bool,
) -> Result<PredictInput> {
    match (words.first(), texts.is_empty()) {
        (_, true) => PredictInput::of(words, options, of_records),
        (None, false) => Ok(PredictInput::Texts(texts.to_vec())),
        (Some(word), false) => Err(Error::config(format!(
            "--text gives the texts, but '{}' is given too; leave one of them out",
            word.display()
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

/// Prints a prediction for each file of a folder.
fn folder_of_texts(predictor: &Predictor, folder: &Path, args: &Predict) -> Result<Done> {
    /// Files predicted at a time, so that memory is bounded.
    const CHUNK: usize = 256;
    /// The largest text, in bytes.
    const MAX_TEXT: u64 = 16 << 20;
    let files = text_files(folder)?;
    let mut out = Answers::new(predictor.artifact(), args, "file");
    let mut drift = Drift::default();
    for chunk in files.chunks(CHUNK) {
        let texts = chunk
            .iter()
            .map(|path| read_text_of(path, args.table.encoding, MAX_TEXT))
            .collect::<Result<Vec<_>>>()?;
        let answers = predictor.predict(&texts)?;
        drift.count(&answers);
        let names: Vec<String> = chunk.iter().map(|path| path.display().to_string()).collect();
        out.write(&answers, &names)?;
    }
    words::report(&drift, predictor.artifact());
    Ok(Done::Whole)
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

/// Returns the model that the first argument names, or the built-in model, and the remaining arguments.
fn model(args: &Predict) -> Result<(Artifact, &[OsString])> {
    let (model, rest) = PredictInput::split_model(&args.inputs)?;
    match model {
        Some(path) => Ok((Artifact::load(path)?, rest)),
        None => {
            note!(
                "note: no model is given; the built-in model predicts the sentiment of English film reviews"
            );
            Ok((shipped::artifact()?, rest))
        }
    }
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
