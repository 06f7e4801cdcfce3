//! One row at a time, or all at once: the same bits.

use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::rows::Padding;
use gatewise::text::{Sequences, Side, Tokenizer, Vocabulary};
use gatewise::{Artifact, Isa, Machine, Predictor, Sequential};

const WORDS: usize = 40;

fn artifact(mask_zero: bool, stacked: bool, padding: Padding) -> Artifact {
    let mut spec = Sequential::new().with(Embedding::new(WORDS, 7).mask_zero(mask_zero));
    if stacked {
        spec = spec.with(Lstm::new(6).return_sequences(true));
    }
    let spec = spec.with(Lstm::new(11)).with(Dense::new(1).activation(Activation::Sigmoid));
    let mut model = spec.compile(5).unwrap();
    // Larger weights than a fresh model's, so that no gate stays near the middle.
    model.params_mut().values_mut().iter_mut().for_each(|w| *w *= 4.0);
    let words: Vec<String> = (0..WORDS).map(|n| format!("w{n}")).collect();
    let vocabulary = Vocabulary::from_ranked(&words, WORDS).unwrap();
    let builder = Artifact::builder(model).text(Tokenizer::default(), vocabulary);
    builder.padding(padding).labels(["neg", "pos"]).build().unwrap()
}

/// Rows of every length up to beyond the model's, some with the pad id inside.
fn rows() -> Sequences {
    (0..40usize).map(|n| (0..n).map(move |t| ((t * t + 3 * n) % WORDS) as u32)).collect()
}

#[test]
fn one_row_gives_the_bits_of_many() {
    let sides = [Side::Pre, Side::Post];
    for (mask_zero, stacked) in [(false, false), (true, false), (false, true), (true, true)] {
        for (padding, truncating) in
            sides.into_iter().zip([Side::Post, Side::Pre]).chain([(Side::Pre, Side::Pre)])
        {
            for maxlen in [Some(23), None] {
                let padding = Padding::default().maxlen(maxlen).padding(padding).truncating(truncating);
                let artifact = artifact(mask_zero, stacked, padding);
                let many = match maxlen {
                    Some(_) => artifact.model().predict(&rows().into(), padding).unwrap(),
                    // Without a length of its own, a row alone is as long as it is.
                    None => rows()
                        .rows()
                        .map(|row| {
                            let alone = Sequences::from_iter([row.iter().copied()]);
                            artifact.model().predict(&alone.into(), padding).unwrap()[0]
                        })
                        .collect(),
                };
                for isa in Isa::available() {
                    let machine = Machine::new().threads(1).isa(isa);
                    let predictor = Predictor::on(artifact.clone(), &machine).unwrap();
                    for (row, many) in rows().rows().zip(&many) {
                        let one = predictor.probability_of_ids(row).unwrap();
                        assert_eq!(
                            one.to_bits(),
                            many.to_bits(),
                            "{isa} {mask_zero} {stacked} {padding:?} {row:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn text_goes_the_same_way_and_strange_ids_are_refused() {
    let artifact = artifact(false, false, Padding::to(20));
    let texts = ["", "w1 w2 w3", "W1, w2? unheard of!", &"w5 w9 ".repeat(30)];
    let answers = artifact.predict(&texts).unwrap();
    let predictor = Predictor::new(artifact).unwrap();
    for (text, answer) in texts.iter().zip(&answers) {
        assert_eq!(predictor.probability(text).unwrap(), answer.scores[0]);
        // The probability of an answer is that of its label, positive or not.
        let positive = predictor.artifact().positive() == Some(answer.label.as_str());
        assert_eq!(answer.probability, if positive { answer.scores[0] } else { 1.0 - answer.scores[0] });
    }
    assert_eq!((answers[2].words, answers[2].oov), (4, 2));
    let error = predictor.probability_of_ids(&[1, 1_000]).unwrap_err();
    assert!(error.to_string().contains("1000") && error.to_string().contains("40"), "{error}");
    assert!(predictor.probability_of_ids(&[1, 2]).is_ok());
}
