//! A model remembers the columns that it was trained on.

use crate::home::Home;
use std::fs;

const LEARN: &str = "--epochs 12 --units 8 --embedding 8 --learning-rate 0.02 --dropout 0 --no-baseline";

/// A model of the column `body`, whose label is in `verdict`.
fn trained() -> Home {
    let home = Home::new();
    fs::write(home.path("a.csv"), rows("body,verdict", |said, verdict, _| format!("{said},{verdict}")))
        .unwrap();
    home.run(&format!("train a.csv --text-column body --label-column verdict {LEARN}")).ok();
    home
}

fn rows(header: &str, line: impl Fn(String, &str, usize) -> String) -> String {
    let line = |row: usize| {
        let (said, verdict) = (["good", "bad"][row % 2], ["yes", "no"][row % 2]);
        line(format!("it is {said} film {row}"), verdict, row) + "\n"
    };
    format!("{header}\n{}", (0..80).map(line).collect::<String>())
}

/// A file in which another column looks more like texts, and another more like labels.
fn decoys(text: &str, label: &str) -> String {
    rows(&format!("text,{text},label,{label}"), |said, verdict, row| {
        format!(
            "a long text that has nothing to do with it {row},{said},{},{verdict}",
            ["no", "yes"][row / 2 % 2]
        )
    })
}

#[test]
fn evaluate_and_predict_use_the_columns_of_training() {
    let home = trained();
    for (text, label) in [("body", "verdict"), ("Body", "VERDICT"), ("BODY ", "verdict ")] {
        fs::write(home.path("b.csv"), decoys(text, label)).unwrap();
        let ran = home.run("evaluate model.gatewise b.csv --format json").ok();
        assert_eq!(ran.json()["accuracy"], 1.0, "{text}: {ran:#?}");
        let ran = home.run("predict model.gatewise b.csv -o answers.csv").ok();
        assert!(
            ran.stderr.contains(&format!("texts are taken from the column '{}'", text.trim())),
            "{ran:#?}"
        );
        let answers = fs::read_to_string(home.path("answers.csv")).unwrap();
        let wrong = answers.lines().skip(1).filter(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            fields[3] != fields[4]
        });
        assert_eq!(wrong.count(), 0, "{answers}");
    }
}

#[test]
fn what_is_used_instead_is_said() {
    let home = trained();
    fs::write(home.path("b.csv"), decoys("other", "mark")).unwrap();
    let texts = "the model was trained on texts from 'body', but this file has no 'body'; texts are taken from 'text'; --text-column \
                 names another column";
    let labels = "the model was trained on labels from 'verdict', but this file has no 'verdict'; labels are taken from 'label'";
    let ran = home.run("evaluate model.gatewise b.csv").ok();
    assert!(ran.stderr.contains(texts) && ran.stderr.contains(labels), "{ran:#?}");
    let ran = home.run("predict model.gatewise b.csv -o answers.csv").ok();
    assert!(ran.stderr.contains(texts), "{ran:#?}");
    // Columns that are named are not guessed.
    let ran =
        home.run("evaluate model.gatewise b.csv --text-column other --label-column mark --format json").ok();
    assert!(!ran.stderr.contains("was trained on"), "{ran:#?}");
    assert_eq!(ran.json()["accuracy"], 1.0);
}

#[test]
fn a_file_to_test_on_is_read_as_the_file_to_train_on() {
    let home = trained();
    fs::write(home.path("b.csv"), decoys("body", "verdict")).unwrap();
    let ran = home.run(&format!("train a.csv --test b.csv --validation b.csv {LEARN}")).ok();
    assert_eq!(ran.test_results().1, 100.0, "{ran:#?}");
    // In the other direction the columns that look best are those of training, and the test file lacks them.
    let ran = home.run(&format!("train b.csv --test a.csv --text-column text --label-column label {LEARN}"));
    ran.failed(1, &["a.csv:1: there is no column 'text'; the columns are body, verdict"]);
}

#[test]
fn the_model_that_comes_with_the_program_has_no_columns() {
    let home = Home::new();
    fs::write(home.path("a.csv"), "n,words\n1,a fine film\n2,a dull film\n").unwrap();
    let ran = home.run("predict a.csv -o answers.csv").ok();
    assert!(!ran.stderr.contains("was trained on"), "{ran:#?}");
}
