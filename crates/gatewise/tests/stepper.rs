//! The training step in two halves: gradients that add up, gradients as bytes, and steps that equal those of `Fit`.

mod specs;

use gatewise::layers::{
    Activation, Dense, Embedding, Gru, Input, LayerNormalization, Lstm, Masking, Regularizer,
};
use gatewise::optimizer::{Clip, Ema, Sgd};
use gatewise::rows::{Dataset, Features, Padding};
use gatewise::train::{Gradient, LambdaCallback, Stepper};
use gatewise::{ErrorKind, Fit, Isa, Loss, Model, Result, Sequential};
use specs::{Spec, bits, dataset, paddings, random, specs, weight_bits};

/// Around one block and two: where lanes are empty, full, and one too many.
const SIZES: [usize; 6] = [1, 2, 15, 16, 17, 33];

fn stepper(model: Model) -> Stepper {
    Stepper::builder().learning_rate(0.01).seed(5).threads(2).build(model).unwrap()
}

/// The largest difference, in units of the largest number.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = a.iter().chain(b).fold(1e-6f32, |most, value| most.max(value.abs()));
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / largest
}

/// `data` in the order of blocks: longest rows first, rows of equal length as they stood.
fn sorted(data: &Dataset) -> Vec<usize> {
    let steps = |&row: &usize| std::cmp::Reverse(data.inputs().steps(row).min(specs::STEPS));
    let mut order: Vec<usize> = (0..data.len()).collect();
    order.sort_by_key(steps);
    order
}

/// Vectors, ragged, of 3 numbers.
fn vectors(count: usize) -> Dataset {
    let mut random = random(8);
    let mut rows = Features::new(3);
    for row in 0..count {
        let values: Vec<f32> = (0..3 * (row * 7 % 12)).map(|_| random.uniform() as f32 - 0.5).collect();
        rows.push(&values).unwrap();
    }
    let targets: Vec<f32> = (0..count).map(|_| random.below(2) as f32).collect();
    Dataset::new(rows, targets).unwrap()
}

#[test]
fn what_holds_callbacks_and_steps_moves_between_threads() {
    fn send<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    send::<Fit<'static>>();
    send::<LambdaCallback<'static>>();
    send::<Box<dyn gatewise::train::Callback>>();
    send::<Stepper>();
    send::<Stepper<&mut Model>>();
    shared::<Gradient>();
    let data = dataset(20, paddings()[0]);
    let mut seen = 0;
    let fit = Fit::new().epochs(3).callback(LambdaCallback::new().on_epoch_end(|_, _| {
        seen += 1;
        Ok(())
    }));
    let mut model = specs()[0].lively();
    std::thread::scope(|scope| scope.spawn(|| fit.run(&mut model, &data).unwrap()).join().unwrap());
    assert_eq!(seen, 3);
}

#[test]
fn a_gradient_is_the_mean_times_the_count() {
    for spec in specs().iter().filter(|spec| !spec.drops()) {
        for (padding, rows) in paddings().into_iter().flat_map(|padding| SIZES.map(|rows| (padding, rows))) {
            let (model, data) = (spec.lively(), dataset(rows, padding));
            let (loss, mean) = model.gradients(&data, Loss::default(), Isa::detect()).unwrap();
            let before = weight_bits(&model);
            let mut stepper = stepper(model);
            let gradient = stepper.gradient(&data).unwrap();
            let mean: Vec<f32> = mean.iter().map(|mean| mean * rows as f32).collect();
            let name = (spec.name, rows);
            assert!(distance(gradient.values(), &mean) < 2e-5, "{name:?}");
            assert!((gradient.loss() - loss * rows as f64).abs() < 1e-9 * rows as f64, "{name:?}");
            assert_eq!((gradient.count(), gradient.step()), (rows, 0));
            let right = stepper.model().evaluate(&data).unwrap().accuracy.unwrap() * rows as f64;
            assert!((gradient.hits() - right).abs() < 1e-9, "{name:?}");
            assert_eq!(weight_bits(stepper.model()), before, "a gradient changes nothing");
            // The same bits on any number of threads and every instruction set.
            for (threads, isa) in [(1, Isa::Portable), (3, Isa::detect())] {
                let other =
                    Stepper::builder().threads(threads).isa(isa).seed(5).build(stepper.model().clone());
                assert!(other.unwrap().gradient(&data).unwrap() == gradient, "{name:?} {isa}");
            }
        }
    }
}

/// The steps that two workers take together, each with its part of the rows.
fn together(spec: &Spec, data: &Dataset, cut: usize) -> (Stepper, Stepper) {
    let order = sorted(data);
    let mut workers = [stepper(spec.lively()), stepper(spec.lively())];
    for _ in 0..3 {
        let parts = [&order[..cut], &order[cut..]];
        let parts = workers.iter_mut().zip(parts);
        let sent: Vec<Vec<u8>> =
            parts.map(|(worker, rows)| worker.gradient_of(data, rows).unwrap().to_bytes()).collect();
        let received = sent.iter().map(|bytes| Gradient::from_bytes(bytes).unwrap());
        let sum = received.sum::<Result<Gradient>>().unwrap();
        assert_eq!(sum.count(), data.len());
        workers.iter_mut().for_each(|worker| assert!(worker.apply(&sum).unwrap().loss > 0.0));
    }
    let [one, other] = workers;
    (one, other)
}

#[test]
fn two_workers_stay_equal_and_equal_one_up_to_rounding() {
    for spec in specs() {
        for (rows, cut) in [(17, 16), (32, 16), (33, 16), (33, 5), (48, 32)] {
            let data = dataset(rows, paddings()[0]);
            let (one, other) = together(&spec, &data, cut);
            assert_eq!(weight_bits(one.model()), weight_bits(other.model()), "{}", spec.name);
            let mut alone = stepper(spec.lively());
            for _ in 0..3 {
                let whole = alone.gradient_of(&data, &sorted(&data)).unwrap();
                alone.apply(&whole).unwrap();
            }
            let (one, alone) = (one.model().params().values(), alone.model().params().values());
            // Where a gradient is almost zero, Adam makes a step of its rounding.
            let off = one.iter().zip(alone).filter(|(a, b)| (**a - **b).abs() > 1e-4).count();
            assert!(off * 50 <= one.len(), "{} {rows} {cut}: {off} of {}", spec.name, one.len());
        }
    }
}

#[test]
fn sums_of_parts_equal_the_whole_up_to_rounding() {
    for spec in specs() {
        for padding in paddings() {
            let data = dataset(45, padding);
            let mut stepper = stepper(spec.lively());
            let whole = stepper.gradient(&data).unwrap();
            for parts in [vec![0..1, 1..45], vec![0..15, 15..32, 32..45], vec![0..16, 16..45, 45..45]] {
                let parts = parts.into_iter();
                let parts: Vec<Gradient> = parts
                    .map(|rows| stepper.gradient_of(&data, &rows.collect::<Vec<_>>()).unwrap())
                    .collect();
                let forth = parts.clone().into_iter().sum::<Result<Gradient>>().unwrap();
                assert_eq!((forth.count(), forth.hits()), (whole.count(), whole.hits()));
                assert!((forth.loss() - whole.loss()).abs() < 1e-9);
                let far = distance(forth.values(), whole.values());
                assert!(far < 2e-5, "{}: {far}", spec.name);
                let two = (parts[0].clone() + parts[1].clone()).unwrap();
                assert!(two == (parts[1].clone() + parts[0].clone()).unwrap(), "{}", spec.name);
            }
        }
    }
}

/// Models whose sums are sums over blocks and nothing else, with the rows that they read.
fn sums_of_blocks(count: usize) -> Vec<(&'static str, Model, Dataset)> {
    let head = || Dense::new(1).activation(Activation::Sigmoid);
    let read = || Sequential::new().with(Input::new(3));
    let [pre, post] = paddings();
    let words = Sequential::new().with(Embedding::new(specs::VOCABULARY, 4));
    let masked = read().with(Masking::new(0.0)).with(Gru::new(5).return_sequences(true));
    let normal = words.with(LayerNormalization::new()).with(Lstm::new(5));
    vec![
        ("lstm, post", read().with(Lstm::new(4)).with(head()), vectors(count).with_padding(post)),
        ("masked, pre", masked.with(Lstm::new(4)).with(head()), vectors(count).with_padding(pre)),
        ("not read by a recurrent layer", normal.with(head()), dataset(count, post)),
    ]
    .into_iter()
    .map(|(name, spec, data)| (name, spec.compile(3).unwrap(), data))
    .collect()
}

#[test]
fn sums_of_blocks_equal_the_whole_to_the_bit() {
    for count in [17, 32, 33, 48, 61] {
        for (name, model, data) in sums_of_blocks(count) {
            let order = sorted(&data);
            let mut one = stepper(model.clone());
            let whole = one.gradient(&data).unwrap();
            // The first part may be of several blocks.
            for first in [16, 32] {
                let parts =
                    std::iter::once(&order[..first.min(count)]).chain(order[first.min(count)..].chunks(16));
                let parts = parts.map(|rows| stepper(model.clone()).gradient_of(&data, rows).unwrap());
                let sum = parts.sum::<Result<Gradient>>().unwrap();
                assert_eq!(bits(sum.values()), bits(whole.values()), "{name}, {count} rows");
                assert!(sum == whole, "{name}, {count} rows");
            }
        }
    }
}

#[test]
fn a_step_in_one_is_the_step_of_fit() {
    let settings = |threads| {
        let clip = Stepper::builder().learning_rate(0.01).clip(Clip::GlobalNorm(0.05));
        clip.ema(Ema::default()).seed(9).threads(threads)
    };
    for spec in specs() {
        let data = dataset(24, paddings()[0]);
        let mut fitted = spec.lively();
        let fit = Fit::new().epochs(4).batch_size(24).shuffle(false).learning_rate(0.01).seed(9);
        let fit = fit.clip(Clip::GlobalNorm(0.05)).ema(Ema::default());
        let history = fit.run(&mut fitted, &data).unwrap();
        let mut stepped = spec.lively();
        let mut stepper = settings(2).build(&mut stepped).unwrap();
        for (at, epoch) in history.epochs.iter().enumerate() {
            let log = stepper.train_on_batch(&data).unwrap();
            assert_eq!((log.step, log.loss, log.accuracy), (at as u64 + 1, epoch.loss, epoch.accuracy));
            assert_eq!((log.count, log.learning_rate), (24, 0.01));
        }
        stepper.finish();
        assert_eq!(weight_bits(&stepped), weight_bits(&fitted), "{}", spec.name);
    }
}

#[test]
fn both_halves_are_the_step_in_one_to_the_bit_where_the_count_is_a_power_of_two() {
    for (spec, rows) in specs().into_iter().flat_map(|spec| [(spec.clone(), 32), (spec, 33)]) {
        for clip in [None, Some(Clip::Value(0.01)), Some(Clip::Norm(0.02)), Some(Clip::GlobalNorm(0.05))] {
            let data = dataset(rows, paddings()[0]);
            let build = || {
                let settings = Stepper::builder().optimizer(Sgd::new(0.05)).ema(Ema::default()).seed(5);
                let settings = if let Some(clip) = clip { settings.clip(clip) } else { settings };
                settings.build(spec.lively()).unwrap()
            };
            let (mut halves, mut one) = (build(), build());
            for _ in 0..3 {
                let gradient = halves.gradient(&data).unwrap();
                let (log, same) = (halves.apply(&gradient).unwrap(), one.train_on_batch(&data).unwrap());
                assert_eq!((log.step, log.count, log.accuracy), (same.step, same.count, same.accuracy));
                assert!((log.loss - same.loss).abs() < 1e-6);
            }
            let (halves, one) = (halves.finish(), one.finish());
            if rows == 32 {
                assert_eq!(weight_bits(&halves), weight_bits(&one), "{} {clip:?}", spec.name);
            }
            let far = distance(halves.params().values(), one.params().values());
            assert!(far < 1e-5, "{} {clip:?}: {far}", spec.name);
        }
    }
}

#[test]
fn penalties_are_added_once_when_a_gradient_is_applied() {
    let spec = Sequential::new()
        .with(Embedding::new(specs::VOCABULARY, 4))
        .with(Lstm::new(5).kernel_regularizer(Regularizer::l2(0.01)))
        .with(Dense::new(1).activation(Activation::Sigmoid).kernel_regularizer(Regularizer::l1(0.02)));
    let (model, data) = (spec.compile(3).unwrap(), dataset(32, paddings()[0]));
    let build = || Stepper::builder().optimizer(Sgd::new(0.1)).build(model.clone()).unwrap();
    let (mut halves, mut one, penalty) = (build(), build(), model.params().penalty());
    assert!(penalty > 0.01);
    let parts = [0..16, 16..32].map(|rows| halves.gradient_of(&data, &rows.collect::<Vec<_>>()).unwrap());
    let sum = parts.into_iter().sum::<Result<Gradient>>().unwrap();
    let log = halves.apply(&sum).unwrap();
    assert!((log.loss - (sum.loss() / 32.0 + penalty)).abs() < 1e-12);
    assert!((log.loss - model.evaluate(&data).unwrap().loss).abs() < 1e-6);
    one.train_on_batch(&data).unwrap();
    let (halves, one) = (halves.finish(), one.finish());
    assert!(distance(halves.params().values(), one.params().values()) < 1e-6);
}

#[test]
fn dropout_knows_rows_by_their_number_in_the_whole() {
    let spec = specs().into_iter().find(|spec| spec.name == "dropout").unwrap();
    let (model, data) = (spec.lively(), dataset(48, paddings()[0]));
    let part: Vec<usize> = (20..36).collect();
    let of_whole = stepper(model.clone()).gradient_of(&data, &part).unwrap();
    let own = data.select(&part);
    let builder = || Stepper::builder().seed(5);
    let placed = builder().first_row(20).build(model.clone()).unwrap().gradient(&own).unwrap();
    assert!(placed == of_whole);
    assert!(builder().build(model.clone()).unwrap().gradient(&own).unwrap() != of_whole);
    assert!(builder().seed(6).first_row(20).build(model).unwrap().gradient(&own).unwrap() != of_whole);
}

#[test]
fn a_part_without_rows_takes_part_and_a_step_without_rows_is_refused() {
    let data = dataset(20, Padding::default());
    let mut stepper = stepper(specs()[0].lively());
    let nothing = stepper.gradient_of(&data, &[]).unwrap();
    assert!(nothing.count() == 0 && nothing.values().iter().all(|&value| value == 0.0));
    let all = stepper.gradient(&data).unwrap();
    assert!((nothing.clone() + all.clone()).unwrap() == all);
    let before = weight_bits(stepper.model());
    let error = stepper.apply(&nothing).unwrap_err();
    assert!(error.kind() == ErrorKind::Data && error.to_string().contains("count of 0"), "{error}");
    let error = stepper.train_on_batch(&data.select(&[])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    let error = stepper.gradient_of(&data, &[20]).unwrap_err();
    assert!(error.kind() == ErrorKind::Data && error.to_string().contains("row 20"), "{error}");
    assert_eq!((weight_bits(stepper.model()), stepper.steps()), (before, 0));
}

#[test]
fn gradients_of_other_models_losses_and_steps_are_refused() {
    let data = dataset(20, paddings()[0]);
    let of = |spec: usize| stepper(specs()[spec].lively());
    let (mut one, mut other) = (of(0), of(4));
    let (gradient, foreign) = (one.gradient(&data).unwrap(), other.gradient(&data).unwrap());
    let error = (gradient.clone() + foreign.clone()).unwrap_err();
    assert!(error.kind() == ErrorKind::Shape && error.to_string().contains("another model"), "{error}");
    assert_eq!(one.apply(&foreign).unwrap_err().kind(), ErrorKind::Shape);
    let squares = Stepper::builder().loss(Loss::MeanSquaredError).build(specs()[0].lively());
    let squares = squares.unwrap().gradient(&data).unwrap();
    assert_eq!(one.apply(&squares).unwrap_err().kind(), ErrorKind::Shape);
    // A worker that has missed a step, or takes one twice.
    one.apply(&gradient).unwrap();
    let error = one.apply(&gradient).unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("after 0 steps"), "{error}");
    assert!((one.gradient(&data).unwrap() + gradient).is_err());
    assert!(one.set_learning_rate(f64::NAN).is_err() && one.set_learning_rate(-1.0).is_err());
    one.set_learning_rate(0.0).unwrap();
    let (before, gradient) = (weight_bits(one.model()), one.gradient(&data).unwrap());
    assert_eq!(one.apply(&gradient).unwrap().learning_rate, 0.0);
    assert_eq!(weight_bits(one.model()), before);
    let softmax = Loss::categorical_crossentropy();
    assert_eq!(
        Stepper::builder().loss(softmax).build(specs()[0].lively()).unwrap_err().kind(),
        ErrorKind::Config
    );
}

#[test]
fn what_is_not_finite_is_named_and_a_bad_gradient_changes_nothing() {
    let data = dataset(20, paddings()[0]);
    let mut one = stepper(specs()[0].lively());
    let mut bytes = one.gradient(&data).unwrap().to_bytes();
    // The third number of the embedding, forged.
    bytes[84 + 8..84 + 12].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let end = bytes.len() - 4;
    let checksum = crc32c::crc32c(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
    let before = weight_bits(one.model());
    let error = one.apply(&Gradient::from_bytes(&bytes).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let text = error.to_string();
    assert!(text.contains("at step 1: a gradient of embedding/embeddings is inf"), "{text}");
    assert_eq!((weight_bits(one.model()), one.steps()), (before, 0));
    // Weights that overflow.
    let mut one = Stepper::builder().optimizer(Sgd::new(1e38)).build(specs()[0].lively()).unwrap();
    one.set_learning_rate(f64::MAX).unwrap();
    let gradient = one.gradient(&data).unwrap();
    let text = one.apply(&gradient).unwrap_err().to_string();
    assert!(text.contains("at step 1: a weight of") && !text.contains("epoch"), "{text}");
    let mut broken = specs()[0].lively();
    broken.params_mut().values_mut()[0] = f32::NAN;
    assert_eq!(Stepper::builder().build(broken).unwrap_err().kind(), ErrorKind::Diverged);
}
