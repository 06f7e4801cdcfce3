//! The command line: arguments in, one command run, an exit code out.
//!
//! Results go to standard output, progress and errors to standard error.

mod args;
mod commands;
mod interrupt;
mod output;
mod plot;
mod progress;
mod watch;

use args::{Args, Command};
use gatewise::{ErrorKind, Result};
use std::process::ExitCode;

/// A finished command, for programs that look at the exit code.
pub(crate) enum Done {
    /// Everything was done: 0.
    Whole,
    /// Ctrl-C (or SIGTERM) stopped it early; what there was has been saved: 130, as shells have it.
    Interrupted,
}

fn main() -> ExitCode {
    let args = Args::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    match interrupt::report_file_limits().and_then(|()| run(args)) {
        Ok(Done::Whole) => ExitCode::SUCCESS,
        Ok(Done::Interrupted) => ExitCode::from(interrupt::EXIT_CODE),
        Err(error) => {
            note!("error: {error}");
            ExitCode::from(match error.kind() {
                ErrorKind::Config => 2,
                _ => 1,
            })
        }
    }
}

fn run(args: Args) -> Result<Done> {
    match args.command {
        Command::Bench(args) => commands::bench(args),
        Command::Train(args) => commands::train(*args),
        Command::Tune(args) => commands::tune(args),
        Command::Evaluate(args) => commands::evaluate(args),
        Command::Forecast(args) => commands::forecast(args),
        Command::Generate(args) => commands::generate(args),
        Command::Predict(args) => commands::predict(args),
        Command::Summary(args) => commands::summary(args),
        Command::Data(args) => commands::data(args),
        Command::Lab(args) => commands::lab(args),
    }
}
