//! Numbers as people write them: decimal commas, thousands separators, currencies, percent signs.
//!
//! Input: the cells of a column. Output: the [`Style`] in which the column is written, and each cell as a number.

/// Signs and codes of currencies that may stand before or after a number.
const CURRENCIES: [&str; 44] = [
    "US$", "R$", "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₴", "₪", "฿", "₫", "₦", "₱", "¢", "zł", "kr.",
    "kr", "Kč", "Fr.", "Rs.", "Rs", "USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "NZD", "SEK", "NOK",
    "DKK", "PLN", "CZK", "HUF", "INR", "BRL", "CNY", "RUB", "MXN", "ZAR",
];
/// Words for a number that is not there; in lower case.
const MISSING: [&str; 18] = [
    "", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "–", "—", ".", "..", "...", "?",
    "missing", "<na>",
];

/// Returns whether a cell stands for a number that is not there.
pub(super) fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() <= 9 && MISSING.contains(&&*cell.to_lowercase())
}

/// The way in which the numbers of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::files) struct Style {
    /// The decimal mark: a point or a comma. The other one separates thousands.
    pub decimal: char,
}

/// A number in a cell, still in digits and marks.
struct Bare<'a> {
    negative: bool,
    /// Digits with marks between them, perhaps with an exponent.
    digits: &'a str,
    percent: bool,
    currency: bool,
}

/// What a cell shows about the decimal mark of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// No mark, or none that shows anything.
    None,
    /// The mark is the decimal mark.
    Decimal(char),
    /// The mark may separate thousands or decimals, as in 1,234.
    Either(char),
}

fn bare(cell: &str) -> Option<Bare<'_>> {
    let mut text = cell.trim();
    let (mut negative, mut percent, mut currency) = (false, false, false);
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        // As accountants write it.
        (text, negative) = (inner, true);
    }
    let mut signed = negative;
    loop {
        let before = text;
        text = text.trim();
        if !signed {
            if let Some(rest) = text.strip_prefix(['-', '−', '–']) {
                (text, negative, signed) = (rest, true, true);
            } else if let Some(rest) = text.strip_prefix('+') {
                (text, signed) = (rest, true);
            } else if let Some(rest) = text.strip_suffix(['-', '−']) {
                (text, negative, signed) = (rest, true, true);
            }
        }
        if !percent && let Some(rest) = text.strip_suffix('%') {
            (text, percent) = (rest, true);
        }
        if !currency {
            let mut found = CURRENCIES
                .iter()
                .filter_map(|sign| text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)));
            if let Some(rest) = found.next() {
                (text, currency) = (rest, true);
            }
        }
        if text == before {
            break;
        }
    }
    let mantissa = text.find(['e', 'E']).map_or(text, |at| &text[..at]);
    let fits = mantissa.chars().all(|c| c.is_ascii_digit() || is_mark(c) || is_space(c))
        && mantissa.contains(|c: char| c.is_ascii_digit());
    fits.then_some(Bare { negative, digits: text, percent, currency })
}

fn is_mark(c: char) -> bool {
    matches!(c, '.' | ',')
}

/// Characters that separate thousands and nothing else.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’' | '_')
}

fn evidence(digits: &str) -> Evidence {
    let (points, commas) = (digits.matches('.').count(), digits.matches(',').count());
    let other = |mark: char| if mark == '.' { ',' } else { '.' };
    match (points, commas) {
        (0, 0) => Evidence::None,
        (1.., 1..) => Evidence::Decimal(if digits.rfind('.') > digits.rfind(',') { '.' } else { ',' }),
        (count, 0) | (0, count) => {
            let mark = if points > 0 { '.' } else { ',' };
            if count > 1 {
                return Evidence::Decimal(other(mark));
            }
            let (before, after) = digits.split_once(mark).unwrap_or_default();
            let thousands = after.len() == 3
                && (1..=3).contains(&before.len())
                && !before.starts_with('0')
                && before.bytes().chain(after.bytes()).all(|byte| byte.is_ascii_digit());
            if thousands { Evidence::Either(mark) } else { Evidence::Decimal(mark) }
        }
    }
}

/// Returns the number in a cell and its decimals, or `None` if it is not a finite number in this style.
pub(in crate::files) fn number(cell: &str, style: Style) -> Option<(f64, usize)> {
    let Bare { negative, digits, .. } = bare(cell)?;
    let (mantissa, exponent) =
        digits.find(['e', 'E']).map_or((digits, ""), |at| (&digits[..at], &digits[at + 1..]));
    let (whole, fraction) = mantissa.split_once(style.decimal).unwrap_or((mantissa, ""));
    let is_group = |c: char| is_space(c) || (is_mark(c) && c != style.decimal);
    let mut plain = String::with_capacity(digits.len() + 2);
    let mut separator = None;
    let mut groups = whole.split(is_group).peekable();
    let first = groups.next()?;
    let several = groups.peek().is_some();
    plain.push_str(first);
    while let Some(group) = groups.next() {
        // 1,234,567 and, as in India, 12,34,567.
        let right = group.len() == 3 || (group.len() == 2 && groups.peek().is_some());
        if !right {
            return None;
        }
        plain.push_str(group);
    }
    for c in whole.chars().filter(|&c| is_group(c)) {
        if *separator.get_or_insert(c) != c {
            return None;
        }
    }
    if (several && !(1..=3).contains(&first.len())) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if !fraction.is_empty() {
        plain.push('.');
        plain.push_str(fraction);
    }
    let power: i32 = if exponent.is_empty() { 0 } else { exponent.parse().ok()? };
    if digits.len() > mantissa.len() {
        plain.push('e');
        plain.push_str(exponent);
    }
    let value: f64 = plain.parse().ok()?;
    let decimals = (fraction.len() as i64 - i64::from(power)).clamp(0, 17) as usize;
    value.is_finite().then_some((if negative { -value } else { value }, decimals))
}

/// Returns whether a cell is a number in any style.
pub(in crate::files) fn is_number(cell: &str) -> bool {
    ['.', ','].into_iter().any(|decimal| number(cell, Style { decimal }).is_some())
}

/// What decides where the cells do not show the decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::files) struct Hints {
    /// The decimal mark that the user states.
    pub stated: Option<char>,
    /// Whether the user can state it, with `--decimal`.
    pub may_state: bool,
    /// Whether semicolons separate the fields, as where commas are decimal marks.
    pub semicolons: bool,
}

/// Finds the style of a column by looking at its cells, and notes what is not evident.
///
/// # Errors
/// A message, if some cells have a decimal point and others a decimal comma.
pub(in crate::files) fn find_style<'a>(
    cells: impl Iterator<Item = &'a str>,
    column: &str,
    hints: Hints,
    notes: &mut Vec<String>,
) -> Result<Style, String> {
    let Hints { stated, may_state, semicolons } = hints;
    let mut shown: [Option<&str>; 2] = [None, None];
    let mut either: [Option<&str>; 2] = [None, None];
    let (mut percent, mut currency) = (false, false);
    let at = |mark: char| usize::from(mark == ',');
    for cell in cells {
        let Some(found) = bare(cell) else { continue };
        percent |= found.percent;
        currency |= found.currency;
        match evidence(found.digits) {
            Evidence::None => {}
            Evidence::Decimal(mark) => _ = shown[at(mark)].get_or_insert(cell.trim()),
            Evidence::Either(mark) => _ = either[at(mark)].get_or_insert(cell.trim()),
        }
    }
    let left = match (currency, percent) {
        (true, true) => "currency and percent signs are",
        (true, false) => "currency signs are",
        (false, true) => "percent signs are",
        (false, false) => "",
    };
    if !left.is_empty() {
        notes.push(format!("{left} left out of the numbers in '{column}'"));
    }
    let decimal = match (stated, shown, either) {
        (Some(mark), ..) => return Ok(Style { decimal: mark }),
        (None, [Some(point), Some(comma)], _) => {
            return Err(format!(
                "column '{column}' has decimal points and decimal commas, as in '{point}' and '{comma}'; state which mark is the \
                 decimal one with --decimal"
            ));
        }
        (None, [Some(_), None], _) => '.',
        (None, [None, Some(comma)], _) => {
            notes.push(format!("numbers in '{column}' have a decimal comma, as in '{comma}'"));
            ','
        }
        (None, [None, None], [None, None]) => '.',
        (None, [None, None], [point, comma]) => {
            // 1,234 alone: decimals in a file with semicolons between its fields, as in Europe, else thousands.
            let (decimal, cell, other) = match (point, comma) {
                (Some(cell), Some(_)) => {
                    return Err(format!(
                        "column '{column}' has points and commas, as in '{cell}'; state which mark is the decimal one with --decimal"
                    ));
                }
                (Some(cell), None) => ('.', cell, ','),
                (None, cell) if !semicolons => ('.', cell.unwrap_or_default(), ','),
                (None, cell) => (',', cell.unwrap_or_default(), '.'),
            };
            // A point without another one is a decimal mark to anyone but who has semicolons between the fields.
            let is_plain = !may_state && !semicolons && cell.contains('.');
            if let Some((read, _)) = number(cell, Style { decimal }).filter(|_| !is_plain) {
                let remedy = match may_state {
                    true => format!("--decimal {other} reads it otherwise"),
                    false => "if that is wrong, leave out what separates thousands".to_owned(),
                };
                notes.push(format!("'{cell}' in '{column}' is read as {read}; {remedy}"));
            }
            decimal
        }
    };
    Ok(Style { decimal })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: Style = Style { decimal: '.' };
    const COMMA: Style = Style { decimal: ',' };

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (cell, style, value) in [
            ("1.5", POINT, 1.5),
            (" 1,5 ", COMMA, 1.5),
            ("1,234.5", POINT, 1234.5),
            ("1.234,5", COMMA, 1234.5),
            ("1 234", POINT, 1234.0),
            ("1\u{202f}234,5", COMMA, 1234.5),
            ("1'234'567", POINT, 1_234_567.0),
            ("12,34,567", POINT, 1_234_567.0),
            ("$1,200", POINT, 1200.0),
            ("-$1,200.50", POINT, -1200.5),
            ("12 %", POINT, 12.0),
            ("3,50 €", COMMA, 3.5),
            ("EUR 7", POINT, 7.0),
            ("(1,234)", POINT, -1234.0),
            ("−4", POINT, -4.0),
            ("5-", POINT, -5.0),
            ("+2", POINT, 2.0),
            ("1e3", POINT, 1000.0),
            ("2.5E-3", POINT, 0.0025),
            (".5", POINT, 0.5),
        ] {
            assert_eq!(number(cell, style).map(|found| found.0), Some(value), "{cell}");
        }
        for cell in [
            "x",
            "1.2.3",
            "1,23",
            "12 kg",
            "inf",
            "1e999",
            "",
            "--3",
            "1,2345",
            "1 23",
            "2020-01-05",
            "e5",
            "1,234 567",
        ] {
            assert_eq!(number(cell, POINT), None, "{cell}");
        }
        assert_eq!(number("2.5e-3", POINT).unwrap().1, 4);
        for cell in ["", " NA ", "NaN", "null", "-", ".", "#N/A"] {
            assert!(is_missing(cell), "{cell}");
        }
    }

    #[test]
    fn the_decimal_mark_is_found_by_looking() {
        let style = |cells: &[&str], semicolons| {
            let mut notes = Vec::new();
            let hints = Hints { stated: None, may_state: true, semicolons };
            (find_style(cells.iter().copied(), "y", hints, &mut notes), notes.join("; "))
        };
        assert_eq!(style(&["1.234,5", "7"], true).0, Ok(COMMA));
        assert_eq!(style(&["1,234", "7,5"], true).0, Ok(COMMA));
        assert_eq!(style(&["1,234", "0.5"], false).0, Ok(POINT));
        assert_eq!(style(&["1,234,567"], true).0, Ok(POINT));
        assert_eq!(
            style(&["1,234"], false),
            (Ok(POINT), "'1,234' in 'y' is read as 1234; --decimal , reads it otherwise".into())
        );
        assert_eq!(style(&["1,234"], true).0, Ok(COMMA));
        assert_eq!(style(&["0.123"], false), (Ok(POINT), String::new()));
        assert!(style(&["1.5", "1,5"], true).0.unwrap_err().contains("--decimal"));
    }
}
