//! Training an ensemble by k-fold cross-validation: every member is trained without one fold.

use super::folds::Folds;
use super::members::Members;
use super::weights::Evidence;
use super::{Accuracies, Ensemble, add_evidence};
use crate::error::{Error, Result};
use crate::linear::{LinearModel, LinearOptions};
use crate::model::{Machine, Model, Sequential};
use crate::rows::Dataset;

/// Hyperparameters of an [`Ensemble`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EnsembleOptions {
    /// Number of folds, at least 2. Default: 4.
    pub folds: usize,
    /// Number of recurrent members, at least one per fold. Member k is trained without fold k modulo the number of
    /// folds. Default: 4.
    pub members: usize,
    /// Settings of the linear model; its penalty is one of `penalties`. Default: n-grams of up to three words that
    /// occur in at least two rows.
    pub linear: LinearOptions,
    /// Candidates for the penalty λ of the linear model, at least one. The candidate with the lowest out-of-fold loss
    /// of the whole ensemble is used. Default: 10, 3, 1, 0.3 and 0.1.
    pub penalties: Vec<f64>,
    /// Seed of the folds and, with the member's index added, of the members' weights. Default: 1.
    pub seed: u64,
    /// The machine that predicts the folds and fits the linear models. The result does not depend on it.
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

/// One fold of the cross-validation: a member to train, with its training and validation rows.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fold<'a> {
    /// Index of the member, from 0.
    pub member: usize,
    /// The model to train.
    pub model: &'a mut Model,
    /// Training rows: the rows of the other folds.
    pub training: &'a Dataset,
    /// Validation rows: the rows of the held-out fold. The out-of-fold predictions for them decide the weight of the
    /// members; early stopping on them makes that weight slightly too large.
    pub validation: &'a Dataset,
}

/// Whether [`Ensemble::fit`] trains the next member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldControl {
    /// Trains the next member, if there is one.
    Continue,
    /// Stops training: the members so far form the ensemble, the last member as it is.
    Stop,
}

/// The result of [`Ensemble::fit`].
#[derive(Debug)]
#[non_exhaustive]
pub struct FittedEnsemble {
    /// The first member.
    pub model: Model,
    /// The other members and the linear model.
    pub ensemble: Ensemble,
}

impl Ensemble {
    /// Trains an ensemble by k-fold cross-validation.
    ///
    /// 1. Splits the rows of `data` into folds, stratified by class.
    /// 2. Calls `train` for each member, with the rows of all folds but one.
    /// 3. Fits the linear model without each fold in turn, and finally on all rows.
    /// 4. Fits the weights of members and linear model to their out-of-fold predictions.
    ///
    /// ```
    /// use gatewise::rows::{Dataset, Padding, Sequences};
    /// use gatewise::ensemble::{Ensemble, EnsembleOptions, FoldControl};
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::{Fit, Sequential};
    /// let rows: Sequences = (0..80).map(|i| [4 + i % 2, 3, 6 + i % 5]).collect();
    /// let data = Dataset::new(rows, (0..80).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
    /// let layers = Sequential::new()
    ///     .with(Embedding::new(12, 4))
    ///     .with(Lstm::new(4))
    ///     .with(Dense::new(1).activation(Activation::Sigmoid));
    /// let options = EnsembleOptions::default().folds(2).members(2);
    /// let fitted = Ensemble::fit(&layers, &data, &options, |fold| {
    ///     Fit::new().epochs(5).learning_rate(0.05).run(fold.model, fold.training)?;
    ///     Ok(FoldControl::Continue)
    /// })?;
    /// assert_eq!(fitted.ensemble.members(), 2);
    /// assert_eq!(fitted.ensemble.accuracy().joined, 1.0);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for fewer than two folds, fewer members than folds, no
    /// penalty, or two outputs (two classes need one);
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there are fewer rows than folds, or the targets are not classes
    /// that fit the output of `layers`; any error of `train`.
    pub fn fit(
        layers: &Sequential,
        data: &Dataset,
        options: &EnsembleOptions,
        mut train: impl FnMut(Fold<'_>) -> Result<FoldControl>,
    ) -> Result<FittedEnsemble> {
        options.check(data.len())?;
        let width = layers.compile(options.seed)?.output_width();
        if width == 2 {
            return Err(Error::config(
                "an ensemble of two classes has one output, but its layers end in two; end in Dense(1) with a sigmoid",
            ));
        }
        let folds = Folds::deal(data, options.folds, options.seed);
        let (mut models, mut out_of_fold) = (Vec::new(), Vec::new());
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
            out_of_fold.push(evidence);
            models.push(model);
            if next == FoldControl::Stop {
                break;
            }
        }
        let (linear, weights, accuracy) = join(&folds, width, &out_of_fold, options)?;
        let model = models.remove(0);
        Ok(FittedEnsemble { model, ensemble: Self { others: models, linear, weights, accuracy } })
    }
}

impl EnsembleOptions {
    /// Sets the number of folds.
    pub fn folds(self, folds: usize) -> Self {
        Self { folds, ..self }
    }

    /// Sets the number of recurrent members.
    pub fn members(self, members: usize) -> Self {
        Self { members, ..self }
    }

    /// Sets the settings of the linear model.
    pub fn linear(self, linear: LinearOptions) -> Self {
        Self { linear, ..self }
    }

    /// Sets the candidates for the penalty λ of the linear model.
    pub fn penalties(self, penalties: Vec<f64>) -> Self {
        Self { penalties, ..self }
    }

    /// Sets the seed of the folds and of the weights.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the machine to run on.
    pub fn machine(self, machine: &Machine) -> Self {
        Self { machine: machine.clone(), ..self }
    }

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

/// Returns the linear model, the weights of members and linear model, and their accuracies, from the members'
/// out-of-fold evidence (`width` numbers a row).
fn join(
    folds: &Folds<'_>,
    width: usize,
    member_evidence: &[Vec<f64>],
    options: &EnsembleOptions,
) -> Result<(LinearModel, [f64; 2], Accuracies)> {
    let trained = member_evidence.len().min(options.folds);
    let classes = if width == 1 { 2 } else { width };
    let fit = |rows: &Dataset, penalties| LinearModel::fit_path(rows, &options.linear, penalties, classes);
    // Out-of-fold log-odds of the linear models, one a penalty.
    let out_of_fold = |fold: usize| -> Result<Vec<Vec<f64>>> {
        let (own, models) = (folds.own(fold), fit(&folds.others(fold), &options.penalties)?);
        let odds = |rows| models.iter().map(|linear| linear.log_odds(rows)).collect();
        Ok(own.sequences().map(odds).unwrap_or_default())
    };
    let mut odds: Vec<_> = (0..trained).map(|_| None).collect();
    let pool = options.machine.pool();
    pool.for_each(&mut vec![(); pool.threads()], &mut odds, |(), fold, it| *it = Some(out_of_fold(fold)));
    let odds: Vec<Vec<Vec<f64>>> = odds.into_iter().flatten().collect::<Result<_>>()?;
    let of_penalty = |penalty: usize| odds.iter().flat_map(|fold| &fold[penalty]).copied().collect();
    let odds: Vec<Vec<f64>> = (0..options.penalties.len()).map(of_penalty).collect();

    let members = Members::new(width, options.folds, member_evidence);
    let right = folds.classes(0..trained);
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
