//! Independent jobs, some at a time. Input: jobs, and the work of one. Output: the results in the order of the jobs, so that the
//! number of threads does not show.

use gatewise::Result;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Returns the results of `work` for all jobs, at most `threads` at a time; `None` if `stop` gave true before the last job.
///
/// # Errors
/// The error of the first job, in the order of the jobs, that failed.
pub fn in_parallel<J: Sync, R: Send>(
    jobs: &[J],
    threads: usize,
    stop: &(dyn Fn() -> bool + Sync),
    work: impl Fn(&J) -> Result<R> + Sync,
) -> Result<Option<Vec<R>>> {
    let (taken, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                while !stop() {
                    let index = taken.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { break };
                    let result = work(job);
                    if let Ok(mut done) = done.lock() {
                        done.push((index, result));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    let results: Vec<R> = done.into_iter().map(|(_, result)| result).collect::<Result<_>>()?;
    Ok((results.len() == jobs.len()).then_some(results))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewise::Error;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let jobs: Vec<u64> = (0..23).collect();
        for threads in [1, 3, 40] {
            let squares = in_parallel(&jobs, threads, &|| false, |&job| Ok(job * job)).unwrap().unwrap();
            assert_eq!(squares, jobs.iter().map(|job| job * job).collect::<Vec<_>>());
        }
        assert_eq!(in_parallel(&jobs, 2, &|| true, |&job| Ok(job)).unwrap(), None);
        let fails = |&job: &u64| if job > 4 { Err(Error::data(format!("job {job}"))) } else { Ok(job) };
        assert_eq!(in_parallel(&jobs, 1, &|| false, fails).unwrap_err().to_string(), "job 5");
    }
}
