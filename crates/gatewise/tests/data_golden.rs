//! Tokenising, padding and `imdb.load_data` against what Keras itself gave.
//!
//! `golden/text.json` and `golden/imdb_small.npz` were made by `tools/golden/make.py` with the versions
//! of Keras and NumPy that the file names. Its `ids_sha256` is over little-endian u32: for each
//! training row, then each test row, its length and its ids; `labels_sha256` is over a byte a row.

use gatewise::datasets::keras_imdb;
use gatewise::rows::Dataset;
use gatewise::text::{PadOptions, Side, Tokenizer, WordCounter, pad_sequences};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn required() -> bool {
    std::env::var_os("GATEWISE_DATA").is_some() || std::env::var("CI").is_ok_and(|ci| ci == "true")
}

/// A section of `text.json`; `None` (with a word to the reader) when the file is not there.
fn section(name: &str) -> Option<Value> {
    let path = golden().join("text.json");
    match std::fs::read(&path) {
        Ok(json) => Some(serde_json::from_slice::<Value>(&json).unwrap()[name].take()),
        Err(_) => {
            assert!(std::env::var("CI").is_err(), "{} is missing", path.display());
            println!("skipped: {} is not there; tools/golden/make.py makes it", path.display());
            None
        }
    }
}

fn strings(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn words_are_keras_words() {
    let Some(cases) = section("text_to_word_sequence") else { return };
    let cases = cases.as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let text = case["text"].as_str().unwrap();
        assert_eq!(Tokenizer::keras().words(text), strings(&case["words"]), "{text:?}");
    }
}

#[test]
fn counts_are_keras_counts() {
    let Some(cases) = section("tokenizer") else { return };
    for case in cases.as_array().unwrap() {
        let mut counter = WordCounter::new();
        for text in strings(&case["fit_on"]) {
            Tokenizer::keras().for_each_word(&text, &mut String::new(), |word| {
                counter.add(word);
            });
        }
        // Keras breaks ties by first appearance, we by the word: the sets and the counts must agree.
        let counts: BTreeMap<String, u64> =
            serde_json::from_value::<Vec<(String, u64)>>(case["word_counts"].clone())
                .unwrap()
                .into_iter()
                .collect();
        let ranked = counter.finish().words;
        assert_eq!(ranked.len(), counts.len());
        for pair in ranked.windows(2) {
            assert!((counts[&pair[1]], &pair[0]) < (counts[&pair[0]], &pair[1]), "{pair:?}");
        }
    }
}

#[test]
fn padding_is_keras_padding() {
    let Some(cases) = section("pad_sequences") else { return };
    let side = |v: &Value| if v.as_str() == Some("post") { Side::Post } else { Side::Pre };
    for case in cases.as_array().unwrap() {
        let rows: Vec<Vec<i32>> = serde_json::from_value(case["sequences"].clone()).unwrap();
        let arguments = &case["arguments"];
        let options = PadOptions::default()
            .maxlen(arguments["maxlen"].as_u64().map(|n| n as usize))
            .padding(side(&arguments["padding"]))
            .truncating(side(&arguments["truncating"]))
            // NumPy's cast of a float to int32 is Rust's.
            .value(arguments["value"].as_f64().unwrap_or(0.0) as i32);
        let padded = pad_sequences(&rows, &options);
        if case.get("error").is_some() {
            assert!(padded.is_err(), "{case}");
            continue;
        }
        let padded = padded.unwrap_or_else(|e| panic!("{e}: {case}"));
        let expected: Vec<Vec<i32>> = serde_json::from_value(case["result"].clone()).unwrap();
        assert_eq!(padded.data, expected.concat(), "{case}");
        assert_eq!(serde_json::json!([padded.rows, padded.cols]), case["shape"], "{case}");
    }
}

#[test]
fn load_data_is_keras_load_data_on_a_small_file() {
    let Some(section) = section("imdb_small") else { return };
    compare(&golden().join("imdb_small.npz"), &section);
}

#[test]
fn load_data_is_keras_load_data() {
    let Some(section) = section("imdb_load_data") else { return };
    let path = PathBuf::from(std::env::var_os("GATEWISE_DATA").unwrap_or_default()).join("keras/imdb.npz");
    if !path.is_file() {
        assert!(!required(), "$GATEWISE_DATA/keras/imdb.npz is missing");
        println!("skipped: $GATEWISE_DATA/keras/imdb.npz is not there");
        return;
    }
    compare(&path, &section);
}

fn compare(path: &Path, section: &Value) {
    let sha256 = hex(Sha256::digest(std::fs::read(path).unwrap()).as_slice());
    if section["file_sha256"] != *sha256 {
        println!("skipped: {} is another file than the golden results were made from", path.display());
        return;
    }
    for case in section["cases"].as_array().unwrap() {
        let (mut options, given) = (keras_imdb::LoadData::default(), &case["arguments"]);
        let number = |name: &str| given[name].as_u64().map(|n| n as u32);
        for name in given.as_object().unwrap().keys() {
            match name.as_str() {
                "num_words" => options.num_words = number(name),
                "skip_top" => options.skip_top = number(name).unwrap(),
                "maxlen" => options.maxlen = number(name).map(|n| n as usize),
                "seed" => options.seed = number(name).unwrap(),
                "start_char" => options.start_char = number(name),
                "oov_char" => options.oov_char = number(name),
                "index_from" => options.index_from = number(name).unwrap(),
                other => panic!("no such argument: {other}"),
            }
        }
        let (train, test) = keras_imdb::load_data(path, &options).unwrap();
        assert_eq!(train.len() as u64, case["train_rows"].as_u64().unwrap(), "{given}");
        assert_eq!(test.len() as u64, case["test_rows"].as_u64().unwrap(), "{given}");
        let first = train.sequences().unwrap().row(0);
        assert_eq!(serde_json::json!(first[..first.len().min(12)]), case["first_train_ids"], "{given}");
        assert_eq!(ids_sha256(&[&train, &test]), case["ids_sha256"].as_str().unwrap(), "{given}");
        let labels: Vec<u8> =
            train.targets().values().iter().chain(test.targets().values()).map(|&y| y as u8).collect();
        assert_eq!(
            hex(Sha256::digest(labels).as_slice()),
            case["labels_sha256"].as_str().unwrap(),
            "{given}"
        );
    }
}

fn ids_sha256(parts: &[&Dataset]) -> String {
    let mut bytes = Vec::new();
    for row in parts.iter().flat_map(|part| part.sequences().unwrap().rows()) {
        bytes.extend((row.len() as u32).to_le_bytes());
        bytes.extend(row.iter().flat_map(|id| id.to_le_bytes()));
    }
    hex(Sha256::digest(bytes).as_slice())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
