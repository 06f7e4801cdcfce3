//! A snapshot: the complete state of a run, as bytes and back.
//!
//! The bytes are a safetensors file:
//! * the parameters under their own names,
//! * the optimizer's slots as `optimizer/0/NAME`, `optimizer/1/NAME`, …,
//! * the weights that callbacks keep as `callback/0/NAME`, …,
//! * the entry `gatewise_checkpoint` of the metadata: a sealed JSON object (see
//!   [`seal`](crate::storage::tensors::seal)).
//!
//! Reading checks the checksums of all parts.

use super::CallbackState;
use super::progress::Progress;
use crate::error::Error;
use crate::model::{Params, values_of};
use crate::storage::hex;
use crate::storage::tensors::{Tensor, TensorFile, Unreadable, write};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Version of the format. Only this version is read: a run is resumed with the program that started it.
const FORMAT: u32 = 2;
const KEY: &str = "gatewise_checkpoint";

/// The state of a run, as read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Snapshot {
    pub progress: Progress,
    /// Number of steps done.
    pub step: u64,
    /// States of the callbacks that have a state, with the weights that each keeps.
    pub callbacks: Vec<(Value, Option<Vec<f32>>)>,
    pub params: Vec<f32>,
    pub slots: Vec<Vec<f32>>,
    /// The program that wrote the checkpoint.
    pub created_by: String,
}

/// The state of a run, borrowed for writing.
pub(super) struct Moment<'a> {
    pub progress: &'a Progress,
    pub step: u64,
    pub callbacks: Vec<CallbackState<'a>>,
    pub params: &'a Params,
    pub slots: &'a [Vec<f32>],
}

/// Why bytes cannot be used as a snapshot.
#[derive(Debug)]
pub(super) enum Unusable {
    /// The bytes are damaged.
    Damaged(String),
    /// The bytes are intact, but belong to another run or program version.
    Refused(Error),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    format: u32,
    created_by: String,
    /// The settings that determine the run.
    settings: Value,
    progress: Progress,
    step: u64,
    callbacks: Vec<Saved>,
    tensors_sha256: String,
}

/// A callback's state; its weights are among the tensors.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    value: Value,
    weights: bool,
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

pub(super) const CREATED_BY: &str = concat!("gatewise ", env!("CARGO_PKG_VERSION"));

/// Returns the prefix of the names of an optimizer's slot.
fn of_slot(slot: usize) -> String {
    format!("optimizer/{slot}/")
}

/// Returns the prefix of the names of a callback's weights.
fn of_callback(callback: usize) -> String {
    format!("callback/{callback}/")
}

impl Moment<'_> {
    /// Returns the bytes of the file.
    pub fn to_bytes(&self, settings: &Value) -> Result<Vec<u8>, Error> {
        let failed = |e: &dyn std::fmt::Display| Error::artifact(format!("cannot write a checkpoint: {e}"));
        let table = self.params.table();
        let slots = self.slots.iter().enumerate().map(|(slot, values)| (of_slot(slot), &values[..]));
        let kept = self.callbacks.iter().enumerate();
        let kept = kept.filter_map(|(callback, state)| Some((of_callback(callback), state.weights?)));
        if let Some((_, weights)) = kept.clone().find(|(_, weights)| weights.len() != self.params.len()) {
            let (kept, all) = (weights.len(), self.params.len());
            return Err(failed(&format_args!("a callback keeps {kept} weights of a model with {all}")));
        }
        let all = std::iter::once((String::new(), self.params.values())).chain(slots).chain(kept);
        let mut tensors: Vec<_> = all
            .flat_map(|(prefix, values)| {
                table.iter().map(move |info| {
                    Tensor::f32(format!("{prefix}{}", info.name), &info.shape, &values[info.range.clone()])
                })
            })
            .collect();
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let saved = |state: &CallbackState<'_>| Saved {
            value: state.value.clone(),
            weights: state.weights.is_some(),
        };
        let metadata = Metadata {
            format: FORMAT,
            created_by: CREATED_BY.to_owned(),
            settings: settings.clone(),
            progress: self.progress.clone(),
            step: self.step,
            callbacks: self.callbacks.iter().map(saved).collect(),
            tensors_sha256: sha256(&tensors),
        };
        let json = serde_json::to_string(&metadata).map_err(|e| failed(&e))?;
        write(&tensors, Some((KEY, &json))).map_err(|e| failed(&e))
    }
}

impl Snapshot {
    /// Reads the bytes of [`Moment::to_bytes`] of a run with the same `settings`, for parameters with the
    /// layout of `params` and an optimizer with `slots` slots.
    pub fn from_bytes(
        bytes: &[u8],
        settings: &Value,
        params: &Params,
        slots: usize,
    ) -> Result<Self, Unusable> {
        let damaged = |why: &dyn std::fmt::Display| Unusable::Damaged(why.to_string());
        let (file, json) = TensorFile::read_sealed(bytes, KEY).map_err(|why| match why {
            Unreadable::Damaged(why) => Unusable::Damaged(why),
            Unreadable::Foreign => damaged(&"it is not a checkpoint: its metadata lacks the entry"),
        })?;
        let unreadable = |e| damaged(&format_args!("its metadata cannot be read ({e})"));
        let Version { format } = serde_json::from_str(&json).map_err(unreadable)?;
        if format != FORMAT {
            return Err(Unusable::Refused(Error::artifact(format!(
                "it has format {format}, but this program reads format {FORMAT}; finish the run with the gatewise \
                 that began it"
            ))));
        }
        let mut metadata: Metadata = serde_json::from_str(&json).map_err(unreadable)?;
        if sha256(&file.sorted()) != metadata.tensors_sha256 {
            return Err(damaged(&"its tensors do not match their checksum"));
        }
        if let Some(differences) = differences(&metadata.settings, settings) {
            return Err(Unusable::Refused(Error::config(format!(
                "it belongs to a run with other settings: {differences}; resume with the settings it was saved \
                 with, or start this run with another checkpoint folder"
            ))));
        }
        // The settings match, so a mismatch of counts means damage.
        if !metadata.progress.settle() {
            return Err(damaged(&"its counts contradict each other"));
        }
        let keeping = metadata.callbacks.iter().filter(|state| state.weights).count();
        if file.len() != params.table().len() * (1 + slots + keeping) {
            return Err(damaged(&format_args!("it has {} tensors", file.len())));
        }
        let read = |prefix: &str| values_of(params, &file, prefix).map_err(|why| damaged(&why));
        Ok(Self {
            progress: metadata.progress,
            step: metadata.step,
            callbacks: metadata
                .callbacks
                .into_iter()
                .enumerate()
                .map(|(at, saved)| {
                    Ok((saved.value, saved.weights.then(|| read(&of_callback(at))).transpose()?))
                })
                .collect::<Result<_, _>>()?,
            params: read("")?,
            slots: (0..slots).map(|slot| read(&of_slot(slot))).collect::<Result<_, _>>()?,
            created_by: metadata.created_by,
        })
    }
}

/// Returns the SHA-256 of names, types, shapes and bytes, in name order.
pub(super) fn sha256(tensors: &[Tensor<'_>]) -> String {
    let mut hash = Sha256::new();
    for Tensor { name, dtype, shape, bytes } in tensors {
        hash.update(format!("{name} {dtype:?} {shape:?}\n"));
        hash.update(bytes);
    }
    hex(hash.finalize())
}

/// Suffix of the name of a setting that is a checksum.
pub(super) const CHECKSUM: &str = "_sha256";

/// Returns a description of the settings that differ, or `None`.
fn differences(saved: &Value, own: &Value) -> Option<String> {
    let (saved, own) = (flat(saved), flat(own));
    let names: BTreeSet<&String> = saved.keys().chain(own.keys()).collect();
    let different: Vec<_> = names.into_iter().filter(|&name| saved.get(name) != own.get(name)).collect();
    // Checksums are listed only if nothing more specific differs.
    let specific: Vec<_> = different.iter().copied().filter(|name| !name.ends_with(CHECKSUM)).collect();
    let shown = |value: Option<&String>| {
        value.map_or("nothing".to_owned(), |value| match value.char_indices().nth(40) {
            Some((end, _)) => format!("{} …", &value[..end]),
            None => value.clone(),
        })
    };
    let sentence = |name: &String| {
        in_words(name).map_or_else(
            || {
                let (saved, own) = (shown(saved.get(name)), shown(own.get(name)));
                format!("{name} is {saved} in the checkpoint, but {own} in this run{}", cause(name))
            },
            str::to_owned,
        )
    };
    let listed = if specific.is_empty() { different } else { specific };
    (!listed.is_empty()).then(|| listed.into_iter().map(sentence).collect::<Vec<_>>().join("; "))
}

/// Returns the cause of a different setting that nobody gives.
fn cause(name: &str) -> &'static str {
    match name {
        "data.rows" => " (other texts or series, or another split)",
        "validation_data.rows" => " (other rows to validate on, or another split)",
        "layers.0.input_dim" => " (another vocabulary)",
        _ => "",
    }
}

/// Returns what a different checksum means.
fn in_words(name: &str) -> Option<&'static str> {
    let validation = name.starts_with("validation_data");
    Some(match name.rsplit('.').next()?.strip_suffix(CHECKSUM)? {
        "inputs" if validation => "the validation rows are others",
        "inputs" => {
            "the training rows are others: other texts or series, another split, or another vocabulary"
        }
        "targets" if validation => "the validation rows have other labels",
        "targets" => "the training rows have other labels",
        "sample_weight" => "the rows have other weights",
        "first_weights" => "the model begins with other weights",
        _ => return None,
    })
}

/// Flattens JSON: `{"a": {"b": 1}}` becomes `a.b` → `1`.
fn flat(value: &Value) -> BTreeMap<String, String> {
    fn walk(name: &str, value: &Value, out: &mut BTreeMap<String, String>) {
        let under = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
        match value {
            Value::Object(entries) => entries.iter().for_each(|(key, value)| walk(&under(key), value, out)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, value)| walk(&under(&at.to_string()), value, out));
            }
            leaf => {
                out.insert(name.to_owned(), leaf.to_string());
            }
        }
    }
    let mut out = BTreeMap::new();
    walk("", value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, Embedding, Lstm};
    use crate::model::{Model, Sequential};
    use serde_json::json;

    fn model() -> Model {
        Sequential::new()
            .with(Embedding::new(4, 2))
            .with(Lstm::new(1))
            .with(Dense::new(1))
            .compile(1)
            .unwrap()
    }

    fn settings() -> Value {
        json!({"seed": 1, "rate": 0.1, "data": {"rows": 3, "inputs_sha256": "ab"}})
    }

    /// Returns a moment with numbers that rounding would change, as bytes.
    fn written() -> (Model, Vec<Vec<f32>>, Vec<u8>) {
        let model = model();
        let slots = [1e-40, f32::INFINITY].map(|value| vec![value; model.params().len()]).to_vec();
        let mut progress = Progress::default();
        (progress.batch, progress.samples, progress.seconds) = (2, 7, 0.1 + 0.2);
        let callbacks = vec![
            json!({"best": 1.0 / 3.0}).into(),
            CallbackState { value: json!({"wait": 1}), weights: Some(&slots[0]) },
        ];
        let moment =
            Moment { progress: &progress, step: 2, callbacks, params: model.params(), slots: &slots };
        let bytes = moment.to_bytes(&settings()).unwrap();
        assert_eq!(bytes, moment.to_bytes(&settings()).unwrap());
        (model, slots, bytes)
    }

    #[test]
    fn gives_back_what_it_took() {
        let (model, slots, bytes) = written();
        let read = Snapshot::from_bytes(&bytes, &settings(), model.params(), 2).unwrap();
        assert_eq!((&read.params[..], &read.slots, read.step), (model.params().values(), &slots, 2));
        assert_eq!((read.progress.seconds, read.progress.samples), (0.1 + 0.2, 7));
        let kept = (json!({"wait": 1}), Some(slots[0].clone()));
        assert_eq!(read.callbacks, [(json!({"best": 1.0 / 3.0}), None), kept]);
    }

    #[test]
    fn no_damage_goes_unseen_or_panics() {
        let (model, _, bytes) = written();
        let read = |bytes: &[u8]| Snapshot::from_bytes(bytes, &settings(), model.params(), 2);
        let damaged = |bytes: &[u8]| matches!(read(bytes), Err(Unusable::Damaged(_)));
        for length in 0..bytes.len() {
            assert!(damaged(&bytes[..length]), "cut to {length}");
        }
        let mut copy = bytes.clone();
        for at in 0..bytes.len() {
            for mask in [0x01, 0x02, 0x04, 0x10, 0x20, 0x80, 0xff] {
                copy[at] ^= mask;
                assert!(damaged(&copy), "byte {at} ^ {mask:#x}");
                copy[at] ^= mask;
            }
        }
        assert!(read(&copy).is_ok());
    }

    #[test]
    fn another_format_is_named() {
        let (model, _, bytes) = written();
        let (_, json) = TensorFile::read_sealed(&bytes, KEY).unwrap();
        let newer = json.replacen("\"format\":2", "\"format\":3,\"unheard\":0", 1);
        let bytes = write(&[], Some((KEY, &newer))).unwrap();
        match Snapshot::from_bytes(&bytes, &settings(), model.params(), 2) {
            Err(Unusable::Refused(e)) => assert!(e.to_string().contains("has format 3"), "{e}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn differences_are_listed_and_checksums_only_where_nothing_else_differs() {
        let other = json!({"seed": 2, "data": {"rows": 3, "inputs_sha256": "cd"}, "more": null});
        let listed = differences(&settings(), &other).unwrap();
        assert_eq!(
            listed,
            "more is nothing in the checkpoint, but null in this run; rate is 0.1 in the checkpoint, but nothing \
             in this run; seed is 1 in the checkpoint, but 2 in this run"
        );
        let mut other = settings();
        other["data"]["inputs_sha256"] = "cd".into();
        assert!(
            differences(&settings(), &other)
                .unwrap()
                .starts_with("the training rows are others: other texts")
        );
        other["validation_data"]["targets_sha256"] = "ef".into();
        assert!(
            differences(&settings(), &other).unwrap().ends_with("; the validation rows have other labels")
        );
        assert_eq!(differences(&settings(), &settings()), None);
    }
}
