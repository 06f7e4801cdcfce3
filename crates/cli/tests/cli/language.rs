//! Language models: `train --task language-model` and `generate`.

use crate::home::{Home, home_with_model};
use gatewise::Artifact;
use std::fs;

/// A home with a text in which each character but the first of a line follows from the one before.
fn home_with_text() -> Home {
    let home = Home::new();
    fs::write(home.path("text.txt"), "abcdé.\n".repeat(400)).unwrap();
    home
}

const TRAIN: &str = "train text.txt --task language-model --units 12 --embedding 6 --epochs 12 --maxlen 16 --learning-rate 0.03";

#[test]
fn a_text_is_learnt_and_gone_on_with() {
    let home = home_with_text();
    let ran = home.run(TRAIN).ok();
    let last = ran.stdout.lines().last().unwrap();
    let loss = last.strip_prefix("Validation - Loss: ").and_then(|rest| rest.split(' ').next());
    assert!(loss.unwrap().parse::<f64>().unwrap() < 0.1, "{ran:#?}");
    assert!(last.contains("Perplexity: 1.0"), "{last}");
    assert_eq!(home.files(), ["model.gatewise", "model.svg", "text.txt"]);
    let artifact = Artifact::load(home.path("model.gatewise")).unwrap();
    assert!(artifact.tokenizer().unwrap().char_level() && artifact.labels().is_empty());
    let said = home.run("generate model.gatewise --prompt ab --length 20 --temperature 0").ok();
    assert_eq!(said.stdout, "abcdé.\nabcdé.\nabcdé.\na\n");
    // The same seed says the same, another something else once there is a choice.
    let said = |seed: u64| {
        let args = format!("generate model.gatewise --length 80 --temperature 3 --seed {seed} --format json");
        home.run(&args).ok().json()["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(said(1), said(1));
    assert_ne!(said(1), said(2));
    assert_eq!(said(1).chars().count(), 80);
}

#[test]
fn stacks_and_dropout_give_the_same_weights_on_any_number_of_threads() {
    let home = home_with_text();
    let weights = |more: &str| {
        let args = "train text.txt --task language-model --epochs 1 --maxlen 16 --units 5,4 --format json";
        home.run(&format!("{args} {more}")).ok().json()["weights_sha256"].as_str().unwrap().to_owned()
    };
    let one = weights("--dropout 0.2 --threads 1");
    assert_eq!(weights("--dropout 0.2 --threads 3"), one);
    assert_ne!(weights("--dropout 0.3 --threads 1"), one);
}

#[test]
fn what_cannot_be_done_is_refused() {
    let home = home_with_model();
    home.run("generate model.gatewise").failed(2, &["not a language model", "--task language-model"]);
    home.run("generate nothing.gatewise").failed(1, &["there is no such model"]);
    home.run("train --task language-model").failed(2, &["learns from a text", "gatewise train text.txt"]);
    home.run("train none.txt --task language-model").failed(1, &["there is no file none.txt"]);
    fs::write(home.path("one.txt"), "").unwrap();
    home.run("train one.txt --task language-model").failed(1, &["at least 2 tokens"]);
    fs::write(home.path("latin1.txt"), b"caf\xe9").unwrap();
    home.run("train latin1.txt --task language-model").failed(1, &["not UTF-8", "offset 3"]);
}

#[test]
fn options_for_labels_are_refused() {
    let home = home_with_text();
    for option in ["--class-weight balanced", "--threshold 0.4", "--test text.txt", "--label-column x"] {
        let name = option.split(' ').next().unwrap();
        let says = format!("{name} is for --task classify");
        home.run(&format!("{TRAIN} {option}")).failed(2, &[&says]);
    }
    assert_eq!(home.files(), ["text.txt"]);
}
