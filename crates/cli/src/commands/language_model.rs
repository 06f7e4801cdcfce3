//! `gatewise train FILE --task language-model`: a text in, a model that goes on writing it out.

use super::train::{announce, curve_beside, run};
use crate::Done;
use crate::args::{Format, Train};
use crate::{out, plot};
use gatewise::layers::{Activation, Dense, Embedding};
use gatewise::rows::next_tokens;
use gatewise::text::{Tokenizer, Vocabulary, WordCounter};
use gatewise::{Artifact, Error, History, Model, Result, Sequential, TrainingSummary};
use serde_json::json;
use std::fs;
use std::path::Path;

/// Texts larger than this are refused: ids, targets and their epoch would not fit beside each other.
const MAX_TEXT: u64 = 1 << 30;

pub fn language_model(args: &Train) -> Result<Done> {
    let for_labels = [
        ("--class-weight", args.class_weight.is_some()),
        ("--threshold", args.threshold.is_some()),
        ("--test", args.test.is_some()),
        ("--tokenizer", args.tokenizer.is_some()),
        ("--min-count", args.min_count.is_some()),
    ];
    if let Some((option, _)) = for_labels.into_iter().chain(args.place.rows.given()).find(|(_, given)| *given)
    {
        return Err(Error::config(format!(
            "{option} is for --task classify; a language model learns one text, without labels"
        )));
    }
    let curve = curve_beside(&args.output)?;
    gatewise::check_target(&args.output)?;
    let name = args.data.as_deref().ok_or_else(|| {
        Error::config("a language model learns from a text: give its file, as in gatewise train text.txt")
    })?;
    let (steps, epochs) = (args.maxlen.unwrap_or(128), args.epochs.unwrap_or(10));
    let (batch_size, learning_rate) = (args.batch_size.unwrap_or(32), args.learning_rate.unwrap_or(2e-3));
    let text = read(Path::new(name))?;
    let tokenizer = Tokenizer::characters();
    let mut counter = WordCounter::new();
    tokenizer.for_each_word(&text, &mut String::new(), |word| {
        counter.add(word);
    });
    let characters = counter.finish().words;
    // Every character, and what has an id without being one.
    let vocabulary = Vocabulary::from_ranked(&characters, characters.len() + 4)?;
    let mut ids = Vec::new();
    vocabulary.encode(&tokenizer, &text, &mut ids);
    let data = next_tokens(&ids, steps)?;
    let spec = spec(args, vocabulary.max_words());
    let mut model = spec.compile(args.seed)?;
    if args.format == Format::Text {
        out!(
            "Data: {name}, {} characters, {} of them different; {} windows of {steps}\n{}",
            ids.len(),
            vocabulary.len(),
            data.len(),
            model.summary(Some(steps))
        )?;
    }
    let whole = |model: Model, history: History| {
        let training = TrainingSummary {
            data: name.to_owned(),
            seed: args.seed,
            batch_size,
            epochs,
            learning_rate,
            history,
            test: None,
            oov_rate: None,
        };
        let builder = Artifact::builder(model).text(tokenizer.clone(), vocabulary.clone());
        builder.padding(data.padding()).training(training).build()
    };
    let so_far = |model: &Model| whole(model.clone(), History::default());
    let summary = so_far(&model)?.training().clone();
    let run = run(args, &summary, &mut model, &data, None, &so_far)?;
    let stopped = run.stop.raised();
    let artifact = whole(model, run.history)?;
    artifact.save(&args.output)?;
    plot::training_curve(&artifact, &curve)?;
    let history = &artifact.training().history;
    let last = history.epochs.last();
    let loss = last.and_then(|log| log.val_loss);
    match args.format {
        Format::Text => {
            announce(args, history, epochs, &curve, stopped)?;
            if let Some(loss) = loss {
                out!("Validation - Loss: {loss:.4} nats a character - Perplexity: {:.3}\n", loss.exp())?;
            }
        }
        Format::Json => out!(
            "{:#}\n",
            json!({
                "data": name,
                "characters": ids.len(),
                "vocabulary": vocabulary.len(),
                "val_loss": loss,
                "fit_seconds": run.seconds,
                "parameters": artifact.model().params().len(),
                "seed": args.seed,
                "artifact": args.output,
                "weights_sha256": artifact.weights_sha256(),
                "history": history,
                "interrupted": stopped && history.stopped,
            })
        )?,
    }
    Ok(if stopped { Done::Interrupted } else { Done::Whole })
}

fn spec(args: &Train, vocabulary: usize) -> Sequential {
    let embedding = Embedding::new(vocabulary, args.embedding.unwrap_or(64));
    let units = args.units.as_deref().unwrap_or(&[256]);
    let below = Sequential::new().with(embedding);
    super::recurrent(below, args.cell, units, args.dropout.unwrap_or(0.0), true)
        .with(Dense::new(vocabulary).activation(Activation::Softmax))
}

/// The text of a file, whole.
fn read(path: &Path) -> Result<String> {
    let io = |e| Error::io("cannot read the text", path, e);
    let size = fs::metadata(path).map_err(io)?.len();
    if size > MAX_TEXT {
        return Err(Error::data(format!(
            "{} has {size} bytes, but a text may have at most {MAX_TEXT}; train on a part of it",
            path.display()
        )));
    }
    let bytes = fs::read(path).map_err(io)?;
    String::from_utf8(bytes).map_err(|e| {
        Error::data(format!(
            "{} is not UTF-8: its byte at offset {} belongs to no character; convert the text to UTF-8, for \
             example with iconv",
            path.display(),
            e.utf8_error().valid_up_to()
        ))
    })
}
