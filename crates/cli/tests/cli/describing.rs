//! `gatewise data describe`: the page, the object, and what it does not read.

use crate::home::{Home, assert_snapshot, small_imdb, write_files};
use std::fs;

/// Rows of three labels, one of them rare, with a few flaws.
fn questions() -> String {
    let line = |row: usize| {
        let label = if row == 0 { "rare" } else { ["place", "person"][usize::from(row.is_multiple_of(3))] };
        format!("{label},\"{}where, who and {}?\"\n", "so ".repeat(row * row % 23), row * 7 % 50)
    };
    let rows: String = (0..120).map(line).collect();
    format!("kind,question\n{rows}place,\nplace,!\nperson,where\nplace,where\n,lost\nplace\n")
}

#[test]
fn a_page_reads_as_recorded() {
    let home = Home::new();
    fs::write(home.path("a.csv"), questions()).unwrap();
    home.run("data describe a.csv").failed(1, &["a.csv:126: the label is empty"]);
    let ran = home.run("data describe a.csv --on-error skip --label-column kind").ok();
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran:#?}");
    assert_snapshot("describe.txt", &ran.stdout);
    let object = home.run("data describe a.csv --on-error skip --format json").ok().json();
    assert_snapshot("describe.json", &format!("{object:#}\n"));
}

/// What cannot be trained on can be described.
#[test]
fn one_label_several_labels_and_numbers_are_described() {
    let home = Home::new();
    fs::write(home.path("one.csv"), "text,label\nx,y\nz,y\n").unwrap();
    let page = home.run("data describe one.csv").ok().stdout;
    assert!(
        page.contains("1 label\n  y  2    100 %") && page.contains("every row has the label 'y'"),
        "{page}"
    );
    fs::write(home.path("several.tsv"), "tags\ttext\na;b\tso it goes\n\tgone\nb\tgoing\n").unwrap();
    let page = home.run("data describe several.tsv --label-separator ;").ok().stdout;
    assert!(page.contains("2 labels, 1.00 a row; 1 row without\n  b  2   66.7 %"), "{page}");
    fs::write(home.path("n.jsonl"), "{\"text\": \"a b\", \"stars\": 1}\n{\"text\": \"c\", \"stars\": 4}\n")
        .unwrap();
    let args = "data describe n.jsonl --task regression";
    let page = home.run(args).ok().stdout;
    assert!(page.contains("texts in 'text', numbers in 'stars'"), "{page}");
    let object = home.run(&format!("{args} --tokenizer characters --format json")).ok().json();
    assert_eq!((object["data"].as_str(), object["rows"].as_u64()), (Some("n.jsonl"), Some(2)));
    assert_eq!(
        object["number_summary"],
        serde_json::json!({"min": 1.0, "mean": 2.5, "standard_deviation": 1.5, "max": 4.0})
    );
    assert_eq!(object["lengths"]["max"], 3, "characters");
    write_files(&home.path("aclImdb"), &small_imdb());
    let page = home.run("data describe aclImdb/train").ok().stdout;
    assert!(page.contains("24 rows; texts in 'text'") && page.contains("  pos  12   50.0 %"), "{page}");
}

#[test]
fn what_it_does_not_read_is_said() {
    let home = Home::new();
    write_files(&home.path("aclImdb"), &small_imdb());
    fs::write(home.path("a.txt"), "text").unwrap();
    for data in ["imdb", "a.ts", "aclImdb", "a.txt"] {
        home.run(&format!("data describe {data}")).failed(2, &["describe reads a .csv, .tsv", data]);
    }
    home.run("data describe none.csv").failed(1, &["there is no file none.csv"]);
    home.run("data describe a.csv --task language-model").failed(2, &["classify, regression"]);
    home.run("data describe a.csv --task regression --label-separator ;")
        .failed(2, &["--label-separator is for labels"]);
    home.run("data").failed(2, &["describe"]);
}
