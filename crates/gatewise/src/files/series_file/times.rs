//! Time stamps of steps: numbers, or dates with a time of day.

/// Parses a time stamp: a number, or a date such as `2007-01-01`, `2007/01/01 12:30` or `2007-01-01T12:30:05.5Z`,
/// which becomes a number of seconds.
pub(super) fn stamp(text: &str) -> Option<f64> {
    let text = text.trim().trim_matches(['"', '\'']);
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let mut parts = date.split(['-', '/']).map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let sound = parts.next().is_none()
        && year > 31
        && year < 10_000
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    if !sound {
        return None;
    }
    let mut seconds = 0.0;
    let mut unit = 3_600.0;
    let time = time.trim();
    for part in time.split(':').filter(|_| !time.is_empty()) {
        let part: f64 = part.parse().ok().filter(|part| (0.0..=60.0).contains(part))?;
        seconds += part * unit;
        unit /= 60.0;
    }
    Some(days(year, month, day) as f64 * 86_400.0 + seconds)
}

/// Returns the number of days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years start in March, so that the day of a leap year is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_seconds() {
        for (text, seconds) in [
            ("1970-01-01", 0.0),
            ("1970/1/2 00:00", 86_400.0),
            ("2000-03-01T00:00:01.5Z", 951_868_801.5),
            (" 2007-01-01 00:10:00", 1_167_610_200.0),
            ("1.5", 1.5),
            ("-3e2", -300.0),
        ] {
            assert_eq!(stamp(text), Some(seconds), "{text}");
        }
        for text in ["", "monday", "01-02-2007", "2007-13-01", "2007-01-01 99:00", "NaN", "2007-01", "é"] {
            assert_eq!(stamp(text), None, "{text}");
        }
    }
}
