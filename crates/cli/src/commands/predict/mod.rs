//! `gatewise predict`: predicts for texts, lines, files of records, and series.

mod answers;
mod lines;
mod shipped;
mod words;

use crate::args::{Format, Predict};
use crate::watch::Watch;
use crate::{Done, note};
use answers::Answers;
use gatewise::files::RecordFormat;
use gatewise::{Artifact, Error, Predictor, Result};
use gatewise_pipeline::{
    Destination, Drift, PredictFile, PredictSeries, RunFiles, check_top_k, set_threshold,
};
use std::path::Path;

pub fn predict(args: Predict) -> Result<Done> {
    if let Some(output) = &args.output {
        let files = args.inputs.iter().map(Path::new).filter(|path| path.is_file());
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
    let file = record_file(inputs)?;
    let of_files = [
        ("--output", args.output.is_some()),
        ("--text-column", !args.text_column.is_empty()),
        (args.table.given().unwrap_or_default(), args.table.given().is_some()),
    ];
    match (file, of_files.iter().find(|(_, given)| *given)) {
        (Some(path), _) => file_of_texts(&predictor, path, &args),
        (None, Some((option, _))) => Err(Error::config(format!(
            "{option} goes with a file of texts (.csv, .tsv, .jsonl or .parquet), but none is given"
        ))),
        (None, None) if inputs.is_empty() => lines::lines(&predictor, &args),
        (None, None) => {
            let mut out = Answers::new(predictor.artifact(), &args, "text");
            let answers = predictor.predict(inputs)?;
            let mut drift = Drift::default();
            drift.count(&answers);
            out.write(&answers, inputs)?;
            words::report(&drift, predictor.artifact());
            Ok(Done::Whole)
        }
    }
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
fn model(args: &Predict) -> Result<(Artifact, &[String])> {
    match args.inputs.split_first() {
        Some((first, rest)) if names_model(first)? => Ok((Artifact::load(first)?, rest)),
        _ => {
            note!(
                "note: no model is given; the built-in model predicts the sentiment of English film reviews"
            );
            Ok((shipped::artifact()?, &args.inputs))
        }
    }
}

/// Returns whether an argument is a model file, and not a text or a file of texts. A mistyped path is an
/// error, and not a text.
fn names_model(text: &str) -> Result<bool> {
    let path = Path::new(text);
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
    let records = RecordFormat::from_path(path).is_some();
    if end == "gatewise" || path.exists() && (!records || path.is_dir() && text.contains('/')) {
        return Ok(true);
    }
    let word = !text.contains(char::is_whitespace);
    let path_like = text.contains(['/', '\\']) && text.contains(|c: char| c.is_ascii_alphabetic())
        || end.len() >= 2 && end.chars().all(char::is_alphanumeric);
    if word && path_like && !records {
        return Err(Error::config(format!(
            "there is no file '{text}'; name a model file, such as model.gatewise. (Is it a text? Texts that look \
             like paths can be given on standard input.)"
        )));
    }
    Ok(false)
}

/// Returns the one argument that is a file of records, if there is one.
fn record_file(inputs: &[String]) -> Result<Option<&Path>> {
    let is_file = |text: &&String| {
        let path = Path::new(text);
        let ends = RecordFormat::from_path(path).is_some_and(|format| format != RecordFormat::Folder);
        ends && (path.is_file() || !text.contains(char::is_whitespace))
    };
    match (inputs.iter().find(is_file), inputs.len()) {
        (Some(file), 1) => Ok(Some(Path::new(file))),
        (Some(file), _) => Err(Error::config(format!(
            "{file} is a file of texts, and predict reads one such file at a time; give it alone"
        ))),
        (None, _) => Ok(None),
    }
}

/// Prints predictions for the series in files, or writes them to a file.
fn series(predictor: &Predictor, files: &[String], args: &Predict) -> Result<Done> {
    if files.is_empty() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_told_from_texts() {
        for model in ["none.gatewise", "a folder/none.gatewise", "Cargo.toml"] {
            assert!(names_model(model).unwrap(), "{model}");
        }
        for text in
            ["Great.", "10/10", "3.5", "e.g.", "a film and/or a play", "Good, or bad.Really", "", "none.csv"]
        {
            assert!(!names_model(text).unwrap(), "{text}");
        }
        for path in ["modle.gatewis", "models/mine", "model.bin"] {
            assert!(names_model(path).unwrap_err().to_string().contains("there is no file"), "{path}");
        }
    }
}
