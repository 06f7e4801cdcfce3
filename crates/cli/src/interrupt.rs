//! Signals: Ctrl-C sets a flag that training reads, and a write beyond a limit becomes an error.

use gatewise::{Error, ErrorKind, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The exit code that shells report for a program that Ctrl-C ended.
pub const EXIT_CODE: u8 = 130;

/// Set by the first Ctrl-C (or SIGTERM); the second one ends the program at once. (SIGHUP ends it at once too: a
/// handler would undo `nohup`.)
#[derive(Clone)]
pub struct StopFlag {
    raised: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl StopFlag {
    /// Installs the handlers.
    pub fn listen() -> Result<Self> {
        let (raised, received) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        for signal in [SIGINT, SIGTERM] {
            // In this order, so that the first one finds the flag down, and who sees the flag sees the signal.
            flag::register_conditional_shutdown(signal, i32::from(EXIT_CODE), Arc::clone(&raised))
                .and_then(|_| flag::register_usize(signal, Arc::clone(&received), signal as usize))
                .and_then(|_| flag::register(signal, Arc::clone(&raised)))
                .map_err(cannot_listen)?;
        }
        Ok(Self { raised, signal: received })
    }

    /// Returns the name of the signal that was received, as people call it.
    pub fn raised(&self) -> Option<&'static str> {
        let raised = self.raised.load(Ordering::SeqCst);
        raised.then(
            || if self.signal.load(Ordering::SeqCst) == SIGTERM as usize { "SIGTERM" } else { "Ctrl-C" },
        )
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
