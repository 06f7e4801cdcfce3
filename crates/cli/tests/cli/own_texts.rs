//! A file of one's own: CSV and TSV, columns guessed or named, two classes and more.

use crate::home::Home;
use std::fs;

/// Questions of three kinds, the kind told by one word; columns in an odd order.
fn questions(rows: usize) -> String {
    let line = |row: usize| {
        let (kind, word) = [("place", "where"), ("person", "who"), ("time", "when")][row % 3];
        format!("{row},{kind},\"so, {word} is thing {}\"\n", row * 7 % 10)
    };
    format!("id,category,question\n{}", (0..rows).map(line).collect::<String>())
}

#[test]
fn a_file_of_three_classes_from_training_to_answer() {
    let home = Home::new();
    fs::write(home.path("train.csv"), questions(300)).unwrap();
    fs::write(home.path("test.csv"), questions(30)).unwrap();
    let ran = home
        .run("train train.csv --test test.csv --epochs 20 --learning-rate 0.01 --units 8 --embedding 8")
        .ok();
    assert_eq!(ran.test_results().1, 100.0, "{ran:#?}");
    assert!(ran.stderr.contains("note: texts are taken from the column 'question', labels from 'category'"));
    assert!(ran.stdout.contains("train.csv, 300 training and 30 test rows"), "{ran:#?}");
    assert!(ran.stdout.contains("Baseline: bag of words (NB-SVM, unigrams) - Accuracy: 100.00%"), "{ran:#?}");
    let answers = home.run("predict model.gatewise when --format json").ok().json();
    assert_eq!(answers["label"], "time");
    assert_eq!(answers["probabilities"].as_object().unwrap().len(), 3);
    // Every row of a file is tested; labels are told by name, whichever of them the file has.
    let two = questions(30).lines().filter(|line| !line.contains("person")).collect::<Vec<_>>().join("\n");
    fs::write(home.path("two.csv"), two).unwrap();
    let tested = home.run("evaluate model.gatewise two.csv --format json").ok().json();
    assert_eq!((tested["samples"].as_u64(), tested["accuracy"].as_f64()), (Some(20), Some(1.0)));
    fs::write(home.path("other.csv"), "text,label\nwhy,reason\nwho,person\n").unwrap();
    home.run("evaluate model.gatewise other.csv")
        .failed(1, &["does not know the label 'reason'", "knows person, place, time"]);
    home.run("bench model.gatewise test.csv").ok();
}

#[test]
fn rows_are_held_out_and_two_classes_have_a_threshold() {
    let home = Home::new();
    let rows: String =
        (0..200).map(|row| format!("{}\tword {}\n", ["no", "yes"][row / 100], row / 100)).collect();
    fs::write(home.path("a.tsv"), format!("y\tx\n{rows}")).unwrap();
    let ran = home
        .run("train a.tsv --text-column x --epochs 6 --units 4 --embedding 4 --threshold f1 --format json")
        .ok();
    let object = ran.json();
    assert_eq!(object["test_accuracy"], 1.0, "rows ordered by label are shuffled before any are kept");
    assert!(ran.stderr.contains("20 of 200 rows, drawn by chance, are kept to test on"), "{ran:#?}");
    assert!(object["threshold"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_is_wrong_with_a_file_or_its_options_is_said() {
    let home = Home::new();
    fs::write(home.path("a.csv"), questions(12)).unwrap();
    fs::write(home.path("bad.csv"), "text,label\nx,y\nz\n").unwrap();
    fs::write(home.path("one.csv"), "text,label\nx,y\nz,y\n").unwrap();
    home.run("train none.csv").failed(1, &["cannot read none.csv"]);
    home.run("train bad.csv").failed(1, &["bad.csv:3: "]);
    home.run("train one.csv").failed(1, &["every row has the label 'y' in the column label"]);
    home.run("train a.csv --label-column kind")
        .failed(1, &["a.csv:1: there is no column 'kind'; the columns are id, category, question"]);
    home.run("train a.csv --threshold 0.4").failed(2, &["decides between two classes, but a.csv has 3"]);
    home.run("train reviews --test a.csv").failed(2, &["--test goes with a .csv or .tsv file", "reviews"]);
    home.run("evaluate m.gatewise reviews --text-column x").failed(1, &["m.gatewise"]);
    home.run("train reviews --label-column x").failed(2, &["--label-column goes with"]);
    assert_eq!(home.files(), ["a.csv", "bad.csv", "one.csv"], "nothing half-made is left");
}
