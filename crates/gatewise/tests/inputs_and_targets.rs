//! Rows of vectors, masks over them, answers at every step, targets of several numbers, weighed rows:
//! each held to a simpler way of saying the same.

mod specs;

use gatewise::layers::{Activation, Dense, Embedding, Input, Lstm, Masking, TimeDistributed};
use gatewise::rows::{Dataset, Features, Inputs, Padding, Sequences, Targets};
use gatewise::text::Side;
use gatewise::{ErrorKind, Fit, Isa, Loss, Machine, Model, Sequential};
use specs::{bits, paddings, random, weight_bits};

const WIDTH: usize = 3;

/// Ragged rows of vectors, `absent` standing at some steps.
fn features(count: usize, absent: f32) -> Features {
    let mut random = random(21);
    let mut rows = Features::new(WIDTH);
    for row in 0..count {
        let steps = row * 5 % 12;
        let mut values = Vec::new();
        for _ in 0..steps {
            let vector: [f32; WIDTH] = match random.below(5) {
                0 => [absent; WIDTH],
                _ => std::array::from_fn(|_| random.normal() as f32),
            };
            values.extend(vector);
        }
        rows.push(&values).unwrap();
    }
    rows
}

fn lively(layers: Sequential) -> Model {
    let mut model = layers.compile(3).unwrap();
    let mut random = random(22);
    model.params_mut().values_mut().iter_mut().for_each(|w| *w += (random.uniform() as f32 - 0.5) * 0.9);
    model
}

fn close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    assert!(!a.is_empty());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 2e-5, "{a} {b}");
    }
}

/// Ids, and the vectors that an embedding would make of them: the same model in two ways.
#[test]
fn vectors_and_the_embedding_that_makes_them_agree() {
    let ids = specs::rows(37);
    for masked in [false, true] {
        for padding in paddings() {
            let embedding = Embedding::new(specs::VOCABULARY, WIDTH).mask_zero(masked);
            let of_ids = lively(Sequential::new().with(embedding).with(Lstm::new(5)));
            let table = of_ids.params().get("embedding/embeddings").unwrap();
            let vector = |id: usize| &table[id * WIDTH..][..WIDTH];
            // Vectors are padded with zeros, ids with the pad id's vector: shift all so that it is zero.
            let pad = vector(0).to_vec();
            let mut layers = Sequential::new().with(Input::new(WIDTH));
            if masked {
                layers = layers.with(Masking::new(0.0));
            }
            let mut of_vectors = layers.with(Lstm::new(5)).compile(1).unwrap();
            for name in ["kernel", "recurrent_kernel", "bias"] {
                let name = format!("lstm/{name}");
                let from = of_ids.params().get(&name).unwrap().to_vec();
                of_vectors.params_mut().get_mut(&name).unwrap().copy_from_slice(&from);
            }
            let kernel = of_ids.params().get("lstm/kernel").unwrap().to_vec();
            let bias = of_vectors.params_mut().get_mut("lstm/bias").unwrap();
            for (column, bias) in bias.iter_mut().enumerate() {
                *bias += pad.iter().enumerate().map(|(d, x)| x * kernel[d * 20 + column]).sum::<f32>();
            }
            let mut rows = Features::new(WIDTH);
            for row in &ids {
                let shifted =
                    row.iter().flat_map(|&id| vector(id as usize).iter().zip(&pad).map(|(x, p)| x - p));
                rows.push(&shifted.collect::<Vec<f32>>()).unwrap();
            }
            let expected = of_ids.predict(&specs::sequences(&ids).into(), padding).unwrap();
            close(&of_vectors.predict(&rows.into(), padding).unwrap(), &expected);
        }
    }
}

#[test]
fn masked_steps_change_nothing_wherever_they_stand() {
    const ABSENT: f32 = -7.0;
    let with = features(37, ABSENT);
    let mut without = Features::new(WIDTH);
    for row in 0..with.len() {
        let kept = with.row(row).chunks_exact(WIDTH).filter(|vector| vector.iter().any(|&v| v != ABSENT));
        without.push(&kept.flatten().copied().collect::<Vec<_>>()).unwrap();
    }
    let layers = Sequential::new().with(Input::new(WIDTH)).with(Masking::new(ABSENT));
    let layers = layers.with(Lstm::new(4).return_sequences(true)).with(Lstm::new(6));
    let model = lively(layers);
    for padding in [Padding::default(), Padding::to(20).padding(Side::Post)] {
        let outputs = |rows: &Features| model.predict(&Inputs::from(rows.clone()), padding).unwrap();
        assert_eq!(bits(&outputs(&with)), bits(&outputs(&without)));
    }
}

/// Every step's answer is that of the row cut after it.
#[test]
fn answers_at_every_step_are_those_of_the_row_so_far() {
    let rows = features(20, 0.0);
    let input = || Sequential::new().with(Input::new(WIDTH));
    let every = lively(input().with(Lstm::new(4).return_sequences(true)));
    let mut last = input().with(Lstm::new(4)).compile(0).unwrap();
    last.params_mut().values_mut().copy_from_slice(every.params().values());
    assert!(every.output_per_step() && !last.output_per_step());
    for side in [Side::Pre, Side::Post] {
        // Behind the row nothing is heard; before it, zeros would be: there rows are of one length.
        let padding = Padding::default().padding(side).truncating(side);
        for row in 0..rows.len() {
            let steps = rows.steps(row);
            let whole = rows.select(&[row]);
            let answers = every.predict(&whole.clone().into(), padding).unwrap();
            assert_eq!(answers.len(), steps * 4);
            for step in 0..steps {
                let mut cut = Features::new(WIDTH);
                cut.push(&whole.row(0)[..(step + 1) * WIDTH]).unwrap();
                close(&answers[step * 4..][..4], &last.predict(&cut.into(), padding).unwrap());
            }
        }
        if side == Side::Post {
            // All rows together: each gets its own steps back, in order.
            let together = every.predict(&rows.clone().into(), padding).unwrap();
            let apart: Vec<f32> = (0..rows.len())
                .flat_map(|row| every.predict(&rows.select(&[row]).into(), padding).unwrap())
                .collect();
            assert_eq!(bits(&together), bits(&apart));
        }
    }
}

/// A data set with a target for each step of each row.
fn labelled_steps(mask: f32, width: usize) -> Dataset {
    let rows = features(40, mask);
    let mut random = random(23);
    let lengths: Vec<usize> = (0..rows.len()).map(|row| rows.steps(row)).collect();
    let count = lengths.iter().sum::<usize>() * width;
    let values = (0..count).map(|_| random.normal() as f32).collect();
    Dataset::new(rows, Targets::steps(width, values, &lengths).unwrap()).unwrap()
}

/// Words, some of them the pad id, each with a class.
fn labelled_words() -> Dataset {
    let rows = specs::rows(40);
    let mut random = random(25);
    let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    let classes = (0..lengths.iter().sum()).map(|_| random.below(4) as f32).collect();
    Dataset::new(specs::sequences(&rows), Targets::steps(1, classes, &lengths).unwrap()).unwrap()
}

/// The models and data sets that the tests below run over.
fn cases() -> Vec<(&'static str, Sequential, Dataset, Loss)> {
    let input = || Sequential::new().with(Input::new(WIDTH));
    let softmax = |units| Dense::new(units).activation(Activation::Softmax);
    let mut random = random(24);
    let classes: Vec<f32> = (0..40).map(|_| random.below(4) as f32).collect();
    let one_hot = classes.iter().flat_map(|&c| (0..4).map(move |k| f32::from(u8::from(c == k as f32))));
    let one_hot = Targets::rows(4, one_hot.collect()).unwrap();
    let several = Targets::rows(2, (0..80).map(|_| random.below(2) as f32).collect()).unwrap();
    let numbers = Targets::rows(2, (0..80).map(|_| random.normal() as f32).collect()).unwrap();
    let ids = || specs::sequences(&specs::rows(40));
    let text = || Sequential::new().with(Embedding::new(specs::VOCABULARY, 4)).with(Lstm::new(5));
    let text_steps = || {
        let layers = Sequential::new().with(Embedding::new(specs::VOCABULARY, 4).mask_zero(true));
        layers.with(Lstm::new(5).return_sequences(true)).with(Dense::new(3).activation(Activation::Tanh))
    };
    let weights: Vec<f32> = (0..40).map(|row| [0.0, 0.5, 2.0][row % 3]).collect();
    let weighed = |data: Dataset| data.with_sample_weight(weights.clone()).unwrap();
    let data = |inputs: Inputs, targets: Targets| Dataset::new(inputs, targets).unwrap();
    let steps = || Lstm::new(2).return_sequences(true);
    vec![
        (
            "several classes",
            text().with(softmax(4)),
            data(ids().into(), classes.clone().into()),
            Loss::sparse_categorical_crossentropy(),
        ),
        (
            "one-hot classes, weighed",
            text().with(softmax(4)),
            weighed(data(ids().into(), one_hot)),
            Loss::categorical_crossentropy(),
        ),
        (
            "several questions",
            text().with(Dense::new(2).activation(Activation::Sigmoid)),
            data(ids().into(), several),
            Loss::default(),
        ),
        (
            "numbers",
            input().with(Lstm::new(5)).with(Dense::new(2)),
            data(features(40, 0.0).into(), numbers),
            Loss::MeanSquaredError,
        ),
        ("steps", input().with(steps()), labelled_steps(0.0, 2), Loss::MeanSquaredError),
        (
            "a class for each step",
            text_steps().with(TimeDistributed::new(softmax(4))),
            labelled_words(),
            Loss::sparse_categorical_crossentropy(),
        ),
        (
            "masked steps, weighed, stacked",
            input().with(Masking::new(0.0)).with(Lstm::new(3).return_sequences(true)).with(steps()),
            weighed(labelled_steps(0.0, 2)),
            Loss::MeanSquaredError,
        ),
    ]
}

#[test]
fn gradients_are_slopes_of_the_loss() {
    const STEP: f32 = 1e-2;
    for (name, layers, data, loss) in cases() {
        for padding in paddings() {
            let (model, data) = (lively(layers.clone()), data.clone().with_padding(padding));
            let (reported, grads) = model.gradients(&data, loss.clone(), Isa::detect()).unwrap();
            let evaluate = |model: &Model| {
                model.evaluate_with(&data, loss.clone(), &Machine::new().threads(1)).unwrap().loss
            };
            assert!((reported - evaluate(&model)).abs() < 1e-6, "{name}");
            assert!(grads.iter().any(|g| g.abs() > 1e-4), "{name}");
            for at in (0..grads.len()).step_by(7) {
                let moved = |by: f32| {
                    let mut moved = model.clone();
                    let weight = &mut moved.params_mut().values_mut()[at];
                    let before = *weight;
                    *weight += by;
                    let real = f64::from(*weight) - f64::from(before);
                    (evaluate(&moved), real)
                };
                let ((up, right), (down, left)) = (moved(STEP), moved(-STEP));
                let slope = (up - down) / (right - left);
                let error = (slope - f64::from(grads[at])).abs();
                assert!(error < 2e-3 * (1.0 + slope.abs()), "{name}, {at}: {slope} {}", grads[at]);
            }
        }
    }
}

#[test]
fn training_gives_the_same_bits_everywhere() {
    for (name, layers, data, loss) in cases() {
        let trained = |isa: Isa, threads: usize| {
            let mut model = layers.compile(3).unwrap();
            let fit = Fit::new().epochs(2).batch_size(37).learning_rate(0.01).loss(loss.clone());
            fit.isa(isa).threads(threads).run(&mut model, &data).unwrap();
            weight_bits(&model)
        };
        let one = trained(Isa::detect(), 1);
        for threads in [2, 3, 8] {
            assert_eq!(trained(Isa::detect(), threads), one, "{name}: {threads} threads");
        }
        for isa in Isa::available() {
            assert_eq!(trained(isa, 2), one, "{name}: {isa}");
        }
    }
}

#[test]
fn the_loss_that_suits_is_taken_and_classes_are_learnt_by_heart() {
    let rows: Sequences = (1..=12u32).map(|i| [i, 1 + i * 5 % 7, 9 + i % 3, 20 - i]).collect();
    let classes: Vec<f32> = (0..12).map(|row| (row * 7 % 3) as f32).collect();
    let data = Dataset::new(rows, classes).unwrap();
    let head = Dense::new(3).activation(Activation::Softmax);
    let layers = Sequential::new().with(Embedding::new(21, 5)).with(Lstm::new(6)).with(head);
    let mut model = layers.compile(2).unwrap();
    Fit::new().epochs(150).learning_rate(0.05).run(&mut model, &data).unwrap();
    let now = model.evaluate(&data).unwrap();
    assert!(now.accuracy == Some(1.0) && now.loss < 0.05, "{now:?}");
    assert_eq!(Some(now.loss), {
        let loss = Loss::sparse_categorical_crossentropy();
        model.evaluate_with(&data, loss, &Machine::new().threads(1)).ok().map(|same| same.loss)
    });
}

/// A weight of two is a row that comes twice, as far as the sum goes; one of nothing, a row left out.
#[test]
fn weights_count_rows() {
    let (rows, targets) = (specs::rows(6), vec![0.0, 1.0, 1.0, 0.0, 1.0, 0.0]);
    let spec = &specs::specs()[0];
    let model = spec.lively();
    let data = |order: &[usize]| {
        let rows: Vec<_> = order.iter().map(|&row| rows[row].clone()).collect();
        let targets: Vec<f32> = order.iter().map(|&row| targets[row]).collect();
        Dataset::new(specs::sequences(&rows), targets).unwrap().with_padding(paddings()[0])
    };
    let weighed = data(&[0, 1, 2, 3, 4, 5]).with_sample_weight(vec![2.0, 1.0, 0.0, 1.0, 1.0, 2.0]).unwrap();
    let repeated = data(&[0, 0, 1, 3, 4, 5, 5]);
    let of = |data: &Dataset, count: f64| {
        let (loss, grads) = model.gradients(data, Loss::default(), Isa::detect()).unwrap();
        (loss * count, grads.iter().map(|&g| f64::from(g) * count).collect::<Vec<_>>())
    };
    let (a, b) = (of(&weighed, 6.0), of(&repeated, 7.0));
    assert!((a.0 - b.0).abs() < 1e-6);
    assert!(a.1.iter().zip(&b.1).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn what_does_not_fit_is_refused_with_advice() {
    let input = || Sequential::new().with(Input::new(WIDTH));
    let per_row = input().with(Lstm::new(2)).compile(0).unwrap();
    let per_step = input().with(Lstm::new(2).return_sequences(true)).compile(0).unwrap();
    let rows = || features(40, 0.0);
    let numbers = |width: usize| Targets::rows(width, vec![0.5; 40 * width]).unwrap();
    let steps = labelled_steps(0.0, 2);
    let row = |width| Dataset::new(rows(), numbers(width)).unwrap();
    let mse = || Loss::MeanSquaredError;
    let text = Dataset::new(specs::sequences(&specs::rows(4)), vec![0.0; 4]).unwrap();
    let mut other = Features::new(2);
    other.push(&[1.0, 2.0]).unwrap();
    let other = Dataset::new(other, numbers(2).select(&[0])).unwrap();
    for (model, data, loss, kind, parts) in [
        (&per_step, &row(2), mse(), ErrorKind::Shape, ["output at every step", "return_sequences"]),
        (&per_row, &steps, mse(), ErrorKind::Shape, ["one output a row", "return_sequences"]),
        (&per_row, &row(3), mse(), ErrorKind::Data, ["targets of 2", "they have 3"]),
        (&per_row, &row(2), Loss::default(), ErrorKind::Config, ["Dense::new(2)", "Sigmoid"]),
        (&per_row, &text, mse(), ErrorKind::Data, ["reads vectors of 3", "token ids"]),
        (&per_row, &other, mse(), ErrorKind::Data, ["vectors of 3 numbers", "vectors of 2"]),
    ] {
        let error = Fit::new().loss(loss.clone()).run(&mut model.clone(), data).unwrap_err();
        let message = error.to_string();
        // What training refuses, evaluation refuses too, in the same words.
        let same = model.evaluate_with(data, loss, &Machine::new()).unwrap_err();
        assert_eq!(same.to_string(), message);
        assert!(error.kind() == kind && parts.iter().all(|part| message.contains(part)), "{message}");
    }
    for (error, part) in [
        (Targets::steps(1, vec![0.0; 3], &[1, 1]).unwrap_err(), "2 steps in all"),
        (Targets::steps(1, vec![0.0; 3], &[usize::MAX, 4]).unwrap_err(), "steps in all"),
        (Targets::rows(2, vec![0.0; 3]).unwrap_err(), "not a multiple of the target width 2"),
        (Features::new(2).push(&[1.0]).unwrap_err(), "not a multiple of the width 2"),
        (Features::new(2).push(&[1.0, f32::NAN]).unwrap_err(), "NaN at step 0"),
        (Dataset::new(rows(), vec![1.0]).unwrap_err(), "40 sequences and 1 targets"),
        (row(2).with_sample_weight(vec![1.0]).unwrap_err(), "40 rows and 1 weights"),
        (row(2).with_sample_weight(vec![-1.0; 40]).unwrap_err(), "row 0 has the sample weight -1"),
        (
            Dataset::new(rows(), Targets::steps(1, vec![0.0; 40], &[1; 40]).unwrap()).unwrap_err(),
            "row 0 has 0 steps",
        ),
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
}
