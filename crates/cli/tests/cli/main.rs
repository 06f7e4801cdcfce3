//! The program as its users meet it: every test starts it in a home of its own, without network.
//!
//! Texts that are compared whole lie in `snapshots/`; `GATEWISE_RECORD=1 cargo test -p gatewise-cli`
//! writes them anew, for a person to read the difference.

mod describing;
mod errors;
mod explaining;
mod forecasting;
mod formats;
mod home;
mod lab;
mod lab_experiments;
mod language;
mod models;
mod own_series;
mod own_texts;
mod predicting;
mod problems;
mod real_data;
mod refused;
mod resume;
#[cfg(unix)]
mod signals;
mod training;
mod tune;
