//! What a plan decides: every kind of data with every preset, and the sources.

use gatewise::ErrorKind;
use gatewise::rows::Problem;
use gatewise_pipeline::{DataKind, Preset, Source, Task, TrainConfig, TrainPlan};

/// Of a plan: epochs, batch, learning rate, words, least count, length, word vectors, units, dropout, masking, validation.
fn numbers(plan: &TrainPlan) -> String {
    let number = |number: Option<usize>| number.map_or("-".into(), |number| number.to_string());
    let mask = plan.mask_zero().map_or("-".into(), |mask| mask.to_string());
    let split = plan.validation_split().map_or("-".into(), |share| share.to_string());
    let (words, least) = (number(plan.max_words()), number(plan.min_count()));
    let (maxlen, width) = (number(plan.maxlen()), number(plan.embedding()));
    format!(
        "{} {} {} {words} {least} {maxlen} {width} {:?} {} {mask} {split}",
        plan.epochs(),
        plan.batch_size(),
        plan.learning_rate(),
        plan.units(),
        plan.dropout()
    )
}

#[test]
fn each_kind_of_data_has_its_defaults_with_each_preset() {
    let classic = "5 128 0.001 5000 1 300 15 [10] 0 false 0.2";
    let reviews = "8 64 0.005 5000 1 64 15 [10] 0 false 0.2";
    let fast = "8 32 0.002 5000 1 300 64 [64] 0.5 true 0.2";
    let accurate = "4 32 0.003 30000 2 400 32 [32] 0.5 true -";
    let presets = [None, Some(Preset::Classic), Some(Preset::Fast), Some(Preset::Accurate)];
    for (data, kind, expected) in [
        (Source::default(), DataKind::Imdb, [classic, classic, fast, accurate]),
        (Source::imdb(), DataKind::Imdb, [classic, classic, fast, accurate]),
        (Source::keras_imdb(), DataKind::KerasImdb, [classic, classic, fast, accurate]),
        (Source::reviews(), DataKind::Reviews, [reviews, reviews, fast, accurate]),
        (Source::file("a.csv"), DataKind::Texts, [fast, classic, fast, accurate]),
        (Source::file("a.parquet"), DataKind::Texts, [fast, classic, fast, accurate]),
        (Source::texts([("a", "x"), ("b", "y")]), DataKind::Texts, [fast, classic, fast, accurate]),
    ] {
        for (preset, expected) in presets.into_iter().zip(expected) {
            let config = TrainConfig::new(data.clone());
            let plan = preset.map_or(config.clone(), |preset| config.preset(preset)).plan().unwrap();
            assert_eq!((plan.kind(), numbers(&plan).as_str()), (kind, expected), "{data} {preset:?}");
            assert_eq!((plan.seed(), plan.checkpoint_every().as_secs()), (1, 30));
        }
    }
    let series = TrainConfig::new(Source::file("a.ts")).plan().unwrap();
    assert_eq!(numbers(&series), "100 16 0.003 - - - - [64] 0.5 true 0.2");
    let language = TrainConfig::new(Source::file("a.txt")).task(Task::LanguageModel).plan().unwrap();
    assert_eq!(numbers(&language), "10 32 0.002 - - 128 64 [256] 0 - 0.1");
}

#[test]
fn what_is_given_is_kept_and_the_plan_can_be_written() {
    let given = r#"{"data": "a.csv", "epochs": 1, "batch_size": 2, "learning_rate": 0.5, "max_words": 6, "min_count": 7,
        "maxlen": 8, "embedding": 9, "units": [3, 2], "dropout": 0.25, "mask_zero": false, "validation_split": 0.5}"#;
    let config: TrainConfig = serde_json::from_str(given).unwrap();
    let plan = config.clone().plan().unwrap();
    assert_eq!(numbers(&plan), "1 2 0.5 6 7 8 9 [3, 2] 0.25 false 0.5");
    assert_eq!(plan.config(), &config);
    let object = serde_json::to_value(&plan).unwrap();
    assert_eq!(
        (&object["data"], &object["kind"], &object["maxlen"]),
        (&"a.csv".into(), &"texts".into(), &8.into())
    );
    assert_eq!(TrainConfig::new("a.csv").test("b.csv").plan().unwrap().test_split(), None);
    assert_eq!(TrainConfig::new("a.csv").validation("b.csv").plan().unwrap().validation_split(), None);
}

#[test]
fn the_problem_comes_from_the_task_or_from_the_targets() {
    let problem = |config: TrainConfig| config.plan().unwrap().problem().clone();
    let several = |separator: &str| Problem::multi_label(separator);
    assert_eq!(problem(TrainConfig::new("a.csv")), Problem::SingleLabel);
    assert_eq!(problem(TrainConfig::new("a.csv").label_separator("|")), several("|"));
    assert_eq!(problem(TrainConfig::new("a.csv").task(Task::Regression)), Problem::regression());
    let numbers = Source::texts([("a", 1.0), ("b", 2.0)].map(|(text, number): (_, f32)| (text, number)));
    assert_eq!(problem(TrainConfig::new(numbers.clone())), Problem::regression());
    let lists = Source::texts([("a", vec!["x", "y"]), ("b", vec![])]);
    assert_eq!(problem(TrainConfig::new(lists.clone())), several(";"));
    for (config, says) in [
        (TrainConfig::new(numbers).task(Task::Classify), "targets in memory are numbers"),
        (TrainConfig::new(lists).task(Task::Regression), "lists of labels"),
        (TrainConfig::new(Source::texts(Vec::<(String, String)>::new())), "no rows in memory"),
        (TrainConfig::new(Source::text("abc")).task(Task::Classify), "for a language model"),
        (TrainConfig::new(Source::reviews()).task(Task::LanguageModel), "learns from a text"),
        (TrainConfig::new("a.csv").validation("imdb"), "--validation imdb is not a .csv"),
        (TrainConfig::new("a.csv").tokenizer("stems"), "there is no tokenizer 'stems'"),
    ] {
        let error = config.plan().unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    let nowhere = TrainConfig::new("nowhere").plan().unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::Data);
    assert!(nowhere.to_string().contains("there is no data set 'nowhere'"), "{nowhere}");
}
