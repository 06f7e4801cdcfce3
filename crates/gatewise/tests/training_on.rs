//! Training that goes on: runs on one stepper, and its state; gradients accumulated over steps; decay that leaves
//! tensors out; and what a run says and refuses.

mod specs;

use gatewise::optimizer::{Adam, AdamW, Clip, Ema, ExponentialDecay, RmsProp, Sgd};
use gatewise::rows::Dataset;
use gatewise::train::{
    Checkpoints, EarlyStopping, LambdaCallback, LearningRateScheduler, ReduceLrOnPlateau, Stepper,
    StepperBuilder, TerminateOnNan, TrainingState,
};
use gatewise::{ErrorKind, Fit, History, Model};
use specs::{dataset, paddings, specs, weight_bits};

type Settings = fn(StepperBuilder) -> StepperBuilder;

/// Settings whose state differs: no slots, several, all that there is.
const SETTINGS: [Settings; 4] = [
    |it| it.optimizer(Sgd::new(0.05)),
    |it| it.optimizer(Adam::new(ExponentialDecay::new(0.02, 3, 0.7))).clip(Clip::GlobalNorm(0.05)),
    |it| it.optimizer(RmsProp::new(0.01).momentum(0.5)).ema(Ema::new().momentum(0.6)),
    |it| {
        let it = it.optimizer(AdamW::new(0.01).weight_decay(0.1)).ema(Ema::new().overwrite_frequency(3));
        it.gradient_accumulation_steps(3).clip(Clip::Norm(0.1))
    },
];

fn stepper(model: Model, settings: Settings) -> Stepper {
    settings(Stepper::builder().seed(7).threads(2)).build(model).unwrap()
}

fn losses(history: &History) -> Vec<(f64, Option<f64>)> {
    history.epochs.iter().map(|log| (log.loss, log.val_loss)).collect()
}

fn fit<'a>(epochs: usize) -> Fit<'a> {
    Fit::new().epochs(epochs).batch_size(8).validation_split(0.2)
}

#[test]
fn runs_on_one_stepper_are_one_run_to_the_bit() {
    let data = dataset(37, paddings()[0]);
    for (spec, settings) in specs().into_iter().flat_map(|spec| SETTINGS.map(|s| (spec.clone(), s))) {
        for steps in [None, Some(3)].into_iter().take(if spec.name == specs()[0].name { 2 } else { 1 }) {
            let run = |stepper: &mut Stepper, epochs| {
                let fit = fit(epochs);
                let fit = if let Some(steps) = steps { fit.steps_per_epoch(steps) } else { fit };
                losses(&fit.run_on(stepper, &data).unwrap())
            };
            let mut once = stepper(spec.lively(), settings);
            let whole = run(&mut once, 5);
            let mut twice = stepper(spec.lively(), settings);
            let mut parts = run(&mut twice, 2);
            // Another process: the weights and the state, as bytes.
            let state = TrainingState::from_bytes(&twice.state().to_bytes().unwrap()).unwrap();
            assert_eq!(state, twice.state());
            let mut moved = stepper(twice.model().clone(), settings);
            moved.restore(state).unwrap();
            parts.extend(run(&mut twice, 3));
            assert_eq!(parts, whole, "{}", spec.name);
            run(&mut moved, 3);
            for other in [twice, moved] {
                assert_eq!((other.epochs(), other.steps()), (5, once.steps()));
                assert_eq!(other.state(), once.state());
                assert_eq!(weight_bits(other.model()), weight_bits(once.model()), "{}", spec.name);
            }
        }
    }
}

#[test]
fn run_is_a_run_on_a_stepper_of_its_own() {
    let data = dataset(37, paddings()[0]);
    for settings in [0, 3] {
        let mut owned = stepper(specs()[0].lively(), SETTINGS[settings]);
        fit(4).run_on(&mut owned, &data).unwrap();
        let mut model = specs()[0].lively();
        let fit = fit(4).seed(7);
        let fit = match settings {
            0 => fit.optimizer(Sgd::new(0.05)),
            _ => fit
                .optimizer(AdamW::new(0.01).weight_decay(0.1))
                .ema(Ema::new().overwrite_frequency(3))
                .gradient_accumulation_steps(3)
                .clip(Clip::Norm(0.1)),
        };
        fit.run(&mut model, &data).unwrap();
        assert_eq!(weight_bits(owned.model()), weight_bits(&model));
    }
}

#[test]
fn an_average_that_was_changed_is_trained_on_from() {
    let data = dataset(24, paddings()[0]);
    let mut it = stepper(specs()[0].lively(), SETTINGS[2]);
    fit(2).run_on(&mut it, &data).unwrap();
    it.model_mut().params_mut().values_mut().fill(0.25);
    let mut other = stepper(it.model().clone(), SETTINGS[2]);
    let mut state = it.state();
    other.restore(state.clone()).unwrap();
    let loss = |stepper: &mut Stepper| stepper.train_on_batch(&data).unwrap().loss;
    let same = specs()[0].lively();
    let mut plain = same.clone();
    plain.params_mut().values_mut().fill(0.25);
    let expected = plain.evaluate(&data).unwrap().loss;
    assert!((loss(&mut it) - expected).abs() < 1e-6 && (loss(&mut other) - expected).abs() < 1e-6);
    // What was set aside is not lost where nothing was changed.
    let mut raw = stepper(same, SETTINGS[2]);
    fit(2).run_on(&mut raw, &data).unwrap();
    let averaged = weight_bits(raw.model());
    raw.train_on_batch(&data).unwrap();
    assert_ne!(weight_bits(raw.model()), averaged);
    state = raw.state();
    assert_eq!(state.steps(), raw.steps());
}

#[test]
fn a_second_run_resumes_within_itself() {
    let data = dataset(37, paddings()[0]);
    let begun = || {
        let mut it = stepper(specs()[0].lively(), SETTINGS[3]);
        fit(2).run_on(&mut it, &data).unwrap();
        it
    };
    let mut whole = begun();
    let history = fit(3).run_on(&mut whole, &data).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = || Checkpoints::new(folder.path()).every(std::time::Duration::ZERO);
    let mut batches = 0;
    let stop = LambdaCallback::new().on_batch_end(|context, _| {
        batches += 1;
        if batches == 6 {
            context.stop();
        }
        Ok(())
    });
    fit(3).checkpoints(checkpoints()).callback(stop).run_on(&mut begun(), &data).unwrap();
    let mut resumed = begun();
    let fit = fit(3).checkpoints(checkpoints()).resume(true);
    assert_eq!(losses(&fit.run_on(&mut resumed, &data).unwrap()), losses(&history));
    assert_eq!(weight_bits(resumed.model()), weight_bits(whole.model()));
    assert_eq!(resumed.state(), whole.state());
    // A stepper that begins elsewhere is another run.
    let mut other = stepper(specs()[0].lively(), SETTINGS[3]);
    let again = self::fit(3).checkpoints(checkpoints()).resume(true);
    assert_eq!(again.run_on(&mut other, &data).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn states_of_other_models_and_optimizers_are_refused() {
    let mut it = stepper(specs()[0].lively(), SETTINGS[1]);
    let other = stepper(specs()[4].lively(), SETTINGS[1]).state();
    assert_eq!(it.restore(other).unwrap_err().kind(), ErrorKind::Shape);
    let other = stepper(specs()[0].lively(), SETTINGS[0]).state();
    let error = it.restore(other).unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("sgd"), "{error}");
    let bytes = it.state().to_bytes().unwrap();
    for at in (0..bytes.len()).step_by(7) {
        let mut copy = bytes.clone();
        copy[at] ^= 0x10;
        assert!(
            TrainingState::from_bytes(&copy).is_err() && TrainingState::from_bytes(&bytes[..at]).is_err()
        );
    }
    let data = dataset(20, paddings()[0]);
    for (name, fit) in [
        ("optimizer", Fit::new().optimizer(Sgd::new(0.1))),
        ("learning_rate", Fit::new().learning_rate(0.1)),
        ("seed", Fit::new().seed(1)),
        ("loss", Fit::new().loss(gatewise::Loss::default())),
        ("machine", Fit::new().threads(1)),
    ] {
        let error = fit.run_on(&mut it, &data).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(name), "{error}");
    }
}

#[test]
fn accumulated_gradients_are_one_step_of_their_mean() {
    let data = dataset(48, paddings()[1]);
    let all = |part: std::ops::Range<usize>| data.select(&part.collect::<Vec<_>>());
    for spec in specs().iter().filter(|spec| !spec.drops()) {
        for clip in [None, Some(Clip::Value(0.01)), Some(Clip::Norm(0.02)), Some(Clip::GlobalNorm(0.03))] {
            let build = |every: Option<u64>| {
                let it = Stepper::builder().optimizer(Adam::new(0.01).weight_decay(0.1)).seed(3);
                let it = if let Some(clip) = clip { it.clip(clip) } else { it };
                let it = if let Some(every) = every { it.gradient_accumulation_steps(every) } else { it };
                it.build(spec.lively()).unwrap()
            };
            let (mut parts, mut whole, mut halves) = (build(Some(3)), build(None), build(Some(3)));
            for _ in 0..2 {
                for part in [0..16, 16..32, 32..48] {
                    let before = weight_bits(parts.model());
                    let rows = all(part);
                    parts.train_on_batch(&rows).unwrap();
                    let gradient = halves.gradient(&rows).unwrap();
                    halves.apply(&gradient).unwrap();
                    assert_eq!(weight_bits(parts.model()) == before, parts.steps() % 3 != 0);
                }
                whole.train_on_batch(&data).unwrap();
            }
            let pairs = [&parts, &halves].map(|it| it.model().params().values());
            for own in pairs {
                let other = whole.model().params().values();
                // Where a gradient is almost zero, Adam makes a step of its rounding.
                let off = own.iter().zip(other).filter(|(a, b)| (**a - **b).abs() > 1e-4).count();
                assert!(off * 50 <= own.len(), "{} {clip:?}: {off} of {}", spec.name, own.len());
            }
        }
    }
    let error = Stepper::builder().gradient_accumulation_steps(1).build(specs()[0].lively()).unwrap_err();
    assert!(error.to_string().contains("gradient_accumulation_steps is 1"), "{error}");
}

#[test]
fn tensors_that_are_left_out_do_not_decay() {
    let data = dataset(20, paddings()[0]);
    let before = specs()[0].lively();
    let run = |exclude: &[&str], decay: f64| {
        let mut model = before.clone();
        let fit = Fit::new().optimizer(Sgd::new(0.01).weight_decay(decay)).batch_size(20);
        fit.exclude_from_weight_decay(exclude.iter().copied()).run(&mut model, &data).unwrap();
        model
    };
    let (plain, decayed, some) = (run(&[], 0.0), run(&[], 0.5), run(&["bias", "lstm/rec"], 0.5));
    let mut left_out = 0;
    for info in before.params().table() {
        let [plain, decayed, some] =
            [&plain, &decayed, &some].map(|model| model.params().get(&info.name).unwrap());
        assert_ne!(plain, decayed, "{}", info.name);
        let out = info.name.contains("bias") || info.name.starts_with("lstm/rec");
        assert_eq!(some, if out { plain } else { decayed }, "{}", info.name);
        left_out += usize::from(out);
    }
    assert!(left_out >= 3 && left_out < before.params().table().len());
    let fit = Fit::new().exclude_from_weight_decay(["", "x"]);
    assert!(fit.run(&mut before.clone(), &data).unwrap_err().to_string().contains("empty name"));
}

#[test]
fn the_rate_is_that_of_the_optimizer_given_in_either_order() {
    let data = dataset(20, paddings()[0]);
    let run = |fit: Fit<'_>| {
        let mut model = specs()[0].lively();
        fit.run(&mut model, &data).unwrap();
        weight_bits(&model)
    };
    let momentum = || Sgd::new(0.5).momentum(0.9);
    let expected = run(Fit::new().optimizer(Sgd::new(0.1).momentum(0.9)));
    assert_eq!(run(Fit::new().optimizer(momentum()).learning_rate(0.1)), expected);
    assert_eq!(run(Fit::new().learning_rate(0.1).optimizer(momentum())), expected);
    assert_ne!(run(Fit::new().learning_rate(0.1)), expected);
}

#[test]
fn what_sets_the_rate_over_a_schedule_is_refused() {
    let data = dataset(20, paddings()[0]);
    let refused = |fit: Fit<'_>, who: &str| {
        let fit = fit.learning_rate(ExponentialDecay::new(0.1, 5, 0.9));
        let error = fit.run(&mut specs()[0].lively(), &data).unwrap_err();
        assert!(error.kind() == ErrorKind::Config, "{error}");
        assert!(error.to_string().contains(who) && error.to_string().contains("schedule"), "{error}");
    };
    refused(Fit::new().callback(ReduceLrOnPlateau::new()), "ReduceLROnPlateau");
    refused(Fit::new().callback(LearningRateScheduler::new(|_, rate| rate)), "LearningRateScheduler");
    let own = LambdaCallback::new().on_batch_end(|context, _| context.set_learning_rate(0.1));
    refused(Fit::new().callback(own), "cannot be set");
    let mut it = stepper(specs()[0].lively(), SETTINGS[1]);
    assert_eq!(it.set_learning_rate(0.1).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn the_history_has_the_notes_and_the_epoch_that_diverged() {
    let data = dataset(30, paddings()[1]);
    let mut model = specs()[0].lively();
    let stop = EarlyStopping::new().monitor("loss").mode(gatewise::train::MonitorMode::Max).patience(1);
    let history = Fit::new().epochs(9).learning_rate(0.01).callback(stop).run(&mut model, &data).unwrap();
    assert!(history.notes.iter().any(|note| note.contains("stopped early")), "{:?}", history.notes);
    assert!(history.notes.iter().any(|note| note.contains("padding behind the rows")), "{:?}", history.notes);
    // The weights are beyond all bounds after the first batch.
    let fit = || Fit::new().epochs(3).batch_size(10).learning_rate(1e39).validation_split(0.2);
    let history = fit().callback(TerminateOnNan).run(&mut model, &data).unwrap();
    assert!(history.stopped && history.epochs.len() == 1, "{history:?}");
    let log = &history.epochs[0];
    assert!(log.val_loss.is_some_and(|loss| !loss.is_finite()), "{log:?}");
    assert!(history.notes.iter().any(|note| note.contains("diverged")), "{:?}", history.notes);
}

#[test]
fn validation_rows_are_weighted_as_in_keras() {
    let data = dataset(10, paddings()[0]);
    let weights: Vec<f32> = (0..10).map(|row| row as f32 / 4.0).collect();
    let weighted = data.clone().with_sample_weight(weights.clone()).unwrap();
    let loss_of = |model: &Model, rows: &[usize]| -> f64 {
        let each = |&row: &usize| {
            model.evaluate(&data.select(&[row]).with_padding(Dataset::padding(&data))).unwrap().loss
        };
        rows.iter().map(|row| each(row) * f64::from(weights[*row])).sum::<f64>() / rows.len() as f64
    };
    let mut model = specs()[0].lively();
    let history = Fit::new().validation_split(0.4).run(&mut model, &weighted).unwrap();
    let expected = loss_of(&model, &[6, 7, 8, 9]);
    assert!((history.epochs[0].val_loss.unwrap() - expected).abs() < 1e-9);
    let all: Vec<usize> = (0..10).collect();
    let history = Fit::new().validation_data(&weighted).run(&mut model, &data).unwrap();
    assert!((history.epochs[0].val_loss.unwrap() - loss_of(&model, &all)).abs() < 1e-9);
}
