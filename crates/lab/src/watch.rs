//! What an experiment tells while it runs, whether it is to stop, and how its parts share the threads.
//!
//! Input: two functions and a machine. Output: notes, and the results of independent parts in their order.

use gatewise::train::LambdaCallback;
use gatewise::{Machine, Result};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The observer of an experiment.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Called with one line for people whenever a part is done.
    pub note: &'a (dyn Fn(&str) + Sync),
    /// Whether to stop as soon as possible. A stopped experiment has no result.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

impl<'a> Watch<'a> {
    /// A callback that stops a training when the experiment is to stop.
    pub(crate) fn callback(self) -> LambdaCallback<'a> {
        LambdaCallback::new().on_batch_end(move |context, _| {
            if (self.stop)() {
                context.stop();
            }
            Ok(())
        })
    }
}

/// Runs `job` on each of `jobs`, one on each thread of `machine` at a time. The results are in the order of
/// the jobs and do not depend on the number of threads. `None` if the experiment was stopped.
///
/// # Errors
/// The error of the first job, in the order of the jobs, that failed.
pub fn each<J: Sync, R: Send>(
    jobs: &[J],
    machine: &Machine,
    watch: Watch<'_>,
    job: impl Fn(&J, &Machine) -> Result<R> + Sync,
) -> Result<Option<Vec<R>>> {
    let taken = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Result<R>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..machine.thread_count().min(jobs.len()) {
            scope.spawn(|| {
                let alone = Machine::new().threads(1).isa(machine.instruction_set());
                loop {
                    let index = taken.fetch_add(1, Ordering::Relaxed);
                    let Some(it) = jobs.get(index).filter(|_| !(watch.stop)()) else { break };
                    let result = job(it, &alone);
                    if let Ok(mut results) = results.lock() {
                        results.push((index, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    if (watch.stop)() {
        return Ok(None);
    }
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect::<Result<Vec<_>>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewise::Error;

    #[test]
    fn results_are_in_the_order_of_the_jobs_and_the_first_error_counts() {
        let jobs: Vec<u64> = (0..20).collect();
        let watch = Watch { note: &|_| (), stop: &|| false };
        for threads in [1, 3] {
            let machine = Machine::new().threads(threads);
            let slow = |&job: &u64, _: &Machine| {
                std::thread::sleep(std::time::Duration::from_millis(20 - job));
                Ok(job * job)
            };
            let squares = each(&jobs, &machine, watch, slow).unwrap().unwrap();
            assert_eq!(squares, jobs.iter().map(|job| job * job).collect::<Vec<_>>());
            let fails =
                |&job: &u64, _: &Machine| if job < 7 { Ok(job) } else { Err(Error::data(job.to_string())) };
            assert_eq!(each(&jobs, &machine, watch, fails).unwrap_err().to_string(), "7");
        }
    }

    #[test]
    fn a_stopped_experiment_has_no_result() {
        let taken = AtomicUsize::new(0);
        let watch = Watch { note: &|_| (), stop: &|| taken.load(Ordering::Relaxed) >= 2 };
        let count = |_: &u64, _: &Machine| Ok(taken.fetch_add(1, Ordering::Relaxed));
        assert!(each(&[0; 9], &Machine::new().threads(1), watch, count).unwrap().is_none());
        assert_eq!(taken.into_inner(), 2);
    }
}
