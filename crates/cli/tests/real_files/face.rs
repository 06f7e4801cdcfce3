//! The program's face: help that fits a screen, lines that fit a terminal, and what to do next.

use crate::home::{Home, Ran};
use std::fs;
use std::process::{Command, Stdio};

/// The commands that run.
const COMMANDS: [&str; 13] = [
    "train",
    "tune",
    "evaluate",
    "predict",
    "generate",
    "forecast",
    "summary",
    "bench",
    "data describe",
    "lab tasks",
    "lab abc",
    "completions",
    "man",
];

/// Runs `gatewise` on a terminal of 80 columns.
fn narrow(home: &Home, args: &str) -> Ran {
    let output = home.command(args.split_whitespace()).env("COLUMNS", "80").output().unwrap();
    Ran::new(args, output)
}

/// Rows of two labels that are learnt at once.
fn films(home: &Home, rows: usize) {
    let row = |at: usize| {
        format!("{} film number {at},{}\n", ["a fine", "a dull"][at % 2], ["good", "bad"][at % 2])
    };
    fs::write(home.path("films.csv"), "text,label\n".to_owned() + &(0..rows).map(row).collect::<String>())
        .unwrap();
}

const SMALL: &str = "--units 4 --embedding 4 --no-baseline";

/// Runs the command after `Next: `, as a shell would.
fn next(home: &Home, ran: &Ran) -> Ran {
    let next = ran.stderr.lines().last().and_then(|line| line.strip_prefix("Next: gatewise "));
    let next = next.unwrap_or_else(|| panic!("no next step: {ran:#?}"));
    let script = format!("exec \"$0\" {next}");
    let mut command = Command::new("sh");
    command.args(["-c", &script, crate::home::PROGRAM]).current_dir(home.path("")).envs(home.environment());
    Ran::new(next, command.stdin(Stdio::null()).output().unwrap())
}

#[test]
fn the_short_help_of_train_fits_a_screen_and_the_long_one_has_headings() {
    let home = Home::new();
    let short = narrow(&home, "train -h").ok().stdout;
    assert!(short.lines().count() <= 40, "{} lines:\n{short}", short.lines().count());
    assert!(short.lines().all(|line| line.chars().count() <= 80), "{short}");
    for part in ["--epochs", "--output", "--preset", "--test", "--units", "--help"] {
        assert!(short.contains(part), "{part} is missing from\n{short}");
    }
    let long = narrow(&home, "train --help").ok().stdout;
    let at = |heading: &str| {
        long.find(&format!("\n{heading}:\n")).unwrap_or_else(|| panic!("no {heading}: {long}"))
    };
    let headings = ["Arguments", "Data", "Model", "Training", "Saving", "Machine", "Examples"].map(at);
    assert!(headings.is_sorted(), "{headings:?}");
    assert_eq!(long.matches("\n  gatewise train ").count(), 3, "{long}");
    assert!(long.contains("[default: 128; 64 for reviews;"), "the table of defaults: {long}");
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let home = Home::new();
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            let help = narrow(&home, &format!("{command} {flag}")).ok().stdout;
            assert!(help.contains(&format!("\n  gatewise {command}")), "{command} {flag}:\n{help}");
        }
    }
}

/// A line of an epoch, and all others, in 80 columns: with both accuracies and three digits of epochs.
#[test]
fn the_lines_of_a_run_fit_a_terminal() {
    let home = Home::new();
    films(&home, 60);
    let ran = home.run(&format!("train films.csv --epochs 100 --test-split 0.2 {SMALL}")).ok();
    let epochs: Vec<_> = ran.stderr.lines().filter(|line| line.starts_with("Epoch ")).collect();
    assert_eq!(epochs.len(), 100);
    let parts = ["Epoch 100/100 - ", "s - loss ", " acc ", " - val_loss ", " val_acc "];
    assert!(parts.iter().all(|part| epochs[99].contains(part)), "{}", epochs[99]);
    assert!(epochs.iter().all(|line| line.len() <= 80), "{}", epochs[99]);
}

#[test]
fn training_ends_with_a_command_that_uses_the_model() {
    let home = Home::new();
    films(&home, 60);
    fs::write(home.path("tale.txt"), "once upon a time. ".repeat(60)).unwrap();
    let series: String = (0..20).map(|at| format!("{},2,3:{}\n", at % 2, ["low", "high"][at % 2])).collect();
    fs::write(home.path("series.ts"), format!("@problemName s\n@classLabel true low high\n@data\n{series}"))
        .unwrap();
    for (train, used) in [
        (format!("train films.csv --epochs 2 {SMALL}"), "predict model.gatewise "),
        (format!("train reviews --epochs 1 --output 'a' {SMALL}").replace('\'', ""), "predict a "),
        ("train series.ts --epochs 2 --units 4 --no-baseline".into(), "predict model.gatewise series.ts"),
        (
            "train tale.txt --task language-model --epochs 1 --maxlen 8 --units 4".into(),
            "generate model.gatewise",
        ),
    ] {
        let ran = home.run(&train).ok();
        assert!(ran.stderr.contains(&format!("\nNext: gatewise {used}")), "{ran:#?}");
        assert!(!next(&home, &ran).ok().stdout.is_empty(), "{train}");
    }
    // What a program reads has no such line, and neither has a run that is to be silent.
    let quiet = home.run(&format!("train films.csv --epochs 1 --verbose 0 {SMALL}")).ok();
    assert!(!quiet.stderr.contains("Next: "), "{quiet:#?}");
    assert!(quiet.stdout.lines().last().unwrap().starts_with("Test results - "), "{quiet:#?}");
}

#[test]
fn a_best_epoch_before_the_last_is_named() {
    let home = Home::new();
    films(&home, 60);
    // So large a step spoils what the first epochs have learnt.
    let train = format!("train films.csv --epochs 12 --learning-rate 0.6 --seed 2 {SMALL}");
    let says = ["note: the best epoch was ", " of 12 (val_loss 0.", "--early-stopping keeps"];
    let ran = home.run(&train).ok();
    assert!(says.iter().all(|part| ran.stderr.contains(part)), "{ran:#?}");
    let kept = home.run(&format!("{train} --early-stopping=20")).ok();
    assert!(!kept.stderr.contains("the best epoch was"), "{kept:#?}");
}

#[test]
fn the_fallback_says_why_in_three_lines_and_what_its_model_cannot_know() {
    let home = Home::new();
    let ran = home.run("train --epochs 1 --no-baseline --units 2 --embedding 2").ok();
    let warned = ran.stderr.split(&"=".repeat(80)).nth(1).unwrap();
    let reason = &warned[warned.find("Reason: ").unwrap()..];
    assert!(reason.trim().lines().count() <= 3, "{warned}");
    assert!(reason.lines().all(|line| line.chars().count() <= 80), "{warned}");
    assert!(reason.contains("--data-dir"), "{warned}");
    let after = &ran.stderr[ran.stderr.find("Epoch 1/1").unwrap()..];
    assert!(
        after.contains("note: this model has read generated sentences about films, and no other text"),
        "{after}"
    );
    let asked = home.run("train reviews --epochs 1 --no-baseline --units 2 --embedding 2").ok();
    assert!(!asked.stderr.contains("generated sentences"), "{asked:#?}");
}

#[test]
fn a_language_model_is_called_one() {
    let home = Home::new();
    fs::write(home.path("tale.txt"), "abcd ".repeat(100)).unwrap();
    home.run("train tale.txt --task language-model --epochs 1 --maxlen 8 --units 4").ok();
    let summary = home.run("summary model.gatewise").ok().stdout;
    assert!(summary.contains("Vocabulary: 5 characters"), "{summary}");
    assert!(summary.contains("a language model") && !summary.contains("labels:"), "{summary}");
    let said = home.run("generate model.gatewise --prompt abéx7 --length 5").ok();
    assert!(said.stderr.contains("note: the text of the training had no \"7\", \"x\", \"é\";"), "{said:#?}");
    assert!(home.run("generate model.gatewise --prompt abc --length 5").ok().stderr.is_empty());
}

#[test]
fn a_run_that_is_not_resumed_names_what_differs() {
    let home = Home::new();
    films(&home, 60);
    let train = |data: &str, more: &str| {
        home.run(&format!("train {data} --epochs 1 --checkpoint-dir saved --units 4 --embedding 4 {more}"))
    };
    train("films.csv", "--no-baseline").ok();
    let text = fs::read_to_string(home.path("films.csv")).unwrap();
    fs::write(home.path("other.csv"), text.replace("film number 7,", "film number 8,")).unwrap();
    fs::write(home.path("fewer.csv"), text.replace("a dull film number 59,bad\n", "")).unwrap();
    fs::write(home.path("labels.csv"), text.replace("number 7,bad", "number 7,good")).unwrap();
    for (data, more, says) in [
        ("other.csv", "", "the training rows are others: other texts"),
        ("labels.csv", "", "the training rows"),
        ("fewer.csv", "", "(other texts or series, or another split)"),
        ("films.csv", "--units 5", "units is 4 in the checkpoint, but 5 in this run"),
        ("films.csv", "--seed 2", "seed is 1 in the checkpoint, but 2 in this run"),
    ] {
        let args = format!("train {data} --epochs 1 --checkpoint-dir saved --resume --embedding 4");
        let units = if more.contains("--units") { "" } else { "--units 4" };
        let ran = home
            .run(&format!("{args} {units} {more}"))
            .failed(2, &["belongs to a run with other settings", says]);
        assert!(!ran.stderr.contains("sha256"), "{ran:#?}");
    }
}

#[test]
fn shells_parse_the_completions() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.run(&format!("completions {shell}")).ok().stdout;
        for word in ["train", "forecast", "describe", "early-stopping"] {
            assert!(script.contains(word), "{word} is missing from the completions of {shell}");
        }
        let Ok(mut child) =
            Command::new(shell).arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()
        else {
            continue;
        };
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
        let parsed = child.wait_with_output().unwrap();
        assert!(parsed.status.success(), "{shell}: {}", String::from_utf8_lossy(&parsed.stderr));
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let home = Home::new();
    let page = home.run("man").ok().stdout;
    assert!(page.contains(".TH gatewise") && page.contains("SH SUBCOMMANDS"), "{page}");
    home.run("man --dir pages").ok();
    for command in COMMANDS {
        let path = home.path(&format!("pages/gatewise-{}.1", command.replace(' ', "-")));
        let page = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
        if let Ok(rendered) = Command::new("groff").args(["-k", "-man", "-Tutf8", "-ww"]).arg(&path).output()
        {
            assert!(rendered.status.success() && rendered.stderr.is_empty(), "{command}: {rendered:?}");
        }
    }
}

/// What the first command of the README writes is no change of the repository.
#[test]
fn the_repository_ignores_what_the_first_command_writes() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let Ok(ignored) =
        Command::new("git").args(["check-ignore", "model.gatewise", "model.svg"]).current_dir(root).output()
    else {
        return;
    };
    // Outside a repository there is nothing to ignore.
    if ignored.status.code() != Some(128) {
        assert_eq!(String::from_utf8_lossy(&ignored.stdout).lines().count(), 2, "{ignored:?}");
    }
}
