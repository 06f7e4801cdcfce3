//! Signals: Ctrl-C sets a flag that training reads, and a write beyond a limit becomes an error.

use gatewise::{Error, ErrorKind, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code that shells report for a program that Ctrl-C ended.
pub const EXIT_CODE: u8 = 130;

/// Set by the first Ctrl-C (or SIGTERM); the second one ends the program at once.
#[derive(Clone)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Installs the handlers.
    pub fn listen() -> Result<Self> {
        let raised = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order, so that the first one finds the flag down.
            flag::register_conditional_shutdown(signal, i32::from(EXIT_CODE), Arc::clone(&raised))
                .and_then(|_| flag::register(signal, Arc::clone(&raised)))
                .map_err(cannot_listen)?;
        }
        Ok(Self(raised))
    }

    /// Returns whether Ctrl-C was pressed.
    pub fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Makes a write beyond the limit on file sizes (`ulimit -f`) an error like that of a full disk; without
/// this the system ends the program, and a half-written temporary file stays behind.
pub fn report_file_limits() -> Result<()> {
    #[cfg(unix)]
    flag::register(signal_hook::consts::SIGXFSZ, Arc::default()).map_err(cannot_listen)?;
    Ok(())
}

fn cannot_listen(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot listen for signals: {error}"))
}
