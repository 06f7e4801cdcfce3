//! Predictions for the lines of standard input or of a file, as they arrive.

use super::answers::Answers;
use crate::args::Predict;
use gatewise::{Error, Predictor, Result};
use gatewise_pipeline::Drift;
use std::io::{BufRead, BufReader, Read};

/// The largest number of lines predicted at a time, so that memory is constant.
const CHUNK: usize = 4096;
/// Bytes read at a time.
const BUFFER: usize = 1 << 20;
/// A line longer than this is an error rather than memory without bound.
const MAX_LINE: usize = 16 << 20;

/// Prints a prediction for each line of `input`, which `name` is the name of.
pub fn lines(
    predictor: &Predictor,
    args: &Predict,
    input: impl Read,
    name: &str,
    drift: &mut Drift,
) -> Result<()> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut out = Answers::new(predictor.artifact(), args, "text");
    let (mut lines, mut number) = (Vec::new(), 0);
    loop {
        let line = read_line(&mut input, &mut number, name);
        let more = matches!(line, Ok(Some(_)));
        let problem = line.map(|line| lines.extend(line)).err();
        // A program that waits for a prediction before it writes the next line receives it.
        let waiting = !input.buffer().contains(&b'\n');
        if !more || waiting || lines.len() == CHUNK {
            let answers = predictor.predict(&lines)?;
            drift.count(&answers);
            out.write(&answers, &lines)?;
            lines.clear();
        }
        match problem {
            Some(error) => return Err(error),
            None if !more => return Ok(()),
            None => {}
        }
    }
}

/// The mark that some programs write at the start of a text. It is not a character of the first line.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Returns the next line without its end, or `None` at the end of the input.
fn read_line(input: &mut impl BufRead, number: &mut usize, name: &str) -> Result<Option<String>> {
    *number += 1;
    let io = |e| Error::reading("cannot read", name, e);
    let mut bytes = Vec::new();
    std::io::Read::take(&mut *input, MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes).map_err(io)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() > MAX_LINE {
        return Err(Error::data(format!("line {number} of {name} is longer than {MAX_LINE} bytes")));
    }
    if *number == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
        if bytes.is_empty() {
            return Ok(None);
        }
    }
    while bytes.pop_if(|b| matches!(b, b'\n' | b'\r')).is_some() {}
    String::from_utf8(bytes).map(Some).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Error::data(format!(
            "line {number} of {name} is not UTF-8: its byte at offset {at} is invalid; \
             convert the text to UTF-8, for example with iconv"
        ))
    })
}
