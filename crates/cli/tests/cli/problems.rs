//! Texts with any number of labels, and texts with a number.

use crate::home::Home;
use std::fs;

/// Texts that name their colours among other words.
fn colours(rows: usize) -> String {
    let line = |row: usize| {
        let has =
            ["red", "green", "blue"].into_iter().enumerate().filter(|(at, _)| (row * 5 % 8) >> at & 1 == 1);
        let colours: Vec<_> = has.map(|(_, colour)| colour).collect();
        format!("\"it is {} and {}\",{}\n", colours.join(" then "), row % 7, colours.join("; "))
    };
    format!("text,colours\n{}", (0..rows).map(line).collect::<String>())
}

/// Texts whose number is told by how often they say more.
fn amounts(rows: usize) -> String {
    let line = |row: usize| format!("so {}it is,{}\n", "more ".repeat(row % 5), 100 + 50 * (row % 5));
    format!("text,euros\n{}", (0..rows).map(line).collect::<String>())
}

const SMALL: &str = "--units 8 --embedding 8 --learning-rate 0.02 --batch-size 16";

#[test]
fn any_number_of_labels_from_training_to_answer() {
    let home = Home::new();
    fs::write(home.path("a.csv"), colours(240)).unwrap();
    fs::write(home.path("b.csv"), colours(16)).unwrap();
    let ran = home.run(&format!("train a.csv --test b.csv --label-separator ; --epochs 20 {SMALL}")).ok();
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.starts_with("Test results - Loss: "), "{ran:#?}");
    assert!(last.ends_with(" - Exact matches: 100.00% - Micro F1: 1.0000 - Macro F1: 1.0000"), "{last}");
    let baseline = "Baseline: bag of words (NB-SVM, unigrams) - Exact matches: 100.00%";
    assert!(ran.stdout.contains(baseline), "{ran:#?}");
    assert!(ran.stderr.contains("labels from 'colours'"), "guessed by the separator: {ran:#?}");

    let tested = home.run("evaluate model.gatewise b.csv").ok();
    assert!(tested.stdout.contains("exact matches      1.0000"), "{tested:#?}");
    assert_eq!(tested.stdout.lines().last(), Some(last));
    assert!(
        home.run("summary model.gatewise").ok().stdout.contains("any number of the labels: blue, green, red")
    );

    let texts = ["it is blue then red", "it is", "it is green"];
    let said = |options: &[&str]| {
        let run =
            home.command(["predict", "model.gatewise"].iter().chain(options).chain(&texts)).output().unwrap();
        String::from_utf8(run.stdout).unwrap()
    };
    let answers: Vec<serde_json::Value> =
        said(&["--format", "json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["labels"], serde_json::json!(["blue", "red"]));
    assert_eq!(answers[1]["labels"], serde_json::json!([]));
    assert_eq!(answers[2]["probabilities"].as_object().unwrap().len(), 3);
    let lines = said(&[]);
    let first: Vec<_> = lines.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(first, ["blue;red", "", "green"]);

    // A file, too, has a probability for each label that is answered, through every format.
    fs::write(home.path("q.csv"), "n,text\n1,it is blue then red\n2,it is\n").unwrap();
    home.run("predict model.gatewise q.csv -o a.parquet --top-k 1").ok();
    home.run("predict model.gatewise a.parquet --threshold 0 -o a.jsonl").ok();
    let objects = fs::read_to_string(home.path("a.jsonl")).unwrap();
    let rows: Vec<serde_json::Value> =
        objects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |row: usize, key: &str| rows[row][key].as_str().unwrap().to_owned();
    assert_eq!([text(0, "labels"), text(1, "labels")], ["blue;red", ""]);
    let probabilities = text(0, "probabilities");
    assert!(probabilities.split(';').all(|p| p.parse::<f32>().unwrap() > 0.5), "{probabilities}");
    assert_eq!((probabilities.split(';').count(), text(1, "probabilities").len()), (2, 0));
    assert!(rows[0]["top_1_probability"].as_f64() > Some(0.5), "{objects}");
    assert_eq!(text(1, "predicted_labels"), "blue;green;red", "above 0 are all");
    assert_eq!(text(1, "predicted_probabilities").split(';').count(), 3);

    let json = home
        .run(&format!(
            "train a.csv --test b.csv --label-separator ; --epochs 1 --threshold f1 {SMALL} --format json"
        ))
        .ok()
        .json();
    assert_eq!(json["report"]["task"], "labels");
    assert_eq!(json["report"]["threshold"], json["threshold"]);
    assert!(json["baselines"][0]["report"]["exact_matches"].is_f64());
}

#[test]
fn numbers_from_training_to_answer() {
    let home = Home::new();
    fs::write(home.path("a.csv"), amounts(200)).unwrap();
    let ran = home
        .run(&format!("train a.csv --task regression --epochs 40 --dropout 0 {SMALL} --format json"))
        .ok();
    assert!(ran.stderr.contains("labels from 'euros'"), "guessed by its numbers: {ran:#?}");
    let json = ran.json();
    assert_eq!(json["accuracy"], serde_json::Value::Null);
    let error = |report: &serde_json::Value| report["mean_absolute_error"].as_f64().unwrap();
    let (model, mean) = (error(&json["report"]), error(&json["baselines"][0]["report"]));
    assert!(model < 20.0 && mean > 50.0, "in euros: {model} and {mean}");
    assert!(json["report"]["r2"].as_f64().unwrap() > 0.9);
    let answers = home.command(["predict", "model.gatewise", "so more more it is", "--format", "json"]);
    let answers = String::from_utf8({ answers }.output().unwrap().stdout).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answers).unwrap();
    let value = answer["value"].as_f64().unwrap();
    assert!((150.0..250.0).contains(&value), "{answer}");
    assert!(answer.get("label").is_none() && answer.get("probabilities").is_none());

    fs::write(home.path("q.jsonl"), "{\"text\": \"so more more it is\", \"value\": true}\n").unwrap();
    home.run("predict model.gatewise q.jsonl -o q.parquet").ok();
    let answered = home.run("predict model.gatewise q.parquet").ok().json();
    let predicted = answered["predicted_value"].as_f64().unwrap();
    assert_eq!((&answered["value"], predicted as f32), (&true.into(), value as f32));
    home.run("predict model.gatewise q.jsonl --top-k 1").failed(2, &["outputs numbers"]);
    home.run("predict model.gatewise q.jsonl --threshold 0.1").failed(2, &["leave --threshold out"]);

    let tested = home.run("evaluate model.gatewise a.csv").ok();
    let last = tested.stdout.lines().last().unwrap().to_owned();
    let r2: f64 = last.rsplit_once(" - R²: ").unwrap().1.parse().unwrap();
    assert!(last.contains(" - MAE: ") && last.contains(" - RMSE: ") && r2 > 0.9, "{last}");
    assert!(home.run("summary model.gatewise").ok().stdout.contains("a number, in training: "));
    let text = home.run(&format!("train a.csv --task regression --epochs 1 {SMALL}")).ok();
    assert!(text.stdout.contains("Baseline: mean of the training rows - MAE: "), "{text:#?}");
}

#[test]
fn what_does_not_fit_the_problem_is_said() {
    let home = Home::new();
    fs::write(home.path("a.csv"), colours(40)).unwrap();
    fs::write(home.path("n.csv"), amounts(40)).unwrap();
    fs::write(home.path("bad.csv"), "text,score\na,1\nb,-2.5e1\nc,many\n").unwrap();
    fs::write(home.path("none.csv"), "text,tags\na,\nb,\n").unwrap();
    fs::write(home.path("new.csv"), "text,colours\na,red; pink\n").unwrap();
    let train = |rest: &str| home.run(&format!("train {rest} --epochs 1 --units 2"));
    train("bad.csv --task regression").failed(1, &["bad.csv:4: 'many' is not a number"]);
    train("none.csv --label-separator ;").failed(1, &["no row has a label in the column tags"]);
    train("a.csv --label-separator x").failed(2, &["--label-separator", "other than letters and digits"]);
    train("a.csv --label-separator ; --task regression").failed(2, &["--task regression predicts numbers"]);
    train("a.csv --label-separator ; --class-weight balanced")
        .failed(2, &["--class-weight is for one label per row"]);
    train("n.csv --task regression --threshold 0.4").failed(2, &["predicts a number; leave --threshold out"]);
    train("reviews --task regression").failed(2, &["--task regression is for a file", "reviews"]);
    train("reviews --label-separator ;").failed(2, &["--label-separator is for a file"]);
    train("a.csv --label-separator ; --test new.csv").failed(1, &["the label 'pink' occurs"]);
    train("a.csv --label-separator ; -o several.gatewise").ok();
    train("n.csv --task regression -o number.gatewise").ok();
    home.run("evaluate several.gatewise reviews")
        .failed(1, &["the model predicts any number of labels a row, but the data have classes"]);
    home.run("evaluate several.gatewise new.csv").failed(1, &["does not have the label 'pink'"]);
    home.run("evaluate number.gatewise bad.csv").failed(1, &["bad.csv:4: 'many' is not a number"]);
    home.run("evaluate number.gatewise n.csv --calibration c.svg").failed(2, &["binary models"]);
}
