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
    assert!(ran.stdout.contains("train.csv, 240 training, 60 validation and 30 test rows"), "{ran:#?}");
    assert!(ran.stdout.contains("Baseline: bag of words (NB-SVM, unigrams) - Accuracy: 100.00%"), "{ran:#?}");
    let answers = home.run("predict model.gatewise when --format json").ok().json();
    assert_eq!(answers["label"], "time");
    assert_eq!(answers["probabilities"].as_object().unwrap().len(), 3);
    // Every row of a file is tested; labels are told by name, whichever of them the file has.
    let two = questions(30).lines().filter(|line| !line.contains("person")).collect::<Vec<_>>().join("\n");
    fs::write(home.path("two.csv"), two).unwrap();
    let tested = home.run("evaluate model.gatewise two.csv --format json").ok().json();
    assert_eq!((tested["test_rows"].as_u64(), tested["accuracy"].as_f64()), (Some(20), Some(1.0)));
    fs::write(home.path("other.csv"), "text,label\nwhy,reason\nwho,person\n").unwrap();
    home.run("evaluate model.gatewise other.csv")
        .failed(1, &["does not have the label 'reason'", "its labels are person, place, time"]);
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
    assert_eq!(object["accuracy"], 1.0, "rows ordered by label are shuffled before any are kept");
    assert!(
        ran.stderr.contains("20 of 200 rows, drawn at random from each label, are held out for testing"),
        "{ran:#?}"
    );
    assert!(object["threshold"].as_f64().unwrap() > 0.0);
}

/// The tokenizer and the vocabulary travel in the model.
#[test]
fn texts_are_cut_as_asked() {
    let home = Home::new();
    fs::write(home.path("train.csv"), questions(120)).unwrap();
    let words = r#"{"?": 0, "wh": 1, "ere": 2, "o": 3, "en": 4, "so": 5, "is": 6, "thing": 7}"#;
    let file = format!(
        r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {{"type": "Whitespace"}}, "post_processor": null, "decoder": null, "model": {{"type":
        "WordPiece", "unk_token": "?", "continuing_subword_prefix": "", "max_input_chars_per_word": 9,
        "vocab": {words}}}}}"#
    );
    fs::write(home.path("pieces.json"), file).unwrap();
    for (tokenizer, text, oov) in [
        ("unicode", "who’s where", [2, 1]),
        ("characters", "who?", [4, 1]),
        ("pieces.json", "where what", [3, 0]),
    ] {
        let settings = "--epochs 12 --learning-rate 0.01 --units 8 --embedding 8 --no-baseline";
        home.run(&format!("train train.csv --tokenizer {tokenizer} {settings}")).ok();
        let mut command = home.command(["predict", "model.gatewise", "--format", "json", text]);
        let answer = crate::home::Ran::new(tokenizer, command.output().unwrap()).ok().json();
        assert_eq!(
            [&answer["words"], &answer["oov"]],
            [&oov[0].into(), &serde_json::Value::from(oov[1])],
            "{answer}"
        );
        let tested = home.run("evaluate model.gatewise train.csv --format json").ok().json();
        // Characters take longer to learn.
        let learnt = if tokenizer == "characters" { 0.5 } else { 1.0 };
        assert!(tested["accuracy"].as_f64() >= Some(learnt), "{tokenizer}: {tested}");
    }
    home.run("train train.csv --min-count 61 --epochs 0 --no-baseline").ok();
    let summary = home.run("summary model.gatewise --format json").ok().json();
    assert_eq!(
        summary["training"]["oov_rate"].as_f64(),
        Some(0.4),
        "the kind's word and the number, of five words"
    );
    fs::write(home.path("bad.json"), "{}").unwrap();
    home.run("train train.csv --tokenizer bad.json")
        .failed(1, &["bad.json: this is not a usable tokenizer.json"]);
    home.run("train train.csv --tokenizer none.json").failed(1, &["there is no file none.json"]);
    home.run("train train.csv --tokenizer stems").failed(2, &["there is no tokenizer 'stems'", "unicode"]);
    home.run("train keras-imdb --tokenizer unicode").failed(2, &["already tokenized"]);
}

#[test]
fn what_is_wrong_with_a_file_or_its_options_is_said() {
    let home = Home::new();
    fs::write(home.path("a.csv"), questions(12)).unwrap();
    fs::write(home.path("bad.csv"), "text,label\nx,y\nz\n").unwrap();
    fs::write(home.path("one.csv"), "text,label\nx,y\nz,y\n").unwrap();
    home.run("train none.csv").failed(1, &["there is no file none.csv"]);
    home.run("train bad.csv").failed(1, &["bad.csv:3: "]);
    home.run("train one.csv").failed(1, &["every row has the label 'y' in the column label"]);
    home.run("train a.csv --label-column kind")
        .failed(1, &["a.csv:1: there is no column 'kind'; the columns are id, category, question"]);
    home.run("train a.csv --threshold 0.4").failed(2, &["decides between two classes, but a.csv has 3"]);
    home.run("train reviews --test a.csv")
        .failed(2, &["--test goes with a .csv, .tsv, .json, .jsonl, .arff or .parquet file", "reviews"]);
    home.run("evaluate m.gatewise reviews --text-column x").failed(1, &["m.gatewise"]);
    home.run("train reviews --label-column x").failed(2, &["--label-column goes with"]);
    assert_eq!(home.files(), ["a.csv", "bad.csv", "one.csv"], "nothing half-made is left");
}

/// Rows of which one in ten is of the rare class, and all of these come last.
fn rare_last(rows: usize) -> String {
    let line = |row: usize| {
        if row * 10 < rows * 9 { format!("plain {row},no\n") } else { format!("odd {row},yes\n") }
    };
    format!("text,label\n{}", (0..rows).map(line).collect::<String>())
}

#[test]
fn each_label_keeps_its_share_of_the_rows_to_validate_on() {
    let home = Home::new();
    fs::write(home.path("a.csv"), rare_last(200)).unwrap();
    fs::write(home.path("b.csv"), rare_last(40)).unwrap();
    let few = "--epochs 1 --units 4 --embedding 4 --no-baseline --format json";
    let rows = |options: &str| {
        let ran = home.run(&format!("train a.csv {few} {options}")).ok();
        let history = &ran.json()["history"];
        ["samples", "validation_samples"].map(|key| history[key].as_u64().unwrap())
    };
    assert_eq!(rows(""), [144, 36]);
    assert_eq!(rows("--test b.csv --validation-split 0.25"), [150, 50]);
    assert_eq!(rows("--test b.csv --validation b.csv"), [200, 40]);
    assert_eq!(rows("--test b.csv --validation-split 0"), [200, 0]);
    // A threshold is chosen on a file of its own, where there are both classes.
    assert_eq!(rows("--test b.csv --validation b.csv --threshold youden"), [200, 40]);
    home.run("train a.csv --validation b.csv --validation-split 0.1").failed(2, &["cannot be used with"]);
    home.run("train a.csv --validation imdb").failed(2, &["--validation imdb is not a .csv, .tsv"]);
    home.run("train a.csv --validation c.csv").failed(1, &["there is no file c.csv"]);
    home.run("train reviews --validation b.csv").failed(2, &["--validation goes with", "reviews"]);
    fs::write(home.path("other.csv"), "text,label\nx,no\ny,perhaps\n").unwrap();
    home.run("train a.csv --validation other.csv").failed(1, &["does not have the label 'perhaps'"]);
    fs::write(home.path("once.csv"), "text,label\na,x\nb,y\nc,z\n").unwrap();
    home.run("train once.csv").failed(1, &["each label of the column label occurs once"]);
    home.run("train once.csv --test once.csv").failed(1, &["each label occurs once", "--validation FILE"]);
    home.run("train once.csv --test once.csv --validation-split 0 --epochs 1 --units 2").ok();
}
