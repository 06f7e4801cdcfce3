//! The explanation of rows: all methods, put together.

use super::counterfactual::Search;
use super::gradients::{GradientAttribution, TOLERANCE, integrated_gradients_on, one_row, relative_error};
use super::joined::Joined;
use super::{
    Attribution, Counterfactuals, ExplainOptions, ExplainedOutput, Explanation, Method, Part, Token,
    occlusion, phrases, states,
};
use crate::artifact::Artifact;
use crate::error::{Error, Result};
use crate::linear::LinearModel;
use crate::metrics::argmax;
use crate::predict::Predictor;
use crate::rows::{Inputs, Problem};
use crate::text::Sequences;
use std::ops::Range;

/// Rows with more steps are explained without what takes a row for each of their steps.
const MANY_STEPS: usize = 2_000;

/// A row to explain.
pub(super) struct Row {
    pub text: Option<String>,
    pub tokens: Vec<Token>,
    /// One row.
    pub inputs: Inputs,
}

/// What explains: a predictor, and a linear model beside it.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub predictor: &'a Predictor,
    pub linear: Option<&'a LinearModel>,
}

/// Returns the explanations of rows.
pub(super) fn explain(of: Sources<'_>, rows: Vec<Row>, options: &ExplainOptions) -> Result<Vec<Explanation>> {
    let artifact = of.predictor.artifact();
    check(artifact, options)?;
    let Some(inputs) = together(&rows) else { return Ok(Vec::new()) };
    let scores = of.predictor.scores_of_rows(&inputs)?;
    let scores: Vec<&[f32]> = scores.chunks_exact(artifact.model().output_width()).collect();
    let outputs: Vec<usize> = scores.iter().map(|scores| explained(artifact, scores, options)).collect();
    // The gradients of the rows with one explained output are computed together.
    let mut gradients: Vec<Vec<GradientAttribution>> = vec![Vec::new(); rows.len()];
    let mut distinct = outputs.clone();
    distinct.sort_unstable();
    distinct.dedup();
    for output in distinct {
        let own: Vec<usize> = (0..rows.len()).filter(|&row| outputs[row] == output).collect();
        let joined = Joined::new(artifact, output, of.predictor.machine());
        for member in joined.gradients(&inputs.select(&own), options.steps)? {
            own.iter().zip(member).for_each(|(&row, found)| gradients[row].push(found));
        }
    }
    let rows = rows.into_iter().zip(scores).zip(outputs).zip(gradients);
    rows.map(|(((row, scores), output), gradients)| one(of, row, scores, output, gradients, options))
        .collect()
}

fn check(artifact: &Artifact, options: &ExplainOptions) -> Result<()> {
    let outputs = artifact.model().output_width();
    match options.output {
        Some(output) if output >= outputs => Err(Error::config(format!(
            "there is no output {output} to explain; the model has {outputs} outputs, counted from 0"
        ))),
        _ => Ok(()),
    }
}

/// Returns the rows as one.
fn together(rows: &[Row]) -> Option<Inputs> {
    match &rows.first()?.inputs {
        Inputs::Ids(_) => {
            let ids = rows.iter().filter_map(|row| ids(&row.inputs));
            Some(ids.map(|ids| ids.iter().copied()).collect::<Sequences>().into())
        }
        Inputs::Features(first) => {
            let mut all = crate::rows::Features::new(first.width());
            for row in rows {
                if let Inputs::Features(row) = &row.inputs {
                    all.push(row.row(0)).ok()?;
                }
            }
            Some(all.into())
        }
    }
}

fn ids(inputs: &Inputs) -> Option<&[u32]> {
    match inputs {
        Inputs::Ids(rows) => Some(rows.row(0)),
        Inputs::Features(_) => None,
    }
}

/// Returns the index of the output to explain.
fn explained(artifact: &Artifact, scores: &[f32], options: &ExplainOptions) -> usize {
    match artifact.problem() {
        Problem::Regression { .. } => options.output.unwrap_or(0),
        _ => options.output.unwrap_or_else(|| if scores.len() == 1 { 0 } else { argmax(scores) }),
    }
}

/// Returns the explanation of one row.
fn one(
    of: Sources<'_>,
    row: Row,
    scores: &[f32],
    output: usize,
    gradients: Vec<GradientAttribution>,
    options: &ExplainOptions,
) -> Result<Explanation> {
    let artifact = of.predictor.artifact();
    let joined = Joined::new(artifact, output, of.predictor.machine());
    let Row { text, mut tokens, inputs } = row;
    let steps = inputs.steps(0);
    let seen = artifact.padding().seen(steps, artifact.padding().maxlen.unwrap_or(steps));
    tokens.iter_mut().enumerate().for_each(|(at, token)| token.read = seen.contains(&at));
    let mut answer = artifact.decode(scores);
    if let Some(vocabulary) = artifact.vocabulary() {
        let start = vocabulary.policy().start;
        answer.words = tokens.iter().filter(|token| token.id != start || start.is_none()).count();
        answer.oov = tokens.iter().filter(|token| !token.known).count();
    }
    let mut notes = Vec::new();
    let truncated = steps - seen.len();
    if truncated > 0 {
        notes.push(format!(
            "the model reads {} of {steps} tokens (maxlen); {truncated} are left out",
            seen.len()
        ));
    }
    let parts = Parts::new(&joined, &inputs, &gradients, &seen);
    let output_of = ExplainedOutput {
        index: output,
        label: label(artifact, output),
        other: artifact.positive().and_then(|_| artifact.labels().first().cloned()),
        value: value(artifact, scores, output),
        logit: parts.logit,
        baseline: parts.baseline,
        threshold: threshold(artifact),
    };
    let few = steps <= MANY_STEPS;
    if !few {
        notes.push(format!(
            "the row has {steps} steps: occlusion, decomposition, the answers to its beginnings and changes that turn \
             the answer are computed for up to {MANY_STEPS}"
        ));
    }
    let words = match options.methods.contains(&Method::ContextualDecomposition) && few {
        true => phrases::decompose(&joined, &inputs, &tokens, &seen, options)
            .map_err(|error| (error.kind(), error))
            .or_else(|(kind, error)| match kind {
                crate::ErrorKind::Config => {
                    notes.push(format!("contextual decomposition is left out: {error}"));
                    Ok(phrases::Decomposed::default())
                }
                _ => Err(error),
            })?,
        false => phrases::Decomposed::default(),
    };
    let mut attributions = Vec::new();
    for &method in &options.methods {
        let found = match method {
            Method::IntegratedGradients => {
                let found = parts.integrated(&gradients);
                if let (Some(error), Some(points)) =
                    (found.error.filter(|&error| error > TOLERANCE), found.steps)
                {
                    notes.push(format!(
                        "integrated gradients with {points} points add up to the difference within {:.1} %, not 1 %",
                        100.0 * error
                    ));
                }
                Some(found)
            }
            Method::GradientTimesInput => Some(parts.gradient_times_input()),
            Method::Occlusion if few => Some(plain(method, occlusion::of_artifact(&joined, &inputs)?)),
            Method::ContextualDecomposition if !words.words.is_empty() => {
                Some(plain(method, words.words.clone()))
            }
            Method::LinearModel => {
                let linear = joined.linear().map(|(linear, _)| linear).or(of.linear);
                linear.zip(ids(&inputs)).map(|(linear, ids)| plain(method, linear.contributions(ids, output)))
            }
            _ => None,
        };
        attributions.extend(found);
    }
    let beginnings = options.beginnings && few;
    let counterfactuals = match ids(&inputs) {
        Some(ids) if options.counterfactuals && few && answer.value.is_none() => {
            let search = Search::new(of.predictor, ids, output, scores);
            search.run(|ids| {
                let padding = artifact.padding();
                let inputs = one_row(ids);
                let found = integrated_gradients_on(
                    artifact.model(),
                    &inputs,
                    padding,
                    output,
                    Some(1),
                    of.predictor.machine(),
                )?;
                let seen = padding.seen(ids.len(), padding.maxlen.unwrap_or(ids.len()));
                Ok((found[0].gradient.clone(), seen))
            })?
        }
        _ => Counterfactuals::default(),
    };
    let layers = match options.states {
        true => states::of_row(artifact.model(), &inputs, artifact.padding(), of.predictor.machine())?,
        false => Vec::new(),
    };
    if artifact.ensemble().is_some() && options.states {
        notes.push("gates and states are those of the ensemble's first member".into());
    }
    let backwards = states::reads_backwards(artifact.model());
    let values = |rows: Inputs| -> Result<Vec<f32>> {
        let scores = of.predictor.scores_of_rows(&rows)?;
        Ok(scores
            .chunks_exact(artifact.model().output_width())
            .map(|it| value(artifact, it, output))
            .collect())
    };
    Ok(Explanation {
        beginnings: if beginnings { values(cut(&inputs, |end| 0..end + 1))? } else { Vec::new() },
        endings: match beginnings && backwards {
            true => values(with_start(artifact, cut(&inputs, |start| start..steps), &inputs))?,
            false => Vec::new(),
        },
        text,
        tokens,
        answer,
        output: output_of,
        attributions,
        phrases: words.phrases,
        layers,
        counterfactuals,
        parts: parts.parts,
        notes,
    })
}

/// Returns ends of a row with the start id before each, as a text that begins there would have it.
fn with_start(artifact: &Artifact, ends: Inputs, whole: &Inputs) -> Inputs {
    let start = artifact.vocabulary().and_then(|vocabulary| vocabulary.policy().start);
    let starts = |ids: &[u32]| start.is_some() && ids.first().copied() == start;
    match (&ends, ids(whole)) {
        (Inputs::Ids(ends), Some(whole)) if starts(whole) => {
            let row = |(at, end): (usize, &[u32])| {
                start.filter(|_| at > 0).into_iter().chain(end.iter().copied()).collect::<Vec<u32>>()
            };
            ends.rows().enumerate().map(row).collect::<Sequences>().into()
        }
        _ => ends,
    }
}

/// Returns a row for each step: the steps that `of` gives for it.
fn cut(inputs: &Inputs, of: impl Fn(usize) -> Range<usize>) -> Inputs {
    let steps = inputs.steps(0);
    match inputs {
        Inputs::Ids(rows) => {
            let ids = rows.row(0);
            (0..steps).map(|at| ids[of(at)].iter().copied()).collect::<Sequences>().into()
        }
        Inputs::Features(rows) => {
            let (row, width) = (rows.row(0), rows.width());
            let mut out = crate::rows::Features::new(width);
            for at in 0..steps {
                let steps = of(at);
                let pushed = out.push(&row[steps.start * width..steps.end * width]);
                debug_assert!(pushed.is_ok(), "a part of a finite row is finite");
            }
            out.into()
        }
    }
}

/// Returns the threshold that decides the answer, where one does.
fn threshold(artifact: &Artifact) -> Option<f32> {
    let decides = artifact.positive().is_some() || matches!(artifact.problem(), Problem::MultiLabel { .. });
    decides.then(|| artifact.threshold())
}

fn label(artifact: &Artifact, output: usize) -> Option<String> {
    match artifact.positive() {
        Some(positive) => Some(positive.to_owned()),
        None => artifact.labels().get(output).cloned(),
    }
}

/// Returns the explained output: a probability, or the number of a regression.
fn value(artifact: &Artifact, scores: &[f32], output: usize) -> f32 {
    match artifact.problem() {
        Problem::Regression { scale } => scale.restore(scores[output]),
        _ => scores[output],
    }
}

fn plain(method: Method, values: Vec<f64>) -> Attribution {
    Attribution { method, sum: values.iter().sum(), values, error: None, steps: None, columns: None }
}

/// The contributions by gradients of the parts of an artifact, for all tokens of a row.
struct Parts {
    logit: f64,
    baseline: f64,
    integrated: Vec<f64>,
    gradient_times_input: Vec<f64>,
    /// Of a series: integrated gradients by column.
    columns: Option<Vec<f64>>,
    parts: Vec<Part>,
}

impl Parts {
    fn new(
        joined: &Joined<'_>,
        inputs: &Inputs,
        gradients: &[GradientAttribution],
        seen: &Range<usize>,
    ) -> Self {
        let steps = inputs.steps(0);
        let weight = joined.weight();
        let mut all = Self {
            logit: joined.shift(),
            baseline: joined.shift(),
            integrated: vec![0.0; steps],
            gradient_times_input: vec![0.0; steps],
            columns: None,
            parts: Vec::new(),
        };
        for (member, found) in gradients.iter().enumerate() {
            all.logit += weight * found.logit;
            all.baseline += weight * found.baseline;
            let mut own = vec![0.0; steps];
            let width = found.integrated.len().checked_div(seen.len()).unwrap_or(0).max(1);
            for (at, (integrated, times_input)) in seen
                .clone()
                .zip(found.integrated.chunks_exact(width).zip(found.gradient_times_input.chunks_exact(width)))
            {
                own[at] = weight * integrated.iter().sum::<f64>();
                all.gradient_times_input[at] += weight * times_input.iter().sum::<f64>();
            }
            all.add(&own);
            if let Inputs::Features(_) = inputs {
                let columns = all.columns.get_or_insert_with(|| vec![0.0; width]);
                for step in found.integrated.chunks_exact(width) {
                    columns.iter_mut().zip(step).for_each(|(sum, value)| *sum += weight * value);
                }
            }
            let name = format!("member_{}", member + 1);
            all.parts.push(Part { name, weight, logit: found.logit, values: own });
        }
        match joined.linear().zip(ids(inputs)) {
            Some(((linear, weight), ids)) => {
                let own: Vec<f64> =
                    linear.contributions(ids, joined.output).iter().map(|value| weight * value).collect();
                let bias = linear.bias(joined.output);
                let logit = bias + linear.contributions(ids, joined.output).iter().sum::<f64>();
                all.logit += weight * logit;
                all.baseline += weight * bias;
                all.add(&own);
                all.gradient_times_input.iter_mut().zip(&own).for_each(|(all, own)| *all += own);
                all.parts.push(Part { name: "linear_model".into(), weight, logit, values: own });
            }
            None => all.parts.clear(),
        }
        all
    }

    fn add(&mut self, own: &[f64]) {
        self.integrated.iter_mut().zip(own).for_each(|(all, own)| *all += own);
    }

    fn integrated(&self, gradients: &[GradientAttribution]) -> Attribution {
        let sum = self.integrated.iter().sum();
        Attribution {
            error: Some(relative_error(sum, self.logit - self.baseline)),
            steps: gradients.iter().map(|found| found.points).max(),
            columns: self.columns.clone(),
            ..plain(Method::IntegratedGradients, self.integrated.clone())
        }
    }

    fn gradient_times_input(&self) -> Attribution {
        plain(Method::GradientTimesInput, self.gradient_times_input.clone())
    }
}
