//! The numbers of rows of the classes, and whether they are imbalanced.
//!
//! Input: the number of rows of each class. Output: the majority class, its share, and whether an accuracy over these
//! rows needs it beside it.

/// The share of the rows below which a class is rare.
const RARE: f64 = 0.2;

/// The number of rows of each class.
///
/// A model that predicts the majority class for every row reaches its share as accuracy. Where classes are
/// imbalanced, an accuracy means little without this baseline.
///
/// ```
/// use gatewise::metrics::ClassCounts;
/// let counts = ClassCounts::new([95, 5]);
/// assert_eq!((counts.majority(), counts.majority_share()), (Some(0), 0.95));
/// assert!(counts.is_imbalanced());
/// // Ten classes of equal size each have a tenth of the rows, and none is rare.
/// assert!(!ClassCounts::new([50; 10]).is_imbalanced());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassCounts(Vec<u64>);

impl ClassCounts {
    /// Creates the counts from the number of rows of each class.
    pub fn new(counts: impl Into<Vec<u64>>) -> Self {
        Self(counts.into())
    }

    /// Counts the classes of rows, for `classes` classes. A number that is not a class is ignored.
    ///
    /// ```
    /// use gatewise::metrics::ClassCounts;
    /// assert_eq!(ClassCounts::of(&[0.0, 1.0, 1.0], 2), ClassCounts::new([1, 2]));
    /// ```
    pub fn of(targets: &[f32], classes: usize) -> Self {
        let mut counts = vec![0; classes];
        for &target in targets {
            if let (true, Some(count)) = (target >= 0.0, counts.get_mut(target as usize)) {
                *count += 1;
            }
        }
        Self(counts)
    }

    /// Returns the number of rows of `class`; 0 if it is out of range.
    pub fn count(&self, class: usize) -> u64 {
        self.0.get(class).copied().unwrap_or(0)
    }

    /// Returns the share of `class` among all rows; 0 without rows.
    pub fn share(&self, class: usize) -> f64 {
        self.count(class) as f64 / self.0.iter().sum::<u64>().max(1) as f64
    }

    /// Returns the class with the most rows, the first of equal ones; `None` without rows.
    pub fn majority(&self) -> Option<usize> {
        let most = self.0.iter().copied().max().filter(|&most| most > 0)?;
        self.0.iter().position(|&count| count == most)
    }

    /// Returns the share of the majority class.
    pub fn majority_share(&self) -> f64 {
        self.majority().map_or(0.0, |class| self.share(class))
    }

    /// Returns the class with the fewest rows, the first of equal ones; `None` without classes.
    pub fn rarest(&self) -> Option<usize> {
        let fewest = self.0.iter().copied().min()?;
        self.0.iter().position(|&count| count == fewest)
    }

    /// Returns whether a class has less than a fifth of the rows, and less than half as many as the majority class.
    /// The second condition excludes many classes of similar size. One class is never imbalanced.
    pub fn is_imbalanced(&self) -> bool {
        let Some((rarest, majority)) = self.rarest().zip(self.majority()) else { return false };
        self.0.len() > 1 && self.share(rarest) < RARE && 2 * self.count(rarest) < self.count(majority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_class_makes_an_imbalance() {
        for (counts, imbalanced) in [
            (&[][..], false),
            (&[0, 0], false),
            (&[7], false),
            (&[50, 50], false),
            (&[80, 20], false),
            (&[81, 19], true),
            (&[7, 0], true),
            (&[40, 45, 15], true),
            (&[10, 10, 10, 10, 10, 10], false),
            (&[100, 90, 95, 12, 90, 100], true),
        ] {
            assert_eq!(ClassCounts::new(counts).is_imbalanced(), imbalanced, "{counts:?}");
        }
        assert_eq!((ClassCounts::new([]).majority(), ClassCounts::new([0, 0]).majority()), (None, None));
        assert_eq!(ClassCounts::of(&[0.0, 2.0, -1.0, 9.0, f32::NAN], 3), ClassCounts::new([1, 0, 1]));
    }
}
