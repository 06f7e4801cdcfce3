//! Readers and writers of other people's files.
//!
//! Enters: files of records, labelled texts, series. Leaves: [`Records`], a [`Corpus`](crate::rows::Corpus) of labelled
//! texts, [`TimeSeries`](crate::rows::TimeSeries), numbers, and records written back with answers added.

mod columns;
pub mod description;
mod findings;
mod labelled_text;
mod records;
mod row_labels;
mod row_words;
mod series;
mod spill;
mod ts;

pub use columns::Columns;
pub use description::Description;
pub use labelled_text::{LabelledTexts, ReadOptions};
pub use records::{
    Column, Field, FieldKind, OnError, Record, RecordFormat, RecordWriter, Records, Skipped, UnreadColumn,
};
pub use series::{last_number_column, read_series};
pub use ts::{parse_ts, read_ts};
