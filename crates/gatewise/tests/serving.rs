//! What a service does: one predictor for many threads, one pool for a machine, and answers that do not depend on
//! the rows beside them.

use gatewise::ensemble::{Accuracies, Ensemble};
use gatewise::layers::{
    Activation, Bidirectional, Dense, Embedding, GlobalAveragePooling1D, GlobalMaxPooling1D, Gru, Layer, Lstm,
};
use gatewise::linear::{LinearModel, LinearOptions};
use gatewise::rows::{Dataset, Padding, Sequences};
use gatewise::text::{Side, Tokenizer, Vocabulary};
use gatewise::{Artifact, Forecaster, Generator, Machine, Model, Predictor, Sampling, Sequential, Stateful};
use std::sync::Arc;

const WORDS: usize = 40;

fn words() -> Vec<String> {
    (0..WORDS).map(|n| format!("w{n}")).collect()
}

fn artifact(layers: Vec<Layer>, mask_zero: bool, padding: Padding) -> Artifact {
    let mut spec = Sequential::new().with(Embedding::new(WORDS, 7).mask_zero(mask_zero));
    for layer in layers {
        spec = spec.with(layer);
    }
    let mut model = spec.with(Dense::new(1).activation(Activation::Sigmoid)).compile(5).unwrap();
    model.params_mut().values_mut().iter_mut().for_each(|w| *w *= 4.0);
    let builder = Artifact::builder(model);
    let builder = builder.text(Tokenizer::default(), Vocabulary::from_ranked(&words(), WORDS).unwrap());
    builder.padding(padding).labels(["neg", "pos"]).build().unwrap()
}

/// Rows of every length, the longest last, some with the pad id inside.
fn rows() -> Sequences {
    (0..50usize).map(|n| (0..n).map(move |t| ((t * t + 3 * n) % WORDS) as u32)).collect()
}

/// Threads of this process that a pool has started.
#[cfg(target_os = "linux")]
fn pool_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name =
        |task: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(task.unwrap().path().join("comm"));
    tasks.filter_map(|task| name(task).ok()).filter(|name| name.starts_with("gatewise-")).count()
}

#[test]
fn what_a_service_holds_may_be_shared_and_cloned() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Predictor>();
    shared::<Artifact>();
    shared::<Model>();
    shared::<Machine>();
    shared::<Stateful>();
    shared::<Generator>();
    shared::<Forecaster>();
}

#[test]
fn eight_threads_share_one_predictor_and_get_its_bits() {
    let stacked = vec![Lstm::new(6).return_sequences(true).into(), Gru::new(5).into()];
    for layers in [vec![Lstm::new(11).into()], stacked, vec![Bidirectional::new(Lstm::new(4)).into()]] {
        let predictor =
            Predictor::on(artifact(layers, false, Padding::to(23)), &Machine::new().threads(3)).unwrap();
        let one: Vec<u32> =
            rows().rows().map(|row| predictor.probability_of_ids(row).unwrap().to_bits()).collect();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (predictor, one) = (predictor.clone(), &one);
                scope.spawn(move || {
                    for _ in 0..5 {
                        // Half of them one row at a time, half all rows at once, on the pool if it is free.
                        let bits: Vec<u32> = match thread % 2 {
                            0 => rows()
                                .rows()
                                .map(|row| predictor.probability_of_ids(row).unwrap().to_bits())
                                .collect(),
                            _ => {
                                let answers = predictor.predict_of_ids(&rows()).unwrap();
                                answers.iter().map(|answer| answer.scores[0].to_bits()).collect()
                            }
                        };
                        assert_eq!(bits, *one);
                    }
                });
            }
        });
    }
}

/// Without a length of its own, a row is as long as it is, whatever stands beside it.
#[test]
fn an_answer_does_not_depend_on_its_neighbours() {
    let kinds: [fn() -> Vec<Layer>; 6] = [
        || vec![Lstm::new(6).into()],
        || vec![Lstm::new(6).return_sequences(true).into(), Gru::new(5).into()],
        || vec![Bidirectional::new(Lstm::new(4)).into()],
        || vec![Lstm::new(6).go_backwards(true).into()],
        || vec![Lstm::new(6).return_sequences(true).into(), GlobalMaxPooling1D::new().into()],
        || vec![Lstm::new(6).return_sequences(true).into(), GlobalAveragePooling1D::new().into()],
    ];
    for (kind, mask_zero, padding) in (0..kinds.len())
        .flat_map(|kind| [false, true].map(|mask| (kind, mask)))
        .flat_map(|(kind, mask)| [Side::Pre, Side::Post].map(|side| (kind, mask, side)))
    {
        let padding = Padding::default().padding(padding);
        let artifact = artifact(kinds[kind](), mask_zero, padding);
        let predictor = Predictor::new(artifact.clone()).unwrap();
        let together = predictor.predict_of_ids(&rows()).unwrap();
        for (at, (row, answer)) in rows().rows().zip(&together).enumerate() {
            let alone = Sequences::from_iter([row.iter().copied()]);
            let model = artifact.model().predict(&alone.into(), padding).unwrap()[0];
            let what = format!("layers {kind}, mask_zero {mask_zero}, {padding:?}, row {at}");
            assert_eq!(answer.scores[0].to_bits(), model.to_bits(), "{what}: among others");
            let one = predictor.probability_of_ids(row).unwrap();
            assert_eq!(one.to_bits(), model.to_bits(), "{what}: one row");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_has_one_pool_however_many_models_use_it() {
    let data = Dataset::new(rows(), (0..50).map(|row| (row % 2) as f32).collect::<Vec<_>>()).unwrap();
    let first = artifact(vec![Lstm::new(4).into()], false, Padding::to(9));
    let linear = LinearModel::fit(&data, &LinearOptions::default()).unwrap();
    let others = vec![first.model().clone(); 49];
    let ensemble = Ensemble::from_parts(others, linear, [1.0, 0.5], Accuracies::default());
    let bytes = first.clone().into_builder().ensemble(ensemble).build().unwrap().to_bytes().unwrap();
    let process = Machine::new().thread_count();
    let artifact = Artifact::from_bytes(&bytes).unwrap();
    assert_eq!(artifact.ensemble().unwrap().members(), 50);
    // Other tests of this file run beside this one: their machines have three threads.
    let most = process - 1 + 2 * 3;
    assert!(pool_threads() <= most, "{} threads after loading", pool_threads());
    let machine = Machine::new().threads(4);
    let artifact = Arc::new(artifact);
    let predictors: Vec<_> =
        (0..20).map(|_| Predictor::on(Arc::clone(&artifact), &machine).unwrap()).collect();
    for predictor in &predictors {
        predictor.predict_of_ids(&rows()).unwrap();
        artifact.predict(&["w1 w2", "w3"]).unwrap();
    }
    assert!(pool_threads() <= most + 3, "{} threads with 20 predictors", pool_threads());
}

#[test]
fn generators_go_on_apart() {
    let layers = Sequential::new().with(Embedding::new(12, 5)).with(Gru::new(6).return_sequences(true));
    let model = layers.with(Dense::new(12).activation(Activation::Softmax)).compile(5).unwrap();
    let letters: Vec<String> = ('a'..='h').map(String::from).collect();
    let builder = Artifact::builder(model);
    let builder = builder.text(Tokenizer::characters(), Vocabulary::from_ranked(&letters, 12).unwrap());
    let mut first = Generator::new(builder.build().unwrap(), "abc", Sampling::default()).unwrap();
    let start: String = first.by_ref().take(5).collect();
    let clone = first.clone();
    let again = first.restart("abc", Sampling::default()).unwrap();
    let thread = std::thread::spawn(move || clone.take(5).collect::<String>());
    let rest: String = first.take(5).collect();
    assert_eq!(thread.join().unwrap(), rest);
    assert_eq!(again.take(10).collect::<String>(), start + &rest);
}

#[test]
#[should_panic(expected = "row 50 was selected, but there are 50 rows")]
fn a_row_that_is_not_there_is_named() {
    let _ = rows().select(&[3, 50]);
}
