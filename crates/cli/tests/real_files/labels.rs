//! What the labels of a row are: lists, columns of 0 and 1, and spellings of one value.

use crate::case::Case;
use crate::home::Home;
use std::fs;

#[test]
fn lists_are_any_number_of_labels() {
    let note = "the column 'tags' holds lists, so a row has any number of labels";
    Case::new("arrays in JSON lines")
        .file(
            "a.jsonl",
            "{\"text\": \"a fine film\", \"tags\": [\"good\", \"new\"]}\n{\"text\": \"a dull film\", \"tags\": []}\n\
             {\"text\": \"fine\", \"tags\": [\"good\"]}\n",
        )
        .rows(3)
        .labels([("good", 2), ("new", 1)])
        .note(note)
        .check();
    for (name, row) in [
        ("Python's lists in a table", "\"['good', 'it''s new']\"".replace("''", "\\'")),
        ("the same with the other quotation mark", "\"[\"\"good\"\", \"\"it's new\"\"]\"".to_owned()),
        ("NumPy's arrays", "\"['good' \"\"it's new\"\"]\"".to_owned()),
    ] {
        Case::new(name)
            .file("a.csv", format!("text,tags\na fine film,{row}\na dull film,[]\nfine,['good']\n"))
            .rows(3)
            .labels([("good", 2), ("it's new", 1)])
            .note(note)
            .check();
    }
    Case::new("lists of one label each are labels")
        .file("a.csv", "text,tags\na fine film,['good']\na dull film,['bad']\nfine,['good']\n")
        .labels([("good", 2), ("bad", 1)])
        .no_note("any number")
        .check();
    Case::new("separators are separators only where one is given")
        .file("a.csv", "text,label\na fine film,good|new\na dull film,bad\nfine,good\nnew,new\n")
        .labels([("good|new", 1), ("bad", 1), ("good", 1), ("new", 1)])
        .note("--label-separator '|'")
        .check();
}

/// Comments with a flag for each of three labels.
fn comments(rows: usize) -> String {
    let line = |row: usize| {
        let (rude, loud) = (row % 2, usize::from(row % 4 > 1));
        let words = ["", " rude"][rude].to_owned() + ["", " loud"][loud];
        format!("{row},it is{words} indeed,{rude},{loud},0\n")
    };
    format!("id,comment_text,rude,loud,never\n{}", (0..rows).map(line).collect::<String>())
}

#[test]
fn several_columns_of_0_and_1_are_a_label_each() {
    for options in
        ["--label-column rude,loud,never", "--label-column rude --label-column loud --label-column never"]
    {
        Case::new("toxic comments")
            .file("a.csv", comments(8))
            .options(options)
            .rows(8)
            .text_column("comment_text")
            .label_column("rude, loud, never")
            .labels([("rude", 4), ("loud", 4)])
            .check();
    }
    Case::new("one of them is guessed, and the note names the others")
        .file("a.csv", comments(8))
        .label_column("rude")
        .note("2 columns hold 0 and 1, of which only 'rude' is learned; --label-column rude,loud makes each of them a label")
        .check();
    Case::new("a number that is neither")
        .file("a.csv", "text,a,b\nx,0,1\ny,2,1\n")
        .options("--label-column a,b")
        .refused(1, &["a.csv:3: '2' in the column 'a' is neither 0 nor 1"]);

    let home = Home::new();
    fs::write(home.path("a.csv"), comments(160)).unwrap();
    let learn = "--epochs 15 --units 8 --embedding 8 --learning-rate 0.02 --dropout 0 --no-baseline";
    home.run(&format!("train a.csv --label-column rude,loud,never --test a.csv {learn}")).ok();
    let answer = home.command(["predict", "model.gatewise", "--format", "json", "it is rude loud indeed"]);
    let answer: serde_json::Value = serde_json::from_slice(&{ answer }.output().unwrap().stdout).unwrap();
    assert_eq!(answer["labels"], serde_json::json!(["loud", "rude"]), "{answer}");
    let tested = home.run("evaluate model.gatewise a.csv --format json").ok().json();
    assert_eq!(tested["test_rows"], 160, "the model remembers its label columns: {tested}");
    home.run(&format!("train a.csv --label-column rude,loud --class-weight balanced {learn}"))
        .failed(2, &["--class-weight is for one label per row"]);
}

#[test]
fn equal_values_are_one_label() {
    let note = "the labels '1', '1.0' and '1.00' have the same value and are one label, '1'";
    Case::new("numbers in a table")
        .file("a.csv", "text,label\na,1\nb,1.0\nc,1.00\nd,0\n")
        .labels([("1", 3), ("0", 1)])
        .note(note)
        .check();
    Case::new("numbers in JSON")
        .file(
            "a.jsonl",
            "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 1.0}\n{\"text\": \"c\", \"label\": \"1.00\"}\n\
             {\"text\": \"d\", \"label\": 0}\n",
        )
        .labels([("1", 3), ("0", 1)])
        .note(note)
        .check();
    Case::new("truth values")
        .file("a.csv", "text,label\na,TRUE\nb,true\nc,True\nd,False\n")
        .labels([("true", 3), ("False", 1)])
        .note("the labels 'TRUE', 'true' and 'True' have the same value and are one label, 'true'")
        .check();
    Case::new("one spelling stays as it is")
        .file("a.csv", "text,label\na,1.0\nb,0.0\nc,1.0\n")
        .labels([("1.0", 2), ("0.0", 1)])
        .no_note("same value")
        .check();
    Case::new("codes are not numbers")
        .file("a.csv", "text,label\na,01\nb,1\nc,02\nd,02\n")
        .labels([("01", 1), ("1", 1), ("02", 2)])
        .note("the labels '01' and '1' are different labels: one with a leading zero is a code, not a number")
        .check();
    Case::new("letter case makes another label, which is said")
        .file("a.csv", "text,label\na,Pos\nb,pos\nc,neg\nd,neg\n")
        .labels([("Pos", 1), ("pos", 1), ("neg", 2)])
        .note("the labels 'Pos' and 'pos' are different labels: letter case differs")
        .check();
}

#[test]
fn numbers_sort_as_numbers() {
    let home = Home::new();
    let rows: String = (0..40).map(|row| format!("word{0} it is,{0}\n", [10, 2, 1, -3][row % 4])).collect();
    fs::write(home.path("a.csv"), format!("text,label\n{rows}")).unwrap();
    home.run("train a.csv --test a.csv --epochs 0 --no-baseline --units 2").ok();
    let summary = home.run("summary model.gatewise --format json").ok().json();
    assert_eq!(summary["labels"], serde_json::json!(["-3", "1", "2", "10"]), "{summary}");
    // A file of other software, with the same labels as numbers.
    fs::write(home.path("b.jsonl"), "{\"text\": \"word2 it is\", \"label\": 2.0}\n").unwrap();
    assert_eq!(home.run("evaluate model.gatewise b.jsonl --format json").ok().json()["test_rows"], 1);
}

/// Rows of two labels, told by one word.
fn films(rows: usize) -> String {
    let line =
        |row: usize| format!("it is {} film {row},{}\n", ["good", "bad"][row % 2], ["pos", "neg"][row % 2]);
    format!("text,label\n{}", (0..rows).map(line).collect::<String>())
}

#[test]
fn evaluation_takes_what_there_is() {
    let home = Home::new();
    fs::write(home.path("a.csv"), films(80)).unwrap();
    let learn = "--epochs 12 --units 4 --embedding 4 --learning-rate 0.03 --dropout 0 --no-baseline";
    home.run(&format!("train a.csv {learn}")).ok();
    for (name, rows, samples) in [
        ("one row", "it is good film 3,pos\n", 1),
        ("one label", "it is good film 3,pos\nit is good film 5,pos\n", 2),
        ("no word that is known", "zzz,pos\nyyy,neg\n", 2),
    ] {
        fs::write(home.path("b.csv"), format!("text,label\n{rows}")).unwrap();
        let tested = home.run("evaluate model.gatewise b.csv --format json").ok().json();
        assert_eq!(tested["test_rows"], samples, "{name}: {tested}");
        home.run("evaluate model.gatewise b.csv").ok();
    }
    let odd = "text,label\nit is good film,pos\nwho knows,unsure\nit is bad film,neg\n";
    fs::write(home.path("odd.csv"), odd).unwrap();
    let flaw = "odd.csv:3: the model does not have the label 'unsure'; its labels are neg, pos";
    home.run("evaluate model.gatewise odd.csv").failed(1, &[flaw]);
    let ran = home.run("evaluate model.gatewise odd.csv --on-error skip --format json").ok();
    assert_eq!(ran.json()["test_rows"], 2, "{ran:#?}");
    assert!(ran.stderr.contains("bad rows skipped: 1") && ran.stderr.contains(flaw), "{ran:#?}");
    // Files to test on and to validate on are no different.
    home.run(&format!("train a.csv --test odd.csv {learn}"))
        .failed(1, &["odd.csv:3: the label 'unsure' occurs in the test rows only"]);
    home.run(&format!("train a.csv --validation odd.csv {learn}"))
        .failed(1, &["odd.csv:3: the model does not have the label 'unsure'"]);
    let ran =
        home.run(&format!("train a.csv --test odd.csv --validation odd.csv --on-error skip {learn}")).ok();
    assert_eq!(ran.stderr.matches("bad rows skipped: 1").count(), 2, "{ran:#?}");
}
