//! What a page shows of an explanation. Input: an explanation, a method and a label. Output: contributions for that
//! label, their strength and their numbers as text.

use gatewise::explain::{Explanation, Method, Token};
use gatewise::{Error, Result};

/// From these shares of the largest contribution on, a contribution is strong, clear or faint.
const STRONG: f64 = 0.5;
const CLEAR: f64 = 0.2;
const FAINT: f64 = 0.05;
/// A contribution of log-odds is not strong by being the largest of small ones.
const LEAST_LARGEST: f64 = 0.1;

/// An explanation, seen from one label.
pub struct View<'a> {
    pub explanation: &'a Explanation,
    /// The label that a positive contribution speaks for. `None` for a regression.
    pub label: Option<&'a str>,
    /// The label that a negative contribution speaks for, of a binary model.
    pub other: Option<&'a str>,
    /// The contribution of each token to `label`.
    pub values: Vec<f64>,
    /// −1 where the explanation is for the other label.
    pub sign: f64,
    /// The largest absolute contribution.
    largest: f64,
}

impl<'a> View<'a> {
    /// Creates the view of `explanation` by `method`, for the label `class` if one is given.
    ///
    /// # Errors
    /// If the explanation has no contributions by the method.
    pub fn new(explanation: &'a Explanation, method: Method, class: Option<&str>) -> Result<Self> {
        let output = &explanation.output;
        let (label, other) = (output.label.as_deref(), output.other.as_deref());
        let swapped = class.is_some() && class == other;
        let sign = if swapped { -1.0 } else { 1.0 };
        let (label, other) = if swapped { (other, label) } else { (label, other) };
        let values = match (of_method(explanation, method), explanation.tokens.is_empty()) {
            (Some(values), _) => values.iter().map(|value| sign * value).collect(),
            (None, true) => Vec::new(),
            (None, false) => {
                let notes = explanation.notes.iter().map(|note| format!(": {note}")).collect::<String>();
                let method = crate::args::method_name(method);
                return Err(Error::data(format!("--method {method} has no contributions for this{notes}")));
            }
        };
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        Ok(Self { explanation, label, other, values, sign, largest })
    }

    /// Returns whether the model outputs a number.
    pub fn is_regression(&self) -> bool {
        self.explanation.answer.value.is_some()
    }

    /// Returns whether the row is a series.
    pub fn is_series(&self) -> bool {
        self.explanation.tokens.iter().any(|token| token.id.is_none())
    }

    /// Returns the contributions of another method.
    pub fn by(&self, method: Method) -> Option<Vec<f64>> {
        let values = of_method(self.explanation, method)?;
        Some(values.iter().map(|value| self.sign * value).collect())
    }

    /// Returns how strong a contribution is: 3 strong, 2 clear, 1 faint, 0 next to nothing; negative against the label.
    pub fn strength(&self, value: f64) -> i8 {
        let least = if self.is_regression() { f64::MIN_POSITIVE } else { LEAST_LARGEST };
        let share = value.abs() / self.largest.max(least);
        let level = [FAINT, CLEAR, STRONG].iter().filter(|&&from| share >= from).count() as i8;
        if value < 0.0 { -level } else { level }
    }

    /// Returns a contribution as text, with the places of the largest one.
    pub fn number(&self, value: f64) -> String {
        signed(value, self.largest)
    }

    /// Returns the explained output as P(label), or the number.
    pub fn value(&self, value: f32) -> f32 {
        if self.sign < 0.0 { 1.0 - value } else { value }
    }

    /// Returns the answer that an explained output means, with its probability; for several classes, the probability
    /// of the explained label.
    pub fn answer(&self, value: f32) -> String {
        let output = &self.explanation.output;
        match (&output.label, &output.other, output.threshold) {
            (Some(label), Some(other), Some(threshold)) => match value > threshold {
                true => format!("{label} ({value:.2})"),
                false => format!("{other} ({:.2})", 1.0 - value),
            },
            (Some(label), ..) => format!("P({label}) = {value:.2}"),
            _ => value.to_string(),
        }
    }

    /// Returns the words with the largest contributions for (`sign` 1) or against (−1) the label, each word once, with the
    /// sum of its contributions and the number of its occurrences.
    pub fn strongest(&self, values: &[f64], sign: f64, most: usize) -> Vec<(&'a str, f64, usize)> {
        let mut words: Vec<(&str, f64, usize)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for (token, value) in
            self.explanation.tokens.iter().zip(values).filter(|(token, _)| token.read && is_word(token))
        {
            let place = *places.entry(token.text.as_str()).or_insert(words.len());
            match words.get_mut(place) {
                Some((_, sum, count)) => (*sum, *count) = (*sum + value, *count + 1),
                None => words.push((&token.text, *value, 1)),
            }
        }
        let largest = words.iter().fold(0.0, |largest: f64, word| largest.max(word.1.abs()));
        words.retain(|word| sign * word.1 > 0.0 && word.1.abs() >= FAINT * largest);
        words.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        words.truncate(most);
        words
    }
}

fn of_method(explanation: &Explanation, method: Method) -> Option<&[f64]> {
    let found = explanation.attributions.iter().find(|attribution| attribution.method == method);
    found.map(|attribution| attribution.values.as_slice())
}

/// Returns a number with its sign: two places, fewer where `largest` is large, more where it is small.
pub fn signed(value: f64, largest: f64) -> String {
    let magnitude = if largest > 0.0 { largest.log10().floor() } else { 0.0 };
    let places = if magnitude < 0.0 { 1.0 - magnitude } else { 2.0 - magnitude };
    let places = places.clamp(0.0, 6.0) as usize;
    match format!("{value:+.places$}") {
        // What is rounded to nothing has no side.
        text if text.starts_with('-') && !text.contains(|c: char| ('1'..='9').contains(&c)) => {
            text.replacen('-', "+", 1)
        }
        text => text,
    }
}

/// Returns whether a token is a word of the text, and not a mark such as the start.
pub fn is_word(token: &Token) -> bool {
    !(token.span.is_none() && token.text.starts_with('<') && token.text.ends_with('>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_places_of_the_largest() {
        for (value, largest, text) in [
            (1.234, 1.234, "+1.23"),
            (-0.577, 0.6, "-0.58"),
            (-0.0123, 1.0, "-0.01"),
            (-0.0012, 1.0, "+0.00"),
            (-0.012_34, 0.02, "-0.012"),
            (12.34, 12.34, "+12.3"),
            (1234.5, 1234.5, "+1234"),
            (0.0, 0.0, "+0.00"),
            (1e-9, 1e-9, "+0.000000"),
        ] {
            assert_eq!(signed(value, largest), text);
        }
    }
}
