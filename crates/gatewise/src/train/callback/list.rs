//! The callbacks of a run, called as one.

use super::{Callback, CallbackState, Context};
use crate::error::{Error, Result};
use serde_json::Value;
use std::fmt;

/// All callbacks of a run, in the order in which they are called.
#[derive(Default)]
pub(in crate::train) struct CallbackList<'a>(Vec<Box<dyn Callback + 'a>>);

impl<'a> CallbackList<'a> {
    pub fn push(&mut self, callback: impl Callback + 'a) {
        self.0.push(Box::new(callback));
    }

    /// Returns whether there are no callbacks.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls each callback with `context`, then sends their notes to all callbacks. Returns whether any
    /// callback stopped the run; the others are still called.
    pub fn call(
        &mut self,
        mut context: Context<'_>,
        mut call: impl FnMut(&mut dyn Callback, &mut Context<'_>) -> Result<()>,
    ) -> Result<bool> {
        let called = self.0.iter_mut().try_for_each(|callback| call(&mut **callback, &mut context));
        self.note(&context.notes);
        context.notes.iter().for_each(|note| context.progress.note(note));
        called.map(|()| context.stop)
    }

    pub fn note(&mut self, notes: &[String]) {
        for note in notes {
            self.0.iter_mut().for_each(|callback| callback.on_note(note));
        }
    }

    /// Returns the settings of the callbacks that have settings.
    pub fn configs(&self) -> Vec<Value> {
        self.0.iter().map(|callback| callback.config()).filter(|config| !config.is_null()).collect()
    }

    /// Returns the states of the callbacks that have a state.
    pub fn states(&self) -> Vec<CallbackState<'_>> {
        self.0.iter().map(|callback| callback.save_state()).filter(|state| !state.is_empty()).collect()
    }

    pub fn restore(&mut self, states: &[(Value, Option<Vec<f32>>)]) -> Result<()> {
        let mut stateful: Vec<_> =
            self.0.iter_mut().filter(|callback| !callback.save_state().is_empty()).collect();
        if stateful.len() != states.len() {
            return Err(Error::config(format!(
                "cannot resume: the checkpoint holds the state of {} callbacks, but this run has {} with state",
                states.len(),
                stateful.len()
            )));
        }
        stateful.iter_mut().zip(states).try_for_each(|(callback, (value, weights))| {
            callback.restore_state(CallbackState { value: value.clone(), weights: weights.as_deref() })
        })
    }
}

impl fmt::Debug for CallbackList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} callbacks", self.0.len())
    }
}
