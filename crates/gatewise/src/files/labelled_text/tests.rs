//! Columns, labels and words of small files; what is skipped, found and refused.

use super::*;
use crate::files::{Columns, OnError};
use proptest::prelude::*;
use std::path::Path;

fn csv() -> tempfile::NamedTempFile {
    tempfile::Builder::new().suffix(".csv").tempfile().unwrap()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = csv();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn read(text: &str) -> Result<LabelledTexts> {
    read_file(file(text).path())
}

fn read_file(path: &Path) -> Result<LabelledTexts> {
    LabelledTexts::read(path, &ReadOptions::default())
}

#[test]
fn words_are_ranked_by_the_rows_to_train_on() {
    let train = read("label,id,text\nb,1,\"one, two\"\na,2,two\n").unwrap();
    let test = read("text,label\nthree two,b\n").unwrap();
    let corpus = train.corpus(&test).unwrap();
    assert_eq!(corpus.labels, ["a", "b"]);
    assert_eq!(corpus.vocabulary, ["two", "one"]);
    assert_eq!((corpus.train.words.row(0), corpus.train.targets.values()), (&[2, 1][..], &[1.0, 0.0][..]));
    assert_eq!((corpus.test.words.row(0), corpus.test.targets.values()), (&[0, 1][..], &[1.0][..]));
}

#[test]
fn columns_are_guessed_by_name_and_then_by_content() {
    let columns = |text: &str, columns: Columns| {
        let texts = LabelledTexts::read(file(text).path(), &ReadOptions::default().columns(columns))?;
        Ok::<_, Error>([texts.text_column, texts.label_column])
    };
    let named = |text: Option<&str>, label: Option<&str>| Columns {
        text: text.map(str::to_owned).into_iter().collect(),
        label: label.map(str::to_owned),
        ..Columns::default()
    };
    let guessed = |text: &str| columns(text, Columns::default()).unwrap();
    assert_eq!(guessed("Sentiment,Review\npos,nice\n"), ["Review", "Sentiment"]);
    assert_eq!(guessed("\u{feff}text,label\nnice,pos\n"), ["text", "label"], "behind a byte order mark");
    let odd = "id,words,kind\n1,how nice,p\n2,how bad,n\n3,so nice,p\n4,so bad,n\n";
    assert_eq!(guessed(odd), ["words", "kind"]);
    let asked = |text, label| columns("label,text,b\nx,y,z\n", named(text, label));
    assert_eq!(asked(Some("b"), None).unwrap(), ["b", "label"]);
    assert_eq!(asked(Some("label"), Some("b")).unwrap(), ["label", "b"]);
    assert!(
        asked(Some("c"), None)
            .unwrap_err()
            .to_string()
            .contains("no column 'c'; the columns are label, text, b")
    );
    assert!(asked(Some("b"), Some("b")).unwrap_err().to_string().contains("cannot both be in 'b'"));
}

#[test]
fn bad_rows_are_skipped_where_that_is_asked_for() {
    let on_error = OnError::Skip;
    let read =
        |text: &str| LabelledTexts::read(file(text).path(), &ReadOptions::default().on_error(on_error));
    let texts = read("text,label\na,x\nb\nc,\nd,y\n").unwrap();
    assert_eq!(texts.len(), 2);
    let notes = texts.notes();
    assert!(notes[0].starts_with("bad rows skipped: 2:\n"), "{notes:?}");
    assert!(
        notes[0].contains(":3: there is 1 field") && notes[0].ends_with(":4: the label is empty"),
        "{notes:?}"
    );
    assert_eq!(notes[1], "labels with one example only, which is hardly enough to learn from: x, y");
    let none = read("text,label\na\nb\n").unwrap_err().to_string();
    assert!(none.contains("no good row: all 2 were skipped; ") && none.contains(":2: there is"), "{none}");
}

#[test]
fn texts_to_test_on_that_are_in_training_are_found() {
    let train = read("text,label\na b,x\nc,y\nd,x\ne,y\n").unwrap();
    assert_eq!(train.notes(), [""; 0]);
    let test = file("text,label\nnew,x\nc ,y\n");
    let test = train.read_test(test.path(), &ReadOptions::default()).unwrap();
    let note = &test.notes()[0];
    assert!(
        note.starts_with("1 text of 2 to test on is in training too") && note.contains("csv:3)"),
        "{note}"
    );
}

proptest! {
    /// Whatever the bytes are: rows or an error, no panic, and every label of a row that was read.
    #[test]
    fn any_bytes_are_rows_or_an_error(
        parts in prop::collection::vec(
            prop_oneof![
                "[a-c,\"\\n\\r\\t;]{0,6}".prop_map(String::into_bytes),
                Just(b"text,label\n".to_vec()),
                prop::collection::vec(any::<u8>(), 0..3),
            ],
            0..12,
        ),
    ) {
        let file = csv();
        std::fs::write(file.path(), parts.concat()).unwrap();
        if let Ok(texts) = read_file(file.path()) {
            let (kept, held) = texts.hold_out(0.3, 1);
            prop_assert_eq!(kept.len() + held.len(), texts.len());
            prop_assert_eq!(kept.labels.names(), texts.labels.names());
            prop_assert!(texts.labels.names().iter().all(|name| !name.is_empty()));
            if let Ok(corpus) = texts.corpus(&held) {
                prop_assert_eq!(corpus.train.targets.len(), texts.len());
                prop_assert_eq!(corpus.test.words.len(), held.len());
            }
        }
    }
}

#[test]
fn what_is_held_out_is_not_kept() {
    let lines: String = (0..20).map(|row| format!("t{row},{}\n", row % 2)).collect();
    let texts = read(&format!("text,label\n{lines}")).unwrap();
    let (kept, held) = texts.hold_out(0.1, 1);
    assert_eq!((kept.len(), held.len()), (18, 2));
    let mut all = [kept.order.clone(), held.order.clone()].concat();
    assert_ne!(all, texts.order, "the order is drawn");
    all.sort_unstable();
    assert_eq!(all, texts.order);
    let again = texts.hold_out(0.1, 1);
    assert_eq!((again.0.order, again.1.order), (kept.order.clone(), held.order.clone()), "from the seed");
    assert_eq!(texts.hold_out(0.0, 1).1.len(), 1);
    let corpus = kept.corpus(&held).unwrap();
    assert_eq!(corpus.train.words.len(), 18);
    assert_eq!(corpus.test.words.ids(), [0, 0], "words of held-out rows are not counted");
}

#[test]
fn a_row_may_have_several_labels_or_a_number() {
    let read_as = |file: &tempfile::NamedTempFile, columns: &Columns| {
        LabelledTexts::read(file.path(), &ReadOptions::default().columns(columns.clone()))
    };
    let several = Columns::default().problem(Problem::multi_label("|"));
    let table = file("n,what,says\n1,a|b,so far\n2,,so good\n3,b,so bad\n");
    let texts = read_as(&table, &several).unwrap();
    assert_eq!((&*texts.text_column, &*texts.label_column), ("says", "what"), "where the separator is");
    let corpus = texts.corpus(&texts).unwrap();
    assert_eq!(corpus.labels, ["a", "b"]);
    assert_eq!(corpus.train.targets.values(), [1., 1., 0., 0., 0., 1.]);
    let none = read_as(&file("text,tags\nx,\n"), &several).unwrap();
    assert!(none.corpus(&none).unwrap_err().to_string().contains("no row has a label"));

    let numbers = Columns::default().problem(Problem::regression());
    let corpus = read_as(&table, &numbers).unwrap();
    assert_eq!(corpus.label_column, "n", "the only column of numbers");
    let corpus = corpus.corpus(&corpus).unwrap();
    assert_eq!(corpus.train.targets.values(), [1., 2., 3.]);
    let Problem::Regression { scale } = corpus.problem else { panic!() };
    assert_eq!(scale.mean, 2.0);
    let bad = file("text,score\nx,1\ny,two\n");
    let error = read_as(&bad, &numbers).unwrap_err().to_string();
    assert!(error.contains(":3: 'two' is not a number"), "{error}");
}

#[test]
fn flaws_are_named_with_file_and_line() {
    for (text, says) in [
        ("", " is empty; a header"),
        ("text,other\nx,y\n", ":1: none looks like a column of labels; name it; the columns are text, other"),
        ("text,label\n", "no row below"),
        ("text,label\na,b\nc\n", ":3: "),
        ("text,label\na,b\nc,\n", ":3: the label is empty"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text:?}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin.csv");
    std::fs::write(&path, b"text,label\ncaf\xe9,a\n").unwrap();
    let error = read_file(&path).unwrap_err().to_string();
    assert!(error.contains(":2: ") && error.contains("UTF-8"), "{error}");
    let (train, test) = (read("text,label\na,b\nc,d\n").unwrap(), read("text,label\na,c\n").unwrap());
    let error = train.corpus(&test).unwrap_err().to_string();
    assert!(error.contains("the label 'c' occurs in"), "{error}");
    let error = test.corpus(&train).unwrap_err().to_string();
    assert!(error.contains("every row has the label 'c' in the column label"), "{error}");
    assert!(read_file("no such file".as_ref()).is_err());
}
