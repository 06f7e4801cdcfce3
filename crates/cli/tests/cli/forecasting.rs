//! `gatewise forecast`: a series in, what follows out.

use crate::home::Home;
use std::fs;

/// A season of four that grows.
fn seasons(rows: usize) -> String {
    let line = |t: usize| {
        format!("q{t},{:.3}\n", [4.0, 6.0, 5.0, 3.0][t % 4] * 1.01f64.powi(i32::try_from(t).unwrap()))
    };
    format!("quarter,sales\n{}", (0..rows).map(line).collect::<String>())
}

#[test]
fn a_season_is_forecast_and_drawn() {
    let home = Home::new();
    fs::write(home.path("sales.csv"), seasons(80)).unwrap();
    let ran = home.run("forecast sales.csv --period 4 --units 8 --format json -o f.svg").ok();
    let object = ran.json();
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    assert_eq!(
        (&object["column"], &object["numbers"], &object["tested"]),
        (&"sales".into(), &80.into(), &8.into())
    );
    let naive = number(&object["season_before_mae"]);
    for (tested, horizon) in object["lstm"].as_array().unwrap().iter().zip([1, 4]) {
        assert_eq!(tested["horizon"], horizon);
        assert!(number(&tested["mae"]) < naive, "{object}");
    }
    let next = object["forecast"].as_array().unwrap();
    for (t, forecast) in (80..).zip(next) {
        let expected = [4.0, 6.0, 5.0, 3.0][t % 4] * 1.01f64.powi(t as i32);
        assert!((number(forecast) / expected - 1.0).abs() < 0.1, "{object}");
    }
    assert_eq!(next.len(), 4);
    let svg = fs::read_to_string(home.path("f.svg")).unwrap();
    assert!(
        svg.contains("sales.csv: sales") && svg.contains("4 ahead") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
    let text = home.run("forecast sales.csv --period 4 --epochs 1 --column sales").ok().stdout;
    for part in
        ["column 'sales', 80 numbers; changes of the logarithm", "the number 4 steps before", "Next 4: "]
    {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn what_is_no_series_is_said() {
    let home = Home::new();
    fs::write(home.path("short.csv"), seasons(30)).unwrap();
    fs::write(home.path("words.csv"), "a,b\nx,y\n").unwrap();
    fs::write(home.path("hole.csv"), "a\n1\n\"\"\n3\n").unwrap();
    home.run("forecast short.csv").failed(1, &["short.csv has 30 numbers in column 'sales'", "make --test"]);
    home.run("forecast words.csv").failed(1, &["no column of numbers; the columns are a, b"]);
    home.run("forecast hole.csv").failed(1, &["hole.csv:3: '' in column 'a' is not a number"]);
    home.run("forecast short.csv --column x").failed(1, &["no column 'x'; the columns are quarter, sales"]);
    home.run("forecast none.csv").failed(1, &["there is no file none.csv"]);
    home.run("forecast short.csv --period 2 --output no/f.svg").failed(1, &["no"]);
    assert_eq!(home.files(), ["hole.csv", "short.csv", "words.csv"]);
}
