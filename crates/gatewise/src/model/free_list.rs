//! Memory to compute in, lent to one thread at a time.
//!
//! Enters: what a thread has finished with. Leaves: the same, to the next thread that asks, and not allocated
//! anew.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

/// Values that are not in use. There are never more of them than were in use at once.
#[derive(Default)]
pub(crate) struct FreeList<T>(Mutex<Vec<Box<T>>>);

impl<T: Default> FreeList<T> {
    /// A value for the caller alone: one that was used before, if there is one.
    pub fn lend(&self) -> Lent<'_, T> {
        Lent { stack: self, value: Some(self.values().pop().unwrap_or_default()) }
    }

    fn values(&self) -> MutexGuard<'_, Vec<Box<T>>> {
        // Nothing that holds the lock can panic halfway.
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl<T> fmt::Debug for FreeList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreeList")
    }
}

/// A value that goes back when this is dropped.
pub(crate) struct Lent<'a, T: Default> {
    stack: &'a FreeList<T>,
    /// There until the drop.
    value: Option<Box<T>>,
}

impl<T: Default> Lent<'_, T> {
    /// The value.
    pub fn get(&mut self) -> &mut T {
        self.value.get_or_insert_default()
    }
}

impl<T: Default> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        self.stack.values().extend(self.value.take());
    }
}
