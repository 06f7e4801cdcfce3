//! `gatewise generate`: generates text with a language model.

use crate::args::{Format, Generate};
use crate::{Done, note};
use gatewise::{Artifact, Error, Generator, Result, Sampling};
use serde_json::json;
use std::io::{ErrorKind, Write};

pub fn generate(args: Generate) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    let Generate { temperature, top_k, top_p, seed, ref prompt, .. } = args;
    let prompt = prompt.strip_prefix('\u{feff}').unwrap_or(prompt);
    if let (Some(tokenizer), Some(vocabulary)) = (artifact.tokenizer(), artifact.vocabulary()) {
        let unknown = vocabulary.unknown(tokenizer, prompt);
        if !unknown.is_empty() {
            note!("note: {}", not_learnt(&unknown));
        }
    }
    let sampling = Sampling::default().temperature(temperature).top_k(top_k).top_p(top_p).seed(seed);
    let said = Generator::new(artifact, prompt, sampling)?.take(args.length);
    let mut out = std::io::stdout().lock();
    let written = match args.format {
        // Flushed character by character, so that the reader sees the text grow.
        Format::Text => out
            .write_all(prompt.as_bytes())
            .and_then(|()| {
                said.into_iter()
                    .try_for_each(|word| out.write_all(word.as_bytes()).and_then(|()| out.flush()))
            })
            .and_then(|()| out.write_all(b"\n")),
        Format::Json => {
            let object = json!({"prompt": prompt, "text": said.collect::<String>(), "seed": seed});
            writeln!(out, "{object:#}")
        }
    };
    match written.and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io("cannot write to", "standard output", e))
        }
        _ => Ok(Done::Whole),
    }
}

/// Returns a note on characters of a prompt that the model has not learnt.
fn not_learnt(unknown: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<_> = unknown.iter().take(SHOWN).map(|it| format!("{it:?}")).collect();
    let more = match unknown.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!(" and {more} more"),
        _ => String::new(),
    };
    format!(
        "the text of the training had no {}{more}; the model reads each as the unknown character",
        shown.join(", ")
    )
}
