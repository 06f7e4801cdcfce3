//! Runs that are cut short: Ctrl-C, `kill -9`, a disk without room.

use crate::home::{Home, PROGRAM, Ran, home_with_model, model_bytes};
use gatewise::Artifact;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Training that would take hours, after its first epoch, and the rest of its standard error.
fn training(home: &Home) -> (Child, impl BufRead + use<>) {
    started(home, "train reviews --epochs 100000 --no-baseline", "Epoch 1/100000 - ")
}

/// The program with `args`, after the line that begins with `first`.
fn started(home: &Home, args: &str, first: &str) -> (Child, impl BufRead + use<>) {
    let mut child = home.process(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.starts_with(first), "{line}");
    (child, lines)
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn an_interrupted_run_leaves_a_whole_model() {
    for (signal, name) in [("-INT", "Ctrl-C"), ("-TERM", "SIGTERM")] {
        let home = Home::new();
        let (child, mut rest) = training(&home);
        send(signal, &child);
        let mut stderr = String::new();
        rest.read_to_string(&mut stderr).unwrap();
        let ran = Ran::new("train", child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(130), "{ran:#?}\n{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert!(ran.stdout.contains(&format!("Stopped by {name} after ")), "{ran:#?}");
        ran.test_results();
        let artifact = Artifact::load(home.path("model.gatewise")).unwrap();
        assert!(artifact.training().history.stopped);
        assert!(!artifact.training().history.epochs.is_empty());
        assert_eq!(home.files(), ["model.gatewise", "model.svg"]);
        home.run("predict model.gatewise good").ok();
    }
}

#[test]
fn an_interrupted_search_keeps_its_best_model() {
    let home = Home::new();
    let (child, mut rest) =
        started(&home, "tune reviews --time 1h -- --epochs 1 --no-baseline", "Trial 1 - ");
    send("-INT", &child);
    let mut stderr = String::new();
    rest.read_to_string(&mut stderr).unwrap();
    let ran = Ran::new("tune", child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:#?}\n{stderr}");
    ran.test_results();
    let artifact = Artifact::load(home.path("model.gatewise")).unwrap();
    assert!(artifact.training().test.is_some());
    assert_eq!(home.files(), ["model.gatewise", "model.svg", "model.trials.jsonl"]);
}

#[test]
fn a_killed_run_leaves_the_previous_model() {
    let home = home_with_model();
    let (mut child, _rest) = training(&home);
    send("-KILL", &child);
    child.wait().unwrap();
    assert_eq!(fs::read(home.path("model.gatewise")).unwrap(), model_bytes());
    assert_eq!(home.files(), ["model.gatewise"]);
}

/// No file may grow beyond a block: a full disk that needs no disk. The limit also has its own signal,
/// which by default would end the program without a word.
#[test]
fn a_full_disk_leaves_the_previous_model() {
    let home = home_with_model();
    for trap in ["", "trap '' XFSZ; "] {
        let script =
            format!("{trap}ulimit -f 1; exec \"$0\" train reviews --epochs 1 --no-baseline --verbose 0");
        let mut command = Command::new("sh");
        command.args(["-c", &script, PROGRAM]).current_dir(home.path("")).envs(home.environment());
        let ran = Ran::new(&script, command.output().unwrap());
        ran.failed(1, &["error: cannot write model.gatewise", "File too large"]);
        assert_eq!(fs::read(home.path("model.gatewise")).unwrap(), model_bytes());
        assert_eq!(home.files(), ["model.gatewise"], "no temporary file is left");
    }
}

#[test]
fn an_interrupted_file_of_answers_is_not_left() {
    let home = home_with_model();
    fs::write(home.path("in.csv"), format!("text\n{}", "a fine film\n".repeat(3_000_000))).unwrap();
    let mut command = home.process("predict model.gatewise in.csv --output out.csv");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The temporary file is made after the program listens.
    while home.files().len() < 3 {
        std::thread::sleep(Duration::from_millis(5));
    }
    send("-INT", &child);
    let ran = Ran::new("predict", child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    assert!(ran.stderr.contains("Stopped by Ctrl-C."), "{ran:#?}");
    assert_eq!(home.files(), ["in.csv", "model.gatewise"]);
}
