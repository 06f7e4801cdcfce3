//! Everything that can be wrong: each with a sentence that helps, the right exit code, and never a panic.

use crate::home::{Home, Ran, assert_snapshot, home_with_model, small_imdb, write_files};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::time::{Duration, Instant};

/// Settings and paths that are refused, recorded with what they are answered.
#[test]
fn refusals_read_as_recorded() {
    let home = home_with_model();
    fs::create_dir(home.path("empty")).unwrap();
    fs::create_dir(home.path("folder")).unwrap();
    fs::write(home.path("noise.gatewise"), "not a model at all").unwrap();
    fs::write(home.path("table.csv"), "text,label\ngood,1\n").unwrap();
    fs::write(home.path("nothing.gatewise"), "").unwrap();
    let mut damaged = fs::read(home.path("model.gatewise")).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(home.path("damaged.gatewise"), damaged).unwrap();
    let before = home.files();
    let mut text = String::new();
    for (code, args) in [
        (2, ""),
        (2, "frobnicate"),
        (2, "train reviews --bogus"),
        (2, "train reviews --epochs -1"),
        (2, "train reviews --epochs many"),
        (2, "train reviews --batch-size 0"),
        (2, "train reviews --learning-rate -1"),
        (2, "train reviews --learning-rate nan"),
        (2, "train reviews --validation-split 1.5"),
        (2, "train reviews --validation-split -0.1"),
        (2, "train reviews --validation-split 0.99999999"),
        (2, "train reviews --max-words 2"),
        (2, "train reviews --max-words 99999999999"),
        (2, "train reviews --maxlen 0"),
        (2, "train reviews --maxlen 99999999999"),
        (2, "train reviews --embedding 0"),
        (2, "train reviews --embedding 99999999999"),
        (2, "train reviews --units 0"),
        (2, "train reviews --units 8,,8"),
        (2, "train reviews --units 18446744073709551615"),
        (2, "train reviews --threads 0"),
        (2, "train reviews --seed -1"),
        (2, "train reviews --verbose 3"),
        (2, "train reviews --padding middle"),
        (2, "train reviews --format xml"),
        (2, "train reviews --output folder"),
        (1, "train reviews --output missing/model.gatewise"),
        (2, "train reviews --output model.svg"),
        (1, "train nowhere"),
        (1, "train empty"),
        (1, "train table.csv"),
        (1, "train keras-imdb"),
        (2, "summary"),
        (1, "summary missing.gatewise"),
        (1, "summary folder"),
        (1, "summary noise.gatewise"),
        (1, "summary nothing.gatewise"),
        (1, "summary damaged.gatewise"),
        (1, "evaluate missing.gatewise reviews"),
        (2, "evaluate model.gatewise"),
        (1, "evaluate model.gatewise nowhere"),
        (1, "predict missing.gatewise good"),
    ] {
        let start = Instant::now();
        let ran = home.run(args).failed(code, &[]);
        assert!(start.elapsed() < Duration::from_secs(10), "{args}: {:?}", start.elapsed());
        assert!(!ran.stderr.contains("Epoch"), "{args}: refused only after training");
        text += &format!("$ gatewise {args}\n{}[{code}]\n\n", home.settle(&ran.stderr));
    }
    assert_eq!(home.files(), before, "nothing is left behind");
    assert_snapshot("errors.txt", &text);
}

#[test]
fn an_unknown_instruction_set_is_answered_with_those_there_are() {
    let ran = Home::new().run("train reviews --isa sse9").failed(2, &["sse9", "this processor"]);
    assert!(gatewise::Isa::available().iter().all(|isa| ran.stderr.contains(isa.name())), "{ran:#?}");
}

/// The network is a closed port: it must not take long to find that out.
#[test]
fn imdb_that_cannot_be_had_names_every_place_searched() {
    let home = Home::new();
    let start = Instant::now();
    let mut command = home.command(["train", "imdb", "--data-dir", "here"]);
    let output = command.env("GATEWISE_DATA", home.path("there")).output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let ran = Ran::new("train imdb", output);
    let cache = home.path("cache").display().to_string();
    let parts = [
        "here (--data-dir; does not exist)",
        "there ($GATEWISE_DATA; does not exist)",
        &cache,
        "Downloading them failed",
        "https://ai.stanford.edu/",
        "Put aclImdb_v1.tar.gz",
    ];
    ran.failed(1, &parts);
    assert!(home.files().is_empty());
}

/// Naming a data set means that one: what `$GATEWISE_DATA` holds must not take its place.
#[test]
fn a_named_path_is_not_replaced_by_another() {
    let home = Home::new();
    write_files(&home.path("good/aclImdb"), &small_imdb());
    fs::create_dir(home.path("empty")).unwrap();
    fs::write(home.path("table.txt"), "text,label\n").unwrap();
    for (data, says) in [
        ("empty", "there are no texts in the folder"),
        ("table.txt", "it is text, but neither a table with the same number of fields"),
    ] {
        let mut command = home.command(["train", data]);
        let output = command.env("GATEWISE_DATA", home.path("good")).output().unwrap();
        Ran::new(data, output).failed(1, &[data, says]);
    }
}

#[test]
fn incomplete_data_is_refused() {
    let home = Home::new();
    // A class without a review.
    let files: Vec<_> = small_imdb().into_iter().filter(|(name, _)| !name.starts_with("train/pos")).collect();
    write_files(&home.path("half/aclImdb"), &files);
    fs::create_dir_all(home.path("half/aclImdb/train/pos")).unwrap();
    home.run("train half").failed(1, &["12 reviews in train/neg and 0 in train/pos"]);

    // An archive that ends early, wherever it does.
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in small_imdb() {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("aclImdb/{name}"), &bytes[..]).unwrap();
    }
    let whole = archive.into_inner().unwrap().finish().unwrap();
    let path = home.path("aclImdb.tar.gz");
    fs::write(&path, &whole).unwrap();
    home.run("train aclImdb.tar.gz --epochs 1 --no-baseline").ok();
    for len in [0, 5, whole.len() / 2, whole.len() - 9] {
        fs::write(&path, &whole[..len]).unwrap();
        home.run("train aclImdb.tar.gz --epochs 1").failed(1, &["error: ", "aclImdb.tar.gz"]);
    }
}

#[test]
fn training_that_diverges_says_so_and_saves_nothing() {
    let home = Home::new();
    let ran = home.run("train reviews --learning-rate 1e300 --epochs 1 --no-baseline");
    ran.failed(1, &["diverged", "smaller learning rate"]);
    assert!(home.files().is_empty());
}
