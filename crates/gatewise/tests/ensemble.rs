//! Ensembles: trained without their folds, joined by their formula, saved and loaded whole.

use gatewise::ensemble::{Ensemble, EnsembleOptions, FoldControl};
use gatewise::layers::{Activation, Bidirectional, Dense, Embedding, GlobalMaxPooling1D, Lstm};
use gatewise::linear::LinearOptions;
use gatewise::rows::{Dataset, Padding, Sequences};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Artifact, ErrorKind, Fit, Machine, Predictor, Result, Sequential};

const WORDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Rows of three classes, which begin with the class's word more often than not.
fn data(classes: usize) -> Dataset {
    let rows: Sequences = (0..120)
        .map(|i| {
            let class = i % classes;
            let word = if i % 7 == 0 { 4 } else { 4 + class };
            [1, word as u32, 8 + (i % 3) as u32, 7 + (i % 5) as u32]
        })
        .collect();
    let targets: Vec<f32> = (0..120).map(|i| (i % classes) as f32).collect();
    Dataset::new(rows, targets).unwrap().with_padding(Padding::to(5))
}

fn layers(classes: usize) -> Sequential {
    let head = match classes {
        2 => Dense::new(1).activation(Activation::Sigmoid),
        more => Dense::new(more).activation(Activation::Softmax),
    };
    Sequential::new()
        .with(Embedding::new(12, 4).mask_zero(true))
        .with(Bidirectional::new(Lstm::new(3).return_sequences(true)))
        .with(GlobalMaxPooling1D::new())
        .with(head)
}

fn options(members: usize) -> EnsembleOptions {
    let linear = LinearOptions::default().ngram(2);
    let machine = Machine::new().threads(2);
    EnsembleOptions::default().folds(members).members(members).linear(linear).machine(&machine)
}

fn artifact(classes: usize, members: usize) -> Artifact {
    let fitted = Ensemble::fit(&layers(classes), &data(classes), &options(members), |fold| {
        assert_eq!(fold.training.len() + fold.validation.len(), 120);
        Fit::new().epochs(4).learning_rate(0.02).seed(fold.member as u64).run(fold.model, fold.training)?;
        Ok(FoldControl::Continue)
    })
    .unwrap();
    Artifact::builder(fitted.model)
        .text(Tokenizer::default(), Vocabulary::from_ranked(&WORDS.map(String::from), 12).unwrap())
        .ensemble(fitted.ensemble)
        .padding(Padding::to(5))
        .labels((0..classes).map(|class| class.to_string()))
        .build()
        .unwrap()
}

#[test]
fn members_and_counts_are_joined_by_their_formula() {
    for classes in [2, 3] {
        let artifact = artifact(classes, 3);
        let ensemble = artifact.ensemble().unwrap();
        let data = data(classes);
        let (rows, width) = (data.sequences().unwrap(), artifact.model().output_width());
        let models = std::iter::once(artifact.model()).chain(ensemble.others());
        let outputs: Vec<Vec<f32>> =
            models.map(|model| model.predict(data.inputs(), data.padding()).unwrap()).collect();
        assert_ne!(outputs[0], outputs[1], "members differ");
        let odds = ensemble.linear().log_odds(rows);
        let [a, b] = ensemble.weights();
        let scored = artifact.score(&data, &Machine::new().threads(2)).unwrap();
        for row in 0..data.len() {
            let z = |at: usize| {
                let of_member = |outputs: &Vec<f32>| {
                    let p = f64::from(outputs[row * width + at]);
                    if width == 1 { (p / (1.0 - p)).ln() } else { p.ln() }
                };
                a * outputs.iter().map(of_member).sum::<f64>() / 3.0 + b * odds[row * width + at]
            };
            let all: f64 = (0..width).map(|at| z(at).exp()).sum();
            for at in 0..width {
                let p = if width == 1 { 1.0 / (1.0 + (-z(at)).exp()) } else { z(at).exp() / all };
                let found = f64::from(scored.outputs[row * width + at]);
                assert!((p - found).abs() < 1e-5, "row {row}: {found} where {p} was expected");
            }
        }
    }
}

#[test]
fn a_file_holds_all_of_it() {
    let artifact = artifact(3, 2);
    let bytes = artifact.to_bytes().unwrap();
    let loaded = Artifact::from_bytes(&bytes).unwrap();
    assert_eq!(loaded.to_bytes().unwrap(), bytes);
    let texts = ["a c e", "b", "", "unheard of", "c a b d e f g"];
    let (before, after) = (artifact.predict(&texts).unwrap(), loaded.predict(&texts).unwrap());
    assert_eq!(before, after);
    // One at a time and together.
    let predictor = Predictor::new(loaded.clone()).unwrap();
    for (text, answer) in texts.iter().zip(&after) {
        assert_eq!(predictor.scores(text).unwrap(), answer.scores);
    }
    // Nothing of what stands beside the model may be missing or changed.
    let summed = loaded.weights_sha256();
    for change in 0..3 {
        let ensemble = loaded.ensemble().unwrap();
        let (mut others, mut weights) = (ensemble.others().to_vec(), ensemble.weights());
        match change {
            0 => others[0].params_mut().values_mut()[5] += 1.0,
            1 => weights[0] += 1.0,
            _ => others.clear(),
        }
        let changed = Ensemble::from_parts(others, ensemble.linear().clone(), weights, ensemble.accuracy());
        let other = loaded.clone().into_builder().ensemble(changed).build().unwrap();
        let differs = other.weights_sha256() != summed || other.to_bytes().unwrap() != bytes;
        assert!(differs, "change {change}");
    }
}

#[test]
fn rows_are_judged_by_models_that_did_not_see_them() {
    // The class is drawn by chance: whoever has seen a row knows it, whoever has not cannot.
    let rows: Sequences = (0..200u32).map(|i| [4 + i % 7, 5 + i / 7 % 7, 4 + i / 49]).collect();
    let targets: Vec<f32> = (0..200u64).map(|i| ((i * i * 2_654_435_761) >> 7 & 1) as f32).collect();
    let data = Dataset::new(rows, targets).unwrap().with_padding(Padding::to(3));
    let options = options(4).linear(LinearOptions::default().ngram(3)).penalties(vec![1e-3]);
    let fitted = Ensemble::fit(&layers(2), &data, &options, |_| Ok(FoldControl::Continue)).unwrap();
    assert!(fitted.ensemble.linear().accuracy(&data) > 0.95, "it has seen them");
    assert!(fitted.ensemble.accuracy().linear < 0.65, "{:?}", fitted.ensemble.accuracy());
}

#[test]
fn it_can_be_stopped_and_says_what_is_wrong() {
    let mut trained = 0;
    let fitted = Ensemble::fit(&layers(2), &data(2), &options(4), |_| {
        trained += 1;
        Ok(if trained == 2 { FoldControl::Stop } else { FoldControl::Continue })
    });
    assert_eq!((fitted.unwrap().ensemble.members(), trained), (2, 2));

    let kind = |data: &Dataset, options: &EnsembleOptions| {
        let train = |_: gatewise::ensemble::Fold<'_>| -> Result<FoldControl> { Ok(FoldControl::Continue) };
        Ensemble::fit(&layers(2), data, options, train).unwrap_err().kind()
    };
    assert_eq!(kind(&data(2), &options(1)), ErrorKind::Config);
    assert_eq!(kind(&data(2), &options(3).members(2)), ErrorKind::Config);
    assert_eq!(kind(&data(2), &options(3).penalties(vec![])), ErrorKind::Config);
    let of_two = layers(2).with(Dense::new(2).activation(Activation::Softmax));
    let error = Ensemble::fit(&of_two, &data(2), &options(2), |_| Ok(FoldControl::Continue)).unwrap_err();
    assert!(error.to_string().contains("end in Dense(1)"), "{error}");
    assert_eq!(kind(&data(2).select(&[0, 1]), &options(3)), ErrorKind::Data);
    assert_eq!(kind(&data(3), &options(2)), ErrorKind::Data, "a third class, but one output");
}
