//! Explanations: completeness, what each part must equal, and the changes that turn an answer.

mod specs;

use gatewise::explain::{
    ExplainOptions, Explainer, Explanation, Method, TopWords, integrated_gradients, integrated_gradients_on,
    occlusion,
};
use gatewise::layers::{
    Activation, Bidirectional, Dense, Embedding, GlobalAveragePooling1D, Gru, Input, Lstm, Masking,
};
use gatewise::linear::{LinearModel, LinearOptions};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Features, Inputs, Padding, Problem, Scaler, Sequences};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Artifact, Fit, Isa, Machine, Model, Output, Predictor, Sequential};

const WORDS: [&str; 8] = ["good", "bad", "not", "film", "the", "fine", "dull", "very"];

/// Rows of 1 to 7 words; 1 if there are more good words than bad ones, each turned by "not" before it.
fn corpus(rows: usize) -> (Vec<String>, Vec<f32>) {
    let mut random = Random::new(9, Purpose::Data, 0);
    let mut one = |_| {
        let words: Vec<&str> = (0..1 + random.below(7)).map(|_| WORDS[random.below(WORDS.len())]).collect();
        let mut score = 0.0;
        for (at, word) in words.iter().enumerate() {
            let sign = if at > 0 && words[at - 1] == "not" { -1.0 } else { 1.0 };
            score += sign
                * match *word {
                    "good" | "fine" => 1.0,
                    "bad" | "dull" => -1.0,
                    _ => 0.0,
                };
        }
        (words.join(" "), f32::from(u8::from(score > 0.0)))
    };
    (0..rows).map(&mut one).unzip()
}

fn vocabulary() -> Vocabulary {
    Vocabulary::from_ranked(&WORDS.map(String::from), 12).unwrap()
}

fn encoded(texts: &[String]) -> Sequences {
    let (vocabulary, tokenizer) = (vocabulary(), Tokenizer::default());
    let row = |text: &String| {
        let mut ids = Vec::new();
        vocabulary.encode(&tokenizer, text, &mut ids);
        ids
    };
    texts.iter().map(row).collect()
}

fn trained(layers: Sequential, padding: Padding) -> Artifact {
    let (texts, targets) = corpus(400);
    let data = Dataset::new(encoded(&texts), targets).unwrap().with_padding(padding);
    let mut model = layers.compile(3).unwrap();
    Fit::new().epochs(12).learning_rate(0.02).batch_size(16).run(&mut model, &data).unwrap();
    Artifact::builder(model)
        .text(Tokenizer::default(), vocabulary())
        .padding(padding)
        .labels(["neg", "pos"])
        .build()
        .unwrap()
}

fn binary() -> Artifact {
    let layers = Sequential::new().with(Embedding::new(12, 6)).with(Lstm::new(8));
    trained(layers.with(Dense::new(1).activation(Activation::Sigmoid)), Padding::to(9))
}

fn values(explanation: &Explanation, method: Method) -> &[f64] {
    &explanation.attributions.iter().find(|one| one.method == method).unwrap().values
}

fn logit(p: f32) -> f64 {
    (f64::from(p) / (1.0 - f64::from(p))).ln()
}

// ---------------------------------------------------------------------------------------------------
// The methods

#[test]
fn integrated_gradients_add_up_for_every_model() {
    for spec in specs::specs() {
        let model = spec.layers.compile(5).unwrap();
        if model.output_per_step() {
            continue;
        }
        let rows: Inputs = specs::dataset(20, Padding::to(specs::STEPS)).inputs().clone();
        for output in 0..model.output_width() {
            let found = integrated_gradients(&model, &rows, Padding::to(specs::STEPS), output, None).unwrap();
            assert_eq!(found.len(), rows.len());
            for (row, found) in found.iter().enumerate() {
                // Weights at random: differences are small, and so are their digits. A maximum has kinks, which no
                // number of points integrates exactly where contributions cancel.
                let sum: f64 = found.integrated.iter().sum();
                let size: f64 = found.integrated.iter().map(|value| value.abs()).sum();
                let difference = found.logit - found.baseline;
                assert!(
                    (sum - difference).abs() <= 0.01 * difference.abs() + 2e-4 * size + 2e-6,
                    "{}, row {row}: {sum} of {difference} with {} points",
                    spec.name,
                    found.points
                );
            }
        }
    }
}

/// F is linear in the vectors: both methods are weights times vectors, to the last digits.
#[test]
fn of_a_linear_model_the_contributions_are_its_terms() {
    let layers = Sequential::new().with(Embedding::new(9, 3)).with(GlobalAveragePooling1D::new());
    let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(2).unwrap();
    let row: Inputs = Sequences::from_iter([[4, 8, 5, 4]]).into();
    let found = &integrated_gradients(&model, &row, Padding::to(6), 0, Some(3)).unwrap()[0];
    let (table, head) = (&model.params().values()[..27], &model.params().values()[27..30]);
    for (t, id) in [4, 8, 5, 4].into_iter().enumerate() {
        for d in 0..3 {
            let slope = f64::from(head[d]) / 6.0;
            let [e, pad] = [id, 0].map(|id| f64::from(table[id * 3 + d]));
            assert!((found.integrated[t * 3 + d] - slope * (e - pad)).abs() < 1e-8);
            assert!((found.gradient_times_input[t * 3 + d] - slope * e).abs() < 1e-8);
        }
    }
}

/// The path integral by the trapezoidal rule over differences of predictions, with vectors as inputs.
#[test]
fn integrated_gradients_are_the_integral_of_the_slopes() {
    let layers = Sequential::new().with(Input::new(2)).with(Masking::new(0.0)).with(Gru::new(3));
    let model = layers.with(Dense::new(2).activation(Activation::Softmax)).compile(8).unwrap();
    let mut random = Random::new(1, Purpose::Data, 0);
    let x: Vec<f32> = (0..10).map(|_| 3.0 * random.uniform() as f32 - 1.5).collect();
    let features = |x: &[f32]| {
        let mut rows = Features::new(2);
        rows.push(x).unwrap();
        Inputs::from(rows)
    };
    let found = &integrated_gradients(&model, &features(&x), Padding::to(7), 1, Some(50)).unwrap()[0];
    // Softmax of two: the logits from logarithms, up to a shift that the difference does not have.
    let other = &integrated_gradients(&model, &features(&x), Padding::to(7), 0, Some(50)).unwrap()[0];
    let odds = |x: &[f32]| {
        let p = model.predict(&features(x), Padding::to(7)).unwrap();
        f64::from(p[1]).ln() - f64::from(p[0]).ln()
    };
    let steps = 200;
    for at in 0..x.len() {
        let mut integral = 0.0;
        for step in 0..steps {
            let alpha = (f64::from(step) + 0.5) / f64::from(steps);
            let point: Vec<f32> = x.iter().map(|&x| (alpha * f64::from(x)) as f32).collect();
            let moved = |by: f32| {
                let mut point = point.clone();
                point[at] += by;
                odds(&point)
            };
            integral += (moved(1e-2) - moved(-1e-2)) / 2e-2 / f64::from(steps);
        }
        let expected = integral * f64::from(x[at]);
        let own = found.integrated[at] - other.integrated[at];
        assert!((own - expected).abs() < 2e-3 * (1.0 + expected.abs()), "{at}: {own} against {expected}");
    }
}

#[test]
fn gradient_times_input_is_the_product() {
    let model = Sequential::new()
        .with(Embedding::new(9, 3).mask_zero(true))
        .with(Bidirectional::new(Lstm::new(2)))
        .with(Dense::new(3))
        .compile(2)
        .unwrap();
    let rows: Inputs = Sequences::from_iter([vec![4, 8, 5], vec![3; 9], vec![]]).into();
    let slopes = model.input_gradients(&rows, Padding::to(5), Output::Logit(2)).unwrap();
    let found = integrated_gradients(&model, &rows, Padding::to(5), 2, Some(1)).unwrap();
    for (row, found) in found.iter().enumerate() {
        assert_eq!(found.gradient, slopes.row(row));
        let ids = [&[4, 8, 5][..], &[3; 5], &[]][row];
        let x = ids.iter().flat_map(|&id| model.params().values()[id * 3..][..3].iter());
        let expected: Vec<f64> =
            slopes.row(row).iter().zip(x).map(|(&d, &x)| f64::from(d) * f64::from(x)).collect();
        assert_eq!(found.gradient_times_input, expected);
    }
}

#[test]
fn occlusion_is_the_difference_of_two_predictions() {
    let layers = Sequential::new().with(Input::new(2)).with(Gru::new(3)).with(Dense::new(2));
    let model = layers.compile(4).unwrap();
    let mut rows = Features::new(2);
    rows.push(&[0.5, -1.0, 2.0, 0.25, 1.0, 1.0]).unwrap();
    let predict = |x: &[f32]| {
        let mut rows = Features::new(2);
        rows.push(x).unwrap();
        f64::from(model.predict(&rows.into(), Padding::to(4)).unwrap()[1])
    };
    let whole = predict(rows.row(0));
    let found = occlusion(&model, &Inputs::from(rows), Padding::to(4), 1).unwrap();
    assert_eq!(found[1], whole - predict(&[0.5, -1.0, 0.0, 0.0, 1.0, 1.0]));
    assert_eq!(found[2], whole - predict(&[0.5, -1.0, 2.0, 0.25, 0.0, 0.0]));
}

#[test]
fn the_same_bits_on_any_machine_and_in_any_company() {
    let model = binary().model().clone();
    let rows: Inputs = encoded(&corpus(40).0).into();
    let on = |machine: &Machine, rows: &Inputs| {
        integrated_gradients_on(&model, rows, Padding::to(9), 0, Some(20), machine).unwrap()
    };
    let one = on(&Machine::new().threads(1), &rows);
    for isa in Isa::available() {
        assert_eq!(on(&Machine::new().threads(3).isa(isa), &rows), one, "{isa}");
    }
    assert_eq!(on(&Machine::new(), &rows.select(&[17]))[0], one[17]);
}

// ---------------------------------------------------------------------------------------------------
// Explanations

#[test]
fn the_parts_of_an_explanation_are_what_they_are_said_to_be() {
    let artifact = binary();
    let predictor = Predictor::new(artifact.clone()).unwrap();
    let explainer = Explainer::new(artifact).unwrap();
    let text = "The film: not GOOD, but fine?";
    let options = ExplainOptions::new().methods(Method::ALL);
    let found = explainer.explain_with(text, &options).unwrap();
    assert_eq!(found.answer, predictor.answer(text).unwrap());
    let output = &found.output;
    assert_eq!((output.label.as_deref(), output.other.as_deref()), (Some("pos"), Some("neg")));
    assert_eq!((output.value, output.threshold), (predictor.probability(text).unwrap(), Some(0.5)));
    assert!((output.logit - logit(output.value)).abs() < 1e-4);
    let texts: Vec<&str> = found.tokens.iter().map(|token| &*token.text).collect();
    assert_eq!(texts, ["<start>", "the", "film", "not", "good", "but", "fine"]);
    let known: Vec<bool> = found.tokens.iter().map(|token| token.known).collect();
    assert_eq!(known, [true, true, true, true, true, false, true]);
    let written = |at: usize| found.tokens[at].span.map(|[from, to]| &text[from..to]);
    assert_eq!((written(0), written(1), written(4)), (None, Some("The"), Some("GOOD")));
    // The answers to the beginnings of the text.
    for (at, end) in [(2, "the film"), (4, "the film not good"), (6, text)] {
        assert_eq!(found.beginnings[at], predictor.probability(end).unwrap(), "{end}");
    }
    assert!(found.endings.is_empty(), "the model reads forwards only");
    // States: those of the trace.
    let layer = &found.layers[0];
    assert_eq!((&*layer.name, layer.class, layer.units, layer.start), ("lstm", "LSTM", 8, 0));
    let names: Vec<&str> = layer.signals.iter().map(|signal| &*signal.name).collect();
    assert_eq!(names, ["input_gate", "forget_gate", "candidate", "output_gate", "cell", "output"]);
    let mut ids = Vec::new();
    vocabulary().encode(&Tokenizer::default(), text, &mut ids);
    let trace =
        predictor.artifact().model().trace(&Sequences::from_iter([ids]).into(), Padding::to(9)).unwrap();
    let forget = trace.get(0, "lstm", "forget_gate").unwrap();
    assert_eq!(layer.signals[1].values[4], forget.step(trace.positions(0).start + 4));
    let mean = forget.step(trace.positions(0).start + 4).iter().sum::<f32>() / 8.0;
    assert_eq!(layer.signals[1].mean[4], mean);
    // Integrated gradients and the two others agree on what speaks for "pos" here.
    for attribution in &found.attributions {
        assert_eq!(attribution.values.len(), 7);
        assert!((attribution.sum - attribution.values.iter().sum::<f64>()).abs() < 1e-12);
    }
    assert!(found.parts.is_empty() && found.notes.is_empty(), "{:?}", found.notes);
    // As JSON: the keys are the fields.
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["attributions"][0]["method"], "integrated_gradients");
    assert_eq!(json["output"]["label"], "pos");
}

#[test]
fn many_texts_are_explained_as_each_alone() {
    let explainer = Explainer::new(binary()).unwrap();
    let (texts, _) = corpus(30);
    let options = ExplainOptions::new().methods(Method::ALL);
    let many = explainer.explain_many(&texts, &options).unwrap();
    for (text, many) in texts.iter().zip(&many) {
        assert_eq!(explainer.explain_with(text, &options).unwrap(), *many, "{text}");
    }
    assert!(explainer.explain_many::<&str>(&[], &options).unwrap().is_empty());
    let mut top = TopWords::new();
    many.iter().for_each(|one| top.add(one, Method::IntegratedGradients));
    let found = top.top(3, 2);
    assert_eq!(found.iter().map(|(label, _)| &**label).collect::<Vec<_>>(), ["neg", "pos"]);
    let best = |at: usize| &*found[at].1[0].word;
    assert!(["bad", "dull", "not"].contains(&best(0)) && ["good", "fine"].contains(&best(1)), "{found:?}");
    assert!(found[1].1.is_sorted_by(|a, b| a.mean >= b.mean));
}

#[test]
fn a_change_turns_the_answer_and_all_of_it_is_needed() {
    let explainer = Explainer::new(binary()).unwrap();
    let predictor = explainer.predictor();
    let (texts, _) = corpus(60);
    let (mut deleted, mut swapped) = (0, 0);
    for text in texts {
        let found = explainer.explain(&text).unwrap();
        let words = |changed: &[usize], by: &[String]| {
            let kept = found.tokens.iter().enumerate().skip(1).filter_map(|(at, token)| {
                match changed.iter().position(|&changed| changed == at) {
                    Some(_) if by.is_empty() => None,
                    Some(place) => Some(by[place].clone()),
                    None => Some(token.text.clone()),
                }
            });
            kept.collect::<Vec<_>>().join(" ")
        };
        if let Some(change) = &found.counterfactuals.deletion {
            deleted += 1;
            let answer = predictor.answer(&words(&change.tokens, &[])).unwrap();
            assert_ne!(answer.label, found.answer.label);
            assert_eq!((&answer.label, answer.scores[0]), (&change.label, change.value));
            for at in 0..change.tokens.len() {
                let mut less = change.tokens.clone();
                less.remove(at);
                assert_eq!(predictor.answer(&words(&less, &[])).unwrap().label, found.answer.label, "{text}");
            }
        }
        if let Some(change) = &found.counterfactuals.swap {
            swapped += 1;
            assert_eq!(change.words.len(), change.tokens.len());
            let answer = predictor.answer(&words(&change.tokens, &change.words)).unwrap();
            assert_eq!((&answer.label, answer.scores[0]), (&change.label, change.value));
            assert_ne!(answer.label, found.answer.label);
        }
    }
    assert!(deleted > 20 && swapped > 50, "{deleted} and {swapped} of 60");
}

#[test]
fn ensembles_join_their_parts() {
    use gatewise::ensemble::{Ensemble, EnsembleOptions, FoldControl};
    let (texts, targets) = corpus(240);
    for classes in [2, 3] {
        let targets: Vec<f32> = targets
            .iter()
            .enumerate()
            .map(|(i, y)| y + if classes == 3 { (i % 2) as f32 } else { 0.0 })
            .collect();
        let data = Dataset::new(encoded(&texts), targets).unwrap().with_padding(Padding::to(6));
        let head = if classes == 2 {
            Dense::new(1).activation(Activation::Sigmoid)
        } else {
            Dense::new(3).activation(Activation::Softmax)
        };
        let layers = Sequential::new()
            .with(Embedding::new(12, 4).mask_zero(true))
            .with(Bidirectional::new(Lstm::new(3)))
            .with(head);
        let options =
            EnsembleOptions::default().folds(2).members(3).linear(LinearOptions::default().ngram(2));
        let fitted = Ensemble::fit(&layers, &data, &options, |fold| {
            Fit::new().epochs(5).learning_rate(0.02).run(fold.model, fold.training)?;
            Ok(FoldControl::Continue)
        })
        .unwrap();
        let artifact = Artifact::builder(fitted.model)
            .text(Tokenizer::default(), vocabulary())
            .ensemble(fitted.ensemble)
            .padding(Padding::to(6))
            .labels(["a", "b", "c"].into_iter().take(classes))
            .build()
            .unwrap();
        let explainer = Explainer::new(artifact).unwrap();
        let options = ExplainOptions::new().methods(Method::ALL);
        // One more token than the members read.
        let found = explainer.explain_with("not good the film the dull", &options).unwrap();
        let names: Vec<&str> = found.parts.iter().map(|part| &*part.name).collect();
        assert_eq!(names, ["member_1", "member_2", "member_3", "linear_model"]);
        let sum: f64 = found.parts.iter().map(|part| part.weight * part.logit).sum();
        assert!((sum - found.output.logit).abs() < 1e-9);
        if classes == 2 {
            assert!((found.output.logit - logit(found.output.value)).abs() < 1e-4);
        } else {
            // Softmax over the joined logits of all classes.
            let all: Vec<f64> = (0..3)
                .map(|class| {
                    let options = ExplainOptions::new().output(class);
                    explainer.explain_with("not good the film the dull", &options).unwrap().output.logit
                })
                .collect();
            let total: f64 = all.iter().map(|z| z.exp()).sum();
            assert!((all[found.output.index].exp() / total - f64::from(found.output.value)).abs() < 1e-5);
        }
        let integrated = values(&found, Method::IntegratedGradients);
        assert_eq!(integrated.len(), found.tokens.len());
        for (at, integrated) in integrated.iter().enumerate() {
            let parts: f64 = found.parts.iter().map(|part| part.values[at]).sum();
            assert!((parts - integrated).abs() < 1e-9);
        }
        assert!(found.attributions[0].error.unwrap() < 0.01);
        assert!(!found.tokens[0].read && found.tokens[1].read);
        assert_eq!(found.parts[0].values[0], 0.0);
        assert_eq!(found.endings.len(), found.tokens.len());
        // The ends begin as texts do.
        for (at, rest) in [(1, "not good the film the dull"), (2, "good the film the dull"), (6, "dull")] {
            let scores = explainer.predictor().scores(rest).unwrap();
            assert_eq!(found.endings[at], scores[found.output.index], "{rest}");
        }
        let linear = values(&found, Method::LinearModel);
        let weight = found.parts[3].weight;
        assert!(linear.iter().zip(&found.parts[3].values).all(|(a, b)| (a * weight - b).abs() < 1e-12));
        // Occlusion of a token changes all parts.
        assert!(values(&found, Method::Occlusion).iter().any(|&value| value != 0.0));
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    }
}

#[test]
fn series_and_numbers_are_explained_in_their_own_units() {
    let mut random = Random::new(2, Purpose::Data, 0);
    let mut rows = Features::new(2);
    let mut targets = Vec::new();
    for _ in 0..120 {
        let row: Vec<f32> =
            (0..2 * (2 + random.below(4))).map(|_| 10.0 + 4.0 * random.uniform() as f32).collect();
        targets.push((row.iter().step_by(2).sum::<f32>() / (row.len() / 2) as f32 - 12.0) / 1.5);
        rows.push(&row).unwrap();
    }
    let scalers = vec![Scaler::new(12.0, 1.2), Scaler::new(12.0, 1.2)];
    let layers = Sequential::new().with(Input::new(2)).with(Masking::new(0.0)).with(Lstm::new(6));
    let build = |model: Model| {
        Artifact::builder(model)
            .series(scalers.clone())
            .padding(Padding::default())
            .problem(Problem::scaled_regression(Scaler::new(100.0, 20.0)))
            .build()
            .unwrap()
    };
    let model = layers.with(Dense::new(1)).compile(1).unwrap();
    let scaled = build(model.clone()).scaled(&rows).unwrap();
    let mut model = model;
    let data = Dataset::new(scaled, targets).unwrap();
    Fit::new()
        .epochs(40)
        .learning_rate(0.02)
        .loss(gatewise::Loss::MeanSquaredError)
        .run(&mut model, &data)
        .unwrap();
    let artifact = build(model);
    let predictor = Predictor::new(artifact.clone()).unwrap();
    let explainer = Explainer::new(artifact).unwrap();
    let found =
        explainer.explain_series(&rows.select(&[0, 7]), &ExplainOptions::new().methods(Method::ALL)).unwrap();
    for (found, row) in found.iter().zip([0, 7]) {
        let answer = &predictor.predict_series(&rows.select(&[row])).unwrap()[0];
        assert_eq!((&found.answer.label, found.answer.value), (&answer.label, answer.value));
        assert_eq!(Some(found.output.value), answer.value);
        assert!((found.output.logit - f64::from(found.output.value)).abs() < 1e-3);
        let integrated = &found.attributions[0];
        assert!((integrated.sum - (found.output.logit - found.output.baseline)).abs() < 0.1);
        let columns = integrated.columns.as_ref().unwrap();
        assert!((columns.iter().sum::<f64>() - integrated.sum).abs() < 1e-6);
        // The target is the mean of the first column.
        assert!(columns[0].abs() > 3.0 * columns[1].abs(), "{columns:?}");
        assert_eq!(found.counterfactuals, Default::default());
        assert_eq!(found.beginnings.last(), Some(&found.output.value));
        assert_eq!(found.tokens[0].text, "1");
    }
}

#[test]
fn several_labels_are_explained_one_by_one() {
    let (texts, _) = corpus(60);
    let rows = encoded(&texts);
    let has = |row: &[u32], id: u32| f32::from(u8::from(row.contains(&id)));
    let targets: Vec<f32> = rows.rows().flat_map(|row| [has(row, 4), has(row, 5)]).collect();
    let data = Dataset::new(rows, gatewise::rows::Targets::rows(2, targets).unwrap()).unwrap();
    let layers = Sequential::new().with(Embedding::new(12, 6)).with(Lstm::new(8));
    let mut model = layers.with(Dense::new(2).activation(Activation::Sigmoid)).compile(3).unwrap();
    Fit::new().epochs(60).learning_rate(0.02).run(&mut model, &data.with_padding(Padding::to(9))).unwrap();
    let artifact = Artifact::builder(model)
        .text(Tokenizer::default(), vocabulary())
        .padding(Padding::to(9))
        .problem(Problem::multi_label("|"))
        .labels(["good", "bad"])
        .build()
        .unwrap();
    let explainer = Explainer::new(artifact).unwrap();
    for (output, label, word) in [(0, "good", 1), (1, "bad", 3)] {
        let found =
            explainer.explain_with("good the bad film", &ExplainOptions::new().output(output)).unwrap();
        assert_eq!(found.output.label.as_deref(), Some(label));
        let integrated = values(&found, Method::IntegratedGradients);
        let largest = (0..integrated.len()).max_by(|&a, &b| integrated[a].total_cmp(&integrated[b]));
        assert_eq!(largest, Some(word), "{integrated:?}");
        // Without its word, the label goes.
        let deletion = found.counterfactuals.deletion.unwrap();
        assert_eq!(deletion.tokens, [word]);
        assert!(!deletion.label.contains(label));
    }
}

#[test]
fn rows_of_ids_have_the_names_of_their_words() {
    let explainer = Explainer::new(binary()).unwrap();
    let found = explainer.explain_ids(&[1, 6, 4, 2, 0], &ExplainOptions::new()).unwrap();
    let texts: Vec<&str> = found.tokens.iter().map(|token| &*token.text).collect();
    assert_eq!(texts, ["<start>", "not", "good", "<unknown>", "<pad>"]);
    assert!(explainer.explain_ids(&[99], &ExplainOptions::new()).unwrap_err().to_string().contains("99"));
}

#[test]
fn labels_have_outputs() {
    let artifact = binary();
    assert_eq!((artifact.output_of("pos").unwrap(), artifact.output_of("neg").unwrap()), (0, 0));
    let refused = artifact.output_of("good").unwrap_err().to_string();
    assert_eq!(refused, "the model has no label 'good'; its labels are 'neg', 'pos'");
}

#[test]
fn odd_texts_are_explained_too() {
    let explainer = Explainer::new(binary()).unwrap();
    let long = "not good film ".repeat(900);
    for (text, tokens, notes) in [("", 1, 0), ("zebra quagga", 3, 0), (&*long, 2701, 2)] {
        let found = explainer.explain_with(text, &ExplainOptions::new().methods(Method::ALL)).unwrap();
        assert_eq!((found.tokens.len(), found.notes.len()), (tokens, notes), "{:?}", found.notes);
        assert!(found.attributions.iter().all(|it| it.values.iter().all(|value| value.is_finite())));
        assert_eq!(found.tokens.iter().filter(|token| token.read).count(), tokens.min(9));
        assert_eq!(found.layers[0].signals[0].values.len(), tokens.min(9));
        assert_eq!(found.layers[0].start, tokens.saturating_sub(9));
    }
}

#[test]
fn a_linear_model_stands_beside() {
    let (texts, targets) = corpus(200);
    let data = Dataset::new(encoded(&texts), targets).unwrap();
    let linear = LinearModel::fit(&data, &LinearOptions::default()).unwrap();
    let explainer = Explainer::new(binary()).unwrap().with_linear(linear.clone()).unwrap();
    let found = explainer.explain("a good film").unwrap();
    assert_eq!(values(&found, Method::LinearModel), linear.contributions(&[1, 2, 4, 7], 0));
    let three = Dataset::new(Sequences::from_iter([[4], [5], [6]]), vec![0.0, 1.0, 2.0]).unwrap();
    let three = LinearModel::fit(&three, &LinearOptions::default()).unwrap();
    let refused = Explainer::new(binary()).unwrap().with_linear(three).unwrap_err().to_string();
    assert!(refused.contains("3 outputs, but the model has 1"), "{refused}");
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let explainer = Explainer::new(binary()).unwrap();
    let refused =
        |options: ExplainOptions| explainer.explain_with("good film", &options).unwrap_err().to_string();
    for (options, says) in [
        (ExplainOptions::new().output(1), "there is no output 1"),
        (ExplainOptions::new().steps(0), "1 to 1022"),
        (ExplainOptions::new().steps(5000), "1 to 1022"),
    ] {
        let message = refused(options);
        assert!(message.contains(says), "{message}");
    }
    let layers = Sequential::new().with(Embedding::new(12, 3)).with(Lstm::new(4).return_sequences(true));
    let writer =
        Artifact::builder(layers.with(Dense::new(12).activation(Activation::Softmax)).compile(1).unwrap())
            .text(Tokenizer::characters(), vocabulary())
            .padding(Padding::to(9))
            .build()
            .unwrap();
    assert!(Explainer::new(writer).is_err());
    let series = explainer.explain_series(&Features::new(1), &ExplainOptions::new()).unwrap_err().to_string();
    assert!(series.contains("not series"), "{series}");
    let many = occlusion(explainer.artifact().model(), &encoded(&corpus(2).0).into(), Padding::to(9), 0);
    assert!(many.unwrap_err().to_string().contains("one row"));
}
