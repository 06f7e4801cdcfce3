//! `gatewise tune`: trials, their log, the best model, and what cannot be searched.

use crate::home::Home;
use gatewise::Artifact;
use serde_json::Value;
use std::fs;

/// Texts of two kinds, told by one word of two.
fn texts(rows: usize) -> String {
    let line =
        |row: usize| format!("it is {} and {},{}\n", ["good", "bad"][row % 2], row % 9, ["p", "n"][row % 2]);
    format!("text,label\n{}", (0..rows).map(line).collect::<String>())
}

fn trials(home: &Home, log: &str) -> Vec<Value> {
    let log = fs::read_to_string(home.path(log)).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const FEW: &str = "--epochs 2 --embedding 8 --no-baseline";

#[test]
fn the_best_trial_is_kept_and_its_command_trains_it_again() {
    let home = Home::new();
    fs::write(home.path("a.csv"), texts(120)).unwrap();
    let ran =
        home.run(&format!("tune a.csv --trials 4 --time 10m --format json -o m.gatewise -- {FEW}")).ok();
    let object = ran.json();
    assert_eq!((&object["trials"], &object["interrupted"]), (&4.into(), &false.into()));
    assert_eq!(home.files(), ["a.csv", "m.gatewise", "m.svg", "m.trials.jsonl"]);
    let trials = trials(&home, "m.trials.jsonl");
    assert_eq!(trials.len(), 4);
    assert_eq!(
        (&trials[0]["options"], &trials[0]["best"]),
        (&"".into(), &true.into()),
        "train's own come first"
    );
    let options = trials[1]["options"].as_str().unwrap();
    assert!(
        options.contains("--units ") && !options.contains("--embedding "),
        "what is fixed stays: {options}"
    );
    assert!(options.contains("--preset "), "one of those that are one model: {options}");
    assert!(trials.iter().all(|trial| trial["val_accuracy"].is_f64() && trial["epochs"] == 2), "{trials:?}");
    assert_eq!(
        ran.stderr.matches("\nTrial ").count() + usize::from(ran.stderr.starts_with("Trial ")),
        4,
        "{ran:#?}"
    );

    // The same command line gives the same model, and the file holds its score on the test rows.
    let best = trials.iter().rfind(|trial| trial["best"] == true).unwrap();
    assert_eq!(object["best"]["command"], best["command"]);
    let command = best["command"].as_str().unwrap().strip_prefix("gatewise ").unwrap();
    let again = home.run(&format!("{command} -o again.gatewise --format json")).ok().json();
    assert_eq!(again["weights_sha256"], object["weights_sha256"]);
    assert_eq!(again["loss"], object["loss"]);
    let artifact = Artifact::load(home.path("m.gatewise")).unwrap();
    assert_eq!(artifact.training().test.unwrap().loss, object["loss"].as_f64().unwrap());
    assert_eq!(artifact.weights_sha256(), object["weights_sha256"]);
}

#[test]
fn numbers_labels_and_named_data_are_searched_too() {
    let home = Home::new();
    let lines: String = (0..60).map(|row| format!("it {},{}\n", "is ".repeat(row % 4), row % 4)).collect();
    fs::write(home.path("n.csv"), format!("text,score\n{lines}")).unwrap();
    let last = |args: &str| home.run(args).ok().stdout.lines().last().unwrap().to_owned();
    let numbers = last(&format!("tune n.csv --trials 2 --log n.jsonl -- --task regression {FEW}"));
    assert!(numbers.contains(" - MAE: "), "{numbers}");
    assert!(trials(&home, "n.jsonl")[1]["val_report"]["r2"].is_f64());
    fs::write(home.path("l.csv"), format!("text,tags\n{}", "a b,a;b\na,a\nb,b\nc,\n".repeat(10))).unwrap();
    let labels = last(&format!("tune l.csv --trials 2 -- --label-separator ; {FEW}"));
    assert!(labels.contains(" - Micro F1: "), "{labels}");
    let reviews = last("tune reviews --trials 1 -- --epochs 1 --no-baseline");
    assert!(reviews.contains(" - Accuracy: "), "{reviews}");
}

#[test]
fn the_time_is_kept_and_what_cannot_be_searched_is_refused() {
    let home = Home::new();
    fs::write(home.path("a.csv"), texts(100)).unwrap();
    let ran = home.run(&format!("tune a.csv --time 1s -- {FEW}")).ok();
    assert!(ran.stdout.contains("To train it again:\n  gatewise train a.csv --epochs 2"), "{ran:#?}");
    fs::remove_file(home.path("model.gatewise")).unwrap();
    home.run("tune a.csv --time 0.000001s").failed(2, &["no trial finished an epoch", "--time"]);
    assert!(!home.path("model.gatewise").exists());
    home.run("tune a.csv --time soon").failed(2, &["--time", "such as 90s, 5m or 1h"]);
    home.run("tune a.csv --test b.csv").failed(2, &["-- --test"]);
    home.run("tune a.csv -- --checkpoint-dir x")
        .failed(2, &["--checkpoint-dir is not for the trials of tune"]);
    home.run("tune a.csv -- --validation-split 0").failed(2, &["--validation-split is 0"]);
    home.run("tune a.csv -- --units many").failed(2, &["--units", "whole number"]);
    home.run("tune a.csv -- --task language-model").failed(2, &["tune is for labels and numbers"]);
    home.run("tune a.ts").failed(2, &["contains series"]);
    home.run("tune none.csv").failed(1, &["there is no file none.csv"]);
    home.run("tune a.csv -o model.svg").failed(2, &["model.svg"]);
}
