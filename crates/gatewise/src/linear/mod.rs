//! A linear model of words and n-grams: the baseline of every recurrent model, and a member of ensembles.
//!
//! Input: a [`Dataset`] whose targets are classes or labels. Output: a fitted [`LinearModel`]. Its accuracy
//! is printed beside every result: a recurrent model is worth its cost only where it is better than this
//! baseline.

mod contributions;
mod fit;
mod logistic;
mod ngrams;

pub use ngrams::MAX_NGRAM;
use ngrams::Ngrams;

use crate::error::Result;
use crate::rows::{Dataset, Sequences};
use std::sync::Arc;

/// Options of [`LinearModel::fit`]. [`LinearModel`] defines the symbols.
///
/// The defaults are the same for all data sets: a baseline that is tuned on its test rows is not honest.
///
/// ```
/// use gatewise::linear::LinearOptions;
/// let options = LinearOptions::new().ngram(2).l2(1.0);
/// assert_eq!((options.ngram, options.alpha), (2, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LinearOptions {
    /// Longest n-gram, at most [`MAX_NGRAM`]. Default: 1, a bag of words, which is fast enough to run with
    /// every training. 2 and 3 add the order of neighbouring words.
    pub ngram: usize,
    /// Features that occur in fewer rows are dropped. Default: 1.
    pub min_count: u32,
    /// α, the smoothing: added to each count before the ratio. Default: 1, as in the paper.
    pub alpha: f64,
    /// λ, the strength of the L2 penalty: scikit-learn's `1 / C`. Default: 10.
    pub l2: f64,
    /// Tolerance, as in LIBLINEAR: the fit stops when the norm of the gradient is at most this times the
    /// fraction of the rarer class times the initial norm. Default: 0.01.
    pub tolerance: f64,
    /// Largest number of L-BFGS steps. Default: 100; about 10 are usual.
    pub max_steps: usize,
}

impl Default for LinearOptions {
    fn default() -> Self {
        Self { ngram: 1, min_count: 1, alpha: 1.0, l2: 10.0, tolerance: 0.01, max_steps: 100 }
    }
}

impl LinearOptions {
    /// Creates the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the longest n-gram, at most [`MAX_NGRAM`].
    pub fn ngram(self, ngram: usize) -> Self {
        Self { ngram, ..self }
    }

    /// Sets the number of rows below which a feature is dropped.
    pub fn min_count(self, min_count: u32) -> Self {
        Self { min_count, ..self }
    }

    /// Sets α, the smoothing of the counts.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// Sets λ, the strength of the L2 penalty.
    pub fn l2(self, l2: f64) -> Self {
        Self { l2, ..self }
    }

    /// Sets the tolerance of the gradient at which the fit stops.
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// Sets the largest number of L-BFGS steps.
    pub fn max_steps(self, max_steps: usize) -> Self {
        Self { max_steps, ..self }
    }
}

/// A logistic regression on the presence of n-grams, each scaled by its naive-Bayes log-count ratio.
///
/// With f⁽ⁱ⁾ ∈ {0, 1}ⱽ the features *present* in row i (however often) and y⁽ⁱ⁾ its target,
///
/// ```text
/// p = α + Σ_{i: y=1} f⁽ⁱ⁾        q = α + Σ_{i: y=0} f⁽ⁱ⁾
/// r = ln( (p / ‖p‖₁) / (q / ‖q‖₁) )
/// z⁽ⁱ⁾ = w · (r ∘ f⁽ⁱ⁾) + b
/// minimise  Σᵢ ( ln(1 + exp z⁽ⁱ⁾) − y⁽ⁱ⁾ z⁽ⁱ⁾ )  +  λ/2 · ( ‖w‖² + b² )
/// ```
///
/// This is NBSVM of S. Wang and C. D. Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic
/// Classification", ACL 2012 (<https://aclanthology.org/P12-2018>), with the logistic loss in place of the
/// squared hinge, and without their interpolation of w with its mean. As in LIBLINEAR, the penalty includes
/// the bias. The objective is strictly convex: it has one minimum, which does not depend on a seed, a
/// learning rate or the order of the rows.
///
/// | task | regressions | prediction |
/// |---|---|---|
/// | binary | one | class 1 where the log-odds are above 0 |
/// | multiclass | one for each class, one-vs-rest | the class with the highest log-odds |
/// | multi-label (targets wider than 1) | one for each label | all labels with log-odds above 0 |
///
/// Every id is a feature, including padding, start and out-of-vocabulary ids. An id that every row contains
/// has a ratio near 0, so it has almost no effect. A feature is stored as a 32-bit hash; features with equal
/// hashes count as one feature.
///
/// ```
/// use gatewise::linear::{LinearModel, LinearOptions};
/// use gatewise::rows::{Dataset, Sequences};
/// // Word 7 is positive, word 8 is negative, word 3 is neutral.
/// let rows = Sequences::from_iter([vec![3, 7], vec![7, 3, 3], vec![3, 8], vec![8]]);
/// let data = Dataset::new(rows, vec![1.0, 1.0, 0.0, 0.0])?;
/// let model = LinearModel::fit(&data, &LinearOptions::default())?;
/// assert_eq!(model.accuracy(&data), 1.0);
/// assert_eq!(model.name(), "bag of words (NB-SVM, unigrams)");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    ngrams: Arc<Ngrams>,
    /// Binary: one, for class 1. Multiclass and multi-label: one for each class or label.
    regressions: Vec<Regression>,
}

#[derive(Debug, Clone, PartialEq)]
struct Regression {
    /// r ∘ w. Features are 0 or 1, so the log-odds of a row are a sum of these weights.
    weights: Vec<f32>,
    bias: f32,
}

impl LinearModel {
    /// Fits a model to `data`.
    ///
    /// # Errors
    /// - [`ErrorKind::Data`](crate::ErrorKind::Data): there are no rows, the rows are not of ids, or a target
    ///   is not a class number (0, 1, 2, …).
    /// - [`ErrorKind::Config`](crate::ErrorKind::Config): `alpha`, `l2` or `tolerance` is not positive, or
    ///   `ngram` is not from 1 to [`MAX_NGRAM`].
    pub fn fit(data: &Dataset, options: &LinearOptions) -> Result<Self> {
        let highest = data.targets().values().iter().fold(0, |highest, &y| highest.max(y as usize));
        let mut models = Self::fit_path(data, options, &[options.l2], highest + 1)?;
        Ok(models.pop().expect("one for each penalty"))
    }

    /// Returns the accuracy on `data`: the fraction of rows whose class is predicted correctly.
    ///
    /// Multi-label: the fraction of rows whose labels are all predicted correctly. Returns NaN if there are
    /// no rows, or if the rows are not of ids.
    pub fn accuracy(&self, data: &Dataset) -> f64 {
        let Some(sequences) = data.sequences() else { return f64::NAN };
        let odds = self.log_odds(sequences);
        let width = data.targets().width();
        if width > 1 {
            let rows = odds.chunks_exact(self.width()).zip(data.targets().values().chunks_exact(width));
            let correct = |odds: &[f64], row: &[f32]| {
                odds.iter().zip(row).all(|(odds, y)| (*odds > 0.0) == (*y == 1.0))
            };
            return rows.filter(|(odds, row)| correct(odds, row)).count() as f64 / data.len() as f64;
        }
        let predicted = odds.chunks_exact(self.width()).map(|odds| match odds {
            [one] => usize::from(*one > 0.0),
            all => (1..all.len()).fold(0, |best, class| if all[class] > all[best] { class } else { best }),
        });
        let correct =
            predicted.zip(data.targets().values()).filter(|(class, y)| *class as f32 == **y).count();
        correct as f64 / data.len() as f64
    }

    /// Computes the log-odds of each row of `rows`, [`width`](Self::width) numbers a row.
    ///
    /// Binary: log-odds of class 1. Multiclass and multi-label: log-odds of each class or label.
    pub fn log_odds(&self, rows: &Sequences) -> Vec<f64> {
        let rows = self.ngrams.apply(rows);
        let of = |row| self.regressions.iter().map(move |regression| regression.log_odds(row));
        rows.rows().flat_map(of).collect()
    }

    /// Returns the number of log-odds of a row. Binary: 1. Multiclass and multi-label: one for each class or
    /// label.
    pub fn width(&self) -> usize {
        self.regressions.len()
    }

    /// Returns the number of features.
    pub fn features(&self) -> usize {
        self.ngrams.len()
    }

    /// Returns the name to print beside the accuracy.
    pub fn name(&self) -> &'static str {
        match self.ngrams.longest() {
            1 => "bag of words (NB-SVM, unigrams)",
            2 => "bag of word pairs (NB-SVM, unigrams + bigrams)",
            _ => "bag of word runs (NB-SVM, unigrams to longer n-grams)",
        }
    }

    /// Returns the parts to store in a file: the longest n-gram, the hashes of the features in ascending
    /// order, and the weights and the bias of each regression.
    pub(crate) fn parts(&self) -> (usize, &[u32], impl ExactSizeIterator<Item = (&[f32], f32)>) {
        let regressions = self.regressions.iter().map(|it| (&*it.weights, it.bias));
        (self.ngrams.longest(), self.ngrams.hashes(), regressions)
    }

    /// Creates a model from [`parts`](Self::parts), or returns a description of the fault.
    pub(crate) fn from_parts(
        longest: usize,
        hashes: Vec<u32>,
        regressions: Vec<(Vec<f32>, f32)>,
    ) -> std::result::Result<Self, String> {
        let ngrams = Ngrams::from_hashes(longest, hashes)?;
        let sound = |(weights, bias): &(Vec<f32>, f32)| {
            weights.len() == ngrams.len() && bias.is_finite() && weights.iter().all(|it| it.is_finite())
        };
        match !regressions.is_empty() && regressions.iter().all(sound) {
            false => Err("the weights of its linear part are not one finite number a feature".into()),
            true => {
                let regressions = regressions.into_iter().map(|(weights, bias)| Regression { weights, bias });
                Ok(Self { ngrams: Arc::new(ngrams), regressions: regressions.collect() })
            }
        }
    }
}

impl Regression {
    fn log_odds(&self, features: &[u32]) -> f64 {
        let sum: f64 = features.iter().map(|&feature| f64::from(self.weights[feature as usize])).sum();
        f64::from(self.bias) + sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::datasets::reviews;
    use crate::rng::{Purpose, Random};
    use crate::rows::Targets;
    use proptest::prelude::*;

    fn dataset(rows: Vec<Vec<u32>>, targets: Vec<f32>) -> Dataset {
        Dataset::new(rows.into_iter().collect::<Sequences>(), targets).unwrap()
    }

    fn fit(data: &Dataset, ngram: usize) -> LinearModel {
        LinearModel::fit(data, &LinearOptions::default().ngram(ngram)).unwrap()
    }

    /// Expected values are scikit-learn 1.x's: `LogisticRegression(C=2, solver="liblinear", tol=1e-12)`
    /// on the same 0/1 matrix times the same ratios, `decision_function` of the seven rows.
    #[test]
    fn the_optimum_is_that_of_scikit_learn() {
        let rows = vec![
            vec![3, 7, 5],
            vec![7, 3, 3],
            vec![4, 7],
            vec![3, 8],
            vec![8, 5, 4],
            vec![8, 7],
            vec![3, 4, 5],
        ];
        let data = dataset(rows, vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        let options = LinearOptions::default().l2(0.5).tolerance(1e-9);
        let odds = LinearModel::fit(&data, &options).unwrap().log_odds(data.sequences().unwrap());
        let expected = [1.310297, 1.289796, 1.091976, -1.543587, -1.720906, -1.542108, 1.110998];
        for (odds, expected) in odds.iter().zip(expected) {
            assert!((odds - expected).abs() < 1e-5, "{odds} against {expected}");
        }
    }

    /// The corpus is built so that counting words is not enough.
    #[test]
    fn a_bag_of_words_cannot_read_the_embedded_reviews() {
        for seed in [1, 2] {
            let corpus = reviews::corpus(seed, &crate::text::Tokenizer::default());
            let train = Dataset::new(corpus.train.words.clone(), corpus.train.targets.clone()).unwrap();
            let test = Dataset::new(corpus.test.words.clone(), corpus.test.targets.clone()).unwrap();
            let words = fit(&train, 1).accuracy(&test);
            assert!((0.5..0.72).contains(&words), "seed {seed}, unigrams: {words}");
            let pairs = fit(&train, 2).accuracy(&test);
            assert!((0.6..0.85).contains(&pairs), "seed {seed}, bigrams: {pairs}");
        }
    }

    /// Two words and noise; the class is whether the first comes before the second.
    fn order_only(seed: u64, rows: usize) -> Dataset {
        let mut random = Random::new(seed, Purpose::Data, 0);
        let mut row = |class: usize| {
            let mut row: Vec<u32> = (0..8).map(|_| 10 + random.below(20) as u32).collect();
            (row[1], row[6]) = if class == 1 { (1, 2) } else { (2, 1) };
            row
        };
        let texts = (0..rows).map(|i| row(i % 2)).collect();
        dataset(texts, (0..rows).map(|i| (i % 2) as f32).collect())
    }

    #[test]
    fn order_at_a_distance_is_beyond_it() {
        let (train, test) = (order_only(1, 2_000), order_only(2, 2_000));
        for ngrams in [1, 2] {
            let accuracy = fit(&train, ngrams).accuracy(&test);
            assert!((0.45..0.55).contains(&accuracy), "{ngrams:?}: {accuracy}");
        }
    }

    /// Each of three classes against the others: as three models of two classes.
    #[test]
    fn more_classes_are_each_against_the_others() {
        let mut random = Random::new(3, Purpose::Data, 0);
        let classes: Vec<usize> = (0..90).map(|_| random.below(3)).collect();
        let mut row = |class: usize| (0..6).map(|_| (random.below(9) + 3 * class) as u32).collect::<Vec<_>>();
        let rows: Vec<Vec<u32>> = classes.iter().map(|&class| row(class)).collect();
        let of = |f: &dyn Fn(usize) -> usize| {
            fit(&dataset(rows.clone(), classes.iter().map(|&c| f(c) as f32).collect()), 2)
        };
        let sequences = rows.iter().cloned().collect::<Sequences>();
        let all = of(&|class| class);
        let odds = all.log_odds(&sequences);
        for class in 0..3 {
            let alone = of(&|c| usize::from(c == class)).log_odds(&sequences);
            assert!(odds.iter().skip(class).step_by(3).eq(&alone), "class {class}");
        }
        let data = dataset(rows, classes.iter().map(|&c| c as f32).collect());
        let best = |odds: &[f64]| (0..3).max_by(|&a, &b| odds[a].total_cmp(&odds[b])).unwrap();
        let right = odds.chunks(3).zip(&classes).filter(|(odds, class)| best(odds) == **class).count();
        assert_eq!(all.accuracy(&data), right as f64 / 90.0);
        assert!(right > 45, "{right} of 90");
    }

    /// A baseline of labels is one of yes and no for each.
    #[test]
    fn labels_are_told_each_on_its_own() {
        let rows =
            vec![vec![7, 9], vec![7, 8], vec![8, 9], vec![9], vec![9, 7], vec![9, 8], vec![7, 8], vec![9, 9]];
        let has =
            |word: u32| rows.iter().map(|row| f32::from(u8::from(row.contains(&word)))).collect::<Vec<_>>();
        let both: Vec<f32> = has(7).into_iter().zip(has(8)).flat_map(|(a, b)| [a, b]).collect();
        let sequences: Sequences = rows.iter().cloned().collect();
        let data = Dataset::new(sequences.clone(), Targets::rows(2, both).unwrap()).unwrap();
        let options = LinearOptions::default().l2(0.1).tolerance(1e-6);
        let labels = LinearModel::fit(&data, &options).unwrap();
        for (at, word) in [7, 8].into_iter().enumerate() {
            let alone = LinearModel::fit(&dataset(rows.clone(), has(word)), &options).unwrap();
            let odds = labels.log_odds(&sequences);
            assert!(odds.iter().skip(at).step_by(2).eq(&alone.log_odds(&sequences)), "label {at}");
        }
        assert_eq!(labels.accuracy(&data), 1.0);
        let bad = Dataset::new(sequences, Targets::rows(2, vec![2.0; 16]).unwrap()).unwrap();
        assert!(LinearModel::fit(&bad, &options).unwrap_err().to_string().contains("but there is a 2"));
    }

    #[test]
    fn bigrams_see_the_order_of_neighbours_and_unigrams_do_not() {
        let rows = (0..100).map(|i| if i % 2 == 0 { vec![5, 6] } else { vec![6, 5] }).collect();
        let data = dataset(rows, (0..100).map(|i| (i % 2) as f32).collect());
        assert_eq!(fit(&data, 1).accuracy(&data), 0.5);
        assert_eq!(fit(&data, 2).accuracy(&data), 1.0);
    }

    proptest! {
        #[test]
        fn separable_rows_are_separated_whatever_their_order(
            noise in prop::collection::vec(prop::collection::vec(10u32..40, 0..12), 20..80),
            bigrams in any::<bool>(),
        ) {
            // Word 1 marks class 1, word 2 class 0. A light penalty, as some sets are very small.
            let ngram = if bigrams { 2 } else { 1 };
            let options = LinearOptions::default().ngram(ngram).l2(1e-3).tolerance(1e-6);
            let targets: Vec<f32> = (0..noise.len()).map(|i| (i % 2) as f32).collect();
            let rows = noise.iter().enumerate().map(|(i, noise)| {
                let mut row = noise.clone();
                row.insert(i % (noise.len() + 1), 2 - (i % 2) as u32);
                row
            });
            let data = dataset(rows.collect(), targets);
            let model = LinearModel::fit(&data, &options).unwrap();
            prop_assert_eq!(model.accuracy(&data), 1.0);

            let reversed: Vec<usize> = (0..data.len()).rev().collect();
            let again = LinearModel::fit(&data.select(&reversed), &options).unwrap();
            let (odds, other) = (model.log_odds(data.sequences().unwrap()), again.log_odds(data.sequences().unwrap()));
            for (odds, other) in odds.iter().zip(other) {
                prop_assert!((odds - other).abs() < 1e-2 * (1.0 + odds.abs()), "{} {}", odds, other);
            }
        }
    }

    #[test]
    fn one_class_and_empty_rows_are_no_trouble() {
        let data = dataset(vec![vec![], vec![4], vec![]], vec![1.0; 3]);
        let model = fit(&data, 2);
        assert_eq!(model.accuracy(&data), 1.0);
        assert!(model.log_odds(data.sequences().unwrap()).iter().all(|z| z.is_finite()));
        assert!(model.accuracy(&Dataset::new(Sequences::new(), Vec::new()).unwrap()).is_nan());
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let kind = |data: &Dataset, options| LinearModel::fit(data, &options).unwrap_err().kind();
        let good = dataset(vec![vec![1]], vec![1.0]);
        assert_eq!(
            kind(&Dataset::new(Sequences::new(), Vec::new()).unwrap(), LinearOptions::default()),
            ErrorKind::Data
        );
        for target in [0.5, -1.0, 1e9, f32::NAN] {
            assert_eq!(
                kind(&dataset(vec![vec![1]], vec![target]), LinearOptions::default()),
                ErrorKind::Data
            );
        }
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(kind(&good, LinearOptions::default().l2(bad)), ErrorKind::Config);
            assert_eq!(kind(&good, LinearOptions::default().alpha(bad)), ErrorKind::Config);
        }
    }
}
