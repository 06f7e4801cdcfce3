//! Rows in memory: the same splits and the same bits as a file's, and every kind of target.

use gatewise::ErrorKind;
use gatewise::files::parse_ts;
use gatewise::metrics::Report;
use gatewise::rows::Problem;
use gatewise_pipeline::{Observer, Source, Target, TrainConfig, TrainOutcome};
use std::fs;

/// Notes that a run made.
#[derive(Default)]
struct Notes(Vec<String>);

impl Observer for Notes {
    fn note(&mut self, note: &str) {
        self.0.push(note.to_owned());
    }
}

fn rows(count: usize) -> Vec<(String, &'static str)> {
    let text = |row: usize| format!("thing {} is {}", row % 9, ["bad, so", "good"][row % 2]);
    (0..count).map(|row| (text(row), ["neg", "pos"][row % 2])).collect()
}

fn small(source: Source) -> TrainConfig {
    TrainConfig::new(source).epochs(2).units([4]).embedding(4).learning_rate(0.02)
}

fn run(config: TrainConfig) -> TrainOutcome {
    config.plan().unwrap().run(&mut ()).unwrap()
}

#[test]
fn a_file_and_its_rows_in_memory_give_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, count: usize| {
        let lines: String = rows(count).iter().map(|(text, label)| format!("\"{text}\",{label}\n")).collect();
        let path = folder.path().join(name);
        fs::write(&path, format!("text,label\n{lines}")).unwrap();
        path
    };
    let (path, other) = (file("a.csv", 60), file("b.csv", 12));
    let same = |from_file: TrainConfig, in_memory: TrainConfig| {
        let (a, b) = (run(from_file), run(in_memory));
        assert_eq!(a.artifact.weights_sha256(), b.artifact.weights_sha256());
        assert_eq!((a.evaluation, &a.report), (b.evaluation, &b.report));
        assert_eq!(a.data.test, b.data.test);
        assert_eq!(b.data.name, "rows in memory");
        let score =
            |outcome: &TrainOutcome| outcome.baselines.iter().map(|it| it.accuracy).collect::<Vec<_>>();
        assert_eq!(score(&a), score(&b));
        assert_eq!(a.artifact.training().oov_rate, b.artifact.training().oov_rate);
    };
    same(small(Source::file(&path)), small(Source::texts(rows(60))));
    same(small(Source::file(&path)).test(&other), small(Source::texts(rows(60)).with_test(rows(12))));
    same(
        small(Source::file(&path)).validation(&other),
        small(Source::texts(rows(60)).with_validation(rows(12))),
    );
    same(small(Source::file(&path)).test(&other), small(Source::texts(rows(60))).test(&other));
}

#[test]
fn numbers_and_lists_of_labels_are_learnt() {
    let amounts = (0..60).map(|row| (format!("so {}it is", "more ".repeat(row % 5)), (row % 5) as f32));
    let outcome = run(small(Source::texts(amounts)));
    assert!(matches!(outcome.report, Some(Report::Regression(_))));
    assert!(outcome.artifact.predict(&["so more it is"]).unwrap()[0].value.is_some());
    assert_eq!(outcome.baselines[0].name, "mean of the training rows");

    let colours = (0..60).map(|row| match row % 3 {
        0 => ("red and blue", vec!["red", "blue"]),
        1 => ("red alone", vec!["red"]),
        _ => ("none", vec![]),
    });
    let outcome = run(small(Source::texts(colours)));
    assert_eq!(outcome.artifact.labels(), ["blue", "red"]);
    assert_eq!(outcome.artifact.problem(), &Problem::multi_label(";"));
    let odd = Source::texts((0..20).map(|row| ("a", vec![["x;y", "z"][row % 2]])));
    let error = small(odd.clone()).plan().unwrap().run(&mut ()).unwrap_err().to_string();
    assert!(error.contains("the label 'x;y' in memory contains the separator ';'"), "{error}");
    assert_eq!(run(small(odd).label_separator("|")).artifact.labels(), ["x;y", "z"]);
}

#[test]
fn nothing_is_kept_to_test_on_where_that_is_asked_for() {
    let outcome = run(small(Source::texts(rows(40))).test_split(0.0).validation_split(0.0));
    assert_eq!((outcome.data.training, outcome.data.validation, outcome.data.test), (40, None, None));
    assert!(outcome.evaluation.is_none() && outcome.report.is_none() && outcome.baselines.is_empty());
    let object = serde_json::to_value(&outcome).unwrap();
    assert_eq!((&object["loss"], &object["baselines"]), (&serde_json::Value::Null, &serde_json::json!([])));
}

#[test]
fn notes_name_rows_and_bad_ones_fail_or_are_skipped() {
    let mut bad = rows(40);
    bad.push(("no label".into(), " "));
    bad.push(bad[0].clone());
    let source = Source::texts(bad);
    let error = small(source.clone()).plan().unwrap().run(&mut ()).unwrap_err().to_string();
    assert_eq!(error, "rows in memory, row 41: the label is empty");
    let mut notes = Notes::default();
    let config = small(source).on_error(gatewise::files::OnError::Skip);
    config.plan().unwrap().run(&mut notes).unwrap();
    let all = notes.0.join("\n");
    assert!(all.contains("bad rows skipped: 1:\n  rows in memory, row 41: the label is empty"), "{all}");
    assert!(all.contains("of 41 rows, drawn at random from each label, are held out for testing"), "{all}");
    let mixed = vec![("a", Target::from("x")), ("b", Target::from(1.0f32))];
    let error = small(Source::texts(mixed)).plan().unwrap_err().to_string();
    assert!(
        error.contains("row 2 in memory has a number as its target where the first row has one label"),
        "{error}"
    );
}

#[test]
fn series_and_a_text_in_memory_are_learnt() {
    let cases: String =
        (0..30).map(|i| format!("{},{},3:{}\n", i % 2, 1 - i % 2, ["a", "b"][i % 2])).collect();
    let series = || parse_ts("cases", &format!("@classLabel true a b\n@data\n{cases}")).unwrap();
    let outcome = run(TrainConfig::new(Source::series(series())).epochs(2).units([4]));
    assert_eq!((outcome.data.training, outcome.data.test), (27, Some(3)));
    let outcome =
        run(TrainConfig::new(Source::series(series()).with_test_series(series())).epochs(1).units([4]));
    assert_eq!((outcome.data.training, outcome.data.test), (30, Some(30)));

    let config =
        TrainConfig::new(Source::text("abcd.\n".repeat(60))).epochs(1).units([4]).embedding(4).maxlen(8);
    let outcome = run(config);
    assert_eq!(
        outcome.data.to_string(),
        "a text in memory, 361 characters, 6 of them different; 45 windows of 8"
    );
    assert!(outcome.val_loss().is_some() && outcome.report.is_none());
    assert_eq!(serde_json::to_value(&outcome).unwrap()["characters"], 361);
}

#[test]
fn rows_that_do_not_go_with_the_source_are_refused() {
    let rows = || [("a film", "good")];
    for source in [
        Source::file("films.csv").with_test(rows()),
        Source::imdb().with_validation(rows()),
        Source::text("abc").with_test(rows()),
        Source::texts(rows()).with_test_series(
            parse_ts("series", "@dimensions 1\n@classLabel true a b\n@data\n1,2:a\n").unwrap(),
        ),
    ] {
        let error = TrainConfig::new(source).plan().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("in memory go with"), "{error}");
    }
}
