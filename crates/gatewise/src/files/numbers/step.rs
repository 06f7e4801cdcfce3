//! The step between the dates of a series.
//!
//! Input: points in time. Output: the [`Step`] that leads from each to the next, the steps without a date, and the dates that
//! follow.

use jiff::Span;
use jiff::civil::{Date, DateTime, Weekday};
use std::fmt;

/// The step between the dates of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Whole months; at the last day of each month if `at_end`.
    Months {
        /// The number of months.
        count: i32,
        /// Whether all dates are the last days of their months.
        at_end: bool,
    },
    /// Mondays to Fridays.
    Weekdays,
    /// Seconds; a day has 86,400 of them.
    Seconds(i64),
}

const DAY: i64 = 86_400;

/// Seconds since the year 0.
fn seconds(at: &DateTime) -> i64 {
    let days = i64::from(at.date().since(Date::ZERO).map_or(0, |span| span.get_days()));
    let time = at.time();
    days * DAY + i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

/// Months since the year 0.
fn months(at: &DateTime) -> i64 {
    12 * i64::from(at.year()) + i64::from(at.month()) - 1
}

impl Step {
    /// Returns the step of at least two dates in rising order, or `None` if they have none.
    pub(super) fn of(times: &[DateTime]) -> Option<Self> {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let [first, _, ..] = sorted.as_slice() else { return None };
        let at_end = sorted.iter().all(|at| at.date() == at.date().last_of_month());
        let same_day = sorted.iter().all(|at| at.day() == first.day());
        let same_time = sorted.iter().all(|at| at.time() == first.time());
        let count = sorted.windows(2).map(|pair| months(&pair[1]) - months(&pair[0])).fold(0, gcd);
        if same_time && (same_day || at_end) && count > 0 {
            return Some(Self::Months { count: i32::try_from(count).ok()?, at_end: at_end && !same_day });
        }
        let gaps: Vec<i64> = sorted.windows(2).map(|pair| seconds(&pair[1]) - seconds(&pair[0])).collect();
        let weekend = |at: &DateTime| matches!(at.date().weekday(), Weekday::Saturday | Weekday::Sunday);
        if same_time
            && gaps.contains(&DAY)
            && gaps.len() >= 5
            && gaps.iter().all(|gap| gap % DAY == 0)
            && !sorted.iter().any(weekend)
        {
            return Some(Self::Weekdays);
        }
        let mut counted = gaps.clone();
        counted.sort_unstable();
        let (_, usual) = counted
            .chunk_by(|a, b| a == b)
            .map(|run| (run.len(), run[0]))
            .max_by_key(|run| (run.0, -run.1))?;
        if gaps.iter().all(|gap| gap % usual == 0) {
            return Some(Self::Seconds(usual));
        }
        // The last working day of each month, say.
        let monthly = sorted.windows(2).filter(|pair| months(&pair[1]) - months(&pair[0]) == 1).count();
        let apart = sorted.windows(2).all(|pair| months(&pair[1]) > months(&pair[0]));
        (apart && 10 * monthly >= 9 * gaps.len()).then_some(Self::Months { count: 1, at_end: false })
    }

    /// Returns the number of steps from `from` to `to`.
    pub(super) fn between(self, from: &DateTime, to: &DateTime) -> i64 {
        match self {
            Self::Months { count, .. } => (months(to) - months(from)) / i64::from(count),
            Self::Seconds(step) => (seconds(to) - seconds(from)) / step,
            Self::Weekdays => {
                let monday = |at: &DateTime| {
                    let day = i64::from(at.date().weekday().to_monday_zero_offset());
                    (seconds(at) / DAY - day, day.min(4))
                };
                let ((a, first), (b, last)) = (monday(from), monday(to));
                (b - a) / 7 * 5 + last - first
            }
        }
    }

    /// Returns the number of steps at which dates in rising order have none.
    pub(super) fn missing(self, times: &[DateTime]) -> i64 {
        let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return 0 };
        let mut distinct = times.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        self.between(first, last) + 1 - distinct.len() as i64
    }

    /// Returns the date `count` steps after `from`.
    pub(super) fn after(self, from: &DateTime, count: i64) -> Option<DateTime> {
        match self {
            Self::Months { count: months, at_end } => {
                let at = from.checked_add(Span::new().try_months(count * i64::from(months)).ok()?).ok()?;
                Some(if at_end { at.date().last_of_month().to_datetime(at.time()) } else { at })
            }
            Self::Seconds(step) => {
                from.checked_add(Span::new().try_seconds(count.checked_mul(step)?).ok()?).ok()
            }
            Self::Weekdays => {
                let at = i64::from(from.date().weekday().to_monday_zero_offset()).min(4) + count;
                let days = at.div_euclid(5) * 7 + at.rem_euclid(5)
                    - i64::from(from.date().weekday().to_monday_zero_offset());
                from.checked_add(Span::new().try_days(days).ok()?).ok()
            }
        }
    }

    /// Returns the usual number of steps per season, or `None`: 12 months, 4 quarters, 52 weeks, 7 days, 5 weekdays, 24 hours.
    pub fn period(self) -> Option<usize> {
        match self {
            Self::Months { count: 1, .. } => Some(12),
            Self::Months { count: 3, .. } => Some(4),
            Self::Weekdays => Some(5),
            Self::Seconds(DAY) => Some(7),
            Self::Seconds(step) if step == 7 * DAY => Some(52),
            Self::Seconds(step) if step < DAY && DAY % step == 0 => usize::try_from(DAY / step).ok(),
            _ => None,
        }
    }
}

/// Writes the step as an adjective or a number: `monthly`, `every 15 minutes`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Months { count: 1, .. } => f.write_str("monthly"),
            Self::Months { count: 3, .. } => f.write_str("quarterly"),
            Self::Months { count: 12, .. } => f.write_str("yearly"),
            Self::Months { count, .. } if count % 12 == 0 => write!(f, "every {} years", count / 12),
            Self::Months { count, .. } => write!(f, "every {count} months"),
            Self::Weekdays => f.write_str("every weekday"),
            Self::Seconds(DAY) => f.write_str("daily"),
            Self::Seconds(3600) => f.write_str("hourly"),
            Self::Seconds(step) if step == 7 * DAY => f.write_str("weekly"),
            Self::Seconds(step) if step % DAY == 0 => write!(f, "every {} days", step / DAY),
            Self::Seconds(step) if step % 3600 == 0 => write!(f, "every {} hours", step / 3600),
            Self::Seconds(60) => f.write_str("every minute"),
            Self::Seconds(step) if step % 60 == 0 => write!(f, "every {} minutes", step / 60),
            Self::Seconds(step) => write!(f, "every {step} seconds"),
        }
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}
