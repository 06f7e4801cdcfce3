//! A file with a single column of numbers whose commas belong to the numbers: `100,7` or `$1,200.00` in each line.
//!
//! Input: a file that was opened as a table with commas between its fields. Output: the file as one column, where it is one.

use super::NumberOptions;
use super::parse::{Style, is_number, number};
use crate::error::{Error, Result};
use crate::files::format::RecordFormat;
use crate::files::records::{Delimiter, LOOKED_AT, RecordOptions, Records};
use std::path::Path;

/// Opens the file again as a single column, if commas are marks of its numbers and separate no fields.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the lines may be one column or two.
pub(super) fn reopen(
    path: &Path,
    mut records: Records,
    how: &RecordOptions,
    options: &NumberOptions,
) -> Result<Records> {
    let table = matches!(records.format(), RecordFormat::Csv | RecordFormat::Tsv);
    let commas = records.delimiter() == Some(Delimiter::COMMA);
    let stated = how.delimiter.is_some()
        || options.date_column.is_some()
        || !options.id_columns.is_empty()
        || options.column.as_deref() == Some("2");
    if !table || !commas || stated || !path.is_file() {
        return Ok(records);
    }
    let named = records.has_header();
    let fits = match records.columns().len() {
        // The one name of a header, above numbers that commas cut in two.
        1 => {
            _ = records.peek(LOOKED_AT);
            records.skipped().count > 0
        }
        2 => !named,
        _ => false,
    };
    if !fits {
        return Ok(records);
    }
    let mut single = Records::open(path, &how.clone().delimiter(Delimiter::SEMICOLON))?;
    if single.columns().len() != 1 {
        return Ok(records);
    }
    let looked = single.peek(LOOKED_AT)?;
    let cells: Vec<&str> = looked.iter().filter_map(|row| row.get(0)).map(str::trim).collect();
    let cells: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
    let decimal = Style { decimal: ',' };
    let is_right = |cell: &&str| match options.decimal {
        Some(mark) => number(cell, Style { decimal: mark }).is_some(),
        None => is_number(cell),
    };
    let certain = records.columns().len() == 1 || options.decimal == Some(',');
    if certain {
        let right = cells.iter().filter(|cell| is_right(cell)).count();
        // A few lines may be units, totals and sources.
        return Ok(if !cells.is_empty() && 10 * right >= 9 * cells.len() { single } else { records });
    }
    let halves: Option<Vec<(&str, &str)>> = cells.iter().map(|cell| halves(cell)).collect();
    let Some(halves) = halves.filter(|halves| !halves.is_empty() && options.decimal.is_none()) else {
        return Ok(records);
    };
    let firsts: Vec<i64> = halves.iter().filter_map(|(first, _)| first.parse().ok()).collect();
    let step = |pair: &[i64]| pair[1].wrapping_sub(pair[0]);
    let counts =
        firsts.len() > 2 && firsts.windows(2).all(|pair| step(pair) == step(&firsts)) && step(&firsts) != 0;
    if counts {
        // Years, or numbers of rows.
        return Ok(records);
    }
    let width = halves[0].1.len();
    let same = halves.iter().all(|(_, second)| second.len() == width);
    // Of 100,7 and 12,05: no whole number begins with a zero; and decimals are written without zeros at their end.
    let zero = halves.iter().any(|(_, second)| second.len() > 1 && second.starts_with('0'));
    let cut = !halves.iter().any(|(_, second)| second.ends_with('0'));
    if !(same || zero || cut) {
        return Err(Error::data(format!(
            "{} has lines such as '{}' that may be one number or two; state --decimal , for one column of decimal commas, or \
             --delimiter , for two columns",
            records.name(),
            cells[0]
        )));
    }
    let cell = cells[0].to_owned();
    if number(&cell, decimal).is_some() {
        single.note(format!(
            "each line, such as '{cell}', is read as one number and not as two (--delimiter , reads two columns)"
        ));
    }
    Ok(single)
}

/// Returns the digits before and after the comma of a line such as `-100,7`.
fn halves(cell: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, second) = cell.split_once(',')?;
    let bare = first.strip_prefix(['-', '+']).unwrap_or(first);
    (digits(bare) && digits(second)).then_some((first, second))
}
