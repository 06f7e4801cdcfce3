//! Metrics that accumulate over batches, against the real Keras; and metrics during a run.
//!
//! The numbers in `golden/running_metrics.json` were made by `tools/golden/running_metrics.py`.

use gatewise::ErrorKind;
use gatewise::metrics::{Metric, MetricResult, MetricState};
use serde_json::{Value, json};

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

#[test]
fn every_metric_is_that_of_keras_after_every_batch() {
    let all: Value = serde_json::from_str(include_str!("golden/running_metrics.json")).unwrap();
    let cuts: Vec<usize> = serde_json::from_value(all["cuts"].clone()).unwrap();
    let weights = floats(&all["weights"]);
    let (mut seen, mut unknown) = (0, Vec::new());
    for case in all["cases"].as_array().unwrap() {
        let metric = match Metric::from_json(case["metric"].clone()) {
            Ok(metric) => metric,
            Err(e) => {
                unknown.push(format!("{}: {e}", case["metric"]["name"]));
                continue;
            }
        };
        assert_eq!(Metric::from_json(metric.config()).unwrap(), metric);
        let rows = &all["rows"][case["rows"].as_str().unwrap()];
        let (outputs, targets) = (floats(&rows["outputs"]), floats(&rows["targets"]));
        let width = rows["width"].as_u64().unwrap() as usize;
        let target_width = targets.len() / (outputs.len() / width);
        let weighted = case["weighted"] == true;
        let batch = |state: &mut MetricState, from: usize, to: usize| {
            let outputs = &outputs[from * width..to * width];
            let targets = &targets[from * target_width..to * target_width];
            state.update(outputs, targets, width, weighted.then(|| &weights[from..to])).unwrap();
        };
        let (mut state, mut parts) = (MetricState::new(&metric), Vec::new());
        for (at, cut) in cuts.windows(2).enumerate() {
            batch(&mut state, cut[0], cut[1]);
            let mut part = MetricState::new(&metric);
            batch(&mut part, cut[0], cut[1]);
            parts.push(part);
            let result = state.result().unwrap();
            let golden: Vec<f64> = serde_json::from_value(case["results"][at].clone()).unwrap();
            assert_eq!(result.numbers().len(), golden.len(), "{case}");
            assert_eq!(matches!(result, MetricResult::Number(_)), case["scalar"] == true, "{case}");
            for (own, golden) in result.numbers().iter().zip(&golden) {
                let near = (own - golden).abs() <= 3e-6 * golden.abs().max(1.0);
                assert!(near || own.is_nan() && golden.is_nan(), "{own}, but Keras has {golden}: {case}");
            }
        }
        // The states of parts add up, and how rows are cut into batches does not matter.
        let mut once = MetricState::new(&metric);
        batch(&mut once, 0, *cuts.last().unwrap());
        assert_eq!(once, state, "{case}");
        let merged = parts.into_iter().reduce(|mut sum, part| {
            sum.merge(&part).unwrap();
            sum
        });
        for (merged, own) in
            merged.unwrap().result().unwrap().numbers().iter().zip(state.result().unwrap().numbers())
        {
            assert!((merged - own).abs() < 1e-12 || own.is_nan(), "{case}");
        }
        state.reset();
        assert_eq!(state, MetricState::new(&metric));
        seen += 1;
    }
    assert_eq!(unknown, [""; 0], "{seen} seen");
}

#[test]
fn figures_worked_by_hand() {
    let result = |metric: Value, outputs: &[f32], targets: &[f32], width: usize, weights: Option<&[f32]>| {
        let mut state = MetricState::new(&Metric::from_json(metric).unwrap());
        state.update(outputs, targets, width, weights).unwrap();
        state.result().unwrap().numbers().to_vec()
    };
    let (p, y) = ([0.0, 0.5, 0.3, 0.9], [0.0, 0.0, 1.0, 1.0]);
    // With thresholds near 0, ½ and 1, by trapezoids: true rates 1, ½, 0 and false rates 1, 0, 0.
    assert_eq!(result(json!({"name": "AUC", "num_thresholds": 3}), &p, &y, 1, None), [0.75]);
    assert_eq!(result(json!("precision"), &p, &y, 1, None), [1.0]);
    assert_eq!(result(json!("recall"), &p, &y, 1, None), [0.5]);
    assert_eq!(result(json!("recall"), &p, &y, 1, Some(&[1.0, 1.0, 1.0, 3.0])), [0.75]);
    assert_eq!(result(json!("false_negatives"), &p, &y, 1, Some(&[1.0, 1.0, 2.5, 3.0])), [2.5]);
    assert_eq!(result(json!("mean"), &[1.0, 3.0, 5.0, 7.0], &[], 1, Some(&[1.0, 1.0, 0.0, 0.0])), [2.0]);
    assert_eq!(result(json!("sum"), &[1.0, 3.0, 5.0, 7.0], &[], 2, None), [16.0]);
    assert_eq!(result(json!("mse"), &[1.0, 3.0], &[0.0, 0.0], 1, Some(&[1.0, 3.0])), [7.0]);
    // Two classes, each once right and once wrong: 1 / (1 + 1 + 1).
    let iou = result(
        json!({"name": "MeanIoU", "num_classes": 2}),
        &[0.0, 1.0, 0.0, 1.0],
        &[0.0, 0.0, 1.0, 1.0],
        1,
        None,
    );
    assert!((iou[0] - 1.0 / 3.0).abs() < 1e-6);
    // `accuracy` depends on the widths.
    assert_eq!(result(json!("accuracy"), &[0.2, 0.7], &[0.0, 0.0], 1, None), [0.5]);
    assert_eq!(result(json!("acc"), &[0.2, 0.7, 0.9, 0.1], &[1.0, 1.0], 2, None), [0.5]);
    assert_eq!(result(json!("accuracy"), &[0.2, 0.7, 0.9, 0.1], &[0.0, 1.0, 0.0, 1.0], 2, None), [0.5]);
    // Before any row.
    assert_eq!(MetricState::new(&"auc".parse().unwrap()).result().unwrap().number(), 0.0);
}

#[test]
fn names_of_both_forms_and_what_is_refused() {
    for (a, b) in [
        ("MeanSquaredError", "mean_squared_error"),
        ("AUC", "auc"),
        ("F1Score", "f1_score"),
        ("R2Score", "r2_score"),
        ("TopKCategoricalAccuracy", "top_k_categorical_accuracy"),
        ("SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy"),
        ("RootMeanSquaredError", "root_mean_squared_error"),
    ] {
        let [a, b] = [a, b].map(|name| name.parse::<Metric>().unwrap());
        assert_eq!(a, b);
        assert_eq!(a.label(), a.name());
    }
    let short: Metric = "mse".parse().unwrap();
    assert_eq!((short.label(), short.name()), ("mse", "mean_squared_error"));
    assert_eq!(serde_json::to_value(&short).unwrap(), json!({"name": "mean_squared_error", "label": "mse"}));
    assert_eq!(serde_json::from_value::<Metric>(json!("mse")).unwrap(), short);
    assert_ne!("Accuracy".parse::<Metric>().unwrap(), "accuracy".parse().unwrap());
    let refused = |metric: Value, found: &str| {
        let error = Metric::from_json(metric).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(found), "{error}");
    };
    refused(json!("speed"), "unknown variant `speed`");
    refused(json!({"name": "AUC", "treshold": 1}), "treshold");
    refused(json!({"name": "mse", "k": 1}), "k");
    refused(json!({"name": "precision", "thresholds": [0.5, 1.5]}), "1.5");
    refused(json!({"name": "auc", "num_thresholds": 1}), "num_thresholds is 1");
    refused(json!({"name": "fbeta_score", "beta": 0}), "beta is 0");
    refused(json!({"threshold": 0.5}), "needs a name");
    refused(json!(3), "a name or an object");
    let mut state = MetricState::new(&"categorical_accuracy".parse().unwrap());
    assert_eq!(state.update(&[0.5; 6], &[1.0; 2], 3, None).unwrap_err().kind(), ErrorKind::Data);
    assert_eq!(state.update(&[0.5; 5], &[1.0; 2], 3, None).unwrap_err().kind(), ErrorKind::Shape);
    state.update(&[0.5; 6], &[1.0; 6], 3, None).unwrap();
    assert_eq!(state.update(&[0.5; 6], &[1.0; 6], 2, None).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(state.update(&[0.5; 6], &[1.0; 6], 3, Some(&[1.0])).unwrap_err().kind(), ErrorKind::Shape);
    let mut state = MetricState::new(&Metric::from_json(json!({"name": "recall", "class_id": 3})).unwrap());
    assert_eq!(state.update(&[0.5; 6], &[1.0; 6], 3, None).unwrap_err().kind(), ErrorKind::Data);
}
