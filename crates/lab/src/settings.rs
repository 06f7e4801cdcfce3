//! What each task is run with: the model, the optimizer, when it counts as solved.
//!
//! One setting a task, the same for every layer and every trial.

use crate::tasks::{Adding, EmbeddedReber, Multiplication, NoiseFreeLag, Task, TemporalOrder, TwoSequences};
use gatewise::layers::{Activation, Dense, Input, Masking, RecurrentCell, SkipConnection};
use gatewise::{Loss, Sequential};
use serde_json::{Value, json};

/// What is trained on.
#[derive(Debug, Clone, Copy)]
pub enum Training {
    /// Sequences that were never seen.
    Fresh,
    /// So many, again and again; they too must be processed correctly.
    Set(usize),
}

/// How the gates of a layer begin. SimpleRNN has none, and begins as in Keras.
#[derive(Debug, Clone, Copy)]
pub enum InitialGates {
    /// Each unit keeps what it holds for 1 to `lag` steps, the time drawn for each unit, and lets in as little as
    /// fits (Tallec and Ollivier, "Can recurrent neural networks warp time?", 2018).
    Keeping {
        /// Steps at most.
        lag: usize,
    },
    /// Each unit keeps what it holds, and lets in few of the symbols: the weights of the input are drawn uniformly
    /// from `-spread` to `spread`, the bias of the input gate is `-spread`, and of the forget gate `2·spread`.
    Selective {
        /// The largest weight of an input.
        spread: f64,
    },
}

/// The optimizer of a task, with Keras's defaults but for the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Descent {
    /// Adam.
    Adam,
    /// Plain gradient descent.
    Sgd,
}

/// A task with what it is trained with and when it counts as solved.
#[derive(Debug)]
pub struct Setting {
    /// Name, as users give it.
    pub name: &'static str,
    /// Draws sequences and judges answers.
    pub task: Box<dyn Task>,
    /// Run when no task is named.
    pub classic: bool,
    /// Whether the output layer reads the input too, beside the recurrent layer's output.
    pub direct: bool,
    /// Units of the recurrent layer.
    pub units: usize,
    /// How the gates begin.
    pub gates: InitialGates,
    /// Activation of the output layer.
    pub activation: Activation,
    /// Loss that is trained with.
    pub loss: Loss,
    /// Sequences a step.
    pub batch_size: usize,
    /// Optimizer.
    pub descent: Descent,
    /// Learning rate.
    pub learning_rate: f64,
    /// Which sequences are trained on.
    pub training: Training,
    /// Sequences between two looks at whether the task is solved.
    pub round: usize,
    /// Sequences that decide whether it is solved.
    pub judged: usize,
    /// Whether the sequences that decide are new each time.
    pub judged_afresh: bool,
    /// Of those, how many may be wrong.
    pub allowed_wrong: usize,
    /// What the mean error of the outputs must be below.
    pub mean_error: f64,
    /// Sequences at most.
    pub budget: usize,
    /// Sequences that LSTM needed in the paper.
    pub paper: usize,
}

impl Setting {
    /// The layers: input, masking, the recurrent layer, past which the input may go, and one output layer.
    pub fn model(&self, cell: RecurrentCell) -> Sequential {
        let layers = Sequential::new().with(Input::new(self.task.input_width())).with(Masking::new(0.0));
        let each = self.task.targets_each_step();
        let recurrent = cell.layer(self.units, each);
        let layers = match self.direct {
            true => layers.with(SkipConnection::new(recurrent)),
            false => layers.with(recurrent),
        };
        layers.with(Dense::new(self.task.target_width()).activation(self.activation))
    }

    /// Sequences that decide whether it is solved, those trained on included where they count.
    pub fn judged_in_all(&self) -> usize {
        match self.training {
            Training::Fresh => self.judged,
            Training::Set(count) => self.judged + count,
        }
    }

    /// What it is run with and when it is solved, in two lines.
    pub fn describe(&self) -> String {
        let Self { name, units, descent, loss, batch_size, learning_rate, round, allowed_wrong, .. } = self;
        let direct = if self.direct { ", direct connections from input to output" } else { "" };
        let gates = match self.gates {
            InitialGates::Keeping { lag } => format!("gates that begin by keeping for up to {lag} steps"),
            InitialGates::Selective { spread } => {
                format!("gates that begin by letting in few symbols (weights up to {spread})")
            }
        };
        let descent = match descent {
            Descent::Adam => "Adam",
            Descent::Sgd => "SGD",
        };
        let training = match self.training {
            Training::Fresh => String::new(),
            Training::Set(count) => format!(", {count} sequences again and again, which are judged too"),
        };
        let error = match self.mean_error.is_finite() {
            true => format!(" and the mean error is below {}", self.mean_error),
            false => String::new(),
        };
        let kind = if self.judged_afresh { "new" } else { "test" };
        format!(
            "{name}: {units} units{direct}, {gates}, {loss}, {descent} {learning_rate}, batches of \
             {batch_size}{training};\n    solved when at most {allowed_wrong} of {} {kind} sequences are wrong{error}, \
             looked at every {round} sequences",
            self.judged_in_all(),
        )
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let (lag, spread) = match self.gates {
            InitialGates::Keeping { lag } => (Some(lag), None),
            InitialGates::Selective { spread } => (None, Some(spread)),
        };
        let optimizer = match self.descent {
            Descent::Adam => "adam",
            Descent::Sgd => "sgd",
        };
        json!({
            "task": self.name, "units": self.units, "direct": self.direct, "lag": lag, "spread": spread,
            "loss": self.loss, "optimizer": optimizer, "learning_rate": self.learning_rate,
            "batch_size": self.batch_size, "budget": self.budget, "round": self.round,
            "judged": self.judged_in_all(), "allowed_wrong": self.allowed_wrong,
            "mean_error": self.mean_error.is_finite().then_some(self.mean_error), "paper": self.paper,
        })
    }
}

/// As for the tasks with numbers to answer and fresh sequences, which are most.
fn numbers(name: &'static str, task: impl Task + 'static) -> Setting {
    Setting {
        name,
        task: Box::new(task),
        classic: false,
        direct: false,
        units: 16,
        gates: InitialGates::Keeping { lag: 100 },
        activation: Activation::Linear,
        loss: Loss::MeanSquaredError,
        batch_size: 16,
        descent: Descent::Adam,
        learning_rate: 0.01,
        training: Training::Fresh,
        round: 2_000,
        judged: 2_000,
        judged_afresh: true,
        allowed_wrong: 0,
        mean_error: 0.01,
        budget: 200_000,
        paper: 0,
    }
}

/// As for the tasks with classes to answer.
fn classes(name: &'static str, task: impl Task + 'static) -> Setting {
    Setting {
        activation: Activation::Softmax,
        loss: Loss::categorical_crossentropy(),
        mean_error: f64::INFINITY,
        ..numbers(name, task)
    }
}

/// All tasks, in the order of the paper.
pub fn all() -> Vec<Setting> {
    vec![
        Setting {
            gates: InitialGates::Keeping { lag: 10 },
            training: Training::Set(256),
            round: 256,
            judged: 256,
            judged_afresh: false,
            batch_size: 8,
            budget: 100_000,
            paper: 8_440,
            ..classes("reber", EmbeddedReber)
        },
        Setting {
            classic: true,
            direct: true,
            units: 128,
            // Cells that let in every symbol a little become counters of steps, whose tanh saturates before the
            // lag is bridged.
            gates: InitialGates::Selective { spread: 5.0 },
            batch_size: 4,
            // The loss is a mean over a hundred steps, each with a symbol of its own: the direct weights of a symbol
            // move by a quarter of its error. Adam would move the cells as fast as these.
            descent: Descent::Sgd,
            learning_rate: 25.0,
            round: 100,
            judged: 64,
            judged_afresh: false,
            budget: 10_000,
            paper: 5_040,
            ..classes("noise-free-100", NoiseFreeLag { lag: 100, every_step: true, random: false })
        },
        Setting {
            batch_size: 4,
            round: 200,
            judged: 256,
            judged_afresh: true,
            budget: 50_000,
            paper: 5_680,
            ..classes("no-regularity-100", NoiseFreeLag { lag: 100, every_step: false, random: true })
        },
        Setting {
            activation: Activation::Sigmoid,
            loss: Loss::binary_crossentropy(),
            judged: 256,
            mean_error: f64::INFINITY,
            budget: 100_000,
            paper: 27_380,
            ..numbers("two-sequences", TwoSequences { length: 100, informative: 3 })
        },
        Setting { classic: true, paper: 74_000, ..numbers("adding-100", Adding { length: 100 }) },
        Setting {
            gates: InitialGates::Keeping { lag: 500 },
            budget: 1_000_000,
            paper: 209_000,
            ..numbers("adding-500", Adding { length: 500 })
        },
        Setting {
            gates: InitialGates::Keeping { lag: 1_000 },
            budget: 2_000_000,
            paper: 853_000,
            ..numbers("adding-1000", Adding { length: 1000 })
        },
        Setting {
            allowed_wrong: 139,
            mean_error: f64::INFINITY,
            budget: 1_000_000,
            paper: 482_000,
            ..numbers("multiplication", Multiplication { length: 100 })
        },
        Setting {
            classic: true,
            mean_error: 0.1,
            budget: 100_000,
            paper: 31_390,
            ..classes("order-6a", TemporalOrder { marks: 2 })
        },
        Setting {
            mean_error: 0.1,
            budget: 1_000_000,
            paper: 571_100,
            ..classes("order-6b", TemporalOrder { marks: 3 })
        },
    ]
}
