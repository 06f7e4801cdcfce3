//! Whether the first line of a table names its columns.
//!
//! Input: the fields of the first line, and the rows below. Output: a [`FirstLine`]. The line is a header unless it looks
//! like the rows: a number where the column has numbers, or a field that occurs below in the same column.

/// Words in names of columns.
const NAMES: &[&str] = &[
    "answer",
    "author",
    "body",
    "categories",
    "category",
    "class",
    "comment",
    "comments",
    "content",
    "date",
    "datetime",
    "day",
    "description",
    "ds",
    "genre",
    "genres",
    "headline",
    "id",
    "idx",
    "index",
    "label",
    "labels",
    "lang",
    "language",
    "message",
    "month",
    "name",
    "number",
    "overall",
    "polarity",
    "price",
    "question",
    "rating",
    "ratings",
    "review",
    "score",
    "sentence",
    "sentiment",
    "source",
    "split",
    "stars",
    "subject",
    "summary",
    "tag",
    "tags",
    "target",
    "text",
    "time",
    "timestamp",
    "title",
    "topic",
    "topics",
    "tweet",
    "type",
    "url",
    "user",
    "value",
    "year",
];
/// Fields that are not a value.
const MISSING: &[&str] = &["", "-", "?", "na", "n/a", "nan", "none", "null"];

/// What the first line of a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstLine {
    /// It names the columns.
    Header,
    /// It is taken as a header, since nothing shows what it is.
    Assumed,
    /// It is a row.
    Row,
}

/// Returns what `first` is above `rows`.
pub(super) fn first_line(first: &[String], rows: &[Vec<String>]) -> FirstLine {
    if rows.is_empty() {
        return FirstLine::Header;
    }
    let repeated = rows.iter().any(|row| row == first && row.len() > 1);
    let (mut header, mut row) = (repeated && first.iter().any(|field| is_name(field)), false);
    for (at, field) in first.iter().enumerate() {
        let field = field.trim();
        if is_missing(field) {
            continue;
        }
        let below = || rows.iter().map(|row| row[at].trim()).filter(|field| !is_missing(field));
        let (count, numbers) = (below().count(), below().filter(|field| is_number(field)).count());
        // A few notes below a column of numbers do not make it one of words.
        let (mostly, hardly) = (10 * numbers >= 9 * count.max(1), 10 * numbers <= count);
        match is_number(field) {
            true if mostly => row = true,
            true => header |= hardly && count > 0,
            false if mostly => header = true,
            false if below().any(|other| other == field) => row = true,
            false => header |= is_name(field),
        }
    }
    // Years, or other numbers in a row, are the names of a wide table.
    let numbers: Vec<i64> = first.iter().filter_map(|field| field.trim().parse().ok()).collect();
    header |= numbers.len() > 2
        && numbers.len() < first.len()
        && numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
    match first {
        _ if header => FirstLine::Header,
        _ if row => FirstLine::Row,
        // Texts alone: a name is short.
        [text] if text.split_whitespace().count() > 3 || text.trim_end().ends_with(['.', '!', '?']) => {
            FirstLine::Row
        }
        _ => FirstLine::Assumed,
    }
}

/// Returns whether a field looks like the name of a column.
pub(super) fn has_name(first: &[String]) -> bool {
    first.iter().any(|field| is_name(field))
}

fn is_missing(field: &str) -> bool {
    MISSING.iter().any(|missing| field.eq_ignore_ascii_case(missing))
}

/// Returns whether a field is a number, an amount or a date: digits, with signs and separators.
fn is_number(field: &str) -> bool {
    let plain = |c: char| c.is_ascii_digit() || " .,+-%:/'$€£¥\u{a0}\u{202f}".contains(c);
    field.contains(|c: char| c.is_ascii_digit()) && (field.chars().all(plain) || field.parse::<f64>().is_ok())
}

/// Returns whether a field looks like the name of a column: of known words, or one word with a known word in it.
fn is_name(field: &str) -> bool {
    let mut words = Vec::new();
    let mut before = ' ';
    for c in field.trim().chars() {
        if c.is_uppercase() && before.is_lowercase() || !c.is_alphanumeric() || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    let known = |word: &String| NAMES.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()));
    match field.trim().contains(char::is_whitespace) {
        true => !words.is_empty() && words.iter().all(known),
        false => words.iter().any(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_told_from_a_row() {
        let rows = |lines: &str| -> Vec<Vec<String>> {
            lines.split('|').map(|line| line.split(',').map(String::from).collect()).collect()
        };
        for (lines, header) in [
            ("text,label|a,b|c,d", true),
            ("good film,1|bad film,0", false),
            ("good film,pos|bad film,neg|fine film,pos", false),
            ("good film,pos|bad film,neg", true),
            ("0,1|good film,1|bad film,0", true),
            ("country,1990,1991,1992|Chad,3,4,5|Mali,1,2,3", true),
            ("Month,Passengers|1949-01,112|1949-02,118", true),
            ("1949-01,112|1949-02,118", false),
            ("112|118|132", false),
            ("Passengers|112|118", true),
            ("review|what a film|dull", true),
            ("a fine film to see|dull", false),
            ("Great!|dull", false),
            ("question,answer|what is it?,answer|why,so", true),
            ("text,label|good,pos|text,label|bad,neg", true),
            (",0,1|0,good film,1|1,bad film,0", true),
            ("commentText,isSpam|a,b|c,d", true),
            ("a,b|1,2|3,4", true),
            ("only,a header", true),
        ] {
            let all = rows(lines);
            assert_eq!(first_line(&all[0], &all[1..]) != FirstLine::Row, header, "{lines}");
        }
        let all = rows("a great day out,mixed|bad film,neg|fine film,pos");
        assert_eq!(first_line(&all[0], &all[1..]), FirstLine::Assumed);
    }
}
