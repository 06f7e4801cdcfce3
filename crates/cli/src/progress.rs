//! Progress on standard error during a run: a bar on a terminal, plain lines elsewhere.

use crate::note;
use gatewise::train::{BatchLog, EpochLog};
use gatewise_pipeline::TrialLog;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Shows epochs by `--verbose`: 0 nothing, 1 a bar (a line per epoch where standard error is not a terminal),
/// 2 a line per epoch.
pub struct EpochBar {
    verbose: u8,
    bar: Option<ProgressBar>,
    start: Instant,
}

impl EpochBar {
    pub fn new(verbose: u8) -> Self {
        Self { verbose, bar: None, start: Instant::now() }
    }

    pub fn begin(&mut self, epoch: usize, epochs: usize, samples: usize) {
        self.start = Instant::now();
        if self.verbose == 1 && std::io::stderr().is_terminal() {
            let bar =
                styled("{prefix} {bar:24.cyan/white} {pos}/{len} {msg} · ETA {eta}", Some(samples as u64));
            bar.set_message("starting");
            bar.set_prefix(format!("Epoch {}/{epochs}", epoch + 1));
            self.bar = Some(bar);
        }
    }

    pub fn batch(&mut self, log: &BatchLog) {
        if let Some(bar) = &self.bar {
            bar.set_position(log.samples as u64);
            let rate = log.samples as f64 / self.start.elapsed().as_secs_f64();
            bar.set_message(format!(
                "loss: {:.4}{} · {rate:.0} samples/s",
                log.loss,
                accuracy("accuracy", log.accuracy)
            ));
        }
    }

    pub fn end(&mut self, log: &EpochLog, epochs: usize, samples: usize) {
        self.clear();
        if self.verbose > 0 {
            let mut line = format!(
                "Epoch {}/{epochs} - {:.3} s - {:.0} samples/s - loss: {:.4}{}",
                log.epoch + 1,
                log.seconds,
                samples as f64 / log.seconds,
                log.loss,
                accuracy("accuracy", log.accuracy)
            );
            if let Some(loss) = log.val_loss {
                line += &format!(" - val_loss: {loss:.4}{}", accuracy("val_accuracy", log.val_accuracy));
            }
            note!("{line}");
        }
    }

    /// Clears the bar of a stopped epoch.
    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for EpochBar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Returns ` - name: 0.8712`, or an empty text for a model of numbers.
fn accuracy(name: &str, value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!(" - {name}: {value:.4}"))
}

/// Returns a bar on standard error; it is visible on a terminal only.
fn styled(template: &str, length: Option<u64>) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    bar.with_style(style.progress_chars("━━─"))
}

/// A bar for a download, with a line before it.
#[derive(Default)]
pub struct DownloadBar(Option<ProgressBar>);

impl DownloadBar {
    pub fn at(&mut self, done: u64, total: Option<u64>) {
        let bar = self.0.get_or_insert_with(|| {
            note!("Downloading the IMDB reviews from their publisher …");
            styled("{bar:32.cyan/white} {bytes}/{total_bytes} · {bytes_per_sec} · ETA {eta}", total)
        });
        bar.set_position(done);
        if Some(done) == total {
            bar.finish_and_clear();
        }
    }
}

/// Shows the time of a search as a bar, and a line per trial.
pub struct SearchBar {
    bar: ProgressBar,
    time: Duration,
    start: Instant,
}

impl SearchBar {
    pub fn new(time: Duration) -> Self {
        let bar = styled("{bar:24.cyan/white} {elapsed} of {prefix} · {msg}", Some(time.as_millis() as u64));
        let bar = bar.with_prefix(format!("{:#}", HumanDuration(time)));
        Self { bar, time, start: Instant::now() }
    }

    /// Begins a trial; the time of a search starts with the first trial.
    pub fn begin(&mut self, trial: usize, best: Option<(usize, f64)>) {
        if trial == 1 {
            self.start = Instant::now();
            self.bar.reset_elapsed();
        }
        self.bar.set_message(format!("trial {trial}{}", so_far(" · ", best)));
    }

    pub fn tick(&self) {
        self.bar.set_position(self.start.elapsed().as_millis() as u64);
    }

    /// Returns the line of a trial.
    pub fn end(&self, trial: &TrialLog, best: Option<(usize, f64)>) {
        let TrialLog { trial: number, options, end, epochs, seconds, figure, .. } = trial;
        let figure = figure.map_or(String::new(), |it| format!(" - {}: {:.4}", it.name, it.value));
        let best = so_far(" - ", best);
        let left = self.time.saturating_sub(self.start.elapsed()).as_secs();
        let options = if options.is_empty() { "train's own settings" } else { options };
        self.bar.suspend(|| {
            note!(
                "Trial {number}{figure} - {epochs} epochs, {end}, {seconds:.1} s{best} - {}:{:02} left - {options}",
                left / 60,
                left % 60
            );
        });
    }
}

impl Drop for SearchBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Returns the figure of the best trial after `separator`; without a trial, an empty text.
fn so_far(separator: &str, best: Option<(usize, f64)>) -> String {
    best.map_or(String::new(), |(trial, figure)| format!("{separator}best: {figure:.4} of trial {trial}"))
}

/// Names the measurement that is running, on a terminal only.
pub struct Measuring(ProgressBar);

impl Measuring {
    pub fn new() -> Self {
        let bar = styled("{spinner} measuring {msg} · {elapsed}", None);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    pub fn now(&self, what: &'static str) {
        self.0.set_message(what);
    }
}

impl Drop for Measuring {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Counts rows, on a terminal only. The total is not known.
pub struct RowCounter(ProgressBar);

impl RowCounter {
    pub fn new() -> Self {
        Self(styled("{human_pos} rows · {per_sec} · {elapsed}", None))
    }

    pub fn add(&self, count: usize) {
        self.0.inc(count as u64);
    }
}

impl Drop for RowCounter {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
