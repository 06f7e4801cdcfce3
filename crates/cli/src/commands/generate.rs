//! `gatewise generate`: generates text with a language model.

use crate::Done;
use crate::args::{Format, Generate};
use gatewise::{Artifact, Error, Generator, Result, Sampling};
use serde_json::json;
use std::io::{ErrorKind, Write};

pub fn generate(args: Generate) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    let Generate { temperature, top_k, top_p, seed, ref prompt, .. } = args;
    let prompt = prompt.strip_prefix('\u{feff}').unwrap_or(prompt);
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
