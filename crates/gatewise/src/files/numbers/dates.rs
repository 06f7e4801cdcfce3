//! Dates as people write them.
//!
//! Input: the cells of a column. Output: points in time; and a point in time as text.

use super::step::Step;
use jiff::Span;
use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};

/// Two-digit years lie in the latest hundred years that end before this year.
const YEARS_END_BEFORE: i32 = 2040;

/// How exactly a date is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    Year,
    Quarter,
    Month,
    Day,
    Minute,
    Second,
}

/// Which of day and month comes first, where both are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DateOrder {
    /// 31/12/2020.
    DayFirst,
    /// 12/31/2020.
    MonthFirst,
}

/// A date whose century and order of day and month may still be open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    year: i32,
    two_digits: bool,
    /// Month and day, or two numbers of which either may be the day.
    parts: (i8, i8),
    open: bool,
    time: Time,
    /// Seconds east of Greenwich.
    offset: i32,
    precision: Precision,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const FULL: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

enum Token<'a> {
    Number(i32, usize),
    Word(&'a str),
}

/// Cuts a text into numbers and words.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let digits = c.is_ascii_digit();
        let taken = match c {
            _ if c.is_alphanumeric() => rest
                .find(|d: char| !d.is_alphanumeric() || d.is_ascii_digit() != digits)
                .unwrap_or(rest.len()),
            '-' | '/' | '.' | ',' | ' ' | '\'' | '\u{a0}' => c.len_utf8(),
            _ => return None,
        };
        let (token, after) = rest.split_at(taken);
        if digits {
            found.push(Token::Number(token.parse().ok()?, token.len()));
        } else if c.is_alphanumeric() {
            found.push(Token::Word(token));
        }
        rest = after;
        if found.len() > 5 {
            return None;
        }
    }
    Some(found)
}

/// First letters of months in German, French, Spanish and Italian that differ from the English ones.
const OTHER: [(&str, i8); 26] = [
    ("jän", 1),
    ("ene", 1),
    ("gen", 1),
    ("janv", 1),
    ("fév", 2),
    ("fev", 2),
    ("mär", 3),
    ("mrz", 3),
    ("mars", 3),
    ("marz", 3),
    ("avr", 4),
    ("abr", 4),
    ("mai", 5),
    ("mag", 5),
    ("giu", 6),
    ("juin", 6),
    ("lug", 7),
    ("juil", 7),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("set", 9),
    ("okt", 10),
    ("ott", 10),
    ("dez", 12),
    ("déc", 12),
];

/// Returns the month that a word names.
pub(super) fn month(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    let english = MONTHS.iter().zip(FULL).position(|(short, full)| word == *short || word == full);
    if let Some(at) = english {
        return i8::try_from(at + 1).ok();
    }
    let others =
        OTHER.iter().chain(&[("sept", 9), ("dic", 12), ("jun", 6), ("jul", 7), ("nov", 11), ("maggio", 5)]);
    let known = others.filter(|(start, _)| word.starts_with(start) && word.chars().count() <= 10);
    // The longest start decides: mars and marz before mar.
    known.max_by_key(|(start, _)| start.len()).map(|(_, month)| *month)
}

/// Which bare digits are dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// Years alone, and days such as 20200131.
    Few,
    /// Also months such as 202001, seconds since 1970, and days since 1899 as spreadsheets count them: the column's name speaks
    /// of time.
    Many,
    /// As `Many`, with days since 1970, as Parquet counts them.
    Parquet,
}

/// Returns the date that bare digits count to.
fn counted(cell: &str, digits: Digits) -> Option<Written> {
    if digits == Digits::Few || !cell.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = cell.parse().ok()?;
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let seconds = match (cell.len(), digits) {
        (4 | 5, Digits::Parquet) => number * 86_400,
        (5, _) => (number - 25_569) * 86_400,
        (9 | 10, _) => number,
        (12 | 13, _) => number / 1_000,
        (15 | 16, _) => number / 1_000_000,
        (18 | 19, _) => number / 1_000_000_000,
        _ => return None,
    };
    let at = epoch.checked_add(Span::new().try_seconds(seconds).ok()?).ok()?;
    Some(Written {
        year: at.year().into(),
        two_digits: false,
        parts: (at.month(), at.day()),
        open: false,
        time: at.time(),
        offset: 0,
        precision: Precision::Second,
    })
}

/// Returns the date in a cell.
pub(super) fn written(cell: &str, digits: Digits) -> Option<Written> {
    let cell = cell.trim();
    if let Some(counted) = counted(cell, digits) {
        return Some(counted);
    }
    let named = digits != Digits::Few;
    if cell.len() > 40 || !cell.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (day, clock) = match cell.find(':') {
        None => (cell.strip_suffix(['Z', 'z']).unwrap_or(cell), None),
        Some(colon) => {
            let hour = cell[..colon].trim_end_matches(|c: char| c.is_ascii_digit()).len();
            let day = cell[..hour].strip_suffix(['T', 't', ' '])?;
            (day.trim(), Some(&cell[hour..]))
        }
    };
    let (time, offset, seconds) = match clock {
        None => (Time::midnight(), 0, None),
        Some(clock) => {
            let (time, offset, seconds) = clock_time(clock)?;
            (time, offset, Some(seconds))
        }
    };
    let mut tokens = tokens(day)?;
    if let Some(Token::Word(word)) = tokens.first()
        && tokens.len() > 2
        && ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            .contains(&&*word.to_ascii_lowercase().chars().take(3).collect::<String>())
        && month(word).is_none()
    {
        tokens.remove(0);
    }
    use Token::{Number, Word};
    let small = |n: i32| i8::try_from(n).ok();
    let made = |year, digits, parts, open, precision| {
        Some(Written { year, two_digits: digits == 2, parts, open, time, offset, precision })
    };
    let is = |word: &str, letter: &str| word.eq_ignore_ascii_case(letter);
    let found = match *tokens.as_slice() {
        [Number(year, 4)] if (1500..=2200).contains(&year) => made(year, 4, (1, 1), false, Precision::Year),
        [Number(n, 6)] if named => made(n / 100, 4, (small(n % 100)?, 1), false, Precision::Month),
        [Number(n, 8)] if named || (19_000_101..=21_001_231).contains(&n) => {
            made(n / 10_000, 4, (small(n / 100 % 100)?, small(n % 100)?), false, Precision::Day)
        }
        [Number(year, 4), Number(m, 1 | 2)] if day.contains(['-', '/']) => {
            made(year, 4, (small(m)?, 1), false, Precision::Month)
        }
        [Number(m, 1 | 2), Number(year, 4)] if day.contains(['-', '/', '.']) && !cell.starts_with('-') => {
            made(year, 4, (small(m)?, 1), false, Precision::Month)
        }
        [Number(year, 4), Word(q), Number(quarter @ 1..=4, 1)]
        | [Word(q), Number(quarter @ 1..=4, 1), Number(year, 4)]
            if is(q, "q") =>
        {
            made(year, 4, (small(3 * quarter - 2)?, 1), false, Precision::Quarter)
        }
        [Number(year, 4), Word(m), Number(month, 1 | 2)] if is(m, "m") => {
            made(year, 4, (small(month)?, 1), false, Precision::Month)
        }
        [Number(year, 4), Word(w), Number(week, 1 | 2)] if is(w, "w") => {
            let monday =
                ISOWeekDate::new(i16::try_from(year).ok()?, small(week)?, Weekday::Monday).ok()?.date();
            made(monday.year().into(), 4, (monday.month(), monday.day()), false, Precision::Day)
        }
        [Word(name), Number(year, digits @ (2 | 4))] => {
            made(year, digits, (month(name)?, 1), false, Precision::Month)
        }
        [Number(year, 4), Word(name)] => made(year, 4, (month(name)?, 1), false, Precision::Month),
        [Number(year, 2), Word(name)] if year > 31 => {
            made(year, 2, (month(name)?, 1), false, Precision::Month)
        }
        [Number(d, 1 | 2), Word(name), Number(year, digits @ (2 | 4))]
        | [Word(name), Number(d, 1 | 2), Number(year, digits @ (2 | 4))] => {
            made(year, digits, (month(name)?, small(d)?), false, Precision::Day)
        }
        [Number(year, 4), Word(name), Number(d, 1 | 2)] => {
            made(year, 4, (month(name)?, small(d)?), false, Precision::Day)
        }
        [Number(year, 4), Number(m, 1 | 2), Number(d, 1 | 2)] => {
            made(year, 4, (small(m)?, small(d)?), false, Precision::Day)
        }
        [Number(a, 1 | 2), Number(b, 1 | 2), Number(year, digits @ (2 | 4))] => {
            made(year, digits, (small(a)?, small(b)?), true, Precision::Day)
        }
        _ => None,
    }?;
    let found = match seconds {
        Some(seconds) if found.precision == Precision::Day => {
            Written { precision: if seconds { Precision::Second } else { Precision::Minute }, ..found }
        }
        Some(_) => return None,
        None => found,
    };
    let (a, b) = found.parts;
    let in_month = (1..=12).contains(&a) && (1..=31).contains(&b);
    let other = found.open && (1..=12).contains(&b) && (1..=31).contains(&a);
    (in_month || other).then_some(found)
}

/// Returns a time of day, its offset from UTC in seconds, and whether it has seconds.
fn clock_time(text: &str) -> Option<(Time, i32, bool)> {
    let lower = text.trim().to_ascii_lowercase();
    let end = lower.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(lower.len());
    let (clock, mut zone) = (lower[..end].trim(), lower[end..].trim());
    let mut parts = clock.split(':');
    let mut hour: i8 = parts.next()?.parse().ok()?;
    let minute: i8 = parts.next()?.parse().ok()?;
    let seconds = parts.next();
    if parts.next().is_some() {
        return None;
    }
    let second: f64 = seconds.map_or(Some(0.0), |text| text.parse().ok())?;
    if let Some(rest) = zone.strip_prefix("pm").or_else(|| zone.strip_prefix("am")) {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if zone.starts_with("pm") { 12 } else { 0 };
        zone = rest.trim();
    }
    let offset = match zone {
        "" | "z" | "utc" | "gmt" => 0,
        _ => {
            let sign = match zone.chars().next()? {
                '+' => 1,
                '-' => -1,
                _ => return None,
            };
            let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
            let n: i32 = digits.parse().ok()?;
            let (hours, minutes) = if digits.len() <= 2 { (n, 0) } else { (n / 100, n % 100) };
            sign * (hours * 3600 + minutes * 60)
        }
    };
    let whole = second.floor();
    let nanos = ((second - whole) * 1e9).round() as i32;
    let time = Time::new(hour, minute, whole as i8, nanos.min(999_999_999)).ok()?;
    Some((time, offset, seconds.is_some()))
}

/// Dates in the order of the file, and what was found about how they are written.
pub(super) struct Dates {
    pub times: Vec<DateTime>,
    pub precision: Precision,
}

/// Settles what is open in the dates of a column: the century, and the order of day and month.
///
/// # Errors
/// A message, if a date does not exist, or neither order fits all dates.
pub(super) fn settle(
    written: &[Written],
    column: &str,
    stated: Option<DateOrder>,
    notes: &mut Vec<String>,
) -> Result<Dates, String> {
    let open: Vec<_> = written.iter().filter(|date| date.open).collect();
    let order = match stated {
        _ if open.is_empty() => DateOrder::DayFirst,
        Some(order) => order,
        None => {
            let day = open.iter().any(|date| date.parts.0 > 12);
            let month = open.iter().any(|date| date.parts.1 > 12);
            match (day, month) {
                (true, true) => {
                    return Err(format!(
                        "column '{column}' has dates with the day first and others with the month first"
                    ));
                }
                (true, false) => DateOrder::DayFirst,
                (false, true) => DateOrder::MonthFirst,
                (false, false) => {
                    // The order in which fewer dates are missing; of equals, the one of months and not of days.
                    let regular = |order| {
                        let times = times(written, order).ok()?;
                        Step::of(&times)
                            .map(|step| (step.missing(&times), !matches!(step, Step::Months { .. })))
                    };
                    let order = match (regular(DateOrder::DayFirst), regular(DateOrder::MonthFirst)) {
                        (Some(day), Some(month)) if day < month => DateOrder::DayFirst,
                        (Some(_), None) => DateOrder::DayFirst,
                        _ => DateOrder::MonthFirst,
                    };
                    let how = if order == DateOrder::DayFirst { "day first" } else { "month first" };
                    let other = if order == DateOrder::DayFirst { "month-first" } else { "day-first" };
                    notes.push(format!(
                        "dates in '{column}' are read {how}; --date-order {other} reads them otherwise"
                    ));
                    order
                }
            }
        }
    };
    let mut short: Vec<i32> = written.iter().filter(|date| date.two_digits).map(|date| date.year).collect();
    short.sort_unstable();
    short.dedup();
    let start = first_year(&short);
    let lifted = |year: i32| year + 100 * i32::from(year < start);
    let last = short.iter().map(|year| lifted(*year)).max().unwrap_or(0);
    let century = |year: i32| lifted(year) + (YEARS_END_BEFORE - 1 - last).div_euclid(100) * 100;
    if let Some(low) = short.iter().map(|year| century(*year)).min() {
        notes
            .push(format!("years of two digits in '{column}' are taken as {low} to {}", century(last % 100)));
    }
    let full: Vec<Written> = written
        .iter()
        .map(|date| if date.two_digits { Written { year: century(date.year), ..*date } } else { *date })
        .collect();
    let times = times(&full, order)?;
    let finest = written.iter().map(|date| date.precision as u8).max().unwrap_or(0);
    let precision = written.iter().map(|date| date.precision).find(|precision| *precision as u8 == finest);
    if written.windows(2).any(|pair| pair[0].offset != pair[1].offset) {
        notes.push(format!("times in '{column}' are read in UTC, since their offsets differ"));
    }
    let precision = match precision.unwrap_or(Precision::Day) {
        Precision::Minute | Precision::Second if times.iter().all(|at| at.time() == Time::midnight()) => {
            Precision::Day
        }
        precision => precision,
    };
    Ok(Dates { times, precision })
}

/// Returns the first of sorted two-digit years. They lie on a circle of a hundred, and begin after its largest gap.
fn first_year(short: &[i32]) -> i32 {
    let [first, .., last] = short else { return short.first().copied().unwrap_or(0) };
    let gaps = short.windows(2).map(|pair| (pair[1] - pair[0], pair[1]));
    gaps.chain([(first + 100 - last, *first)]).max_by_key(|gap| gap.0).map_or(*first, |gap| gap.1)
}

/// Returns the points in time: in UTC where the offsets from it differ, else by the clock of the file.
fn times(written: &[Written], order: DateOrder) -> Result<Vec<DateTime>, String> {
    let differ = written.windows(2).any(|pair| pair[0].offset != pair[1].offset);
    let one = |date: &Written| {
        let (month, day) = match (date.open, order) {
            (true, DateOrder::DayFirst) => (date.parts.1, date.parts.0),
            _ => date.parts,
        };
        let year = i16::try_from(date.year).ok();
        let day = year.and_then(|year| Date::new(year, month, day).ok());
        let at = day.map(|day| day.to_datetime(date.time));
        let offset = Span::new().seconds(if differ { date.offset } else { 0 });
        let at = at.and_then(|at| at.checked_sub(offset).ok());
        at.ok_or_else(|| {
            format!(
                "there is no day {day_of} in month {month} of {}",
                date.year,
                day_of = date.parts.1.max(date.parts.0)
            )
        })
    };
    written.iter().map(one).collect()
}

/// Writes a date as exactly as the dates of its column are given.
pub(super) fn label(at: &DateTime, precision: Precision) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    match precision {
        Precision::Year => format!("{year:04}"),
        Precision::Quarter => format!("{year:04}Q{}", (month - 1) / 3 + 1),
        Precision::Month => format!("{year:04}-{month:02}"),
        Precision::Day => format!("{year:04}-{month:02}-{day:02}"),
        Precision::Minute => format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", at.hour(), at.minute()),
        Precision::Second => {
            format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
        }
    }
}
