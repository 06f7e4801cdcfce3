//! Parquet files of another writer. `tools/parquet/make.py` writes them with PyArrow.

use crate::case::Case;
use crate::home::Home;

const LABELS: [(&str, u64); 2] = [("bad", 2), ("good", 2)];

#[test]
fn every_common_compression() {
    for (name, bytes) in [
        ("gzip", &include_bytes!("files/gzip.parquet")[..]),
        ("brotli", include_bytes!("files/brotli.parquet")),
        ("lz4", include_bytes!("files/lz4.parquet")),
    ] {
        Case::new(name).file("films.parquet", bytes).rows(4).labels(LABELS).check();
    }
}

#[test]
fn numbers_that_are_classes_have_their_names() {
    let file = || {
        Case::new("Hugging Face's ClassLabel")
            .file("films.parquet", include_bytes!("files/class_names.parquet"))
    };
    file()
        .rows(4)
        .text_column("text")
        .label_column("label")
        .labels([("negative", 2), ("positive", 2)])
        .note(
            "the numbers in 'label' stand for the classes negative, positive, as the file's metadata states",
        )
        .check();
}

#[test]
fn lists_and_fields_of_structs_are_columns() {
    let file = || Case::new("lists and structs").file("films.parquet", include_bytes!("files/lists.parquet"));
    file()
        .options("--label-column review.stars --text-column text --on-error skip")
        .rows(3)
        .skipped(1)
        .labels([("1", 1), ("2", 1), ("5", 1)])
        .check();
    file().options("--label-column people").refused(1, &["the column 'people' is nested"]);
    file()
        .options("--label-column none")
        .refused(1, &["there is no column 'none'", "text, tags, numbers, review.title, review.stars"]);
}

#[test]
fn values_come_back_as_they_are() {
    let home = Home::new();
    for (name, bytes) in [
        ("lists.parquet", &include_bytes!("files/lists.parquet")[..]),
        ("names.parquet", include_bytes!("files/class_names.parquet")),
    ] {
        std::fs::write(home.path(name), bytes).unwrap();
    }
    let rows = |name: &str| -> Vec<String> {
        let ran = home.run(&format!("predict {name} --text-column text")).ok();
        // The prediction follows.
        ran.stdout.lines().map(|line| line.split(",\"label\":\"").next().unwrap().to_owned()).collect()
    };
    let lists = rows("lists.parquet");
    assert!(
        lists[0].starts_with(
            r#"{"text":"a fine film","tags":["a","b \"c\""],"numbers":[1,null],"review.title":"one","review.stars":5"#
        ),
        "{lists:#?}"
    );
    assert!(
        lists[2].contains(r#""tags":[],"numbers":null,"review.title":null,"review.stars":null"#),
        "{lists:#?}"
    );
    assert!(lists[3].contains(r#""tags":null,"numbers":[2],"#), "{lists:#?}");
    let names = home.run("predict names.parquet --text-column text").ok().stdout;
    assert!(
        names.starts_with(
            r#"{"text":"a fine film","label":"positive","topics":["film","game"],"predicted_label":"#
        ),
        "{names}"
    );
}
