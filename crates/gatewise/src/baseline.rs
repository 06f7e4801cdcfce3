//! The honest linear baseline: what counting words alone achieves on the same rows.
//!
//! Enters: a [`Dataset`] whose targets are classes. Leaves: a fitted [`LinearBaseline`] and its accuracy, to
//! be printed beside every result. A recurrent model earns its keep only by what it adds to this.

mod logistic;

use hashbrown::HashMap;

use crate::data::{Dataset, Sequences};
use crate::error::{Error, Result};

/// What counts as a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ngrams {
    /// Each id: a bag of words. Fast enough to run beside every training.
    #[default]
    Unigrams,
    /// Each id and each pair of neighbours: slower, stronger, and aware of order at a distance of one.
    Bigrams,
}

/// How a [`LinearBaseline`] is fitted.
///
/// The defaults are fixed once for all data sets; a baseline tuned on the rows it is scored on would
/// not be honest. See [`LinearBaseline`] for what the symbols mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BaselineOptions {
    /// Which features are counted.
    pub ngrams: Ngrams,
    /// α, added to each count before the ratio is taken. Default 1, as in the paper.
    pub alpha: f64,
    /// λ, the strength of the L2 penalty: scikit-learn's `1 / C`. Default 10.
    pub l2: f64,
    /// The fit ends when the gradient is this much smaller than at the start. Default 0.01, as in
    /// LIBLINEAR.
    pub tolerance: f64,
    /// The fit ends after this many steps in any case. Default 100; about 10 are usual.
    pub max_steps: usize,
}

impl Default for BaselineOptions {
    fn default() -> Self {
        Self { ngrams: Ngrams::Unigrams, alpha: 1.0, l2: 10.0, tolerance: 0.01, max_steps: 100 }
    }
}

/// Logistic regression on the presence of words, each scaled by its naive-Bayes log-count ratio.
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
/// Classification", ACL 2012 (<https://aclanthology.org/P12-2018>), with the logistic loss in place of
/// the squared hinge, and without their interpolation of w with its mean. As in LIBLINEAR, the bias is
/// a weight like the others. The problem is strictly convex, so there is one answer, and it does not
/// depend on a seed, a learning rate or the order of the rows.
///
/// With more than two classes there is such a regression for each, of it against all others, and the class with
/// the highest log-odds is the answer. Where targets are several wide, a row may have any number of labels: there is
/// a regression for each, and the answer is all those whose log-odds are above 0.
///
/// Every id is a feature, those for padding, start and unknown words too: what every row holds has a
/// ratio near 0 and so no say.
///
/// ```
/// use gatewise::baseline::{BaselineOptions, LinearBaseline};
/// use gatewise::data::{Dataset, Sequences};
/// // 7 is praise, 8 is blame, 3 is neither.
/// let rows = Sequences::from_iter([vec![3, 7], vec![7, 3, 3], vec![3, 8], vec![8]]);
/// let data = Dataset::new(rows, vec![1.0, 1.0, 0.0, 0.0])?;
/// let baseline = LinearBaseline::fit(&data, &BaselineOptions::default())?;
/// assert_eq!(baseline.accuracy(&data), 1.0);
/// assert_eq!(baseline.name(), "bag of words (NB-SVM, unigrams)");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LinearBaseline {
    features: Features,
    /// One for class 1, or, with more than two classes, one for each.
    regressions: Vec<Regression>,
    ngrams: Ngrams,
}

#[derive(Debug, Clone)]
struct Regression {
    /// r ∘ w: since features are 0 or 1, the log-odds of a row are a sum of these.
    weights: Vec<f64>,
    bias: f64,
}

/// Classes at most.
const CLASSES: f32 = 1_000.0;

impl LinearBaseline {
    /// Fits the baseline to `data`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there is no row or a target is no class (0, 1, 2, …);
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `alpha`, `l2` or `tolerance` is not a
    /// positive number.
    pub fn fit(data: &Dataset, options: &BaselineOptions) -> Result<Self> {
        for (name, value) in [("alpha", options.alpha), ("l2", options.l2), ("tolerance", options.tolerance)]
        {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::config(format!(
                    "the baseline's {name} is {value}, but it must be positive and finite"
                )));
            }
        }
        if data.is_empty() {
            return Err(Error::data("the baseline has no row to learn from; give it at least one"));
        }
        let Some(sequences) = data.sequences().filter(|_| !data.targets().per_step()) else {
            return Err(Error::data(
                "the baseline counts words of labelled rows, but rows are vectors or have a target a step",
            ));
        };
        let targets = data.targets().values();
        let is_class = |y: f32| y.fract() == 0.0 && (0.0..CLASSES).contains(&y);
        if let Some(at) = targets.iter().position(|&y| !is_class(y)) {
            return Err(Error::data(format!(
                "the baseline tells classes apart, so targets must be 0, 1, 2 and so on, below {CLASSES}, but row {} \
                 has {}",
                at / data.targets().width(),
                targets[at]
            )));
        }
        let mut features = Features::new(options.ngrams);
        let rows = features.learn(sequences);
        let highest = targets.iter().fold(0, |highest, &y| highest.max(y as usize));
        let width = data.targets().width();
        if width > 1 && highest > 1 {
            return Err(Error::data(format!(
                "a row has a label (1) or has it not (0), but there is a {highest}"
            )));
        }
        let classes = match (width, highest) {
            (1, ..2) => 1..=1,
            (1, _) => 0..=highest,
            _ => 0..=width - 1,
        };
        let regressions = classes.map(|class| {
            let of_row = |row: &[f32]| match row {
                [y] => *y as usize == class,
                labels => labels[class] == 1.0,
            };
            let targets: Vec<f32> =
                targets.chunks_exact(width).map(|row| f32::from(u8::from(of_row(row)))).collect();
            let ratios = log_count_ratios(&rows, &targets, features.count, options.alpha);
            let problem =
                logistic::Problem { rows: &rows, targets: &targets, scale: &ratios, l2: options.l2 };
            let (weights, bias) = problem.solve(options.tolerance, options.max_steps);
            Regression { weights, bias }
        });
        Ok(Self { regressions: regressions.collect(), features, ngrams: options.ngrams })
    }

    /// The share of rows of `data` whose class is found, or all of whose labels are and no other. With two classes that
    /// is class 1 where its log-odds are above 0. NaN when there is no row, or rows are not of ids.
    pub fn accuracy(&self, data: &Dataset) -> f64 {
        let Some(sequences) = data.sequences() else { return f64::NAN };
        let odds = self.log_odds(sequences);
        let width = data.targets().width();
        if width > 1 {
            let rows =
                odds.chunks_exact(self.regressions.len()).zip(data.targets().values().chunks_exact(width));
            let right = |odds: &[f64], row: &[f32]| {
                odds.iter().zip(row).all(|(odds, y)| (*odds > 0.0) == (*y == 1.0))
            };
            return rows.filter(|(odds, row)| right(odds, row)).count() as f64 / data.len() as f64;
        }
        let answers = odds.chunks_exact(self.regressions.len()).map(|odds| match odds {
            [one] => usize::from(*one > 0.0),
            all => (1..all.len()).fold(0, |best, class| if all[class] > all[best] { class } else { best }),
        });
        let right = answers.zip(data.targets().values()).filter(|(answer, y)| *answer as f32 == **y).count();
        right as f64 / data.len() as f64
    }

    /// The log-odds of class 1 for each of `rows`; with more than two classes or with labels, those of each, row by row.
    pub fn log_odds(&self, rows: &Sequences) -> Vec<f64> {
        let rows = self.features.apply(rows);
        let of = |row| self.regressions.iter().map(move |regression| regression.log_odds(row));
        rows.rows().flat_map(of).collect()
    }

    /// Number of features seen in the rows it was fitted to.
    pub fn features(&self) -> usize {
        self.features.count
    }

    /// What to print beside its accuracy.
    pub fn name(&self) -> &'static str {
        match self.ngrams {
            Ngrams::Unigrams => "bag of words (NB-SVM, unigrams)",
            Ngrams::Bigrams => "bag of word pairs (NB-SVM, unigrams + bigrams)",
        }
    }
}

impl Regression {
    fn log_odds(&self, features: &[u32]) -> f64 {
        self.bias + logistic::gathered_sum(&self.weights, features)
    }
}

/// The numbering of features: in order of first appearance, so that common ones lie close together.
#[derive(Debug, Clone)]
struct Features {
    /// Feature of each id; [`UNSEEN`] for none.
    unigrams: Vec<u32>,
    /// Feature of each pair of neighbours, when pairs count.
    bigrams: Option<HashMap<(u32, u32), u32>>,
    count: usize,
}

const UNSEEN: u32 = u32::MAX;

impl Features {
    fn new(ngrams: Ngrams) -> Self {
        let bigrams = (ngrams == Ngrams::Bigrams).then(HashMap::new);
        Self { unigrams: Vec::new(), bigrams, count: 0 }
    }

    /// Numbers the features of `rows`; returns those present in each row, each once.
    fn learn(&mut self, rows: &Sequences) -> Sequences {
        let size = rows.ids().iter().max().map_or(0, |&id| id as usize + 1);
        self.unigrams = vec![UNSEEN; size];
        let mut count = 0;
        let mut next = || {
            count += 1;
            count - 1
        };
        for &id in rows.ids() {
            let feature = &mut self.unigrams[id as usize];
            if *feature == UNSEEN {
                *feature = next();
            }
        }
        if let Some(bigrams) = &mut self.bigrams {
            for pair in rows.rows().flat_map(|row| row.windows(2)) {
                bigrams.entry((pair[0], pair[1])).or_insert_with(&mut next);
            }
        }
        self.count = count as usize;
        self.apply(rows)
    }

    /// The known features present in each row, each once.
    fn apply(&self, rows: &Sequences) -> Sequences {
        let mut out = Sequences::with_capacity(rows.len(), rows.ids().len());
        let mut last_row = vec![usize::MAX; self.count];
        for (i, row) in rows.rows().enumerate() {
            let mut is_new = |feature: &u32| {
                *feature != UNSEEN && std::mem::replace(&mut last_row[*feature as usize], i) != i
            };
            let unigrams = row.iter().filter_map(|&id| self.unigrams.get(id as usize).copied());
            match &self.bigrams {
                None => out.push(unigrams.filter(&mut is_new)),
                Some(known) => {
                    let pairs = row.windows(2).filter_map(|pair| known.get(&(pair[0], pair[1])).copied());
                    out.push(unigrams.chain(pairs).filter(&mut is_new));
                }
            }
        }
        out
    }
}

/// r of [`LinearBaseline`], one a feature.
fn log_count_ratios(rows: &Sequences, targets: &[f32], features: usize, alpha: f64) -> Vec<f64> {
    let (mut p, mut q) = (vec![alpha; features], vec![alpha; features]);
    for (row, &y) in rows.rows().zip(targets) {
        let counts = if y > 0.5 { &mut p } else { &mut q };
        row.iter().for_each(|&f| counts[f as usize] += 1.0);
    }
    let prior = q.iter().sum::<f64>() / p.iter().sum::<f64>();
    p.iter().zip(&q).map(|(p, q)| (p / q * prior).ln()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::data::{Targets, reviews};
    use crate::rng::{Purpose, Random};
    use proptest::prelude::*;

    fn dataset(rows: Vec<Vec<u32>>, targets: Vec<f32>) -> Dataset {
        Dataset::new(rows.into_iter().collect::<Sequences>(), targets).unwrap()
    }

    fn fit(data: &Dataset, ngrams: Ngrams) -> LinearBaseline {
        LinearBaseline::fit(data, &BaselineOptions { ngrams, ..Default::default() }).unwrap()
    }

    #[test]
    fn ratios_are_those_worked_out_by_hand() {
        let rows: Sequences = [vec![3, 7], vec![7, 3, 3], vec![3, 8], vec![8]].into_iter().collect();
        let mut features = Features::new(Ngrams::Unigrams);
        let present = features.learn(&rows);
        // Numbered as they appear: 3, 7, 8. A word that comes twice counts once.
        assert_eq!(present.rows().collect::<Vec<_>>(), [&[0, 1][..], &[1, 0], &[0, 2], &[2]]);
        // p = 1 + (2, 2, 0), which sums to 7; q = 1 + (1, 0, 2), which sums to 6.
        let ratios = log_count_ratios(&present, &[1.0, 1.0, 0.0, 0.0], 3, 1.0);
        let by_hand: [f64; 3] =
            [(3.0 / 7.0) / (2.0 / 6.0), (3.0 / 7.0) / (1.0 / 6.0), (1.0 / 7.0) / (3.0 / 6.0)];
        for (ratio, by_hand) in ratios.iter().zip(by_hand) {
            assert!((ratio - by_hand.ln()).abs() < 1e-15, "{ratio} against {}", by_hand.ln());
        }
    }

    #[test]
    fn bigrams_add_each_pair_of_neighbours_once() {
        let rows: Sequences = [vec![1, 2, 1, 2], vec![2, 1], vec![9], vec![]].into_iter().collect();
        let mut features = Features::new(Ngrams::Bigrams);
        let present = features.learn(&rows);
        // 1, 2 and 9 are features 0, 1 and 2; (1, 2) and (2, 1) are 3 and 4.
        assert_eq!(present.rows().collect::<Vec<_>>(), [&[0, 1, 3, 4][..], &[1, 0, 4], &[2], &[]]);
        // Unknown words and unknown pairs are passed over.
        let other: Sequences = [vec![9, 1, 77]].into_iter().collect();
        assert_eq!(features.apply(&other).row(0), [2, 0]);
    }

    /// The numbers are scikit-learn 1.x's: `LogisticRegression(C=2, solver="liblinear", tol=1e-12)`
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
        let options = BaselineOptions { l2: 0.5, tolerance: 1e-9, ..Default::default() };
        let odds = LinearBaseline::fit(&data, &options).unwrap().log_odds(data.sequences().unwrap());
        let expected = [1.310297, 1.289796, 1.091976, -1.543587, -1.720906, -1.542108, 1.110998];
        for (odds, expected) in odds.iter().zip(expected) {
            assert!((odds - expected).abs() < 1e-5, "{odds} against {expected}");
        }
    }

    /// What the corpus is for: whoever counts words must not be able to read it.
    #[test]
    fn a_bag_of_words_cannot_read_the_embedded_reviews() {
        for seed in [1, 2] {
            let corpus = reviews::corpus(seed, &crate::text::Tokenizer::default());
            let train = Dataset::new(corpus.train.words.clone(), corpus.train.targets.clone()).unwrap();
            let test = Dataset::new(corpus.test.words.clone(), corpus.test.targets.clone()).unwrap();
            let words = fit(&train, Ngrams::Unigrams).accuracy(&test);
            assert!((0.5..0.72).contains(&words), "seed {seed}, unigrams: {words}");
            let pairs = fit(&train, Ngrams::Bigrams).accuracy(&test);
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
        for ngrams in [Ngrams::Unigrams, Ngrams::Bigrams] {
            let accuracy = fit(&train, ngrams).accuracy(&test);
            assert!((0.45..0.55).contains(&accuracy), "{ngrams:?}: {accuracy}");
        }
    }

    /// Each of three classes against the others: as three baselines of two classes.
    #[test]
    fn more_classes_are_each_against_the_others() {
        let mut random = Random::new(3, Purpose::Data, 0);
        let classes: Vec<usize> = (0..90).map(|_| random.below(3)).collect();
        let mut row = |class: usize| (0..6).map(|_| (random.below(9) + 3 * class) as u32).collect::<Vec<_>>();
        let rows: Vec<Vec<u32>> = classes.iter().map(|&class| row(class)).collect();
        let of = |f: &dyn Fn(usize) -> usize| {
            fit(&dataset(rows.clone(), classes.iter().map(|&c| f(c) as f32).collect()), Ngrams::Bigrams)
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
        let options = BaselineOptions { l2: 0.1, tolerance: 1e-6, ..Default::default() };
        let labels = LinearBaseline::fit(&data, &options).unwrap();
        for (at, word) in [7, 8].into_iter().enumerate() {
            let alone = LinearBaseline::fit(&dataset(rows.clone(), has(word)), &options).unwrap();
            let odds = labels.log_odds(&sequences);
            assert!(odds.iter().skip(at).step_by(2).eq(&alone.log_odds(&sequences)), "label {at}");
        }
        assert_eq!(labels.accuracy(&data), 1.0);
        let bad = Dataset::new(sequences, Targets::rows(2, vec![2.0; 16]).unwrap()).unwrap();
        assert!(LinearBaseline::fit(&bad, &options).unwrap_err().to_string().contains("but there is a 2"));
    }

    #[test]
    fn bigrams_see_the_order_of_neighbours_and_unigrams_do_not() {
        let rows = (0..100).map(|i| if i % 2 == 0 { vec![5, 6] } else { vec![6, 5] }).collect();
        let data = dataset(rows, (0..100).map(|i| (i % 2) as f32).collect());
        assert_eq!(fit(&data, Ngrams::Unigrams).accuracy(&data), 0.5);
        assert_eq!(fit(&data, Ngrams::Bigrams).accuracy(&data), 1.0);
    }

    proptest! {
        #[test]
        fn separable_rows_are_separated_whatever_their_order(
            noise in prop::collection::vec(prop::collection::vec(10u32..40, 0..12), 20..80),
            bigrams in any::<bool>(),
        ) {
            // Word 1 marks class 1, word 2 class 0. A light penalty, as some sets are very small.
            let ngrams = if bigrams { Ngrams::Bigrams } else { Ngrams::Unigrams };
            let options = BaselineOptions { ngrams, l2: 1e-3, tolerance: 1e-6, ..Default::default() };
            let targets: Vec<f32> = (0..noise.len()).map(|i| (i % 2) as f32).collect();
            let rows = noise.iter().enumerate().map(|(i, noise)| {
                let mut row = noise.clone();
                row.insert(i % (noise.len() + 1), 2 - (i % 2) as u32);
                row
            });
            let data = dataset(rows.collect(), targets);
            let baseline = LinearBaseline::fit(&data, &options).unwrap();
            prop_assert_eq!(baseline.accuracy(&data), 1.0);

            let reversed: Vec<usize> = (0..data.len()).rev().collect();
            let again = LinearBaseline::fit(&data.select(&reversed), &options).unwrap();
            let (odds, other) = (baseline.log_odds(data.sequences().unwrap()), again.log_odds(data.sequences().unwrap()));
            for (odds, other) in odds.iter().zip(other) {
                prop_assert!((odds - other).abs() < 1e-2 * (1.0 + odds.abs()), "{} {}", odds, other);
            }
        }
    }

    #[test]
    fn one_class_and_empty_rows_are_no_trouble() {
        let data = dataset(vec![vec![], vec![4], vec![]], vec![1.0; 3]);
        let baseline = fit(&data, Ngrams::Bigrams);
        assert_eq!(baseline.accuracy(&data), 1.0);
        assert!(baseline.log_odds(data.sequences().unwrap()).iter().all(|z| z.is_finite()));
        assert!(baseline.accuracy(&Dataset::new(Sequences::new(), Vec::new()).unwrap()).is_nan());
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let kind = |data: &Dataset, options| LinearBaseline::fit(data, &options).unwrap_err().kind();
        let good = dataset(vec![vec![1]], vec![1.0]);
        assert_eq!(
            kind(&Dataset::new(Sequences::new(), Vec::new()).unwrap(), BaselineOptions::default()),
            ErrorKind::Data
        );
        for target in [0.5, -1.0, 1e9, f32::NAN] {
            assert_eq!(
                kind(&dataset(vec![vec![1]], vec![target]), BaselineOptions::default()),
                ErrorKind::Data
            );
        }
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(kind(&good, BaselineOptions { l2: bad, ..Default::default() }), ErrorKind::Config);
            assert_eq!(kind(&good, BaselineOptions { alpha: bad, ..Default::default() }), ErrorKind::Config);
        }
    }
}
