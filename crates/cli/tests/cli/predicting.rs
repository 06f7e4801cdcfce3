//! `predict`: files in and out, what is said of unknown words, the likeliest labels, and the model in the program.

use crate::home::{Home, Ran, home_with_model};
use std::fs;

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn a_file_keeps_its_columns_and_gets_answers() {
    let home = home_with_model();
    let table = "id,review,label\n7,\"a wonderful, fine film\",?\n8,dull,\"x\ny\"\n9,,\n";
    fs::write(home.path("in.csv"), table).unwrap();
    let ran = home.run("predict model.gatewise in.csv").ok();
    assert!(ran.stderr.contains("note: texts are taken from the column 'review'"), "{ran:#?}");
    let rows = lines(&ran.stdout);
    assert_eq!(rows[0], "id,review,label,predicted_label,probability");
    assert!(rows[1].starts_with("7,\"a wonderful, fine film\",?,"), "{ran:#?}");
    assert_eq!(rows.len(), 5, "a header, three records, one of them on two lines");
    // Into every format and back.
    home.run("predict model.gatewise in.csv --output a.jsonl --top-k 9").ok();
    home.run("predict model.gatewise a.jsonl --text-column review --output b.parquet").ok();
    home.run("predict model.gatewise b.parquet --text-column review --output c.tsv").ok();
    let objects = fs::read_to_string(home.path("a.jsonl")).unwrap();
    let object: serde_json::Value = serde_json::from_str(objects.lines().next().unwrap()).unwrap();
    assert_eq!((&object["id"], &object["top_1"]), (&"7".into(), &object["predicted_label"]));
    let sum = object["top_1_probability"].as_f64().unwrap() + object["top_2_probability"].as_f64().unwrap();
    assert!((sum - 1.0).abs() < 1e-5 && object.get("top_3").is_none(), "{object}");
    let back = fs::read_to_string(home.path("c.tsv")).unwrap();
    assert!(back.starts_with("id\treview\tlabel\tpredicted_label\tprobability\ttop_1"), "{back}");
    assert!(back.contains("8\tdull\t\"x\ny\"\t"), "{back}");
    // The same answers as for texts.
    let alone = home.run("predict model.gatewise dull --format json").ok().json();
    let probability = alone["probability"].as_f64().unwrap() as f32;
    assert!(rows[3].ends_with(&format!(",{},{probability}", alone["label"].as_str().unwrap())), "{rows:?}");
    let objects = home.run("predict model.gatewise in.csv --format json").ok().stdout;
    assert_eq!(objects.lines().count(), 3);
}

#[test]
fn what_is_wrong_with_a_file_to_answer_is_said_and_nothing_is_left() {
    let home = home_with_model();
    fs::write(home.path("bad.csv"), "text,n\nfine,1\nbroken\n").unwrap();
    fs::write(home.path("good.csv"), "text,n\nfine,1\n").unwrap();
    let before = home.files();
    for (args, code, says) in [
        ("model.gatewise bad.csv --output out.csv", 1, "bad.csv:3: "),
        ("model.gatewise none.csv", 1, "there is no file none.csv"),
        ("model.gatewise good.csv good.csv", 2, "give it alone"),
        ("model.gatewise good.csv --text-column x", 1, "there is no column 'x'"),
        ("model.gatewise good.csv --output out.xlsx", 2, "must end in .csv"),
        ("model.gatewise good.csv --output none/out.csv", 1, "make it first"),
        ("model.gatewise fine --output out.csv", 2, "goes with a file of texts"),
        ("model.gatewis fine", 2, "there is no file 'model.gatewis'"),
        ("modle.gatewise fine", 1, "there is no such model"),
        ("model.gatewise fine --threshold 1.5", 2, "--threshold"),
    ] {
        home.run(&format!("predict {args}")).failed(code, &[says]);
    }
    assert_eq!(home.files(), before, "no part of an answer is left");
}

#[test]
fn thresholds_and_the_likeliest_labels() {
    let home = home_with_model();
    let label = |threshold: &str| {
        let ran = home.run(&format!("predict model.gatewise film --threshold {threshold} --format json"));
        ran.ok().json()["label"].clone()
    };
    assert_eq!((label("0"), label("0.999999")), ("pos".into(), "neg".into()));
    let ran = home.run("predict model.gatewise film --top-k 2").ok();
    let fields: Vec<&str> = ran.stdout.trim_end().split('\t').collect();
    assert_eq!(fields.len(), 5, "{ran:#?}");
    assert!(fields[1] >= fields[3] && fields[0] != fields[2], "{ran:#?}");
    let object = home.run("predict model.gatewise film --top-k 1 --format json").ok().json();
    assert_eq!(object["top"].as_array().unwrap().len(), 1);
}

/// How many words were unknown is told at the end, with a warning where they are far too many.
#[test]
fn texts_of_another_kind_are_warned_of() {
    let home = home_with_model();
    let said = |text: &str| {
        let mut command = home.command(["predict", "model.gatewise"]);
        Ran::new("predict", command.write_stdin(text.repeat(30)).output().unwrap()).ok().stderr
    };
    let known = said("the film was wonderful\n");
    assert!(known.contains("Unknown words: 0.0 % of 120; ") && !known.contains("warning"), "{known}");
    let strange = said("zwei drei vier fünf\n");
    assert!(
        strange.contains("Unknown words: 100.0 % of 120") && strange.contains("warning: 100.0 %"),
        "{strange}"
    );
    assert_eq!(home.run("predict model.gatewise film").ok().stderr, "", "of one text nothing is said");
}

#[test]
fn without_a_model_the_programs_own_answers() {
    let home = Home::new();
    let mut command =
        home.command(["predict", "A wonderful film, I loved it.", "Terrible. A boring waste of time!"]);
    let ran = Ran::new("predict", command.output().unwrap()).ok();
    assert!(ran.stderr.contains("note: no model is given"), "{ran:#?}");
    let rows = lines(&ran.stdout);
    assert!(rows[0].starts_with("pos\t") && rows[1].starts_with("neg\t"), "{ran:#?}");
    fs::write(home.path("in.csv"), "text\nTerrible and boring\n").unwrap();
    let ran = home.run("predict in.csv").ok();
    assert!(ran.stdout.starts_with("text,label,probability\nTerrible and boring,neg,"), "{ran:#?}");
}
