//! How far back the gradients of recurrent layers reach, before and after training.
//!
//! Input: layers, data, seeds. Output: for each layer the norm of ∂h_T/∂h_{T−k} by the lag k, as a curve.

use crate::sentiment::{Amount, Reviews, Sentiment};
use crate::tasks::{Adding, Task};
use crate::watch::each;
use crate::{Setting, Watch, all, trial::begin};
use gatewise::explain::{GradientByLag, LagNorm, gradient_by_lag, recurrent_layers};
use gatewise::layers::{Input, RecurrentCell, SimpleRnn};
use gatewise::optimizer::Clip;
use gatewise::rows::{Dataset, Inputs, Padding};
use gatewise::{Error, Fit, Machine, Model, Result, Sequential};
use serde_json::{Value, json};

/// What is measured.
#[derive(Debug, Clone)]
pub struct GradientFlow<'a> {
    /// The layers.
    pub cells: Vec<RecurrentCell>,
    /// Which reviews.
    pub reviews: Reviews<'a>,
    /// The bound of each tensor's gradient in the trainings with clipping.
    pub clipnorm: f64,
    /// Sequences of the adding problem to train on at most.
    pub sequences: usize,
    /// Rows of the reviews to train on.
    pub rows: usize,
    /// Decides weights and sequences.
    pub seed: u64,
}

/// When a curve was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stage {
    /// Before training.
    Initial,
    /// After training.
    Trained,
    /// After training with clipped gradients.
    Clipped,
    /// Before training, with a recurrent kernel times this.
    Scaled(f64),
}

impl Stage {
    /// The name in tables.
    pub fn name(self) -> String {
        match self {
            Self::Initial => "initial".into(),
            Self::Trained => "trained".into(),
            Self::Clipped => "clipped".into(),
            Self::Scaled(gain) => format!("kernel x{gain}"),
        }
    }
}

/// One curve.
#[derive(Debug, Clone)]
pub struct FlowCurve {
    /// `adding-100`, `imdb` or `reviews`.
    pub data: &'static str,
    /// The layer.
    pub cell: RecurrentCell,
    /// When.
    pub stage: Stage,
    /// The norms.
    pub norms: GradientByLag,
    /// After training, the fraction of unseen rows with the right answer.
    pub correct: Option<f64>,
}

impl FlowCurve {
    /// The part of the state that carries the memory: c where there is one, else h.
    pub fn memory(&self) -> &[LagNorm] {
        self.norms.c.as_deref().unwrap_or(&self.norms.h)
    }

    /// The median norm of [`memory`](Self::memory) at a lag, `None` where no row is that long.
    pub fn at(&self, lag: usize) -> Option<f64> {
        self.memory().get(lag).map(|norm| norm.median)
    }

    /// The factor a step between lag 1 and the last lag up to [`LAGS`]' last.
    pub fn factor(&self) -> Option<f64> {
        let norms = self.memory();
        norms.get(1)?.factor_to(norms.get((norms.len() - 1).min(LAST))?)
    }

    fn to_json(&self) -> Value {
        json!({
            "data": self.data, "layer": self.cell.class_name(), "stage": self.stage.name(), "correct": self.correct,
            "factor_per_step": self.factor(), "norms": self.norms,
        })
    }
}

/// The lags of tables.
pub const LAGS: [usize; 4] = [1, 10, 50, LAST];
/// The longest lag.
const LAST: usize = 100;
/// Rows that the norms are measured on.
const MEASURED: usize = 24;
/// Factors on the recurrent kernel of SimpleRNN.
const GAINS: [f64; 4] = [0.5, 1.0, 2.0, 4.0];
/// Parts of a seed's sequences that no training draws.
const MEASURING: u64 = 1 << 33;
/// Of unseen sequences of the adding problem, how many are judged.
const JUDGED: usize = 500;

/// All curves.
#[derive(Debug, Clone)]
pub struct FlowResult {
    /// The seed.
    pub seed: u64,
    /// Each layer on the adding problem, then on reviews, then SimpleRNN with scaled kernels.
    pub curves: Vec<FlowCurve>,
}

impl FlowResult {
    /// Returns the curve of a layer.
    pub fn find(&self, adding: bool, cell: RecurrentCell, stage: Stage) -> Option<&FlowCurve> {
        let of = |curve: &&FlowCurve| (curve.data == ADDING) == adding;
        self.curves.iter().filter(of).find(|curve| curve.cell == cell && curve.stage == stage)
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({ "seed": self.seed, "curves": self.curves.iter().map(FlowCurve::to_json).collect::<Vec<_>>() })
    }

    /// Returns the claims that do not hold: none, where all do.
    ///
    /// * On the adding problem, LSTM solves at least 95 % of unseen sequences after training and SimpleRNN at most
    ///   half; the gradient of the LSTM's cell at lag 100 is then at least 1,000 times that of SimpleRNN.
    /// * A recurrent kernel of SimpleRNN times ½ makes the gradient vanish below 10⁻²⁰ at lag 100; times 4 makes it
    ///   explode above 10⁶.
    pub fn broken_claims(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut claim = |holds: Option<bool>, text: String| {
            if holds == Some(false) {
                broken.push(text);
            }
        };
        let of = |cell, stage| self.find(true, cell, stage);
        let (lstm, plain) =
            (of(RecurrentCell::Lstm, Stage::Trained), of(RecurrentCell::SimpleRnn, Stage::Trained));
        if let (Some(lstm), Some(plain)) = (lstm, plain) {
            let (a, b) = (lstm.at(LAST).unwrap_or(0.0), plain.at(LAST).unwrap_or(0.0));
            claim(
                Some(a >= 1e3 * b),
                format!("LSTM {a:.1e} is not 1,000 times SimpleRNN {b:.1e} at lag 100"),
            );
            let solved = (lstm.correct.unwrap_or(0.0), plain.correct.unwrap_or(1.0));
            claim(Some(solved.0 >= 0.95), format!("LSTM has {:.3} correct, below 0.95", solved.0));
            claim(Some(solved.1 <= 0.5), format!("SimpleRNN has {:.3} correct, above 0.5", solved.1));
        } else {
            claim(Some(false), "LSTM and SimpleRNN are not both among the layers".into());
        }
        let scaled = |gain| of(RecurrentCell::SimpleRnn, Stage::Scaled(gain))?.at(LAST);
        let (small, large) = (scaled(GAINS[0]), scaled(GAINS[3]));
        claim(small.map(|norm| norm < 1e-20), format!("kernel times 0.5: {small:?}, not below 1e-20"));
        claim(large.map(|norm| norm > 1e6), format!("kernel times 4: {large:?}, not above 1e6"));
        broken
    }
}

/// The name of the adding problem's data.
const ADDING: &str = "adding-100";

/// What a job measures.
#[derive(Debug)]
enum Job<'a> {
    Adding(RecurrentCell, Option<f64>),
    Reviews(RecurrentCell, Option<f64>, &'a Sentiment),
    Scaled(f64),
}

impl GradientFlow<'_> {
    /// Trains the layers and measures the curves. `None` if it was stopped.
    ///
    /// # Errors
    /// As [`Fit::run`], [`gradient_by_lag`] and [`Reviews::load`].
    pub fn run(&self, machine: &Machine, watch: Watch<'_>) -> Result<Option<FlowResult>> {
        let settings = all();
        let Some(setting) = settings.iter().find(|setting| setting.name == ADDING) else {
            return Err(Error::config("the task adding-100 is not there"));
        };
        let amount =
            Amount { train_rows: self.rows, test_rows: 2_000, maxlen: 130, epochs: 3, learning_rate: 0.005 };
        let sentiment = Sentiment::new(&self.reviews.load(watch)?, amount)?;
        let clips = [None, Some(self.clipnorm)];
        let mut jobs: Vec<Job<'_>> = Vec::new();
        for &cell in &self.cells {
            jobs.extend(clips.map(|clip| Job::Adding(cell, clip)));
        }
        for &cell in &self.cells {
            jobs.extend(clips.map(|clip| Job::Reviews(cell, clip, &sentiment)));
        }
        jobs.extend(GAINS.map(Job::Scaled));
        let curves = each(&jobs, machine, watch, |job, machine| {
            let curves = match job {
                Job::Adding(cell, clip) => self.adding(setting, *cell, *clip, machine, watch),
                Job::Reviews(cell, clip, data) => self.sentiment(*cell, *clip, data, machine, watch),
                Job::Scaled(gain) => self.scaled(*gain),
            }?;
            if let Some(curve) = curves.last() {
                let correct =
                    curve.correct.map_or(String::new(), |share| format!(" ({:.1} % correct)", 100.0 * share));
                (watch.note)(&format!(
                    "{}, {}, {}{correct}",
                    curve.data,
                    curve.cell.class_name(),
                    curve.stage.name()
                ));
            }
            Ok(curves)
        })?;
        Ok(curves
            .map(|curves| FlowResult { seed: self.seed, curves: curves.into_iter().flatten().collect() }))
    }

    fn adding(
        &self,
        setting: &Setting,
        cell: RecurrentCell,
        clip: Option<f64>,
        machine: &Machine,
        watch: Watch<'_>,
    ) -> Result<Vec<FlowCurve>> {
        let (task, seed) = (&*setting.task, self.seed);
        let mut model = setting.model(cell).compile(seed)?;
        begin(&mut model, setting, cell, seed);
        let measured = task.dataset(seed, MEASURING, MEASURED)?;
        let judged = task.dataset(seed, MEASURING + 1, JUDGED)?;
        let curve = |model: &Model, stage, correct| curve(ADDING, model, cell, &measured, stage, correct);
        let mut curves = Vec::new();
        if clip.is_none() {
            curves.push(curve(&model, Stage::Initial, None)?);
        }
        let fit = Fit::new().batch_size(setting.batch_size).learning_rate(setting.learning_rate);
        let fit = clipped(fit.loss(setting.loss.clone()).seed(seed).machine(machine), clip);
        let mut correct = 0.0;
        fit.run_stream(&mut model, |model, sequences| {
            correct = share_correct(task, model, &judged, machine)?;
            if correct == 1.0 || sequences >= self.sequences || (watch.stop)() {
                return Ok(None);
            }
            let part = (sequences / setting.round) as u64;
            task.dataset(seed, part, setting.round.min(self.sequences - sequences)).map(Some)
        })?;
        let stage = if clip.is_some() { Stage::Clipped } else { Stage::Trained };
        curves.push(curve(&model, stage, Some(correct))?);
        Ok(curves)
    }

    fn sentiment(
        &self,
        cell: RecurrentCell,
        clip: Option<f64>,
        data: &Sentiment,
        machine: &Machine,
        watch: Watch<'_>,
    ) -> Result<Vec<FlowCurve>> {
        let mut model = data.layers(cell.layer(UNITS, false)).compile(self.seed)?;
        // The longest rows, so that every lag has some.
        let mut order: Vec<usize> = (0..data.test.len()).collect();
        order.sort_by_key(|&row| std::cmp::Reverse(data.test.inputs().steps(row)));
        order.truncate(MEASURED);
        let measured = data.test.select(&order);
        let curve = |model: &Model, stage, correct| curve(data.name, model, cell, &measured, stage, correct);
        let mut curves = Vec::new();
        if clip.is_none() {
            curves.push(curve(&model, Stage::Initial, None)?);
        }
        data.fit(&mut model, clipped(Fit::new(), clip), self.seed, machine, watch)?;
        let correct = data.accuracy(&model, machine)?;
        let stage = if clip.is_some() { Stage::Clipped } else { Stage::Trained };
        curves.push(curve(&model, stage, Some(correct))?);
        Ok(curves)
    }

    /// SimpleRNN before training, with a recurrent kernel of orthogonal rows of the length `gain`.
    fn scaled(&self, gain: f64) -> Result<Vec<FlowCurve>> {
        let task = Adding { length: LAST };
        let layers = Sequential::new().with(Input::new(task.input_width())).with(SimpleRnn::new(32));
        let mut model = layers.compile(self.seed)?;
        if let Some(kernel) = model.params_mut().get_mut("simple_rnn/recurrent_kernel") {
            kernel.iter_mut().for_each(|weight| *weight *= gain as f32);
        }
        let measured = task.dataset(self.seed, MEASURING, MEASURED)?;
        let cell = RecurrentCell::SimpleRnn;
        Ok(vec![curve(ADDING, &model, cell, &measured, Stage::Scaled(gain), None)?])
    }
}

/// Units of the layers on reviews: the classic task's.
const UNITS: usize = 10;

fn clipped(fit: Fit<'_>, clip: Option<f64>) -> Fit<'_> {
    match clip {
        Some(bound) => fit.clip(Clip::Norm(bound)),
        None => fit,
    }
}

fn curve(
    data: &'static str,
    model: &Model,
    cell: RecurrentCell,
    rows: &Dataset,
    stage: Stage,
    correct: Option<f64>,
) -> Result<FlowCurve> {
    let layers = recurrent_layers(model);
    let layer = layers.last().map_or("", String::as_str);
    let norms = gradient_by_lag(model, rows.inputs(), rows.padding(), layer, LAST)?;
    Ok(FlowCurve { data, cell, stage, norms, correct })
}

fn share_correct(task: &dyn Task, model: &Model, data: &Dataset, machine: &Machine) -> Result<f64> {
    let outputs = model.predict_on(data.inputs(), Padding::default(), machine)?;
    let Inputs::Features(rows) = data.inputs() else { return Ok(0.0) };
    let width = task.target_width();
    let right = (0..data.len()).filter(|&row| {
        task.correct(rows.row(row), data.targets().of(row, 0..0), &outputs[row * width..][..width])
    });
    Ok(right.count() as f64 / data.len() as f64)
}
