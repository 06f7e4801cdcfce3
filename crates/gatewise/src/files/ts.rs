//! Labelled time series in the `.ts` format of sktime and the UEA archive.
//!
//! Input: a file of cases, each with channels of numbers over time and a class. Output: rows of vectors with
//! one number for each channel, and the class of each row.

use crate::error::{Error, Result};
use crate::rows::{Features, TimeSeries};
use std::path::Path;

/// Reads a `.ts` file. Rows may differ in length. Classes are required; time stamps and missing values are not
/// supported.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, if it is malformed.
pub fn read_ts(path: &Path) -> Result<TimeSeries> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("cannot read", path, e))?;
    let name = path.display().to_string();
    let text = String::from_utf8(bytes).map_err(|_| Error::data(format!("{name} is not UTF-8 text")))?;
    parse_ts(&name, &text)
}

/// Parses the content of a `.ts` file; errors refer to the file as `name`.
///
/// ```
/// use gatewise::files::parse_ts;
/// let text = "@dimensions 2\n@classLabel true a b\n@data\n1,2,3:4,5,6:b\n7:8:a\n";
/// let series = parse_ts("example", text)?;
/// assert_eq!(series.rows.row(0), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);    // step by step
/// assert_eq!(series.classes, [1, 0]);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`read_ts`].
pub fn parse_ts(name: &str, text: &str) -> Result<TimeSeries> {
    let mut header = Header::default();
    let mut series: Option<TimeSeries> = None;
    for (index, line) in text.lines().enumerate() {
        let at = |message: String| Error::data(format!("{name}:{}: {message}", index + 1));
        let line = line.trim();
        match (&mut series, line) {
            (_, line) if line.is_empty() || line.starts_with('#') => {}
            (Some(series), line) => case(line, &header, series).map_err(at)?,
            (None, line) if line.eq_ignore_ascii_case("@data") => {
                if header.labels.is_empty() {
                    return Err(at(
                        "there was no '@classLabel true …' line before @data; classes are needed".into(),
                    ));
                }
                header.channels_of(text.lines().skip(index + 1));
                series = Some(TimeSeries {
                    rows: Features::new(header.channels.unwrap_or(1)),
                    classes: Vec::new(),
                    labels: header.labels.clone(),
                });
            }
            (None, line) => header.line(line).map_err(at)?,
        }
    }
    match series {
        Some(series) if !series.classes.is_empty() => Ok(series),
        Some(_) => Err(Error::data(format!("{name} has no case after its @data line"))),
        None => Err(Error::data(format!("{name} has no @data line; a .ts file was expected"))),
    }
}

#[derive(Debug, Default)]
struct Header {
    channels: Option<usize>,
    labels: Vec<String>,
}

impl Header {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_whitespace();
        let key = words.next().unwrap_or_default().to_ascii_lowercase();
        let value = words.next().unwrap_or_default();
        match &*key {
            "@timestamps" if !value.eq_ignore_ascii_case("false") => {
                Err("time stamps are not supported: use a file with '@timeStamps false'".into())
            }
            "@dimensions" | "@dimension" => match value.parse() {
                Ok(channels) if (1..=MAX_CHANNELS).contains(&channels) => {
                    self.channels = Some(channels);
                    Ok(())
                }
                _ => Err(format!("{key} is '{value}', but a number from 1 to {MAX_CHANNELS} was expected")),
            },
            "@classlabel" if !value.eq_ignore_ascii_case("true") => {
                Err("the file has no classes ('@classLabel true' and their names were expected)".into())
            }
            "@classlabel" => {
                self.labels = words.map(str::to_owned).collect();
                let mut sorted: Vec<_> = self.labels.iter().collect();
                sorted.sort();
                match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                    Some(pair) => Err(format!("the class '{}' is named twice", pair[0])),
                    None if self.labels.is_empty() => Err("@classLabel names no class".into()),
                    None => Ok(()),
                }
            }
            _ if key.starts_with('@') => Ok(()),
            _ => Err(format!("'{key}' was found where a line of the header (@…) or @data was expected")),
        }
    }

    /// Takes the number of channels from the first case if the header does not contain it.
    fn channels_of<'a>(&mut self, mut cases: impl Iterator<Item = &'a str>) {
        let first = || cases.find(|line| !line.trim().is_empty()).map(|line| line.matches(':').count());
        self.channels = self.channels.or_else(first).filter(|&n| n > 0);
    }
}

/// The maximum number of channels, far above any data set.
const MAX_CHANNELS: usize = 1 << 16;

/// Parses a case: channels separated by `:`, numbers by `,`, the class last.
fn case(line: &str, header: &Header, series: &mut TimeSeries) -> Result<(), String> {
    let parts: Vec<&str> = line.split(':').collect();
    let width = series.rows.width();
    let [channels @ .., label] = &parts[..] else { return Err("the case is empty".into()) };
    if channels.len() != width {
        return Err(format!("{} channels and a class were found, but {width} were expected", channels.len()));
    }
    let Some(class) = header.labels.iter().position(|known| known == label.trim()) else {
        return Err(format!("the class '{label}' is not one of {}", header.labels.join(", ")));
    };
    let steps = channels[0].split(',').count();
    let mut row = vec![0.0; steps * width];
    for (channel, numbers) in channels.iter().enumerate() {
        let found = numbers.split(',').count();
        if found != steps {
            return Err(format!(
                "channel {} has {found} steps, but channel 1 has {steps}; the channels of a case must have equal \
                 lengths",
                channel + 1
            ));
        }
        for (step, number) in numbers.split(',').enumerate() {
            row[step * width + channel] =
                number.trim().parse().ok().filter(|value: &f32| value.is_finite()).ok_or_else(|| {
                    format!(
                        "step {} of channel {} is '{}', but a number was expected (missing values are not \
                         supported)",
                        step + 1,
                        channel + 1,
                        number.trim()
                    )
                })?;
        }
    }
    series.rows.push(&row).map_err(|e| e.to_string())?;
    series.classes.push(class as u32);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "#c\n@problemName x\n@timeStamps false\n@dimensions 2\n@classLabel true a b\n@data\n\
                        1,2.5:-3,4e1:a\n\n9:8:b\n";

    #[test]
    fn rows_may_differ_in_length() {
        let series = parse_ts("x.ts", GOOD).unwrap();
        assert_eq!(series.rows.row(0), [1.0, -3.0, 2.5, 40.0]);
        assert_eq!(series.rows.row(1), [9.0, 8.0]);
        assert_eq!((series.classes, series.labels), (vec![0, 1], vec!["a".to_owned(), "b".to_owned()]));
        // Without `@dimensions`, the first case determines the number of channels.
        let silent = GOOD.replace("@dimensions 2\n", "");
        assert_eq!(parse_ts("x.ts", &silent).unwrap().rows.width(), 2);
    }

    proptest! {
        /// Whatever the text is: whole rows or an error, no panic.
        #[test]
        fn any_text_is_rows_or_an_error(
            head in "(@[a-zA-Z]{0,4} ?[a-c0-9 ]{0,4}\\n|@dimensions [0-9]{1,3}\\n){0,3}",
            lines in "([0-9.,:?e\\-]{0,6}:?[ab]?\\n){0,6}",
        ) {
            for head in [head.clone(), format!("{head}@classLabel true a b\n@data\n"), GOOD.to_owned()] {
                if let Ok(series) = parse_ts("x", &(head + &lines)) {
                    prop_assert_eq!(series.rows.len(), series.classes.len());
                    prop_assert!(series.rows.values().iter().all(|value| value.is_finite()));
                }
            }
        }
    }

    #[test]
    fn rows_keep_their_classes_when_some_are_held_out() {
        let lines: String = (0..10).map(|row| format!("{row}:{}\n", ["a", "b"][row % 2])).collect();
        let series = parse_ts("x", &format!("@classLabel true a b\n@data\n{lines}")).unwrap();
        let (kept, held) = series.hold_out(0.2, 1);
        assert_eq!((kept.rows.len(), held.rows.len()), (8, 2));
        let mut seen: Vec<f32> = [kept.rows.values(), held.rows.values()].concat();
        assert_ne!(seen, series.rows.values());
        seen.sort_by(f32::total_cmp);
        assert_eq!(seen, series.rows.values());
        for part in [kept, held, series.shuffle(1)] {
            let own = |(row, &class): (usize, &u32)| part.rows.row(row)[0] as u32 % 2 == class;
            assert!(part.classes.iter().enumerate().all(own));
        }
    }

    #[test]
    fn flaws_are_named_with_file_and_line() {
        for (from, to, says) in [
            ("@dimensions 2", "@dimensions two", "x.ts:4: @dimensions is 'two'"),
            ("@timeStamps false", "@timeStamps true", "x.ts:3: time stamps"),
            ("@classLabel true a b", "@classLabel false", "x.ts:5: the file has no classes"),
            ("@classLabel true a b", "@classLabel true a a", "x.ts:5: the class 'a' is named twice"),
            ("@classLabel true a b", "@classLabel true", "names no class"),
            ("@classLabel true a b\n", "", "x.ts:5: there was no '@classLabel"),
            ("@data\n", "", "x.ts:6: '1,2.5:-3,4e1:a' was found"),
            (":a\n", ":c\n", "x.ts:7: the class 'c' is not one of a, b"),
            ("2.5", "?", "x.ts:7: step 2 of channel 1 is '?'"),
            ("2.5", "NaN", "x.ts:7: step 2 of channel 1 is 'NaN'"),
            ("1,2.5", "1,2.5,3", "x.ts:7: channel 2 has 2 steps, but channel 1 has 3"),
            ("9:8:b", "9:b", "x.ts:9: 1 channels and a class were found, but 2"),
            ("9:8:b", "9", "x.ts:9: 0 channels"),
        ] {
            assert!(GOOD.contains(from));
            let error = parse_ts("x.ts", &GOOD.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(says), "{to}: {error}");
        }
        for (text, says) in [("", "no @data line"), ("@classLabel true a\n@data\n", "no case")] {
            assert!(parse_ts("x.ts", text).unwrap_err().to_string().contains(says));
        }
    }
}
