//! `gatewise lab abc`: checks which tunes of a text are valid ABC notation.

use crate::args::{Format, LabAbc};
use crate::{Done, out};
use gatewise::{Error, Result};
use gatewise_lab::abc::judge;
use serde_json::json;
use std::io::Read;

/// The largest file that is read.
const MAX_BYTES: u64 = 64 << 20;

pub fn abc(args: LabAbc) -> Result<Done> {
    let name = args.file.to_string_lossy();
    let bytes = match &*name {
        "-" => read(std::io::stdin().lock()),
        _ => std::fs::File::open(&args.file).and_then(read),
    };
    let bytes = bytes.map_err(|e| Error::reading("cannot read", &args.file, e))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Error::data(format!("{name} is longer than {MAX_BYTES} bytes: check it in parts")));
    }
    let tunes = judge(&String::from_utf8_lossy(&bytes));
    if tunes.is_empty() {
        return Err(Error::data(format!("{name} contains no tune: none of its lines begins with X:")));
    }
    let good = tunes.iter().filter(|tune| tune.judged.is_ok()).count();
    let share = good as f64 / tunes.len() as f64;
    let flaws = tunes.iter().filter_map(|tune| tune.judged.as_ref().err());
    match args.format {
        Format::Json => {
            let flaws: Vec<_> = flaws.map(|flaw| format!("{name}:{flaw}")).collect();
            let object = json!({ "tunes": tunes.len(), "parsed": good, "share": share, "flaws": flaws });
            out!("{object:#}\n")?;
        }
        Format::Text => {
            for flaw in flaws {
                out!("{name}:{flaw}\n")?;
            }
            out!("Tunes: {} - Parsed: {good} - Share: {:.2}%\n", tunes.len(), 100.0 * share)?;
        }
    }
    match args.at_least {
        Some(least) if share < least => Err(Error::data(format!(
            "only {:.2} % of the tunes parse, but --at-least is {:.2} %",
            100.0 * share,
            100.0 * least
        ))),
        _ => Ok(Done::Whole),
    }
}

fn read(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
