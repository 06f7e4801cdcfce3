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
    let series = &object["series"][0];
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    assert_eq!(
        (&object["column"], &series["numbers"], &series["tested"]),
        (&"sales".into(), &80.into(), &8.into())
    );
    let baselines = series["baselines"].as_array().unwrap();
    let mae = |name: &str| number(&baselines.iter().find(|it| it["name"] == name).unwrap()["mae"]);
    for key in ["mae", "mae_1_ahead", "mae_4_ahead"] {
        assert!(number(&series["lstm"][key]) < mae("seasonal_naive"), "{object}");
    }
    let next = series["forecast"].as_array().unwrap();
    for (t, forecast) in (80..).zip(next) {
        let expected = [4.0, 6.0, 5.0, 3.0][t % 4] * 1.01f64.powi(t as i32);
        assert!((number(&forecast["value"]) / expected - 1.0).abs() < 0.01, "{object}");
        assert_eq!(forecast["step"], t - 79);
    }
    assert_eq!(next.len(), 4);
    let svg = fs::read_to_string(home.path("f.svg")).unwrap();
    assert!(
        svg.contains("sales.csv: sales") && svg.contains("4 ahead") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
    let text = home.run("forecast sales.csv --period 4 --epochs 1 --column sales").ok().stdout;
    for part in
        ["column 'sales': 80 numbers; logarithms", "seasonal naive with growth", "95 % interval", "The LSTM"]
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
    home.run("forecast hole.csv")
        .failed(1, &["hole.csv:3: the number in column 'a' is missing", "--missing"]);
    home.run("forecast short.csv --column x").failed(1, &["no column 'x'; the columns are quarter, sales"]);
    home.run("forecast none.csv").failed(1, &["there is no file none.csv"]);
    home.run("forecast short.csv --period 2 --output no/f.svg").failed(1, &["no"]);
    assert_eq!(home.files(), ["hole.csv", "short.csv", "words.csv"]);
}
