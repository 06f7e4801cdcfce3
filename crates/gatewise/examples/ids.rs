//! From text to padded ids: what a model reads of three sentences.
//!
//!     cargo run --release --example ids

use gatewise::Result;
use gatewise::datasets::reviews;
use gatewise::text::{PadOptions, Tokenizer, pad_sequences};

fn main() -> Result<()> {
    let tokenizer = Tokenizer::default();
    // The words of the generated reviews. The id of a word is its rank by frequency, plus 3.
    let vocabulary = reviews::corpus(1, &tokenizer).build_vocabulary(5_000, 1)?;
    let texts = ["The film was good.", "A dull film, and not one good minute in it!", "Zebras?"];
    let mut rows = Vec::new();
    for text in texts {
        let mut ids = Vec::new();
        vocabulary.encode(&tokenizer, text, &mut ids);
        println!("{text}\n  words {:?}\n  ids   {ids:?}", tokenizer.words(text));
        rows.push(ids);
    }
    for maxlen in [10, 4] {
        println!("padded or cut to {maxlen}");
        let padded = pad_sequences(&rows, &PadOptions::default().maxlen(maxlen))?;
        (0..texts.len()).for_each(|row| println!("  {:?}", padded.row(row)));
    }
    Ok(())
}
