//! `gatewise train` where all goes well.

use crate::home::{Home, small_imdb, write_files};
use gatewise::{Artifact, Isa};
use std::fs;

/// Panics unless every tag of `svg` is closed in its order.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a tag ends");
        assert!(!text.contains('&') || text.contains(';'), "a bare ampersand in {text:?}");
        match tag {
            _ if tag.starts_with(['?', '!']) || tag.ends_with('/') => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(&tag[1..])),
            _ => open.push(tag.split_whitespace().next().unwrap()),
        }
    }
    assert!(svg.contains("<svg") && open.is_empty(), "left open: {open:?}");
}

#[test]
fn the_defaults_beat_both_baselines_on_reviews() {
    let home = Home::new();
    let ran = home.run("train reviews").ok();
    let (loss, accuracy) = ran.test_results();
    assert!(loss < 0.2 && accuracy > 95.0, "{ran:#?}");
    let baselines: Vec<f64> = ran
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("Baseline: ")?.split_once("Accuracy: "))
        .map(|(_, accuracy)| accuracy.trim_end_matches('%').parse().unwrap())
        .collect();
    assert_eq!(baselines.len(), 2, "{ran:#?}");
    assert!(baselines.iter().all(|baseline| baseline + 10.0 < accuracy), "{ran:#?}");
    assert!(ran.stdout.contains("Saved model.gatewise and model.svg"));
    assert_eq!(home.files(), ["model.gatewise", "model.svg"]);
    assert_well_formed(&fs::read_to_string(home.path("model.svg")).unwrap());
    let artifact = Artifact::load(home.path("model.gatewise")).unwrap();
    assert_eq!(artifact.training().history.epochs.len(), 8);
    // A line an epoch, and a command that uses the model.
    let mut lines: Vec<_> = ran.stderr.lines().collect();
    assert!(lines.pop().unwrap().starts_with("Next: gatewise predict model.gatewise "), "{ran:#?}");
    assert_eq!(lines.len(), 8, "{ran:#?}");
    for (epoch, line) in lines.iter().enumerate() {
        assert!(line.starts_with(&format!("Epoch {}/8 - ", epoch + 1)), "{line}");
        for part in ["s - loss ", " acc ", " - val_loss ", " val_acc "] {
            assert!(line.contains(part), "{line}");
        }
    }
    // What was saved gives the same figures.
    let again = home.run("evaluate model.gatewise reviews").ok();
    assert_eq!(again.test_results(), (loss, accuracy));
}

#[test]
fn json_is_one_object_with_every_figure() {
    let home = Home::new();
    let ran = home.run("train reviews --epochs 2 --seed 7 --threads 2 --format json -o m.gatewise").ok();
    let object = ran.json();
    let number = |key: &str| object[key].as_f64().unwrap_or_else(|| panic!("{key}: {object}"));
    assert!((0.0..10.0).contains(&number("loss")) && (0.0..=1.0).contains(&number("accuracy")));
    let epochs = object["history"]["epochs"].as_array().unwrap();
    assert_eq!(epochs.len(), 2);
    let sum: f64 = epochs.iter().map(|epoch| epoch["seconds"].as_f64().unwrap()).sum();
    assert!(sum > 0.0 && number("fit_seconds") >= sum && number("evaluate_seconds") > 0.0, "{object}");
    assert_eq!(object["parameters"], 76_051);
    assert_eq!((&object["seed"], &object["threads"]), (&7.into(), &2.into()));
    assert_eq!(object["model"], "m.gatewise");
    let baselines = object["baselines"].as_array().unwrap();
    assert_eq!(baselines.len(), 3, "{object}");
    assert!(baselines.iter().all(|b| b["name"].is_string() && b["accuracy"].is_f64()), "{object}");
    let artifact = Artifact::load(home.path("m.gatewise")).unwrap();
    assert_eq!(object["weights_sha256"], artifact.weights_sha256());
    let summary = home.run("summary m.gatewise --format json").ok().json();
    assert_eq!(summary["weights_sha256"], object["weights_sha256"]);
    let evaluated = home.run("evaluate m.gatewise reviews --format json").ok().json();
    assert_eq!(evaluated["loss"], object["loss"]);
    assert_eq!(evaluated["accuracy"], object["accuracy"]);
    assert_eq!(evaluated["test_rows"], 4000);
    assert!(evaluated["evaluate_seconds"].is_f64());
}

#[test]
fn threads_and_instruction_sets_do_not_change_a_bit() {
    let home = Home::new();
    let sum = |more: &str| {
        let args = format!("train reviews --epochs 1 --verbose 0 --no-baseline --format json {more}");
        home.run(&args).ok().json()["weights_sha256"].as_str().unwrap().to_owned()
    };
    let one = sum("--threads 1");
    let bytes = fs::read(home.path("model.gatewise")).unwrap();
    for threads in [2, 3, 8] {
        assert_eq!(sum(&format!("--threads {threads}")), one, "{threads} threads");
        assert_eq!(fs::read(home.path("model.gatewise")).unwrap(), bytes, "the whole file is the same");
    }
    for isa in Isa::available() {
        assert_eq!(sum(&format!("--isa {isa}")), one, "{isa}");
    }
    assert_ne!(sum("--seed 2"), one);
}

#[test]
fn verbose_says_how_much() {
    let home = Home::new();
    let lines = |verbose: u8| {
        let args = format!("train reviews --epochs 2 --no-baseline --verbose {verbose}");
        home.run(&args).ok().stderr.lines().count()
    };
    // The last line names the next command.
    assert_eq!([lines(0), lines(1), lines(2)], [0, 3, 3]);
}

#[test]
fn every_option_of_the_model_is_heard() {
    let home = Home::new();
    let options = "--epochs 1 --batch-size 100 --learning-rate 0.01 --max-words 300 --maxlen 20 --padding post \
                   --truncating post --mask-zero --embedding 4 --units 5,3 --validation-split 0";
    home.run(&format!("train reviews --no-baseline {options}")).ok();
    let summary = home.run("summary model.gatewise --format json").ok().json();
    assert_eq!(summary["parameters"], 300 * 4 + 4 * 5 * (4 + 5 + 1) + 4 * 3 * (5 + 3 + 1) + 4);
    assert_eq!(summary["training"]["batch_size"], 100);
    assert_eq!(summary["training"]["learning_rate"], 0.01);
    assert_eq!(summary["training"]["history"]["samples"], 20_000);
    assert_eq!(summary["training"]["history"]["epochs"][0]["val_loss"], serde_json::Value::Null);
    assert_eq!(summary["padding"]["maxlen"], 20);
    assert_eq!(summary["vocabulary"]["max_words"], 300);
    for (cell, class, weights) in [
        ("lstm", "LSTM", 4 * 5 * (4 + 5 + 1)),
        ("gru", "GRU", 3 * 5 * (4 + 5 + 2)),
        ("simple_rnn", "SimpleRNN", 5 * (4 + 5 + 1)),
    ] {
        home.run(&format!("train reviews --no-baseline --epochs 0 --embedding 4 --units 5 --cell {cell}"))
            .ok();
        let text = home.run("summary model.gatewise").ok().stdout;
        assert!(text.contains(&format!("{cell} ({class})")), "{text}");
        let object = home.run("summary model.gatewise --format json").ok().json();
        assert_eq!(object["parameters"], 5_000 * 4 + weights + 5 + 1, "{cell}");
    }
}

#[test]
fn a_folder_of_reviews_trains_and_broken_ones_are_counted() {
    let home = Home::new();
    let mut files = small_imdb();
    for at in [3, 17] {
        files[at].1.extend(b" caf\xe9");
    }
    write_files(&home.path("aclImdb"), &files);
    for data in ["aclImdb", ".", "imdb --data-dir ."] {
        let ran = home.run(&format!("train {data} --epochs 1")).ok();
        ran.test_results();
        assert!(
            ran.stderr.contains("note: 2 reviews are not UTF-8; their broken bytes were replaced"),
            "{ran:#?}"
        );
        assert!(ran.stdout.contains("24 training and 24 test rows"), "{ran:#?}");
    }
}

/// Without a data set to train on, the embedded one is used, and nobody can overlook it.
#[test]
fn without_data_the_embedded_reviews_serve() {
    let home = Home::new();
    let ran = home.run("train --epochs 1 --no-baseline").ok();
    for part in ["=====", "IMDB reviews are not available", "`reviews`", "Reason: ", "not comparable"] {
        assert!(ran.stderr.contains(part), "{part:?} is missing from {ran:#?}");
    }
    assert!(ran.stdout.starts_with("Data: reviews, "), "{ran:#?}");
    // Where IMDB is at hand it is what is meant.
    write_files(&home.path("elsewhere/aclImdb"), &small_imdb());
    let args = ["train", "--epochs", "1", "--no-baseline"];
    let output = home.command(args).env("GATEWISE_DATA", home.path("elsewhere")).output().unwrap();
    let ran = crate::home::Ran::new("train", output).ok();
    assert!(ran.stdout.starts_with("Data: imdb, 24 training"), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn a_read_only_data_folder_serves() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let data = home.path("data");
    write_files(&data.join("aclImdb"), &small_imdb());
    let mode = |mode| fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let sums: Vec<_> = (0..2)
        .map(|_| {
            home.run("train imdb --data-dir data --epochs 1 --format json").ok().json()["weights_sha256"]
                .clone()
        })
        .collect();
    let names: Vec<_> = fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name()).collect();
    mode(0o755);
    assert_eq!(names, ["aclImdb"], "nothing is written beside the data");
    assert_eq!(sums[0], sums[1], "tokens from the cache give the same model");
    assert!(fs::read_dir(home.path("cache")).unwrap().count() > 0, "tokens are kept in the cache directory");
}

#[test]
fn classes_are_weighed_and_the_threshold_is_chosen_and_kept() {
    let home = Home::new();
    let train = |more: &str| home.run(&format!("train reviews --epochs 1 --verbose 0 --no-baseline {more}"));
    let json = |more: &str| train(&format!("--format json {more}")).ok().json();
    let plain = json("");
    assert_eq!(plain["threshold"], 0.5);
    assert_eq!(json("--class-weight 1,1")["weights_sha256"], plain["weights_sha256"]);
    assert_ne!(json("--class-weight 1,3")["weights_sha256"], plain["weights_sha256"]);
    let chosen = json("--threshold f1");
    assert_eq!(chosen["weights_sha256"], plain["weights_sha256"]);
    let threshold = chosen["threshold"].as_f64().unwrap();
    assert!((0.0..1.0).contains(&threshold));
    let evaluated = home.run("evaluate model.gatewise reviews --format json").ok().json();
    assert_eq!(evaluated["report"]["threshold"].as_f64(), Some(threshold));
    assert_eq!(evaluated["accuracy"], chosen["accuracy"]);
    assert_eq!(evaluated["accuracy"], evaluated["report"]["accuracy"]);
    let text = train("--threshold youden --class-weight balanced").ok().stdout;
    assert!(text.contains("the best youden on the validation rows"), "{text}");
    assert_eq!(json("--threshold 0.25")["threshold"], 0.25);

    train("--threshold accuracy --validation-split 0").failed(2, &["--validation-split is 0"]);
    train("--threshold half").failed(2, &["accuracy, f1, youden, or a number"]);
    train("--class-weight heavy").failed(2, &["'balanced', or one number for each class"]);
    train("--class-weight 1").failed(1, &["of class 1, but class_weight has 1 weights"]);
}

#[test]
fn callbacks_write_what_was_asked_for_and_stop_the_run() {
    let home = Home::new();
    // After so large a step every epoch is worse than the first.
    let options = "--epochs 9 --learning-rate 0.5 --early-stopping=1 --reduce-lr-on-plateau=1 --csv-log log.csv \
                   --tensorboard logs --checkpoint-best best-{epoch}.gatewise --no-baseline";
    let ran = home.run(&format!("train reviews {options}")).ok();
    let model = Artifact::load(home.path("model.gatewise")).unwrap();
    let history = &model.training().history;
    assert!(history.stopped && history.epochs.len() < 9, "{ran:#?}");
    assert!(
        ran.stdout.contains(&format!("Stopped early after {} of 9 epochs.", history.epochs.len())),
        "{ran:#?}"
    );
    for note in ["note: stopped early: val_loss was best after epoch", "the learning rate is 0.05"] {
        assert!(ran.stderr.contains(note), "{note} is missing from {ran:#?}");
    }
    // The model has the weights of the best epoch, which is also the last one saved on the way.
    let loss = |epoch: usize| history.epochs[epoch].val_loss.unwrap();
    let best = (0..history.epochs.len()).min_by(|&a, &b| loss(a).total_cmp(&loss(b))).unwrap();
    let saved = Artifact::load(home.path(&format!("best-{}.gatewise", best + 1))).unwrap();
    assert_eq!(saved.weights_sha256(), model.weights_sha256());
    let log = fs::read_to_string(home.path("log.csv")).unwrap();
    assert!(log.starts_with("epoch,accuracy,learning_rate,loss,val_accuracy,val_loss\n0,"), "{log}");
    assert_eq!(log.lines().count(), history.epochs.len() + 1);
    for run in ["train", "validation"] {
        assert_eq!(fs::read_dir(home.path("logs").join(run)).unwrap().count(), 1);
    }
    let refused = home.run("train reviews --early-stopping --validation-split 0");
    assert!(refused.stderr.contains("--early-stopping monitors val_loss"), "{refused:#?}");
}

#[test]
fn padding_that_is_read_behind_the_rows_is_said() {
    let home = Home::new();
    let train = "train reviews --epochs 1 --no-baseline --padding post";
    let said = "rows end in padding, up to";
    assert!(home.run(train).ok().stderr.contains(said));
    assert!(!home.run(&format!("{train} --mask-zero")).ok().stderr.contains(said));
}
