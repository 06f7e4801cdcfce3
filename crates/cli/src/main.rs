//! The command line: parses the arguments, runs one command, and returns an exit code.
//!
//! Results go to standard output, progress and errors to standard error; with `--format json`, errors also go to
//! standard output, as an object.

mod args;
mod color;
mod commands;
mod failure;
mod interrupt;
mod output;
mod plot;
mod progress;
mod watch;

use args::{Args, Command};
use failure::Failure;
use gatewise::Result;
use std::process::ExitCode;

/// How a command ended: decides the exit code.
pub(crate) enum Done {
    /// The command is done: exit code 0.
    Whole,
    /// Ctrl-C or SIGTERM stopped it early, and its work is saved: exit code 130, as in shells.
    Interrupted,
}

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let failure = Failure::of(&words);
    let args = match Args::read(words) {
        Ok(args) => args,
        Err(error) => return failure.of_usage(&error),
    };
    match interrupt::report_file_limits().and_then(|()| run(args)) {
        Ok(Done::Whole) => ExitCode::SUCCESS,
        Ok(Done::Interrupted) => ExitCode::from(interrupt::EXIT_CODE),
        Err(error) => failure.of_command(&error),
    }
}

fn run(args: Args) -> Result<Done> {
    match args.command {
        Command::Bench(args) => commands::bench(args),
        Command::Train(args) => commands::train(*args),
        Command::Tune(args) => commands::tune(args),
        Command::Evaluate(args) => commands::evaluate(args),
        Command::Explain(args) => commands::explain(*args),
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
