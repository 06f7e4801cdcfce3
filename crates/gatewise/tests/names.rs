//! Names and `trainable` of layers: in tensors, in JSON, in training; weights by name.

mod specs;

use gatewise::layers::{
    Activation, Bidirectional, Dense, Dropout, Embedding, Gru, Input, Layer, LayerEntry, LayerNormalization,
    Lstm, Regularizer,
};
use gatewise::rows::Padding;
use gatewise::{Artifact, ErrorKind, Fit, Model, Sequential};
use specs::{bits, dataset};

fn head() -> Dense {
    Dense::new(1).activation(Activation::Sigmoid)
}

fn message(layers: &Sequential) -> String {
    let error = layers.compile(1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.to_string()
}

#[test]
fn given_names_stand_before_tensors_and_others_are_counted_without_them() {
    let layers = Sequential::new()
        .with(Embedding::new(9, 2).name("words"))
        .with(Lstm::new(2).return_sequences(true).name("first"))
        .with(Lstm::new(2).return_sequences(true))
        .with(Bidirectional::new(Gru::new(2)).name("both"))
        .with(Dense::new(2))
        .with(head());
    let model = layers.compile(1).unwrap();
    let names: Vec<_> = model.layer_names().collect();
    assert_eq!(names, ["words", "first", "lstm", "both", "dense", "dense_1"]);
    for name in ["words/embeddings", "first/kernel", "lstm/bias", "both/backward_gru/kernel", "dense_1/bias"]
    {
        assert!(model.params().get(name).is_some(), "{name}");
    }
    let summary = model.summary(None);
    assert!(summary.contains("first (LSTM)") && summary.contains("both (Bidirectional)"), "{summary}");
    // The names are all that differs.
    let plain = Sequential::new()
        .with(Embedding::new(9, 2))
        .with(Lstm::new(2).return_sequences(true))
        .with(Lstm::new(2).return_sequences(true))
        .with(Bidirectional::new(Gru::new(2)))
        .with(Dense::new(2))
        .with(head());
    assert_eq!(bits(plain.compile(1).unwrap().params().values()), bits(model.params().values()));
}

#[test]
fn bad_names_and_names_that_two_layers_have_are_refused() {
    let with = |name: &str| Sequential::new().with(Embedding::new(9, 2)).with(head().name(name));
    for name in ["", "a/b", "a\nb"] {
        assert!(message(&with(name)).contains("at least one character"), "{name:?}");
    }
    // Also the default name of another layer.
    for name in ["embedding", "x"] {
        let layers = with(name).with(Dropout::new(0.1).name("x"));
        assert!(message(&layers).contains(&format!("two layers have the name {name:?}")));
    }
    assert!(with("Überschrift 1").compile(1).is_ok());
}

#[test]
fn json_has_names_among_the_settings_and_nothing_where_they_are_the_default() {
    let read = |json: &str| serde_json::from_str::<LayerEntry>(json);
    let json = r#"{"layer":"lstm","units":3,"return_sequences":true,"name":"x","trainable":false}"#;
    let entry = Lstm::new(3).return_sequences(true).name("x").trainable(false);
    assert_eq!(read(json).unwrap(), entry);
    let written = serde_json::to_string(&entry).unwrap();
    assert_eq!(read(&written).unwrap(), entry);
    assert!(written.starts_with(r#"{"layer":"lstm","units":3,"#), "{written}");
    assert!(written.ends_with(r#","name":"x","trainable":false}"#), "{written}");
    // Older programs refuse fields that they do not know.
    for layer in [Layer::from(Lstm::new(3)), Embedding::new(3, 2).trainable(false).into(), head().into()] {
        let alone = serde_json::to_string(&layer).unwrap();
        assert_eq!(serde_json::to_string(&LayerEntry::from(layer.clone())).unwrap(), alone);
        assert_eq!(read(&alone).unwrap(), LayerEntry::from(layer));
    }
    assert!(
        !read(r#"{"layer":"embedding","input_dim":3,"output_dim":2,"trainable":false}"#)
            .unwrap()
            .is_trainable()
    );
    assert_eq!(read(r#"{"layer":"lstm","units":3,"name":null}"#).unwrap(), Lstm::new(3).into());
    for (json, part) in [
        (r#"{"layer":"lstm","units":3,"unit":4}"#, "unknown field `unit`"),
        (r#"{"layer":"lstm","units":3,"units":4}"#, "duplicate field `units`"),
        (r#"{"layer":"lstm","units":3,"name":4}"#, "expected a string"),
        (r#"{"layer":"lstm","units":3,"trainable":"no"}"#, "expected a boolean"),
        (r#"{"layer":"lstn","units":3}"#, "unknown variant `lstn`"),
        (r#"{"units":3}"#, "missing field `layer`"),
        ("[3]", "expected the settings of a layer"),
    ] {
        let error = read(json).unwrap_err().to_string();
        assert!(error.contains(part), "{json}: {error}");
    }
}

#[test]
fn an_artifact_keeps_names_and_what_is_frozen() {
    let layers =
        Sequential::new().with(Embedding::new(9, 2).name("words")).with(Lstm::new(3).trainable(false));
    let model = layers.with(head().name("answer")).compile(1).unwrap();
    let artifact = Artifact::builder(model).labels(["a", "b"]).build().unwrap();
    let loaded = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded.model().spec(), artifact.model().spec());
    assert!(loaded.model().layer_names().eq(["words", "lstm", "answer"]));
    assert_eq!(loaded.model().trainable_params(), 9 * 2 + 4);
}

/// Trains all layers but the frozen ones under clipping, decay and averages, and returns the model.
fn trained(freeze: &[&str], fit: impl Fn(Fit<'static>) -> Fit<'static>) -> Model {
    let layers = Sequential::new()
        .with(Embedding::new(specs::VOCABULARY, 4))
        .with(LayerNormalization::new())
        .with(Lstm::new(5).kernel_regularizer(Regularizer::l2(0.1)))
        .with(Dense::new(4).activation(Activation::Tanh))
        .with(head());
    let mut model = layers.compile(3).unwrap();
    freeze.iter().for_each(|layer| model.set_trainable(layer, false).unwrap());
    fit(Fit::new().epochs(2).batch_size(16)).run(&mut model, &dataset(40, specs::paddings()[0])).unwrap();
    model
}

#[test]
fn frozen_layers_stay_as_they_are() {
    let start = trained(&[], |fit| fit.epochs(1).learning_rate(1e-60));
    let names: Vec<String> = start.layer_names().map(str::to_owned).collect();
    for frozen in &names {
        let model = trained(&[frozen], |fit| fit.learning_rate(0.01));
        for info in start.params().table() {
            let same = model.params().get(&info.name) == start.params().get(&info.name);
            assert_eq!(same, info.name.starts_with(&format!("{frozen}/")), "{}", info.name);
        }
    }
}

#[test]
fn a_frozen_gradient_is_not_part_of_the_clipped_norm_and_its_penalty_not_of_the_loss() {
    use gatewise::optimizer::{Clip, Sgd};
    // One step of length 1 along the gradient of the layers that are trained.
    let step = |freeze: &[&str]| {
        let train = |rate: f64, bound: f64| {
            let clip = Clip::GlobalNorm(bound);
            trained(freeze, |fit| fit.epochs(1).batch_size(40).optimizer(Sgd::new(rate)).clip(clip))
        };
        let (start, end) = (train(1e-30, 1.0), train(1.0, 1e-3));
        let pairs = start.params().values().iter().zip(end.params().values());
        pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
    };
    for freeze in [&[][..], &["lstm"], &["embedding", "lstm"], &["dense_1"]] {
        assert!((step(freeze) - 1e-3).abs() < 1e-5, "{freeze:?}: {}", step(freeze));
    }
    let (all, some) = (trained(&[], |fit| fit), trained(&["lstm"], |fit| fit));
    assert!(all.params().penalty() > 0.0);
    assert_eq!(some.params().penalty(), 0.0);
}

#[test]
fn a_layer_of_a_compiled_model_is_frozen_by_its_name() {
    let mut model =
        Sequential::new().with(Input::new(2)).with(Lstm::new(3)).with(head().name("h")).compile(1).unwrap();
    let all = model.params().len();
    model.set_trainable("h", false).unwrap();
    assert_eq!(model.trainable_params(), all - 4);
    assert!(model.summary(None).contains("Non-trainable params: 4"));
    assert!(!model.spec().entries()[2].is_trainable() && !model.clone().spec().entries()[2].is_trainable());
    // What the specification now says is what a model compiled from it does.
    assert_eq!(model.spec().compile(1).unwrap().params(), model.params());
    model.set_trainable("h", true).unwrap();
    assert_eq!(model.trainable_params(), all);
    let error = model.set_trainable("dense", false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("the layers are input_layer, lstm, h"), "{error}");
}

#[test]
fn weights_go_by_name_wherever_the_layer_stands() {
    let from = Sequential::new()
        .with(Input::new(2))
        .with(Lstm::new(3))
        .with(Dense::new(4))
        .with(Dense::new(2).name("b"));
    let from = from.compile(1).unwrap();
    let to = Sequential::new().with(Input::new(2)).with(Gru::new(3).return_sequences(true).name("new"));
    let to = to.with(Lstm::new(3).name("other")).with(Dense::new(2).name("b")).with(Dense::new(4));
    let mut model = to.compile(2).unwrap();
    let before = model.params().clone();
    let error = model.params_mut().copy_by_name(from.params(), false).unwrap_err();
    assert_eq!((error.kind(), model.params()), (ErrorKind::Shape, &before));
    let said = model.params_mut().copy_by_name(from.params(), true).unwrap();
    assert_eq!(
        said,
        [
            "new/kernel [2, 9] is not among the given tensors",
            "new/recurrent_kernel [3, 9] is not among the given tensors",
            "new/bias [2, 9] is not among the given tensors",
            "other/kernel [3, 12] is not among the given tensors",
            "other/recurrent_kernel [3, 12] is not among the given tensors",
            "other/bias [12] is not among the given tensors",
            "b/kernel has the shape [3, 2], but [4, 2] was given",
            "dense/kernel has the shape [2, 4], but [3, 4] was given",
            "lstm/kernel [2, 12] was given, but this model does not have it",
            "lstm/recurrent_kernel [3, 12] was given, but this model does not have it",
            "lstm/bias [12] was given, but this model does not have it",
        ]
    );
    assert!(said.iter().all(|sentence| error.to_string().contains(sentence)), "{error}");
    for info in before.table() {
        let expected = match info.name.as_str() {
            name @ ("b/bias" | "dense/bias") => from.params().get(name),
            name => before.get(name),
        };
        assert_eq!(model.params().get(&info.name), expected, "{}", info.name);
    }
}

#[test]
fn an_artifact_gives_its_tensors_by_name_too() {
    let layers = |seed| {
        Sequential::new().with(Embedding::new(9, 2)).with(Lstm::new(3)).with(head()).compile(seed).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gatewise");
    let artifact = Artifact::builder(layers(1)).padding(Padding::to(4)).labels(["a", "b"]).build().unwrap();
    artifact.save(&path).unwrap();
    let mut model = layers(2);
    assert_eq!(model.load_weights_by_name(&path, false).unwrap(), [""; 0]);
    assert_eq!(model.params(), artifact.model().params());
    let gone = model.load_weights_by_name(folder.path().join("none"), true).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Io);
    std::fs::write(&path, b"{}").unwrap();
    assert_eq!(model.load_weights_by_name(&path, true).unwrap_err().kind(), ErrorKind::Artifact);
}
