//! Training an ensemble: every member without a fold of its own.

use super::weights::Evidence;
use super::{Accuracies, Ensemble, add_evidence};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::linear::{LinearModel, LinearOptions};
use crate::model::{Model, Sequential};
use crate::rng::{Purpose, Random};

/// How an ensemble is made.
#[derive(Debug, Clone, PartialEq)]
pub struct EnsembleOptions {
    /// How many recurrent members, which is how many folds the rows are dealt into; at least 2. Default 4.
    pub members: usize,
    /// How the linear model is fitted. Default: runs of up to three words that are in at least two rows.
    pub linear: LinearOptions,
    /// Decides the folds, and with the member's number its weights.
    pub seed: u64,
    /// For what the members say of their folds, and for linear models beside one another.
    pub threads: usize,
    /// For what the members say of their folds.
    pub isa: Isa,
}

impl Default for EnsembleOptions {
    fn default() -> Self {
        Self {
            members: 4,
            linear: LinearOptions { ngram: 3, min_count: 2, ..LinearOptions::default() },
            seed: 1,
            threads: crate::model::default_threads(),
            isa: Isa::detect(),
        }
    }
}

/// A member to be trained.
#[derive(Debug)]
pub struct Fold<'a> {
    /// Which member, from 0.
    pub member: usize,
    /// To be trained.
    pub model: &'a mut Model,
    /// The rows of the other folds.
    pub training: &'a Dataset,
    /// The rows of its own fold, which it must not learn from. What it says of them decides how much the members
    /// count: stopping or choosing by them makes that a little too much.
    pub validation: &'a Dataset,
}

/// Whether another member is to be trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Yes, if there is one.
    Member,
    /// No: those so far are the ensemble, with the last as it is.
    Stop,
}

/// An ensemble: its first member, and what answers beside it.
#[derive(Debug)]
pub struct Fitted {
    /// The first member.
    pub model: Model,
    /// The rest.
    pub ensemble: Ensemble,
}

impl Ensemble {
    /// Deals the rows of `data` into as many folds as there are members, class by class; has each member trained by
    /// `train` without its fold; fits the linear model without each fold in turn, and at last to all rows; and weighs
    /// both kinds by what they said of the folds that they had not seen.
    ///
    /// ```
    /// use gatewise::data::{Dataset, Padding, Sequences};
    /// use gatewise::ensemble::{Ensemble, EnsembleOptions, Next};
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::{Fit, Sequential};
    /// let rows: Sequences = (0..80).map(|i| [4 + i % 2, 3, 6 + i % 5]).collect();
    /// let data = Dataset::new(rows, (0..80).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
    /// let layers = Sequential::new()
    ///     .with(Embedding::new(12, 4))
    ///     .with(Lstm::new(4))
    ///     .with(Dense::new(1).activation(Activation::Sigmoid));
    /// let options = EnsembleOptions { members: 2, ..Default::default() };
    /// let fitted = Ensemble::fit(&layers, &data, &options, |fold| {
    ///     Fit::new().epochs(5).learning_rate(0.05).run(fold.model, fold.training)?;
    ///     Ok(Next::Member)
    /// })?;
    /// assert_eq!(fitted.ensemble.others.len(), 1);
    /// assert_eq!(fitted.ensemble.accuracy.joined, 1.0);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for fewer than two members;
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there are fewer rows than members or targets are no classes
    /// that `layers` answer in; what `train` gives.
    pub fn fit(
        layers: &Sequential,
        data: &Dataset,
        options: &EnsembleOptions,
        mut train: impl FnMut(Fold<'_>) -> Result<Next>,
    ) -> Result<Fitted> {
        let members = options.members;
        if members < 2 {
            return Err(Error::config(format!(
                "an ensemble needs at least 2 members, but {members} were asked for"
            )));
        }
        if data.len() < members {
            return Err(Error::data(format!(
                "an ensemble of {members} members needs at least as many rows, but there are {}",
                data.len()
            )));
        }
        let width = layers.compile(options.seed)?.output_width();
        let classes = if width == 1 { 2 } else { width };
        let folds = deal(data, members, options.seed);
        let part = |fold: usize| {
            let [others, own] = [false, true].map(|own| {
                let rows: Vec<usize> = (0..data.len()).filter(|&row| (folds[row] == fold) == own).collect();
                (data.select(&rows), rows)
            });
            (others.0, own.0, own.1)
        };
        // Of each row, what models say that have not seen it.
        let mut evidence = [vec![0.0; data.len() * width], vec![0.0; data.len() * width]];
        let mut models = Vec::new();
        for member in 0..members {
            let (training, validation, rows) = part(member);
            let mut model = layers.compile(options.seed.wrapping_add(member as u64))?;
            let fold = Fold { member, model: &mut model, training: &training, validation: &validation };
            let next = train(fold)?;
            let outputs =
                model.predict_on(validation.inputs(), validation.padding(), options.threads, options.isa)?;
            for (&row, outputs) in rows.iter().zip(outputs.chunks_exact(width)) {
                add_evidence(outputs, &mut evidence[0][row * width..][..width]);
            }
            models.push(model);
            if next == Next::Stop {
                break;
            }
        }
        let seen = models.len();
        let linear = fit_linear(options.threads, seen + 1, |at| match at == seen {
            true => LinearModel::fit_classes(data, &options.linear, classes),
            false => LinearModel::fit_classes(&part(at).0, &options.linear, classes),
        })?;
        for (fold, linear) in linear.iter().take(seen).enumerate() {
            let (_, validation, rows) = part(fold);
            let odds = linear.log_odds(validation.sequences().expect("rows of ids, or the fit fails"));
            for (&row, odds) in rows.iter().zip(odds.chunks_exact(width)) {
                evidence[1][row * width..][..width].copy_from_slice(odds);
            }
        }
        // Where it was stopped, of some rows nothing was said.
        let answered: Vec<usize> = (0..data.len()).filter(|&row| folds[row] < seen).collect();
        let of_answered = |evidence: &[f64]| -> Vec<f64> {
            answered.iter().flat_map(|&row| &evidence[row * width..][..width]).copied().collect()
        };
        let [members, linear_odds] = [of_answered(&evidence[0]), of_answered(&evidence[1])];
        let right: Vec<usize> = answered.iter().map(|&row| data.targets().values()[row] as usize).collect();
        let evidence = Evidence { width, sources: [&members, &linear_odds], classes: &right };
        let weights = evidence.weights();
        let [member, linear_alone, joined] =
            [[1.0, 0.0], [0.0, 1.0], weights].map(|weights| evidence.accuracy(weights));
        let accuracy = Accuracies { member, linear: linear_alone, joined };
        let linear = linear.into_iter().next_back().expect("one more than there are members");
        let mut models = models.into_iter();
        let model = models.next().expect("at least one member was trained");
        Ok(Fitted { model, ensemble: Self { others: models.collect(), linear, weights, accuracy } })
    }
}

/// The fold of each row: the rows of each class, in an order drawn from `seed`, are dealt out in turn.
fn deal(data: &Dataset, folds: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..data.len()).collect();
    Random::new(seed, Purpose::Data, 1).shuffle(&mut order);
    let targets = data.targets();
    let class = |row: usize| targets.values()[row * targets.width()];
    order.sort_by(|&a, &b| class(a).total_cmp(&class(b)));
    let mut fold_of = vec![0; data.len()];
    order.iter().enumerate().for_each(|(at, &row)| fold_of[row] = at % folds);
    fold_of
}

/// `fit(0)` to `fit(count - 1)`, on this many threads.
fn fit_linear<T: Send>(
    threads: usize,
    count: usize,
    fit: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if at >= count {
                return done;
            }
            done.push((at, fit(at)));
        }
    };
    let mut done: Vec<(usize, Result<T>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(count)).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        others.into_iter().for_each(|other| done.extend(other.join().expect("a fit does not panic")));
        done
    });
    done.sort_by_key(|&(at, _)| at);
    done.into_iter().map(|(_, fitted)| fitted).collect()
}
