//! Options that a task or a preset would pay no heed to: refused before any work, whatever the data.

use crate::home::Home;

/// None of these files exists: what is refused is refused before it is looked for.
#[test]
fn options_without_a_meaning_are_refused_before_any_work() {
    let home = Home::new();
    let language = "train text.txt --task language-model";
    for (args, says) in [
        (format!("{language} --validation x.csv"), "--validation is for --task classify"),
        (format!("{language} --label-separator ;"), "--label-separator is for --task classify"),
        (format!("{language} --max-words 100"), "--max-words is for words"),
        (format!("{language} --padding post"), "--padding is for rows of unlike length"),
        (format!("{language} --mask-zero"), "--mask-zero is for rows of unlike length"),
        (format!("{language} --preset fast"), "--preset is for labelled texts"),
        (format!("{language} --data-dir x"), "--data-dir is the folder of imdb and keras-imdb"),
        ("train a.ts --max-words 100".into(), "--max-words is for texts, but a.ts contains series"),
        ("train a.ts --preset accurate".into(), "--preset is for texts, but a.ts contains series"),
        ("train a.ts --validation b.ts".into(), "--validation goes with a .csv"),
        ("train a.ts --data-dir x".into(), "--data-dir is the folder of imdb and keras-imdb"),
        ("train reviews --data-dir x".into(), "--data-dir is the folder of imdb and keras-imdb"),
        ("train reviews --test-split 0.2".into(), "--test-split goes with a .csv"),
        ("train a.csv --data-dir x".into(), "--data-dir is the folder of imdb and keras-imdb"),
        ("train a.csv --early-stopping --validation-split 0".into(), "--early-stopping monitors val_loss"),
        ("train a.csv --preset accurate --csv-log x".into(), "--csv-log is for the run of one model"),
        ("train a.csv --test b.csv --test-split 0.2".into(), "cannot be used with"),
        ("tune a.csv -- --seed 3".into(), "--seed is not for the trials of tune"),
        ("tune a.csv -- --format json".into(), "--format is not for the trials of tune"),
    ] {
        home.run(&args).failed(2, &[says]);
    }
    assert!(home.files().is_empty());
}

#[test]
fn a_share_of_the_rows_is_kept_to_test_on_or_none() {
    let home = Home::new();
    let rows: String = (0..40).map(|row| format!("it is {},{}\n", row % 2, row % 2)).collect();
    std::fs::write(home.path("a.csv"), format!("text,label\n{rows}")).unwrap();
    let train = "train a.csv --epochs 1 --units 2 --embedding 2 --no-baseline";
    let half = home.run(&format!("{train} --test-split 0.5")).ok();
    assert!(half.stderr.contains("20 of 40 rows, drawn at random"), "{half:#?}");
    let none = home.run(&format!("{train} --test-split 0")).ok();
    assert!(none.stdout.contains("a.csv, 32 training and 8 validation rows"), "{none:#?}");
    assert!(!none.stdout.contains("Test results"), "{none:#?}");
    let object = home.run(&format!("{train} --test-split 0 --format json")).ok().json();
    assert_eq!(object["loss"], serde_json::Value::Null);
}
