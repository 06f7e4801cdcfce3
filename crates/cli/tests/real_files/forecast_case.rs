//! A case of a file of numbers: a file, options, and the series that `gatewise forecast` must find in it.

use crate::home::{Home, Ran};
use std::fs;

/// A season of four steps that grows by 2 % a step: number `t` of a series, so that what follows is known.
pub fn number(t: usize) -> f64 {
    [40.0, 60.0, 50.0, 30.0][t % 4] * 1.02f64.powi(i32::try_from(t).unwrap())
}

/// A file of rows, each made of its step.
pub fn rows(header: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..count).map(row).collect();
    let header = if header.is_empty() { String::new() } else { format!("{header}\n") };
    format!("{header}{}\n", rows.join("\n"))
}

/// The month of step `t`, from January 1990: `1990-01`.
pub fn month(t: usize) -> String {
    format!("{}-{:02}", 1990 + t / 12, t % 12 + 1)
}

/// Nearly as fast as reading: one small network that is not trained.
const FAST: &str = "--period 4 --horizon 2 --test 4 --units 1 --epochs 0";

/// What is expected of a series: its name, how many numbers it has, and the dates and numbers that follow.
type Wanted = (Option<&'static str>, usize, Vec<(&'static str, f64)>);

/// A file with its right value.
pub struct Case {
    name: &'static str,
    home: Home,
    file: String,
    options: String,
    series: Vec<Wanted>,
    notes: Vec<&'static str>,
}

impl Case {
    pub fn new(name: &'static str) -> Self {
        let (home, file, options) = (Home::new(), String::new(), FAST.to_owned());
        Self { name, home, file, options, series: Vec::new(), notes: Vec::new() }
    }

    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.home.path(name), content).unwrap();
        Self { file: name.to_owned(), ..self }
    }

    /// Adds options.
    pub fn options(mut self, options: &str) -> Self {
        self.options += " ";
        self.options += options;
        self
    }

    /// Sets all options.
    pub fn only(self, options: &str) -> Self {
        Self { options: options.to_owned(), ..self }
    }

    /// Leaves period, horizon and test part to the program.
    pub fn by_the_dates(self) -> Self {
        Self { options: "--units 1 --epochs 0".to_owned(), ..self }
    }

    /// Adds a series: its numbers, and the dates (or steps) and numbers that follow.
    pub fn series<const N: usize>(mut self, numbers: usize, next: [(&'static str, f64); N]) -> Self {
        self.series.push((None, numbers, next.to_vec()));
        self
    }

    /// Adds a series with a name.
    pub fn named<const N: usize>(
        mut self,
        id: &'static str,
        numbers: usize,
        next: [(&'static str, f64); N],
    ) -> Self {
        self.series.push((Some(id), numbers, next.to_vec()));
        self
    }

    /// Adds a part of a note.
    pub fn note(mut self, part: &'static str) -> Self {
        self.notes.push(part);
        self
    }

    fn run(&self) -> Ran {
        self.home.run(&format!("forecast {} {} --format json", self.file, self.options))
    }

    /// Forecasts and compares.
    #[track_caller]
    pub fn check(self) {
        let (name, ran) = (self.name, self.run());
        assert_eq!(ran.code, Some(0), "{name}: {ran:#?}");
        let found = ran.json();
        let series = found["series"].as_array().unwrap();
        assert_eq!(series.len(), self.series.len(), "series, {name}: {found:#}");
        for ((id, numbers, next), series) in self.series.iter().zip(series) {
            assert_eq!(series["id"].as_str(), *id, "id, {name}");
            assert_eq!(series["numbers"], *numbers, "numbers, {name}: {found:#}");
            for ((date, value), point) in next.iter().zip(series["forecast"].as_array().unwrap()) {
                let at = point["date"].as_str().map_or_else(|| point["step"].to_string(), str::to_owned);
                assert_eq!(at, *date, "dates, {name}: {found:#}");
                let forecast = point["value"].as_f64().unwrap();
                assert!(
                    (forecast / value - 1.0).abs() < 0.02,
                    "{forecast} is not {value}, {name}: {found:#}"
                );
            }
        }
        let notes: Vec<_> =
            found["notes"].as_array().unwrap().iter().filter_map(|note| note.as_str()).collect();
        for part in self.notes {
            assert!(
                notes.iter().any(|note| note.contains(part)),
                "the note '{part}' is missing, {name}: {notes:#?}"
            );
        }
    }

    /// The file is refused with an exit code, and one sentence that contains `parts`.
    #[track_caller]
    pub fn refused(self, code: i32, parts: &[&str]) {
        let ran = self.run();
        assert_eq!(ran.code, Some(code), "{}: {ran:#?}", self.name);
        for part in parts {
            assert!(ran.stderr.contains(part), "'{part}' is missing, {}: {ran:#?}", self.name);
        }
    }
}
