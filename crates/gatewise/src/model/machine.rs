//! What models run on: an instruction set and threads.
//!
//! Enters: nothing, or a number of threads. Leaves: a pool that everything on the machine shares.

use super::default_threads;
use crate::kernels::{Isa, Pool};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The threads and the instruction set that models run on.
///
/// A machine owns one pool of threads. Clones share the pool, and so does everything that is given the machine:
/// [`Fit`](crate::Fit), [`Predictor`](crate::Predictor), [`Stateful`](crate::Stateful), [`Model::evaluate_on`].
/// The threads are started when there is first work for more than one of them, and end with the last clone.
/// [`Machine::new`] returns clones of one machine, so that a process has one pool unless it makes another.
///
/// Any number of threads may compute on one machine at once. While one call has the pool, other calls run on
/// the threads that made them.
///
/// Results do not depend on the machine: every number of threads and every instruction set gives the same bits.
///
/// ```
/// use gatewise::{Isa, Machine};
/// let machine = Machine::new().threads(2).isa(Isa::Portable);
/// assert_eq!((machine.thread_count(), machine.instruction_set()), (2, Isa::Portable));
/// assert_eq!(Machine::default().instruction_set(), Isa::detect());
/// ```
///
/// [`Model::evaluate_on`]: crate::Model::evaluate_on
#[derive(Clone)]
pub struct Machine {
    isa: Isa,
    pool: Arc<Pool>,
}

impl Machine {
    /// Returns the machine of the process: the fastest instruction set, and a thread for each physical core
    /// that the process may use ([`default_threads`](crate::default_threads)).
    pub fn new() -> Self {
        static PROCESS: OnceLock<Machine> = OnceLock::new();
        let make = || Self { isa: Isa::detect(), pool: Arc::new(Pool::new(default_threads())) };
        PROCESS.get_or_init(make).clone()
    }

    /// Returns a machine of `threads` threads, the calling thread included; 0 counts as 1. The machine has a
    /// pool of its own, unless `threads` is the number of threads that this machine has already.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        match threads.max(1) {
            same if same == self.pool.threads() => self,
            threads => Self { pool: Arc::new(Pool::new(threads)), ..self },
        }
    }

    /// Returns this machine with another instruction set. The pool stays the same.
    #[must_use]
    pub fn isa(self, isa: Isa) -> Self {
        Self { isa, ..self }
    }

    /// Returns the number of threads, the calling thread included.
    pub fn thread_count(&self) -> usize {
        self.pool.threads()
    }

    /// Returns the instruction set.
    pub fn instruction_set(&self) -> Isa {
        self.isa
    }

    pub(crate) fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("threads", &self.thread_count()).field("isa", &self.isa).finish()
    }
}

/// Machines are equal when they have as many threads and the same instruction set.
impl PartialEq for Machine {
    fn eq(&self, other: &Self) -> bool {
        (self.thread_count(), self.isa) == (other.thread_count(), other.isa)
    }
}

impl Eq for Machine {}
