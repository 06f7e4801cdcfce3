//! What every model must do, whatever its layers: each test runs over the table in `specs`.

mod specs;

use gatewise::layers::{Activation, Dense, Embedding, GlobalAveragePooling1D, Layer, Lstm};
use gatewise::optimizer::{Optimizer, Update};
use gatewise::rows::{Dataset, Padding};
use gatewise::text::Side;
use gatewise::train::{BatchLog, Callback, Context, EpochLog};
use gatewise::{ErrorKind, Fit, Isa, Loss, Model, Result, Sequential};
use specs::{
    STEPS, Spec, VOCABULARY, dataset, paddings, predicted, random, rows, sequences, specs, weight_bits,
};

#[test]
fn the_seeds_decide_the_bits() {
    for spec in specs() {
        let compiled = |seed| weight_bits(&spec.layers.compile(seed).unwrap());
        assert_eq!(compiled(1), compiled(1));
        assert_ne!(compiled(1), compiled(2), "{}", spec.name);
        let trained = |seed| {
            let mut model = spec.layers.compile(1).unwrap();
            let fit = Fit::new().epochs(2).batch_size(7).seed(seed);
            let history = fit.run(&mut model, &dataset(30, paddings()[0])).unwrap();
            let losses: Vec<u64> = history.epochs.iter().map(|epoch| epoch.loss.to_bits()).collect();
            (weight_bits(&model), losses)
        };
        assert_eq!(trained(1), trained(1), "{}", spec.name);
        assert_ne!(trained(1), trained(2), "{}: the seed must decide the order of rows", spec.name);
        assert_ne!(trained(1).0, compiled(1), "{}: training must change the weights", spec.name);
    }
}

#[test]
fn a_batch_is_its_rows_one_by_one_in_any_order() {
    let rows = rows(41);
    for spec in specs() {
        let model = spec.lively();
        for padding in paddings() {
            let together = predicted(&model, &rows, padding);
            let alone: Vec<u32> =
                rows.iter().flat_map(|row| predicted(&model, std::slice::from_ref(row), padding)).collect();
            assert_eq!(together, alone, "{}", spec.name);
            let mut order: Vec<usize> = (0..rows.len()).collect();
            random(9).shuffle(&mut order);
            let shuffled: Vec<_> = order.iter().map(|&row| rows[row].clone()).collect();
            let expected: Vec<u32> = order.iter().map(|&row| together[row]).collect();
            assert_eq!(predicted(&model, &shuffled, padding), expected, "{}", spec.name);
        }
        let none = model.predict(&sequences(&[]).into(), paddings()[0]).unwrap();
        assert!(none.is_empty(), "{}: no rows, no outputs", spec.name);
    }
}

#[test]
fn masked_padding_changes_nothing_and_unmasked_padding_something() {
    let short: Vec<_> = rows(41).into_iter().filter(|row| row.len() <= STEPS && !row.is_empty()).collect();
    for spec in specs() {
        let model = spec.lively();
        for padding in paddings() {
            let plain = predicted(&model, &short, padding);
            let longer = padding.maxlen(STEPS + 11);
            let with = |left: usize, right: usize| -> Vec<Vec<u32>> {
                let pad = |n| std::iter::repeat_n(0u32, n);
                short
                    .iter()
                    .map(|row| pad(left).chain(row.iter().copied()).chain(pad(right)).collect())
                    .collect()
            };
            let same = [
                ("longer rows", predicted(&model, &short, longer)),
                ("pad ids on the left", predicted(&model, &with(3, 0), longer)),
                ("pad ids on the right", predicted(&model, &with(0, 4), longer)),
                ("pad ids on both sides", predicted(&model, &with(5, 2), longer)),
                ("the other side", {
                    let other = if padding.padding == Side::Pre { Side::Post } else { Side::Pre };
                    predicted(&model, &short, padding.padding(other))
                }),
            ];
            for (what, bits) in same {
                assert_eq!(bits == plain, spec.masked, "{}: {what}", spec.name);
            }
        }
    }
}

/// Plain gradient descent: no memory of its own.
#[derive(Debug)]
struct Descent;

impl Optimizer for Descent {
    fn slots(&self) -> usize {
        0
    }

    fn learning_rate(&self, _iterations: u64) -> f64 {
        0.2
    }
    fn update(&self, update: Update<'_, '_>) {
        let rate = update.learning_rate as f32;
        update.params.iter_mut().zip(update.grads).for_each(|(p, g)| *p -= rate * g);
    }
}

#[test]
fn a_step_remembers_nothing_of_the_one_before() {
    // The number of a step decides what is dropped in it.
    for spec in specs().into_iter().filter(|spec| !spec.drops()) {
        for padding in paddings() {
            let data = dataset(40, padding);
            let fit = |epochs| Fit::new().epochs(epochs).batch_size(40).optimizer(Descent);
            let (mut at_once, mut apart) = (spec.lively(), spec.lively());
            fit(4).run(&mut at_once, &data).unwrap();
            (0..4).for_each(|_| drop(fit(1).run(&mut apart, &data).unwrap()));
            // Rows come in another order each epoch, so that sums round differently.
            for (at, (a, b)) in at_once.params().values().iter().zip(apart.params().values()).enumerate() {
                assert!((a - b).abs() < 1e-5, "{}: weight {at}: {a} {b}", spec.name);
            }
        }
    }
}

#[test]
fn the_padding_policy_is_the_padded_matrix() {
    let short: Vec<_> = rows(41).into_iter().filter(|row| row.len() <= STEPS).collect();
    for spec in specs() {
        let model = spec.lively();
        for padding in paddings() {
            let full = |row: &Vec<u32>| {
                let pads = vec![0; STEPS - row.len()];
                if padding.padding == Side::Pre {
                    [&pads[..], row].concat()
                } else {
                    [row, &pads[..]].concat()
                }
            };
            let matrix: Vec<_> = short.iter().map(full).collect();
            assert_eq!(
                predicted(&model, &short, padding),
                predicted(&model, &matrix, padding),
                "{}",
                spec.name
            );
        }
    }
}

#[test]
fn empty_rows_and_rows_that_are_cut_are_what_their_ids_say() {
    let long: Vec<u32> = (0..STEPS as u32 + 30).map(|i| 1 + i % (VOCABULARY as u32 - 1)).collect();
    for spec in specs() {
        let model = spec.lively();
        for padding in paddings() {
            let seen = match padding.truncating {
                Side::Pre => long[long.len() - STEPS..].to_vec(),
                Side::Post => long[..STEPS].to_vec(),
            };
            let rows = [vec![], vec![0; STEPS], vec![0; 2], long.clone(), seen];
            let [empty, pads, few, long, seen] = predicted(&model, &rows, padding)[..] else { panic!() };
            assert!(empty == pads && empty == few && long == seen && empty != long, "{}", spec.name);
            // A batch of nothing but emptiness, at every idea of how long that is.
            for maxlen in [None, Some(0), Some(STEPS)] {
                let padding = padding.maxlen(maxlen);
                let outputs = predicted(&model, &[vec![], vec![]], padding);
                assert_eq!(outputs[0], outputs[1]);
                assert!(maxlen != Some(STEPS) || outputs[0] == empty, "{}", spec.name);
                let data = Dataset::new(sequences(&[vec![], vec![]]), vec![0.0, 1.0]).unwrap();
                let history = Fit::new().run(&mut model.clone(), &data.with_padding(padding)).unwrap();
                assert!(history.epochs[0].loss.is_finite());
            }
        }
    }
}

#[test]
fn eight_examples_are_learnt_by_heart() {
    let rows: Vec<Vec<u32>> = (1..=8u32).map(|i| vec![i, 1 + i * 5 % 7, 9 + i % 3, 20 - i]).collect();
    let targets = vec![1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0];
    for spec in specs() {
        let data = Dataset::new(sequences(&rows), targets.clone()).unwrap().with_padding(Padding::to(5));
        let mut model = spec.layers.compile(2).unwrap();
        Fit::new().epochs(250).batch_size(8).learning_rate(0.05).run(&mut model, &data).unwrap();
        let now = model.evaluate(&data).unwrap();
        assert!(now.loss < 0.05 && now.accuracy == Some(1.0), "{}: {now:?}", spec.name);
    }
}

#[test]
fn gradients_are_slopes_of_the_reported_loss() {
    const STEP: f32 = 1e-2;
    for spec in specs() {
        let (model, data) = (spec.lively(), dataset(24, paddings()[0]));
        let (loss, grads) = model.gradients(&data, Loss::default(), Isa::detect()).unwrap();
        assert!((loss - model.evaluate(&data).unwrap().loss).abs() < 1e-6, "{}", spec.name);
        for info in model.params().table() {
            // The steepest coordinate of each tensor, and its last.
            let steepest = info.range.clone().max_by(|&a, &b| grads[a].abs().total_cmp(&grads[b].abs()));
            for at in [steepest.unwrap(), info.range.end - 1] {
                let loss_at = |step: f32| {
                    let mut moved = model.clone();
                    moved.params_mut().values_mut()[at] += step;
                    let real_step = moved.params().values()[at] - model.params().values()[at];
                    (moved.evaluate(&data).unwrap().loss, f64::from(real_step))
                };
                let slope_over = |step: f32| {
                    let ((above, up), (below, down)) = (loss_at(step), loss_at(-step));
                    (above - below) / (up - down)
                };
                // From two steps, so that the bend of the loss drops out.
                let slope = (4.0 * slope_over(STEP) - slope_over(2.0 * STEP)) / 3.0;
                let gradient = f64::from(grads[at]);
                let error = (slope - gradient).abs();
                let name = (spec.name, &info.name);
                assert!(error < 1e-2 * gradient.abs() + 2e-5, "{name:?}: {slope} {gradient}");
            }
        }
    }
}

/// The loss that training reports for a batch is measured before the step and with what that step drops:
/// its slopes are the gradient that the step takes.
#[test]
fn what_is_dropped_forward_is_dropped_backward() {
    const STEP: f32 = 1e-2;
    let mut dropping = 0;
    for spec in specs().into_iter().filter(Spec::drops) {
        let data = dataset(24, paddings()[dropping % 2]);
        dropping += 1;
        let trained = |mut model: Model, seed: u64| {
            let fit = Fit::new().batch_size(24).optimizer(Descent).seed(seed);
            let loss = fit.run(&mut model, &data).unwrap().epochs[0].loss;
            (loss, model.params().values().to_vec())
        };
        let model = spec.lively();
        let (loss, after) = trained(model.clone(), 1);
        assert_ne!(loss, trained(model.clone(), 2).0, "the seed must decide what is dropped");
        assert!((loss - model.evaluate(&data).unwrap().loss).abs() > 1e-4, "something must be dropped");
        let before = model.params().values();
        let gradient = |at: usize| f64::from(before[at] - after[at]) / 0.2;
        for info in model.params().table() {
            let steepest =
                info.range.clone().max_by(|&a, &b| gradient(a).abs().total_cmp(&gradient(b).abs()));
            for at in [steepest.unwrap(), info.range.start] {
                let loss_at = |step: f32| {
                    let mut moved = model.clone();
                    moved.params_mut().values_mut()[at] += step;
                    let real_step = f64::from(moved.params().values()[at] - before[at]);
                    (trained(moved, 1).0, real_step)
                };
                let slope_over = |step: f32| {
                    let ((above, up), (below, down)) = (loss_at(step), loss_at(-step));
                    (above - below) / (up - down)
                };
                // From two steps, so that the bend of the loss drops out.
                let slope = (4.0 * slope_over(STEP) - slope_over(2.0 * STEP)) / 3.0;
                let gradient = gradient(at);
                let error = (slope - gradient).abs();
                let name = (spec.name, &info.name);
                assert!(error < 1e-2 * gradient.abs() + 2e-5, "{name:?}: {slope} {gradient}");
            }
        }
    }
    assert!(dropping >= 2);
}

/// Rows whose first id tells their class; the classes of the last fifth are told wrong.
fn misleading() -> Dataset {
    let mut random = random(4);
    let (mut rows, mut targets) = (Vec::new(), Vec::new());
    for row in 0..100u32 {
        let class = row % 2;
        rows.push(vec![1 + class, 3 + random.below(9) as u32, 3 + random.below(9) as u32]);
        targets.push(if row < 80 { class } else { 1 - class } as f32);
    }
    Dataset::new(sequences(&rows), targets).unwrap()
}

#[test]
fn validation_takes_the_last_rows_before_any_shuffling() {
    for spec in specs() {
        let (data, mut model) = (misleading(), spec.layers.compile(4).unwrap());
        let fit = Fit::new().epochs(40).batch_size(20).learning_rate(0.03).validation_split(0.2);
        let history = fit.run(&mut model, &data).unwrap();
        assert_eq!((history.samples, history.validation_samples), (80, 20));
        let last = history.epochs.last().unwrap();
        assert!(last.accuracy > Some(0.99) && last.val_accuracy.unwrap() < 0.05, "{}: {last:?}", spec.name);
        let held_out = model.evaluate(&data.select(&(80..100).collect::<Vec<_>>())).unwrap();
        assert_eq!((last.val_loss, last.val_accuracy), (Some(held_out.loss), held_out.accuracy));
    }
}

/// Stops after so many batches or epochs, and counts what it is told.
#[derive(Default)]
struct Stopper {
    batches: usize,
    epochs: usize,
}

struct Watch<'a> {
    stop_after: Stopper,
    seen: &'a mut Stopper,
}

impl Callback for Watch<'_> {
    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        self.seen.batches += 1;
        assert!(log.epoch == self.seen.epochs && log.loss.is_finite());
        if self.seen.batches == self.stop_after.batches {
            context.stop();
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        assert_eq!(log.epoch, self.seen.epochs);
        self.seen.epochs += 1;
        if self.seen.epochs == self.stop_after.epochs {
            context.stop();
        }
        Ok(())
    }
}

#[test]
fn callbacks_stop_training_where_they_say() {
    for spec in specs() {
        let data = dataset(20, paddings()[0]);
        let run = |epochs: usize, stop_after: Stopper| {
            let (mut model, mut seen) = (spec.layers.compile(4).unwrap(), Stopper::default());
            let fit = Fit::new().epochs(epochs).batch_size(5);
            let fit = fit.callback(Watch { stop_after, seen: &mut seen });
            let history = fit.run(&mut model, &data).unwrap();
            (history.epochs.len(), history.stopped, seen.batches, seen.epochs, weight_bits(&model))
        };
        let (epochs, stopped, batches, told, after_two) = run(5, Stopper { batches: 0, epochs: 2 });
        assert_eq!((epochs, stopped, batches, told), (2, true, 8, 2));
        let (epochs, stopped, .., same) = run(2, Stopper { batches: 0, epochs: 2 });
        assert_eq!((epochs, stopped), (2, false), "its last epoch was done");
        assert_eq!(same, after_two, "{}: stopping leaves the weights as they are", spec.name);
        let (epochs, stopped, batches, told, _) = run(5, Stopper { batches: 6, epochs: 0 });
        assert_eq!((epochs, stopped, batches, told), (1, true, 6, 1));
    }
}

#[test]
fn divergence_is_an_error() {
    for spec in specs() {
        let data = dataset(40, paddings()[0]);
        let kind = |mut model, rate: f64| {
            let result = Fit::new().epochs(4).learning_rate(rate).run(&mut model, &data);
            result.err().map(|e| e.kind())
        };
        assert_eq!(kind(spec.lively(), 1e-3), None, "{}", spec.name);
        // At 1e30 weights and loss stay finite: a fused multiply-add of two of them onto ±∞ is ±∞, and
        // gates saturate. Beyond what f32 holds, a gradient of zero times the rate is no number.
        if spec.gated() {
            assert_eq!(kind(spec.lively(), 1e30), None, "{}", spec.name);
        }
        assert_eq!(kind(spec.lively(), 1e39), Some(ErrorKind::Diverged), "{}", spec.name);
        for info in spec.lively().params().table() {
            let mut model = spec.lively();
            model.params_mut().get_mut(&info.name).unwrap().fill(f32::NAN);
            let outputs = model.predict(data.inputs(), data.padding()).unwrap();
            assert!(outputs.iter().any(|p| p.is_nan()), "{}: NaN in {} is hidden", spec.name, info.name);
            assert_eq!(kind(model, 1e-3), Some(ErrorKind::Diverged), "{}: {}", spec.name, info.name);
        }
    }
}

/// The loss of a batch is measured before its step, so that of the last step of all is never seen.
#[test]
fn divergence_in_the_last_step_is_an_error_too() {
    for spec in specs() {
        let data = dataset(40, paddings()[0]);
        let fit = || Fit::new().batch_size(40).learning_rate(1e39);
        for fit in [fit(), fit().validation_split(0.2)] {
            let error = fit.run(&mut spec.lively(), &data).err().map(|e| e.kind());
            assert_eq!(error, Some(ErrorKind::Diverged), "{}", spec.name);
        }
    }
}

#[test]
fn ids_outside_the_vocabulary_are_refused_with_their_row() {
    for spec in specs() {
        let rows = sequences(&[vec![1], vec![2, VOCABULARY as u32]]);
        let error = spec.lively().predict(&rows.into(), Padding::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains("row 1 has the id 20"), "{error}");
    }
}

#[test]
fn a_frozen_table_keeps_its_bits_and_the_layers_above_learn() {
    // Fused with the layer above it, and not.
    for above in [Layer::from(Lstm::new(4)), GlobalAveragePooling1D::new().into()] {
        let layers = Sequential::new().with(Embedding::new(VOCABULARY, 5).trainable(false)).with(above);
        let mut model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1).unwrap();
        let before = model.params().clone();
        assert_eq!(model.trainable_params(), before.len() - VOCABULARY * 5);
        Fit::new().epochs(2).run(&mut model, &dataset(30, paddings()[0])).unwrap();
        for info in before.table() {
            let same = before.get(&info.name) == model.params().get(&info.name);
            assert_eq!(same, info.name == "embedding/embeddings", "{}", info.name);
        }
    }
}
