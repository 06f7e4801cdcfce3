//! How long something took. Enters: nothing. Leaves: seconds; 0 where there is no clock.

use std::time::Instant;

/// Runs from its start. The bare wasm32 has no clock, and its [`Instant::now`] panics.
#[derive(Debug)]
pub(super) struct Stopwatch(Option<Instant>);

impl Stopwatch {
    pub fn start() -> Self {
        let clock = !cfg!(all(target_family = "wasm", target_os = "unknown"));
        Self(clock.then(Instant::now))
    }

    pub fn seconds(&self) -> f64 {
        self.0.map_or(0.0, |start| start.elapsed().as_secs_f64())
    }
}
