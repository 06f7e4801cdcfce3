//! Labelled texts in CSV files.
//!
//! Enters: a file for training and one for testing, each with the columns `text` and `label`. Leaves: a
//! [`Corpus`] of word ranks.

use super::{Corpus, Split};
use crate::error::{Error, Result};
use crate::text::{Sequences, Tokenizer, WordCounter};
use std::collections::BTreeSet;
use std::path::Path;

/// The texts and labels of a CSV file, row by row. The columns are found by their names in the first line;
/// others are not looked at.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, for what is malformed.
pub fn read_labelled_texts(path: &Path) -> Result<Vec<(String, String)>> {
    let name = path.display();
    let file = std::fs::File::open(path).map_err(|e| Error::io("cannot read", path, e))?;
    let mut reader = csv::Reader::from_reader(file);
    let flaw = |e: csv::Error| {
        let line = e.position().map_or(1, csv::Position::line);
        Error::data(format!("{name}:{line}: this is no row of a CSV file: {e}"))
    };
    let header = reader.headers().map_err(flaw)?.clone();
    let column = |wanted: &str| {
        header.iter().position(|column| column.trim() == wanted).ok_or_else(|| {
            let found: Vec<_> = header.iter().collect();
            Error::data(format!(
                "{name}:1: there is no column '{wanted}'; the columns are {}",
                found.join(", ")
            ))
        })
    };
    let (text, label) = (column("text")?, column("label")?);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(flaw)?;
        match record[label].trim() {
            "" => {
                let line = record.position().map_or(0, csv::Position::line);
                return Err(Error::data(format!("{name}:{line}: the label is empty")));
            }
            label => rows.push((record[text].to_owned(), label.to_owned())),
        }
    }
    match rows.is_empty() {
        true => Err(Error::data(format!("{name} has no row below its header"))),
        false => Ok(rows),
    }
}

/// The corpus of a file to train on and one to test on. Labels are in alphabetical order; words are counted in
/// the training file alone.
///
/// # Errors
/// As [`read_labelled_texts`], and when a label is found in the test file only.
pub fn labelled_text_corpus(train: &Path, test: &Path) -> Result<Corpus> {
    let (train_rows, test_rows) = (read_labelled_texts(train)?, read_labelled_texts(test)?);
    let labels: BTreeSet<&str> = train_rows.iter().map(|row| row.1.as_str()).collect();
    let labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
    let tokenizer = Tokenizer::default();
    let mut counter = WordCounter::new();
    let mut scratch = String::new();
    let mut number = |rows: &[(String, String)], counted: bool| -> Result<(Sequences, Vec<u32>)> {
        let (mut numbers, mut classes) = (Sequences::new(), Vec::new());
        for (text, label) in rows {
            let class = labels.binary_search(label).map_err(|_| {
                Error::data(format!("the label '{label}' occurs in {} only, not in training", test.display()))
            })?;
            let mut words = Vec::new();
            tokenizer.for_each_word(text, &mut scratch, |word| {
                words.extend(if counted { counter.add(word) } else { counter.note(word) });
            });
            numbers.push(words);
            classes.push(class as u32);
        }
        Ok((numbers, classes))
    };
    let (train, test) = (number(&train_rows, true)?, number(&test_rows, false)?);
    let ranking = counter.finish();
    let split = |(numbers, classes): (Sequences, Vec<u32>)| Split {
        words: numbers
            .rows()
            .map(|row| row.iter().map(|&n| ranking.ranks[n as usize]).collect::<Vec<_>>())
            .collect(),
        classes,
    };
    let (train, test) = (split(train), split(test));
    Ok(Corpus { tokenizer, vocabulary: ranking.words, labels, train, test, notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn words_are_ranked_by_the_training_file() {
        let train = file("label,id,text\nb,1,\"one, two\"\na,2,two\n");
        let test = file("text,label\nthree two,b\n");
        let corpus = labelled_text_corpus(train.path(), test.path()).unwrap();
        assert_eq!(corpus.labels, ["a", "b"]);
        assert_eq!(corpus.vocabulary, ["two", "one"]);
        assert_eq!((corpus.train.words.row(0), &corpus.train.classes[..]), (&[2, 1][..], &[1, 0][..]));
        assert_eq!((corpus.test.words.row(0), &corpus.test.classes[..]), (&[0, 1][..], &[1][..]));
    }

    #[test]
    fn flaws_are_named_with_file_and_line() {
        for (text, says) in [
            ("", ":1: there is no column 'text'"),
            ("text,class\nx,y\n", ":1: there is no column 'label'; the columns are text, class"),
            ("text,label\n", "no row below"),
            ("text,label\na,b\nc\n", ":3: "),
            ("text,label\na,b\nc,\n", ":3: the label is empty"),
        ] {
            let file = file(text);
            let error = read_labelled_texts(file.path()).unwrap_err().to_string();
            assert!(error.contains(says), "{text:?}: {error}");
        }
        let (train, test) = (file("text,label\na,b\n"), file("text,label\na,c\n"));
        let error = labelled_text_corpus(train.path(), test.path()).unwrap_err().to_string();
        assert!(error.contains("the label 'c' occurs in"), "{error}");
        assert!(read_labelled_texts("no such file".as_ref()).is_err());
    }
}
