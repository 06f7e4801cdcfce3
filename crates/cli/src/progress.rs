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
                styled("{prefix} {bar:16.cyan/white} {percent:>3} % {msg} {eta:>4}", Some(samples as u64));
            bar.set_message("starting");
            bar.set_prefix(format!("Epoch {}/{epochs}", epoch + 1));
            self.bar = Some(bar);
        }
    }

    pub fn batch(&mut self, log: &BatchLog) {
        if let Some(bar) = &self.bar {
            bar.set_position(log.samples as u64);
            let rate = log.samples as f64 / self.start.elapsed().as_secs_f64();
            let measured = measured(["loss", "acc"], log.loss, log.accuracy);
            bar.set_message(format!("{measured} · {rate:.0}/s ·"));
        }
    }

    pub fn end(&mut self, log: &EpochLog, epochs: usize) {
        self.clear();
        if self.verbose > 0 {
            note!("{}", epoch_line(log, epochs));
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

/// The width of a terminal; the line of an epoch fits into it up to a million epochs.
const WIDTH: usize = 80;

/// Returns the line of an epoch, with Keras's words in Keras's order, accuracy shortened to `acc`.
fn epoch_line(log: &EpochLog, epochs: usize) -> String {
    let mut parts = vec![
        format!("Epoch {}/{epochs}", log.epoch + 1),
        format!("{}s", figure(log.seconds, 3)),
        measured(["loss", "acc"], log.loss, log.accuracy),
    ];
    parts.extend(log.val_loss.map(|loss| measured(["val_loss", "val_acc"], loss, log.val_accuracy)));
    match parts.join(" - ") {
        line if line.len() <= WIDTH => line,
        _ => parts.join(" "),
    }
}

/// Returns a loss, and the accuracy if there is one: `loss 0.6047 acc 0.6902`.
fn measured([loss_name, accuracy_name]: [&str; 2], loss: f64, accuracy: Option<f64>) -> String {
    let accuracy = accuracy.map_or(String::new(), |accuracy| format!(" {accuracy_name} {accuracy:.4}"));
    format!("{loss_name} {}{accuracy}", figure(loss, 5))
}

/// Returns a number that is not negative in about `digits` digits, two places or four of them after the point.
fn figure(number: f64, digits: usize) -> String {
    let whole = if number < 1.0 { 1 } else { (number.log10().floor() as usize).saturating_add(1) };
    match digits.checked_sub(whole) {
        Some(places) => format!("{number:.places$}"),
        None if digits > 3 => format!("{number:.1e}"),
        None => format!("{number:.0}"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn log(epoch: usize, seconds: f64, values: [f64; 4]) -> EpochLog {
        let [loss, accuracy, val_loss, val_accuracy] = values;
        let object = serde_json::json!({"epoch": epoch, "loss": loss, "accuracy": accuracy,
            "val_loss": val_loss, "val_accuracy": val_accuracy});
        let mut log: EpochLog = serde_json::from_value(object).unwrap();
        log.seconds = seconds;
        log
    }

    #[test]
    fn the_line_of_an_epoch_fits_a_terminal() {
        let usual = [0.604_71, 0.690_24, 0.436_42, 0.821_42];
        assert_eq!(
            epoch_line(&log(0, 0.2234, usual), 5),
            "Epoch 1/5 - 0.22s - loss 0.6047 acc 0.6902 - val_loss 0.4364 val_acc 0.8214"
        );
        assert_eq!(
            epoch_line(&log(99, 12.345, usual), 100),
            "Epoch 100/100 - 12.3s - loss 0.6047 acc 0.6902 - val_loss 0.4364 val_acc 0.8214"
        );
        assert_eq!(
            epoch_line(&log(9999, 12.345, usual), 10_000),
            "Epoch 10000/10000 12.3s loss 0.6047 acc 0.6902 val_loss 0.4364 val_acc 0.8214"
        );
        for (epochs, seconds) in [(5, 0.0), (100, 59.96), (999, 999.4), (9_999, 86_400.0), (99_999, 1e6)] {
            for loss in [0.0, 0.999_96, 9.9999, 99.99, 99_999.4, 1e5, 1e30] {
                let line = epoch_line(&log(epochs - 1, seconds, [loss, 1.0, loss, 1.0]), epochs);
                assert!(line.len() <= WIDTH, "{} {line}", line.len());
            }
        }
    }

    #[test]
    fn figures_keep_their_width() {
        for (number, digits, text) in [
            (0.6047, 5, "0.6047"),
            (12.3456, 5, "12.346"),
            (1234.5, 5, "1234.5"),
            (123_456.0, 5, "1.2e5"),
            (0.22, 3, "0.22"),
            (59.96, 3, "60.0"),
            (1234.5, 3, "1234"),
        ] {
            assert_eq!(figure(number, digits), text);
        }
    }
}
