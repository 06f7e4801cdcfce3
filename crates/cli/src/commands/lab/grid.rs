//! `gatewise lab grid`: an LSTM at every point of a grid of settings.

use super::chart::{Axis, Chart, Line, Panel, shortly};
use super::{experiment, reviews};
use crate::args::{Format, LabGrid};
use crate::{Done, out};
use gatewise::{Error, Result};
use gatewise_lab::grid::{Point, Scored, good_rates};
use gatewise_lab::{ClassicReviews, InitialGates, Setting, each};
use serde_json::json;

/// How far below the best accuracy on reviews a point is still good.
const WITHIN: f64 = 0.04;

/// What the points are trained on.
enum Ground {
    Reviews(Box<ClassicReviews>),
    Task(Box<Setting>),
}

pub fn grid(args: LabGrid) -> Result<Done> {
    if let Some(picture) = &args.results.output {
        experiment::check_picture(picture)?;
    }
    let ground = ground(&args)?;
    let or = |given: &[f64], usual: &[f64]| if given.is_empty() { usual.to_vec() } else { given.to_vec() };
    let (units, starts) = match &ground {
        Ground::Reviews(_) => (vec![4, 10, 25], or(&args.starts, &[0.0, 1.0])),
        Ground::Task(setting) => {
            (vec![setting.units.div_ceil(2), setting.units], or(&args.starts, &[2.0, 10.0, 100.0]))
        }
    };
    if let (Ground::Task(_), Some(start)) =
        (&ground, starts.iter().find(|&&start| !(2.0..=1e6).contains(&start)))
    {
        return Err(Error::config(format!(
            "--starts has {start}, but a number of steps is from 2 to 1000000"
        )));
    }
    if let Some(start) = starts.iter().find(|start| !start.is_finite()) {
        return Err(Error::config(format!("--starts has {start}, expected numbers")));
    }
    let units = if args.units.is_empty() { units } else { args.units.clone() };
    let mut points = Vec::new();
    for &start in &starts {
        for &units in &units {
            points.extend(args.learning_rates.iter().map(|&learning_rate| Point {
                learning_rate,
                units,
                start,
                seed: args.seed,
            }));
        }
    }
    let machine = args.machine.machine();
    let scored = experiment::watched(|watch| {
        let scored = each(&points, &machine, watch, |&point, alone| {
            let scored = match &ground {
                Ground::Reviews(reviews) => Some(point.on_reviews(reviews, alone)?),
                Ground::Task(setting) => {
                    point.on_task(&at(setting, point, args.budget)?, alone, watch.stop)?
                }
            };
            if let Some(scored) = &scored {
                (watch.note)(&progress(scored));
            }
            Ok(scored)
        })?;
        // A stopped job has no result, and neither has the grid.
        Ok(scored.and_then(|scored| scored.into_iter().collect::<Option<Vec<Scored>>>()))
    })?;
    let Some(scored) = scored else { return Ok(Done::Interrupted) };
    let table = Table {
        ground: &ground,
        units: &units,
        starts: &starts,
        rates: &args.learning_rates,
        scored: &scored,
    };
    if let Some(picture) = &args.results.output {
        table.chart().save(picture)?;
    }
    match args.results.format {
        Format::Json => {
            let points: Vec<_> = scored.iter().map(Scored::to_json).collect();
            let good = starts.iter().map(|&start| {
                json!({ "start": start, "learning_rates": table.good_rates(start).map(|(low, high)| [low, high]) })
            });
            let good: Vec<_> = good.collect();
            out!("{:#}\n", json!({ "data": table.name(), "points": points, "good_rates": good }))?;
        }
        Format::Text => {
            let mut text = table.text();
            if let Some(picture) = &args.results.output {
                text += &format!("Saved {}\n", picture.display());
            }
            out!("{text}")?;
        }
    }
    let wide = |&start: &f64| table.good_rates(start).is_some_and(|(low, high)| high / low > 9.99);
    let holds = starts.iter().any(wide);
    let broken = match holds {
        true => Vec::new(),
        false => vec!["there is no tenfold range of good learning rates".to_owned()],
    };
    experiment::judged(args.check, broken)
}

fn ground(args: &LabGrid) -> Result<Ground> {
    if let Some(name) = &args.task {
        return Ok(Ground::Task(Box::new(task(name)?)));
    }
    let read = reviews::read(&args.reviews)?;
    Ok(Ground::Reviews(Box::new(match args.rows {
        Some(rows) => read.first(rows),
        None => read,
    })))
}

/// Returns the long-lag task of this name.
pub fn task(name: &str) -> Result<Setting> {
    let (all, mut names) = (gatewise_lab::all(), Vec::new());
    for setting in all {
        if setting.name == name {
            return Ok(setting);
        }
        names.push(setting.name);
    }
    Err(Error::config(format!("no task '{name}'; there are {}", names.join(", "))))
}

/// Returns the task with the settings of the point.
fn at(setting: &Setting, point: Point, budget: usize) -> Result<Setting> {
    let named = task(setting.name)?;
    let Point { units, learning_rate, start, .. } = point;
    let gates = InitialGates::Keeping { lag: start as usize };
    Ok(Setting { units, gates, learning_rate, budget, ..named })
}

fn progress(scored: &Scored) -> String {
    let Point { learning_rate, units, start, .. } = scored.point;
    let score = scored.score.map_or("diverged".to_owned(), |score| format!("{:.1} %", 100.0 * score));
    format!("learning rate {learning_rate}, {units} units, start {start}: {score}")
}

/// The results, as people read them.
struct Table<'a> {
    ground: &'a Ground,
    units: &'a [usize],
    starts: &'a [f64],
    rates: &'a [f64],
    scored: &'a [Scored],
}

impl Table<'_> {
    fn name(&self) -> &'static str {
        match self.ground {
            Ground::Reviews(reviews) => reviews.name,
            Ground::Task(setting) => setting.name,
        }
    }

    fn start_name(&self, start: f64) -> String {
        match self.ground {
            Ground::Reviews(_) => format!("forget bias {start}"),
            Ground::Task(_) if start == 2.0 => "gates begin half open (bias 0)".into(),
            Ground::Task(_) => format!("cells begin by keeping for up to {start} steps"),
        }
    }

    fn at(&self, start: f64, units: usize) -> impl Iterator<Item = &Scored> {
        self.scored.iter().filter(move |scored| scored.point.start == start && scored.point.units == units)
    }

    fn best(&self) -> f64 {
        self.scored.iter().filter_map(|scored| scored.score).fold(0.0, f64::max)
    }

    fn is_good(&self, scored: &Scored) -> bool {
        match self.ground {
            Ground::Reviews(_) => scored.score >= Some(self.best() - WITHIN),
            Ground::Task(_) => scored.solved,
        }
    }

    /// Returns the range of learning rates that are good at every number of units.
    fn good_rates(&self, start: f64) -> Option<(f64, f64)> {
        let points: Vec<Scored> =
            self.scored.iter().filter(|scored| scored.point.start == start).copied().collect();
        good_rates(&points, |scored| self.is_good(scored))
    }

    fn text(&self) -> String {
        let mut text = match self.ground {
            Ground::Reviews(reviews) => format!(
                "Accuracy of Embedding(15) → LSTM → Dense(1) on {}, in %, after {} epochs of {} reviews:\n",
                reviews.name,
                reviews.epochs,
                reviews.training.len()
            ),
            Ground::Task(setting) => format!(
                "Sequences of {} until it was solved; in brackets, the share of sequences processed\ncorrectly at the end of the \
                 budget, in %:\n",
                setting.name
            ),
        };
        for &start in self.starts {
            text += &format!("\n{}\n{:>5}", self.start_name(start), "units");
            self.rates.iter().for_each(|rate| text += &format!(" {:>7}", shortly(*rate)));
            for &units in self.units {
                text += &format!("\n{units:>5}");
                for scored in self.at(start, units) {
                    let cell = match (scored.score, scored.sequences) {
                        (None, _) => "-".to_owned(),
                        (_, Some(sequences)) if scored.solved => sequences.to_string(),
                        (Some(score), Some(_)) => format!("({:.0})", 100.0 * score),
                        (Some(score), None) => format!("{:.1}", 100.0 * score),
                    };
                    text += &format!(" {cell:>7}");
                }
            }
            text += "\n";
        }
        let range = |range: Option<(f64, f64)>| match range {
            Some((low, high)) => format!("from {} to {}", shortly(low), shortly(high)),
            None => "none".to_owned(),
        };
        let good = self.scored.iter().filter(|scored| self.is_good(scored)).count();
        let count = self.scored.len();
        text += &match self.ground {
            Ground::Reviews(_) => format!(
                "\nThe best is {:.1} %; {good} of {count} are within {:.0} points of it. Learning rates that are\nwithin them at every \
                 number of units:\n",
                100.0 * self.best(),
                100.0 * WITHIN
            ),
            Ground::Task(_) => {
                format!(
                    "\nSolved at {good} of {count} points. Learning rates that solve it at every number of units:\n"
                )
            }
        };
        for &start in self.starts {
            text += &format!("  {}: {}\n", self.start_name(start), range(self.good_rates(start)));
        }
        text
    }

    fn chart(&self) -> Chart {
        let span = |values: &[f64]| {
            values.iter().fold((f64::INFINITY, 0.0), |(low, high), &value| (value.min(low), value.max(high)))
        };
        let (low, high) = span(self.rates);
        let (least, name) = match self.ground {
            Ground::Reviews(_) => (45.0, "accuracy on unseen reviews, %"),
            Ground::Task(_) => (0.0, "unseen sequences correct at the end, %"),
        };
        let panels = self.starts.iter().map(|&start| {
            let lines = self.units.iter().map(|&units| {
                let points = self
                    .at(start, units)
                    .filter_map(|scored| Some((scored.point.learning_rate, 100.0 * scored.score?)));
                Line::joined(format!("{units} units"), points.collect())
            });
            Panel {
                caption: self.start_name(start),
                x: Axis::logarithmic("learning rate of Adam", (low / 1.2, high * 1.2)),
                y: Axis::even(name, (least, 102.0)),
                lines: lines.collect(),
            }
        });
        Chart {
            title: format!("An LSTM on {} at every point of a grid", self.name()),
            panels: panels.collect(),
        }
    }
}
