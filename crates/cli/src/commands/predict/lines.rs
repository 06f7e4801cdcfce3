//! The lines of standard input or of a file, as they arrive.

use crate::note;
use gatewise::files::{RecordOptions, open_text};
use gatewise::{Error, Result};
use gatewise_pipeline::PredictInput;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::Path;

/// Bytes read at a time.
const BUFFER: usize = 1 << 20;
/// A line longer than this is an error rather than memory without bound.
const MAX_LINE: usize = 16 << 20;

/// Opens a file whose lines are texts, with a note that they are.
pub fn open(path: &Path, options: &RecordOptions) -> Result<impl Read + use<>> {
    let file = open_text(path, options.encoding)?;
    file.notes.iter().for_each(|note| note!("note: {}: {note}", path.display()));
    note!("note: {}", PredictInput::line_note(path, options));
    Ok(file.bytes)
}

/// Returns standard input, with a note where a person types it.
pub fn standard_input() -> impl Read {
    let input = std::io::stdin();
    if input.is_terminal() {
        note!("Reading texts from standard input, one a line; end with Ctrl-D.");
    }
    input.lock()
}

/// Calls `each` with the lines of `input`, which `name` is the name of, at most `chunk` at a time.
pub fn for_each(
    input: impl Read,
    name: &str,
    chunk: usize,
    mut each: impl FnMut(&[String]) -> Result<()>,
) -> Result<()> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let (mut lines, mut number) = (Vec::new(), 0);
    loop {
        let line = read_line(&mut input, &mut number, name);
        let more = matches!(line, Ok(Some(_)));
        let problem = line.map(|line| lines.extend(line)).err();
        // A program that waits for a result before it writes the next line receives it.
        let waiting = !input.buffer().contains(&b'\n');
        if !more || waiting || lines.len() == chunk {
            each(&lines)?;
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
