//! The model file: round trips, atomic replacement, and everything that can be wrong with its bytes.

use gatewise::files::parse_ts;
use gatewise::layers::{Activation, Dense, Embedding, Gru, Input, Lstm, Masking};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Features, Padding, Problem, Scaler};
use gatewise::text::{Sequences, Side, Tokenizer, Vocabulary};
use gatewise::{
    AnswerKind, Artifact, ErrorKind, FORMAT, Fit, Predictor, Reader, Sequential, TrainingSummary,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A small model, trained for an epoch so that nothing in it is a default.
fn artifact(seed: u64) -> Artifact {
    let words = ["film", "good", "bad", "not", "naïve", "the"].map(String::from);
    let padding = Padding::to(7).padding(Side::Post);
    let mut model = Sequential::new()
        .with(Embedding::new(10, 3).mask_zero(true))
        .with(Lstm::new(2).return_sequences(true))
        .with(Lstm::new(2))
        .with(Dense::new(1).activation(Activation::Sigmoid))
        .compile(seed)
        .unwrap();
    let mut rows = Sequences::new();
    for row in 0..40u32 {
        rows.push((0..row % 9).map(|i| (row * 7 + i * 3) % 10));
    }
    let targets: Vec<f32> = (0..40).map(|row| (row % 2) as f32).collect();
    let data = Dataset::new(rows, targets).unwrap().with_padding(padding);
    let history =
        Fit::new().epochs(1).learning_rate(0.02).validation_split(0.2).run(&mut model, &data).unwrap();
    let test = Some(model.evaluate(&data).unwrap());
    let training = TrainingSummary::default()
        .data("forty rows")
        .seed(seed)
        .batch_size(32)
        .epochs(1)
        .learning_rate(0.02)
        .history(history)
        .test(test)
        .oov_rate(0.25);
    Artifact::builder(model)
        .text(Tokenizer::default(), Vocabulary::from_ranked(&words, 10).unwrap())
        .padding(padding)
        .labels(["thumbs down", "thumbs up"])
        .threshold(0.4)
        .training(training)
        .build()
        .unwrap()
}

/// The message of the refusal, which must be of the kind `Artifact`.
#[track_caller]
fn refusal(bytes: &[u8]) -> String {
    let error = Artifact::from_bytes(bytes).expect_err("this must be refused");
    assert_eq!(error.kind(), ErrorKind::Artifact, "{error}");
    error.to_string()
}

/// A safetensors file: its header and what follows.
fn split(bytes: &[u8]) -> (Value, &[u8]) {
    let len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (serde_json::from_slice(&bytes[8..8 + len]).unwrap(), &bytes[8 + len..])
}

fn join(header: &Value, data: &[u8]) -> Vec<u8> {
    // In the order of a writer's, where it is a header.
    let written = serde_json::from_value::<safetensors::tensor::Metadata>(header.clone());
    let header =
        written.map_or_else(|_| header.to_string(), |header| serde_json::to_string(&header).unwrap());
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// The same file with other metadata, under a seal that is right: damage that no checksum can see.
fn resealed(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let (mut header, data) = split(bytes);
    let entry = &mut header["__metadata__"]["gatewise"];
    let (_, json) = entry.as_str().unwrap().split_once('\n').unwrap();
    let mut metadata: Value = serde_json::from_str(json).unwrap();
    change(&mut metadata);
    let json = metadata.to_string();
    let sum: String = Sha256::digest(&json).iter().map(|b| format!("{b:02x}")).collect();
    *entry = json!(format!("{sum}\n{json}"));
    join(&header, data)
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Series in place of texts: what reads them is kept, and distrusted, too.
#[test]
fn a_model_of_series_survives_the_file_and_its_scales_are_checked() {
    let model = Sequential::new()
        .with(Input::new(2))
        .with(Masking::new(0.0))
        .with(Gru::new(3))
        .with(Dense::new(3).activation(Activation::Softmax))
        .compile(1)
        .unwrap();
    let text = "@classLabel true a b c\n@data\n1,2,4:30,20,25:a\n5:50:c\n2,2.5:26,25:b\n";
    let series = parse_ts("text", text).unwrap();
    let channel = |c| series.rows.values().iter().skip(c).step_by(2).copied();
    let artifact = Artifact::builder(model)
        .series(vec![Scaler::fit(channel(0)), Scaler::fit(channel(1))])
        .labels(series.labels.clone())
        .build()
        .unwrap();
    let loaded = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded.scalers(), artifact.scalers());
    assert_eq!(loaded.reader(), artifact.reader());
    let answers = artifact.predict_series(&series.rows).unwrap();
    assert_eq!(loaded.predict_series(&series.rows).unwrap(), answers);
    // The middle of the scales is a step like any other, not padding.
    let mut middle = Features::new(2);
    let mean = [artifact.scalers()[0].mean, artifact.scalers()[1].mean];
    middle.push(&[[1.0, 30.0], mean].concat()).unwrap();
    middle.push(&[1.0, 30.0]).unwrap();
    let both = artifact.predict_series(&middle).unwrap();
    assert_ne!(both[0].scores, both[1].scores, "two steps are not one");
    // As a data set, by label: another file may name its classes in another order.
    let other = parse_ts("text", &text.replace("true a b c", "true c a b")).unwrap();
    let targets = |series| artifact.series_dataset(series).unwrap().targets().values().to_vec();
    assert_eq!(targets(&other), targets(&series));
    assert!(artifact.predict(&["a text"]).is_err());
    let message = |scalers| artifact.clone().into_builder().series(scalers).build().unwrap_err().to_string();
    let none = Scaler::new(0.0, -1.0);
    assert!(message(vec![none; 2]).contains("the scale of a channel is not a positive number"));
    assert!(message(vec![artifact.scalers()[0]]).contains("scales for 1 channels where its Input has 2"));
}

#[test]
fn what_is_loaded_is_what_was_saved() {
    let (folder, before) = (tempfile::tempdir().unwrap(), artifact(3));
    let path = folder.path().join("model.gatewise");
    before.save(&path).unwrap();
    let after = Artifact::load(&path).unwrap();
    let bits = |a: &Artifact| a.model().params().values().iter().map(|w| w.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&after), bits(&before));
    assert_eq!(after.model().params().table().len(), before.model().params().table().len());
    assert_eq!(after.model().spec(), before.model().spec());
    assert_eq!(after.reader(), before.reader());
    assert_eq!(after.padding(), before.padding());
    assert_eq!(after.labels(), before.labels());
    assert_eq!(after.threshold().to_bits(), before.threshold().to_bits());
    assert_eq!(after.weights_sha256(), before.weights_sha256());
    // Times are not saved: equal runs give equal files.
    let mut training = before.training().clone();
    training.history.epochs.iter_mut().for_each(|log| log.seconds = 0.0);
    assert_eq!(*after.training(), training);
    let texts = ["", "The film: not bad!", "naïve", "unheard of", &"good ".repeat(300)];
    let (a, b) = (before.predict(&texts).unwrap(), after.predict(&texts).unwrap());
    assert_eq!(a, b);
    assert!(a.iter().zip(&b).all(|(a, b)| a.probability.to_bits() == b.probability.to_bits()));
    assert_eq!(after.to_bytes().unwrap(), before.to_bytes().unwrap(), "saving again changes nothing");
}

#[test]
fn equal_artifacts_are_equal_bytes() {
    let bytes = artifact(3).to_bytes().unwrap();
    for _ in 0..5 {
        assert_eq!(artifact(3).to_bytes().unwrap(), bytes);
    }
    assert_ne!(artifact(4).to_bytes().unwrap(), bytes);
}

#[test]
fn other_readers_of_safetensors_find_keras_names() {
    let bytes = artifact(3).to_bytes().unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    let expected = [
        "dense/bias",
        "dense/kernel",
        "embedding/embeddings",
        "lstm/bias",
        "lstm/kernel",
        "lstm/recurrent_kernel",
        "lstm_1/bias",
        "lstm_1/kernel",
        "lstm_1/recurrent_kernel",
    ];
    assert_eq!(names, expected);
    assert_eq!(file.tensor("lstm/kernel").unwrap().shape(), [3, 8]);
}

#[test]
fn saving_replaces_whole_files_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gatewise");
    artifact(1).save(&path).unwrap();
    // Whoever has the old file open goes on reading the old one: it was not written over.
    let mut old = fs::File::open(&path).unwrap();
    artifact(2).save(&path).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut old, &mut bytes).unwrap();
    assert_eq!(Artifact::from_bytes(&bytes).unwrap().training().seed, 1);
    assert_eq!(Artifact::load(&path).unwrap().training().seed, 2);
    assert_eq!(entries(folder.path()), ["model.gatewise"]);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (link, file) = (folder.path().join("latest"), folder.path().join("model.gatewise"));
    artifact(1).save(&file).unwrap();
    std::os::unix::fs::symlink("model.gatewise", &link).unwrap();
    artifact(2).save(&link).unwrap();
    assert!(link.is_symlink());
    assert_eq!(Artifact::load(&file).unwrap().training().seed, 2);
}

#[test]
fn a_place_that_cannot_be_written_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gatewise");
    artifact(1).save(&path).unwrap();
    let missing = folder.path().join("no/such/folder/model.gatewise");
    let inside_a_file = path.join("model.gatewise");
    let slash = Path::new("no-such-folder/").to_owned();
    for (place, kind, part) in [
        (missing, ErrorKind::Io, "make it first"),
        (inside_a_file, ErrorKind::Io, "cannot write"),
        (folder.path().to_owned(), ErrorKind::Config, "it is a folder"),
        (Path::new("/").to_owned(), ErrorKind::Config, "it is a folder"),
        (Path::new("").to_owned(), ErrorKind::Config, "names no file"),
        (slash, ErrorKind::Config, "names no file"),
    ] {
        for error in [artifact(2).save(&place).unwrap_err(), gatewise::check_target(&place).unwrap_err()] {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    gatewise::check_target(&path).unwrap();
    gatewise::check_target(&folder.path().join("new.gatewise")).unwrap();
    assert_eq!(entries(folder.path()), ["model.gatewise"]);
    assert_eq!(Artifact::load(&path).unwrap().training().seed, 1);
}

/// A device must not be replaced by a file, which for root would even succeed.
#[cfg(unix)]
#[test]
fn a_device_is_no_target() {
    let error = artifact(1).save("/dev/null").unwrap_err();
    assert!(error.to_string().contains("not an ordinary file"), "{error}");
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn a_folder_without_leave_to_write_keeps_its_model() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gatewise");
    artifact(1).save(&path).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let root = fs::write(folder.path().join("probe"), "").is_ok();
    let saved = artifact(2).save(&path);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    if root {
        // Root may write everywhere; there is nothing to see.
        return;
    }
    assert_eq!(saved.unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(Artifact::load(&path).unwrap().training().seed, 1);
    assert_eq!(entries(folder.path()), ["model.gatewise"]);
}

/// Bits flipped, ends cut off, runs overwritten, doubled, dropped and moved: never a panic, never a model.
#[test]
fn no_damage_goes_unseen() {
    let whole = artifact(3).to_bytes().unwrap();
    let mut random = Random::new(1, Purpose::Data, 0);
    let mut below = |n: usize| random.below(n);
    let mut refused = 0;
    while refused < 12_000 {
        let mut bytes = whole.clone();
        let (at, len) = (below(bytes.len()), 1 + below(40));
        let end = (at + len).min(bytes.len());
        match below(7) {
            0 => bytes[at] ^= 1 << below(8),
            1 => (0..2 + below(7)).for_each(|_| bytes[below(whole.len())] ^= 1 << below(8)),
            2 => bytes.truncate(at),
            3 => bytes[at..end].fill_with(|| below(256) as u8),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let run = bytes[at..end].to_vec();
                bytes.splice(at..at, run);
            }
            _ => {
                let from = below(bytes.len() - (end - at));
                bytes.copy_within(from..from + (end - at), at);
            }
        }
        if bytes != whole {
            refusal(&bytes);
            refused += 1;
        }
    }
    // Every bit of the length and of the header's first bytes, and every short prefix.
    for bit in 0..8 * 64 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        refusal(&bytes);
    }
    for len in 0..256 {
        refusal(&whole[..len]);
    }
    refusal(&[&whole[..], b"\0"].concat());
}

/// White space in the header means nothing to who reads it, and is still not to be another.
#[test]
fn no_blank_of_the_header_may_change() {
    let labels = |n| vec!["no".to_owned(), "y".repeat(n)];
    let mut padded = (1..9)
        .map(|n| artifact(3).into_builder().labels(labels(n)).build().unwrap().to_bytes().unwrap())
        .filter(|bytes| {
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            bytes[8 + length - 1] == b' '
        });
    let mut bytes = padded.next().expect("a header is padded to whole words");
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    Artifact::from_bytes(&bytes).unwrap();
    bytes[8 + length - 1] = b'\n';
    assert!(refusal(&bytes).contains("its header is not as gatewise writes it"));
}

#[test]
fn a_newer_format_is_named_as_such() {
    let newer = resealed(&artifact(1).to_bytes().unwrap(), |metadata| {
        metadata["format"] = json!(FORMAT + 1);
        // What this version has never heard of must not hide what matters.
        metadata["from the future"] = json!({});
    });
    let message = refusal(&newer);
    assert!(message.contains(&format!("format {}", FORMAT + 1)), "{message}");
    assert!(message.contains("use a newer gatewise"), "{message}");
}

#[test]
fn sealed_nonsense_is_refused() {
    let bytes = artifact(1).to_bytes().unwrap();
    assert!(Artifact::from_bytes(&resealed(&bytes, |_| ())).is_ok(), "the seal itself is made as it should");
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 17] = [
        ("fails its self-test", |m| m["self_test"][1]["outputs"][0] = json!(0.123)),
        ("fails its self-test", |m| m["self_test"] = json!([])),
        ("fails its self-test", |m| m["self_test"][0]["outputs"] = json!([])),
        ("fails its self-test", |m| m["padding"]["maxlen"] = json!(1)),
        ("fails its self-test", |m| m["layers"][3]["activation"] = json!("relu")),
        ("longer than any", |m| m["self_test"] = json!(vec![m["self_test"][0].clone(); 1000])),
        ("weights do not match", |m| m["weights_sha256"] = json!("00")),
        ("steps", |m| m["padding"]["maxlen"] = json!(1u64 << 40)),
        ("layers do not fit its weights", |m| m["layers"][0]["input_dim"] = json!(1u64 << 60)),
        ("layers do not fit its weights", |m| m["layers"][1]["units"] = json!(u64::MAX)),
        ("tensors where its layers need", |m| drop(m["layers"].as_array_mut().unwrap().remove(1))),
        ("layers do not fit", |m| m["layers"] = json!([])),
        ("cannot be read", |m| m["vocabulary"]["max_words"] = json!(1)),
        ("ids up to 4000000000", |m| m["vocabulary"]["max_words"] = json!(4_000_000_000u32)),
        ("cannot be read", |m| m["surprise"] = json!(1)),
        ("cannot be read", |m| *m = json!({"format": 1})),
        ("labels", |m| m["labels"] = json!(["only one"])),
    ];
    for (number, (part, change)) in changes.into_iter().enumerate() {
        let start = Instant::now();
        let message = refusal(&resealed(&bytes, change));
        assert!(message.contains(part), "change {number}: {message}");
        assert!(start.elapsed() < Duration::from_secs(1), "change {number} took {:?}", start.elapsed());
    }
}

#[test]
fn weights_that_belong_to_another_model_are_refused() {
    let bytes = artifact(1).to_bytes().unwrap();
    let (header, data) = split(&bytes);
    let mut other = data.to_vec();
    other[5] ^= 1;
    assert!(refusal(&join(&header, &other)).contains("weights do not match"));
    // Right size, wrong shape; right shape, wrong type.
    let mut shape = header.clone();
    shape["lstm/kernel"]["shape"] = json!([8, 3]);
    assert!(refusal(&join(&shape, data)).contains("lstm/kernel"), "{}", refusal(&join(&shape, data)));
    let mut dtype = header.clone();
    dtype["lstm/kernel"]["dtype"] = json!("I32");
    assert!(refusal(&join(&dtype, data)).contains("I32"));
}

#[test]
fn files_of_others_are_named_as_such() {
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0; 4]).unwrap();
    let foreign = safetensors::serialize([("weight", view)], None).unwrap();
    assert!(refusal(&foreign).contains("not one that gatewise wrote"));
    assert!(refusal(b"").contains("not a whole safetensors file"));
    assert!(refusal(b"\x89PNG\r\n\x1a\n and so on").contains("this is not a gatewise model"));
    for len in [u64::MAX, 1 << 62, 1 << 40, 100_000_000, 99_999_999] {
        let start = Instant::now();
        refusal(&[&len.to_le_bytes()[..], b"{}"].concat());
        assert!(start.elapsed() < Duration::from_secs(1));
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    refusal(&[&(deep.len() as u64).to_le_bytes(), deep.as_bytes()].concat());
}

#[test]
fn paths_without_a_model_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Artifact::load(folder.path().join("none.gatewise")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
    assert!(missing.to_string().contains("none.gatewise"), "{missing}");
    let directory = Artifact::load(folder.path()).unwrap_err();
    assert!(directory.to_string().contains("not a file"), "{directory}");
    let empty = folder.path().join("empty.gatewise");
    fs::write(&empty, "").unwrap();
    let error = Artifact::load(&empty).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Artifact);
    assert!(error.to_string().contains("empty.gatewise"), "{error}");
}

/// A model of three classes, with the texts it was taught.
fn of_classes() -> (Artifact, Vec<String>) {
    let words: Vec<String> = ["red", "green", "blue", "stone", "leaf"].map(String::from).into();
    let vocabulary = Vocabulary::from_ranked(&words, 8).unwrap();
    let texts: Vec<String> =
        (0..30).map(|row| format!("{} {}", words[row % 3], words[3 + row / 3 % 2])).collect();
    let mut ids = Vec::new();
    let rows: Sequences = texts
        .iter()
        .map(|text| {
            ids.clear();
            vocabulary.encode(&Tokenizer::default(), text, &mut ids);
            ids.clone()
        })
        .collect();
    let classes: Vec<f32> = (0..30).map(|row| (row % 3) as f32).collect();
    let padding = Padding::to(4);
    let data = Dataset::new(rows, classes).unwrap().with_padding(padding);
    let head = Dense::new(3).activation(Activation::Softmax);
    let layers = Sequential::new().with(Embedding::new(8, 4)).with(Lstm::new(5)).with(head);
    let mut model = layers.compile(1).unwrap();
    Fit::new().epochs(60).learning_rate(0.05).run(&mut model, &data).unwrap();
    let builder = Artifact::builder(model).text(Tokenizer::default(), vocabulary);
    let artifact = builder.padding(padding).labels(["warm", "fresh", "cool"]).build().unwrap();
    (artifact, texts)
}

#[test]
fn several_classes_go_through_the_file() {
    let (artifact, texts) = of_classes();
    let loaded = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    let (before, after) = (artifact.predict(&texts).unwrap(), loaded.predict(&texts).unwrap());
    assert_eq!(before, after);
    for (row, answer) in after.iter().enumerate() {
        assert_eq!(answer.label, loaded.labels()[row % 3]);
        assert_eq!(answer.scores.len(), 3);
        assert_eq!(answer.probability, answer.scores[row % 3]);
        assert!((answer.scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
    let predictor = gatewise::Predictor::new(loaded).unwrap();
    assert_eq!(predictor.scores(&texts[4]).unwrap(), after[4].scores);
    // Labels that do not fit the outputs are refused; without labels there are only numbers.
    for labels in [json!(["a", "b"]), json!(["a", "b", "c", "d"])] {
        let changed = resealed(&artifact.to_bytes().unwrap(), |m| m["labels"] = labels);
        assert!(refusal(&changed).contains("labels"));
    }
    // As does a model that answers at every step.
    let layers = Sequential::new().with(Embedding::new(8, 4)).with(Lstm::new(3).return_sequences(true));
    let every_step = artifact.clone().with_model(layers.compile(1).unwrap()).unwrap();
    Artifact::from_bytes(&every_step.to_bytes().unwrap()).unwrap().predict(&texts).unwrap_err();
    let bare = artifact.into_builder().labels([""; 0]).build().unwrap();
    let bare = Artifact::from_bytes(&bare.to_bytes().unwrap()).unwrap();
    assert!(bare.predict(&texts).unwrap_err().to_string().contains("is not a classifier"));
}

/// The same outputs as the answer to other questions.
#[test]
fn a_problem_goes_through_the_file_and_must_fit_the_outputs() {
    let (artifact, texts) = of_classes();
    let several = Problem::multi_label("; ");
    let builder = || artifact.clone().into_builder();
    let labels = builder().problem(several.clone()).threshold(0.0).build().unwrap();
    let loaded = Artifact::from_bytes(&labels.to_bytes().unwrap()).unwrap();
    assert_eq!(*loaded.problem(), several);
    let answer = &loaded.predict(&texts[..1]).unwrap()[0];
    assert_eq!((&*answer.labels, answer.label.clone()), (artifact.labels(), artifact.labels().join("; ")));
    let refused = |problem: &Problem, labels: &[String]| {
        let error = builder().problem(problem.clone()).labels(labels.to_vec()).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    assert!(refused(&several, &artifact.labels()[1..]).contains("2 labels and 3 outputs"));
    assert!(refused(&several, &[]).contains("one output a label"));
    assert!(refused(&Problem::multi_label(""), artifact.labels()).contains("separates"));
    assert!(refused(&Problem::regression(), &[]).contains("a regression model has one output"));
}

#[test]
fn numbers_are_answered_in_their_own_unit() {
    let scale = Scaler::new(200.0, 50.0);
    let numbers =
        |scale| artifact(3).into_builder().problem(Problem::scaled_regression(scale)).labels([""; 0]).build();
    let artifact = numbers(scale).unwrap();
    let loaded = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    let answer = &loaded.predict(&["good film"]).unwrap()[0];
    assert_eq!(answer.value, Some(200.0 + 50.0 * answer.scores[0]));
    assert_eq!(answer.label, answer.value.unwrap().to_string());
    assert!(answer.labels.is_empty() && answer.probability.is_nan());
    let error = numbers(Scaler::new(0.0, 0.0)).unwrap_err();
    assert!(error.to_string().contains("a scale for it"), "{error}");
}

/// What `load` would refuse never takes the place of a good file, and never becomes an artifact.
#[test]
fn what_would_not_load_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gatewise");
    artifact(1).save(&path).unwrap();
    let mut model = artifact(2).model().clone();
    model.params_mut().values_mut()[3] = f32::NAN;
    let broken = artifact(2).with_model(model).unwrap();
    let error = broken.save(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Artifact);
    assert!(error.to_string().contains("could not be read back"), "{error}");
    assert_eq!(Artifact::load(&path).unwrap().training().seed, 1);
    assert_eq!(entries(folder.path()), ["model.gatewise"]);

    let refused = |builder: gatewise::ArtifactBuilder| builder.build().unwrap_err().to_string();
    let parts = || artifact(1).into_builder();
    assert!(refused(parts().labels(["only one"])).contains("1 labels and 1 outputs"));
    assert!(refused(parts().threshold(f32::NAN)).contains("threshold is NaN"));
    assert!(artifact(1).set_threshold(f32::INFINITY).is_err());
    assert!(refused(parts().series(vec![Scaler::default()])).contains("scales for 1 channels"));
    assert!(refused(parts().padding(Padding::to(1 << 20))).contains("at most 65536"));
    let large = Vocabulary::from_ranked(&[], 11).unwrap();
    assert!(refused(parts().text(Tokenizer::default(), large)).contains("ids up to 11"));
}

/// A model without a vocabulary reads the ids that it is given, through the file too.
#[test]
fn rows_of_ids_need_no_vocabulary() {
    let ids = artifact(3).into_builder().reader(Reader::Ids).build().unwrap();
    let loaded = Artifact::from_bytes(&ids.to_bytes().unwrap()).unwrap();
    assert_eq!((loaded.reader(), loaded.answer_kind()), (&Reader::Ids, AnswerKind::Class));
    assert_eq!(loaded.to_bytes().unwrap(), ids.to_bytes().unwrap());
    let (by_id, by_word) = (Predictor::new(loaded).unwrap(), Predictor::new(artifact(3)).unwrap());
    let rows: Sequences = [vec![1, 4, 5], vec![], vec![9, 0, 2, 2]].into_iter().collect();
    let answers = by_id.predict_of_ids(&rows).unwrap();
    for (row, answer) in rows.rows().zip(&answers) {
        assert_eq!(by_id.answer_of_ids(row).unwrap(), *answer);
        assert_eq!(by_word.scores_of_ids(row).unwrap(), answer.scores);
    }
    assert!(by_id.answer("film").unwrap_err().to_string().contains("rows of ids, not texts"));
    assert_eq!(by_word.answer("film good").unwrap().scores, by_id.scores_of_ids(&[1, 4, 5]).unwrap());
    assert_eq!(by_id.artifact().answer_kind(), AnswerKind::Class);
}
