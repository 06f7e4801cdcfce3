//! Nothing of the user's is lost: what a command may not write to, and what a run that is cut short leaves alone.

use crate::home::{Home, Ran};
use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

const FILMS: &str =
    "text,label\na fine film,good\na dull film,bad\nwhat a fine film,good\nso dull a film,bad\n";

/// A home with one file of each kind. The model is none: nothing here is read before it is refused.
fn home() -> Home {
    let home = Home::new();
    for folder in ["films/good", "films/bad", "folder"] {
        fs::create_dir_all(home.path(folder)).unwrap();
    }
    for (name, content) in [
        ("films.csv", FILMS),
        ("films1.csv", FILMS),
        ("other.csv", FILMS),
        ("films/good/1.txt", "a fine film"),
        ("films/bad/1.txt", "a dull film"),
        ("sales.csv", "month,sales\n1,4.0\n2,5.0\n"),
        ("tale.txt", "once upon a time"),
        ("drawing.svg", "<svg></svg>"),
        ("tokenizer.json", "{}"),
        ("model.gatewise", "the bytes of a model"),
        ("film", "the bytes of a film"),
    ] {
        fs::write(home.path(name), content).unwrap();
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(home.path("films.csv"), home.path("soft.csv")).unwrap();
        std::os::unix::fs::symlink(home.path("folder"), home.path("way")).unwrap();
    }
    fs::hard_link(home.path("films.csv"), home.path("hard.csv")).unwrap();
    home
}

/// Every file below the home, with its bytes.
fn contents(home: &Home) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![home.path("")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.path().is_file() {
                found.insert(entry.path().display().to_string(), fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

/// Each command is refused with exit code `code` and the words, at once, and changes no file.
fn refused(code: i32, cases: &[(&str, &str)]) {
    let home = home();
    let before = contents(&home);
    for (command, says) in cases {
        let start = Instant::now();
        home.run(command).failed(code, &[says]);
        assert!(start.elapsed() < Duration::from_secs(10), "{command}: refused only after work");
        assert!(contents(&home) == before, "{command}: a file has changed");
    }
}

#[test]
fn an_output_of_train_is_none_of_its_inputs() {
    refused(
        2,
        &[
            ("train films.csv -o films.csv", "--output films.csv is the same file as the data films.csv"),
            ("train films.csv -o ./films.csv", "--output ./films.csv is the same file as the data films.csv"),
            ("train films.csv -o folder/../films.csv", "is the same file as the data films.csv"),
            ("train ./films.csv -o films.csv", "would be lost; name another file"),
            ("train films.csv --test other.csv -o other.csv", "is the same file as --test other.csv"),
            (
                "train films.csv --validation other.csv -o other.csv",
                "is the same file as --validation other.csv",
            ),
            (
                "train films.csv --csv-log films.csv",
                "--csv-log films.csv is the same file as the data films.csv",
            ),
            (
                "train films.csv --checkpoint-best films.csv",
                "--checkpoint-best films.csv is the same file as",
            ),
            (
                "train films1.csv --checkpoint-best films{epoch}.csv",
                "is the same file as the data films1.csv",
            ),
            ("train films.csv --tokenizer tokenizer.json -o tokenizer.json", "the same file as --tokenizer"),
            (
                "train tale.txt --task language-model --units 4 -o tale.txt",
                "is the same file as the data tale.txt",
            ),
            (
                "train drawing.svg --task language-model --units 4 -o drawing",
                "the training curve drawing.svg is the same file",
            ),
        ],
    );
}

/// A mistyped output costs no file: a model replaces a model only, and has no name of data.
#[test]
fn a_model_replaces_only_a_model() {
    refused(
        2,
        &[
            ("train films.csv -o other.csv", "--output other.csv ends in .csv, but a model is written to it"),
            ("train films.csv -o none.TSV", "--output none.TSV ends in .tsv"),
            ("train films.csv -o model.json", "name a file such as model.gatewise"),
            ("train films.csv -o film", "--output film exists and is not a gatewise model"),
            (
                "train films.csv -o m --checkpoint-best best{epoch}.csv",
                "--checkpoint-best best{epoch}.csv ends in .csv",
            ),
            ("train films.csv -o m --checkpoint-best film", "--checkpoint-best film exists and is not"),
            ("tune films.csv -o other.csv", "--output other.csv ends in .csv"),
            ("tune films.csv -o film", "--output film exists and is not a gatewise model"),
        ],
    );
    let home = home();
    let train =
        "train films.csv --epochs 1 --units 2 --embedding 2 --no-baseline -o m --checkpoint-best best";
    fs::write(home.path("m"), "").unwrap();
    home.run(train).ok();
    home.run(train).ok();
}

#[test]
fn a_model_is_no_data_and_data_are_no_model() {
    let home = home();
    home.run("train films.csv --epochs 1 --units 2 --embedding 2 --no-baseline -o m.gatewise").ok();
    fs::copy(home.path("m.gatewise"), home.path("m.csv")).unwrap();
    for (command, code) in [
        ("train m.gatewise", 1),
        ("train m.csv", 1),
        ("data describe m.gatewise", 1),
        ("evaluate m.gatewise m.gatewise", 1),
        ("predict m.gatewise m.gatewise", 2),
        ("predict m.gatewise m.csv", 2),
        ("forecast m.gatewise", 1),
    ] {
        home.run(command).failed(code, &["this is a gatewise model, not data"]);
    }
    for command in [
        "evaluate films.csv m.gatewise",
        "evaluate films.csv films.csv",
        "summary films.csv",
        "bench films.csv",
    ] {
        home.run(command).failed(1, &["films.csv: this is not a gatewise model"]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_an_input_is_the_input() {
    refused(
        2,
        &[
            ("train films.csv -o soft.csv", "--output soft.csv is the same file as the data films.csv"),
            ("train soft.csv -o films.csv", "--output films.csv is the same file as the data soft.csv"),
            ("train films.csv -o hard.csv", "--output hard.csv is the same file as the data films.csv"),
            (
                "train films.csv --csv-log hard.csv",
                "--csv-log hard.csv is the same file as the data films.csv",
            ),
            ("predict model.gatewise films.csv -o soft.csv", "is the same file as the input films.csv"),
            (
                "train films.csv -o way/new --csv-log folder/new",
                "--csv-log folder/new is the same file as --output",
            ),
        ],
    );
}

#[test]
fn two_outputs_are_two_files() {
    refused(
        2,
        &[
            (
                "train films.csv -o m.gatewise --checkpoint-best m.gatewise",
                "is the same file as --output m.gatewise",
            ),
            (
                "train films.csv -o m12.gatewise --checkpoint-best m{epoch}.gatewise",
                "the same file as --output",
            ),
            ("train films.csv -o m.gatewise --csv-log ./m.gatewise", "one would replace the other"),
            (
                "train films.csv -o m.gatewise --csv-log m.svg",
                "the training curve m.svg is the same file as --csv-log",
            ),
            ("train films.csv -o m.svg", "the training curve goes there"),
            ("tune films.csv -o m --log m", "--log m is the same file as --output m"),
        ],
    );
}

#[test]
fn a_folder_of_texts_takes_no_output_among_its_texts() {
    refused(
        2,
        &[
            (
                "train films -o films/good/model.gatewise",
                "--output films/good/model.gatewise lies among the files of",
            ),
            ("train films --tensorboard films/logs", "would be read with them the next time"),
            (
                "train films --checkpoint-dir films",
                "--checkpoint-dir films lies among the files of the data films",
            ),
        ],
    );
}

#[test]
fn the_other_commands_keep_their_inputs_too() {
    refused(
        2,
        &[
            ("tune films.csv -o films.csv", "--output films.csv is the same file as the data films.csv"),
            ("tune films.csv --log films.csv", "--log films.csv is the same file as the data films.csv"),
            ("tune films.csv -o other.csv -- --test other.csv", "is the same file as --test other.csv"),
            ("predict model.gatewise films.csv -o films.csv", "is the same file as the input films.csv"),
            (
                "predict model.gatewise films.csv -o model.gatewise",
                "is the same file as the input model.gatewise",
            ),
            (
                "forecast sales.csv -o sales.csv",
                "--output sales.csv is the same file as the series sales.csv",
            ),
            (
                "evaluate model.gatewise films.csv --calibration films.csv",
                "is the same file as the data films.csv",
            ),
            ("evaluate model.gatewise films.csv --calibration model.gatewise", "as the model model.gatewise"),
        ],
    );
}

#[test]
fn places_that_cannot_be_written_are_found_before_the_data_are_read() {
    refused(
        2,
        &[
            ("train films.csv --csv-log folder", "cannot write folder: it is a folder"),
            ("train films.csv --tensorboard other.csv", "--tensorboard other.csv is a file"),
            ("train films.csv --checkpoint-dir other.csv", "--checkpoint-dir other.csv is a file"),
            ("train films.csv --checkpoint-best best{epoch.gatewise", "has a '{' without its other half"),
        ],
    );
    refused(
        1,
        &[
            ("train films.csv --csv-log none/log.csv", "there is no folder none (make it first)"),
            ("train films.csv --test none.csv", "there is no file none.csv (--test)"),
            ("train films.csv --validation none.csv", "there is no file none.csv (--validation)"),
            ("train none.csv", "there is no file none.csv (the data)"),
            ("train none.txt --task language-model --units 4", "there is no file none.txt (the data)"),
            ("evaluate model.gatewise none.csv --calibration c.svg", "model.gatewise"),
            ("forecast none.csv", "there is no file none.csv"),
            ("data describe none.csv", "there is no file none.csv"),
        ],
    );
}

#[cfg(unix)]
mod cut_short {
    use super::*;
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};

    /// Training whose first epoch takes very long, stopped by `signal` when it has begun.
    fn stopped(home: &Home, signal: &str, more: &str) -> (Ran, String) {
        let slow = "train reviews --batch-size 1 --units 128,128 --no-baseline";
        let mut command = home.process(&format!("{slow} {more}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert!(line.starts_with("Data: reviews"), "{line}");
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        (Ran::new(more, child.wait_with_output().unwrap()), rest)
    }

    #[test]
    fn before_the_first_epoch_the_old_model_stays() {
        for (signal, name) in [("-INT", "Ctrl-C"), ("-TERM", "SIGTERM")] {
            let home = home();
            let before = contents(&home);
            let (ran, stdout) = stopped(&home, signal, "");
            assert_eq!(ran.code, Some(130), "{ran:#?}");
            let says = format!(
                "Stopped by {name} before the first epoch was complete; model.gatewise is as it was."
            );
            assert!(ran.stderr.contains(&says), "{ran:#?}");
            assert!(!stdout.contains("Saved") && !stdout.contains("Test results"), "{stdout}");
            assert!(contents(&home) == before, "a file has changed");
        }
    }

    #[test]
    fn a_new_model_is_not_written_either_and_checkpoints_continue() {
        let home = Home::new();
        let (ran, _) = stopped(&home, "-INT", "--checkpoint-dir saved");
        for part in ["before the first epoch was complete; model.gatewise is not written.", "with --resume"] {
            assert!(ran.stderr.contains(part), "{ran:#?}");
        }
        assert!(home.files().is_empty());
    }

    /// The model is worth more than the words about it.
    #[test]
    fn a_full_standard_output_does_not_cost_the_model() {
        let home = Home::new();
        fs::write(
            home.path("films.csv"),
            format!("{FILMS}{}", FILMS.lines().skip(1).collect::<Vec<_>>().join("\n")),
        )
        .unwrap();
        let mut command =
            home.process("train films.csv --epochs 1 --units 2 --embedding 2 --test-split 0.25");
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
        let ran = Ran::new("train", output);
        let says = ["cannot write to standard output", "the model is saved in model.gatewise"];
        ran.failed(1, &says);
        assert_eq!(home.files(), ["films.csv", "model.gatewise", "model.svg"]);
        gatewise::Artifact::load(home.path("model.gatewise")).unwrap();
    }
}
