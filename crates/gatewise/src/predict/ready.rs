//! An artifact's models, prepared for inference.
//!
//! Input: an artifact, passed to each call, and rows. Output: the model's outputs.

use crate::artifact::{Artifact, Reader};
use crate::error::{Error, Result};
use crate::model::{FreeList, Machine, Model, PaddedRows, Session, Workspace};
use crate::rows::{Features, Inputs};
use crate::text::{EncodeStats, Sequences, Tokenizer, Vocabulary};

/// Fewer texts are encoded on one thread.
const FEW: usize = 256;

/// The prepared models of one artifact, shared by any number of threads.
#[derive(Debug)]
pub(super) struct Ready {
    /// One session per member; without an ensemble, one.
    sessions: Vec<Session>,
    scratch: FreeList<Scratch>,
}

/// Buffers of one thread for one row.
#[derive(Debug, Default)]
struct Scratch {
    ids: Vec<u32>,
    text: String,
    space: Workspace,
}

impl Ready {
    pub fn new(artifact: &Artifact, machine: &Machine) -> Self {
        let session = |model: &Model| Session::new(model, machine, artifact.padding());
        Self { sessions: artifact.members().map(session).collect(), scratch: FreeList::default() }
    }

    /// Returns the machine that computes many rows.
    pub fn machine(&self) -> &Machine {
        self.sessions[0].machine()
    }

    /// Calls `f` with the outputs for a text and the statistics of its encoding.
    pub fn text<R>(
        &self,
        artifact: &Artifact,
        text: &str,
        f: impl FnOnce(&[f32], EncodeStats) -> R,
    ) -> Result<R> {
        let (tokenizer, vocabulary) = reads_texts(artifact)?;
        let mut scratch = self.scratch.lend();
        let Scratch { ids, text: words, space } = scratch.get();
        ids.clear();
        let stats = vocabulary.encode_with(tokenizer, text, words, ids);
        self.one(artifact, ids, space, |scores| f(scores, stats))
    }

    /// Calls `f` with the outputs for a row of ids.
    pub fn ids<R>(&self, artifact: &Artifact, ids: &[u32], f: impl FnOnce(&[f32]) -> R) -> Result<R> {
        let mut scratch = self.scratch.lend();
        self.one(artifact, ids, &mut scratch.get().space, f)
    }

    fn one<R>(
        &self,
        artifact: &Artifact,
        ids: &[u32],
        space: &mut Workspace,
        f: impl FnOnce(&[f32]) -> R,
    ) -> Result<R> {
        let model = artifact.model();
        let fits =
            ids.len() <= PaddedRows::MAX_STEPS && ids.iter().all(|&id| (id as usize) < model.vocabulary());
        if let (None, true, [session]) = (artifact.ensemble(), fits, &*self.sessions)
            && let Some(scores) = session.one(space, model, ids)
        {
            return Ok(f(scores));
        }
        // Rows with a pad id among masked ones, ensembles, some models, and rows with errors take the batch
        // path.
        self.rows(artifact, &Sequences::from_iter([ids.iter().copied()]).into()).map(|scores| f(&scores))
    }

    /// Returns the outputs for all rows, joined over the members.
    pub fn rows(&self, artifact: &Artifact, inputs: &Inputs) -> Result<Vec<f32>> {
        let rows = PaddedRows::new(artifact.model(), inputs, artifact.padding())?;
        let members = self.sessions.iter().zip(artifact.members());
        let outputs = members.map(|(session, model)| session.outputs(model, rows)).collect();
        Ok(artifact.joined(outputs, rows))
    }

    /// Encodes `texts`, many of them in parallel.
    pub fn encoded(&self, artifact: &Artifact, texts: &[&str]) -> Result<(Sequences, Vec<EncodeStats>)> {
        let (tokenizer, vocabulary) = reads_texts(artifact)?;
        let pool = self.machine().pool();
        if pool.threads() == 1 || texts.len() < FEW {
            return Ok(encode(tokenizer, vocabulary, texts));
        }
        let shares = texts.chunks(texts.len().div_ceil(pool.threads()));
        let mut parts: Vec<_> = shares.map(|share| (share, Default::default())).collect();
        pool.for_each(&mut vec![(); pool.threads()], &mut parts, |(), _, (share, encoded)| {
            *encoded = encode(tokenizer, vocabulary, share);
        });
        let (mut rows, mut stats) = (Sequences::new(), Vec::new());
        for (_, (more, their)) in parts {
            more.rows().for_each(|row| rows.push(row.iter().copied()));
            stats.extend(their);
        }
        Ok((rows, stats))
    }
}

impl Artifact {
    /// Returns the outputs for rows of ids, each computed alone.
    pub(crate) fn outputs_of_rows(&self, rows: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        let ready = Ready::new(self, &Machine::new());
        let one = |row: &Vec<u32>| ready.rows(self, &Sequences::from_iter([row.iter().copied()]).into());
        rows.iter().map(one).collect()
    }

    /// Returns the outputs for unscaled series, each computed alone.
    pub(crate) fn outputs_of_series(&self, series: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        let ready = Ready::new(self, &Machine::new());
        let one = |series: &&[f32]| {
            let mut rows = Features::new(self.scalers().len());
            rows.push(series)?;
            ready.rows(self, &self.scaled(&rows)?.into())
        };
        series.iter().map(one).collect()
    }
}

fn reads_texts(artifact: &Artifact) -> Result<(&Tokenizer, &Vocabulary)> {
    match artifact.reader() {
        Reader::Text { tokenizer, vocabulary, .. } => Ok((tokenizer, vocabulary)),
        other => Err(Error::data(format!("the model reads {}, not texts", other.describe()))),
    }
}

fn encode(tokenizer: &Tokenizer, vocabulary: &Vocabulary, texts: &[&str]) -> (Sequences, Vec<EncodeStats>) {
    let (mut rows, mut ids, mut scratch) = (Sequences::new(), Vec::new(), String::new());
    let mut one = |text: &&str| {
        ids.clear();
        let stats = vocabulary.encode_with(tokenizer, text, &mut scratch, &mut ids);
        rows.push(ids.iter().copied());
        stats
    };
    let stats = texts.iter().map(&mut one).collect();
    (rows, stats)
}
