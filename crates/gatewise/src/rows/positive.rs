//! The positive class of two labels.
//!
//! Input: a label, and the labels of the rows in order. Output: whether the labels change places, so that the label
//! is the last one.

use crate::error::{Error, Result};

/// Returns whether `label` is the first of two `labels`, and so must change places with the last.
pub(super) fn swaps(label: &str, labels: &[String], single_label: bool) -> Result<bool> {
    match labels {
        [first, last] if single_label => match (first == label, last == label) {
            (true, _) => Ok(true),
            (_, true) => Ok(false),
            _ => Err(Error::config(format!(
                "the positive class '{label}' is not a label of the data; the labels are '{first}' and '{last}'"
            ))),
        },
        _ if !single_label => Err(Error::config(format!(
            "a positive class ('{label}') is one of two labels, but these rows have several labels each, or a number; \
             leave --positive out"
        ))),
        labels => Err(Error::config(format!(
            "a positive class ('{label}') is one of two labels, but the data have {}: {}; leave --positive out",
            labels.len(),
            labels.join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_two_labels_is_the_last() {
        let labels = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(swaps("a", &labels(&["a", "b"]), true).ok(), Some(true));
        assert_eq!(swaps("b", &labels(&["a", "b"]), true).ok(), Some(false));
        for (names, single, says) in [
            (&["a", "b"][..], true, "the labels are 'a' and 'b'"),
            (&["a", "b", "c"], true, "have 3: a, b, c"),
            (&["a", "b"], false, "several labels each"),
        ] {
            let error = swaps("x", &labels(names), single).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
