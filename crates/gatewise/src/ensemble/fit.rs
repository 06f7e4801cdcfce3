//! Training an ensemble: every member without a fold of its own.

use super::weights::Evidence;
use super::{Accuracies, Ensemble, add_evidence};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::kernels::{Isa, Pool};
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
        let own = |fold: usize| data.select(&folds[fold]);
        let others = |fold: usize| {
            let mut rows = [&folds[..fold], &folds[fold + 1..]].concat().concat();
            rows.sort_unstable();
            data.select(&rows)
        };
        // Of each row, fold by fold, what members say that have not seen it.
        let (mut models, mut said) = (Vec::new(), Vec::new());
        for member in 0..members {
            let (training, validation) = (others(member), own(member));
            let mut model = layers.compile(options.seed.wrapping_add(member as u64))?;
            let fold = Fold { member, model: &mut model, training: &training, validation: &validation };
            let next = train(fold)?;
            let outputs =
                model.predict_on(validation.inputs(), validation.padding(), options.threads, options.isa)?;
            let before = said.len();
            said.resize(before + outputs.len(), 0.0);
            let rows = outputs.chunks_exact(width).zip(said[before..].chunks_exact_mut(width));
            rows.for_each(|(outputs, said)| add_evidence(outputs, said));
            models.push(model);
            if next == Next::Stop {
                break;
            }
        }
        // The same of linear models, and behind them the one that sees all rows.
        let seen = models.len();
        let fit = |rows: &Dataset| LinearModel::fit_classes(rows, &options.linear, classes);
        let fit_and_ask = |fold: usize| -> Result<(LinearModel, Vec<f64>)> {
            if fold == seen {
                return Ok((fit(data)?, Vec::new()));
            }
            let linear = fit(&others(fold))?;
            let odds = own(fold).sequences().map(|rows| linear.log_odds(rows));
            Ok((linear, odds.unwrap_or_default()))
        };
        let mut fits: Vec<_> = (0..=seen).map(|_| None).collect();
        let mut pool = Pool::new(options.threads);
        pool.for_each(&mut vec![(); pool.threads()], &mut fits, |(), fold, it| *it = Some(fit_and_ask(fold)));
        let fits: Vec<_> = fits.into_iter().flatten().collect::<Result<_>>()?;
        let (mut linear, odds): (Vec<_>, Vec<_>) = fits.into_iter().unzip();
        let odds = odds.concat();
        let class = |&row: &usize| data.targets().values()[row] as usize;
        let right: Vec<usize> = folds[..seen].iter().flatten().map(class).collect();
        let evidence = Evidence { width, sources: [&said, &odds], classes: &right };
        let weights = evidence.weights();
        let [member, linear_alone, joined] =
            [[1.0, 0.0], [0.0, 1.0], weights].map(|weights| evidence.accuracy(weights));
        let accuracy = Accuracies { member, linear: linear_alone, joined };
        let linear = linear.pop().expect("one more than there are members");
        let model = models.remove(0);
        Ok(Fitted { model, ensemble: Self { others: models, linear, weights, accuracy } })
    }
}

/// The rows of each fold, in order: those of each class, in an order drawn from `seed`, are dealt out in turn.
fn deal(data: &Dataset, folds: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..data.len()).collect();
    Random::new(seed, Purpose::Data, 1).shuffle(&mut order);
    let targets = data.targets();
    let class = |row: usize| targets.values()[row * targets.width()];
    order.sort_by(|&a, &b| class(a).total_cmp(&class(b)));
    let fold = |fold: usize| {
        let mut rows: Vec<usize> = order.iter().skip(fold).step_by(folds).copied().collect();
        rows.sort_unstable();
        rows
    };
    (0..folds).map(fold).collect()
}
