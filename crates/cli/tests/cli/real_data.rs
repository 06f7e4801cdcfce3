//! The main job on the real reviews: needs `GATEWISE_DATA`. In continuous integration that is an error
//! when missing; elsewhere these tests say that they were skipped.

use crate::home::{Home, Ran};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The folder of data sets. A relative one counts from the workspace, not from this package.
fn data(file: &str) -> Option<PathBuf> {
    let named = std::env::var_os("GATEWISE_DATA").filter(|value| !value.is_empty());
    let Some(named) = named else {
        assert!(std::env::var_os("CI").is_none(), "$GATEWISE_DATA must name the data sets");
        println!("skipped: $GATEWISE_DATA is not set");
        return None;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(named);
    let path = folder.join(file);
    assert!(path.exists(), "$GATEWISE_DATA should lead to {}", path.display());
    Some(folder)
}

fn run(home: &Home, data: &Path, args: &str) -> (Ran, Duration) {
    let start = Instant::now();
    let output = home.command(args.split_whitespace()).env("GATEWISE_DATA", data).output().unwrap();
    (Ran::new(args, output).ok(), start.elapsed())
}

#[test]
fn imdb_from_end_to_end() {
    let Some(data) = data("") else { return };
    let home = Home::new();
    // Without training, the time is that of reading: the second time the words come from the cache.
    let reading = "train imdb --seed 1 --epochs 0 --no-baseline";
    let (slow, fast) = (run(&home, &data, reading).1, run(&home, &data, reading).1);
    println!("reading {slow:?}, from the token cache {fast:?}");
    assert!(fast < slow);

    let (first, took) = run(&home, &data, "train imdb --seed 1");
    let (loss, accuracy) = first.test_results();
    println!("loss {loss}, accuracy {accuracy} %, {took:?}");
    assert!((84.0..=88.0).contains(&accuracy), "{first:#?}");
    assert!(first.stdout.contains("Data: imdb, 25000 training and 25000 test rows"), "{first:#?}");
    assert!(first.stdout.contains("Baseline: bag of words"), "{first:#?}");

    // The same figures from the file alone.
    let (again, _) = run(&home, &data, "evaluate model.gatewise imdb");
    assert_eq!(again.test_results(), (loss, accuracy));
    let (exact, _) = run(&home, &data, "evaluate model.gatewise imdb --format json");
    let object = exact.json();
    assert_eq!(object["test_rows"], 25_000);
    let summary = home.run("summary model.gatewise --format json").ok().json();
    assert_eq!(summary["training"]["test"]["loss"], object["loss"]);
    assert_eq!(summary["training"]["test"]["accuracy"], object["accuracy"]);

    // And the same weights when the words are tokenised afresh.
    std::fs::remove_dir_all(home.path("cache")).unwrap();
    let (second, _) = run(&home, &data, "train imdb --seed 1 --no-baseline --format json -o second.gatewise");
    assert_eq!(second.json()["weights_sha256"], summary["weights_sha256"]);

    let answers = home.run("predict model.gatewise --format json dreadful wonderful").ok();
    let lines = answers.stdout.lines();
    let found: Vec<serde_json::Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(found[0]["label"] == "neg" && found[1]["label"] == "pos", "{answers:#?}");
    let positive = |answer: &serde_json::Value| answer["probabilities"]["pos"].as_f64().unwrap();
    assert!(positive(&found[0]) < positive(&found[1]), "{answers:#?}");
}

#[test]
fn keras_imdb_trains() {
    let Some(data) = data("keras/imdb.npz") else { return };
    let home = Home::new();
    let (ran, _) = run(&home, &data, "train keras-imdb --epochs 1 --no-baseline");
    ran.test_results();
    assert!(ran.stdout.starts_with("Data: keras-imdb, "), "{ran:#?}");
    run(&home, &data, "evaluate model.gatewise keras-imdb");
}
