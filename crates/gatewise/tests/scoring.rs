//! Answers scored: reports, thresholds, and rows weighed by their class.

mod specs;

use gatewise::layers::{Activation, Dense, Embedding, Lstm, Regularizer};
use gatewise::metrics::{ConfusionMatrix, Report, ThresholdRule, roc_auc};
use gatewise::rows::{ClassWeight, Dataset, Targets};
use gatewise::{ErrorKind, Fit, Loss, Machine, Model, Sequential};
use specs::{random, weight_bits};

fn layers(units: usize, activation: Activation, per_step: bool) -> Sequential {
    Sequential::new()
        .with(Embedding::new(specs::VOCABULARY, 3).mask_zero(true))
        .with(Lstm::new(4).return_sequences(per_step))
        .with(Dense::new(units).activation(activation))
}

/// A model whose answers differ from row to row.
fn lively(layers: Sequential) -> Model {
    let mut model = layers.compile(5).unwrap();
    let mut random = random(6);
    model.params_mut().values_mut().iter_mut().for_each(|w| *w += (random.uniform() as f32 - 0.5) * 2.0);
    model
}

fn classes(count: usize, of: usize) -> Vec<f32> {
    let mut random = random(7);
    (0..count).map(|_| random.below(of) as f32).collect()
}

fn data(targets: impl Into<Targets>) -> Dataset {
    Dataset::new(specs::sequences(&specs::rows(60)), targets).unwrap()
}

#[test]
fn a_binary_model_is_scored_at_its_threshold() {
    let model = lively(layers(1, Activation::Sigmoid, false));
    let data = data(classes(60, 2));
    let scored = model.score(&data).unwrap();
    assert_eq!(scored.evaluation, model.evaluate(&data).unwrap());
    assert_eq!(scored.outputs, model.predict(data.inputs(), data.padding()).unwrap());
    let half = ConfusionMatrix::binary(&scored.outputs, &scored.targets, 0.5).unwrap();
    assert_eq!(scored.evaluation.accuracy, Some(half.accuracy()));
    let threshold = scored.best_threshold(ThresholdRule::F1).unwrap();
    let moved = model.score_on(&data, threshold, &Machine::new().threads(1)).unwrap();
    let Report::Binary(report) = moved.report().unwrap() else { panic!("another report") };
    assert_eq!(moved.evaluation.accuracy, Some(report.accuracy));
    assert_eq!(moved.evaluation.loss, scored.evaluation.loss);
    assert_eq!((report.threshold, threshold == 0.5), (threshold, false));
    assert!(report.scores.f1 > half.class_scores(1).f1, "{report:?}");
    assert_eq!(report.roc_auc, roc_auc(&scored.outputs, &scored.targets).ok());
    assert_eq!(scored.calibration(10).unwrap().samples, 60);
}

#[test]
fn score_and_evaluate_report_the_same_loss_penalties_included() {
    for activation in [Activation::Sigmoid, Activation::Linear] {
        let head = Dense::new(1).activation(activation).kernel_regularizer(Regularizer::l2(0.03));
        let embedding = Embedding::new(specs::VOCABULARY, 3);
        let lstm = Lstm::new(4).recurrent_regularizer(Regularizer::l1(0.01));
        let model = lively(Sequential::new().with(embedding).with(lstm).with(head));
        let data = data(classes(60, 2));
        let (scored, penalty) = (model.score(&data).unwrap(), model.params().penalty());
        assert_eq!(scored.evaluation, model.evaluate(&data).unwrap());
        let losses = scored.outputs.iter().zip(&scored.targets);
        let mean =
            losses.map(|(output, target)| scored.loss.value(&[*output], &[*target])).sum::<f64>() / 60.0;
        assert!(penalty > 0.1 && (scored.evaluation.loss - mean - penalty).abs() < 1e-12);
    }
}

#[test]
fn classes_are_scored_alike_by_number_and_one_hot() {
    let model = lively(layers(4, Activation::Softmax, false));
    let numbers = classes(60, 4);
    let one_hot: Vec<f32> = numbers
        .iter()
        .flat_map(|&y| (0..4).map(move |class| f32::from(u8::from(class == y as u8))))
        .collect();
    let sparse = model.score(&data(numbers)).unwrap();
    let dense = model.score(&data(Targets::rows(4, one_hot).unwrap())).unwrap();
    assert_eq!(sparse.loss, Loss::sparse_categorical_crossentropy());
    assert_eq!(dense.loss, Loss::categorical_crossentropy());
    let report = sparse.report().unwrap();
    assert_eq!(report, dense.report().unwrap());
    let Report::Classes(report) = report else { panic!("another report") };
    assert_eq!(sparse.evaluation.accuracy, Some(report.accuracy));
    for error in [sparse.calibration(10).unwrap_err(), sparse.best_threshold(ThresholdRule::F1).unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("is for binary models"), "{error}");
    }
}

/// Masked steps are left out; a model of its own ids is a language model.
#[test]
fn steps_that_count_are_scored() {
    let rows = specs::rows(60);
    let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    let targets = |of| Targets::steps(1, classes(lengths.iter().sum(), of), &lengths).unwrap();
    let counting = rows.iter().flatten().filter(|&&id| id != 0).count();
    assert!(counting > 0 && counting < lengths.iter().sum());

    let scored = lively(layers(3, Activation::Softmax, true)).score(&data(targets(3))).unwrap();
    assert_eq!((scored.outputs.len(), scored.targets.len()), (3 * counting, counting));
    let Report::Classes(report) = scored.report().unwrap() else { panic!("another report") };
    assert_eq!(report.samples, counting);
    assert_eq!(scored.evaluation.accuracy, Some(report.accuracy));
    assert!((report.log_loss - scored.evaluation.loss).abs() < 1e-12);

    let model = lively(layers(specs::VOCABULARY, Activation::Softmax, true));
    let scored = model.score(&data(targets(specs::VOCABULARY))).unwrap();
    let Report::LanguageModel(report) = scored.report().unwrap() else { panic!("another report") };
    assert!((report.perplexity - scored.evaluation.loss.exp()).abs() < 1e-9);
}

#[test]
fn values_are_scored_by_their_distance() {
    let model = lively(layers(2, Activation::Linear, false));
    let targets = Targets::rows(2, (0..120).map(|i| i as f32 / 50.0 + 0.1).collect()).unwrap();
    let scored = model.score(&data(targets)).unwrap();
    assert_eq!((&scored.loss, scored.evaluation.accuracy), (&Loss::MeanSquaredError, None));
    let Report::Regression(report) = scored.report().unwrap() else { panic!("another report") };
    assert!((report.root_mean_squared_error.powi(2) - scored.evaluation.loss).abs() < 1e-9);
}

#[test]
fn class_weights_are_sample_weights_of_the_training_rows() {
    let (targets, start) = (classes(60, 2), layers(1, Activation::Sigmoid, false));
    let fit = || Fit::new().epochs(3).batch_size(7).learning_rate(0.01).validation_split(0.25);
    let run = |fit: Fit<'_>, data: &Dataset| {
        let mut model = start.clone().compile(1).unwrap();
        let history = fit.run(&mut model, data).unwrap();
        (weight_bits(&model), history.epochs[2].loss, history.epochs[2].val_loss)
    };
    let plain = data(targets.clone());
    let class_weight = ClassWeight::Each(vec![0.5, 3.0]);
    let by_class = run(fit().class_weight(class_weight.clone()), &plain);
    let each = class_weight.weights(plain.targets()).unwrap();
    let by_row = run(fit(), &plain.clone().with_sample_weight(each.clone()).unwrap());
    assert_eq!((&by_class.0, by_class.1), (&by_row.0, by_row.1));
    // Validation is weighed by the rows' own weights only.
    assert_ne!(by_class.2, by_row.2);
    assert_ne!(by_class.0, run(fit(), &plain).0);

    // What balances is counted among the training rows.
    let first = |values: &[f32]| values[..45].to_vec();
    let balanced = ClassWeight::Balanced.weights(&first(&targets).into()).unwrap();
    let of = |class: f32| f64::from(balanced[targets.iter().position(|&y| y == class).unwrap()]);
    let same = ClassWeight::Each(vec![of(0.0), of(1.0)]);
    assert_eq!(run(fit().class_weight(ClassWeight::Balanced), &plain), run(fit().class_weight(same), &plain));

    let error = |fit: Fit<'_>, data: &Dataset| {
        fit.run(&mut start.clone().compile(1).unwrap(), data).unwrap_err().to_string()
    };
    let weighed = plain.clone().with_sample_weight(each).unwrap();
    assert!(error(fit().class_weight(ClassWeight::Balanced), &weighed).contains("sample_weight"));
    let short = fit().class_weight(ClassWeight::Each(vec![1.0]));
    assert!(error(short, &plain).contains("is of class 1, but class_weight has 1 weights"));
}
