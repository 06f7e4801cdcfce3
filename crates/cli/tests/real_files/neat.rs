//! Neat files: what they are read as never changes.

use crate::case::Case;

const LABELS: [(&str, u64); 2] = [("bad", 2), ("good", 2)];

#[test]
fn a_table_with_a_header() {
    Case::new("commas")
        .file(
            "films.csv",
            "text,label\na fine film,good\na dull film,bad\n\"well, fine\",good\nso dull,bad\n",
        )
        .rows(4)
        .text_column("text")
        .label_column("label")
        .labels(LABELS)
        .check();
    Case::new("tabs")
        .file("films.tsv", "text\tlabel\na fine film\tgood\na dull film\tbad\nfine\tgood\nso dull\tbad\n")
        .rows(4)
        .labels(LABELS)
        .check();
}

#[test]
fn an_object_a_line() {
    Case::new("JSON lines")
        .file(
            "films.jsonl",
            "{\"text\": \"a fine film\", \"label\": \"good\"}\n{\"text\": \"a dull film\", \"label\": \"bad\"}\n\
             {\"text\": \"fine\", \"label\": \"good\"}\n{\"text\": \"so dull\", \"label\": \"bad\"}\n",
        )
        .rows(4)
        .labels(LABELS)
        .check();
}

#[test]
fn a_folder_a_label() {
    Case::new("a folder")
        .file("films/good/1.txt", "a fine film")
        .file("films/good/2.txt", "fine")
        .file("films/bad/1.txt", "a dull film")
        .file("films/bad/2.txt", "so dull")
        .path("films")
        .rows(4)
        .labels(LABELS)
        .check();
}

#[test]
fn a_bad_row_is_refused_with_its_line() {
    Case::new("a field too many")
        .file("films.csv", "text,label\na fine film,good\na dull, dull film,bad\n")
        .refused(1, &["films.csv:3: there are 3 fields where the header names 2 columns"]);
}
