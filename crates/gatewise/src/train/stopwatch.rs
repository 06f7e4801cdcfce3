//! A stopwatch: seconds since its start; 0 on platforms without a clock.

use std::time::Instant;

/// A stopwatch. On bare wasm32, which has no clock, [`Instant::now`] panics.
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
