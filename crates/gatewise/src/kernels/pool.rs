//! A fork-join pool of threads: brief spin, then park. Callers share the pool; a caller that finds it busy
//! works alone.
//!
//! Work is a list of items; each is done by exactly one worker, and nothing an item computes depends on
//! which. Worker `w` starts with item `w` (so that, with one item a worker, each keeps its part of the
//! parameters in its own cache) and then takes the next item not yet taken. Put the largest first.

use super::float_mode::FlushDenormals;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{JoinHandle, Thread};

/// How often a waiting thread looks before it sleeps: some tens of microseconds.
const SPINS: u32 = 4_000;

/// A borrowed job, its lifetime erased; it is only reachable while `Pool::run` has not returned.
type Job<'a> = &'a (dyn Fn(usize) + Sync + 'a);

#[derive(Debug)]
struct Shared {
    /// Counts jobs; a worker runs when it changes.
    round: AtomicU32,
    /// Points at the caller's `Job` while a round runs.
    job: AtomicPtr<()>,
    /// Workers that have not finished the round.
    running: AtomicUsize,
    /// The thread to wake when `running` reaches zero.
    caller: Mutex<Option<Thread>>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    stop: AtomicBool,
}

/// `threads − 1` sleeping threads, started when there is first work for them, and the caller.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    /// The requested number of workers, the caller included.
    threads: usize,
    workers: OnceLock<Vec<JoinHandle<()>>>,
    /// The process that made the pool: a fork of it has no workers.
    process: u32,
    /// Whether a caller has the workers.
    busy: AtomicBool,
}

impl Pool {
    /// Returns a pool of `threads` workers (at least one: the caller). No thread is started yet.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            round: AtomicU32::new(0),
            job: AtomicPtr::new(std::ptr::null_mut()),
            running: AtomicUsize::new(0),
            caller: Mutex::new(None),
            panic: Mutex::new(None),
            stop: AtomicBool::new(false),
        });
        Self {
            shared,
            threads: threads.max(1),
            workers: OnceLock::new(),
            process: process(),
            busy: AtomicBool::new(false),
        }
    }

    /// Returns the number of workers, the caller included.
    pub fn threads(&self) -> usize {
        self.threads
    }

    fn start(&self) -> Vec<JoinHandle<()>> {
        let spawn = |worker: usize| {
            let shared = Arc::clone(&self.shared);
            // A machine that refuses more threads (wasm32 refuses all) still computes the same thing with
            // those it gave.
            let thread = std::thread::Builder::new().name(format!("gatewise-{worker}"));
            thread.spawn(move || work(&shared, worker)).ok()
        };
        (1..self.threads).map_while(spawn).collect()
    }

    /// Calls `f(local, index, item)` once for every item, in parallel. `locals` holds one value for each
    /// worker. Denormals are flushed to zero inside `f`. While another caller has the workers, or `f` itself
    /// is the caller, or in a fork of the process, this thread does all items by itself.
    pub fn for_each<W: Send, T: Send>(
        &self,
        locals: &mut [W],
        items: &mut [T],
        f: impl Fn(&mut W, usize, &mut T) + Sync,
    ) {
        assert!(locals.len() >= self.threads, "one local for each worker");
        let worth = self.threads > 1 && items.len() > 1 && self.process == process();
        let claim = worth.then(|| Claim::of(&self.busy)).flatten();
        let workers = claim.as_ref().map_or(&[][..], |_| self.workers.get_or_init(|| self.start()));
        if workers.is_empty() {
            let _flush = FlushDenormals::enter();
            items.iter_mut().enumerate().for_each(|(index, item)| f(&mut locals[0], index, item));
            return;
        }
        let threads = workers.len() + 1;
        let next = AtomicUsize::new(threads);
        let (locals, items) = (Parts::new(locals), Parts::new(items));
        self.run(workers, &|worker| {
            let _flush = FlushDenormals::enter();
            // SAFETY: each worker number is used by one thread of this round only.
            let local = unsafe { locals.get(worker) };
            let mut index = worker;
            while index < items.len {
                // SAFETY: `index` is below `threads` and this worker's own, or it came from `next`,
                // which gives every number from `threads` up once.
                f(local, index, unsafe { items.get(index) });
                index = next.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    /// Calls `job(worker)` once on every worker and returns when all have finished. Only the caller that has
    /// the [`Claim`] may call it.
    fn run(&self, workers: &[JoinHandle<()>], job: Job<'_>) {
        let shared = &*self.shared;
        *shared.caller.lock().unwrap_or_else(|e| e.into_inner()) = Some(std::thread::current());
        shared.job.store((&raw const job).cast_mut().cast(), Ordering::Relaxed);
        shared.running.store(workers.len(), Ordering::Relaxed);
        shared.round.fetch_add(1, Ordering::Release);
        workers.iter().for_each(|worker| worker.thread().unpark());
        let own = catch_unwind(AssertUnwindSafe(|| job(0)));
        wait_until(|| shared.running.load(Ordering::Acquire) == 0);
        shared.job.store(std::ptr::null_mut(), Ordering::Relaxed);
        let theirs = shared.panic.lock().unwrap_or_else(|e| e.into_inner()).take();
        if let Some(panic) = own.err().or(theirs) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.round.fetch_add(1, Ordering::Release);
        for worker in self.workers.take().unwrap_or_default() {
            if self.process != process() {
                return;
            }
            worker.thread().unpark();
            // A worker cannot panic: jobs are caught.
            let _ = worker.join();
        }
    }
}

/// The number of this process; the bare wasm32 has none.
fn process() -> u32 {
    if cfg!(all(target_family = "wasm", target_os = "unknown")) { 0 } else { std::process::id() }
}

/// The right to give the workers a job, until it is dropped.
struct Claim<'a>(&'a AtomicBool);

impl<'a> Claim<'a> {
    /// The claim, unless another has it.
    fn of(busy: &'a AtomicBool) -> Option<Self> {
        // Made only where it is had: dropping one frees the workers.
        (!busy.swap(true, Ordering::Acquire)).then(|| Self(busy))
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// A worker's life: wait for a round, do it, report.
fn work(shared: &Shared, worker: usize) {
    let mut done = 0;
    loop {
        wait_until(|| shared.round.load(Ordering::Acquire) != done);
        done = done.wrapping_add(1);
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let job = shared.job.load(Ordering::Relaxed).cast::<Job<'_>>();
        // SAFETY: `run` stored a pointer to its own `job` before the release of `round` that this worker
        // acquired, and does not return before `running`, decremented below, reaches zero.
        let job = unsafe { *job };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(worker))) {
            *shared.panic.lock().unwrap_or_else(|e| e.into_inner()) = Some(panic);
        }
        let caller = shared.caller.lock().unwrap_or_else(|e| e.into_inner()).clone();
        if shared.running.fetch_sub(1, Ordering::Release) == 1 {
            caller.inspect(Thread::unpark);
        }
    }
}

/// Spins briefly, then sleeps between looks; whoever makes `ready` true unparks this thread.
fn wait_until(ready: impl Fn() -> bool) {
    for _ in 0..SPINS {
        if ready() {
            return;
        }
        std::hint::spin_loop();
    }
    while !ready() {
        std::thread::park();
    }
}

/// A mutable slice that hands out its elements to several threads, each element to one of them.
struct Parts<'a, T> {
    start: *mut T,
    len: usize,
    _slice: std::marker::PhantomData<&'a mut [T]>,
}

// SAFETY: it gives access to `T`s by unique reference only, so sharing it is sending `T`s.
unsafe impl<T: Send> Sync for Parts<'_, T> {}

impl<'a, T> Parts<'a, T> {
    fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), _slice: std::marker::PhantomData }
    }

    /// # Safety
    /// No two calls for the same `index` may have results alive at the same time.
    #[expect(clippy::mut_from_ref, reason = "the caller promises that elements are not shared")]
    unsafe fn get(&self, index: usize) -> &mut T {
        assert!(index < self.len);
        // SAFETY: inside the slice, and unique by the caller's promise.
        unsafe { &mut *self.start.add(index) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once_at_any_number_of_threads() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            for items in [0, 1, 2, 7, 64] {
                for _ in 0..50 {
                    let mut counts = vec![0u32; items];
                    let mut locals = vec![0u32; threads];
                    pool.for_each(&mut locals, &mut counts, |local, index, item| {
                        *item += 1 + index as u32;
                        *local += 1;
                    });
                    assert!(counts.iter().enumerate().all(|(i, &c)| c == 1 + i as u32));
                    assert_eq!(locals.iter().sum::<u32>() as usize, items);
                }
            }
        }
    }

    #[test]
    fn sleeping_workers_wake() {
        let pool = Pool::new(3);
        for _ in 0..3 {
            std::thread::sleep(std::time::Duration::from_millis(5));
            let mut items = [0; 9];
            pool.for_each(&mut [(); 3], &mut items, |_, _, item| *item = 1);
            assert_eq!(items, [1; 9]);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_survives() {
        let pool = Pool::new(2);
        for bad in 0..4 {
            let result = catch_unwind(AssertUnwindSafe(|| {
                pool.for_each(&mut [(); 2], &mut [0; 4], |_, index, _| assert_ne!(index, bad));
            }));
            assert!(result.is_err());
        }
        let mut items = [0; 4];
        pool.for_each(&mut [(); 2], &mut items, |_, _, item| *item = 1);
        assert_eq!(items, [1; 4]);
    }

    #[test]
    fn no_thread_is_started_before_there_is_work_for_it() {
        let pool = Pool::new(4);
        pool.for_each(&mut [(); 4], &mut [0], |_, _, item| *item = 1);
        assert!(pool.workers.get().is_none(), "one item is the caller's");
        pool.for_each(&mut [(); 4], &mut [0; 2], |_, _, item| *item = 1);
        assert_eq!(pool.workers.get().map(Vec::len), Some(3));
    }

    #[test]
    fn whoever_finds_it_busy_works_alone() {
        let pool = Pool::new(3);
        // From within: each item of the outer work has items of its own.
        let mut sums = [0; 6];
        pool.for_each(&mut [(); 3], &mut sums, |_, index, sum| {
            let mut items = [0; 5];
            pool.for_each(&mut [(); 3], &mut items, |_, at, item| *item = index * 5 + at);
            *sum = items.iter().sum();
        });
        assert_eq!(sums.iter().sum::<usize>(), 29 * 30 / 2);
        // From many threads at once.
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let mut items = [0; 7];
                        pool.for_each(&mut [(); 3], &mut items, |_, at, item| *item += at + 1);
                        assert_eq!(items, [1, 2, 3, 4, 5, 6, 7]);
                    }
                });
            }
        });
    }
}
