//! Lists of labels in one field.
//!
//! Input: a field, such as `["good", "new"]` (JSON) or `['a', 'b']` (Python). Output: the items as text, or
//! `None` if the field is not a list of plain values.

use std::borrow::Cow;

/// Returns the items of a list of strings, numbers and truth values. Items are separated by commas, or by white
/// space alone, as NumPy prints arrays. Nulls are left out.
pub(super) fn items(field: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut rest = field.trim().strip_prefix('[')?.strip_suffix(']')?.trim_start();
    let mut items = Vec::new();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' | '\'' => {
                let end = closing(rest, first)?;
                items.push(unquoted(&rest[..end], first));
                end
            }
            _ => {
                let end = rest.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(rest.len());
                match &rest[..end] {
                    "null" | "None" => {}
                    plain if is_plain(plain) => items.push(Cow::Borrowed(plain)),
                    _ => return None,
                }
                end
            }
        };
        let behind = rest[end..].trim_start();
        let next = behind.strip_prefix(',').unwrap_or(behind).trim_start();
        // Two items with nothing between them.
        if next.len() == rest.len() - end && !next.is_empty() {
            return None;
        }
        rest = next;
    }
    Some(items)
}

/// Returns labels as a list in JSON.
pub(super) fn json<'a>(labels: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(labels).to_string()
}

/// Returns whether an item without quotes is a number or a truth value.
fn is_plain(item: &str) -> bool {
    matches!(item, "true" | "false" | "True" | "False")
        || (item.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
            && item.parse::<f64>().is_ok())
}

/// Returns the length of the quoted string at the start of `text`, quotes included.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Returns the content of a quoted string.
fn unquoted(quoted: &str, quote: char) -> Cow<'_, str> {
    let inner = &quoted[1..quoted.len() - 1];
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    if let Some(text) = (quote == '"').then(|| serde_json::from_str(quoted).ok()).flatten() {
        return Cow::Owned(text);
    }
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next().map(|c| match c {
                'n' => '\n',
                't' => '\t',
                c => c,
            })),
            c => text.push(c),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_of_json_python_and_numpy_are_read() {
        for (field, expected) in [
            (r#"["good","new"]"#, Some(vec!["good", "new"])),
            (" ['a', 'b'] ", Some(vec!["a", "b"])),
            ("['a' 'b']", Some(vec!["a", "b"])),
            ("[]", Some(vec![])),
            ("[1, 2.5, True, null, None]", Some(vec!["1", "2.5", "True"])),
            (r#"["it's", 'say "x"', "a\u00e9\n", 'it\'s']"#, Some(vec!["it's", "say \"x\"", "aé\n", "it's"])),
            ("['a, b', ']']", Some(vec!["a, b", "]"])),
            ("['a',]", Some(vec!["a"])),
            ("[a, b]", None),
            ("['a''b']", None),
            ("['a", None),
            ("[['a']]", None),
            ("[{\"a\": 1}]", None),
            ("good", None),
            ("", None),
            ("[", None),
        ] {
            let found = items(field);
            assert_eq!(found, expected.map(|items| items.into_iter().map(Cow::from).collect()), "{field}");
        }
    }

    proptest! {
        #[test]
        fn any_labels_survive(labels in prop::collection::vec("\\PC{0,6}", 0..6)) {
            let list = json(labels.iter().map(String::as_str));
            prop_assert_eq!(items(&list).unwrap(), labels);
        }

        #[test]
        fn any_field_is_a_list_or_not(field in r#"\[?['"\\,\[\]a1 é]{0,12}\]?"#) {
            items(&field);
        }
    }
}
