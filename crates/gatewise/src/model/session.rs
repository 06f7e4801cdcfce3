//! A model made ready to compute outputs, for any number of threads at once.
//!
//! Enters: a model and its machine. Leaves: outputs of one row or of many, by `&self`.

use super::engine::{Derived, HasWorkspace, Workspace};
use super::free_list::{FreeList, Lent};
use super::machine::Machine;
use super::{Model, PaddedRows, State};
use crate::kernels::Pool;
use crate::rows::{Inputs, Padding};
use std::sync::Arc;

/// The packed weights and the projected table of a model, and memory for the threads that use them. It
/// belongs to the model that it was made for, which each call is given again.
#[derive(Debug)]
pub(crate) struct Session {
    machine: Machine,
    pool: Arc<Pool>,
    padding: Padding,
    derived: Derived,
    spaces: FreeList<Workspace>,
}

/// The workspace of one thread of a call, taken when the thread has work.
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
    /// For rows under `padding`; where it has no length, each row is as long as it is.
    pub fn new(model: &Model, machine: &Machine, padding: Padding) -> Self {
        let (mut derived, pool, spaces) = (Derived::default(), machine.pool(), FreeList::default());
        let isa = machine.instruction_set();
        let steps = padding.maxlen.unwrap_or(0);
        derived.prepare((isa, &pool), &mut borrowed(&spaces, pool.threads()), model, padding, steps);
        Self { machine: machine.clone(), pool, padding, derived, spaces }
    }

    /// What it runs on.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The output of one row of ids, `[width]`, without allocating. `None` where the model has no such way,
    /// or a step of the row is masked. The ids must be below the model's vocabulary.
    pub fn one<'a>(&self, space: &'a mut Workspace, model: &Model, row: &[u32]) -> Option<&'a [f32]> {
        let steps = self.padding.maxlen.unwrap_or(row.len());
        self.derived.output_of_one(self.machine.instruction_set(), space, model, self.padding, steps, row)
    }

    /// The outputs of all rows, which were checked under the padding of this session. No row's outputs depend
    /// on the other rows.
    pub fn outputs(&self, model: &Model, rows: PaddedRows<'_>) -> Vec<f32> {
        match self.padding.maxlen {
            Some(_) => self.run(model, rows, true, None),
            None if model.treatment().lays_all => self.by_length(model, rows),
            None => self.run(model, rows, false, None),
        }
    }

    /// The outputs for the next steps of some rows, and the state after them.
    pub fn next(&self, model: &Model, rows: PaddedRows<'_>, state: &mut State) -> Vec<f32> {
        self.run(model, rows, false, Some(state))
    }

    fn run(&self, model: &Model, rows: PaddedRows<'_>, padded: bool, state: Option<&mut State>) -> Vec<f32> {
        let mut spaces = borrowed(&self.spaces, self.pool.threads());
        let on = (self.machine.instruction_set(), &*self.pool);
        self.derived.outputs(on, &mut spaces, model, rows, padded, state)
    }

    /// Rows of one length at a time: some layer reads the steps that padding adds.
    fn by_length(&self, model: &Model, rows: PaddedRows<'_>) -> Vec<f32> {
        let mut order: Vec<usize> = (0..rows.inputs.len()).collect();
        order.sort_by_key(|&row| rows.inputs.steps(row));
        let mut outputs = vec![Vec::new(); order.len()];
        for group in order.chunk_by(|&a, &b| rows.inputs.steps(a) == rows.inputs.steps(b)) {
            let inputs: Inputs = rows.inputs.select(group);
            let of_group = self.run(model, rows.of(&inputs, rows.inputs.steps(group[0])), true, None);
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
