//! A high accuracy on imbalanced classes is not praised: what the majority class alone would reach stands beside it.

use crate::home::Home;
use crate::toy::{QUICK, table, trained};
use std::fs;

const LOPSIDED: [(&str, usize); 2] = [("ham", 190), ("spam", 10)];
const EVEN: [(&str, usize); 2] = [("ham", 100), ("spam", 100)];
/// A model that has learnt nothing but how frequent the labels are.
const IDLE: &str =
    "--epochs 3 --units 2 --embedding 2 --maxlen 4 --verbose 0 --no-baseline --learning-rate 0.01";

fn train(counts: &[(&str, usize)], options: &str) -> (Home, crate::home::Ran) {
    let home = Home::new();
    fs::write(home.path("mails.csv"), table(counts)).unwrap();
    let ran = home.run(&format!("train mails.csv {options}")).ok();
    (home, ran)
}

#[test]
fn the_majority_class_stands_beside_the_accuracy() {
    let (_, ran) = train(&LOPSIDED, IDLE);
    assert!(ran.stdout.contains("Baseline: majority class - Accuracy: 95.00%\n"), "{ran:#?}");
    assert!(
        ran.stdout.contains(
            "Balanced accuracy: 50.00% - Macro F1: 0.4872 - F1 of 'ham': 0.9744 - F1 of 'spam': 0.0000\n"
        ),
        "{ran:#?}"
    );
    assert_eq!(ran.test_results().1, 95.0, "the last line stays what it is");
}

#[test]
fn a_hint_names_the_rare_class_and_the_option() {
    let (_, ran) = train(&LOPSIDED, IDLE);
    assert!(ran.stderr.contains("'spam' is the label of 4.9 % of the training rows"), "{ran:#?}");
    assert!(ran.stderr.contains("try --class-weight balanced"), "{ran:#?}");
    let (_, ran) = train(&LOPSIDED, &format!("{IDLE} --class-weight balanced"));
    assert!(!ran.stderr.contains("--class-weight"), "who has taken the hint does not get it: {ran:#?}");
}

#[test]
fn a_model_that_predicts_one_class_only_is_called_so() {
    let (home, ran) = train(&LOPSIDED, IDLE);
    assert!(ran.stderr.contains("the model predicts 'ham' for every test row"), "{ran:#?}");
    let report = home.run("evaluate model.gatewise mails.csv").ok().stdout;
    assert!(report.contains("\nEvery row is predicted as 'ham'.\n"), "{report}");
    let (home, ran) = trained(&EVEN, "");
    assert!(!ran.stderr.contains("for every test row"), "{ran:#?}");
    // Rows of one class alone may well be predicted as one class.
    fs::write(home.path("one.csv"), "text,label\nrefund,ham\nrefund b,ham\nthanks,spam\n").unwrap();
    assert!(!home.run("evaluate model.gatewise one.csv").ok().stdout.contains("Every row"));
}

#[test]
fn even_classes_have_no_such_lines() {
    let (_, ran) = trained(&EVEN, "");
    for part in ["majority", "Balanced"] {
        assert!(!ran.stdout.contains(part), "{ran:#?}");
    }
    assert!(!ran.stderr.contains("--class-weight"), "{ran:#?}");
    // Six classes of like size: each has less than a fifth of the rows, and none is rare.
    let six = [("a", 20), ("b", 20), ("c", 20), ("d", 20), ("e", 20), ("f", 20)];
    let (_, ran) = train(&six, IDLE);
    assert!(!ran.stdout.contains("majority") && !ran.stderr.contains("--class-weight"), "{ran:#?}");
}

#[test]
fn one_rare_class_of_three_is_enough() {
    let (_, ran) = train(&[("a", 90), ("b", 80), ("c", 20)], IDLE);
    assert!(
        ran.stdout.contains("Baseline: majority class - Accuracy: 47.37%\nBalanced accuracy: "),
        "{ran:#?}"
    );
    assert!(ran.stderr.contains("'c' is the label of 10.2 % of the training rows"), "{ran:#?}");
}

#[test]
fn json_has_the_majority_class_always() {
    for (counts, share) in [(LOPSIDED, 0.95), (EVEN, 0.5)] {
        let (_, ran) = train(&counts, &format!("{IDLE} --format json"));
        let object = ran.json();
        let baselines = object["baselines"].as_array().unwrap();
        let majority = baselines.iter().find(|baseline| baseline["name"] == "majority class").unwrap();
        assert_eq!(majority["accuracy"], share, "{object:#}");
        assert!(object["report"]["balanced_accuracy"].is_f64(), "{object:#}");
    }
}

#[test]
fn a_report_has_the_scores_of_both_classes() {
    let (home, _) = trained(&LOPSIDED, "");
    let report = home.run("evaluate model.gatewise mails.csv").ok().stdout;
    for line in [
        "accuracy           1.0000",
        "majority class     0.9500",
        "balanced accuracy  1.0000",
        "macro F1           1.0000",
        "class     rows  precision   recall       F1",
        "ham        190     1.0000   1.0000   1.0000",
        "spam        10     1.0000   1.0000   1.0000",
    ] {
        assert!(report.lines().any(|found| found == line), "'{line}' is missing:\n{report}");
    }
    let object = home.run("evaluate model.gatewise mails.csv --format json").ok().json();
    assert_eq!(object["report"]["classes"].as_array().unwrap().len(), 2);
    assert_eq!(object["report"]["macro_average"]["f1"], 1.0);
}

#[test]
fn a_search_says_it_too() {
    let home = Home::new();
    fs::write(home.path("mails.csv"), table(&LOPSIDED)).unwrap();
    let ran = home.run("tune mails.csv --trials 1 -- --epochs 2 --units 2 --embedding 2 --maxlen 4").ok();
    assert!(ran.stdout.contains("Baseline: majority class - Accuracy: 95.00%\n"), "{ran:#?}");
    assert!(ran.stderr.contains("--class-weight balanced"), "{ran:#?}");
}

/// The baseline costs nothing, so that `--no-baseline` leaves it: see [`QUICK`].
#[test]
fn series_have_it_too() {
    assert!(QUICK.contains("--no-baseline"));
    let home = Home::new();
    let cases: String =
        (0..400).map(|row| format!("0,1,0:{}\n", ["well", "ill"][usize::from(row % 20 == 0)])).collect();
    fs::write(home.path("heart.ts"), format!("@univariate true\n@classLabel true ill well\n@data\n{cases}"))
        .unwrap();
    let ran = home.run("train heart.ts --epochs 2 --units 2 --verbose 0").ok();
    assert!(ran.stdout.contains("Baseline: majority class - Accuracy: 9"), "{ran:#?}");
    assert!(ran.stderr.contains("'ill' is the label of 5.0 % of the training rows"), "{ran:#?}");
}
