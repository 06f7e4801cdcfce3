//! Losses, their gradients and weights against what Keras 3 gave in `float64`, to 1e-6.
//!
//! `golden/losses.json` was made by `tools/golden/metrics.py` with the versions that it names. A case is a
//! loss with its settings, six rows of outputs (or of logits, whose activation is then folded in), targets,
//! the loss of each row, the gradient of their sum, and the loss that Keras reports under sample weights.
//! `golden/keras_losses.json`, by `tools/golden/keras_losses.py`, has all losses, settings and reductions.

use gatewise::layers::Activation;
use gatewise::rows::{ClassWeight, Targets};
use gatewise::{ErrorKind, Loss, Reduction};
use serde_json::Value;

const TOLERANCE: f64 = 1e-6;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/losses.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|v| v as f32).collect()
}

/// Within the tolerance of the larger of 1 and `b`.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * b.abs().max(1.0)
}

/// The loss as a model file or a checkpoint would hold it.
fn loss(case: &Value) -> Loss {
    let mut object = case["settings"].clone();
    object["name"] = case["loss"].clone();
    serde_json::from_value(object).unwrap()
}

/// The textbook, for logits.
fn activate(activation: Activation, z: &[f32]) -> Vec<f32> {
    let z = z.iter().map(|&z| f64::from(z));
    match activation {
        Activation::Sigmoid => z.map(|z| (1.0 / (1.0 + (-z).exp())) as f32).collect(),
        _ => {
            let sum: f64 = z.clone().map(f64::exp).sum();
            z.map(|z| (z.exp() / sum) as f32).collect()
        }
    }
}

#[test]
fn losses_and_gradients_are_keras_s() {
    let golden = golden();
    let cases = golden["cases"].as_array().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for case in cases {
        let loss = loss(case);
        seen.insert((loss.name().to_owned(), case["logits"].as_bool().unwrap()));
        let width = case["width"].as_u64().unwrap() as usize;
        let (outputs, targets) = (floats(&case["outputs"]), floats(&case["targets"]));
        loss.check(&targets, width).unwrap();
        let (rows, gradient) = (numbers(&case["rows"]), numbers(&case["gradient"]));
        let weights = numbers(&case["weights"]);
        let mut weighted = 0.0;
        let targets = targets.chunks_exact(loss.target_width(width));
        assert!(targets.len() == rows.len() && rows.len() == 6);
        for (row, (x, y)) in outputs.chunks_exact(width).zip(targets).enumerate() {
            let wanted = &gradient[row * width..][..width];
            let mut d = vec![f32::NAN; width];
            let of = if case["logits"] == true {
                let p = activate(loss.fused_activation().unwrap(), x);
                loss.logit_gradient(&p, y, &mut d);
                loss.value(&p, y)
            } else {
                loss.gradient(x, y, &mut d);
                loss.value(x, y)
            };
            // From the rounded probability a large loss is known less well than from the logit; and in `float64`
            // Keras holds a probability of 1 elsewhere than in `float32`: see the cases at certainty below.
            let far = if case["logits"] == true { rows[row] > 3.0 } else { x.contains(&1.0) };
            assert!(far || close(of, rows[row]), "{case}: row {row}: {of}");
            for (d, &wanted) in d.iter().zip(wanted) {
                assert!(close(f64::from(*d), wanted), "{case}: row {row}: {d} for {wanted}");
            }
            weighted += of * weights[row] / rows.len() as f64;
        }
        // By the number of rows, and not by the sum of the weights.
        if let Some(wanted) = case["weighted"].as_f64() {
            assert!(close(weighted, wanted), "{case}: {weighted}");
        }
    }
    assert_eq!(seen.len(), 7 + 3, "{seen:?}");
}

#[test]
fn all_losses_and_reductions_are_keras_s() {
    let golden: Value = serde_json::from_str(include_str!("golden/keras_losses.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for case in cases {
        let loss: Loss = serde_json::from_value(case["loss"].clone()).unwrap();
        seen.insert(loss.name().to_owned());
        let width = case["width"].as_u64().unwrap() as usize;
        let (outputs, targets) = (floats(&case["outputs"]), floats(&case["targets"]));
        loss.check(&targets, width).unwrap();
        let (rows, slopes) = loss.values_and_gradients(&outputs, &targets, width).unwrap();
        assert_eq!(rows.len(), 7);
        assert_eq!(rows, loss.values(&outputs, &targets, width).unwrap());
        for (row, (ours, wanted)) in rows.iter().zip(numbers(&case["rows"])).enumerate() {
            assert!(close(*ours, wanted), "{case}: row {row}: {ours}");
        }
        for (at, (ours, wanted)) in slopes.iter().zip(numbers(&case["gradient"])).enumerate() {
            assert!(close(f64::from(*ours), wanted), "{case}: gradient {at}: {ours} for {wanted}");
        }
        let weights = floats(&case["weights"]);
        for (weights, wanted) in [(None, &case["reduced"]), (Some(&*weights), &case["weighted"])] {
            for (name, wanted) in wanted.as_object().unwrap() {
                let reduction = name.parse().unwrap();
                let ours = loss.reduced(&outputs, &targets, width, weights, reduction).unwrap();
                assert!(close(ours, wanted.as_f64().unwrap()), "{case}: {name}: {ours} for {wanted}");
            }
        }
    }
    assert_eq!(seen.len(), Loss::ALL.len(), "{seen:?}");
}

/// In `float32`, as Keras computes unless it is told otherwise.
#[test]
fn certain_probabilities_cost_what_they_cost_in_keras() {
    let golden: Value = serde_json::from_str(include_str!("golden/keras_losses.json")).unwrap();
    for case in golden["certain"].as_array().unwrap() {
        let loss: Loss = serde_json::from_value(case["loss"].clone()).unwrap();
        let width = case["width"].as_u64().unwrap() as usize;
        let rows = loss.values(&floats(&case["outputs"]), &floats(&case["targets"]), width).unwrap();
        for (ours, wanted) in rows.iter().zip(numbers(&case["rows"])) {
            assert!((ours - wanted).abs() < 1e-6 * wanted.max(1.0), "{case}: {ours} for {wanted}");
        }
    }
    // By hand: three of four are right, and one is wrong and sure, −ln(2⁻²³) / 4.
    let (y, p) = ([1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0]);
    let mean = Loss::default().reduced(&p, &y, 2, None, Reduction::default()).unwrap();
    assert!((mean - 3.98559).abs() < 1e-5 && (mean - 23.0 * 2f64.ln() / 4.0).abs() < 1e-6, "{mean}");
}

/// The losses with settings other than the defaults.
fn losses() -> Vec<Loss> {
    let settings = r#"[
        {"name": "binary_crossentropy", "from_logits": true, "label_smoothing": 0.1},
        {"name": "categorical_crossentropy", "from_logits": true, "label_smoothing": 0.1},
        {"name": "sparse_categorical_crossentropy", "from_logits": true},
        {"name": "sparse_categorical_crossentropy", "ignore_class": -1},
        {"name": "binary_focal_crossentropy", "from_logits": true, "apply_class_balancing": true, "alpha": 0.7},
        {"name": "binary_focal_crossentropy", "gamma": 0},
        {"name": "binary_focal_crossentropy", "gamma": 0.5, "label_smoothing": 0.1},
        {"name": "categorical_focal_crossentropy", "from_logits": true, "gamma": 0.5},
        {"name": "categorical_focal_crossentropy", "gamma": 3, "label_smoothing": 0.3},
        {"name": "huber", "delta": 0.1}
    ]"#;
    let with_settings: Vec<Loss> = serde_json::from_str(settings).unwrap();
    Loss::ALL.into_iter().chain(with_settings).collect()
}

#[test]
fn gradients_are_slopes() {
    // Steps are whole powers of two, so that the outputs' own rounding does not matter.
    const STEP: f32 = 1.0 / 4096.0;
    for loss in losses() {
        let outputs = [0.25f32, 0.125, 0.5];
        let targets: &[f32] = match loss {
            Loss::SparseCategoricalCrossentropy { .. } => &[2.0],
            Loss::Hinge | Loss::SquaredHinge => &[0.0, 1.0, 1.0],
            _ => &[0.0, 0.75, 0.25],
        };
        let mut d = [f32::NAN; 3];
        loss.gradient(&outputs, targets, &mut d);
        for at in 0..3 {
            let moved = |by: f32| {
                let mut outputs = outputs;
                outputs[at] += by;
                loss.value(&outputs, targets)
            };
            let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
            assert!(
                (slope - f64::from(d[at])).abs() < 1e-4 * slope.abs().max(1.0),
                "{loss}[{at}]: {slope} {}",
                d[at]
            );
        }
    }
}

#[test]
fn not_a_number_shows_and_nothing_panics() {
    for loss in losses() {
        let targets = vec![1.0; loss.target_width(3)];
        let mut d = [0.0; 3];
        for at in 0..3 {
            let mut outputs = [0.2, 0.3, 0.5];
            outputs[at] = f32::NAN;
            assert!(loss.value(&outputs, &targets).is_nan(), "{loss}");
        }
        for outputs in [[0.0; 3], [1.0; 3], [f32::MAX; 3], [-1.0; 3], [f32::INFINITY; 3]] {
            loss.value(&outputs, &targets);
            loss.gradient(&outputs, &targets, &mut d);
            loss.logit_gradient(&outputs, &targets, &mut d);
        }
    }
}

#[test]
fn names_are_read_back() {
    for loss in Loss::ALL {
        assert_eq!(loss.to_string().parse::<Loss>().unwrap(), loss);
    }
    for loss in losses() {
        let json = serde_json::to_string(&loss).unwrap();
        assert_eq!(serde_json::from_str::<Loss>(&json).unwrap(), loss, "{json}");
    }
    for (short, name) in [
        ("bce", "binary_crossentropy"),
        ("MSE", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("kld", "kl_divergence"),
        ("KLDivergence", "kl_divergence"),
        ("logcosh", "log_cosh"),
        ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"),
    ] {
        assert_eq!(short.parse::<Loss>().unwrap().name(), name);
    }
    let error = "accuracy".parse::<Loss>().unwrap_err();
    assert!(
        error.to_string().contains("unknown loss 'accuracy'; the losses are binary_crossentropy"),
        "{error}"
    );
}

#[test]
fn settings_are_keras_s_and_unknown_ones_are_refused_by_name() {
    let read = |json: &str| serde_json::from_str::<Loss>(json).map_err(|error| error.to_string());
    assert_eq!(read(r#"{"name": "huber"}"#), Ok(Loss::Huber { delta: 1.0 }));
    assert_eq!(read(r#"{"name": "binary_focal_crossentropy"}"#), Ok(Loss::binary_focal_crossentropy()));
    // As earlier programs wrote it, and still as they wrote it.
    let old = r#"{"name":"binary_crossentropy","label_smoothing":0.0}"#;
    assert_eq!(read(old), Ok(Loss::default()));
    assert_eq!(serde_json::to_string(&Loss::default()).unwrap(), old);
    let sparse = r#"{"name":"sparse_categorical_crossentropy"}"#;
    assert_eq!(read(sparse), Ok(Loss::sparse_categorical_crossentropy()));
    assert_eq!(serde_json::to_string(&Loss::sparse_categorical_crossentropy()).unwrap(), sparse);
    for (json, word) in [
        (r#"{"name": "huber", "detla": 2}"#, "detla"),
        (r#"{"name": "poisson", "axis": 1}"#, "axis"),
        (r#"{"name": "hinge", "from_logits": true}"#, "from_logits"),
        (r#"{"name": "mean_squared_error", "label_smoothing": 0}"#, "label_smoothing"),
        (r#"{"name": "sparse_categorical_crossentropy", "label_smoothing": 0}"#, "label_smoothing"),
        (r#"{"name": "custom"}"#, "custom"),
    ] {
        let error = read(json).unwrap_err();
        assert!(error.contains(&format!("`{word}`")), "{json}: {error}");
    }
}

#[test]
fn what_a_loss_has_no_meaning_for_is_refused() {
    let sparse = Loss::sparse_categorical_crossentropy;
    let categorical = Loss::categorical_crossentropy;
    let huber = |delta| Loss::Huber { delta };
    let smoothed = |label_smoothing| Loss::BinaryCrossentropy { label_smoothing, from_logits: false };
    let focal = |alpha, gamma| Loss::CategoricalFocalCrossentropy {
        alpha,
        gamma,
        label_smoothing: 0.0,
        from_logits: false,
    };
    let ignoring = Loss::SparseCategoricalCrossentropy { from_logits: false, ignore_class: Some(-1) };
    let cases: [(Loss, &[f32], usize, ErrorKind, &str); 22] = [
        (smoothed(1.5), &[], 1, ErrorKind::Config, "label_smoothing 1.5; it must be from 0 to 1"),
        (smoothed(f64::NAN), &[], 1, ErrorKind::Config, "label_smoothing NaN"),
        (huber(0.0), &[], 1, ErrorKind::Config, "delta 0; it must be above 0"),
        (huber(f64::INFINITY), &[], 1, ErrorKind::Config, "delta inf"),
        (sparse(), &[0.0], 1, ErrorKind::Shape, "use binary_crossentropy"),
        (Loss::MeanSquaredError, &[], 0, ErrorKind::Shape, "at least 1 outputs"),
        (categorical(), &[1.0, 0.0, 0.0], 2, ErrorKind::Data, "there are 3, which is not a multiple"),
        (smoothed(0.0), &[1.0, 0.5, 1.1], 1, ErrorKind::Data, "row 2 has the target 1.1"),
        (sparse(), &[2.0, 3.0], 3, ErrorKind::Data, "row 1 has the target 3"),
        (sparse(), &[0.5], 3, ErrorKind::Data, "the number of a class, from 0 to 2"),
        (sparse(), &[-1.0], 3, ErrorKind::Data, "row 0 has the target -1"),
        (categorical(), &[0.0, 1.0, 1.0, 1.0], 2, ErrorKind::Data, "row 1 has targets that sum to 2"),
        (Loss::Poisson, &[1.0, -1.0], 2, ErrorKind::Data, "row 0 has the target -1"),
        (Loss::MeanAbsoluteError, &[f32::NAN], 1, ErrorKind::Data, "finite"),
        (focal(0.5, -1.0), &[], 2, ErrorKind::Config, "gamma -1; it must be at least 0 and finite"),
        (focal(f64::INFINITY, 1.0), &[], 2, ErrorKind::Config, "alpha inf"),
        (focal(2.0, 1.0), &[0.4, 0.4], 2, ErrorKind::Data, "sum to 0.8"),
        (Loss::CategoricalHinge, &[0.0], 1, ErrorKind::Shape, "at least 2 outputs"),
        (
            Loss::Hinge,
            &[1.0, 0.5],
            1,
            ErrorKind::Data,
            "row 1 has the target 0.5, but hinge needs the labels 0 and 1",
        ),
        (
            Loss::SquaredHinge,
            &[0.0, 1.0, -1.0, 0.0],
            2,
            ErrorKind::Data,
            "row 0 has the label 0 and row 1 the label -1",
        ),
        (
            ignoring,
            &[-1.0, -2.0],
            3,
            ErrorKind::Data,
            "row 1 has the target -2, but sparse_categorical_crossentropy needs the number of a class, from 0 to 2 for a model with 3 outputs, or the ignored class -1",
        ),
        (Loss::MeanSquaredLogarithmicError, &[-0.5], 1, ErrorKind::Data, "at least 0"),
    ];
    for (loss, targets, width, kind, message) in cases {
        let error = loss.check(targets, width).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    assert!(sparse().check(&[0.0, 2.0], 3).is_ok() && categorical().check(&[0.3, 0.7], 2).is_ok());
}

#[test]
fn class_weights_are_keras_s_and_balanced_ones_scikit_learn_s() {
    let golden = &golden()["class_weight"];
    let classes = floats(&golden["classes"]);
    let given = ClassWeight::Each(numbers(&golden["given"]));
    let targets = Targets::from(classes.clone());
    assert_eq!(given.weights(&targets).unwrap(), floats(&golden["weights"]));
    let one_hot = Targets::rows(4, floats(&golden["one_hot"])).unwrap();
    assert_eq!(given.weights(&one_hot).unwrap(), floats(&golden["one_hot_weights"]));
    let of_class = floats(&golden["balanced_classes"]);
    let wanted: Vec<f32> = classes.iter().map(|&class| of_class[class as usize]).collect();
    assert_eq!(ClassWeight::Balanced.weights(&targets).unwrap(), wanted);
}
