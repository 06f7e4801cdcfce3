//! Small models, trained in a moment on rows that are easy to tell apart.

use crate::home::{Home, Ran};
use std::fs;

/// What a model of a handful of rows needs to learn them.
pub const QUICK: &str =
    "--epochs 40 --units 4 --embedding 4 --learning-rate 0.05 --maxlen 4 --verbose 0 --no-baseline";

/// A table of texts, so many of each label. A text contains a word that gives its label away.
pub fn table(counts: &[(&str, usize)]) -> String {
    let rows = counts.iter().enumerate().flat_map(|(class, &(label, count))| {
        let word = ["refund", "thanks", "hello", "invoice", "parcel", "weather"][class];
        (0..count).map(move |row| format!("{word} note{row},{label}\n"))
    });
    format!("text,label\n{}", rows.collect::<String>())
}

/// A home with `mails.csv`, so many mails of each label, and `model.gatewise`, trained on them.
pub fn trained(counts: &[(&str, usize)], options: &str) -> (Home, Ran) {
    let home = Home::new();
    fs::write(home.path("mails.csv"), table(counts)).unwrap();
    let ran = home.run(&format!("train mails.csv {QUICK} {options}")).ok();
    (home, ran)
}

/// Runs `predict` on standard input.
pub fn predict(home: &Home, args: &[&str], input: impl Into<Vec<u8>>) -> Ran {
    let mut command = home.command([&["predict"], args].concat());
    Ran::new("predict", command.write_stdin(input).output().unwrap())
}
