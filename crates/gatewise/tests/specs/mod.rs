//! The models and rows that every test of whole models runs over. A new layer joins by a line in
//! [`specs`].
#![allow(dead_code, reason = "each test program uses its part")]

use gatewise::layers::{
    Activation, ActivationLayer, AveragePooling1D, Bidirectional, Dense, Dropout, Embedding,
    GlobalAveragePooling1D, GlobalMaxPooling1D, Gru, Layer, LayerNormalization, Lstm, MergeMode, PoolPadding,
    RepeatVector, SimpleRnn, SkipConnection, SpatialDropout1D,
};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Padding, Sequences};
use gatewise::text::Side;
use gatewise::{Fit, Isa, Model, Sequential};

/// Ids of the rows are below this.
pub const VOCABULARY: usize = 20;
/// Rows are seen at this length; some are shorter, some longer, some empty.
pub const STEPS: usize = 9;

/// A model under test.
#[derive(Debug, Clone)]
pub struct Spec {
    pub name: &'static str,
    pub layers: Sequential,
    pub masked: bool,
}

/// All of them.
pub fn specs() -> Vec<Spec> {
    let head = || Dense::new(1).activation(Activation::Sigmoid);
    let start = |width, masked| Sequential::new().with(Embedding::new(VOCABULARY, width).mask_zero(masked));
    let sequence = |units| Lstm::new(units).return_sequences(true);
    let gates = |units| Gru::new(units).return_sequences(true);
    let plain = |units| SimpleRnn::new(units).return_sequences(true);
    let hidden = |units| Dense::new(units).activation(Activation::Tanh);
    let dropped = |layers: Sequential| {
        let layers = layers.with(SpatialDropout1D::new(0.2)).with(sequence(6)).with(Dropout::new(0.3));
        layers.with(Lstm::new(5)).with(Dropout::new(0.1))
    };
    let normal = LayerNormalization::new;
    let normalized = |layers: Sequential| {
        let layers = layers.with(normal()).with(sequence(6)).with(normal());
        layers.with(Lstm::new(5)).with(normal().center(false)).with(hidden(4)).with(normal().scale(false))
    };
    let spec = |name, layers, masked| Spec { name, layers, masked };
    vec![
        spec("classic small", start(5, false).with(Lstm::new(4)).with(head()), false),
        spec("masked", start(5, true).with(Lstm::new(4)).with(head()), true),
        spec("stacked", start(4, false).with(sequence(5)).with(Lstm::new(3)).with(head()), false),
        spec("stacked masked", start(3, true).with(sequence(4)).with(Lstm::new(5)).with(head()), true),
        spec("wide", start(18, false).with(Lstm::new(33)).with(head()), false),
        spec("hidden dense", start(4, true).with(Lstm::new(6)).with(hidden(7)).with(head()), true),
        spec("dropout", dropped(start(5, false)).with(head()), false),
        spec("dropout masked", dropped(start(4, true)).with(head()), true),
        spec(
            "max pooling",
            start(4, false).with(sequence(5)).with(GlobalMaxPooling1D::new()).with(head()),
            false,
        ),
        spec("mean of words", start(6, true).with(GlobalAveragePooling1D::new()).with(head()), true),
        spec("normalized", normalized(start(4, false)).with(head()), false),
        spec("normalized masked", normalized(start(5, true)).with(head()), true),
        spec("gru", start(5, false).with(Gru::new(6)).with(head()), false),
        spec("gru masked", start(5, true).with(Gru::new(5)).with(head()), true),
        spec("gru stacked", start(4, false).with(gates(5)).with(Gru::new(17)).with(head()), false),
        spec("simple rnn", start(5, false).with(SimpleRnn::new(6)).with(head()), false),
        spec("simple rnn masked", start(5, true).with(SimpleRnn::new(5)).with(head()), true),
        spec(
            "mixed masked",
            start(4, true).with(plain(9)).with(gates(4)).with(Lstm::new(3)).with(head()),
            true,
        ),
        spec("gru reset before", start(4, true).with(Gru::new(6).reset_after(false)).with(head()), true),
        spec("backwards", start(4, true).with(Lstm::new(5).go_backwards(true)).with(head()), true),
        spec(
            "options",
            start(4, false)
                .with(plain(5).activation(Activation::Softsign).use_bias(false).go_backwards(true))
                .with(Gru::new(5).recurrent_activation(Activation::HardSigmoid).dropout(0.2))
                .with(head()),
            false,
        ),
        spec("lstm of 1997", start(4, false).with(Lstm::new(5).forget_gate(false)).with(head()), false),
        spec("both ways", start(4, false).with(Bidirectional::new(Lstm::new(5))).with(head()), false),
        spec(
            "both ways stacked masked",
            start(4, true)
                .with(Bidirectional::new(gates(4)))
                .with(Bidirectional::new(sequence(3)).merge_mode(MergeMode::Mul))
                .with(Bidirectional::new(SimpleRnn::new(5)).merge_mode(MergeMode::Ave))
                .with(head()),
            true,
        ),
        spec(
            "recurrent dropout",
            start(4, false)
                .with(gates(5).recurrent_dropout(0.3))
                .with(Bidirectional::new(plain(4).recurrent_dropout(0.2)))
                .with(Lstm::new(5).dropout(0.1).recurrent_dropout(0.4))
                .with(head()),
            false,
        ),
        spec(
            "recurrent dropout masked",
            start(4, true).with(Lstm::new(17).recurrent_dropout(0.5)).with(head()),
            true,
        ),
        spec(
            "both ways dropped",
            start(4, false)
                .with(Bidirectional::new(sequence(4).dropout(0.3).recurrent_dropout(0.1)))
                .with(Bidirectional::new(Gru::new(3).dropout(0.2)).merge_mode(MergeMode::Sum))
                .with(Dropout::new(0.1))
                .with(head()),
            false,
        ),
        spec(
            "another layer backwards",
            start(4, true)
                .with(Bidirectional::new(sequence(4).use_bias(false)).backward_layer(
                    gates(4).go_backwards(true).recurrent_activation(Activation::HardSigmoid),
                ))
                .with(Bidirectional::new(Lstm::new(3)).backward_layer(SimpleRnn::new(3).go_backwards(true)))
                .with(head()),
            true,
        ),
        spec(
            "zeros at masked steps",
            start(4, true)
                .with(sequence(5).zero_output_for_mask(true))
                .with(plain(4).zero_output_for_mask(true))
                .with(GlobalAveragePooling1D::new())
                .with(head()),
            true,
        ),
        spec(
            "zeros averaged",
            start(4, true)
                .with(sequence(4).zero_output_for_mask(true))
                .with(AveragePooling1D::new(3).strides(1).padding(PoolPadding::Same))
                .with(ActivationLayer::new(Activation::Softsign))
                .with(Lstm::new(3))
                .with(head()),
            false,
        ),
        spec(
            "both ways averaged",
            start(4, true)
                .with(Bidirectional::new(gates(3)).merge_mode(MergeMode::Ave))
                .with(AveragePooling1D::new(2))
                .with(Gru::new(3))
                .with(head()),
            false,
        ),
        spec(
            "windows",
            start(4, false)
                .with(sequence(5))
                .with(AveragePooling1D::new(3).strides(2).padding(PoolPadding::Same))
                .with(Lstm::new(3))
                .with(head()),
            false,
        ),
        spec(
            "encoder and decoder",
            start(4, true)
                .with(Lstm::new(5))
                .with(RepeatVector::new(3))
                .with(gates(4))
                .with(Lstm::new(3))
                .with(head()),
            true,
        ),
        spec(
            "skip connection",
            start(4, false)
                .with(SkipConnection::new(sequence(5).recurrent_dropout(0.2)))
                .with(Lstm::new(3))
                .with(head()),
            false,
        ),
        spec(
            "skip connections masked",
            start(3, true)
                .with(SkipConnection::new(plain(4).dropout(0.2).zero_output_for_mask(true)))
                .with(SkipConnection::new(gates(3).use_bias(false)))
                .with(GlobalAveragePooling1D::new())
                .with(head()),
            true,
        ),
        spec("all of one", start(1, false).with(Lstm::new(1)).with(head()), false),
    ]
}

/// Both sides to pad and cut on.
pub fn paddings() -> [Padding; 2] {
    [Side::Pre, Side::Post].map(|side| Padding::to(STEPS).padding(side).truncating(side))
}

pub fn random(counter: u64) -> Random {
    Random::new(77, Purpose::Data, counter)
}

/// Ragged rows: every length from 0 to beyond [`STEPS`], pad ids here and there between the others.
pub fn rows(count: usize) -> Vec<Vec<u32>> {
    let mut random = random(1);
    (0..count)
        .map(|row| {
            let id = |random: &mut Random| match random.below(10) {
                0 => 0,
                _ => 1 + random.below(VOCABULARY - 1) as u32,
            };
            (0..row * 7 % (STEPS + 4)).map(|_| id(&mut random)).collect()
        })
        .collect()
}

pub fn sequences(rows: &[Vec<u32>]) -> Sequences {
    rows.iter().cloned().collect()
}

/// [`rows`] with targets.
pub fn dataset(count: usize, padding: Padding) -> Dataset {
    let mut random = random(2);
    let targets: Vec<f32> = (0..count).map(|_| random.below(2) as f32).collect();
    Dataset::new(sequences(&rows(count)), targets).unwrap().with_padding(padding)
}

impl Spec {
    /// Whether training leaves something to chance.
    pub fn drops(&self) -> bool {
        self.layers.layers().any(|it| match it {
            Layer::Dropout(_) | Layer::SpatialDropout1D(_) => true,
            Layer::Lstm(layer) => layer.dropout + layer.recurrent_dropout > 0.0,
            Layer::Gru(layer) => layer.dropout + layer.recurrent_dropout > 0.0,
            Layer::SimpleRnn(layer) => layer.dropout + layer.recurrent_dropout > 0.0,
            Layer::SkipConnection(layer) => {
                let settings = serde_json::to_value(&layer.wrapped).unwrap();
                [&settings["dropout"], &settings["recurrent_dropout"]]
                    .iter()
                    .any(|rate| rate.as_f64() > Some(0.0))
            }
            _ => false,
        })
    }

    /// Whether every way from a weight to the loss leads through gates, which saturate. (Softsign of what
    /// has overflowed is no number, as in Keras.)
    pub fn gated(&self) -> bool {
        self.layers.layers().all(|it| match it {
            Layer::GlobalAveragePooling1D(_) | Layer::LayerNormalization(_) | Layer::SkipConnection(_) => {
                false
            }
            Layer::SimpleRnn(layer) => layer.activation == Activation::Tanh,
            _ => true,
        })
    }

    /// The model with weights so large, biases too, that every gate is at work.
    pub fn lively(&self) -> Model {
        let mut model = self.layers.compile(3).unwrap();
        let mut random = random(3);
        model.params_mut().values_mut().iter_mut().for_each(|w| *w += (random.uniform() as f32 - 0.5) * 0.9);
        model
    }

    /// The bits after a short training: 40 rows, batches of 37 and 3, two epochs.
    pub fn trained_bits(&self, padding: Padding, isa: Isa, threads: usize) -> Vec<u32> {
        let mut model = self.layers.compile(3).unwrap();
        let fit = Fit::new().epochs(2).batch_size(37).learning_rate(0.01).seed(5).isa(isa).threads(threads);
        fit.run(&mut model, &dataset(40, padding)).unwrap();
        weight_bits(&model)
    }
}

pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

pub fn weight_bits(model: &Model) -> Vec<u32> {
    bits(model.params().values())
}

/// Output bits, all NaN-free.
pub fn predicted(model: &Model, rows: &[Vec<u32>], padding: Padding) -> Vec<u32> {
    let outputs = model.predict(&sequences(rows).into(), padding).unwrap();
    assert!(outputs.iter().all(|p| (0.0..=1.0).contains(p)), "{outputs:?}");
    bits(&outputs)
}
