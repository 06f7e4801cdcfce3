//! Tables of the UCR archive: a series in each line, after the number of its class, without a header.
//!
//! Input: lines of numbers between tabs, commas or spaces. Series that are shorter than others end in NaN. Output:
//! [`SeriesFile`] of one channel.

use super::gathered::{Channel, Gathered, value};
use super::{SeriesFile, SeriesTargets};
use crate::error::{Error, Result};

/// The minimum number of columns. Narrower tables of numbers are rarely series.
const MIN_COLUMNS: usize = 8;

/// Returns the fields of a line.
fn fields(line: &str) -> Vec<&str> {
    let line = line.trim();
    match [b'\t', b',', b';'].iter().find(|&&delimiter| line.as_bytes().contains(&delimiter)) {
        Some(&delimiter) => line.split(char::from(delimiter)).collect(),
        None => line.split_whitespace().collect(),
    }
}

/// Returns the class in a field: a whole number.
fn class(field: &str) -> Option<i64> {
    let number = field.trim().parse::<f64>().ok()?;
    (number.fract() == 0.0 && number.abs() < 1e6).then_some(number as i64)
}

/// Returns whether `text`, whole lines, is a table of series: only numbers, the first of each line a whole number
/// which is not the number of the line.
pub(super) fn looks_like(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    let (mut classes, mut fraction) = (Vec::new(), false);
    if lines.peek().is_none() {
        return false;
    }
    for line in lines {
        let fields = fields(line);
        let [first, rest @ ..] = &*fields else { return false };
        let (Some(class), true) = (class(first), fields.len() >= MIN_COLUMNS) else { return false };
        if !rest.iter().all(|field| value(field).is_some()) {
            return false;
        }
        fraction |= rest.iter().any(|field| value(field).is_some_and(|value| value.fract() != 0.0));
        classes.push(class);
    }
    let counted = classes.len() > 2 && classes.windows(2).all(|pair| pair[0] < pair[1]);
    fraction && !counted
}

/// Parses a table.
pub(super) fn parse(name: &str, text: &str) -> Result<SeriesFile> {
    let lines = || (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let mut classes: Vec<i64> = lines().filter_map(|(_, line)| class(fields(line).first()?)).collect();
    classes.sort_unstable();
    classes.dedup();
    let labels = classes.iter().map(i64::to_string).collect();
    let mut gathered = Gathered::new(name, 1, SeriesTargets::Classes { labels, classes: Vec::new() });
    gathered.note(
        "each line is read as one series, as in the UCR archive: the first number is its class, the others are its values"
            .into(),
    );
    for (line, content) in lines() {
        let at = |message: String| Error::data(format!("{name}:{line}: {message}"));
        let fields = fields(content);
        let target = fields[0].trim();
        let mut values = Vec::with_capacity(fields.len());
        for (column, field) in (2..).zip(&fields[1..]) {
            let number = value(field).ok_or_else(|| {
                at(format!("column {column} is '{}', but a number was expected", field.trim()))
            })?;
            values.push(number);
        }
        // Shorter series are padded.
        while values.pop_if(|value| value.is_nan()).is_some() {}
        if values.is_empty() {
            return Err(at("the series has no value; remove the line".into()));
        }
        gathered.push(line, vec![Channel { values, times: Vec::new() }], Some(target)).map_err(at)?;
    }
    gathered.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_class_and_a_series() {
        let text = "2\t0.5\t1\t2\t3\t4\t5\t6.5\n1\t0.5\tNaN\t1.5\t3\t4\tNaN\tNaN\n10\t0\t1\t2\t3\t4\t5\t6\n";
        assert!(looks_like(text));
        let file = parse("x.tsv", text).unwrap();
        assert_eq!(file.rows.row(1), [0.5, 1.0, 1.5, 3.0, 4.0], "padding is cut, gaps are filled");
        let series = file.labelled().unwrap();
        assert_eq!(
            (series.labels, series.classes),
            (["1", "2", "10"].map(String::from).to_vec(), vec![1, 0, 2])
        );
        // The old archive's columns between spaces.
        let old = "  1.0000000e+00  -7.9e-1 1 2 3 4 5 6\n -1.0000000e+00  1.5 1 2 3 4 5 6\n";
        assert!(looks_like(old));
        assert_eq!(parse("x.txt", old).unwrap().labelled().unwrap().labels, ["-1", "1"]);
    }

    #[test]
    fn other_tables_of_numbers_are_not_series() {
        let row = "0.5,1,2,3,4,5,6\n";
        for text in [
            "".to_owned(),
            "1,0.5\n2,0.6\n".into(),
            format!("1,{row}2,{row}3,{row}"),
            format!("a,b,c,d,e,f,g,h\n1,{row}"),
            format!("0.3,{row}"),
            "1,1,2,3,4,5,6,7\n1,2,3,4,5,6,7,8\n".into(),
        ] {
            assert!(!looks_like(&text), "{text}");
        }
    }
}
