//! Readers and writers of data files.
//!
//! Input: files of records, labelled texts and series. Output: [`Records`], a [`Corpus`](crate::rows::Corpus)
//! of labelled texts, [`TimeSeries`](crate::rows::TimeSeries), [`NumberFile`], and files of records with added columns.

mod arff;
mod columns;
mod compressed;
pub mod description;
mod encoding;
mod findings;
mod folder_parts;
mod format;
mod label_list;
mod labelled_text;
mod numbers;
mod records;
mod row_labels;
mod row_words;
mod series_file;
mod spill;
mod text_stream;

pub use columns::{Columns, FoundColumns};
pub use description::Description;
pub use encoding::Encoding;
pub use folder_parts::FolderParts;
pub use format::RecordFormat;
pub use labelled_text::{LabelledTexts, ReadOptions};
pub use numbers::{
    DateOrder, Missing, NumberFile, NumberOptions, NumberSeries, Step, Timeline, read_numbers,
};
pub use records::{
    Column, Delimiter, Field, FieldKind, FileKind, OnError, Record, RecordOptions, RecordWriter, Records,
    Skipped, UnreadColumn,
};
pub use series_file::{SeriesFile, SeriesTargets, parse_ts, read_ts};
pub use text_stream::{OpenText, open_text, read_text, read_text_of};
