//! Labels by value: which spellings are one label, and in which order labels stand.
//!
//! Input: labels as they are written. Output: the key that equal labels share, and labels in order.

use std::borrow::Cow;

/// Returns the key of a label. Labels with equal keys are one label:
///
/// | labels | key |
/// |---|---|
/// | `1`, `1.0`, `+1.00`, `1e0` | `1` |
/// | `true`, `True`, `TRUE` | `true` |
/// | `01` | `01`: a number with a leading zero is a code |
/// | any other text | the text |
///
/// ```
/// use gatewise::rows::label_key;
/// assert_eq!(label_key("2.50"), label_key("2.5"));
/// assert_ne!(label_key("01"), label_key("1"));
/// assert_ne!(label_key("yes"), label_key("Yes"));
/// ```
pub fn label_key(label: &str) -> Cow<'_, str> {
    if let Some(number) = decimal(label) {
        return number;
    }
    match ["true", "false"].into_iter().find(|truth| label.eq_ignore_ascii_case(truth)) {
        Some(truth) => Cow::Borrowed(truth),
        None => Cow::Borrowed(label),
    }
}

/// Returns whether a label is a number. A number with a leading zero, such as `01`, is a code.
pub(crate) fn is_number(label: &str) -> bool {
    decimal(label).is_some()
}

/// Sorts labels as scikit-learn does: by number if all of them are numbers, else by text.
pub(crate) fn sort_labels<T>(labels: &mut [T], label: impl Fn(&T) -> &str) {
    let numbers = labels.iter().all(|one| is_number(label(one)));
    let number = |one: &T| label(one).parse::<f64>().unwrap_or_default();
    labels.sort_by(|a, b| {
        let by_number = if numbers { number(a).total_cmp(&number(b)) } else { std::cmp::Ordering::Equal };
        by_number.then_with(|| label(a).cmp(label(b)))
    });
}

/// Returns a number in its plainest decimal form; `None` for other text.
fn decimal(label: &str) -> Option<Cow<'_, str>> {
    let unsigned = label.strip_prefix(['+', '-']).unwrap_or(label);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.len() + part.len() == 0 {
        return None;
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    if exponent.is_some() {
        let value: f64 = label.parse().ok().filter(|value: &f64| value.is_finite())?;
        return decimal(&value.to_string()).map(|number| Cow::Owned(number.into_owned()));
    }
    let (whole, part) = (if whole.is_empty() { "0" } else { whole }, part.trim_end_matches('0'));
    let minus = if label.starts_with('-') && (whole, part) != ("0", "") { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    let plain = format!("{minus}{whole}{point}{part}");
    Some(if plain == label { Cow::Borrowed(label) } else { Cow::Owned(plain) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_one_key() {
        for (labels, key) in [
            (&["1", "1.0", "1.00", "+1", "1e0", "0.1e1", "1."][..], "1"),
            (&["0", "-0", "0.0", ".0", "-0.00"], "0"),
            (&["-2.50", "-2.5", "-25e-1"], "-2.5"),
            (&["9007199254740993"], "9007199254740993"),
            (&["9007199254740992"], "9007199254740992"),
            (&["True", "TRUE", "true"], "true"),
            (&["01"], "01"),
            (&["00.5"], "00.5"),
            (&["1,5"], "1,5"),
            (&["e1"], "e1"),
            (&["."], "."),
            (&["1e999"], "1e999"),
            (&["nan"], "nan"),
            (&["--1"], "--1"),
            (&["é1"], "é1"),
            (&[""], ""),
        ] {
            labels.iter().for_each(|label| assert_eq!(label_key(label), key, "{label}"));
        }
    }

    #[test]
    #[cfg(feature = "files")]
    fn numbers_are_in_the_order_of_numbers_and_text_in_the_order_of_text() {
        for sorted in [
            &["-3", "1", "2", "10"][..],
            &["0.5", "1e0", "1.5"],
            &["1", "10", "2", "x"],
            &["01", "02", "10"],
            &["a", "b"],
        ] {
            let mut labels: Vec<&str> = sorted.iter().rev().copied().collect();
            sort_labels(&mut labels, |label| label);
            assert_eq!(labels, sorted);
        }
    }
}
