//! What each unit of a recurrent layer does over many rows.
//!
//! Input: a model, a data set, the name of a recurrent layer, and the words of the ids. Output: for each unit the
//! tokens that move it most, how long it remembers, and what it goes along with.

use super::correlation::Correlation;
use super::recurrent_part::{ReadSteps, RecurrentPart};
use crate::error::{Error, Result};
use crate::layers::Layer;
use crate::model::{Model, Trace};
use crate::rows::{Dataset, Inputs};
use crate::text::Vocabulary;
use serde::{Deserialize, Serialize};

/// Rows traced at a time, which bounds the memory.
const ROWS: usize = 200;

/// What each unit of a recurrent layer does over the rows of a data set. [`unit_roles`] returns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnitRoles {
    /// The name of the layer.
    pub layer: String,
    /// The class of the layer, as Keras names it.
    pub class: String,
    /// The signal that the figures are about: `cell` of an LSTM, else `output`.
    pub signal: String,
    /// The number of rows.
    pub rows: usize,
    /// The number of steps: the rows' own inputs that the layer reads.
    pub steps: usize,
    /// The units, in their order.
    pub units: Vec<UnitRole>,
}

/// What one unit does.
///
/// Correlations are Pearson's, and `None` where one side is constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnitRole {
    /// The index of the unit.
    pub unit: usize,
    /// The mean of the signal over all steps.
    pub mean: f64,
    /// The standard deviation of the signal over all steps.
    pub std: f64,
    /// The geometric mean of the gate that keeps the state: the forget gate of an LSTM, the update gate of a
    /// GRU, 1 of an LSTM without a forget gate. `None` for other layers.
    pub keep: Option<f64>,
    /// The number of steps after which half of the state is kept, ln ½ / ln `keep`. `None` if there is no such
    /// number: everything is kept, or there is no gate.
    pub half_life: Option<f64>,
    /// The correlation of the signal with the position in the row.
    pub position: Option<f64>,
    /// The correlation of the signal with the number of open brackets: `(`, `[` and `{`.
    pub brackets: Option<f64>,
    /// The correlation of the signal with being inside of quotation marks.
    pub quotes: Option<f64>,
    /// The correlation of the last output with the model's answer, if this is one number.
    pub answer: Option<f64>,
    /// The correlation of the last output with the target, if this is one number a row.
    pub label: Option<f64>,
    /// The tokens at which the signal rises most, the largest first.
    pub raised_by: Vec<TokenEffect>,
    /// The tokens at which the signal falls most, the largest fall first.
    pub lowered_by: Vec<TokenEffect>,
}

/// How a token changes a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenEffect {
    /// The token.
    pub token: String,
    /// The mean change of the signal at the token.
    pub change: f64,
    /// How often the token occurs.
    pub count: usize,
}

/// Returns what each unit of a recurrent layer does over the rows of `data`: what raises and lowers it, how
/// long it remembers, and what it goes along with.
///
/// The signal of a unit is its cell state c_t in an LSTM, and its output h_t in other layers. The change at a
/// token is c_t − c_{t−1} at the step that reads it, averaged over all its occurrences. Tokens that occur fewer
/// than `min_count` times are left out, as are ids without a word. `top` tokens are listed in each direction;
/// fewer if fewer tokens move the unit that way.
///
/// The half-life of a cell with the forget gates f_t is ln ½ / mean(ln f_t), over all rows and steps: after so many
/// steps, half of the cell state is left if nothing is added. It is about the state's own way only: a unit
/// can remember longer by adding to itself through the recurrent weights.
///
/// `vocabulary` has the words of the ids. Without one, and for vectors, no tokens, brackets or quotation marks
/// are looked at. Padding and masked steps are left out. The rows are traced a few hundred at a time.
///
/// ```
/// use gatewise::explain::unit_roles;
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::rows::{Dataset, Sequences};
/// use gatewise::{Sequential, text::Vocabulary};
/// let words = ["good", "bad", "film"].map(String::from);
/// let vocabulary = Vocabulary::from_ranked(&words, 7)?;
/// let rows: Sequences = [vec![4, 6], vec![5, 6, 6], vec![4, 5]].into_iter().collect();
/// let data = Dataset::new(rows, vec![1.0, 0.0, 1.0])?;
/// let layers = Sequential::new().with(Embedding::new(7, 4)).with(Lstm::new(3));
/// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
///
/// let roles = unit_roles(&model, &data, "lstm", Some(&vocabulary), 2, 1)?;
/// assert_eq!((roles.signal.as_str(), roles.steps, roles.units.len()), ("cell", 7, 3));
/// // The forget gates of an untrained LSTM are near σ(1), which halves the cell in 2.2 steps.
/// assert!((roles.units[0].half_life.unwrap() - 2.2).abs() < 0.3);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// * The errors of [`Model::trace`].
/// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such recurrent layer.
/// * [`ErrorKind::Data`](crate::ErrorKind::Data) if no row has a step.
pub fn unit_roles(
    model: &Model,
    data: &Dataset,
    layer: &str,
    vocabulary: Option<&Vocabulary>,
    top: usize,
    min_count: usize,
) -> Result<UnitRoles> {
    let part = RecurrentPart::find(model, layer)?;
    let mut watch = Watch::new(&part, data, vocabulary);
    // All rows have the length of the longest, as in one trace.
    let longest = (0..data.len()).map(|row| data.inputs().steps(row)).max();
    let padding = data.padding().maxlen(data.padding().maxlen.or(longest));
    let order: Vec<usize> = (0..data.len()).collect();
    for rows in order.chunks(ROWS) {
        let inputs = data.inputs().select(rows);
        let trace = model.trace(&inputs, padding)?;
        let answers = model.predict(&inputs, padding)?;
        let single = answers.len() == rows.len();
        for (at, &row) in rows.iter().enumerate() {
            let answer = single.then(|| f64::from(answers[at]));
            watch.row(&trace, at, row, answer)?;
        }
    }
    if watch.steps == 0 {
        return Err(Error::data("no row has a step that the layer reads; give rows that are not empty"));
    }
    let units = (0..part.units()).map(|unit| watch.role(unit, top, min_count)).collect();
    let Watch { signal, rows, steps, .. } = watch;
    Ok(UnitRoles {
        layer: part.name,
        class: part.layer.class_name().into(),
        signal: signal.into(),
        rows,
        steps,
        units,
    })
}

/// The sums over the rows seen so far.
struct Watch<'a> {
    part: &'a RecurrentPart,
    data: &'a Dataset,
    vocabulary: Option<&'a Vocabulary>,
    signal: &'static str,
    /// The gate that keeps the state.
    gate: Option<&'static str>,
    rows: usize,
    steps: usize,
    units: Vec<UnitSums>,
    /// By id: how often it was read, and by unit the sum of the changes.
    tokens: Vec<(usize, Vec<f64>)>,
}

#[derive(Debug, Clone, Default)]
struct UnitSums {
    /// Of the logarithms of the gate.
    ln_keep: f64,
    position: Correlation,
    brackets: Correlation,
    quotes: Correlation,
    answer: Correlation,
    label: Correlation,
}

impl<'a> Watch<'a> {
    fn new(part: &'a RecurrentPart, data: &'a Dataset, vocabulary: Option<&'a Vocabulary>) -> Self {
        let (signal, gate) = match &part.layer {
            Layer::Lstm(lstm) if lstm.forget_gate => ("cell", Some("forget_gate")),
            Layer::Lstm(_) => ("cell", None),
            Layer::Gru(_) => ("output", Some("update_gate")),
            _ => ("output", None),
        };
        let (units, tokens) = (vec![UnitSums::default(); part.units()], Vec::new());
        Self { part, data, vocabulary, signal, gate, rows: 0, steps: 0, units, tokens }
    }

    /// Adds row `row` of the data, which is row `at` of the trace.
    fn row(&mut self, trace: &Trace, at: usize, row: usize, answer: Option<f64>) -> Result<()> {
        let name = &self.part.name;
        let ReadSteps { steps: read, own } = self.part.steps(trace, at)?;
        let (Some(&last), Some(first)) = (read[own.clone()].last(), read[own.clone()].iter().min()) else {
            return Ok(());
        };
        let values = trace.get(at, name, self.signal)?;
        let output = trace.get(at, name, "output")?;
        let gate = self.gate.map(|gate| trace.get(at, name, gate)).transpose()?;
        // The ids at the steps of the row, unless a layer below makes steps of its own.
        let (ids, start) = match self.data.inputs() {
            Inputs::Ids(rows) if !self.part.has_other_steps() => {
                (&rows.row(row)[trace.inputs(at)], trace.positions(at).start)
            }
            _ => (&[][..], 0),
        };
        let nesting = self.nesting(ids);
        let zeros = vec![0.0; self.units.len()];
        for index in own {
            let step = read[index];
            let now = values.step(step);
            let before = index.checked_sub(1).map_or(&zeros[..], |before| values.step(read[before]));
            let keep = gate.map(|gate| gate.step(step));
            for (unit, sums) in self.units.iter_mut().enumerate() {
                let value = f64::from(now[unit]);
                sums.position.add(value, (step - first) as f64);
                if let Some(keep) = keep {
                    sums.ln_keep += f64::from(keep[unit]).ln();
                }
                if let Some(&[brackets, quotes]) = nesting.get(step.wrapping_sub(start)) {
                    sums.brackets.add(value, brackets);
                    sums.quotes.add(value, quotes);
                }
            }
            if let Some(&id) = ids.get(step.wrapping_sub(start)) {
                let id = id as usize;
                if self.tokens.len() <= id {
                    self.tokens.resize(id + 1, (0, Vec::new()));
                }
                let (count, sums) = &mut self.tokens[id];
                sums.resize(zeros.len(), 0.0);
                *count += 1;
                for (unit, sum) in sums.iter_mut().enumerate() {
                    *sum += f64::from(now[unit] - before[unit]);
                }
            }
            self.steps += 1;
        }
        let targets = self.data.targets();
        let label =
            (targets.width() == 1 && !targets.per_step()).then(|| f64::from(targets.of(row, 0..0)[0]));
        for (sums, &last) in self.units.iter_mut().zip(output.step(last)) {
            if let Some(answer) = answer {
                sums.answer.add(f64::from(last), answer);
            }
            if let Some(label) = label {
                sums.label.add(f64::from(last), label);
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Returns, after each token, the number of open brackets, and 1 inside of quotation marks.
    fn nesting(&self, ids: &[u32]) -> Vec<[f64; 2]> {
        let Some(vocabulary) = self.vocabulary else { return Vec::new() };
        let (mut open, mut quoted) = (0.0, false);
        let after = |id: &u32| {
            for char in vocabulary.word(*id).unwrap_or_default().chars() {
                match char {
                    '(' | '[' | '{' => open += 1.0,
                    // One that closes nothing is a smiley, or was opened before the row was cut.
                    ')' | ']' | '}' => open = (open - 1.0_f64).max(0.0),
                    '"' => quoted = !quoted,
                    '“' | '«' | '„' => quoted = true,
                    '”' | '»' => quoted = false,
                    _ => {}
                }
            }
            [open, f64::from(u8::from(quoted))]
        };
        ids.iter().map(after).collect()
    }

    fn role(&self, unit: usize, top: usize, min_count: usize) -> UnitRole {
        let sums = &self.units[unit];
        let (mean, std) = sums.position.first();
        let keeps_all = matches!(&self.part.layer, Layer::Lstm(lstm) if !lstm.forget_gate);
        let keep = match self.gate {
            Some(_) => Some((sums.ln_keep / self.steps as f64).exp()),
            None => keeps_all.then_some(1.0),
        };
        let half_life = keep.map(|keep| 0.5f64.ln() / keep.ln()).filter(|steps| steps.is_finite());
        let mut effects: Vec<TokenEffect> = (0u32..)
            .zip(&self.tokens)
            .filter(|(_, (count, _))| *count >= min_count.max(1))
            .filter_map(|(id, (count, sums))| {
                let token = self.vocabulary?.word(id)?.to_owned();
                Some(TokenEffect { token, change: sums[unit] / *count as f64, count: *count })
            })
            .collect();
        effects.sort_by(|a, b| b.change.total_cmp(&a.change));
        let raised_by = effects.iter().filter(|it| it.change > 0.0).take(top).cloned().collect();
        let lowered_by = effects.iter().rev().filter(|it| it.change < 0.0).take(top).cloned().collect();
        UnitRole {
            unit,
            mean,
            std,
            keep,
            half_life,
            position: sums.position.value(),
            brackets: sums.brackets.value(),
            quotes: sums.quotes.value(),
            answer: sums.answer.value(),
            label: sums.label.value(),
            raised_by,
            lowered_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Activation, Dense, Embedding, Gru, Input, Lstm, SimpleRnn};
    use crate::rows::{Features, Padding, Sequences};
    use crate::{Sequential, text::Side};

    fn words() -> Vocabulary {
        // Ids 4 to 9.
        let words = ["good", "bad", "film", "(", ")", "\""].map(String::from);
        Vocabulary::from_ranked(&words, 10).unwrap()
    }

    /// An LSTM whose unit 0 adds what a token carries, whose forget gates are σ(2) and σ(0), and whose unit 1 gets
    /// nothing.
    fn counter(forget: bool, carries: [f32; 10]) -> Model {
        let table = Embedding::new(10, 1).mask_zero(true);
        let layers = Sequential::new().with(table).with(Lstm::new(2).forget_gate(forget));
        let mut model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1).unwrap();
        let params = model.params_mut();
        params.set("embedding/embeddings", &[10, 1], &carries).unwrap();
        for name in ["lstm/kernel", "lstm/recurrent_kernel", "lstm/bias", "dense/kernel"] {
            params.get_mut(name).unwrap().fill(0.0);
        }
        let gates = if forget { 4 } else { 3 };
        let candidate = 2 * (gates - 2);
        params.get_mut("lstm/kernel").unwrap()[candidate] = 1.0;
        let bias = params.get_mut("lstm/bias").unwrap();
        bias[0] = 20.0;
        if forget {
            bias[2] = 2.0;
        }
        params.get_mut("dense/kernel").unwrap().copy_from_slice(&[5.0, 0.0]);
        model
    }

    fn data(rows: &[&[u32]], targets: &[f32]) -> Dataset {
        let rows: Sequences = rows.iter().map(|row| row.to_vec()).collect();
        Dataset::new(rows, targets.to_vec()).unwrap().with_padding(Padding::to(12).padding(Side::Post))
    }

    #[test]
    fn tokens_half_lives_and_labels_are_as_by_hand() {
        let mut carries = [0.0; 10];
        (carries[4], carries[5]) = (0.5, -0.25);
        let model = counter(false, carries);
        let rows = data(&[&[4, 6, 4], &[5, 6], &[4, 6, 6, 5], &[9, 2]], &[1.0, 0.0, 1.0, 0.0]);
        let roles = unit_roles(&model, &rows, "lstm", Some(&words()), 3, 2).unwrap();
        assert_eq!((roles.signal.as_str(), roles.rows, roles.steps), ("cell", 4, 11));
        let unit = &roles.units[0];
        let names = |effects: &[TokenEffect]| {
            effects.iter().map(|it| (it.token.clone(), it.count)).collect::<Vec<_>>()
        };
        assert_eq!(names(&unit.raised_by), [("good".to_owned(), 3)]);
        assert_eq!(names(&unit.lowered_by), [("bad".to_owned(), 2)]);
        assert!((unit.raised_by[0].change - 0.5f64.tanh()).abs() < 1e-6);
        assert!((unit.lowered_by[0].change + 0.25f64.tanh()).abs() < 1e-6);
        // Nothing is forgotten, so there is no half-life.
        assert_eq!((unit.keep, unit.half_life), (Some(1.0), None));
        assert!(unit.label.unwrap() > 0.8 && unit.answer.unwrap() > 0.99, "{unit:?}");
        let idle = &roles.units[1];
        assert_eq!((idle.std, idle.label, idle.position, idle.raised_by.len()), (0.0, None, None, 0));
        // A rare token is left out.
        let strict = unit_roles(&model, &rows, "lstm", Some(&words()), 3, 3).unwrap();
        assert!(strict.units[0].lowered_by.is_empty() && strict.units[0].raised_by.len() == 1);

        let forgets = unit_roles(&counter(true, carries), &rows, "lstm", Some(&words()), 3, 1).unwrap();
        for (unit, bias) in forgets.units.iter().zip([2.0f64, 0.0]) {
            let f = 1.0 / (1.0 + (-bias).exp());
            assert!((unit.keep.unwrap() - f).abs() < 1e-6);
            assert!((unit.half_life.unwrap() - 0.5f64.ln() / f.ln()).abs() < 1e-4);
        }
        assert!((forgets.units[1].half_life.unwrap() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn brackets_quotes_and_positions_are_found() {
        let of = |carries: [f32; 10]| {
            let rows: [&[u32]; 3] = [&[6, 7, 6, 7, 6, 8, 6, 8, 6], &[9, 6, 6, 9, 6, 6], &[7, 6, 8, 6]];
            let rows = data(&rows, &[0.0, 1.0, 0.0]);
            unit_roles(&counter(false, carries), &rows, "lstm", Some(&words()), 2, 1).unwrap().units[0]
                .clone()
        };
        let mut depth = [0.0; 10];
        (depth[7], depth[8]) = (0.1, -0.1);
        let depth = of(depth);
        assert!(depth.brackets.unwrap() > 0.9999, "{depth:?}");
        assert!(depth.quotes.unwrap().abs() < 0.5 && depth.position.unwrap().abs() < 0.5, "{depth:?}");
        // Counts every step.
        let clock = of([0.1; 10]);
        assert!(clock.position.unwrap() > 0.9999, "{clock:?}");
        // Without words, and for vectors, there are no brackets.
        let mut rows = Features::new(1);
        rows.push(&[1.0, -1.0, 0.5]).unwrap();
        let vectors = Dataset::new(rows, vec![1.0]).unwrap();
        let model = Sequential::new().with(Input::new(1)).with(SimpleRnn::new(2)).compile(1).unwrap();
        let roles = unit_roles(&model, &vectors, "simple_rnn", None, 2, 1).unwrap();
        let unit = &roles.units[0];
        assert_eq!((roles.signal.as_str(), roles.steps), ("output", 3));
        assert!(unit.brackets.is_none() && unit.keep.is_none() && unit.raised_by.is_empty());
    }

    #[test]
    fn padding_is_left_out_and_rows_of_any_number_are_read_in_parts() {
        let layers = Sequential::new().with(Embedding::new(10, 3)).with(Gru::new(4)).with(Dense::new(1));
        let model = layers.compile(3).unwrap();
        let rows: Vec<Vec<u32>> =
            (0..450u32).map(|i| (0..1 + i % 5).map(|k| 4 + (i + k) % 6).collect()).collect();
        let slices: Vec<&[u32]> = rows.iter().map(|row| &row[..]).collect();
        let data = data(&slices, &[0.5; 450]).with_padding(Padding::to(6));
        let roles = unit_roles(&model, &data, "gru", Some(&words()), 9, 1).unwrap();
        assert_eq!((roles.rows, roles.steps), (450, 450 * 3));
        // All at once, by hand.
        let trace = model.trace(data.inputs(), data.padding()).unwrap();
        let (mut sum, mut count, mut ln_z) = (0.0, 0, 0.0);
        for row in 0..450 {
            for t in trace.positions(row) {
                let h = trace.get(row, "gru", "output").unwrap();
                ln_z += f64::from(trace.get(row, "gru", "update_gate").unwrap().step(t)[2]).ln();
                if rows[row][t - trace.positions(row).start] == 5 {
                    sum += f64::from(h.step(t)[2] - h.step(t - 1)[2]);
                    count += 1;
                }
            }
        }
        let unit = &roles.units[2];
        let bad = unit.raised_by.iter().chain(&unit.lowered_by).find(|it| it.token == "bad").unwrap();
        assert!((bad.change - sum / f64::from(count)).abs() < 1e-9 && bad.count == count as usize);
        assert!((unit.half_life.unwrap() - 0.5f64.ln() / (ln_z / 1350.0)).abs() < 1e-9);
    }

    #[test]
    fn empty_rows_are_refused() {
        let rows = data(&[&[]], &[1.0]);
        let error = unit_roles(&counter(true, [0.0; 10]), &rows, "lstm", None, 2, 1).unwrap_err().to_string();
        assert!(error.contains("no row has a step"), "{error}");
    }
}
