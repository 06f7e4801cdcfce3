//! Time stamps of steps: numbers, or dates with a time of day.

use jiff::civil::Date;

/// Parses a time stamp: a number, or a date such as `2007-01-01`, `2007/01/01 12:30` or `2007-01-01T12:30:05.5Z`,
/// which becomes a number of seconds.
pub(super) fn stamp(text: &str) -> Option<f64> {
    let text = text.trim().trim_matches(['"', '\'']);
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let mut parts = date.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    // 1 to 31 may be a day.
    let year: i16 = year.parse().ok().filter(|year| *year > 31)?;
    if parts.next().is_some() {
        return None;
    }
    let date = Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
    let days = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    let mut seconds = 0.0;
    let mut unit = 3_600.0;
    let time = time.trim();
    for part in time.split(':').filter(|_| !time.is_empty()) {
        let part: f64 = part.parse().ok().filter(|part| (0.0..=60.0).contains(part))?;
        seconds += part * unit;
        unit /= 60.0;
    }
    Some(days as f64 * 86_400.0 + seconds)
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
