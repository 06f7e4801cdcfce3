//! `--format json`: one key for one thing in every command, and errors as objects too. `book/json.md` lists the keys.

use crate::home::{Home, Ran};
use crate::toy::{predict, trained};
use serde_json::Value;
use std::fs;

const LABELS: [(&str, usize); 2] = [("bill", 40), ("praise", 40)];
const BOOK: &str = include_str!("../../../../book/json.md");

/// The output of every command that has a model or labelled texts, by its name.
fn all(home: &Home) -> Vec<(&'static str, Value)> {
    fs::write(home.path("sales.csv"), format!("sales\n{}", "1\n3\n".repeat(20))).unwrap();
    let few = "--epochs 2 --units 2 --embedding 2 --maxlen 4";
    [
        ("train", format!("train mails.csv {few} --verbose 0 --format json")),
        ("evaluate", "evaluate model.gatewise mails.csv --calibration c.svg --format json".into()),
        ("predict", "predict model.gatewise refund --top-k 1 --format json".into()),
        ("summary", "summary model.gatewise --format json".into()),
        ("bench", "bench model.gatewise mails.csv --time 0.1s --format json".into()),
        ("tune", format!("tune mails.csv -o t.gatewise --trials 1 --format json -- {few}")),
        ("data describe", "data describe mails.csv --format json".into()),
        (
            "forecast",
            format!(
                "forecast sales.csv {} --format json",
                "--period 2 --horizon 2 --test 4 --epochs 1 --units 2"
            ),
        ),
    ]
    .into_iter()
    .map(|(name, args)| (name, home.run(&args).ok().json()))
    .collect()
}

/// The section of the book on a command.
fn section(command: &str) -> String {
    let (_, rest) =
        BOOK.split_once(&format!("\n## `{command}`\n")).unwrap_or_else(|| panic!("no section on {command}"));
    rest.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn every_key_is_in_the_book_and_means_one_thing() {
    let (home, _) = trained(&LABELS, "");
    let mut shapes: Vec<(String, &'static str, &str)> = Vec::new();
    for (command, object) in all(&home) {
        let mut sections = section(command);
        if command == "tune" {
            sections += &section("train");
        }
        for (key, value) in object.as_object().unwrap() {
            assert!(
                sections.contains(&format!("| `{key}` |")),
                "the book's section on {command} lacks the key {key}"
            );
            let shape = match value {
                Value::Null => continue,
                Value::Bool(_) => "a boolean",
                Value::Number(_) => "a number",
                Value::String(_) => "a text",
                Value::Array(_) => "a list",
                Value::Object(_) => "an object",
            };
            let other = shapes.iter().find(|(other, ..)| other == key);
            if let Some((_, theirs, where_else)) = other {
                assert_eq!(&shape, theirs, "{key} is {shape} in {command}, but not in {where_else}");
            }
            shapes.push((key.clone(), shape, command));
        }
    }
}

#[test]
fn accuracy_and_loss_are_called_so_everywhere() {
    let (home, _) = trained(&LABELS, "");
    let objects = all(&home);
    let of = |command: &str| &objects.iter().find(|(name, _)| *name == command).unwrap().1;
    for key in ["accuracy", "loss"] {
        for command in ["train", "evaluate", "summary", "tune"] {
            assert!(of(command)[key].is_f64(), "{key} of {command}");
        }
        assert_eq!(of("train")[key], of("summary")[key], "{key}");
    }
    assert!(of("train")["baselines"][0]["accuracy"].is_f64());
    for command in ["train", "evaluate", "summary", "tune"] {
        assert_eq!(of(command)["positive"], "praise", "{command}");
    }
    for command in ["train", "evaluate", "summary", "bench"] {
        assert_eq!(of(command)["model"], "model.gatewise", "{command}");
    }
    for command in ["train", "evaluate", "bench", "tune", "data describe"] {
        assert_eq!(of(command)["data"], "mails.csv", "{command}");
    }
}

/// Standard output is one object that parses, the sentence is on standard error too, and the exit code stays.
#[test]
fn an_error_is_an_object_too() {
    let (home, _) = trained(&LABELS, "");
    fs::write(home.path("bad.csv"), "text,label\nrefund\n").unwrap();
    for (args, code, kind, says) in [
        ("evaluate model.gatewise bad.csv --format json", 1, "data", "bad.csv:2"),
        ("evaluate none.gatewise mails.csv --format json", 1, "io", "none.gatewise"),
        ("predict bad.csv.gatewise refund --format json", 1, "io", "bad.csv.gatewise"),
        ("predict model.gatewise none.txt --format json", 2, "config", "there is no file 'none.txt'"),
        (
            "train mails.csv --threshold 0.5 --task regression --format=json",
            2,
            "config",
            "a threshold is for labels",
        ),
        ("train mails.csv --epochs many --format json", 2, "usage", "--epochs"),
        ("train mails.csv --nonsense --format json", 2, "usage", "--nonsense"),
        ("summary mails.csv --format json", 1, "artifact", "mails.csv"),
        ("tune mails.csv --format json -- --epochs many", 2, "config", "--epochs"),
    ] {
        let ran = home.run(args);
        let object = ran.json();
        let error = object["error"].as_object().unwrap_or_else(|| panic!("{args}: {object}"));
        let message = error["message"].as_str().unwrap();
        assert_eq!((ran.code, error["kind"].as_str()), (Some(code), Some(kind)), "{args}: {object}");
        assert!(message.contains(says) && !message.contains("Usage:"), "{args}: {object}");
        assert!(ran.stderr.contains("error: "), "{args}: {ran:#?}");
    }
}

#[test]
fn without_the_option_errors_are_sentences_only() {
    let (home, _) = trained(&LABELS, "");
    for args in
        ["evaluate model.gatewise none.csv", "train mails.csv --nonsense", "tune mails.csv -- --format json"]
    {
        let ran = home.run(args);
        assert_eq!(ran.stdout, "", "{args}");
        assert!(ran.code != Some(0) && ran.stderr.contains("error: "), "{args}: {ran:#?}");
    }
    assert!(
        home.run("train --format json --help").ok().stdout.starts_with("Train a model"),
        "help is no error"
    );
}

/// Lines that were answered before an error are lines of JSON, and the error is the last one.
#[test]
fn an_error_among_lines_is_the_last_line() {
    let (home, _) = trained(&LABELS, "");
    let ran: Ran = predict(&home, &["model.gatewise", "--format", "json"], b"refund\ncaf\xe9\n".to_vec());
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["label"], &lines[1]["error"]["kind"]), (&"bill".into(), &"data".into()));
    assert_eq!((lines.len(), ran.code), (2, Some(1)));
}

/// What `train` refuses, `evaluate` and `bench` refuse in the same words.
#[test]
fn options_that_mean_nothing_are_refused_alike() {
    let (home, _) = trained(&LABELS, "");
    fs::write(home.path("a.ts"), "@univariate true\n@classLabel true a b\n@data\n1,2:a\n").unwrap();
    for (args, says) in [
        ("a.ts --label-column x", "--label-column goes with a .csv"),
        ("a.ts --on-error skip", "--on-error goes with a .csv"),
        ("reviews --text-column x", "--text-column goes with a .csv"),
        ("reviews --data-dir x", "--data-dir is the folder of imdb and keras-imdb"),
        ("mails.csv --data-dir x", "--data-dir is the folder of imdb and keras-imdb"),
    ] {
        for command in ["evaluate", "bench"] {
            home.run(&format!("{command} model.gatewise {args}")).failed(2, &[says]);
        }
    }
    home.run("bench model.gatewise --label-column x").failed(2, &["but no data"]);
}

#[test]
fn bench_keeps_to_its_time_and_language_models_are_told_apart() {
    let (home, _) = trained(&LABELS, "");
    let start = std::time::Instant::now();
    let object = home.run("bench model.gatewise --time 1s --format json").ok().json();
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    for key in ["rows_per_second", "epoch_seconds", "training_rows", "test_rows"] {
        assert!(object[key].as_f64() > Some(0.0), "{key}: {object:#}");
    }
    fs::write(home.path("tale.txt"), "abcd ".repeat(60)).unwrap();
    home.run(
        "train tale.txt --task language-model --epochs 1 --units 2 --maxlen 8 -o tale.gatewise --verbose 0",
    )
    .ok();
    // A language model is evaluated on a text, and predicts no labels.
    let object = home.run("evaluate tale.gatewise tale.txt --format json").ok().json();
    assert_eq!(object["report"]["task"], "language_model");
    assert_eq!(object["loss"], object["report"]["log_loss"]);
    home.run("evaluate tale.gatewise mails.csv").ok();
    home.run("evaluate tale.gatewise reviews")
        .failed(2, &["a language model reads a text, but the data are reviews"]);
    for input in ["abcd", "mails.csv", "tale.txt"] {
        let ran = home.run(&format!("predict tale.gatewise {input}"));
        assert_eq!(ran.stdout, "", "{ran:#?}");
        ran.failed(2, &["this is a language model", "gatewise generate"]);
    }
    home.run("bench tale.gatewise").failed(2, &["this is a language model; time gatewise generate"]);
    home.run("bench model.gatewise --time soon").failed(2, &["--time", "such as 90s, 5m or 1h"]);
}
