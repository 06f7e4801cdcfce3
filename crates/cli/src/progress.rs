//! What is shown on standard error while a model trains: a bar on a terminal, plain lines elsewhere.

use crate::note;
use gatewise::Result;
use gatewise::train::{BatchLog, Callback, Context, EpochLog};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Shows epochs as `--verbose` asks: 0 nothing, 1 a bar (a line an epoch where standard error is no
/// terminal), 2 a line an epoch.
pub struct EpochProgress {
    verbose: u8,
    bar: Option<ProgressBar>,
    start: Instant,
}

impl EpochProgress {
    pub fn new(verbose: u8) -> Self {
        Self { verbose, bar: None, start: Instant::now() }
    }

    fn begin(&mut self, context: &Context<'_>) {
        self.start = Instant::now();
        if self.verbose == 1 && std::io::stderr().is_terminal() {
            let template = "{prefix} {bar:24.cyan/white} {pos}/{len} {msg} · ETA {eta}";
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar =
                ProgressBar::with_draw_target(Some(context.samples() as u64), ProgressDrawTarget::stderr());
            bar.set_style(style.progress_chars("━━─"));
            bar.set_message("starting");
            bar.set_prefix(format!("Epoch {}/{}", context.epoch() + 1, context.epochs()));
            self.bar = Some(bar);
        }
    }
}

impl Callback for EpochProgress {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        // Resumed within an epoch, which then does not begin again.
        if context.batch() > 0 {
            self.begin(context);
        }
        Ok(())
    }

    fn on_epoch_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.begin(context);
        Ok(())
    }

    fn on_batch_end(&mut self, _: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        if let Some(bar) = &self.bar {
            bar.set_position(log.samples as u64);
            let rate = log.samples as f64 / self.start.elapsed().as_secs_f64();
            bar.set_message(format!(
                "loss: {:.4}{} · {rate:.0} samples/s",
                log.loss,
                accuracy("accuracy", log.accuracy)
            ));
        }
        Ok(())
    }

    fn on_note(&mut self, note: &str) {
        note!("note: {note}");
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if self.verbose > 0 {
            let mut line = format!(
                "Epoch {}/{} - {:.3} s - {:.0} samples/s - loss: {:.4}{}",
                log.epoch + 1,
                context.epochs(),
                log.seconds,
                context.samples() as f64 / log.seconds,
                log.loss,
                accuracy("accuracy", log.accuracy)
            );
            if let Some(loss) = log.val_loss {
                line += &format!(" - val_loss: {loss:.4}{}", accuracy("val_accuracy", log.val_accuracy));
            }
            note!("{line}");
        }
        Ok(())
    }
}

/// ` - name: 0.8712`, or nothing where the model answers with numbers.
fn accuracy(name: &str, value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!(" - {name}: {value:.4}"))
}

impl Drop for EpochProgress {
    /// Of an epoch that was stopped nothing stays on the screen.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A bar for a download, or nothing where standard error is no terminal.
pub fn download_bar() -> impl FnMut(u64, Option<u64>) {
    let mut bar: Option<ProgressBar> = None;
    move |done, total| {
        let bar = bar.get_or_insert_with(|| {
            note!("Downloading the IMDB reviews from their publisher …");
            let template = "{bar:32.cyan/white} {bytes}/{total_bytes} · {bytes_per_sec} · ETA {eta}";
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
            bar.set_style(style.progress_chars("━━─"));
            bar
        });
        bar.set_position(done);
        if Some(done) == total {
            bar.finish_and_clear();
        }
    }
}

/// A bar of the time that a search has, with what it says of itself, on a terminal only.
pub fn search_bar(time: Duration) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(time.as_millis() as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:24.cyan/white} {elapsed} of {prefix} · {msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─");
    bar.with_style(style).with_prefix(format!("{:#}", HumanDuration(time)))
}

/// Counts rows, on a terminal only; what it does not say is how many are left, which nobody knows.
pub fn row_counter() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{human_pos} rows · {per_sec} · {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
