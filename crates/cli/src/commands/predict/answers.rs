//! Predictions as lines: a table, or JSON objects. The probability beside a label is the probability of that label.

use crate::args::{Format, Predict};
use crate::output;
use gatewise::rows::Problem;
use gatewise::{Answer, Artifact, Error, Result};
use gatewise_pipeline::{predicted_probabilities, top_labels};
use std::error::Error as _;
use std::io::{BufWriter, ErrorKind, StdoutLock, Write};

/// Prints predictions.
pub struct Answers<'a> {
    artifact: &'a Artifact,
    args: &'a Predict,
    /// The kind of input: the key in JSON.
    kind: &'static str,
    out: BufWriter<StdoutLock<'static>>,
}

impl<'a> Answers<'a> {
    pub fn new(artifact: &'a Artifact, args: &'a Predict, kind: &'static str) -> Self {
        Self { artifact, args, kind, out: BufWriter::new(std::io::stdout().lock()) }
    }

    /// Writes a line for each prediction; `names` are the inputs.
    pub fn write(&mut self, answers: &[Answer], names: &[String]) -> Result<()> {
        let written = answers.iter().zip(names).try_for_each(|(answer, name)| self.line(answer, name));
        let written = written.and_then(|()| self.out.flush());
        written.map_err(|e| Error::io("cannot write to", "standard output", e)).or_else(ignore_closed_pipe)
    }

    fn line(&mut self, answer: &Answer, name: &str) -> std::io::Result<()> {
        let Self { artifact, args, kind, out } = self;
        let Answer { label, labels, probability, value, scores, words, oov, .. } = answer;
        let top = args.top_k.map(|count| top_labels(artifact, scores, count));
        if args.format == Format::Json {
            let mut object = match (artifact.problem(), value) {
                (_, Some(value)) => serde_json::json!({*kind: name, "value": value}),
                (Problem::MultiLabel { .. }, _) => serde_json::json!({*kind: name, "labels": labels}),
                _ => serde_json::json!({*kind: name, "label": label, "probability": probability}),
            };
            if artifact.vocabulary().is_some() {
                object["words"] = (*words).into();
                object["oov"] = (*oov).into();
            }
            if value.is_none() {
                let all = top_labels(artifact, scores, artifact.labels().len());
                object["probabilities"] = all.into_iter().map(|(label, p)| (label.to_owned(), p)).collect();
            }
            if let Some(top) = top {
                let of_label = |(label, p)| serde_json::json!({"label": label, "probability": p});
                object["top"] = top.into_iter().map(of_label).collect();
            }
            return writeln!(out, "{object}");
        }
        writeln!(out, "{}\t{}", fields(artifact, answer, top), on_one_line(name))
    }
}

/// Returns a prediction as fields with tabs between them: the label and its probability, or the most probable labels.
pub fn fields(artifact: &Artifact, answer: &Answer, top: Option<Vec<(&str, f32)>>) -> String {
    let Answer { probability, scores, .. } = answer;
    let label = on_one_line(&answer.label);
    match (artifact.problem(), top) {
        (_, Some(top)) => {
            let fields = top
                .into_iter()
                .map(|(label, probability)| format!("{}\t{probability:.4}", on_one_line(label)));
            fields.collect::<Vec<_>>().join("\t")
        }
        (Problem::Regression { .. }, None) => label,
        (Problem::MultiLabel { separator, .. }, None) => {
            let all = predicted_probabilities(artifact, scores);
            let all: Vec<_> = all.iter().map(|probability| format!("{probability:.4}")).collect();
            format!("{label}\t{}", all.join(separator))
        }
        (_, None) => format!("{label}\t{probability:.4}"),
    }
}

/// A closed pipe (`| head`) is the end, and not an error.
pub fn ignore_closed_pipe(error: Error) -> Result<()> {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    match cause.map(std::io::Error::kind) {
        Some(ErrorKind::BrokenPipe) => std::process::exit(0),
        _ => Err(error),
    }
}

/// Returns `text` without characters that would break the table, control the terminal or turn its direction.
pub fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || output::turns(c) { ' ' } else { c }).collect()
}
