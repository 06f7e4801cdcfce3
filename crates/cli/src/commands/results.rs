//! Metrics as lines of text.

use gatewise::metrics::{Evaluation, LabelsReport, RegressionReport, Report};
use gatewise_pipeline::{Baseline, TrainOutcome};

/// Returns the last line of a run.
pub(super) fn test_results(evaluation: &Evaluation) -> String {
    let accuracy = evaluation.accuracy.map(|share| format!(" - Accuracy: {:.2}%", 100.0 * share));
    format!("Test results - Loss: {:.4}{}", evaluation.loss, accuracy.unwrap_or_default())
}

/// Returns the last line of a run, with the metrics of the task in place of the accuracy.
pub(super) fn results(evaluation: &Evaluation, report: &Report) -> String {
    match figures(report) {
        Some(figures) => format!("Test results - Loss: {:.4} - {figures}", evaluation.loss),
        None => test_results(evaluation),
    }
}

/// Returns a line for each baseline and the test results; without test rows, an empty text.
pub(super) fn tested(outcome: &TrainOutcome) -> String {
    let imbalanced = outcome.report.as_ref().is_some_and(Report::is_imbalanced);
    let baselines = outcome.baselines.iter().filter(|baseline| imbalanced || !baseline.is_majority());
    let baselines: String = baselines.map(baseline).collect();
    let balanced = outcome.report.as_ref().filter(|_| imbalanced).and_then(balanced).unwrap_or_default();
    let results = outcome.evaluation.zip(outcome.report.as_ref());
    let results = results.map(|(evaluation, report)| results_line(&evaluation, report));
    format!("{baselines}{balanced}{}", results.unwrap_or_default())
}

/// Returns the line of the metrics that an imbalance of the classes does not flatter.
fn balanced(report: &Report) -> Option<String> {
    let (accuracy, f1, each) = match report {
        Report::Binary(report) => {
            let each = report.labels.iter().zip(&report.classes);
            let each: String =
                each.map(|(label, scores)| format!(" - F1 of '{label}': {:.4}", scores.f1)).collect();
            (report.balanced_accuracy, report.macro_average.f1, each)
        }
        Report::Classes(report) => (report.balanced_accuracy, report.macro_average.f1, String::new()),
        _ => return None,
    };
    Some(format!("Balanced accuracy: {:.2}% - Macro F1: {f1:.4}{each}\n", 100.0 * accuracy))
}

fn results_line(evaluation: &Evaluation, report: &Report) -> String {
    format!("{}\n", results(evaluation, report))
}

fn baseline(baseline: &Baseline) -> String {
    let accuracy = baseline.accuracy.map(|share| format!("Accuracy: {:.2}%", 100.0 * share));
    let score = accuracy.or_else(|| baseline.report.as_ref().and_then(figures));
    format!("Baseline: {} - {}\n", baseline.name, score.unwrap_or_default())
}

/// Returns the metrics of a task whose main metric is not accuracy.
fn figures(report: &Report) -> Option<String> {
    match report {
        Report::Labels(LabelsReport { exact_matches, micro_average, macro_average, .. }) => Some(format!(
            "Exact matches: {:.2}% - Micro F1: {:.4} - Macro F1: {:.4}",
            100.0 * exact_matches,
            micro_average.f1,
            macro_average.f1
        )),
        Report::Regression(RegressionReport { mean_absolute_error, root_mean_squared_error, r2, .. }) => {
            let r2 = r2.map_or("undefined".to_owned(), |r2| format!("{r2:.4}"));
            Some(format!("MAE: {mean_absolute_error:.4} - RMSE: {root_mean_squared_error:.4} - R²: {r2}"))
        }
        _ => None,
    }
}
