//! Metrics against scikit-learn, and against Keras where only Keras has them, to 1e-6.
//!
//! `golden/metrics.json` was made by `tools/golden/metrics.py` with the versions that it names.

use gatewise::ErrorKind;
use gatewise::metrics::*;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/metrics.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    let numbers: Vec<f64> = serde_json::from_value(value.clone()).unwrap();
    numbers.into_iter().map(|v| v as f32).collect()
}

fn assert_close(ours: f64, wanted: &Value, name: &str) {
    let wanted = wanted.as_f64().unwrap_or_else(|| panic!("{name} is not in the file"));
    assert!((ours - wanted).abs() <= 1e-6 * wanted.abs().max(1.0), "{name}: {ours} for {wanted}");
}

fn assert_matrix(matrix: &ConfusionMatrix, wanted: &Value, name: &str) {
    let wanted: Vec<Vec<u64>> = serde_json::from_value(wanted.clone()).unwrap();
    assert_eq!(matrix.len(), wanted.len());
    for (right, row) in wanted.iter().enumerate() {
        for (answer, &count) in row.iter().enumerate() {
            assert_eq!(matrix.count(right, answer), count, "{name}: {right} taken for {answer}");
        }
    }
}

#[test]
fn binary_metrics() {
    for case in golden()["binary"].as_array().unwrap() {
        let name = |metric: &str| format!("{}: {metric}", case["name"]);
        let (p, y) = (floats(&case["outputs"]), floats(&case["targets"]));
        let Report::Binary(report) = Report::binary(&p, &y, 0.5).unwrap() else { panic!("another report") };
        assert_close(report.accuracy, &case["accuracy"], &name("accuracy"));
        assert_close(binary_accuracy(&p, &y, 0.5).unwrap(), &case["accuracy"], &name("accuracy"));
        assert_close(report.scores.precision, &case["precision"], &name("precision"));
        assert_close(report.scores.recall, &case["recall"], &name("recall"));
        assert_close(report.scores.f1, &case["f1"], &name("f1"));
        assert_close(report.roc_auc.unwrap(), &case["roc_auc"], &name("roc_auc"));
        assert_close(
            report.average_precision.unwrap(),
            &case["average_precision"],
            &name("average precision"),
        );
        assert_close(report.log_loss, &case["log_loss"], &name("log loss"));
        assert_close(report.brier_score, &case["brier"], &name("brier"));
        assert_matrix(&report.confusion_matrix, &case["confusion"], &name("confusion"));
        let calibration = Calibration::new(&p, &y, 10).unwrap();
        assert_close(calibration.expected_error, &case["ece"], &name("ece"));
        assert_close(calibration.brier_score, &case["brier"], &name("brier"));
        let curve = [&case["curve_share"], &case["curve_mean"], &case["curve_counts"]];
        assert_eq!(calibration.bins.len(), curve[0].as_array().unwrap().len());
        for (at, bin) in calibration.bins.iter().enumerate() {
            assert_close(bin.observed, &curve[0][at], &name("curve"));
            assert_close(bin.predicted, &curve[1][at], &name("curve"));
            assert_eq!(bin.count as u64, curve[2][at].as_u64().unwrap(), "{}", name("curve"));
        }
    }
}

#[test]
fn metrics_of_classes() {
    for case in golden()["multi"].as_array().unwrap() {
        let name = |metric: &str| format!("{}: {metric}", case["name"]);
        let width = case["width"].as_u64().unwrap() as usize;
        let (p, y) = (floats(&case["outputs"]), floats(&case["targets"]));
        let Report::Classes(report) = Report::classes(&p, &y, width).unwrap() else {
            panic!("another report")
        };
        assert_close(report.accuracy, &case["accuracy"], &name("accuracy"));
        assert_close(report.log_loss, &case["log_loss"], &name("log loss"));
        assert_close(perplexity(&p, &y, width).unwrap(), &case["perplexity"], &name("perplexity"));
        assert_matrix(&report.confusion_matrix, &case["confusion"], &name("confusion"));
        for k in [1, 2, 3] {
            let key = format!("top_{k}");
            assert_close(top_k_accuracy(&p, &y, width, k).unwrap(), &case[&key], &name(&key));
        }
        let one_hot: Vec<f32> = y
            .iter()
            .flat_map(|&y| (0..width).map(move |class| f32::from(u8::from(class == y as usize))))
            .collect();
        assert_close(
            categorical_accuracy(&p, &one_hot, width).unwrap(),
            &case["accuracy"],
            &name("accuracy"),
        );
        assert_close(sparse_categorical_accuracy(&p, &y, width).unwrap(), &case["accuracy"], &name("sparse"));
        let matrix = &report.confusion_matrix;
        for (key, average) in
            [("macro", Average::Macro), ("micro", Average::Micro), ("weighted", Average::Weighted)]
        {
            let scores = matrix.average(average);
            for (at, score) in [scores.precision, scores.recall, scores.f1].into_iter().enumerate() {
                assert_close(score, &case[key][at], &name(key));
            }
        }
        for (class, scores) in report.classes.iter().enumerate() {
            for (at, score) in [scores.precision, scores.recall, scores.f1].into_iter().enumerate() {
                assert_close(score, &case["each"][at][class], &name("each"));
            }
        }
    }
}

#[test]
fn metrics_of_values() {
    let case = &golden()["regression"];
    let (p, y) = (floats(&case["outputs"]), floats(&case["targets"]));
    assert_close(mean_absolute_error(&p, &y).unwrap(), &case["mae"], "mae");
    assert_close(root_mean_squared_error(&p, &y).unwrap(), &case["rmse"], "rmse");
    let percent = mean_absolute_percentage_error(&p[4..], &y[4..]).unwrap();
    assert_close(percent, &case["mape_keras"], "mape");
    assert_close(percent / 100.0, &case["mape_sklearn"], "mape");
    let error = mean_absolute_percentage_error(&p, &y).unwrap_err();
    assert!(error.to_string().starts_with("row 3 has the target 0"), "{error}");
    let Report::Regression(report) = Report::regression(&p, &y).unwrap() else { panic!("another report") };
    assert_eq!(report.mean_absolute_percentage_error, None);
}

/// A million rows: counts are whole numbers, and the area is that of the definition.
#[test]
fn many_rows_and_ties() {
    let p: Vec<f32> =
        (0..1_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32 / 4096.0).collect();
    let y: Vec<f32> = (0..1_000_000).map(|i| (i % 2) as f32).collect();
    let swapped: Vec<f32> = y.iter().map(|y| 1.0 - y).collect();
    let (auc, other) = (roc_auc(&p, &y).unwrap(), roc_auc(&p, &swapped).unwrap());
    assert!((auc + other - 1.0).abs() < 1e-15, "{auc} {other}");
    assert_eq!(roc_auc(&y, &y).unwrap(), 1.0);
    assert_eq!(roc_auc(&vec![0.5; y.len()], &y).unwrap(), 0.5);
    assert_eq!(average_precision(&vec![0.5; y.len()], &y).unwrap(), 0.5);
}

#[test]
fn what_is_undefined_is_refused() {
    let data = |error: gatewise::Error, message: &str| {
        assert_eq!(error.kind(), ErrorKind::Data, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    };
    data(roc_auc(&[0.1, 0.2], &[1.0, 1.0]).unwrap_err(), "all 2 rows are positive, and none is negative");
    data(average_precision(&[0.1], &[0.0]).unwrap_err(), "all 1 rows are negative, and none is positive");
    data(roc_auc(&[], &[]).unwrap_err(), "no rows");
    data(roc_auc(&[f32::NAN, 0.0], &[1.0, 0.0]).unwrap_err(), "row 0 has the output NaN");
    data(binary_accuracy(&[0.0], &[f32::INFINITY], 0.5).unwrap_err(), "row 0 has the target inf");
    data(sparse_categorical_accuracy(&[0.5; 4], &[0.0, 2.0], 2).unwrap_err(), "row 1 has the target 2");
    data(top_k_accuracy(&[0.5; 4], &[0.5, 1.0], 2, 1).unwrap_err(), "row 0 has the target 0.5");
    data(log_loss(&[1.5], &[1.0], 1).unwrap_err(), "probabilities are from 0 to 1");
    data(brier_score(&[-0.5], &[1.0]).unwrap_err(), "probabilities are from 0 to 1");
    data(Calibration::new(&[2.0], &[1.0], 10).unwrap_err(), "probabilities are from 0 to 1");
    data(ConfusionMatrix::new(2, [(0, 0), (1, 2)]).unwrap_err(), "row 1 has class 1 and is predicted as 2");
    data(ConfusionMatrix::new(2, []).unwrap_err(), "no rows");
    let shape = |error: gatewise::Error| assert_eq!(error.kind(), ErrorKind::Shape, "{error}");
    shape(roc_auc(&[0.5; 3], &[1.0, 0.0]).unwrap_err());
    shape(categorical_accuracy(&[0.5; 3], &[1.0; 3], 2).unwrap_err());
    shape(categorical_accuracy(&[], &[], 0).unwrap_err());
    for bins in [0, 1001, usize::MAX] {
        assert_eq!(Calibration::new(&[0.5], &[1.0], bins).unwrap_err().kind(), ErrorKind::Config);
    }
    let Report::Binary(report) = Report::binary(&[0.25, 0.5], &[1.0, 1.0], 0.5).unwrap() else {
        panic!("another report")
    };
    assert_eq!((report.roc_auc, report.average_precision), (None, None));
    assert!(report.to_string().contains("ROC-AUC            undefined: all rows are of one class"));
}

#[test]
fn reports_print_and_are_read_back() {
    let labels = ["ham", "spam"].map(String::from);
    let report =
        Report::binary(&[0.25, 0.75, 0.5, 0.875], &[0.0, 0.0, 1.0, 1.0], 0.5).unwrap().with_labels(&labels);
    let text = "\
rows               4
threshold          0.5000
positive class     spam
accuracy           0.5000
balanced accuracy  0.5000
precision          0.5000
recall             0.5000
F1                 0.5000
macro F1           0.5000
ROC-AUC            0.7500
PR-AUC             0.8333
log loss           0.6252
Brier score        0.2227

class     rows  precision   recall       F1
ham          2     0.5000   0.5000   0.5000
spam         2     0.5000   0.5000   0.5000

actual \\ predicted  ham  spam
ham                   1     1
spam                  1     1
";
    assert_eq!(report.to_string(), text);
    let p = [0.75, 0.125, 0.125, 0.25, 0.5, 0.25, 0.5, 0.25, 0.25];
    let classes = Report::classes(&p, &[0.0, 1.0, 2.0], 3).unwrap();
    let text = "\
rows               3
accuracy           0.6667
balanced accuracy  0.6667
top-2 accuracy     1.0000
macro F1           0.5556
micro F1           0.6667
log loss           0.7890

class     rows  precision   recall       F1
0            1     0.5000   1.0000   0.6667
1            1     1.0000   1.0000   1.0000
2            1     0.0000   0.0000   0.0000

actual \\ predicted  0  1  2
0                   1  0  0
1                   0  1  0
2                   1  0  0
";
    assert_eq!(classes.to_string(), text);
    let language = Report::language_model(&[0.25; 8], &[0.0, 3.0], 4).unwrap();
    assert!(language.to_string().contains("perplexity         4.0000"), "{language}");
    for report in [report, classes, language, Report::regression(&[1.0], &[0.0]).unwrap()] {
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report, "{json}");
    }
}
