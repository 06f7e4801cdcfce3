//! Threads and instruction sets change how long it takes, never what comes out.

mod specs;

use gatewise::{Isa, Machine, Model};
use specs::{dataset, paddings, predicted, rows, specs};

#[test]
fn fit_gives_the_same_bits_on_any_number_of_threads_and_every_instruction_set() {
    for spec in specs() {
        for padding in paddings() {
            let fastest = Isa::detect();
            let one = spec.trained_bits(padding, fastest, 1);
            for threads in [2, 3, 8] {
                assert!(
                    spec.trained_bits(padding, fastest, threads) == one,
                    "{}: {threads} threads",
                    spec.name
                );
            }
            for isa in Isa::available() {
                assert!(spec.trained_bits(padding, isa, 2) == one, "{}: {isa}", spec.name);
            }
        }
    }
}

#[test]
fn evaluate_gives_the_same_numbers_on_any_number_of_threads() {
    for spec in specs() {
        let model = spec.lively();
        let data = dataset(50, paddings()[0]);
        let one = model.evaluate_on(&data, &Machine::new().threads(1)).unwrap();
        for threads in [2, 3, 8, 64] {
            assert_eq!(
                model.evaluate_on(&data, &Machine::new().threads(threads)).unwrap(),
                one,
                "{}: {threads}",
                spec.name
            );
        }
        assert_eq!(model.evaluate(&data).unwrap(), one);
        assert_eq!(
            model.evaluate_on(&data, &Machine::new().threads(0)).unwrap(),
            one,
            "no threads are one thread"
        );
    }
}

#[test]
fn one_model_serves_many_threads_at_once() {
    fn shareable<T: Send + Sync>(_: &T) {}
    let (rows, padding) = (rows(40), paddings()[0]);
    for spec in specs() {
        let model: Model = spec.lively();
        shareable(&model);
        let alone = predicted(&model, &rows, padding);
        std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..4).map(|_| scope.spawn(|| predicted(&model, &rows, padding) == alone)).collect();
            assert!(all.into_iter().all(|thread| thread.join().unwrap()), "{}", spec.name);
        });
    }
}

#[test]
fn gradients_have_the_same_bits_on_every_instruction_set() {
    for spec in specs() {
        let (model, data) = (spec.lively(), dataset(40, paddings()[1]));
        let of = |isa| model.gradients(&data, gatewise::Loss::default(), isa).unwrap();
        let (loss, grads) = of(Isa::Portable);
        for isa in Isa::available() {
            let (same_loss, same) = of(isa);
            assert_eq!(same_loss.to_bits(), loss.to_bits(), "{} {isa}", spec.name);
            assert_eq!(specs::bits(&same), specs::bits(&grads), "{} {isa}", spec.name);
        }
    }
}
