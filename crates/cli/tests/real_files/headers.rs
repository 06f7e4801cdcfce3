//! Tables without a header: told by looking, or by an option.

use crate::case::Case;
use crate::home::Home;
use std::fs;

const LABELS: [(&str, u64); 2] = [("0", 2), ("1", 2)];
const NONE: &str = "good film,1\nbad film,0\nfine story,1\nweak story,0\n";

#[test]
fn a_first_line_like_the_others_is_a_row() {
    Case::new("a number where the column has numbers")
        .file("films.csv", NONE)
        .rows(4)
        .text_column("1")
        .label_column("2")
        .labels(LABELS)
        .note("the first line is a row, not a header, so the columns are called 1 and 2; --header takes it as a header")
        .check();
    Case::new("a label that occurs below")
        .file("films.tsv", "pos\tgood film\nneg\tbad film\npos\tfine story\nneg\tweak story\n")
        .rows(4)
        .text_column("2")
        .label_column("1")
        .labels([("neg", 2), ("pos", 2)])
        .note("the first line is a row")
        .check();
    Case::new("Sentiment140: six columns, all quoted")
        .file(
            "tweets.csv",
            "\"0\",\"1\",\"Mon Apr 06\",\"NO_QUERY\",\"ann\",\"so sad, really sad\"\n\"4\",\"2\",\"Mon Apr 06\",\"NO_QUERY\",\"bob\",\
             \"what a happy day\"\n\"0\",\"3\",\"Tue Apr 07\",\"NO_QUERY\",\"cy\",\"sad again today\"\n\"4\",\"4\",\"Tue Apr 07\",\
             \"NO_QUERY\",\"di\",\"happy all day\"\n",
        )
        .options("--text-column 6 --label-column 1")
        .rows(4)
        .labels([("0", 2), ("4", 2)])
        .note("the columns are called 1 to 6")
        .check();
}

#[test]
fn a_first_line_of_names_is_a_header() {
    let named: [(&'static str, &'static str); 5] = [
        ("names that are usual", "text,label\ngood film,1\nbad film,0\nfine,1\ndull,0\n"),
        ("names above numbers", "was sagt man,note\ngood film,1\nbad film,0\nfine,1\ndull,0\n"),
        ("numbers above texts, as pandas writes them", "0,1\ngood film,1\nbad film,0\nfine,1\ndull,0\n"),
        ("an index without a name", ",text,label\n0,good film,1\n1,bad film,0\n2,fine,1\n3,dull,0\n"),
        ("a label called label", "text,label\nthe label,1\nbad film,0\nfine,1\ndull,0\n"),
    ];
    for (name, table) in named {
        Case::new(name).file("films.csv", table).rows(4).labels(LABELS).no_note("the first line").check();
    }
}

#[test]
fn the_options_win() {
    Case::new("--no-header")
        .file("films.csv", "good film,fine\nbad film,poor\ngreat story,fine\nweak story,poor\n")
        .options("--no-header --text-column 1 --label-column 2")
        .rows(4)
        .labels([("fine", 2), ("poor", 2)])
        .no_note("the first line")
        .check();
    Case::new("--header")
        .file("films.csv", NONE)
        .options("--header --label-column 1")
        .rows(3)
        .text_column("good film")
        .no_note("the first line")
        .check();
    Case::new("both")
        .file("films.csv", NONE)
        .options("--header --no-header")
        .refused(2, &["--header", "--no-header"]);
}

#[test]
fn answers_for_a_table_without_a_header_have_none() {
    let home = Home::new();
    fs::write(home.path("in.csv"), NONE).unwrap();
    let ran = home.run("predict in.csv").ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{ran:#?}");
    assert!(lines[0].starts_with("good film,1,"), "{ran:#?}");
    assert!(ran.stderr.contains("the first line is a row, not a header"), "{ran:#?}");
    let objects = home.run("predict in.csv --format json").ok().stdout;
    assert!(objects.starts_with("{\"1\":\"good film\",\"2\":\"1\",\"label\":"), "{objects}");
}

#[test]
fn bare_texts() {
    let home = Home::new();
    fs::write(home.path("texts.csv"), "What a wonderful film this is.\nSo dull.\nFine.\n").unwrap();
    let ran = home.run("predict texts.csv").ok();
    assert_eq!(ran.stdout.lines().count(), 3, "{ran:#?}");
    assert!(ran.stderr.contains("so the column is called 1"), "{ran:#?}");
}
