//! What the experiments of `gatewise lab` share: they tell what they do, can be stopped, and their claims can be
//! made a condition.

use crate::interrupt::StopFlag;
use crate::{Done, note};
use gatewise::{Error, Result};
use gatewise_lab::Watch;
use std::path::Path;

/// Checks that a picture can be written, and that it replaces neither a model nor data.
pub fn check_picture(path: &Path) -> Result<()> {
    if path.extension().is_none_or(|ending| ending != "svg") {
        return Err(Error::config(format!(
            "--output {} is an SVG picture; give it a name that ends in .svg",
            path.display()
        )));
    }
    gatewise::check_target(path)
}

/// Runs an experiment. `None`, after a note, if it was stopped.
pub fn watched<R>(run: impl FnOnce(Watch<'_>) -> Result<Option<R>>) -> Result<Option<R>> {
    let flag = StopFlag::listen()?;
    let (note, stop) = (|line: &str| note!("{line}"), || flag.raised().is_some());
    let result = run(Watch { note: &note, stop: &stop })?;
    if result.is_none() {
        note!("Stopped by {}.", flag.raised().unwrap_or("request"));
    }
    Ok(result)
}

/// Fails if `check` is asked for and a claim does not hold.
pub fn judged(check: bool, broken: Vec<String>) -> Result<Done> {
    match check && !broken.is_empty() {
        true => Err(Error::data(format!("not as claimed: {}", broken.join("; ")))),
        false => Ok(Done::Whole),
    }
}
