//! Kinds of files: JSON in its shapes, lines with a label and a text, and Weka's texts.

use crate::case::Case;
use crate::home::Home;
use std::fs;

const LABELS: [(&str, u64); 2] = [("bad", 2), ("good", 2)];

/// Four objects, separated by `between`.
fn objects(between: &str) -> String {
    let rows =
        [("a fine film", "good"), ("a [dull] \\\"film\\\"", "bad"), ("fine", "good"), ("so dull", "bad")];
    rows.map(|(text, label)| format!("{{\"text\": \"{text}\", \"label\": \"{label}\"}}")).join(between)
}

#[test]
fn a_json_list_of_objects() {
    for (name, content) in [
        ("on one line", format!("[{}]", objects(", "))),
        ("an object per line", format!("[\n{}\n]\n", objects(",\n"))),
        (
            "indented",
            format!("\u{feff}[\n  {}\n]\n", objects(",\n  ").replace(", \"label\"", ",\n    \"label\"")),
        ),
    ] {
        Case::new(name)
            .file("films.json", content)
            .rows(4)
            .text_column("text")
            .label_column("label")
            .labels(LABELS)
            .check();
    }
}

#[test]
fn json_under_the_wrong_ending() {
    Case::new("a list in a file of JSON lines")
        .file("films.jsonl", format!("[{}]", objects(",\n")))
        .rows(4)
        .labels(LABELS)
        .note("the file is one list of objects, not an object per line")
        .check();
    Case::new("JSON lines in a .json")
        .file("films.json", objects("\n"))
        .rows(4)
        .labels(LABELS)
        .note("the file has an object per line (JSON lines)")
        .check();
    Case::new("without an ending")
        .file("films", format!("[\n{}]", objects(",")))
        .rows(4)
        .labels(LABELS)
        .note("the file is read as JSON, as its first bytes state")
        .check();
}

#[test]
fn a_json_list_inside_an_object() {
    Case::new("as web services answer")
        .file("films.json", format!("{{\"count\": 4, \"data\": [\n{}\n], \"next\": null}}", objects(",\n")))
        .rows(4)
        .labels(LABELS)
        .note("the records are the list 'data' of the file")
        .check();
    Case::new("two lists")
        .file("films.json", format!("{{\"train\": [{}], \"test\": [{}]}}", objects(","), objects(",")))
        .refused(1, &["films.json: the file is one object with several lists of objects (train, test)"]);
}

#[test]
fn json_objects_over_several_lines() {
    let content = objects("\n").replace(", \"label\"", ",\n  \"label\"");
    Case::new("as jq prints them")
        .file("films.json", content)
        .rows(4)
        .labels(LABELS)
        .note("one object after the other, each over several lines")
        .check();
}

#[test]
fn json_without_records_is_explained() {
    for (content, says) in [
        (
            "[[\"a fine film\", \"good\"], [\"a dull film\", \"bad\"]]",
            "the file is a list of lists without names",
        ),
        ("[\"a fine film\", \"a dull film\"]", "the file is a list of texts without labels"),
        ("[]", "the list is empty"),
        ("[{\"text\": \"a fine film\", \"label\": NaN}]", "NaN is not JSON: write null in its place"),
        (
            "{\"text\": [\"a fine film\"], \"label\": [\"good\"]}",
            "to_json(path, orient='records', lines=True)",
        ),
        ("[{\"text\": \"a fine film\", \"label\": \"good\"}, {\"text\": \"a du", "films.json:1: "),
    ] {
        Case::new(says).file("films.json", content).refused(1, &[says]);
    }
}

#[test]
fn a_bad_object_of_a_list_is_skipped() {
    let content = format!("[\n{},\n{{\"text\": 'single'}},\n17,\n{}]", objects(",\n"), objects(",\n"));
    Case::new("failed").file("films.json", &content).refused(1, &["films.json:6: this is not a JSON object"]);
    Case::new("skipped")
        .file("films.json", &content)
        .options("--on-error skip")
        .rows(8)
        .skipped(2)
        .labels([("bad", 4), ("good", 4)])
        .check();
}

#[test]
fn fast_texts_lines() {
    let content =
        "__label__good a fine film\n__label__bad a dull film\n\n__label__good  fine\n__label__bad so dull\n";
    for name in ["films.txt", "films.ft", "films.train", "films"] {
        Case::new(name)
            .file(name, content)
            .rows(4)
            .text_column("text")
            .label_column("label")
            .labels(LABELS)
            .note("the lines are fastText's: __label__ and a label, then the text")
            .check();
    }
    Case::new("several labels")
        .file(
            "films.txt",
            "__label__good __label__new a fine film\n__label__bad a dull film\n__label__good fine\n",
        )
        .rows(3)
        .labels([("bad", 1), ("good", 2), ("new", 1)])
        .note("each has any number of labels (__label__…), then the text")
        .check();
    Case::new("a line without a label")
        .file("films.ft", format!("{content}no label\n"))
        .refused(1, &["films.ft:6: there is no __label__… in this line"]);
}

#[test]
fn a_label_a_tab_and_a_text() {
    let spam = "ham\tso, are you \"in\"?\nspam\twin a prize; now\nham\tok\nham\tsee you\nspam\tcall 0900\n";
    for name in ["SMSSpamCollection", "spam.txt"] {
        Case::new("label first")
            .file(name, spam)
            .rows(5)
            .text_column("text")
            .label_column("label")
            .labels([("ham", 3), ("spam", 2)])
            .note("each line is a label, a tab and a text")
            .check();
    }
    Case::new("text first, as the labelled sentences of UCI")
        .file(
            "yelp_labelled.txt",
            "Wow, loved it.\t1\nCrust is \"not\" good.\t0\nTasty!\t1\nWaited, and waited.\t0\n",
        )
        .rows(4)
        .labels([("0", 2), ("1", 2)])
        .note("each line is a text, a tab and a label")
        .check();
}

#[test]
fn trecs_questions() {
    let content = "DESC:manner How did it end ?\nENTY:cremat What films did he make ?\nDESC:def What is it ?\nHUM:ind Who ?\n";
    let file = || Case::new("coarse labels").file("train.label.txt", content);
    file()
        .rows(4)
        .text_column("text")
        .label_column("label")
        .labels([("DESC", 2), ("ENTY", 1), ("HUM", 1)])
        .note("labels are the part before ':', and with --label-column fine_label both parts")
        .check();
    file()
        .options("--label-column fine_label")
        .labels([("DESC:def", 1), ("DESC:manner", 1), ("ENTY:cremat", 1), ("HUM:ind", 1)])
        .check();
}

#[test]
fn wekas_texts() {
    let head = "% films\n@relation films\n@attribute review string\n@attribute length numeric\n@attribute class {good,bad}\n\n@data\n";
    let rows = "'a fine film, isn\\'t it',4,good\n\"a dull film\",?,bad\n% a comment\n'fine',1,good\n'so dull',2,bad\n";
    for name in ["films.arff", "films.txt"] {
        Case::new(name)
            .file(name, head.to_owned() + rows)
            .rows(4)
            .text_column("review")
            .label_column("class")
            .labels(LABELS)
            .check();
    }
    Case::new("sparse")
        .file("films.arff", format!("{head}{{0 'a film', 2 good}}\n"))
        .refused(1, &["films.arff:8: this is a sparse row"]);
}

#[test]
fn plain_text_for_training_is_explained() {
    let home = Home::new();
    fs::write(
        home.path("tales.txt"),
        "Once upon a time there was a king.\nHe had a daughter, and she sang.\n",
    )
    .unwrap();
    home.run("train tales.txt").failed(1, &["label, tab, text", "--task language-model"]);
}

#[test]
fn answers_keep_the_kind_of_their_file() {
    let home = Home::new();
    fs::write(
        home.path("films.json"),
        format!("[\n{}\n]", objects(",\n").replace(", \"label\"", ",\n  \"label\"")),
    )
    .unwrap();
    fs::write(home.path("films.txt"), "__label__good a fine film\n__label__bad a dull film\n").unwrap();
    let ran = home.run("predict films.json").ok();
    let rows: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[1]["text"]),
        (4, &"a [dull] \"film\"".into()),
        "{ran:#?}"
    );
    assert!(rows[1]["predicted_label"].is_string(), "{ran:#?}");
    home.run("predict films.json -o out.jsonl").ok();
    let lines = fs::read_to_string(home.path("out.jsonl")).unwrap();
    assert_eq!(
        lines.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count(),
        4,
        "{lines}"
    );
    let ran = home.run("predict films.txt").ok();
    assert!(
        ran.stdout.starts_with("label\ttext\tpredicted_label\tprobability\ngood\ta fine film\t"),
        "{ran:#?}"
    );
}
