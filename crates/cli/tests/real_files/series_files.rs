//! Files of series: `.ts` as archives and people write them, ARFF, and the tables of the UCR archive.

use crate::home::{Home, Ran};
use std::fs;

/// A home with these files.
fn home<const N: usize>(files: [(&str, &str); N]) -> Home {
    let home = Home::new();
    files.iter().for_each(|(name, content)| fs::write(home.path(name), content).unwrap());
    home
}

/// Trains a small model in `model.gatewise`.
fn train(home: &Home, args: &str) -> Ran {
    home.run(&format!("train {args} --units 4 --no-baseline -o model.gatewise"))
}

/// Cases of two classes that a model learns at once: the sign decides. `case` makes a line of values and a class.
fn lines(case: impl Fn([f32; 3], &str) -> String) -> String {
    let values = |row: u8| f32::from(row % 5) / 10.0 + 0.5;
    (0..20)
        .map(|row| match row % 2 {
            0 => case([1.0 + values(row), 1.5, 2.0], "up") + "\n",
            _ => case([-1.0 - values(row), -1.5, -2.0], "down") + "\n",
        })
        .collect()
}

fn ts() -> String {
    format!("@classLabel true down up\n@data\n{}", lines(|[a, b, c], class| format!("{a},{b},{c}:{class}")))
}

const LEARN: &str = "--epochs 30 --learning-rate 0.05 --dropout 0";

#[track_caller]
fn notes(ran: &Ran, parts: &[&str]) {
    for part in parts {
        assert!(ran.stderr.contains(part), "'{part}' is missing: {ran:#?}");
    }
}

#[test]
fn headers_with_comments_of_both_kinds_in_any_case_and_a_byte_order_mark() {
    let cases = lines(|[a, b, c], class| format!("{a},{b},{c}:{class}"));
    let head = "\u{feff}% a comment\n# another\n@PROBLEMNAME signs\n@TimeStamps FALSE\n@missing true\n@EqualLength true\n\
                @seriesLength 3\n@univariate true\n@CLASSLABEL TRUE down up\n@DATA\n% cases\n";
    let home = home([("signs.ts", &(head.to_owned() + &cases))]);
    let ran = train(&home, "signs.ts --epochs 1").ok();
    assert!(ran.stdout.contains("signs.ts, 18 training and 2 test rows"), "{ran:#?}");
}

#[test]
fn new_series_are_labelled_at_last() {
    let home = home([
        ("signs.ts", &*ts()),
        ("new.ts", "@classLabel false\n@data\n1,2,2\n-1,-2,-2\n"),
        ("open.ts", "@classLabel true down up\n@data\n1,2,2:?\n-1,-2,-2:?\n"),
    ]);
    train(&home, &format!("signs.ts {LEARN}")).ok();
    for file in ["new.ts", "open.ts"] {
        let ran = home.run(&format!("predict model.gatewise {file}")).ok();
        let labels: Vec<_> = ran.stdout.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(labels, ["up", "down"], "{ran:#?}");
    }
    home.run("evaluate model.gatewise new.ts")
        .failed(1, &["new.ts:1: the file has no classes", "only predict needs none"]);
    home.run("evaluate model.gatewise open.ts").failed(1, &["open.ts:3: the series has no class ('?')"]);
    train(&home, "new.ts").failed(1, &["new.ts:1: the file has no classes"]);
}

#[test]
fn labels_of_a_header_that_are_equal_numbers() {
    let text = ts().replace("down up", "1 2").replace(":up", ":2.0").replace(":down", ":1.0");
    let home = home([("signs.ts", &text)]);
    train(&home, &format!("signs.ts {LEARN}")).ok();
    let ran = home.run("predict model.gatewise signs.ts").ok();
    assert!(ran.stdout.starts_with("2\t"), "{ran:#?}");
}

#[test]
fn missing_values_are_filled_in() {
    let text = ts().replacen(",1.5,", ",?,", 2).replacen("-1.5", "NaN", 1);
    let home = home([("gaps.ts", &*text), ("empty.ts", &*ts().replacen("1.5,1.5,2", "?,?,?", 1))]);
    let ran = train(&home, "gaps.ts --epochs 1").ok();
    notes(&ran, &["3 missing values in 3 series are filled in: on a straight line between neighbours"]);
    train(&home, "empty.ts").failed(1, &["empty.ts:3: channel 1 has no value: all are missing"]);
}

#[test]
fn values_with_time_stamps_are_read_in_order_of_time() {
    let stamped = |[a, b, c]: [f32; 3], class: &str| {
        format!("(2007-01-01 00:01:00,{b}),(2007-01-01 00:00:00,{a}),(2007-01-01 00:05:00,{c}):{class}")
    };
    let text = format!("@timeStamps true\n@classLabel true down up\n@data\n{}", lines(stamped));
    let plain = ts();
    let home = home([("stamped.ts", &*text), ("plain.ts", &*plain)]);
    let ran = train(&home, &format!("stamped.ts {LEARN} --format json")).ok();
    notes(
        &ran,
        &["20 series are not in order of time and sorted by it", "the time steps of 20 series are uneven"],
    );
    let same = train(&home, &format!("plain.ts {LEARN} --format json")).ok();
    assert_eq!(ran.json()["weights_sha256"], same.json()["weights_sha256"], "the values are the same");
}

#[test]
fn numbers_are_learned_as_numbers() {
    let text = ts()
        .replace("@classLabel true down up", "@targetLabel true")
        .replace("up", "20")
        .replace("down", "-20");
    let home = home([("sizes.ts", &*text), ("new.ts", "@data\n1,2,2\n-1,-2,-2\n")]);
    for task in ["", "--task regression"] {
        let ran = train(&home, &format!("sizes.ts {LEARN} {task}")).ok();
        assert!(ran.stdout.contains("MAE: "), "{ran:#?}");
    }
    let ran = home.run("evaluate model.gatewise sizes.ts").ok();
    assert!(ran.stdout.contains("RMSE: "), "{ran:#?}");
    let ran = home.run("predict model.gatewise new.ts --format json").ok();
    let values: Vec<f64> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["value"].as_f64().unwrap())
        .collect();
    assert!(values[0] > 10.0 && values[1] < -10.0, "{values:?}");
    home.run("evaluate model.gatewise new.ts").failed(1, &["new.ts:1: there was no '@classLabel true"]);
    for (option, says) in [
        ("--task classify", "--task classify is for classes, but sizes.ts has a number for each series"),
        ("--class-weight balanced", "--class-weight is for one label per row"),
        ("--threshold 0.4", "a threshold is for labels"),
    ] {
        train(&home, &format!("sizes.ts {option}")).failed(2, &[says]);
    }
}

#[test]
fn classes_that_are_numbers_are_classes() {
    let text = ts().replace("down up", "1 2").replace(":up", ":2").replace(":down", ":1");
    let home = home([("signs.ts", &*text)]);
    train(&home, "signs.ts --task regression").failed(
        2,
        &[
            "signs.ts has the classes 1, 2; leave --task out",
            "write '@targetLabel true' in place of the '@classLabel true …' line",
        ],
    );
}

/// Twenty lines of the UCR archive: a class, and eight values.
fn ucr(delimiter: &str) -> String {
    lines(|[a, b, c], class| {
        let class = if class == "up" { "2" } else { "1" };
        let (a, b, c) = (a.to_string(), b.to_string(), c.to_string());
        [class, &a, &b, &c, &a, &b, &c, &a, &b].join(delimiter)
    })
}

#[test]
fn tables_of_the_ucr_archive() {
    for (name, delimiter) in
        [("a_TRAIN.tsv", "\t"), ("a_TRAIN.txt", "  "), ("a_TRAIN", ","), ("a_TRAIN.csv", ",")]
    {
        let home = home([(name, &ucr(delimiter))]);
        let ran = train(&home, &format!("{name} {LEARN}")).ok();
        notes(&ran, &["each line is read as one series", "the first number is its class"]);
        assert!(ran.stdout.contains("18 training and 2 test rows"), "{ran:#?}");
        let ran = home.run(&format!("predict model.gatewise {name}")).ok();
        assert!(ran.stdout.starts_with("2\t") && ran.stdout.lines().count() == 20, "{ran:#?}");
    }
}

#[test]
fn shorter_series_of_the_ucr_archive_are_padded_and_gaps_are_filled() {
    let text = ucr("\t") + "1\t-1\tNaN\t-2\t-1.5\t-2\t-2\tNaN\tNaN\n";
    let home = home([("a.tsv", &*text), ("b.tsv", "1\t-1.5\t-2\t-2\t-2\t-2\t-2\tNaN\tNaN\n")]);
    let ran = train(&home, "a.tsv --test b.tsv --epochs 1").ok();
    notes(&ran, &["1 missing value in 1 series is filled in"]);
    assert!(!ran.stderr.contains("b.tsv: 2 missing"), "padding is not a gap: {ran:#?}");
}

#[test]
fn weka_writes_series_as_attributes_or_as_a_relation() {
    let one = lines(|[a, b, c], class| format!("{a},{b},{c},{class}"));
    let several = lines(|[a, b, c], class| format!("'{a},{b},{c}\\n{c},{b},{a}',{class}"));
    let attributes = "@attribute t0 numeric\n@attribute t1 numeric\n@attribute t2 numeric\n";
    let class = "@attribute 'the class' {down, up}\n@data\n";
    let home = home([
        ("one.arff", &*format!("% signs\n@relation signs\n{attributes}{class}{one}")),
        (
            "several.arff",
            &*format!("@RELATION signs\n@attribute s relational\n{attributes}@end s\n{class}{several}"),
        ),
        ("sparse.arff", &*format!("@relation signs\n{attributes}{class}{{0 1, 3 up}}\n")),
    ]);
    let ran = train(&home, "one.arff --epochs 1").ok();
    notes(
        &ran,
        &["the 3 numeric attributes of a row are read as the steps of one series, 'the class' as its class"],
    );
    assert!(ran.stdout.contains("18 training and 2 test rows"), "{ran:#?}");
    train(&home, "several.arff --epochs 1").ok();
    home.run("predict model.gatewise one.arff").failed(1, &["reads series of 2 channels, but these have 1"]);
    train(&home, "sparse.arff").failed(1, &["sparse.arff:7: this is a sparse row"]);
}

#[test]
fn answers_for_series_go_to_a_file() {
    let home = home([("signs.ts", &*ts()), ("new.ts", "@classLabel false\n@data\n1,2,2\n-1,-2,-2\n")]);
    train(&home, &format!("signs.ts {LEARN}")).ok();
    home.run("predict model.gatewise new.ts -o out.csv").ok();
    let text = fs::read_to_string(home.path("out.csv")).unwrap();
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("file,series,label,probability"));
    assert!(
        rows.next().unwrap().starts_with("new.ts,1,up,0.")
            && rows.next().unwrap().starts_with("new.ts,2,down,"),
        "{text}"
    );
    home.run("predict model.gatewise new.ts signs.ts --top-k 2 -o out.jsonl").ok();
    let text = fs::read_to_string(home.path("out.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 22);
    assert!(text.starts_with("{\"file\":\"new.ts\",\"series\":1,\"label\":\"up\","), "{text}");
    assert!(text.lines().all(|line| line.contains("\"top_2\"")), "{text}");
    home.run("predict model.gatewise new.ts -o out.ts")
        .failed(2, &["must end in .csv, .tsv, .json, .jsonl or .parquet"]);
    home.run("predict model.gatewise new.ts --text-column x")
        .failed(2, &["--text-column is for files of texts"]);
    assert!(!home.path("out.ts").exists());
}

#[test]
fn series_are_unpacked_and_other_files_are_none() {
    use std::io::Write;
    let home = home([("signs.ts", &*ts()), ("films.csv", "text,label\na fine film,good\n")]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(ts().replace('\n', "\r\n").as_bytes()).unwrap();
    fs::write(home.path("signs.ts.gz"), packed.finish().unwrap()).unwrap();
    let packed = train(&home, "signs.ts.gz --epochs 1 --format json").ok().json();
    let plain = train(&home, "signs.ts --epochs 1 --format json").ok().json();
    assert_eq!(packed["weights_sha256"], plain["weights_sha256"]);
    home.run("predict model.gatewise films.csv")
        .failed(1, &["films.csv is not a file of series: a .ts file"]);
}
