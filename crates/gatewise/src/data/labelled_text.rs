//! Labelled texts in files of records.
//!
//! Enters: files with a column of texts and one of labels, guessed where they are not named. Leaves:
//! [`LabelledTexts`], and of those to train on and those to test on a [`Corpus`] of word ranks.

use super::hold_out::{hold_out, order};
use super::row_labels::RowLabels;
use super::{Columns, Corpus, OnError, Problem, Record, Records, Split, Targets};
use crate::error::{Error, Result};
use crate::text::{Sequences, Tokenizer, WordCounter};
use std::path::Path;

/// The rows of a file, in its order.
///
/// ```no_run
/// use gatewise::{data::{Columns, LabelledTexts}, text::Tokenizer};
/// let texts = LabelledTexts::read("questions.csv".as_ref(), &Columns::default())?;
/// println!("the texts are in {}, the labels in {}", texts.text_column, texts.label_column);
/// let (training, test) = texts.hold_out(0.1, 113);
/// let corpus = training.corpus(&test, &Tokenizer::default())?;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LabelledTexts {
    /// The column that the texts were found in.
    pub text_column: String,
    /// The column that the labels were found in.
    pub label_column: String,
    /// The text of each row.
    pub texts: Vec<String>,
    labels: RowLabels,
}

impl LabelledTexts {
    /// Reads a file of any [`RecordFormat`](super::RecordFormat).
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read, and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, for what is malformed.
    pub fn read(path: &Path, columns: &Columns) -> Result<Self> {
        let mut records = Records::open(path, OnError::Fail)?;
        let (texts, label) = columns.find(&mut records)?;
        let (mut rows, mut labels) = (Vec::new(), RowLabels::new(&columns.problem));
        let (mut record, mut scratch) = (Record::default(), String::new());
        while records.read(&mut record)? {
            let Some(text) = record.join(&texts, &mut scratch) else {
                records.reject(&record, "the text is missing")?;
                continue;
            };
            match labels.push(record.get(label).unwrap_or_default()) {
                Err(flaw) => records.reject(&record, &flaw)?,
                Ok(()) => rows.push(text.to_owned()),
            }
        }
        if rows.is_empty() {
            return Err(Error::data(format!("{} has no row below its header", path.display())));
        }
        let name = |column: usize| records.columns()[column].name.clone();
        let text_column = texts.iter().map(|&text| name(text)).collect::<Vec<_>>().join(", ");
        Ok(Self { text_column, label_column: name(label), texts: rows, labels })
    }

    /// The rows named by `order`, in that order.
    fn select(&self, order: &[usize]) -> Self {
        let texts = order.iter().map(|&row| self.texts[row].clone()).collect();
        let (text_column, label_column) = (self.text_column.clone(), self.label_column.clone());
        Self { text_column, label_column, texts, labels: self.labels.select(order) }
    }

    /// The rows in an order drawn from `seed`.
    pub fn shuffle(&self, seed: u64) -> Self {
        self.select(&order(self.texts.len(), seed))
    }

    /// Cuts off a share of the rows, drawn from `seed`, to test on: the same share of each class, as nearly as whole
    /// rows allow, with at least one row of each left (see [`hold_out`](super::hold_out)); where rows have several
    /// labels, of the rows with the same rarest one.
    pub fn hold_out(&self, share: f64, seed: u64) -> (Self, Self) {
        let [kept, held] = hold_out(&self.labels.strata(), share, seed);
        (self.select(&kept), self.select(&held))
    }

    /// The corpus of these rows to train on and those to test on, their texts cut up by `tokenizer`. Labels are in
    /// alphabetical order; words are counted in these rows alone.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when all rows have one label, or when a label is found in
    /// `test` only.
    pub fn corpus(&self, test: &Self, tokenizer: &Tokenizer) -> Result<Corpus> {
        let (problem, labels) = (self.labels.problem(), self.labels.names());
        self.check(&problem, &labels)?;
        let mut counter = WordCounter::new();
        let mut scratch = String::new();
        let mut number = |rows: &Self, counted: bool| -> Result<(Sequences, Targets)> {
            let mut numbers = Sequences::new();
            let targets = rows.labels.targets(&labels).map_err(|label| {
                Error::data(format!(
                    "the label '{label}' occurs in the rows to test on only, not in training"
                ))
            })?;
            for text in &rows.texts {
                let mut words = Vec::new();
                tokenizer.for_each_word(text, &mut scratch, |word| {
                    words.extend(if counted { counter.add(word) } else { counter.note(word) });
                });
                numbers.push(words);
            }
            Ok((numbers, targets))
        };
        let (train, test) = (number(self, true)?, number(test, false)?);
        let ranking = counter.finish();
        let split = |(numbers, targets): (Sequences, Targets)| Split {
            words: numbers
                .rows()
                .map(|row| row.iter().map(|&n| ranking.ranks[n as usize]).collect::<Vec<_>>())
                .collect(),
            targets,
        };
        let (train, test) = (split(train), split(test));
        let tokenizer = tokenizer.clone();
        Ok(Corpus { tokenizer, vocabulary: ranking.words, problem, labels, train, test, notes: Vec::new() })
    }

    /// Whether there is anything to learn.
    fn check(&self, problem: &Problem, labels: &[String]) -> Result<()> {
        let column = &self.label_column;
        let flaw = match (problem, labels) {
            (Problem::SingleLabel, [only]) => {
                format!("every row has the label '{only}' in the column {column}")
            }
            (Problem::MultiLabel { .. }, []) => format!("no row has a label in the column {column}"),
            _ => return Ok(()),
        };
        Err(Error::data(format!("{flaw}, so there is nothing to learn; name another column")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn csv() -> tempfile::NamedTempFile {
        tempfile::Builder::new().suffix(".csv").tempfile().unwrap()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = csv();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn read(text: &str) -> Result<LabelledTexts> {
        LabelledTexts::read(file(text).path(), &Columns::default())
    }

    #[test]
    fn words_are_ranked_by_the_rows_to_train_on() {
        let train = read("label,id,text\nb,1,\"one, two\"\na,2,two\n").unwrap();
        let test = read("text,label\nthree two,b\n").unwrap();
        let corpus = train.corpus(&test, &Tokenizer::default()).unwrap();
        assert_eq!(corpus.labels, ["a", "b"]);
        assert_eq!(corpus.vocabulary, ["two", "one"]);
        assert_eq!(
            (corpus.train.words.row(0), corpus.train.targets.values()),
            (&[2, 1][..], &[1.0, 0.0][..])
        );
        assert_eq!((corpus.test.words.row(0), corpus.test.targets.values()), (&[0, 1][..], &[1.0][..]));
    }

    #[test]
    fn columns_are_guessed_by_name_and_then_by_content() {
        let columns = |text: &str, columns: Columns| {
            let texts = LabelledTexts::read(file(text).path(), &columns)?;
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
    fn tabs_separate_where_the_name_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.TSV");
        std::fs::write(&path, "text\tlabel\none, two\tx\n").unwrap();
        let texts = LabelledTexts::read(&path, &Columns::default()).unwrap();
        assert_eq!((texts.texts, texts.labels.names()), (vec!["one, two".to_owned()], vec!["x".to_owned()]));
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
            if let Ok(texts) = LabelledTexts::read(file.path(), &Columns::default()) {
                prop_assert!(texts.labels.names().iter().all(|label| !label.is_empty()));
                let (kept, held) = texts.hold_out(0.3, 1);
                prop_assert_eq!(kept.texts.len() + held.texts.len(), texts.texts.len());
                prop_assert_eq!(kept.labels.names(), texts.labels.names());
                if let Ok(corpus) = texts.corpus(&held, &Tokenizer::default()) {
                    prop_assert_eq!(corpus.train.targets.len(), texts.texts.len());
                }
            }
        }
    }

    #[test]
    fn what_is_held_out_is_not_kept() {
        let lines: String = (0..20).map(|row| format!("t{row},{}\n", row % 2)).collect();
        let texts = read(&format!("text,label\n{lines}")).unwrap();
        let (kept, held) = texts.hold_out(0.1, 1);
        assert_eq!((kept.texts.len(), held.texts.len()), (18, 2));
        let mut all = [kept.texts.clone(), held.texts.clone()].concat();
        assert_ne!(all, texts.texts, "the order is drawn");
        all.sort();
        let mut sorted = texts.texts.clone();
        sorted.sort();
        assert_eq!(all, sorted);
        assert_eq!(texts.hold_out(0.1, 1).1.texts, held.texts, "from the seed");
        assert_eq!(texts.hold_out(0.0, 1).1.texts.len(), 1);
    }

    #[test]
    fn a_row_may_have_several_labels_or_a_number() {
        let several =
            Columns { problem: Problem::MultiLabel { separator: "|".into() }, ..Columns::default() };
        let table = file("n,what,says\n1,a|b,so far\n2,,so good\n3,b,so bad\n");
        let texts = LabelledTexts::read(table.path(), &several).unwrap();
        assert_eq!((&*texts.text_column, &*texts.label_column), ("says", "what"), "where the separator is");
        let corpus = texts.corpus(&texts, &Tokenizer::default()).unwrap();
        assert_eq!(corpus.labels, ["a", "b"]);
        assert_eq!(corpus.train.targets.values(), [1., 1., 0., 0., 0., 1.]);
        let none = LabelledTexts::read(file("text,tags\nx,\n").path(), &several).unwrap();
        assert!(
            none.corpus(&none, &Tokenizer::default()).unwrap_err().to_string().contains("no row has a label")
        );

        let numbers = Columns { problem: Problem::regression(), ..Columns::default() };
        let corpus = LabelledTexts::read(table.path(), &numbers).unwrap();
        assert_eq!(corpus.label_column, "n", "the only column of numbers");
        let corpus = corpus.corpus(&corpus, &Tokenizer::default()).unwrap();
        assert_eq!(corpus.train.targets.values(), [1., 2., 3.]);
        let Problem::Regression { scale } = corpus.problem else { panic!() };
        assert_eq!(scale.mean, 2.0);
        let bad = file("text,score\nx,1\ny,two\n");
        let error = LabelledTexts::read(bad.path(), &numbers).unwrap_err().to_string();
        assert!(error.contains(":3: 'two' is no number"), "{error}");
    }

    #[test]
    fn flaws_are_named_with_file_and_line() {
        for (text, says) in [
            ("", " is empty; a header"),
            (
                "text,other\nx,y\n",
                ":1: none looks like a column of labels; name it; the columns are text, other",
            ),
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
        let error = LabelledTexts::read(&path, &Columns::default()).unwrap_err().to_string();
        assert!(error.contains(":2: ") && error.contains("UTF-8"), "{error}");
        let (train, test) = (read("text,label\na,b\nc,d\n").unwrap(), read("text,label\na,c\n").unwrap());
        let error = train.corpus(&test, &Tokenizer::default()).unwrap_err().to_string();
        assert!(error.contains("the label 'c' occurs in"), "{error}");
        let error = test.corpus(&train, &Tokenizer::default()).unwrap_err().to_string();
        assert!(error.contains("every row has the label 'c' in the column label"), "{error}");
        assert!(LabelledTexts::read("no such file".as_ref(), &Columns::default()).is_err());
    }
}
