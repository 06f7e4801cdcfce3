//! Answers mean what they seem to mean: the number beside a label is that label's, and the positive class has a name.

use crate::home::Home;
use crate::toy::{QUICK, predict, table, trained};
use std::fs;

/// In text, JSON, files and `--top-k`, whichever of two labels is predicted.
#[test]
fn the_probability_beside_a_label_is_the_probability_of_that_label() {
    let (home, _) = trained(&[("fraud", 40), ("ok", 40)], "");
    for (text, label) in [("refund", "fraud"), ("thanks", "ok")] {
        let printed = home.run(&format!("predict model.gatewise {text}")).ok().stdout;
        let fields: Vec<&str> = printed.trim_end().split('\t').collect();
        assert_eq!((fields[0], fields[2]), (label, text));
        assert!(fields[1].parse::<f64>().unwrap() > 0.9, "it is sure of {label}: {printed}");

        let object = home.run(&format!("predict model.gatewise {text} --format json")).ok().json();
        let probability = object["probability"].as_f64().unwrap();
        assert_eq!(object["label"], label);
        assert_eq!(format!("{probability:.4}"), fields[1], "{object}");
        let all = &object["probabilities"];
        let (fraud, ok) = (all["fraud"].as_f64().unwrap(), all["ok"].as_f64().unwrap());
        assert!((fraud + ok - 1.0).abs() < 1e-6, "{object}");
        assert!((all[label].as_f64().unwrap() - probability).abs() < 1e-6, "{object}");

        let object = home.run(&format!("predict model.gatewise {text} --top-k 1 --format json")).ok().json();
        assert_eq!(object["top"][0]["label"], label);
        assert!((object["top"][0]["probability"].as_f64().unwrap() - probability).abs() < 1e-6, "{object}");

        fs::write(home.path("in.csv"), format!("text\n{text}\n")).unwrap();
        let file = home.run("predict model.gatewise in.csv --top-k 1").ok().stdout;
        let row: Vec<&str> = file.lines().nth(1).unwrap().split(',').collect();
        assert_eq!(
            (row[1], row[3], row[2]),
            (label, label, row[4]),
            "label, probability, top_1, its probability: {file}"
        );
        assert!((row[2].parse::<f64>().unwrap() - probability).abs() < 1e-6, "{file}");
    }
}

/// A threshold moves the label, and the number stays that of the label.
#[test]
fn a_label_that_a_threshold_has_chosen_has_its_own_small_probability() {
    let (home, _) = trained(&[("fraud", 40), ("ok", 40)], "");
    let object = home.run("predict model.gatewise thanks --threshold 0.9999999 --format json").ok().json();
    assert_eq!(object["label"], "fraud");
    assert!(object["probability"].as_f64().unwrap() < 0.1, "{object}");
}

#[test]
fn without_an_option_the_last_label_in_order_is_the_positive_class() {
    for labels in [["fraud", "ok"], ["ok", "fraud"]] {
        let (home, _) = trained(&[(labels[0], 30), (labels[1], 30)], "");
        assert_eq!(
            home.run("summary model.gatewise --format json").ok().json()["positive"],
            "ok",
            "{labels:?}"
        );
    }
}

#[test]
fn the_positive_class_is_named_beside_every_figure_that_is_about_it() {
    let (home, ran) =
        trained(&[("fraud", 40), ("ok", 40)], "--positive fraud --threshold f1 --test-split 0.25");
    assert!(
        ran.stdout.contains("the best f1 on the validation rows; above it, a row is 'fraud'"),
        "{ran:#?}"
    );
    let summary = home.run("summary model.gatewise").ok().stdout;
    assert!(
        summary.contains("labels: ok, fraud\nPositive class: fraud, above a probability of 0."),
        "{summary}"
    );
    let report = home.run("evaluate model.gatewise mails.csv --calibration curve.svg").ok().stdout;
    assert!(report.contains("positive class     fraud"), "{report}");
    assert!(report.contains("Calibration of the positive class 'fraud'"), "{report}");
    let picture = fs::read_to_string(home.path("curve.svg")).unwrap();
    assert!(picture.contains("fraction of &apos;fraud&apos;"), "{picture}");
    let object =
        home.run("evaluate model.gatewise mails.csv --calibration curve.svg --format json").ok().json();
    for at in ["/positive", "/report/positive", "/calibration/positive"] {
        assert_eq!(object.pointer(at), Some(&"fraud".into()), "{at}: {object:#}");
    }
    assert_eq!(object["report"]["labels"], serde_json::json!(["ok", "fraud"]));
}

/// The other class as the positive one: precision and recall are the other ones, and the labels of texts stay.
#[test]
fn a_chosen_positive_class_turns_the_figures_and_not_the_answers() {
    let figures = |positive: &str| {
        let (home, _) = trained(&[("fraud", 40), ("ok", 60)], &format!("--positive {positive}"));
        assert_eq!(predict(&home, &["model.gatewise"], "refund\nthanks\n").ok().stdout.lines().count(), 2);
        for (text, label) in [("refund", "fraud"), ("thanks", "ok")] {
            let object = home.run(&format!("predict model.gatewise {text} --format json")).ok().json();
            assert_eq!(object["label"], label, "positive {positive}: {object}");
        }
        // One mail of each label is labelled wrongly by whoever made this file: two of three "fraud" are.
        let rows = "text,label\nrefund a,fraud\nrefund b,ok\nrefund c,ok\nthanks a,ok\nthanks b,ok\n";
        fs::write(home.path("test.csv"), rows).unwrap();
        let object = home.run("evaluate model.gatewise test.csv --format json").ok().json();
        let part = |name: &str| object["report"][name].as_f64().unwrap();
        (object["positive"].clone(), part("precision"), part("recall"))
    };
    assert_eq!(figures("fraud"), ("fraud".into(), 1.0 / 3.0, 1.0));
    assert_eq!(figures("ok"), ("ok".into(), 1.0, 0.5));
}

/// Test rows and validation rows of other files have their labels in another order.
#[test]
fn files_to_test_and_validate_on_follow_the_positive_class() {
    let home = Home::new();
    fs::write(home.path("mails.csv"), table(&[("fraud", 30), ("ok", 30)])).unwrap();
    fs::write(home.path("more.csv"), table(&[("fraud", 9), ("ok", 11)])).unwrap();
    let train = format!(
        "train mails.csv {QUICK} --positive fraud --test more.csv --validation more.csv --format json"
    );
    let object = home.run(&train).ok().json();
    assert_eq!((&object["accuracy"], &object["positive"]), (&1.0.into(), &"fraud".into()));
    assert_eq!(object["history"]["epochs"][39]["val_accuracy"], 1.0);
    assert_eq!(object["report"]["confusion_matrix"]["counts"], serde_json::json!([[11, 0], [0, 9]]));
}

#[test]
fn series_have_a_positive_class_too() {
    let home = Home::new();
    let cases: String =
        (0..40).map(|row| format!("{0},{0},{0}:{1}\n", row % 2, ["ill", "well"][row % 2])).collect();
    let file = format!("@problemName x\n@univariate true\n@classLabel true ill well\n@data\n{cases}");
    fs::write(home.path("heart.ts"), file).unwrap();
    let train =
        "train heart.ts --epochs 30 --units 4 --learning-rate 0.05 --verbose 0 --positive ill --format json";
    let object = home.run(train).ok().json();
    assert_eq!(
        (&object["positive"], &object["labels"]),
        (&"ill".into(), &serde_json::json!(["well", "ill"]))
    );
    assert_eq!(object["accuracy"], 1.0, "{object:#}");
}

#[test]
fn a_positive_class_that_does_not_exist_is_refused_in_a_sentence() {
    let home = Home::new();
    fs::write(home.path("two.csv"), table(&[("fraud", 10), ("ok", 10)])).unwrap();
    fs::write(home.path("three.csv"), table(&[("a", 10), ("b", 10), ("c", 10)])).unwrap();
    for (args, says) in [
        (
            "two.csv --positive spam",
            "the positive class 'spam' is not a label of the data; the labels are 'fraud' and 'ok'",
        ),
        ("three.csv --positive b", "one of two labels, but the data have 3: a, b, c; leave --positive out"),
        ("two.csv --positive ok --task regression", "--positive is one of two labels"),
        ("two.csv --positive ok --label-separator ;", "--positive is one of two labels"),
        ("two.csv --positive ok --task language-model", "--positive is for --task classify"),
    ] {
        home.run(&format!("train {args} {QUICK} -o model.gatewise")).failed(2, &[says]);
    }
    assert_eq!(home.files(), ["three.csv", "two.csv"], "nothing is written");
}
