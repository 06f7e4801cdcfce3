//! What is done with a model file: `summary`, `evaluate`, `predict`, and the help of every command.

use crate::home::{Home, Ran, assert_snapshot, home_with_model};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

fn predict(home: &Home, args: &str, input: impl Into<Vec<u8>>) -> Ran {
    let mut command = home.command(format!("predict model.gatewise {args}").split_whitespace());
    Ran::new(args, command.write_stdin(input).output().unwrap())
}

#[test]
fn help_reads_as_recorded() {
    let home = Home::new();
    assert_snapshot("help.txt", &home.settle(&home.run("--help").ok().stdout));
    for command in [
        "train",
        "tune",
        "evaluate",
        "predict",
        "explain",
        "generate",
        "forecast",
        "summary",
        "bench",
        "data describe",
    ] {
        let help = home.run(&format!("{command} --help")).ok().stdout;
        assert!(help.lines().all(|line| line.chars().count() <= 100), "too wide:\n{help}");
        assert_snapshot(&format!("help_{}.txt", command.replace(' ', "_")), &home.settle(&help));
    }
    assert!(home.run("--version").ok().stdout.starts_with("gatewise "));
}

#[test]
fn summary_shows_the_box_as_keras_does() {
    let home = home_with_model();
    let text = home.run("summary model.gatewise").ok().stdout;
    let table = include_str!("../../../gatewise/tests/golden/summary_classic.txt");
    assert!(text.contains(table.trim_end()), "{text}");
    // The figures are the kernels' affair, the words are ours.
    let words: Vec<String> = text
        .lines()
        .map(|line| match line {
            _ if line.starts_with("Weights: SHA-256 ") => "Weights: SHA-256 [64 digits]".to_owned(),
            _ if line.starts_with("Test results - ") => "Test results - [figures]".to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    assert_snapshot("summary.txt", &format!("{}\n", words.join("\n")));

    let stages = home.run("summary model.gatewise --stages").ok().stdout;
    let (_, after) = stages.split_once("Stages:\n  0  ").expect("the stages are listed");
    assert!(after.contains("LSTM") && after.contains("\nVocabulary: "), "{stages}");
}

#[test]
fn summary_as_json_has_these_fields() {
    let home = home_with_model();
    let mut object = home.run("summary model.gatewise --format json").ok().json();
    assert_eq!(object["weights_sha256"].as_str().unwrap().len(), 64);
    assert!(!object["stages"].as_array().unwrap().is_empty());
    object["weights_sha256"] = "[64 digits]".into();
    object["stages"] = "[stages]".into();
    let training = &mut object["training"];
    for at in ["loss", "accuracy", "val_loss", "val_accuracy"] {
        training["history"]["epochs"][0][at] = "[figure]".into();
    }
    training["test"]["loss"] = "[figure]".into();
    training["test"]["accuracy"] = "[figure]".into();
    object["loss"] = "[figure]".into();
    object["accuracy"] = "[figure]".into();
    assert_snapshot("summary.json", &format!("{object:#}\n"));
}

#[test]
fn arguments_and_lines_get_the_same_answers() {
    let home = home_with_model();
    let texts = ["a wonderful film", "dull, and far too long", "", "-5 stars"];
    let mut command = home.command(["predict", "model.gatewise", "--"]);
    let args = Ran::new("predict", command.args(texts).output().unwrap()).ok();
    let lines = predict(&home, "", texts.join("\n")).ok();
    assert_eq!(args.stdout, lines.stdout);
    assert_eq!(predict(&home, "", texts.join("\r\n")).ok().stdout, lines.stdout);
    assert_eq!(lines.stdout.lines().count(), 4);
    for (line, text) in lines.stdout.lines().zip(texts) {
        let fields: Vec<_> = line.split('\t').collect();
        assert!(["neg", "pos"].contains(&fields[0]), "{line}");
        let probability: f64 = fields[1].parse().unwrap();
        assert!(probability >= 0.5, "the probability of the label beside it: {line}");
        assert_eq!(fields[2], text);
    }
    let json = predict(&home, "--format json", texts.join("\n")).ok();
    for (line, text) in json.stdout.lines().zip(texts) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["text"], text);
        assert!(object["label"].is_string() && object["probability"].is_f64(), "{object}");
        assert!(object["words"].as_u64() >= object["oov"].as_u64(), "{object}");
    }
    assert_eq!(json.stdout.lines().count(), 4);
}

#[test]
fn no_lines_no_answers() {
    let home = home_with_model();
    assert_eq!(predict(&home, "", "").ok().stdout, "");
    assert_eq!(predict(&home, "--format json", "").ok().stdout, "");
    assert_eq!(predict(&home, "", "\n").ok().stdout.lines().count(), 1, "an empty line is a text");
}

#[test]
fn lines_of_any_number_and_length_are_answered() {
    let home = home_with_model();
    let many: String = (0..5000).map(|i| format!("film {i}\n")).collect();
    let ran = predict(&home, "", many).ok();
    assert_eq!(ran.stdout.lines().count(), 5000);
    assert!(ran.stdout.lines().last().unwrap().ends_with("film 4999"));
    let long = "good ".repeat(1_000_000);
    assert!(predict(&home, "", long).ok().stdout.lines().count() == 1);
    let endless = "x".repeat((16 << 20) + 1);
    predict(&home, "", endless).failed(1, &["line 1 of standard input is longer than 16777216 bytes"]);
}

#[test]
fn a_line_that_is_not_utf_8_is_named_after_those_before_it_are_answered() {
    let home = home_with_model();
    let ran = predict(&home, "", b"good\nbad\ncaf\xe9 au lait\nnever read\n".to_vec());
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:#?}");
    ran.failed(1, &["line 3 of standard input", "not UTF-8", "offset 3", "convert"]);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let home = home_with_model();
    let ran = predict(&home, "", "red \u{1b}[31m\u{7}alert\tnow").ok();
    assert_eq!(ran.stdout.matches('\t').count(), 2, "{ran:#?}");
}

/// Whoever writes a line and waits for its answer gets it.
#[test]
fn answers_come_line_by_line() {
    let home = home_with_model();
    let mut child =
        home.process("predict model.gatewise").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for text in ["first", "second"] {
        writeln!(input, "{text}").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert!(answer.trim_end().ends_with(text), "{answer}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn bench_measures_with_and_without_data() {
    let home = home_with_model();
    let text = home.run("bench model.gatewise reviews").ok().stdout;
    for part in ["rows/s", "Latency of ids", "Latency of text", "Training epoch"] {
        assert!(text.contains(part), "{text}");
    }
    let object = home.run("bench model.gatewise --threads 1 --format json").ok().json();
    assert_eq!((&object["data"], &object["threads"]), (&"random words".into(), &1.into()));
    for key in ["rows_per_second", "epoch_seconds"] {
        assert!(object[key].as_f64().unwrap() > 0.0, "{object}");
    }
    assert!(object["latency_us_text"]["median"].as_f64() <= object["latency_us_text"]["p99"].as_f64());
}

/// `gatewise … | head`: the reader leaves before anything is written.
#[cfg(unix)]
#[test]
fn a_reader_who_leaves_is_no_error() {
    let home = home_with_model();
    let lines = "a fine film\n".repeat(20_000);
    for args in [
        "predict model.gatewise",
        "summary model.gatewise",
        "summary model.gatewise --format json",
        "evaluate model.gatewise reviews",
        "bench model.gatewise reviews",
        "train reviews --epochs 2 --no-baseline -o new.gatewise",
    ] {
        let mut child = home
            .process(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        // Training tells of each epoch on standard error; nobody listens there either.
        let silent = args.starts_with("train").then(|| drop(child.stderr.take()));
        let mut input = child.stdin.take().unwrap();
        // The program may well have ended before it has read everything.
        let _ = input.write_all(lines.as_bytes());
        drop(input);
        let ran = Ran::new(args, child.wait_with_output().unwrap()).ok();
        assert!(silent.is_some() || ran.stderr.is_empty(), "{ran:#?}");
    }
    assert!(gatewise::Artifact::load(home.path("new.gatewise")).is_ok(), "training ends as if it were heard");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_output_is_an_error() {
    let home = home_with_model();
    for args in ["predict model.gatewise good", "summary model.gatewise", "evaluate model.gatewise reviews"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = home.process(args).stdout(full).output().unwrap();
        Ran::new(args, output).failed(1, &["error: cannot write to standard output", "No space left"]);
    }
}

#[test]
fn evaluate_reports_and_draws_what_suits_a_binary_model() {
    let home = home_with_model();
    let ran = home.run("evaluate model.gatewise reviews --calibration curve.svg").ok();
    for line in [
        "rows               4000",
        "threshold          0.5000",
        "ROC-AUC            0.",
        "PR-AUC             0.",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    assert!(ran.stdout.contains("actual \\ predicted "), "{}", ran.stdout);
    assert!(ran.stdout.contains("Expected calibration error: 0."), "{}", ran.stdout);
    let (loss, accuracy) = ran.test_results();
    let svg = std::fs::read_to_string(home.path("curve.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("4000 rows, expected calibration error 0."), "{svg}");
    let object =
        home.run("evaluate model.gatewise reviews --calibration again.svg --format json").ok().json();
    assert_eq!(std::fs::read_to_string(home.path("again.svg")).unwrap(), svg);
    let (report, calibration) = (&object["report"], &object["calibration"]);
    assert_eq!((&report["task"], &report["samples"]), (&"binary".into(), &4000.into()));
    assert_eq!(report["labels"], serde_json::json!(["neg", "pos"]));
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or_else(|| panic!("{object:#}"));
    assert!((100.0 * number(&report["accuracy"]) - accuracy).abs() < 0.006);
    assert!((number(&report["log_loss"]) - loss).abs() < 6e-5);
    assert!((0.5..=1.0).contains(&number(&report["roc_auc"])), "{object:#}");
    assert!((0.0..=1.0).contains(&number(&calibration["expected_error"])), "{object:#}");
    assert!(!calibration["bins"].as_array().unwrap().is_empty());
    home.run("evaluate model.gatewise reviews --calibration none/curve.svg").failed(1, &["none/curve.svg"]);
}
