//! Gathers the series of a file as its reader finds them: sorts by time, fills in missing values, finds classes, and
//! counts what it did.
//!
//! Input: the channels and the target of each series. Output: [`SeriesFile`].

use super::gaps::fill;
use super::{SeriesFile, SeriesTargets};
use crate::error::{Error, Result};
use crate::rows::Features;

/// The values of a channel, NaN where they are missing, and their times, if the file has them.
#[derive(Debug, Default)]
pub(super) struct Channel {
    pub values: Vec<f32>,
    pub times: Vec<f64>,
}

/// The series so far.
pub(super) struct Gathered {
    name: String,
    rows: Features,
    targets: SeriesTargets,
    notes: Vec<String>,
    unlabelled: Option<String>,
    /// Missing values, and series with missing values.
    filled: [usize; 2],
    unsorted: usize,
    uneven: usize,
}

/// The largest step may be longer than the smallest by this factor: a month in days is even.
const EVEN: f64 = 1.2;

/// Returns whether a field is a missing value.
pub(super) fn is_missing(field: &str) -> bool {
    field == "?" || ["nan", "na"].iter().any(|name| field.eq_ignore_ascii_case(name))
}

/// Parses a value; NaN is a missing value.
pub(super) fn value(field: &str) -> Option<f32> {
    let field = field.trim();
    match is_missing(field) {
        true => Some(f32::NAN),
        false => field.parse().ok().filter(|value: &f32| value.is_finite()),
    }
}

/// Returns the index of the label `name` among `labels`; `1.0` is the label `1`.
fn place(name: &str, labels: &[String]) -> Option<usize> {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let equal = || {
        let wanted = number(name)?;
        labels.iter().position(|label| number(label) == Some(wanted))
    };
    labels.iter().position(|label| label == name).or_else(equal)
}

impl Gathered {
    /// Returns no series yet, of `width` channels, with targets of the kind of `targets`.
    pub fn new(name: &str, width: usize, targets: SeriesTargets) -> Self {
        let (notes, filled) = (Vec::new(), [0; 2]);
        let name = name.to_owned();
        Self {
            name,
            rows: Features::new(width),
            targets,
            notes,
            unlabelled: None,
            filled,
            unsorted: 0,
            uneven: 0,
        }
    }

    /// Adds a note.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Sets the reason why the series have no targets.
    pub fn without_targets(&mut self, reason: String) {
        self.unlabelled.get_or_insert(reason);
    }

    /// Adds the series of a line, or returns what is wrong with it.
    pub fn push(
        &mut self,
        line: usize,
        mut channels: Vec<Channel>,
        target: Option<&str>,
    ) -> Result<(), String> {
        let width = self.rows.width();
        if channels.len() != width {
            return Err(format!("the series has {} channels, but the first one has {width}", channels.len()));
        }
        let steps = channels[0].values.len();
        for (at, channel) in channels.iter().enumerate() {
            let found = channel.values.len();
            if found != steps {
                return Err(format!(
                    "channel {} has {found} steps, but channel 1 has {steps}; the channels of a case must have equal \
                     lengths",
                    at + 1
                ));
            }
        }
        self.order(&mut channels)?;
        let mut missing = 0;
        let mut row = vec![0.0; steps * width];
        for (at, Channel { values, times }) in channels.iter_mut().enumerate() {
            missing += fill(values, times).ok_or_else(|| {
                format!("channel {} has no value: all are missing; remove the series", at + 1)
            })?;
            values.iter().enumerate().for_each(|(step, &value)| row[step * width + at] = value);
        }
        self.target(line, target)?;
        self.rows.push(&row).map_err(|e| e.to_string())?;
        self.filled[0] += missing;
        self.filled[1] += usize::from(missing > 0);
        Ok(())
    }

    /// Sorts the values of a series by time.
    fn order(&mut self, channels: &mut [Channel]) -> Result<(), String> {
        let sorted = |times: &[f64]| times.is_sorted();
        let mut unsorted = false;
        for Channel { values, times } in channels.iter_mut().filter(|channel| !sorted(&channel.times)) {
            let mut order: Vec<usize> = (0..times.len()).collect();
            order.sort_by(|&a, &b| times[a].total_cmp(&times[b]));
            *values = order.iter().map(|&at| values[at]).collect();
            *times = order.iter().map(|&at| times[at]).collect();
            unsorted = true;
        }
        let times = &channels[0].times;
        if let Some(at) = channels.iter().position(|channel| channel.times != *times) {
            return Err(format!(
                "channel {} has other time stamps than channel 1; the channels of a case must be measured at the same times",
                at + 1
            ));
        }
        let steps = times.windows(2).map(|pair| pair[1] - pair[0]);
        let (least, most) = steps.fold((f64::INFINITY, 0.0_f64), |(a, b), step| (a.min(step), b.max(step)));
        self.unsorted += usize::from(unsorted);
        self.uneven += usize::from(times.len() > 1 && most > EVEN * least);
        Ok(())
    }

    /// Adds the target of the next series.
    fn target(&mut self, line: usize, target: Option<&str>) -> Result<(), String> {
        let target = target.map(str::trim).filter(|target| !is_missing(target));
        let absent = match &mut self.targets {
            SeriesTargets::None => return Ok(()),
            SeriesTargets::Classes { labels, classes } => {
                let known = |name: &str| {
                    let class = place(name, labels).map(|class| class as u32);
                    class.ok_or_else(|| format!("the class '{name}' is not one of {}", labels.join(", ")))
                };
                classes.push(target.map(known).transpose()?);
                "class"
            }
            SeriesTargets::Numbers(values) => {
                let number = |text: &str| {
                    let number = text.parse().ok().filter(|value: &f32| value.is_finite());
                    number.ok_or_else(|| format!("the target is '{text}', but a number was expected"))
                };
                values.push(target.map(number).transpose()?);
                "number to learn"
            }
        };
        if target.is_none() {
            self.without_targets(format!(
                "{}:{line}: the series has no {absent} ('?'); training and evaluation need one for each series, only \
                 predict needs none",
                self.name
            ));
        }
        Ok(())
    }

    /// Returns the file, with notes.
    pub fn finish(self) -> Result<SeriesFile> {
        let Self { name, rows, targets, mut notes, unlabelled, filled: [values, series], unsorted, uneven } =
            self;
        if rows.is_empty() {
            return Err(Error::data(format!("{name} has no case after its @data line")));
        }
        let are = |count: usize| if count == 1 { "is" } else { "are" };
        if unsorted > 0 {
            notes.push(format!("{unsorted} series {} not in order of time and sorted by it", are(unsorted)));
        }
        if uneven > 0 {
            notes.push(format!(
                "the time steps of {uneven} series are uneven; the model reads the values in order of time, without the times"
            ));
        }
        if values > 0 {
            let plural = if values == 1 { "" } else { "s" };
            notes.push(format!(
                "{values} missing value{plural} in {series} series {} filled in: on a straight line between neighbours, at the \
                 ends with the nearest value",
                are(values)
            ));
        }
        Ok(SeriesFile { rows, targets, notes, unlabelled })
    }
}
