//! The `.ts` format of sktime and the UEA archive.
//!
//! Input: a header, and a line for each series: channels of numbers over time, and a class or a number. Output:
//! [`SeriesFile`].

use super::gathered::{Channel, Gathered, value};
use super::times::stamp;
use super::{SeriesFile, SeriesTargets};
use crate::error::{Error, Result};
use crate::rows::TimeSeries;
use std::path::Path;

/// Reads labelled series, as [`SeriesFile::read`] and [`SeriesFile::labelled`].
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, if it is malformed or a series has no target.
pub fn read_ts(path: &Path) -> Result<TimeSeries> {
    SeriesFile::read(path)?.labelled()
}

/// Parses the content of a `.ts` file of labelled series; errors refer to the file as `name`.
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
    parse(name, text.trim_start_matches('\u{feff}'))?.labelled()
}

/// Parses the content of a `.ts` file.
pub(super) fn parse(name: &str, text: &str) -> Result<SeriesFile> {
    let mut header = Header::default();
    let mut gathered: Option<Gathered> = None;
    let lines = || (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !is_comment(line));
    for (number, line) in lines() {
        let place = |message: &str| format!("{name}:{number}: {message}");
        let at = |message: String| Error::data(place(&message));
        match &mut gathered {
            Some(series) => case(number, line, &header, series).map_err(at)?,
            None if line.eq_ignore_ascii_case("@data") => {
                let (targets, absent) = header.targets(number);
                let first = lines().find(|(case, _)| *case > number).map_or(0, |(_, case)| parts(case).len());
                let absent = absent.map(|(line, reason)| format!("{name}:{line}: {reason}"));
                match absent
                    .as_ref()
                    .filter(|_| header.channels.is_some_and(|channels| first == channels + 1))
                {
                    Some(reason) => {
                        return Err(Error::data(format!("{reason}; but the series seem to have one")));
                    }
                    None => header.channels_of(first, targets != SeriesTargets::None),
                }
                let mut series = Gathered::new(name, header.channels.unwrap_or(1), targets);
                if let Some(reason) = absent {
                    series.without_targets(reason);
                }
                gathered = Some(series);
            }
            None => header.line(number, line).map_err(at)?,
        }
    }
    let expected = || Error::data(format!("{name} has no @data line; a .ts file was expected"));
    gathered.ok_or_else(expected)?.finish()
}

fn is_comment(line: &str) -> bool {
    line.is_empty() || line.starts_with(['#', '%'])
}

#[derive(Debug, Default)]
struct Header {
    channels: Option<usize>,
    labels: Vec<String>,
    /// Whether the target is a number.
    numbers: bool,
    /// The line that rules classes out.
    unlabelled: Option<usize>,
}

impl Header {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let mut words = line.split_whitespace();
        let key = words.next().unwrap_or_default().to_ascii_lowercase();
        let value = words.next().unwrap_or_default();
        let yes = value.eq_ignore_ascii_case("true");
        match &*key {
            "@dimensions" | "@dimension" => match value.parse() {
                Ok(channels) if (1..=MAX_CHANNELS).contains(&channels) => {
                    self.channels = Some(channels);
                    Ok(())
                }
                _ => Err(format!("{key} is '{value}', but a number from 1 to {MAX_CHANNELS} was expected")),
            },
            "@targetlabel" => {
                self.numbers = yes;
                Ok(())
            }
            "@classlabel" if !yes => {
                self.unlabelled = Some(number);
                Ok(())
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

    /// Returns the targets of the cases below @data, and, without targets, the reason and its line.
    fn targets(&self, data: usize) -> (SeriesTargets, Option<(usize, &'static str)>) {
        match (self.numbers, self.labels.is_empty(), self.unlabelled) {
            (true, ..) => (SeriesTargets::Numbers(Vec::new()), None),
            (_, false, _) => {
                let (labels, classes) = (self.labels.clone(), Vec::new());
                (SeriesTargets::Classes { labels, classes }, None)
            }
            (.., Some(line)) => (SeriesTargets::None, Some((line, UNLABELLED))),
            (.., None) => (SeriesTargets::None, Some((data, UNDECLARED))),
        }
    }

    /// Takes the number of channels from the number of parts of the first case if the header does not contain it.
    fn channels_of(&mut self, parts: usize, targets: bool) {
        let channels = parts.saturating_sub(usize::from(targets));
        self.channels = self.channels.or(Some(channels).filter(|&n| n > 0));
    }
}

const UNLABELLED: &str = "the file has no classes; training and evaluation need '@classLabel true' and the names of the \
                          classes, or '@targetLabel true' and numbers, only predict needs none";
const UNDECLARED: &str = "there was no '@classLabel true …' or '@targetLabel true' line before @data; training and \
                          evaluation need classes or numbers, only predict needs none";

/// The maximum number of channels, far above any data set.
const MAX_CHANNELS: usize = 1 << 16;

/// Returns the parts of a case: channels separated by `:`, and the target. A time stamp in parentheses may contain `:`.
fn parts(line: &str) -> Vec<&str> {
    let mut inside = false;
    let separates = |c: char| {
        inside = if inside { c != ')' } else { c == '(' };
        c == ':' && !inside
    };
    line.split(separates).collect()
}

/// Parses a case.
fn case(number: usize, line: &str, header: &Header, series: &mut Gathered) -> Result<(), String> {
    let width = header.channels.unwrap_or(1);
    let parts = parts(line);
    let (channels, target) = match &*parts {
        [channels @ .., target] if header.numbers || !header.labels.is_empty() => (channels, Some(*target)),
        channels => (channels, None),
    };
    if channels.len() != width {
        let target = match (target, header.numbers) {
            (None, _) => "",
            (_, false) => " and a class",
            (_, true) => " and a number",
        };
        return Err(format!("{} channels{target} were found, but {width} were expected", channels.len()));
    }
    let channels = (1..).zip(channels).map(|(at, text)| channel(at, text)).collect::<Result<_, _>>()?;
    series.push(number, channels, target)
}

/// Parses channel number `at`: values between commas, or pairs `(time,value)`.
fn channel(at: usize, text: &str) -> Result<Channel, String> {
    let text = text.trim();
    let mut channel = Channel::default();
    let flaw = |step: usize, found: &str, wanted: &str| {
        format!("step {} of channel {at} is '{}', but {wanted} was expected", step + 1, found.trim())
    };
    if !text.starts_with('(') {
        for (step, field) in text.split(',').enumerate() {
            channel.values.push(value(field).ok_or_else(|| flaw(step, field, "a number"))?);
        }
        return Ok(channel);
    }
    for (step, pair) in text.split_inclusive(')').enumerate() {
        let inner =
            pair.trim_start_matches([',', ' ']).strip_prefix('(').and_then(|pair| pair.strip_suffix(')'));
        let fields = inner.and_then(|inner| inner.rsplit_once(','));
        let (time, number) = fields.ok_or_else(|| flaw(step, pair, "(time,value)"))?;
        channel.times.push(stamp(time).ok_or_else(|| flaw(step, time, "a number or a date and time"))?);
        channel.values.push(value(number).ok_or_else(|| flaw(step, number, "a number"))?);
    }
    Ok(channel)
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

    #[test]
    fn headers_are_read_as_people_write_them() {
        let text = "\u{feff}% c\n@PROBLEMNAME x\n@Missing true\n@equalLength false\n@seriesLength 2\n@univariate true\n\
                    @CLASSLABEL True 1 2\n@DATA\n1,?,4:1.0\n% another\n3:2\n";
        let series = parse_ts("x.ts", text).unwrap();
        assert_eq!((series.rows.row(0), series.classes), (&[1.0, 2.5, 4.0][..], vec![0, 1]));
    }

    #[test]
    fn values_with_time_stamps_are_in_order_of_time() {
        let text = "@timeStamps true\n@classLabel true a b\n@data\n\
                    (2007-01-01 00:02:00,3.5),(2007-01-01 00:00:00,1), (2007-01-01 00:01:00,?):a\n(0,1.5),(1,2.5),(9,7):b\n";
        let file = parse("x.ts", text).unwrap();
        assert_eq!((file.rows.row(0), file.rows.row(1)), (&[1.0, 2.25, 3.5][..], &[1.5, 2.5, 7.0][..]));
        let [sorted, uneven, filled] = &*file.notes else { panic!("{:?}", file.notes) };
        assert_eq!(sorted, "1 series is not in order of time and sorted by it");
        assert!(uneven.starts_with("the time steps of 1 series are uneven"), "{uneven}");
        assert!(filled.starts_with("1 missing value in 1 series is filled in"), "{filled}");
    }

    #[test]
    fn targets_are_numbers_or_absent() {
        let series = parse_ts("x.ts", "@targetlabel true\n@data\n1,2:0.5\n3,4:-2e1\n").unwrap();
        assert_eq!((series.values, series.classes.len()), (vec![0.5, -20.0], 0));
        for (text, says) in [
            ("@targetLabel true\n@data\n1,2:?\n", "x:3: the series has no number to learn"),
            ("@targetLabel true\n@data\n1,2:x\n", "x:3: the target is 'x', but a number was expected"),
            ("@classLabel false\n@data\n1,2\n", "x:1: the file has no classes"),
            ("@data\n1,2\n", "x:1: there was no '@classLabel"),
        ] {
            assert!(parse_ts("x", text).unwrap_err().to_string().starts_with(says), "{text}");
        }
        let file = parse("x", "@classLabel false\n@data\n1,2\n").unwrap();
        assert_eq!((file.rows.row(0), file.targets), (&[1.0, 2.0][..], SeriesTargets::None));
    }

    proptest! {
        /// Whatever the text is: whole rows or an error, no panic.
        #[test]
        fn any_text_is_rows_or_an_error(
            head in "(@[a-zA-Z]{0,4} ?[a-c0-9 ]{0,4}\\n|@dimensions [0-9]{1,3}\\n){0,3}",
            lines in "([0-9.,:?e()\\-]{0,9}:?[ab]?\\n){0,6}",
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
            ("@classLabel true a b", "@classLabel false", "x.ts:5: the file has no classes"),
            ("@classLabel true a b", "@classLabel true a a", "x.ts:5: the class 'a' is named twice"),
            ("@classLabel true a b", "@classLabel true", "names no class"),
            ("@classLabel true a b\n", "", "x.ts:5: there was no '@classLabel"),
            ("@data\n", "", "x.ts:6: '1,2.5:-3,4e1:a' was found"),
            (":a\n", ":c\n", "x.ts:7: the class 'c' is not one of a, b"),
            ("2.5", "x", "x.ts:7: step 2 of channel 1 is 'x', but a number was expected"),
            ("2.5", "inf", "x.ts:7: step 2 of channel 1 is 'inf'"),
            ("1,2.5", "?,NaN", "x.ts:7: channel 1 has no value"),
            (":a\n", ":?\n", "x.ts:7: the series has no class ('?')"),
            (
                "1,2.5",
                "(0,1),(1 2.5)",
                "x.ts:7: step 2 of channel 1 is ',(1 2.5)', but (time,value) was expected",
            ),
            ("1,2.5", "(0,1),(then,2.5)", "step 2 of channel 1 is 'then', but a number or a date and time"),
            ("1,2.5", "(0,1),(1,2.5)", "x.ts:7: channel 2 has other time stamps than channel 1"),
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
