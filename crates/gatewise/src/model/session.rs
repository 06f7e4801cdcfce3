//! Sessions: a model prepared to compute outputs, for any number of threads at once.
//!
//! Input: a model and a machine. Output: the outputs of one row or of many rows, by `&self`.

use super::engine::{Derived, HasWorkspace, Workspace};
use super::free_list::{FreeList, Lent};
use super::machine::Machine;
use super::{Model, PaddedRows, State};
use crate::kernels::Pool;
use crate::rows::{Inputs, Padding};
use std::sync::Arc;

/// The packed weights and the projected table of a model, and memory for the threads that use them. Every
/// call takes the model that the session was prepared for.
#[derive(Debug)]
pub(crate) struct Session {
    machine: Machine,
    pool: Arc<Pool>,
    padding: Padding,
    derived: Derived,
    spaces: FreeList<Workspace>,
}

/// The workspace of one thread of a call. It is borrowed when the thread has work.
struct Borrowed<'a> {
    from: &'a FreeList<Workspace>,
    lent: Option<Lent<'a, Workspace>>,
}

impl HasWorkspace for Borrowed<'_> {
    fn workspace(&mut self) -> &mut Workspace {
        self.lent.get_or_insert_with(|| self.from.lend()).get()
    }
}

impl Session {
    /// Prepares `model` for rows under `padding`. Without `maxlen`, rows are not padded.
    pub fn new(model: &Model, machine: &Machine, padding: Padding) -> Self {
        let (mut derived, pool, spaces) = (Derived::default(), machine.pool(), FreeList::default());
        let isa = machine.instruction_set();
        let steps = padding.maxlen.unwrap_or(0);
        derived.prepare((isa, &pool), &mut borrowed(&spaces, pool.threads()), model, padding, steps);
        Self { machine: machine.clone(), pool, padding, derived, spaces }
    }

    /// Returns the machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Returns the output for one row of ids, `[width]`, without allocating. `None` if the model has no path
    /// for one row, or a step of the row is masked. The ids must be below the vocabulary size.
    pub fn one<'a>(&self, space: &'a mut Workspace, model: &Model, row: &[u32]) -> Option<&'a [f32]> {
        let steps = self.padding.maxlen.unwrap_or(row.len());
        self.derived.output_of_one(self.machine.instruction_set(), space, model, self.padding, steps, row)
    }

    /// Returns the outputs for all rows, which have the padding of the session. The outputs of a row do not
    /// depend on other rows.
    pub fn outputs(&self, model: &Model, rows: PaddedRows<'_>) -> Vec<f32> {
        match self.padding.maxlen {
            Some(_) => self.run(model, rows, true, None),
            None if model.treatment().lays_all => self.by_length(model, rows, None),
            None => self.run(model, rows, false, None),
        }
    }

    /// Returns the outputs for the next steps of rows, and updates their state.
    pub fn next(&self, model: &Model, rows: PaddedRows<'_>, state: &mut State) -> Vec<f32> {
        match model.treatment().lays_all {
            true => self.by_length(model, rows, Some(state)),
            false => self.run(model, rows, false, Some(state)),
        }
    }

    fn run(&self, model: &Model, rows: PaddedRows<'_>, padded: bool, state: Option<&mut State>) -> Vec<f32> {
        let mut spaces = borrowed(&self.spaces, self.pool.threads());
        let on = (self.machine.instruction_set(), &*self.pool);
        self.derived.outputs(on, &mut spaces, model, rows, padded, state)
    }

    /// Computes the rows of one length at a time, because some layer reads padding even if it is masked.
    fn by_length(&self, model: &Model, rows: PaddedRows<'_>, mut state: Option<&mut State>) -> Vec<f32> {
        let mut order: Vec<usize> = (0..rows.inputs.len()).collect();
        order.sort_by_key(|&row| rows.inputs.steps(row));
        let mut outputs = vec![Vec::new(); order.len()];
        for group in order.chunk_by(|&a, &b| rows.inputs.steps(a) == rows.inputs.steps(b)) {
            let inputs: Inputs = rows.inputs.select(group);
            let alike = rows.of(&inputs, rows.inputs.steps(group[0]));
            let mut own = state.as_deref().map(|state| state.select(group));
            let of_group = self.run(model, alike, own.is_none(), own.as_mut());
            if let (Some(state), Some(own)) = (state.as_deref_mut(), &own) {
                state.replace(group, own);
            }
            let width = of_group.len() / group.len();
            for (at, &row) in group.iter().enumerate() {
                outputs[row] = of_group[at * width..][..width].to_vec();
            }
        }
        outputs.concat()
    }
}

fn borrowed(from: &FreeList<Workspace>, threads: usize) -> Vec<Borrowed<'_>> {
    (0..threads).map(|_| Borrowed { from, lent: None }).collect()
}
