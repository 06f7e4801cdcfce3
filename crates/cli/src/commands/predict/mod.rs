//! `gatewise predict`: labels for texts, lines, files of records, and series.

mod answers;
mod file;
mod lines;
mod oov;
mod shipped;

use crate::args::Predict;
use crate::{Done, note};
use answers::Answers;
use gatewise::files::{RecordFormat, read_ts};
use gatewise::rows::Problem;
use gatewise::{Artifact, Error, Result};
use oov::Oov;
use std::path::Path;

pub fn predict(args: Predict) -> Result<Done> {
    let (mut artifact, inputs) = model(&args)?;
    threshold(&mut artifact, args.threshold)?;
    if let (Problem::Regression { .. }, Some(_)) = (&artifact.problem, args.top_k) {
        return Err(Error::config("this model answers with numbers and has no labels; leave --top-k out"));
    }
    if !artifact.scalers.is_empty() {
        return series(&artifact, inputs, &args);
    }
    let file = record_file(inputs)?;
    let of_files = [("--output", args.output.is_some()), ("--text-column", !args.text_column.is_empty())];
    match (file, of_files.iter().find(|(_, given)| *given)) {
        (Some(file), _) => file::file(&artifact, file, &args),
        (None, Some((option, _))) => Err(Error::config(format!(
            "{option} goes with a file of texts (.csv, .tsv, .jsonl or .parquet), but none is given"
        ))),
        (None, None) if inputs.is_empty() => lines::lines(&artifact, &args),
        (None, None) => {
            let mut out = Answers::new(&artifact, &args, "text");
            let answers = artifact.predict(inputs)?;
            let mut oov = Oov::default();
            oov.count(&answers);
            out.write(&answers, inputs)?;
            oov.report(&artifact);
            Ok(Done::Whole)
        }
    }
}

/// The model that the first argument names, or the one in the program, and the arguments that are left.
fn model(args: &Predict) -> Result<(Artifact, &[String])> {
    match args.inputs.split_first() {
        Some((first, rest)) if names_model(first)? => Ok((Artifact::load(first)?, rest)),
        _ => {
            note!(
                "note: no model is named, so the program's own answers: the sentiment of English film reviews"
            );
            Ok((shipped::artifact()?, &args.inputs))
        }
    }
}

/// Whether an argument is a model's file and not a text or a file of texts. A mistyped path must not be taken for a
/// text and answered.
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

/// The one argument that is a file of records, if there is one.
fn record_file(inputs: &[String]) -> Result<Option<&Path>> {
    let is_file = |text: &&String| {
        let path = Path::new(text);
        let ends = RecordFormat::from_path(path).is_some_and(|format| format != RecordFormat::Folder);
        ends && (path.is_file() || !text.contains(char::is_whitespace))
    };
    match (inputs.iter().find(is_file), inputs.len()) {
        (Some(file), 1) => Ok(Some(Path::new(file))),
        (Some(file), _) => Err(Error::config(format!(
            "{file} is a file of texts, and one such file is answered at a time; give it alone"
        ))),
        (None, _) => Ok(None),
    }
}

fn threshold(artifact: &mut Artifact, threshold: Option<f32>) -> Result<()> {
    if let Some(threshold) = threshold {
        let decides = match artifact.problem {
            Problem::MultiLabel { .. } => true,
            Problem::Regression { .. } => false,
            _ => artifact.model.output_width() == 1 && artifact.labels.len() == 2,
        };
        if !decides {
            return Err(Error::config(
                "a threshold decides between two classes or about each of several labels, and this model's answers are \
                 neither; leave --threshold out",
            ));
        }
        artifact.threshold = threshold;
    }
    Ok(())
}

/// Answers for the series in files.
fn series(artifact: &Artifact, files: &[String], args: &Predict) -> Result<Done> {
    if files.is_empty() {
        return Err(Error::config("this model reads series: give the .ts files that hold them"));
    }
    let mut out = Answers::new(artifact, args, "series");
    for file in files {
        let series = read_ts(Path::new(file))?;
        let answers = artifact.predict_series(&series.rows)?;
        let names: Vec<String> = (1..=answers.len()).map(|row| format!("{file}, row {row}")).collect();
        out.write(&answers, &names)?;
    }
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
