//! Notes on imbalanced classes: whether a high accuracy is worth something.

use crate::choices::Preset;
use crate::observer::Observer;
use crate::parts::Parts;
use crate::plan::TrainPlan;
use gatewise::Artifact;
use gatewise::metrics::{ClassCounts, Report};
use gatewise::rows::Problem;

/// Notes that a model predicts one class for every test row, and that a class is rare among the training rows.
pub(crate) fn note(
    plan: &TrainPlan,
    artifact: &Artifact,
    parts: &Parts,
    report: Option<&Report>,
    observer: &mut dyn Observer,
) {
    if *artifact.problem() != Problem::SingleLabel || artifact.labels().is_empty() {
        return;
    }
    let labels = artifact.labels();
    let only = report.and_then(Report::confusion_matrix).and_then(|matrix| matrix.only_prediction());
    if let Some(label) = only.and_then(|class| labels.get(class)) {
        observer.note(&format!("the model predicts '{label}' for every test row"));
    }
    if are_quantities(labels) {
        return;
    }
    let counts = ClassCounts::of(parts.training.targets().values(), labels.len());
    let rare = counts.rarest().filter(|_| counts.is_imbalanced() && plan.config().class_weight.is_none());
    if let Some((rare, label)) = rare.and_then(|rare| Some((rare, labels.get(rare)?))) {
        let what_to_do = match plan.preset() {
            // The accurate preset takes no class weights.
            Some(Preset::Accurate) => "",
            _ => ", and try --class-weight balanced",
        };
        observer.note(&format!(
            "'{label}' is the label of {:.1} % of the training rows, so a high accuracy alone means little: look at the \
             balanced accuracy and at the F1 of each class{what_to_do}",
            100.0 * counts.share(rare)
        ));
    }
}

/// Returns whether the labels are many numbers, which are for regression rather than imbalanced classes.
fn are_quantities(labels: &[String]) -> bool {
    const MANY: usize = 20;
    let is_number = |label: &String| label.replace(',', ".").parse::<f64>().is_ok();
    labels.len() > MANY && labels.iter().all(is_number)
}
