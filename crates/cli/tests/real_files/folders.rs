//! Folders of texts: files with any ending, other files beside them, and folders that hold more than labels.

use crate::case::Case;
use crate::home::Home;
use std::fs;

const LABELS: [(&str, u64); 2] = [("bad", 2), ("good", 2)];

/// A folder `films` with two texts for each label, whose names end in `end`.
fn films(case: Case, root: &str, end: &str) -> Case {
    let texts =
        [("good", 1, "a fine film"), ("good", 2, "fine"), ("bad", 1, "a dull film"), ("bad", 2, "so dull")];
    texts
        .iter()
        .fold(case, |case, (label, number, text)| case.file(&format!("{root}/{label}/{number}{end}"), text))
}

#[test]
fn texts_with_any_ending_or_none() {
    for end in [".txt", ".text", ".eml", ".TXT", ".html", ""] {
        let case = films(Case::new(end), "films", end);
        case.path("films").rows(4).labels(LABELS).no_note("left out").check();
    }
}

#[test]
fn hidden_files_and_files_that_are_not_text() {
    films(Case::new("a picture, a PDF, and what a Mac leaves behind"), "films", ".text")
        .file("films/.DS_Store", b"\0\0")
        .file("films/good/.DS_Store", b"\0\0")
        .file("films/good/poster.png", b"\x89PNG\r\n\x1a\n\0\0\0")
        .file("films/bad/review.pdf", "%PDF-1.7 …")
        .file("films/README", "What is here")
        .path("films")
        .rows(4)
        .labels(LABELS)
        .note("left out: 2 hidden files, 2 files that are not text (films/bad/review.pdf, films/good/poster.png)")
        .note("1 file beside the label folders (films/README)")
        .check();
}

#[test]
fn folders_within_the_folder_of_a_label() {
    films(Case::new("years"), "films", ".txt")
        .file("films/good/2019/3.txt", "a lovely film")
        .path("films")
        .refused(1, &["the folder films/good contains the folder films/good/2019", "move the texts up"]);
}

#[test]
fn a_folder_with_one_file_of_records() {
    Case::new("as an archive unpacks it")
        .file("films/films.csv", "text,label\na fine film,good\na dull film,bad\nfine,good\nso dull,bad\n")
        .file("films/licence.md", "# Licence")
        .path("films")
        .rows(4)
        .labels(LABELS)
        .note("the rows are taken from the file films/films.csv")
        .check();
    Case::new("two files")
        .file("films/a.csv", "text,label\na fine film,good\n")
        .file("films/b.csv", "text,label\na fine film,good\n")
        .path("films")
        .refused(1, &["the folder films has several files of records (a.csv, b.csv); give one of them"]);
}

#[test]
fn a_folder_without_labels() {
    Case::new("texts only")
        .file("films/1.txt", "a fine film")
        .path("films")
        .refused(1, &["there are no texts in the folder films; it should have a sub-folder for each label"]);
}

#[test]
fn parts_for_training_and_testing() {
    let case = films(Case::new("as the IMDB reviews are laid out"), "films/train", ".txt");
    let case = films(case, "films/test", ".txt");
    case.path("films")
        .rows(4)
        .labels(LABELS)
        .note("the rows are taken from the folder films/train, films/test for testing")
        .check();

    let case = films(Case::new("as the newsgroups are"), "news/news-bydate-train", "");
    films(case, "news/news-bydate-test", "")
        .path("news")
        .rows(4)
        .labels(LABELS)
        .note("from the folder news/news-bydate-train, news/news-bydate-test for testing")
        .check();

    let home = Home::new();
    for (part, rows) in [("train", 9), ("test", 4)] {
        for (label, word) in [("good", "fine"), ("bad", "dull")] {
            let folder = home.path("films").join(part).join(label);
            fs::create_dir_all(&folder).unwrap();
            (0..rows).for_each(|row| {
                fs::write(folder.join(format!("{row}.txt")), format!("{word} {part} {row}")).unwrap()
            });
        }
    }
    let ran = home.run("train films --epochs 1 --units 4 --no-baseline").ok();
    assert!(ran.stderr.contains("from the folder films/train, films/test for testing"), "{ran:#?}");
    assert!(ran.stdout.contains("and 8 test rows"), "{ran:#?}");
    let ran = home.run("evaluate model.gatewise films --format json").ok();
    assert!(ran.stderr.contains("films/test for testing"), "{ran:#?}");
    let ran = home.run("train films --test-split 0.25 --epochs 1 --units 4 --no-baseline").ok();
    assert!(ran.stderr.contains("5 of 18 rows, drawn at random"), "--test-split has precedence: {ran:#?}");
    assert!(!ran.stderr.contains("films/test"), "{ran:#?}");
}
