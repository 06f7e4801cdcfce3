//! Files as real people have them, each with what the program makes of it.
//!
//! A kind of file has a module. A case is a small file, written out, and its right value: rows, labels, columns, notes, or the
//! sentence with which the program refuses it. Most cases need no training: `gatewise data describe` reads a file as `gatewise
//! train` reads it.
//!
//! ```text
//! Case::new("semicolons, as half of Europe's spreadsheets write them")
//!     .file("films.csv", "text;label\ngood film;1\nbad film;0\n…")
//!     .rows(4)
//!     .labels([("0", 2), ("1", 2)])
//!     .note("fields are separated by ';'")
//!     .check();
//! ```

#[expect(dead_code, reason = "its other half is used by the tests of the commands")]
#[path = "../cli/home.rs"]
mod home;

mod answers;
mod case;
mod columns;
mod compressed;
mod delimiters;
mod encodings;
mod face;
mod folders;
mod forecast_case;
mod forecast_dates;
mod forecast_numbers;
mod forecast_series;
mod headers;
mod imbalance;
mod inputs_of_predict;
mod json_output;
mod kinds;
mod labels;
mod neat;
mod parquet;
mod quotes;
mod remembered;
mod safety;
mod scripts;
mod series_files;
mod splits;
mod targets;
mod toy;
