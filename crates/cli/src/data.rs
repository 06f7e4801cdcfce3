//! Which data set a command means, and where it comes from.

use crate::args::{Place, Rows};
use crate::note;
use crate::progress::download_bar;
use gatewise::datasets::imdb::{self, ImdbOptions};
use gatewise::datasets::{keras_imdb, locate, reviews};
use gatewise::files::{Columns, LabelledTexts, ReadOptions, RecordFormat};
use gatewise::rows::{Corpus, Problem};
use gatewise::text::Tokenizer;
use gatewise::{Artifact, Error, ErrorKind, Result};
use std::path::Path;

pub const IMDB: &str = "imdb";
pub const REVIEWS: &str = "reviews";
pub const KERAS_IMDB: &str = "keras-imdb";

/// The seed of the embedded corpus and of the one shuffle of a data set whose files are ordered by
/// label: the same rows validate and test whatever the seed of the training.
const DATA_SEED: u32 = 113;

/// The same for the rows of a file.
pub const SEED: u64 = DATA_SEED as u64;

/// Which rows of a file of labelled texts are there to test on.
#[derive(Debug, Clone, Copy)]
pub enum Test<'a> {
    /// Those of another file, or, where there is none, a share of them.
    Apart(Option<&'a Path>),
    /// All of them.
    All,
}

/// The share of a file's rows that are kept to test on.
pub const HELD_OUT: f64 = 0.1;

/// Says so.
pub fn held_out(count: usize, all: usize) -> String {
    format!(
        "{count} of {all} rows, drawn by chance from each label, are kept to test on; or give --test FILE"
    )
}

/// Whether `name` is that of a file of labelled series.
pub fn is_series(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("ts"))
}

/// Whether `name` is that of a file, or of a folder, of labelled texts.
pub fn is_labelled_texts(name: &str) -> bool {
    let path = Path::new(name);
    match RecordFormat::from_path(path) {
        Some(RecordFormat::Folder) => ![IMDB, REVIEWS, KERAS_IMDB].contains(&name) && !imdb::is_at(path),
        format => format.is_some(),
    }
}

/// What those are called.
pub const LABELLED_TEXTS: &str = "a .csv, .tsv, .jsonl or .parquet file, or a folder, of labelled texts";

/// How the rows of a file are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// What the column of labels holds.
    pub problem: &'a Problem,
    /// What cuts texts into words, where they are not yet.
    pub tokenizer: &'a Tokenizer,
}

impl<'a> Reading<'a> {
    /// As a model reads.
    pub fn of(artifact: &'a Artifact) -> Self {
        Self { problem: &artifact.problem, tokenizer: &artifact.tokenizer }
    }
}

/// The corpus called `name`, a name or a path.
pub fn load(name: &str, place: &Place, test: Test<'_>, reading: Reading<'_>) -> Result<Corpus> {
    let (data_dir, tokenizer) = (place.data_dir.as_deref(), reading.tokenizer);
    if is_labelled_texts(name) {
        return load_labelled_texts(Path::new(name), place, test, reading);
    }
    let test_file = ("--test", matches!(test, Test::Apart(Some(_))));
    if let Some((option, _)) = place.rows.given().into_iter().chain([test_file]).find(|(_, given)| *given) {
        return Err(Error::config(format!(
            "{option} goes with {LABELLED_TEXTS}, but the data are {name}; leave it out"
        )));
    }
    match name {
        IMDB => load_imdb(data_dir, tokenizer),
        REVIEWS => Ok(reviews::corpus(SEED, tokenizer)),
        KERAS_IMDB => {
            let search = locate::SearchPath::new(data_dir, None);
            let found = search.find(|place| {
                [place.join("keras"), place.to_owned()].into_iter().find(|dir| dir.join("imdb.npz").is_file())
            });
            let (folder, _) = found.ok_or_else(|| {
                Error::data(format!(
                    "there is no imdb.npz (with imdb_word_index.json) in keras/ or directly in any of:\n{search}\n\
                     copy both files from ~/.keras/datasets, or train on imdb"
                ))
            })?;
            keras_imdb::corpus(&folder, DATA_SEED)
        }
        path if Path::new(path).exists() => {
            let data_dir = Some(Path::new(path));
            let options = ImdbOptions::default().data_dir(data_dir).only_data_dir(true).seed(DATA_SEED);
            imdb::load(options.tokenizer(tokenizer.clone()))
        }
        other => Err(Error::data(format!(
            "there is no data set '{other}': give {IMDB}, {REVIEWS}, {KERAS_IMDB}, \
             the path of an aclImdb folder or .tar.gz (there is nothing at this path), or {LABELLED_TEXTS}"
        ))),
    }
}

fn load_labelled_texts(path: &Path, place: &Place, test: Test<'_>, reading: Reading<'_>) -> Result<Corpus> {
    let options = read_options(&place.rows, reading);
    let texts = LabelledTexts::read(path, &options)?;
    let mut notes = vec![format!(
        "texts are taken from the column '{}', labels from '{}'",
        texts.text_column, texts.label_column
    )];
    notes.extend(texts.notes());
    let mut corpus = match test {
        Test::All => texts.corpus(&texts)?,
        Test::Apart(Some(file)) => {
            // Rows that are ordered by label must not all validate.
            let test = texts.read_test(file, &options)?;
            notes.extend(test.notes().into_iter().map(|note| format!("{}: {note}", file.display())));
            texts.shuffle(SEED).corpus(&test)?
        }
        Test::Apart(None) => {
            let (training, held) = texts.hold_out(HELD_OUT, SEED);
            if held.is_empty() {
                return Err(Error::data(format!(
                    "{name}: each label of the column {} occurs once, so no row can be kept to test on; give \
                     --test FILE, or name another column",
                    texts.label_column,
                    name = path.display()
                )));
            }
            let (count, all) = (held.len(), texts.len());
            notes.push(held_out(count, all));
            training.corpus(&held)?
        }
    };
    corpus.notes = notes;
    Ok(corpus)
}

/// How the rows of a file are read.
pub fn read_options(rows: &Rows, reading: Reading<'_>) -> ReadOptions {
    let mut columns = Columns::default().text(&rows.text_column).problem(reading.problem.clone());
    columns.label = rows.label_column.clone();
    let options = ReadOptions::default().columns(columns).tokenizer(reading.tokenizer.clone());
    options.on_error(rows.on_error.unwrap_or_default().into())
}

/// The corpus called `name`, or, where none is named, IMDB if it can be had and the embedded reviews if
/// not.
pub fn load_or_fall_back(
    name: Option<&str>,
    place: &Place,
    test: Test<'_>,
    reading: Reading<'_>,
) -> Result<(String, Corpus)> {
    if let Some(name) = name {
        return Ok((name.to_owned(), load(name, place, test, reading)?));
    }
    match load(IMDB, place, test, reading) {
        Ok(corpus) => Ok((IMDB.to_owned(), corpus)),
        Err(error) if matches!(error.kind(), ErrorKind::Data | ErrorKind::Io) => {
            note!(
                "================================================================================\n\
                 The IMDB reviews could not be had, so this trains on the small corpus `reviews`\n\
                 that the program generates instead. Figures are not comparable with IMDB's.\n\
                 Reason: {error}\n\
                 ================================================================================"
            );
            Ok((REVIEWS.to_owned(), load(REVIEWS, place, test, reading)?))
        }
        Err(error) => Err(error),
    }
}

fn load_imdb(data_dir: Option<&Path>, tokenizer: &Tokenizer) -> Result<Corpus> {
    let mut bar = download_bar();
    let options = ImdbOptions::default().data_dir(data_dir).seed(DATA_SEED).download(&mut bar);
    imdb::load(options.tokenizer(tokenizer.clone()))
}

/// The tokenizer called `name`: a name or the path of a Hugging Face `tokenizer.json`.
pub fn tokenizer(name: &str) -> Result<Tokenizer> {
    match name {
        "words" => Ok(Tokenizer::default()),
        "unicode" => Ok(Tokenizer::unicode_words()),
        "characters" => Ok(Tokenizer::characters()),
        path if path.ends_with(".json") => {
            let json = std::fs::read_to_string(path).map_err(|e| Error::io("cannot read", path, e))?;
            Tokenizer::hugging_face(&json).map_err(|e| Error::new(e.kind(), format!("{path}: {e}")))
        }
        other => Err(Error::config(format!(
            "there is no tokenizer '{other}': give words, unicode, characters or the path of a tokenizer.json"
        ))),
    }
}
