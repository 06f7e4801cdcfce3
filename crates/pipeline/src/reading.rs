//! Reads a source into a corpus: finds the data, and decides which rows are test rows.

use crate::defaults::DATA_SEED;
use crate::observer::{Observer, Progress};
use crate::source::{Data, IN_MEMORY, LABELLED_TEXTS, Source, Target, check_path};
use gatewise::datasets::imdb::{self, ImdbOptions};
use gatewise::datasets::{keras_imdb, locate, reviews};
use gatewise::files::{Columns, Delimiter, Encoding, LabelledTexts, OnError, ReadOptions, RecordOptions};
use gatewise::rows::{ColumnNames, Corpus, Problem, Split};
use gatewise::text::Tokenizer;
use gatewise::{Artifact, Error, Result};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The seed of every split of a file's rows.
pub(crate) const SEED: u64 = DATA_SEED as u64;

/// Where to search for data sets, and how to read the rows of a file.
///
/// ```
/// use gatewise_pipeline::RowOptions;
/// let options = RowOptions::new().text_column("title").text_column("body").label_column("kind");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RowOptions {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) text_column: Vec<String>,
    pub(crate) label_column: Option<String>,
    pub(crate) delimiter: Option<Delimiter>,
    pub(crate) header: Option<bool>,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) on_error: Option<OnError>,
}

impl RowOptions {
    /// Creates options that guess all columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the folder to search for named data first.
    pub fn data_dir(self, folder: impl Into<PathBuf>) -> Self {
        Self { data_dir: Some(folder.into()), ..self }
    }

    /// Adds a column that contains texts; several columns are joined.
    pub fn text_column(mut self, name: impl Into<String>) -> Self {
        self.text_column.push(name.into());
        self
    }

    /// Sets the column that contains the labels; several columns of 0 and 1, separated by commas, are one label each.
    pub fn label_column(self, name: impl Into<String>) -> Self {
        Self { label_column: Some(name.into()), ..self }
    }

    /// Sets the character between the fields of a table.
    pub fn delimiter(self, delimiter: Delimiter) -> Self {
        Self { delimiter: Some(delimiter), ..self }
    }

    /// Sets whether the first line of a table names the columns.
    pub fn header(self, header: bool) -> Self {
        Self { header: Some(header), ..self }
    }

    /// Sets the encoding of the file.
    pub fn encoding(self, encoding: Encoding) -> Self {
        Self { encoding: Some(encoding), ..self }
    }

    /// Sets how to handle bad rows.
    pub fn on_error(self, on_error: OnError) -> Self {
        Self { on_error: Some(on_error), ..self }
    }

    /// Returns the options for reading a file of records.
    pub fn record_options(&self) -> RecordOptions {
        let mut options = RecordOptions::default().on_error(self.on_error.unwrap_or_default());
        (options.delimiter, options.header, options.encoding) = (self.delimiter, self.header, self.encoding);
        options
    }

    /// Returns the options for reading a file of labelled texts. Without a tokenizer, the script of the texts decides.
    pub fn read_options(&self, problem: &Problem, tokenizer: Option<&Tokenizer>) -> ReadOptions {
        let (text, label, problem) = (self.text_column.clone(), self.label_column.clone(), problem.clone());
        let mut columns = Columns::default().text(text).problem(problem);
        columns.label = label;
        let options = ReadOptions::default().columns(columns).records(self.record_options());
        match tokenizer {
            Some(tokenizer) => options.tokenizer(tokenizer.clone()),
            None => options,
        }
    }

    /// Refuses options where there are no data to read.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) if an option is given.
    pub fn check_unused(&self) -> Result<()> {
        match *self == Self::default() {
            true => Ok(()),
            false => Err(Error::config(
                "options about data are given (--data-dir or how rows are read), but no data; give the data, or leave them out",
            )),
        }
    }

    /// Refuses options that reading one text, without rows, would ignore.
    pub(crate) fn check_one_text(&self) -> Result<()> {
        let heeded = Self { encoding: self.encoding, ..Self::default() };
        match *self == heeded {
            true => Ok(()),
            false => Err(Error::config(
                "options about rows and columns are given, but a language model reads one text; of them, only --encoding is for it",
            )),
        }
    }

    /// Refuses options that reading `source` would ignore, as the table of refusals does for training.
    pub(crate) fn check(&self, source: &Source) -> Result<()> {
        let columns = [
            ("--text-column", !self.text_column.is_empty()),
            ("--label-column", self.label_column.is_some()),
            ("--delimiter", self.delimiter.is_some()),
            ("--header", self.header == Some(true)),
            ("--no-header", self.header == Some(false)),
            ("--encoding", self.encoding.is_some()),
        ];
        let rows = [("--on-error", self.on_error.is_some())];
        let folder = [("--data-dir", self.data_dir.is_some())];
        let (foreign, of_a_file) = (!source.is_own_texts(), format!("goes with {LABELLED_TEXTS}"));
        let refused = [
            (foreign, &columns[..], of_a_file.as_str()),
            (foreign, &rows, &of_a_file),
            (source.is_in_memory(), &columns, "names a column of a file"),
            (!source.is_looked_for(), &folder, "is the folder of imdb and keras-imdb"),
        ];
        for (_, options, what) in refused.iter().filter(|(ignored, ..)| *ignored) {
            if let Some((option, _)) = options.iter().find(|(_, given)| *given) {
                return Err(Error::config(format!(
                    "{option} {what}, but the data are {source}; leave it out"
                )));
            }
        }
        Ok(())
    }
}

/// Which of the user's rows are test rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Test<'a> {
    /// The rows of another file, or this fraction of the rows.
    Apart(Option<&'a Path>, f64),
    /// All rows.
    All,
}

/// How a source is read: the problem, the tokenizer, the options of its rows, and the model that they are for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub problem: &'a Problem,
    /// `None`: the script of the texts decides.
    pub tokenizer: Option<&'a Tokenizer>,
    pub rows: &'a RowOptions,
    pub model: Option<&'a Artifact>,
}

impl<'a> Reading<'a> {
    /// Returns how `artifact` reads texts.
    pub fn of(artifact: &'a Artifact, rows: &'a RowOptions) -> Result<Self> {
        let tokenizer = artifact.tokenizer().ok_or_else(|| {
            Error::data(
                "this model reads series, not texts; give a .ts file, or a model that was trained on texts",
            )
        })?;
        Ok(Self { problem: artifact.problem(), tokenizer: Some(tokenizer), rows, model: Some(artifact) })
    }

    fn options(&self) -> ReadOptions {
        let mut options = self.rows.read_options(self.problem, self.tokenizer);
        if let Some(model) = self.model {
            options.columns = options.columns.trained(model.training().columns.clone());
            options = options.labels(model.labels());
        }
        options
    }
}

/// Returns the corpus of `source`, tokenized as `artifact` does; all rows of a file are test rows.
///
/// # Errors
/// As [`TrainPlan::run`](crate::TrainPlan::run).
pub(crate) fn for_artifact(
    artifact: &Artifact,
    source: &Source,
    rows: &RowOptions,
    test: Test<'_>,
    observer: &mut dyn Observer,
) -> Result<Corpus> {
    if let Data::Path(path) = &source.0 {
        check_path(path)?;
    }
    rows.check(source)?;
    read(source, test, Reading::of(artifact, rows)?, observer)
}

/// Returns the corpus of `source`.
pub(crate) fn read(
    source: &Source,
    test: Test<'_>,
    reading: Reading<'_>,
    observer: &mut dyn Observer,
) -> Result<Corpus> {
    if source.is_own_texts() {
        return own_texts(source, test, reading);
    }
    let data_dir = reading.rows.data_dir.as_deref();
    let tokenizer = reading.tokenizer.cloned().unwrap_or_default();
    match &source.0 {
        Data::Reviews => Ok(reviews::corpus(SEED, &tokenizer)),
        Data::KerasImdb => keras_imdb(data_dir),
        Data::Path(path) => {
            check_path(path)?;
            let options = ImdbOptions::default().data_dir(path.as_path()).only_data_dir(true);
            imdb::load(options.seed(DATA_SEED).tokenizer(tokenizer))
        }
        Data::Mismatch(why) => Err(Error::config(*why)),
        Data::Series(_) | Data::Text(_) => {
            Err(Error::config(format!("labelled texts are read here, but the data are {source}")))
        }
        _ => {
            let mut download = |done, total| {
                let _ = observer.progress(Progress::Download { done, total });
            };
            let options = ImdbOptions::default().data_dir(data_dir).seed(DATA_SEED);
            imdb::load(options.tokenizer(tokenizer).download(&mut download))
        }
    }
}

fn keras_imdb(data_dir: Option<&Path>) -> Result<Corpus> {
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

/// Returns the corpus of a file, a folder, or rows in memory.
fn own_texts(source: &Source, test: Test<'_>, reading: Reading<'_>) -> Result<Corpus> {
    let options = reading.options();
    let fields = |rows| fields(rows, reading.problem);
    let (texts, own_test) = match &source.0 {
        Data::Texts(rows) => {
            let texts = LabelledTexts::from_rows(IN_MEMORY, fields(&rows.training)?, &options)?;
            let texts = match &rows.weights {
                Some(weights) => texts.with_sample_weight(weights)?,
                None => texts,
            };
            (texts, rows.test.as_ref())
        }
        Data::Path(path) => (LabelledTexts::read(path, &options)?, None),
        _ => unreachable!("only these are texts of the user's own"),
    };
    let mut notes: Vec<String> =
        (!source.is_in_memory()).then(|| source_note(&texts, reading.rows)).into_iter().collect();
    notes.extend(texts.notes());
    if !matches!(test, Test::All) {
        texts.check_classes().map_err(|error| Error::data(format!("{source}: {error}")))?;
    }
    let mut corpus = match (test, own_test) {
        (Test::All, _) => texts.test_corpus()?,
        (Test::Apart(Some(file), _), _) => {
            let test = texts.read_test(file, &options)?;
            notes.extend(test.notes().into_iter().map(|note| format!("{}: {note}", file.display())));
            // The rows may be ordered by label.
            texts.shuffle(SEED).corpus(&test)?
        }
        (_, Some(rows)) => {
            let test = texts.test_from_rows("test rows in memory", fields(rows)?, &options)?;
            notes.extend(test.notes().into_iter().map(|note| format!("test rows: {note}")));
            texts.shuffle(SEED).corpus(&test)?
        }
        (Test::Apart(None, 0.0), None) => {
            let texts = texts.shuffle(SEED);
            let mut corpus = texts.corpus(&texts)?;
            corpus.test = Split::default();
            corpus
        }
        (Test::Apart(None, share), None) => {
            let (training, held) = texts.hold_out(share, SEED);
            if held.is_empty() {
                return Err(Error::data(format!(
                    "{source}: each label of the column {} occurs once, so no row can be held out for testing; give \
                     --test FILE, or name another column",
                    texts.label_column,
                )));
            }
            notes.push(held_out(held.len(), texts.len()));
            notes.extend(held.hold_out_note(&training));
            training.corpus(&held)?
        }
    };
    corpus.notes = notes;
    Ok(corpus)
}

/// Returns further rows in memory, all of them as test rows.
pub(crate) fn memory_rows(rows: &[(String, Target)], reading: Reading<'_>) -> Result<Corpus> {
    let options = reading.options();
    let texts =
        LabelledTexts::from_rows("validation rows in memory", fields(rows, reading.problem)?, &options)?;
    let mut corpus = texts.test_corpus()?;
    corpus.notes = texts.notes();
    Ok(corpus)
}

/// Returns the note about the columns that are read.
fn source_note(texts: &LabelledTexts, rows: &RowOptions) -> String {
    let columns = match texts.columns().is_empty() {
        true => &ColumnNames::new(["text"], ["label"]),
        false => texts.columns(),
    };
    let chosen = match columns.text.len() > 1 && rows.text_column.is_empty() {
        true => "; --text-column chooses other columns",
        false => "",
    };
    columns.sentence() + chosen
}

/// Returns the note about rows that are held out for testing.
pub(crate) fn held_out(count: usize, all: usize) -> String {
    format!(
        "{count} of {all} rows, drawn at random from each label, are held out for testing; --test FILE replaces them"
    )
}

/// Returns texts with the label fields of a file.
fn fields<'a>(
    rows: &'a [(String, Target)],
    problem: &Problem,
) -> Result<impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a>> {
    let separator = match problem {
        Problem::MultiLabel { separator, .. } => separator.as_str(),
        _ => "",
    };
    let labels = rows.iter().filter_map(|(_, target)| match target {
        Target::Labels(labels) => Some(labels),
        _ => None,
    });
    if let Some(label) = labels.flatten().find(|label| !separator.is_empty() && label.contains(separator)) {
        return Err(Error::data(format!(
            "the label '{label}' in memory contains the separator '{separator}', which separates labels in predictions; set \
             --label-separator to a text that no label contains"
        )));
    }
    let field = move |target: &'a Target| match target {
        Target::Label(label) => Cow::Borrowed(label.as_str()),
        Target::Labels(labels) => Cow::Owned(serde_json::json!(labels).to_string()),
        Target::Number(number) => Cow::Owned(number.to_string()),
    };
    Ok(rows.iter().map(move |(text, target)| (text.as_str(), field(target))))
}
