//! Readers and writers of data files.
//!
//! Input: files of records, labelled texts and series. Output: [`Records`], a [`Corpus`](crate::rows::Corpus)
//! of labelled texts, [`TimeSeries`](crate::rows::TimeSeries), and files of records with added columns.

mod columns;
pub mod description;
mod findings;
mod label_list;
mod labelled_text;
mod records;
mod row_labels;
mod row_words;
mod series;
mod spill;
mod ts;

pub use columns::{Columns, FoundColumns};
pub use description::Description;
pub use labelled_text::{LabelledTexts, ReadOptions};
pub use records::{
    Column, Field, FieldKind, OnError, Record, RecordFormat, RecordWriter, Records, Skipped, UnreadColumn,
};
pub use series::{last_number_column, read_series};
pub use ts::{parse_ts, read_ts};
