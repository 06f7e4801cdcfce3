//! Losses in training and evaluation: each loss trains, logits give what probabilities give, custom losses,
//! reductions, weights for each step, and targets that are left out.

mod specs;

use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::metrics::{Report, ThresholdRule};
use gatewise::optimizer::Sgd;
use gatewise::rows::{Dataset, Inputs, Padding, Sequences, Targets};
use gatewise::train::{Gradient, Stepper};
use gatewise::{
    Checkpoints, CustomLoss, Error, ErrorKind, Evaluate, Fit, Isa, Loss, LossRows, Machine, Model, Output,
    Reduction, Result, Sequential,
};
use specs::{random, weight_bits};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Embedding, LSTM and a head; every weight moved, so that outputs differ from row to row.
fn lively(head: Dense, per_step: bool) -> Model {
    let embedding = Embedding::new(specs::VOCABULARY, 3).mask_zero(true);
    let layers = Sequential::new().with(embedding).with(Lstm::new(4).return_sequences(per_step)).with(head);
    let mut model = layers.compile(5).unwrap();
    let mut random = random(6);
    model.params_mut().values_mut().iter_mut().for_each(|w| *w += (random.uniform() as f32 - 0.5) * 2.0);
    model
}

fn rows(count: usize) -> Sequences {
    specs::sequences(&specs::rows(count))
}

fn steps(rows: &Sequences) -> Vec<usize> {
    let inputs = Inputs::from(rows.clone());
    (0..inputs.len()).map(|row| inputs.steps(row)).collect()
}

fn classes(count: usize, of: usize) -> Vec<f32> {
    let mut random = random(7);
    (0..count).map(|_| random.below(of) as f32).collect()
}

fn one_hot(classes: &[f32], of: usize) -> Vec<f32> {
    classes.iter().flat_map(|&y| (0..of).map(move |class| f32::from(u8::from(class == y as usize)))).collect()
}

fn read(json: &str) -> Loss {
    serde_json::from_str(json).unwrap()
}

fn loss_of(model: &Model, data: &Dataset, loss: &Loss) -> f64 {
    model.evaluate_with(data, loss.clone(), &Machine::new()).unwrap().loss
}

/// The last activation and targets of width 3 that suit each loss.
fn suited(loss: &Loss) -> (Activation, Targets) {
    let classes = classes(40, 3);
    let wide = |values: Vec<f32>| Targets::rows(3, values).unwrap();
    let activation = match loss {
        _ if loss.from_logits() => Activation::Linear,
        Loss::BinaryCrossentropy { .. } | Loss::BinaryFocalCrossentropy { .. } => Activation::Sigmoid,
        Loss::CategoricalCrossentropy { .. }
        | Loss::SparseCategoricalCrossentropy { .. }
        | Loss::CategoricalFocalCrossentropy { .. }
        | Loss::KlDivergence => Activation::Softmax,
        Loss::Poisson | Loss::MeanSquaredLogarithmicError => Activation::Softplus,
        _ => Activation::Linear,
    };
    let targets = match loss {
        Loss::SparseCategoricalCrossentropy { .. } => classes.into(),
        Loss::MeanAbsolutePercentageError => wide(one_hot(&classes, 3).iter().map(|y| y + 0.5).collect()),
        _ => wide(one_hot(&classes, 3)),
    };
    (activation, targets)
}

#[test]
fn every_loss_trains_and_its_gradient_is_the_slope_of_its_evaluation() {
    const STEP: f32 = 1.0 / 256.0;
    let more = [
        r#"{"name": "binary_crossentropy", "from_logits": true, "label_smoothing": 0.1}"#,
        r#"{"name": "categorical_crossentropy", "from_logits": true}"#,
        r#"{"name": "sparse_categorical_crossentropy", "from_logits": true, "ignore_class": 1}"#,
        r#"{"name": "binary_focal_crossentropy", "from_logits": true, "apply_class_balancing": true}"#,
        r#"{"name": "categorical_focal_crossentropy", "from_logits": true}"#,
        r#"{"name": "sparse_categorical_crossentropy", "ignore_class": 2}"#,
    ];
    for loss in Loss::ALL.into_iter().chain(more.map(read)) {
        let (activation, targets) = suited(&loss);
        let data = Dataset::new(rows(40), targets).unwrap();
        let mut model = lively(Dense::new(3).activation(activation), false);
        let (value, gradient) = model.gradients(&data, loss.clone(), Isa::detect()).unwrap();
        let start = loss_of(&model, &data, &loss);
        assert!((value - start).abs() < 1e-6 * start.abs().max(1.0), "{loss:?}: {value} {start}");
        let mut checked = 0;
        for at in (0..gradient.len()).step_by(17) {
            let moved = |by: f32| {
                let mut model = model.clone();
                model.params_mut().values_mut()[at] += by;
                loss_of(&model, &data, &loss)
            };
            let (up, down) = (moved(STEP), moved(-STEP));
            // Within a kink of an absolute value or a hinge both sides differ.
            let bent = (up + down - 2.0 * start).abs() > 0.02 * (up - down).abs().max(1e-4);
            let slope = (up - down) / f64::from(2.0 * STEP);
            let error = (slope - f64::from(gradient[at])).abs();
            assert!(bent || error < 5e-3 * slope.abs().max(0.2), "{loss:?}[{at}]: {slope} {}", gradient[at]);
            checked += usize::from(!bent);
        }
        assert!(checked > 2, "{loss:?}: {checked}");
        let fit = || Fit::new().epochs(12).batch_size(9).learning_rate(0.02).loss(loss.clone());
        let mut other = model.clone();
        let history = fit().validation_split(0.2).run(&mut model, &data).unwrap();
        let (first, last) = (&history.epochs[0], &history.epochs[11]);
        assert!(last.loss < first.loss, "{loss:?}: {} {}", first.loss, last.loss);
        assert_eq!(last.accuracy.is_some(), loss.has_accuracy(), "{loss:?}");
        assert_eq!(last.val_accuracy.is_some(), loss.has_accuracy(), "{loss:?}");
        fit().validation_split(0.2).threads(3).run(&mut other, &data).unwrap();
        assert_eq!(weight_bits(&model), weight_bits(&other), "{loss:?}");
    }
}

/// The same weights with the last activation in the model, and in the loss.
#[test]
fn logits_give_what_probabilities_give() {
    let smoothing = 0.1;
    let sigmoid =
        [false, true].map(|from_logits| Loss::BinaryCrossentropy { label_smoothing: smoothing, from_logits });
    let softmax = [false, true]
        .map(|from_logits| Loss::SparseCategoricalCrossentropy { from_logits, ignore_class: None });
    let cases = [(Activation::Sigmoid, 1, sigmoid), (Activation::Softmax, 3, softmax)];
    for (activation, width, [by_probability, by_logit]) in cases {
        let data = Dataset::new(rows(60), classes(60, width.max(2))).unwrap();
        let [with, without] = [activation, Activation::Linear]
            .map(|activation| lively(Dense::new(width).activation(activation), false));
        let (_, ours) = with.gradients(&data, by_probability.clone(), Isa::detect()).unwrap();
        let (_, theirs) = without.gradients(&data, by_logit.clone(), Isa::detect()).unwrap();
        assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-6));

        let evaluate = |loss: &Loss| Evaluate::new().loss(loss.clone()).threshold(0.4);
        let ours = evaluate(&by_probability).score(&with, &data).unwrap();
        let theirs = evaluate(&by_logit).score(&without, &data).unwrap();
        assert_eq!(theirs.evaluation, evaluate(&by_logit).run(&without, &data).unwrap());
        assert!((ours.evaluation.loss - theirs.evaluation.loss).abs() < 1e-6);
        assert_eq!(ours.evaluation.accuracy, theirs.evaluation.accuracy);
        assert_eq!(theirs.outputs, without.predict(data.inputs(), data.padding()).unwrap());
        assert_eq!(&*ours.probabilities(), &*ours.outputs);
        assert!(theirs.outputs.iter().any(|&z| z < 0.0));
        let probabilities = theirs.probabilities();
        assert!(ours.outputs.iter().zip(&*probabilities).all(|(a, b)| (a - b).abs() < 1e-6));
        match (ours.report().unwrap(), theirs.report().unwrap()) {
            (Report::Binary(ours), Report::Binary(theirs)) => {
                assert_eq!((ours.accuracy, ours.roc_auc), (theirs.accuracy, theirs.roc_auc));
                assert!((ours.log_loss - theirs.log_loss).abs() < 1e-6);
            }
            (Report::Classes(ours), Report::Classes(theirs)) => assert_eq!(ours.accuracy, theirs.accuracy),
            other => panic!("{other:?}"),
        }
        if width == 1 {
            let [a, b] = [&ours, &theirs].map(|it| it.best_threshold(ThresholdRule::F1).unwrap());
            assert!((a - b).abs() < 1e-6 && (0.0..1.0).contains(&b), "{a} {b}");
            assert_eq!(theirs.calibration(5).unwrap().samples, 60);
            // A probability above 0.4 is a logit above ln(0.4 / 0.6).
            let bound = (0.4f32 / 0.6).ln();
            let hits =
                theirs.outputs.iter().zip(&theirs.targets).filter(|&(&z, &y)| (z > bound) == (y > 0.5));
            assert_eq!(theirs.evaluation.accuracy, Some(hits.count() as f64 / 60.0));
        }

        // Training: by the gradients above, and with the accuracy of classes.
        let run = |mut model: Model, loss: &Loss| {
            let fit = Fit::new().epochs(3).learning_rate(0.01).loss(loss.clone());
            fit.validation_split(0.25).run(&mut model, &data).unwrap().epochs[2].clone()
        };
        let (ours, theirs) = (run(with, &by_probability), run(without, &by_logit));
        assert!((ours.loss - theirs.loss).abs() < 1e-4);
        assert_eq!((ours.accuracy, ours.val_accuracy), (theirs.accuracy, theirs.val_accuracy));
    }
}

#[test]
fn training_and_evaluation_refuse_the_same_models() {
    let logits = |name: &str| read(&format!(r#"{{"name": "{name}", "from_logits": true}}"#));
    for (activation, loss, part) in [
        (Activation::Linear, Loss::default(), "from_logits"),
        (Activation::Sigmoid, logits("binary_crossentropy"), "leave out from_logits"),
        (Activation::Sigmoid, logits("binary_focal_crossentropy"), "leave out from_logits"),
        (Activation::Softmax, logits("categorical_crossentropy"), "the last layer ends in Softmax"),
        (Activation::Linear, Loss::binary_focal_crossentropy(), "Activation::Sigmoid"),
        (Activation::Relu, Loss::categorical_focal_crossentropy(), "Activation::Softmax"),
        (Activation::Tanh, Loss::KlDivergence, "needs probabilities"),
    ] {
        let mut model = lively(Dense::new(2).activation(activation), false);
        let targets = Targets::rows(2, [1.0, 0.0].repeat(8)).unwrap();
        let data = Dataset::new(rows(8), targets.clone()).unwrap();
        let refused = [
            model.evaluate_with(&data, loss.clone(), &Machine::new()).unwrap_err(),
            Stepper::builder().loss(loss.clone()).build(model.clone()).unwrap_err(),
            model.gradients(&data, loss.clone(), Isa::detect()).unwrap_err(),
            model.input_gradients(data.inputs(), data.padding(), Output::Loss(&loss, &targets)).unwrap_err(),
            Fit::new().loss(loss.clone()).run(&mut model, &data).unwrap_err(),
        ];
        for error in &refused {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert_eq!(error.to_string(), refused[0].to_string());
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    let none = Reduction::None;
    let (mut model, data) = (lively(Dense::new(1), false), Dataset::new(rows(8), classes(8, 2)).unwrap());
    let errors = [
        Evaluate::new().reduction(none).run(&model, &data).unwrap_err(),
        Fit::new().reduction(none).run(&mut model, &data).unwrap_err(),
    ];
    errors.iter().for_each(|error| assert!(error.to_string().contains("the reduction none"), "{error}"));
}

#[test]
fn an_ignored_class_is_as_if_it_were_not_there() {
    let model = lively(Dense::new(3).activation(Activation::Softmax), false);
    let all = classes(37, 3);
    let ignored = |row: usize| row % 4 == 1;
    let marked = (0..37).map(|row| if ignored(row) { -1.0 } else { all[row] }).collect::<Vec<_>>();
    let padding = Padding::to(9);
    let with = Dataset::new(rows(37), marked).unwrap().with_padding(padding);
    let left: Vec<usize> = (0..37).filter(|&row| !ignored(row)).collect();
    let without = with.select(&left);
    let loss = Loss::SparseCategoricalCrossentropy { from_logits: false, ignore_class: Some(-1) };
    let score = |data: &Dataset| Evaluate::new().loss(loss.clone()).score(&model, data).unwrap();
    let (ours, wanted) = (score(&with), score(&without));
    assert_eq!(
        (ours.evaluation.loss, ours.evaluation.accuracy),
        (wanted.evaluation.loss, wanted.evaluation.accuracy)
    );
    assert_eq!((&ours.outputs, &ours.targets), (&wanted.outputs, &wanted.targets));
    assert_eq!(ours.report().unwrap(), wanted.report().unwrap());
    let gradient = |data: &Dataset| model.gradients(data, loss.clone(), Isa::detect()).unwrap();
    let ((a, ours), (b, wanted)) = (gradient(&with), gradient(&without));
    assert!((a - b).abs() < 1e-9 && ours.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6));
    let sum = Stepper::builder().loss(loss.clone()).build(model.clone()).unwrap().gradient(&with).unwrap();
    assert_eq!(sum.count(), left.len());

    // The same at every step.
    let model = lively(Dense::new(3).activation(Activation::Softmax), true);
    let rows = rows(20);
    let lengths = steps(&rows);
    let mut targets = classes(lengths.iter().sum(), 3);
    targets.iter_mut().step_by(3).for_each(|y| *y = -1.0);
    let data = Dataset::new(rows, Targets::steps(1, targets.clone(), &lengths).unwrap()).unwrap();
    let evaluation = model.evaluate_with(&data, loss.clone(), &Machine::new()).unwrap();
    // Weights of 0 drop the same losses from the sum, but not from the count.
    let weights = targets.iter().map(|&y| f32::from(u8::from(y >= 0.0))).collect();
    targets.iter_mut().for_each(|y| *y = y.max(0.0));
    let weighted =
        Dataset::new(data.sequences().unwrap().clone(), Targets::steps(1, targets, &lengths).unwrap());
    let weighted = weighted.unwrap().with_sample_weight(weights).unwrap();
    let mean =
        Evaluate::new().reduction(Reduction::MeanWithSampleWeight).batch_size(1000).run(&model, &weighted);
    assert!((evaluation.loss - mean.unwrap().loss).abs() < 1e-9);
}

/// The mean squared error as a custom loss, which counts its calls and the rows of the longest.
#[derive(Debug, Default)]
struct Squared {
    calls: AtomicUsize,
    most: AtomicUsize,
    fails: bool,
}

impl CustomLoss for Squared {
    fn name(&self) -> &str {
        "squared"
    }

    fn check(&self, targets: &[f32], _: usize) -> Result<()> {
        match targets.iter().any(|&y| y > 100.0) {
            true => Err(Error::data("a target is above 100")),
            false => Ok(()),
        }
    }

    fn compute(
        &self,
        rows: LossRows<'_>,
        losses: &mut [f64],
        mut gradient: Option<&mut [f32]>,
    ) -> Result<()> {
        self.calls.fetch_add(1, SeqCst);
        self.most.fetch_max(rows.len(), SeqCst);
        if self.fails {
            return Err(Error::data("the custom loss has failed"));
        }
        assert_eq!(rows.len(), losses.len());
        for (row, (outputs, targets)) in rows.iter().enumerate() {
            losses[row] = Loss::MeanSquaredError.value(outputs, targets);
            if let Some(gradient) = &mut gradient {
                let d = &mut gradient[row * rows.width..][..rows.width];
                Loss::MeanSquaredError.gradient(outputs, targets, d);
            }
        }
        Ok(())
    }
}

#[test]
fn a_custom_loss_is_worth_the_built_in_one_it_copies() {
    for per_step in [false, true] {
        let rows = rows(40);
        let lengths = steps(&rows);
        let numbers = |count: usize| (0..count).map(|i| (i % 7) as f32 / 7.0).collect::<Vec<_>>();
        let targets = match per_step {
            true => Targets::steps(2, numbers(2 * lengths.iter().sum::<usize>()), &lengths).unwrap(),
            false => Targets::rows(2, numbers(80)).unwrap(),
        };
        let data = Dataset::new(rows, targets).unwrap();
        let weighted = data.clone().with_sample_weight(numbers(40)).unwrap();
        let model = lively(Dense::new(2), per_step);
        let counted = Arc::new(Squared::default());
        let custom = Loss::custom(Arc::clone(&counted));
        for data in [&data, &weighted] {
            let run = |loss: &Loss, threads| {
                let mut model = model.clone();
                let fit = Fit::new().epochs(3).batch_size(23).learning_rate(0.01).validation_split(0.3);
                let history = fit.threads(threads).loss(loss.clone()).run(&mut model, data).unwrap();
                (weight_bits(&model), history.epochs[2].loss, history.epochs[2].val_loss)
            };
            let wanted = run(&Loss::MeanSquaredError, 1);
            assert_eq!(run(&custom, 1), wanted);
            assert_eq!(run(&custom, 3), wanted);
            let evaluate = |loss: &Loss| model.evaluate_with(data, loss.clone(), &Machine::new()).unwrap();
            assert_eq!(evaluate(&custom), evaluate(&Loss::MeanSquaredError));
            let gradient = |loss: &Loss| {
                let mut stepper = Stepper::builder().loss(loss.clone()).build(model.clone()).unwrap();
                stepper.gradient(data).unwrap().values().to_vec()
            };
            assert_eq!(gradient(&custom), gradient(&Loss::MeanSquaredError));
        }
        let slopes = |loss: &Loss| {
            model.input_gradients(data.inputs(), data.padding(), Output::Loss(loss, data.targets())).unwrap()
        };
        assert_eq!(slopes(&custom), slopes(&Loss::MeanSquaredError));
        let scored = Evaluate::new().loss(custom.clone()).score(&model, &data).unwrap();
        assert_eq!(scored.evaluation.accuracy, None);

        // One call a block of sixteen rows.
        counted.calls.store(0, SeqCst);
        counted.most.store(0, SeqCst);
        model.gradients(&data, custom.clone(), Isa::detect()).unwrap();
        assert_eq!(counted.calls.load(SeqCst), 3);
        assert_eq!(counted.most.load(SeqCst) == 16, !per_step);
    }
}

#[test]
fn the_error_of_a_custom_loss_ends_the_run() {
    let data = Dataset::new(rows(40), vec![1.0; 40]).unwrap();
    let mut model = lively(Dense::new(1), false);
    let before = weight_bits(&model);
    let failing = || Loss::custom(Arc::new(Squared { fails: true, ..Squared::default() }));
    let errors = [
        Fit::new().loss(failing()).run(&mut model, &data).unwrap_err(),
        model.evaluate_with(&data, failing(), &Machine::new()).unwrap_err(),
        Stepper::builder().loss(failing()).build(model.clone()).unwrap().gradient(&data).unwrap_err(),
        Stepper::builder().loss(failing()).build(model.clone()).unwrap().train_on_batch(&data).unwrap_err(),
        model.gradients(&data, failing(), Isa::detect()).unwrap_err(),
        failing().values(&[1.0], &[1.0], 1).unwrap_err(),
        model
            .input_gradients(data.inputs(), data.padding(), Output::Loss(&failing(), data.targets()))
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Data, "the custom loss has failed"));
    }
    assert_eq!(weight_bits(&model), before);
    let custom = || Loss::custom(Arc::new(Squared::default()));
    let far = Dataset::new(rows(2), vec![1.0, 101.0]).unwrap();
    let error = Fit::new().loss(custom()).run(&mut model, &far).unwrap_err();
    assert_eq!(error.to_string(), "a target is above 100");
    let error = serde_json::to_string(&custom()).unwrap_err().to_string();
    assert!(error.contains("the loss squared is a function of the program and cannot be stored"), "{error}");
    assert_ne!(custom(), custom());
    let one = custom();
    assert_eq!((one.clone(), one.name(), one.clone().value(&[3.0], &[1.0])), (one.clone(), "squared", 4.0));
}

#[test]
fn a_run_with_a_custom_loss_resumes() {
    let data = Dataset::new(rows(40), vec![1.0; 40]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = |epochs: usize, loss: Loss| {
        let mut model = lively(Dense::new(1), false);
        let fit =
            Fit::new().epochs(epochs).loss(loss).checkpoints(Checkpoints::new(folder.path())).resume(true);
        fit.run(&mut model, &data).map(|_| weight_bits(&model))
    };
    let custom = || Loss::custom(Arc::new(Squared::default()));
    run(1, custom()).unwrap();
    let resumed = run(3, custom()).unwrap();
    let mut model = lively(Dense::new(1), false);
    Fit::new().epochs(3).loss(custom()).run(&mut model, &data).unwrap();
    assert_eq!(resumed, weight_bits(&model));
    assert!(run(4, Loss::MeanSquaredError).unwrap_err().to_string().contains("loss"));
}

/// Without a step: every batch is reduced by itself, and an epoch is the mean over batches, by their rows.
#[test]
fn reductions_are_taken_batch_by_batch() {
    let weights: Vec<f32> = (0..25).map(|row| (row % 5) as f32 / 2.0).collect();
    let data = Dataset::new(rows(25), classes(25, 2)).unwrap().with_sample_weight(weights.clone()).unwrap();
    let model = lively(Dense::new(1), false);
    let outputs = model.predict(data.inputs(), data.padding()).unwrap();
    let losses = Loss::MeanSquaredError.values(&outputs, data.targets().values(), 1).unwrap();
    for reduction in
        [Reduction::SumOverBatchSize, Reduction::Sum, Reduction::Mean, Reduction::MeanWithSampleWeight]
    {
        let by_hand = |rows: std::ops::Range<usize>| {
            let mut sum = 0.0;
            for batch in rows.clone().collect::<Vec<_>>().chunks(7) {
                let (first, last) = (batch[0], batch[batch.len() - 1]);
                let reduced = reduction.reduce(&losses[first..=last], Some(&weights[first..=last])).unwrap();
                sum += reduced * batch.len() as f64;
            }
            sum / rows.len() as f64
        };
        let settings =
            || Fit::new().batch_size(7).shuffle(false).optimizer(Sgd::new(0.0)).reduction(reduction);
        let history = settings().validation_split(0.4).run(&mut model.clone(), &data).unwrap();
        let log = &history.epochs[0];
        assert!((log.loss - by_hand(0..15)).abs() < 1e-6, "{reduction}: {} {}", log.loss, by_hand(0..15));
        assert!((log.val_loss.unwrap() - by_hand(15..25)).abs() < 1e-6, "{reduction}");
        let evaluate = Evaluate::new().reduction(reduction).batch_size(7).run(&model, &data).unwrap();
        assert!((evaluate.loss - by_hand(0..25)).abs() < 1e-6, "{reduction}");
    }
}

/// The sum over n rows at rate r is the mean at rate r·n, and so on.
#[test]
fn reductions_scale_the_step() {
    let weights: Vec<f32> = (0..24).map(|row| (row % 4) as f32).collect();
    let data = Dataset::new(rows(24), classes(24, 2)).unwrap().with_sample_weight(weights).unwrap();
    let model = lively(Dense::new(1), false);
    let stepped = |reduction: Reduction, rate: f64, halves: bool| {
        let builder = Stepper::builder().optimizer(Sgd::new(rate)).reduction(reduction);
        let mut stepper = builder.build(model.clone()).unwrap();
        let log = match halves {
            false => stepper.train_on_batch(&data).unwrap(),
            true => {
                let gradient = stepper.gradient(&data).unwrap();
                assert_eq!((gradient.count(), gradient.weight()), (24, 36.0));
                let gradient = Gradient::from_bytes(&gradient.to_bytes()).unwrap();
                stepper.apply(&gradient).unwrap()
            }
        };
        (log.loss, stepper.finish().params().values().to_vec())
    };
    let (mean, wanted) = stepped(Reduction::SumOverBatchSize, 0.01, false);
    assert_ne!(wanted, model.params().values());
    // The weights sum to 36.
    for (reduction, divisor) in
        [(Reduction::Mean, 24.0), (Reduction::Sum, 1.0), (Reduction::MeanWithSampleWeight, 36.0)]
    {
        for halves in [false, true] {
            let (loss, weights) = stepped(reduction, 0.01 * divisor / 24.0, halves);
            assert!((loss - mean * 24.0 / divisor).abs() < 1e-9 * loss, "{reduction}: {loss} {mean}");
            let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-6;
            assert!(weights.iter().zip(&wanted).all(close), "{reduction}, {halves}");
        }
    }
    let gradient =
        Stepper::builder().reduction(Reduction::Sum).build(model.clone()).unwrap().gradient(&data).unwrap();
    let error = Stepper::builder().build(model).unwrap().apply(&gradient).unwrap_err();
    assert!(error.to_string().contains("another model or loss"), "{error}");
}

#[test]
fn each_step_has_its_weight() {
    let model = lively(Dense::new(1), true);
    let rows = rows(30);
    let lengths = steps(&rows);
    let all: usize = lengths.iter().sum();
    let data = Dataset::new(rows.clone(), Targets::steps(1, classes(all, 2), &lengths).unwrap()).unwrap();
    let mut random = random(8);
    let weights: Vec<f32> = (0..all).map(|_| random.below(4) as f32 / 2.0).collect();
    let weighted = data.clone().with_sample_weight(weights.clone()).unwrap();
    for maxlen in [None, Some(4)] {
        let padding = maxlen.map_or(Padding::default(), Padding::to);
        let [data, weighted] = [&data, &weighted].map(|data| data.clone().with_padding(padding));
        // By hand: the last steps of each row, without those of id 0, which are masked.
        let outputs = model.predict(data.inputs(), padding).unwrap();
        let (mut sum, mut count, mut at, mut start) = (0.0, 0, 0, 0);
        for (row, &length) in lengths.iter().enumerate() {
            let seen = maxlen.map_or(length, |maxlen| length.min(maxlen));
            for step in length - seen..length {
                if specs::rows(30)[row][step] != 0 {
                    let error = f64::from(outputs[at]) - f64::from(data.targets().values()[start + step]);
                    sum += error * error * f64::from(weights[start + step]);
                    count += 1;
                }
                at += 1;
            }
            start += length;
        }
        let loss = loss_of(&model, &weighted, &Loss::MeanSquaredError);
        assert!((loss - sum / count as f64).abs() < 1e-9, "{loss} {}", sum / count as f64);
        let mut stepper = Stepper::builder().build(model.clone()).unwrap();
        let gradient = stepper.gradient(&weighted).unwrap();
        assert!((gradient.loss() - sum).abs() < 1e-6 && gradient.count() == count as usize);
        // Rows chosen in another order take their weights along.
        let order: Vec<usize> = (0..30).rev().collect();
        let padding = Padding::to(maxlen.unwrap_or(*lengths.iter().max().unwrap()));
        let turned = weighted.select(&order).with_padding(padding);
        assert!((loss_of(&model, &turned, &Loss::MeanSquaredError) - loss).abs() < 1e-9);
        let turned = stepper.gradient(&turned).unwrap();
        assert!(turned.values().iter().zip(gradient.values()).all(|(a, b)| (a - b).abs() < 1e-3));
    }
    // A weight for each row is the same weight for each of its steps.
    let by_row: Vec<f32> = (0..30).map(|row| (row % 3) as f32).collect();
    let by_step =
        lengths.iter().zip(&by_row).flat_map(|(&length, &w)| std::iter::repeat_n(w, length)).collect();
    let fit = |data: Dataset| {
        let mut model = model.clone();
        let history = Fit::new().epochs(2).validation_split(0.2).run(&mut model, &data).unwrap();
        (weight_bits(&model), history.epochs[1].val_loss)
    };
    let by_step = data.clone().with_sample_weight(by_step).unwrap();
    let long = lengths.iter().position(|&length| length > 1 && length % 3 > 0).unwrap();
    assert_eq!((by_step.weight(long), by_step.sample_weight().unwrap().len()), (by_row[long], all));
    assert_eq!(fit(by_step), fit(data.clone().with_sample_weight(by_row).unwrap()));

    let error = |weights: Vec<f32>| data.clone().with_sample_weight(weights).unwrap_err().to_string();
    let count = error(vec![1.0; all + 1]);
    assert!(
        count.contains(&format!(
            "or one for each of {all} steps, but there are 30 rows and {} weights",
            all + 1
        ))
    );
    let mut bad = weights;
    *bad.last_mut().unwrap() = -1.0;
    let last = lengths.iter().rposition(|&length| length > 0).unwrap();
    assert!(error(bad).starts_with(&format!("row {last} has the sample weight -1")));
}
