//! The same rows as CSV, TSV, JSON lines and a folder: the same model; bad rows; what is found on rows.

use crate::home::Home;
use std::fs;

const SETTINGS: &str = "--epochs 1 --units 4 --embedding 4 --verbose 0 --no-baseline --format json";

/// Rows with a number, a text and a label, in the order that a folder would have them.
fn rows() -> Vec<(String, &'static str)> {
    let text = |row: usize| format!("thing {row} is {}", ["bad, so", "good \"indeed\""][row / 30]);
    (0..60).map(|row| (text(row), ["neg", "pos"][row / 30])).collect()
}

#[test]
fn every_format_gives_the_same_model() {
    let home = Home::new();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let csv: String = rows().iter().map(|(text, label)| format!("{label},{}\n", quoted(text))).collect();
    fs::write(home.path("a.csv"), format!("\u{feff}label,text\n{csv}")).unwrap();
    let tsv: String = rows().iter().map(|(text, label)| format!("{label}\t{text}\n")).collect();
    fs::write(home.path("a.tsv"), format!("label\ttext\n{tsv}")).unwrap();
    let object =
        |(text, label): &(String, &str)| format!("{}\n", serde_json::json!({"label": label, "text": text}));
    fs::write(home.path("a.jsonl"), rows().iter().map(object).collect::<String>()).unwrap();
    for (row, (text, label)) in rows().iter().enumerate() {
        let folder = home.path("texts").join(label);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{row:02}.txt")), text).unwrap();
    }
    let weights = |data: &str| {
        let ran = home.run(&format!("train {data} {SETTINGS}")).ok();
        assert!(
            ran.stderr.contains("texts are taken from the column 'text', labels from 'label'"),
            "{ran:#?}"
        );
        ran.json()["weights_sha256"].as_str().unwrap().to_owned()
    };
    let of_csv = weights("a.csv");
    for other in ["a.tsv", "a.jsonl", "texts", "a.csv --test a.jsonl"] {
        // With all rows to learn from there are others to draw from.
        assert_eq!(weights(other) == of_csv, !other.contains("--test"), "{other}");
    }
    home.run("evaluate model.gatewise texts").ok();
}

#[test]
fn bad_rows_fail_or_are_skipped_and_findings_are_told() {
    let home = Home::new();
    let good: String = rows()
        .iter()
        .map(|(text, label)| format!("{}\n", serde_json::json!({"a": text, "b": "too", "y": label})))
        .collect();
    let twice = good.lines().next().unwrap();
    let other = twice.replace("neg", "pos");
    fs::write(home.path("a.jsonl"), format!("{good}{twice}\n{other}\n{{\"a\": \"x\"}}\n{{\"a\":\n")).unwrap();
    home.run(&format!("train a.jsonl --text-column a,b {SETTINGS}"))
        .failed(1, &["a.jsonl:63: the label is empty"]);
    fs::write(
        home.path("t.csv"),
        format!("a,b,y\nthing 1 is \"bad, so\",,neg\n{}\n", "\"thing 2 is bad, so\",too,neg"),
    )
    .unwrap();
    let ran = home.run(&format!(
        "train a.jsonl --text-column a --text-column b --on-error skip --test t.csv {SETTINGS}"
    ));
    let stderr = ran.ok().stderr;
    for says in [
        "texts are taken from the column 'a, b', labels from 'y'",
        "bad rows skipped: 2:\n  a.jsonl:6",
        "\n  a.jsonl:63: the label is empty\n",
        "\n  a.jsonl:64: this is not a JSON object",
        "1 row repeats the text and the label of an earlier one (a.jsonl:61 as 1)",
        "1 row repeats the text of an earlier one with another label, so that no model can be right about both (a.jsonl:62 as 1)",
        "t.csv: bad rows skipped: 1:\n  t.csv:2: there are 4 fields where the header names 3 columns",
        "t.csv: 1 text of 1 to test on is in training too, which flatters the result (t.csv:3)",
    ] {
        assert!(stderr.contains(says), "{says}: {stderr}");
    }
    home.run("train reviews --on-error skip").failed(2, &["--on-error goes with a .csv"]);
    home.run("train t.csv --text-column a,c --on-error skip")
        .failed(1, &["t.csv:1: there is no column 'c'; the columns are a, b, y"]);
}
