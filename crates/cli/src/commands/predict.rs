//! `gatewise predict`: labels for texts.

use crate::args::{Format, Predict};
use crate::{Done, note};
use gatewise::data::{Problem, read_ts};
use gatewise::{Answer, Artifact, Error, Result};
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;

/// Lines of standard input answered at a time at most: memory stays the same for any number of lines.
const CHUNK: usize = 1024;
/// Bytes of standard input read at a time.
const BUFFER: usize = 1 << 20;
/// A line longer than this is an error rather than memory without bound.
const MAX_LINE: usize = 16 << 20;

pub fn predict(args: Predict) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    let mut out = std::io::stdout().lock();
    if !artifact.scalers.is_empty() {
        return series(&artifact, &args, &mut out);
    }
    if !args.texts.is_empty() {
        answer(&artifact, &args.texts, args.format, &mut out)?;
        return Ok(Done::Whole);
    }
    if std::io::stdin().is_terminal() {
        note!("Reading texts from standard input, one a line; end with Ctrl-D.");
    }
    let mut input = BufReader::with_capacity(BUFFER, std::io::stdin().lock());
    let (mut lines, mut number) = (Vec::new(), 0);
    loop {
        let line = read_line(&mut input, &mut number);
        let more = matches!(line, Ok(Some(_)));
        let problem = line.map(|line| lines.extend(line)).err();
        // Whoever waits for an answer before writing the next line gets it.
        let waiting = !input.buffer().contains(&b'\n');
        if !more || waiting || lines.len() == CHUNK {
            answer(&artifact, &lines, args.format, &mut out)?;
            lines.clear();
        }
        match problem {
            Some(error) => return Err(error),
            None if !more => return Ok(Done::Whole),
            None => {}
        }
    }
}

/// The next line without its end, or `None` at the end of the input.
fn read_line(input: &mut impl BufRead, number: &mut usize) -> Result<Option<String>> {
    *number += 1;
    let io = |e| Error::io("cannot read", "standard input", e);
    let mut bytes = Vec::new();
    std::io::Read::take(&mut *input, MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes).map_err(io)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() > MAX_LINE {
        return Err(Error::data(format!("line {number} of standard input is longer than {MAX_LINE} bytes")));
    }
    while bytes.pop_if(|b| matches!(b, b'\n' | b'\r')).is_some() {}
    String::from_utf8(bytes).map(Some).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Error::data(format!(
            "line {number} of standard input is not UTF-8: its byte at offset {at} belongs to no character; \
             convert the text to UTF-8, for example with iconv"
        ))
    })
}

/// Answers for the series in files.
fn series(artifact: &Artifact, args: &Predict, out: &mut impl Write) -> Result<Done> {
    if args.texts.is_empty() {
        return Err(Error::config("this model reads series: give the .ts files that hold them"));
    }
    for file in &args.texts {
        let series = read_ts(Path::new(file))?;
        let answers = artifact.predict_series(&series.rows)?;
        let names: Vec<String> = (1..=answers.len()).map(|row| format!("{file}, row {row}")).collect();
        write(artifact, &answers, "series", &names, args.format, out)?;
    }
    Ok(Done::Whole)
}

fn answer(artifact: &Artifact, texts: &[String], format: Format, out: &mut impl Write) -> Result<()> {
    write(artifact, &artifact.predict(texts)?, "text", texts, format, out)
}

/// A line for each answer; `kind` is what is answered for, `names` say which.
fn write(
    artifact: &Artifact,
    answers: &[Answer],
    kind: &str,
    names: &[String],
    format: Format,
    out: &mut impl Write,
) -> Result<()> {
    let written = answers.iter().zip(names).try_for_each(|(answer, text)| {
        let Answer { label, labels, probability, value, scores, words, oov } = answer;
        match format {
            Format::Json => {
                let mut object = match (&artifact.problem, value) {
                    (_, Some(value)) => serde_json::json!({kind: text, "value": value}),
                    (Problem::MultiLabel { .. }, _) => serde_json::json!({kind: text, "labels": labels}),
                    _ => serde_json::json!({kind: text, "label": label, "probability": probability}),
                };
                if artifact.scalers.is_empty() {
                    object["words"] = (*words).into();
                    object["oov"] = (*oov).into();
                }
                if value.is_none() && artifact.labels.len() == scores.len() {
                    let of_label = artifact.labels.iter().zip(scores);
                    object["probabilities"] = of_label.map(|(label, &p)| (label.clone(), p)).collect();
                }
                writeln!(out, "{object}")
            }
            Format::Text => match &artifact.problem {
                Problem::Regression { .. } => writeln!(out, "{label}\t{}", on_one_line(text)),
                Problem::MultiLabel { separator } => {
                    let yes = scores.iter().filter(|&&score| score > artifact.threshold);
                    let of_label: Vec<String> = yes.map(|score| format!("{score:.4}")).collect();
                    writeln!(out, "{label}\t{}\t{}", of_label.join(separator), on_one_line(text))
                }
                _ => writeln!(out, "{label}\t{probability:.4}\t{}", on_one_line(text)),
            },
        }
    });
    match written.and_then(|()| out.flush()) {
        // Whoever reads has had enough (`| head`).
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.map_err(|e| Error::io("cannot write to", "standard output", e)),
    }
}

/// `text` without what would break the table or command the terminal.
fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
