//! Runs that are killed and resumed end as if nothing had happened.

use crate::home::{Home, Ran};
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const TRAIN: &str = "train reviews --epochs 3 --no-baseline --verbose 0 --format json";
const SAVING: &str = "--checkpoint-dir saved --checkpoint-every 0";

/// The step of the newest checkpoint.
fn newest(folder: &Path) -> u64 {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let step = |name: &str| name.strip_prefix("checkpoint-")?.strip_suffix(".safetensors")?.parse().ok();
    names.filter_map(|name| step(name.to_str()?)).max().unwrap_or(0)
}

/// Kills `child` some time after it has written `batches` more checkpoints; `false` when it ended before.
fn kill(mut child: Child, folder: &Path, batches: u64, later: Duration) -> bool {
    let (start, before) = (Instant::now(), newest(folder));
    while newest(folder) < before + batches {
        assert!(start.elapsed() < Duration::from_secs(120), "no checkpoint comes");
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(later);
    // SIGKILL: nothing in the program learns of it.
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// A history without the seconds of its epochs.
fn untimed(history: &serde_json::Value) -> serde_json::Value {
    let mut history = history.clone();
    for epoch in history["epochs"].as_array_mut().unwrap() {
        assert!(epoch.as_object_mut().unwrap().remove("seconds").is_some());
    }
    history
}

#[test]
fn a_run_killed_again_and_again_ends_with_the_same_file() {
    let home = Home::new();
    let whole = home.run(&format!("{TRAIN} --output whole.gatewise")).ok().json();
    let folder = home.path("saved");
    let train = format!("{TRAIN} {SAVING} --resume --output resumed.gatewise");
    // Moments that differ from run to run: each has to do.
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    let mut kills = 0;
    for round in 0..6u32 {
        let random = u64::from(clock.wrapping_mul(2 * round + 1).wrapping_add(round) >> 8);
        let (batches, later) = (random % 120, Duration::from_micros(random % 7001));
        println!("round {round}: {batches} batches and {later:?}, from step {}", newest(&folder));
        let mut command = home.process(&train);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        kills += u32::from(kill(child, &folder, batches, later));
    }
    assert!(kills > 2, "{kills} kills are no test");
    assert!(!home.path("resumed.gatewise").exists() || newest(&folder) == 750);
    let resumed = home.run(&train).ok();
    assert!(resumed.stderr.contains("note: resumed after step ") || newest(&folder) == 0, "{resumed:#?}");
    let resumed = resumed.json();
    assert_eq!(resumed["weights_sha256"], whole["weights_sha256"]);
    assert_eq!(untimed(&resumed["history"]), untimed(&whole["history"]));
    let bytes = |name| fs::read(home.path(name)).unwrap();
    assert!(bytes("resumed.gatewise") == bytes("whole.gatewise"), "the files differ");
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".lock", "checkpoint-000000000749.safetensors", "checkpoint-000000000750.safetensors"]);
}

#[test]
fn damage_is_told_and_other_settings_are_refused() {
    let home = Home::new();
    let small =
        "train reviews --no-baseline --max-words 50 --embedding 2 --units 2 --maxlen 8 --batch-size 8000";
    home.run(&format!("{small} --epochs 2 {SAVING} --verbose 0")).ok();
    let refused = |args: &str, parts: &[&str]| {
        let ran: Ran = home.run(&format!("{small} --checkpoint-dir saved {args}"));
        ran.failed(2, parts);
    };
    refused("--epochs 2", &["error: saved holds checkpoints of an earlier run", "--resume"]);
    let resume = "--epochs 3 --resume";
    refused(
        &format!("{resume} --seed 4"),
        &["cannot resume from saved", "seed is 1 in the checkpoint, but 4 in"],
    );
    refused("--resume --epochs 1", &["epochs is 1, but the checkpoint is from epoch 2; ask for at least 2"]);
    let newest = home.path("saved/checkpoint-000000000004.safetensors");
    fs::write(&newest, &fs::read(&newest).unwrap()[..900]).unwrap();
    let resumed = home.run(&format!("{small} --checkpoint-dir saved {resume}")).ok();
    for part in [
        "note: the checkpoint saved/checkpoint-000000000004.safetensors is damaged",
        "after step 3: 1 epochs",
    ] {
        assert!(resumed.stderr.replace('\\', "/").contains(part), "{part} is missing from {resumed:#?}");
    }
    home.run(&format!("{small} --resume")).failed(2, &["--checkpoint-dir"]);
    home.run(&format!("{small} {SAVING} --checkpoint-every -1"))
        .failed(2, &["cannot be used multiple times"]);
    home.run(&format!("{small} --checkpoint-dir x --checkpoint-every -1"))
        .failed(2, &["a number of seconds, 0 or more"]);
}
