//! Series of measurements in a `.ts` file, from training to answers.

use crate::home::Home;
use std::fs;

/// Rises and falls of two channels, of different lengths.
fn series(rows: usize) -> String {
    let case = |row: usize| {
        let (steps, rises) = (4 + row % 5, row.is_multiple_of(2));
        let at = |t: usize| (if rises { t } else { steps - t }) as f32 + (row * 7 % 5) as f32 / 10.0;
        let channel =
            |scale: f32| (0..steps).map(|t| format!("{}", at(t) * scale)).collect::<Vec<_>>().join(",");
        format!("{}:{}:{}\n", channel(1.0), channel(100.0), ["up", "down"][row % 2])
    };
    format!("@dimensions 2\n@classLabel true down up\n@data\n{}", (0..rows).map(case).collect::<String>())
}

#[test]
fn a_file_of_series_from_training_to_answers() {
    let home = Home::new();
    fs::write(home.path("train.ts"), series(60)).unwrap();
    fs::write(home.path("test.ts"), series(12)).unwrap();
    let ran = home.run("train train.ts --test test.ts --epochs 40 --units 6 --cell gru --dropout 0").ok();
    assert_eq!(ran.test_results().1, 100.0, "{ran:#?}");
    assert!(ran.stdout.contains("train.ts, 60 training and 12 test rows"), "{ran:#?}");
    let again = home.run("evaluate model.gatewise test.ts").ok();
    assert_eq!(again.test_results(), ran.test_results(), "what was saved gives the same figures");
    let answers = home.run("predict model.gatewise test.ts").ok().stdout;
    let labels: Vec<&str> = answers.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(labels, ["up", "down"].repeat(6));
    let summary = home.run("summary model.gatewise").ok().stdout;
    assert!(summary.contains("Series of 2 channels; rows of any steps; labels: down, up"), "{summary}");
    let scalers = home.run("summary model.gatewise --format json").ok().json()["scalers"].clone();
    assert_eq!(scalers.as_array().map(Vec::len), Some(2));
    // Without a file to test on, a tenth of the rows.
    let held = home.run("train train.ts --epochs 1 --threshold f1 -o held.gatewise").ok();
    assert!(
        held.stderr.contains("6 of 60 rows, drawn at random from each label, are held out for testing"),
        "{held:#?}"
    );
}

#[test]
fn what_a_model_of_series_cannot_do_is_said() {
    let home = Home::new();
    fs::write(home.path("a.ts"), series(20)).unwrap();
    fs::write(home.path("one.ts"), "@classLabel true down up\n@data\n1,2:up\n").unwrap();
    fs::write(home.path("bad.ts"), "@classLabel true a\n@data\nx:a\n").unwrap();
    home.run("train bad.ts").failed(1, &["bad.ts:3: step 1 of channel 1 is 'x'"]);
    home.run("train a.ts --embedding 4").failed(2, &["--embedding is for texts, but a.ts contains series"]);
    home.run("train a.ts --test none.ts").failed(1, &["there is no file none.ts"]);
    home.run("train a.ts --epochs 1 --units 2").ok();
    home.run("predict model.gatewise").failed(2, &["this model reads series: give the .ts files"]);
    home.run("predict model.gatewise one.ts").failed(1, &["reads series of 2 channels, but these have 1"]);
    home.run("evaluate model.gatewise reviews")
        .failed(1, &["this model reads series, not texts; give a .ts file"]);
    home.run("bench model.gatewise").failed(2, &["bench is for models of texts"]);
    home.run("generate model.gatewise").failed(2, &["not a language model"]);
    home.run("train reviews --epochs 0 -o texts.gatewise").ok();
    home.run("evaluate texts.gatewise a.ts")
        .failed(1, &["does not have the label 'down'; its labels are neg, pos"]);
}
