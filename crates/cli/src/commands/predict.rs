//! `gatewise predict`: labels for texts.

use crate::Done;
use crate::args::{Format, Predict};
use gatewise::{Answer, Artifact, Error, Result};
use std::io::{BufRead, IsTerminal, Write};

/// Lines of standard input answered at a time: memory stays the same for any number of lines.
const CHUNK: usize = 1024;
/// A line longer than this is an error rather than memory without bound.
const MAX_LINE: usize = 16 << 20;

pub fn predict(args: Predict) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    let mut out = std::io::stdout().lock();
    if !args.texts.is_empty() {
        answer(&artifact, &args.texts, args.format, &mut out)?;
        return Ok(Done::Whole);
    }
    if std::io::stdin().is_terminal() {
        eprintln!("Reading texts from standard input, one a line; end with Ctrl-D.");
    }
    let mut input = std::io::stdin().lock();
    let interactive = std::io::stdin().is_terminal();
    let (mut lines, mut number) = (Vec::new(), 0);
    while let Some(line) = read_line(&mut input, &mut number)? {
        lines.push(line);
        if interactive || lines.len() == CHUNK {
            answer(&artifact, &lines, args.format, &mut out)?;
            lines.clear();
        }
    }
    answer(&artifact, &lines, args.format, &mut out)?;
    Ok(Done::Whole)
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
            "line {number} of standard input is not UTF-8 (byte {at} of the line); convert it"
        ))
    })
}

fn answer(artifact: &Artifact, texts: &[String], format: Format, out: &mut impl Write) -> Result<()> {
    let written = artifact.predict(texts)?.iter().zip(texts).try_for_each(|(answer, text)| {
        let Answer { label, probability, words, oov } = answer;
        match format {
            Format::Json => {
                let object = serde_json::json!({
                    "text": text, "label": label, "probability": probability, "words": words, "oov": oov,
                });
                writeln!(out, "{object}")
            }
            Format::Text => writeln!(out, "{label}\t{probability:.4}\t{text}"),
        }
    });
    match written.and_then(|()| out.flush()) {
        // Whoever reads has had enough (`| head`).
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.map_err(|e| Error::io("cannot write to", "standard output", e)),
    }
}
