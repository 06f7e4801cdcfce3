//! Training an ensemble: every member without a fold of its own.

use super::folds::Folds;
use super::members::Members;
use super::weights::Evidence;
use super::{Accuracies, Ensemble, add_evidence};
use crate::error::{Error, Result};
use crate::linear::{LinearModel, LinearOptions};
use crate::model::{Machine, Model, Sequential};
use crate::rows::Dataset;

/// How an ensemble is made.
#[derive(Debug, Clone, PartialEq)]
pub struct EnsembleOptions {
    /// How many folds the rows are dealt into, at least 2. Default 4.
    pub folds: usize,
    /// How many recurrent members, at least one a fold. Member k is trained without fold k, counted round. Default 4.
    pub members: usize,
    /// How the linear model is fitted; its penalty is one of `penalties`. Default: runs of up to three words that are
    /// in at least two rows.
    pub linear: LinearOptions,
    /// What λ of the linear model may be, at least one number: it is the one with which members and linear model
    /// together are likeliest to be right about rows they have not seen. Default: 10, 3, 1, 0.3
    /// and 0.1.
    pub penalties: Vec<f64>,
    /// Decides the folds, and with the member's number its weights.
    pub seed: u64,
    /// Predicts the members' folds, and fits linear models beside one another. It does not change the result.
    pub machine: Machine,
}

impl Default for EnsembleOptions {
    fn default() -> Self {
        Self {
            folds: 4,
            members: 4,
            linear: LinearOptions::default().ngram(3).min_count(2),
            penalties: vec![10.0, 3.0, 1.0, 0.3, 0.1],
            seed: 1,
            machine: Machine::new(),
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
    /// Deals the rows of `data` into folds, class by class; has each member trained by `train` without one of them; fits
    /// the linear model without each fold in turn, and at last to all rows; and weighs both kinds by what they said of
    /// the folds that they had not seen.
    ///
    /// ```
    /// use gatewise::rows::{Dataset, Padding, Sequences};
    /// use gatewise::ensemble::{Ensemble, EnsembleOptions, Next};
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::{Fit, Sequential};
    /// let rows: Sequences = (0..80).map(|i| [4 + i % 2, 3, 6 + i % 5]).collect();
    /// let data = Dataset::new(rows, (0..80).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
    /// let layers = Sequential::new()
    ///     .with(Embedding::new(12, 4))
    ///     .with(Lstm::new(4))
    ///     .with(Dense::new(1).activation(Activation::Sigmoid));
    /// let options = EnsembleOptions { folds: 2, members: 2, ..Default::default() };
    /// let fitted = Ensemble::fit(&layers, &data, &options, |fold| {
    ///     Fit::new().epochs(5).learning_rate(0.05).run(fold.model, fold.training)?;
    ///     Ok(Next::Member)
    /// })?;
    /// assert_eq!(fitted.ensemble.members(), 2);
    /// assert_eq!(fitted.ensemble.accuracy().joined, 1.0);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for fewer than two folds, fewer members than folds, no
    /// penalty, or two outputs (two classes need one);
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there are fewer rows than folds or targets are no classes
    /// that `layers` answer in; what `train` gives.
    pub fn fit(
        layers: &Sequential,
        data: &Dataset,
        options: &EnsembleOptions,
        mut train: impl FnMut(Fold<'_>) -> Result<Next>,
    ) -> Result<Fitted> {
        options.check(data.len())?;
        let width = layers.compile(options.seed)?.output_width();
        if width == 2 {
            return Err(Error::config(
                "an ensemble tells two classes apart by one output, but its layers end in two; end in Dense(1) with a \
                 sigmoid",
            ));
        }
        let folds = Folds::deal(data, options.folds, options.seed);
        let (mut models, mut said) = (Vec::new(), Vec::new());
        for member in 0..options.members {
            let fold = member % options.folds;
            let (training, validation) = (folds.others(fold), folds.own(fold));
            let mut model = layers.compile(options.seed.wrapping_add(member as u64))?;
            let next =
                train(Fold { member, model: &mut model, training: &training, validation: &validation })?;
            let outputs = model.predict_on(validation.inputs(), validation.padding(), &options.machine)?;
            let mut evidence = vec![0.0; outputs.len()];
            let rows = outputs.chunks_exact(width).zip(evidence.chunks_exact_mut(width));
            rows.for_each(|(outputs, evidence)| add_evidence(outputs, evidence));
            said.push(evidence);
            models.push(model);
            if next == Next::Stop {
                break;
            }
        }
        let (linear, weights, accuracy) = join(&folds, width, &said, options)?;
        let model = models.remove(0);
        Ok(Fitted { model, ensemble: Self { others: models, linear, weights, accuracy } })
    }
}

impl EnsembleOptions {
    fn check(&self, rows: usize) -> Result<()> {
        let &Self { folds, members, .. } = self;
        if folds < 2 || members < folds {
            return Err(Error::config(format!(
                "an ensemble needs at least 2 folds and a member for each, but {folds} folds and {members} members were \
                 asked for"
            )));
        }
        if self.penalties.is_empty() {
            return Err(Error::config(
                "an ensemble needs at least one penalty of its linear model to choose from",
            ));
        }
        match rows < folds {
            true => Err(Error::data(format!(
                "an ensemble of {folds} folds needs at least as many rows, but there are {rows}"
            ))),
            false => Ok(()),
        }
    }
}

/// The linear model beside members who have `said` something of their folds, `width` numbers a row; how much either
/// kind counts; and what they did.
fn join(
    folds: &Folds<'_>,
    width: usize,
    said: &[Vec<f64>],
    options: &EnsembleOptions,
) -> Result<(LinearModel, [f64; 2], Accuracies)> {
    let asked = said.len().min(options.folds);
    let classes = if width == 1 { 2 } else { width };
    let fit = |rows: &Dataset, penalties| LinearModel::fit_path(rows, &options.linear, penalties, classes);
    // Of each fold what linear models say, one a penalty, that have not seen it.
    let ask = |fold: usize| -> Result<Vec<Vec<f64>>> {
        let (own, models) = (folds.own(fold), fit(&folds.others(fold), &options.penalties)?);
        let odds = |rows| models.iter().map(|linear| linear.log_odds(rows)).collect();
        Ok(own.sequences().map(odds).unwrap_or_default())
    };
    let mut odds: Vec<_> = (0..asked).map(|_| None).collect();
    let pool = options.machine.pool();
    pool.for_each(&mut vec![(); pool.threads()], &mut odds, |(), fold, it| *it = Some(ask(fold)));
    let odds: Vec<Vec<Vec<f64>>> = odds.into_iter().flatten().collect::<Result<_>>()?;
    let of_penalty = |penalty: usize| odds.iter().flat_map(|fold| &fold[penalty]).copied().collect();
    let odds: Vec<Vec<f64>> = (0..options.penalties.len()).map(of_penalty).collect();

    let members = Members::new(width, options.folds, said);
    let right = folds.classes(0..asked);
    let evidence =
        |penalty: usize| Evidence { width, sources: [&members.mean, &odds[penalty]], classes: &right };
    let weighed = (0..odds.len()).map(|penalty| {
        let weights = evidence(penalty).weights();
        (penalty, weights, evidence(penalty).loss(weights))
    });
    let best = weighed.min_by(|a, b| a.2.total_cmp(&b.2));
    let (penalty, weights, _) = best.expect("there is at least one penalty");
    let evidence = evidence(penalty);
    let accuracy = Accuracies {
        member: members.accuracy(|fold| folds.classes(fold..fold + 1)),
        linear: evidence.accuracy([0.0, 1.0]),
        joined: evidence.accuracy(weights),
    };
    let linear = fit(folds.data(), &options.penalties[..=penalty])?.swap_remove(penalty);
    Ok((linear, weights, accuracy))
}
