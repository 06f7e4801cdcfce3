//! Numbers to predict, as people write them, and the columns that are not meant.

use crate::case::Case;
use crate::home::Home;
use std::fs;

/// A column of row numbers, texts, and the values over and over.
fn table(header: &str, mark: char, values: &[&str]) -> String {
    let rows = (0..12).map(|row| {
        format!("{row}{mark}house {row} has {} rooms{mark}{}", row % 5, values[row % values.len()])
    });
    [header.to_owned()].into_iter().chain(rows).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn numbers_are_read_as_people_write_them() {
    let semicolons = |values: &[&str]| table("Nr;Text;Bewertung", ';', values);
    for (name, values, mean, notes) in [
        (
            "decimal commas",
            ["1,5", "4,5"],
            3.0,
            &["numbers in 'Bewertung' have a decimal comma, as in '1,5'"][..],
        ),
        (
            "thousands, a currency and decimal commas",
            ["1.200,50 €", "800 €"],
            1000.25,
            &["have a decimal comma, as in '1.200,50 €'", "currency signs are left out"],
        ),
        ("percent", ["5 %", "10 %"], 7.5, &["percent signs are left out of the numbers in 'Bewertung'"]),
        ("plain numbers", ["1.5", "4.5"], 3.0, &[]),
        (
            "a point of thousands in doubt",
            ["1.200", "2.400"],
            1.8,
            &["'1.200' in 'Bewertung' is read as 1.2"],
        ),
    ] {
        let home = Home::new();
        fs::write(home.path("a.csv"), semicolons(&values)).unwrap();
        let ran = home.run("data describe a.csv --task regression --format json").ok();
        let found = ran.json();
        assert_eq!(found["label_column"], "Bewertung", "{name}: {found:#}");
        let read = found["number_summary"]["mean"].as_f64().unwrap();
        assert!((read - mean).abs() < 1e-5, "{name}: {found:#}");
        let told = found["notes"].to_string() + &ran.stderr;
        notes.iter().for_each(|note| assert!(told.contains(note), "{name}: {told}"));
        assert!(!notes.is_empty() || !told.contains("numbers in"), "{name}: {told}");
    }
    Case::new("thousands between commas")
        .file("a.csv", table("text,price", ',', &["\"1,200\"", "\"2,400,000\""]).replace("text,", "id,text,"))
        .options("--task regression")
        .rows(12)
        .label_column("price")
        .check();
}

#[test]
fn row_numbers_are_no_targets() {
    for header in ["Nr;Text;Notiz", "No.;Text;Notiz", "#;Text;Notiz", ";Text;Notiz", "Unnamed: 0;Text;Notiz"]
    {
        Case::new("row numbers")
            .file("a.csv", table(header, ';', &["gut", "schlecht"]))
            .options("--task regression")
            .refused(1, &["none looks like a column of labels; name it"]);
    }
    Case::new("unless they are named")
        .file("a.csv", table("Nr;Text;Notiz", ';', &["gut", "schlecht"]))
        .options("--task regression --label-column Nr")
        .label_column("Nr")
        .check();
}

#[test]
fn a_bad_number_names_the_column_and_what_to_do() {
    for (value, parts) in [
        ("", ["the column 'score' is empty, but regression needs a number", "--label-column names another"]),
        ("many", ["'many' is not a number", "in each row of the column 'score'"]),
        ("4,5", ["'4,5' is not a number like the others in the column 'score'", "one decimal mark"]),
    ] {
        let file = table("id;text;score", ';', &["1.5", "4.5"]) + &format!("12;a house;{value}\n");
        Case::new("a bad number").file("a.csv", &file).options("--task regression").refused(1, &parts);
        Case::new("a bad number")
            .file("a.csv", &file)
            .options("--task regression")
            .refused(1, &["a.csv:14: ", "--on-error skip leaves such rows out"]);
        Case::new("a bad number that is left out")
            .file("a.csv", &file)
            .options("--task regression --on-error skip")
            .rows(12)
            .skipped(1)
            .label_column("score")
            .check();
    }
}

#[test]
fn dates_and_times_are_no_labels() {
    for values in
        [["01.03.2020", "02.03.2020"], ["10:00", "11:30"], ["3/1/20", "3/2/20"], ["2020-03", "2020-04"]]
    {
        let file = table("nr;text;wann", ';', &values);
        Case::new("a date that repeats")
            .file("a.csv", &file)
            .refused(1, &["none looks like a column of labels"]);
        let labelled: String = file
            .lines()
            .enumerate()
            .map(|(at, line)| match at {
                0 => format!("{line};art\n"),
                _ => format!("{line};{}\n", ["neu", "alt", "mittel"][at % 3]),
            })
            .collect();
        Case::new("a label beside it").file("a.csv", labelled).label_column("art").check();
    }
    Case::new("a score is a label")
        .file("a.csv", table("nr;text;note", ';', &["4/5", "5/5"]))
        .label_column("note")
        .check();
}

#[test]
fn many_numbers_as_labels_get_one_hint() {
    let prices: Vec<String> = (0..40).map(|row| format!("{},5", 10 + row % 30)).collect();
    let prices: Vec<&str> = prices.iter().map(String::as_str).collect();
    let rows = (0..4).flat_map(|_| &prices).enumerate();
    let rows: String = rows.map(|(row, price)| format!("house {row};{price}\n")).collect();
    let home = Home::new();
    fs::write(home.path("a.csv"), format!("text;price\n{rows}house;99,5\n")).unwrap();
    let ran =
        home.run("train a.csv --label-column price --epochs 1 --units 2 --no-baseline --test-split 0").ok();
    assert!(
        ran.stderr.contains("31 different numbers, each of which is a label here; --task regression"),
        "{ran:#?}"
    );
    for part in ["one example only", "--class-weight", "--label-separator", "is the label of"] {
        assert!(!ran.stderr.contains(part), "{part}: {ran:#?}");
    }
    let all_differ: String = (0..40).map(|row| format!("house {row};{row},5\n")).collect();
    fs::write(home.path("b.csv"), format!("text;price\n{all_differ}")).unwrap();
    home.run("train b.csv --label-column price")
        .failed(1, &["each row has another number in the column price"]);
    Case::new("codes are not numbers")
        .file("c.csv", format!("text;code\n{}", rows.replace(",5", "").replace(';', ";0")))
        .no_note("regression")
        .check();
}

#[test]
fn rows_to_evaluate_are_not_learned_from() {
    let (home, _) = crate::toy::trained(&[("ham", 30), ("spam", 30)], "");
    fs::write(home.path("one.csv"), "text,label\nrefund,ham\n").unwrap();
    let ran = home.run("evaluate model.gatewise one.csv").ok();
    assert!(!(ran.stdout.clone() + &ran.stderr).contains("one example only"), "{ran:#?}");
}
