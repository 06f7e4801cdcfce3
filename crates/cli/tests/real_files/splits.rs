//! A split by chance keeps equal texts on one side.

use crate::home::{Home, Ran};
use std::fs;

/// Trains nothing; the notes say what is held out.
fn split(rows: impl Iterator<Item = String>) -> Ran {
    let home = Home::new();
    fs::write(home.path("a.csv"), format!("text,label\n{}", rows.collect::<String>())).unwrap();
    home.run("train a.csv --epochs 0 --units 2 --no-baseline").ok()
}

#[test]
fn equal_texts_stay_together() {
    let ran = split((0..200).map(|row| format!("text no {},{}\n", row / 2, row / 2 % 2)));
    assert!(ran.stderr.contains("20 of 200 rows, drawn at random from each label, are held out"), "{ran:#?}");
    assert!(
        ran.stderr.contains("100 rows repeat an earlier text; equal texts are on one side of the split"),
        "{ran:#?}"
    );
}

#[test]
fn a_text_that_is_most_of_a_label_stays_in_training() {
    // A hundred times "ok", and other texts.
    let ran =
        split((0..200).map(|row| if row % 2 == 0 { "ok,yes\n".into() } else { format!("no {row},no\n") }));
    assert!(ran.stderr.contains("10 of 200 rows"), "{ran:#?}");
    assert!(ran.stderr.contains("99 rows repeat an earlier text"), "{ran:#?}");
}

#[test]
fn too_few_texts_are_split_and_reported() {
    let ran = split((0..200).map(|row| format!("{},{}\n", ["good film", "bad film"][row % 2], row % 2)));
    assert!(ran.stderr.contains("20 of 200 rows"), "{ran:#?}");
    assert!(
        ran.stderr.contains("20 of 20 texts to test on are in training too, which flatters the result"),
        "{ran:#?}"
    );
}

#[test]
fn rows_without_equal_texts_say_nothing() {
    let ran = split((0..40).map(|row| format!("text no {row},{}\n", row % 2)));
    assert!(!ran.stderr.contains("side of the split"), "{ran:#?}");
}
