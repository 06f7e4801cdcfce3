//! The command line: parses the arguments, runs one command, and returns an exit code.
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

/// How a command ended: decides the exit code.
pub(crate) enum Done {
    /// The command is done: exit code 0.
    Whole,
    /// Ctrl-C or SIGTERM stopped it early, and its work is saved: exit code 130, as in shells.
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
        Command::Completions(args) => commands::completions(args),
        Command::Man(args) => commands::man(args),
    }
}
