//! `gatewise lab tasks`: compares LSTM with other recurrent layers on the long-lag tasks of 1997.
//!
//! Each layer learns each task in several trials, from new sequences, until the paper's criterion is met or the
//! budget is spent. The trials differ in the seed.

use super::experiment;
use super::plot;
use crate::args::{Format, LabTasks};
use crate::interrupt::StopFlag;
use crate::{Done, note, out};
use gatewise::layers::RecurrentCell;
use gatewise::{Error, Result};
use gatewise_lab::{Setting, Trial, all, run};
use serde_json::json;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub fn tasks(args: LabTasks) -> Result<Done> {
    let settings = chosen(&args)?;
    if let Some(picture) = &args.output {
        experiment::check_picture(picture)?;
    }
    let mut cells = Vec::new();
    for &cell in &args.cells {
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    let last = args.seed.checked_add(u64::from(args.trials) - 1);
    let last = last.ok_or_else(|| Error::config("--seed leaves no room for the seeds of further trials"))?;
    let jobs: Vec<(&Setting, RecurrentCell, u64)> = settings
        .iter()
        .flat_map(|setting| cells.iter().map(move |&cell| (setting, cell)))
        .flat_map(|(setting, cell)| (args.seed..=last).map(move |seed| (setting, cell, seed)))
        .collect();
    let stop = StopFlag::listen()?;
    let trials = all_trials(&jobs, &args, &stop)?;
    if trials.len() < jobs.len() {
        note!("Stopped by {}.", stop.raised().unwrap_or("request"));
        return Ok(Done::Interrupted);
    }
    if let Some(picture) = &args.output {
        let panels: Vec<_> = settings
            .iter()
            .map(|setting| {
                let of = |trial: &&Trial| trial.task == setting.name;
                (setting.name, setting.budget, trials.iter().filter(of).collect::<Vec<_>>())
            })
            .collect();
        plot::lags(&panels, &cells, picture)?;
    }
    match args.format {
        Format::Json => {
            let tasks: Vec<_> = settings.iter().map(|setting| setting.to_json()).collect();
            let trials: Vec<_> = trials.iter().map(Trial::to_json).collect();
            let object = json!({ "tasks": tasks, "trials": trials });
            out!("{object:#}\n")?;
        }
        Format::Text => {
            let mut text = table(&settings, &cells, &trials, args.seed..=last);
            if let Some(picture) = &args.output {
                text += &format!("\nSaved {}\n", picture.display());
            }
            out!("{text}")?;
        }
    }
    if args.check && !as_published(&settings, &trials) {
        return Err(Error::data(
            "not as published: LSTM should have solved every task in each trial, and SimpleRNN none",
        ));
    }
    Ok(Done::Whole)
}

/// Returns the named tasks, or the three best-known ones, with the changed settings.
fn chosen(args: &LabTasks) -> Result<Vec<Setting>> {
    let mut settings = all();
    let names: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
    if let Some(unknown) = args.names.iter().find(|name| *name != "all" && !names.contains(&name.as_str())) {
        return Err(Error::config(format!("no task '{unknown}'; there are {} and all", names.join(", "))));
    }
    settings.retain(|setting| match &args.names[..] {
        [] => setting.classic,
        names => names.iter().any(|name| name == "all" || name == setting.name),
    });
    for setting in &mut settings {
        setting.budget = args.budget.unwrap_or(setting.budget);
        setting.units = args.units.unwrap_or(setting.units);
        setting.learning_rate = args.learning_rate.unwrap_or(setting.learning_rate);
    }
    Ok(settings)
}

/// Runs the jobs, one on each thread at a time; the result does not depend on the number of threads. A
/// stopped run returns fewer results than jobs.
fn all_trials(
    jobs: &[(&Setting, RecurrentCell, u64)],
    args: &LabTasks,
    stop: &StopFlag,
) -> Result<Vec<Trial>> {
    let (taken, machine) = (AtomicUsize::new(0), args.machine.machine());
    let results: Mutex<Vec<(usize, Result<Option<Trial>>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..machine.thread_count().min(jobs.len()) {
            scope.spawn(|| {
                loop {
                    let index = taken.fetch_add(1, Ordering::Relaxed);
                    let Some(&(setting, cell, seed)) = jobs.get(index) else { break };
                    let trial =
                        run(setting, cell, seed, machine.instruction_set(), &|| stop.raised().is_some());
                    if let Ok(Some(trial)) = &trial {
                        note!("{}", trial.line());
                    }
                    if let Ok(mut results) = results.lock() {
                        results.push((index, trial));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(index, _)| *index);
    let trials: Result<Vec<_>> = results.into_iter().map(|(_, trial)| trial).collect();
    Ok(trials?.into_iter().flatten().collect())
}

fn of<'a>(trials: &'a [Trial], setting: &Setting, cell: RecurrentCell) -> Vec<&'a Trial> {
    trials.iter().filter(|trial| trial.task == setting.name && trial.cell == cell).collect()
}

/// Returns whether LSTM solved each task in every trial, and SimpleRNN in none.
fn as_published(settings: &[Setting], trials: &[Trial]) -> bool {
    settings.iter().all(|setting| {
        of(trials, setting, RecurrentCell::Lstm).iter().all(|trial| trial.solved)
            && of(trials, setting, RecurrentCell::SimpleRnn).iter().all(|trial| !trial.solved)
    })
}

fn table(
    settings: &[Setting],
    cells: &[RecurrentCell],
    trials: &[Trial],
    seeds: RangeInclusive<u64>,
) -> String {
    let mut text = format!(
        "Sequences needed with the seeds {} to {}, - where the task was not solved; the median is of those that \
         solved it.\n\n{:<15} {:<13} {:>7} {:>9} {:>9} {:>8}  each trial\n",
        seeds.start(),
        seeds.end(),
        "task",
        "layer",
        "solved",
        "median",
        "in 1997",
        "budget"
    );
    for setting in settings {
        for &cell in cells {
            let trials = of(trials, setting, cell);
            let needed = |trial: &&Trial| trial.solved.then_some(trial.sequences);
            let mut solved: Vec<usize> = trials.iter().filter_map(needed).collect();
            solved.sort_unstable();
            let or_dash = |n: Option<usize>| n.map_or("-".to_owned(), |n| n.to_string());
            let each: Vec<String> = trials.iter().map(|trial| or_dash(needed(trial))).collect();
            // Of an even number, the smaller of the two in the middle.
            let middle = solved.get(solved.len().saturating_sub(1) / 2).copied();
            let paper = if cell == RecurrentCell::Lstm { setting.paper.to_string() } else { String::new() };
            let share = format!("{} of {}", solved.len(), trials.len());
            text += &format!(
                "{:<15} {:<13} {share:>7} {:>9} {paper:>9} {:>8}  {}\n",
                setting.name,
                cell.class_name(),
                or_dash(middle),
                setting.budget,
                each.join(" ")
            );
        }
    }
    for setting in settings {
        text += &format!("\n{}", setting.describe());
    }
    text + "\n"
}
