//! Language modelling: predicts each token of a long text from the tokens before it.

use super::{Dataset, Padding, Sequences, Targets};
use crate::error::{Error, Result};
use crate::text::Side;

/// Splits `ids` into consecutive windows of `steps` tokens. The target of each token is the next token; the
/// last target of a window is the first token of the next window.
///
/// Rows are in the order of the text, so that a validation split is the end of the text.
///
/// ```
/// use gatewise::rows::next_tokens;
/// let data = next_tokens(&[5, 6, 7, 8, 9, 10], 2)?;
/// assert_eq!(data.sequences().unwrap().row(1), [7, 8]);
/// assert_eq!(data.targets().of(1, 0..2), [8.0, 9.0]);
/// assert_eq!(data.sequences().unwrap().row(2), [9]); // the last window is shorter
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) for fewer than two tokens,
/// [`ErrorKind::Config`](crate::ErrorKind::Config) for windows of no steps.
pub fn next_tokens(ids: &[u32], steps: usize) -> Result<Dataset> {
    if steps == 0 {
        return Err(Error::config("windows of 0 steps are empty; use at least 1 step"));
    }
    let Some((_, known)) = ids.split_last().filter(|(_, known)| !known.is_empty()) else {
        return Err(Error::data(format!(
            "a language model predicts the next token: it needs at least 2 tokens, but the text has {}",
            ids.len()
        )));
    };
    let rows: Sequences = known.chunks(steps).map(|row| row.iter().copied()).collect();
    let lengths: Vec<usize> = rows.rows().map(<[u32]>::len).collect();
    let next = ids[1..].iter().map(|&id| id as f32).collect();
    // Padding follows the short last row, so that it does not affect any token.
    let padding = Padding::to(steps).padding(Side::Post).truncating(Side::Post);
    Ok(Dataset::new(rows, Targets::steps(1, next, &lengths)?)?.with_padding(padding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_but_the_first_is_a_target_once() {
        for (count, steps) in [(2, 1), (2, 5), (11, 5), (12, 5), (100, 7)] {
            let ids: Vec<u32> = (3..3 + count).collect();
            let data = next_tokens(&ids, steps).unwrap();
            let wanted: Vec<f32> = ids[1..].iter().map(|&id| id as f32).collect();
            assert_eq!(data.targets().values(), wanted);
            let rows = data.sequences().unwrap();
            assert_eq!(rows.ids(), &ids[..ids.len() - 1]);
            assert!(rows.rows().all(|row| (1..=steps).contains(&row.len())));
        }
        assert!(next_tokens(&[1], 3).is_err() && next_tokens(&[1, 2], 0).is_err());
    }
}
