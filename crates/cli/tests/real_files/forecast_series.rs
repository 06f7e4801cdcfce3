//! Several series in one file, several columns, and where the forecasts go.

use crate::forecast_case::{Case, month, number, rows};
use crate::home::Home;
use std::fs;

fn panel() -> String {
    let row = |id: &str, factor: f64, t: usize| format!("{id},{},{:.3}", month(t), factor * number(t));
    rows("unique_id,ds,y", 96, |t| if t < 48 { row("A", 1.0, t) } else { row("B", 10.0, t - 48) })
}

#[test]
fn a_name_tells_series_apart_without_dates() {
    let lines = |id: &str, level: f64| -> String {
        (0..48).map(|t| format!("{id},{t},{:.1}\n", level + t as f64 + (t % 12) as f64)).collect()
    };
    Case::new("numbered steps in place of dates")
        .file("n.csv", format!("unique_id,ds,y\n{}{}", lines("A", 100.0), lines("B", 900.0)))
        .named("A", 48, [])
        .named("B", 48, [])
        .note("series are told apart by 'unique_id'")
        .check();
}

#[test]
fn numbers_may_reach_zero_where_they_are_tested() {
    Case::new("a shop that closes")
        .file("n.csv", format!("sales\n{}", (0..60).rev().map(|t| format!("{t}\n")).collect::<String>()))
        .series(60, [])
        .check();
}

#[test]
fn each_series_is_forecast() {
    Case::new("unique_id, ds, y")
        .file("n.csv", panel())
        .named("A", 48, [("1994-01", number(48)), ("1994-02", number(49))])
        .named("B", 48, [("1994-01", 10.0 * number(48))])
        .note("dates repeat; series are told apart by 'unique_id' (--id-column)")
        .check();
    Case::new("stated")
        .file("n.csv", panel())
        .options("--id-column unique_id")
        .named("A", 48, [("1994-01", number(48))])
        .named("B", 48, [("1994-01", 10.0 * number(48))])
        .check();
    let shops = rows("store,item,date,sales", 192, |row| {
        let (t, shop, item) = (row / 4, row / 2 % 2 + 1, row % 2 + 7);
        format!("{shop},{item},{},{:.3}", month(t), (shop * item) as f64 * number(t))
    });
    Case::new("stores and items")
        .file("n.csv", shops)
        .named("1/7", 48, [("1994-01", 7.0 * number(48))])
        .named("1/8", 48, [("1994-01", 8.0 * number(48))])
        .named("2/7", 48, [("1994-01", 14.0 * number(48))])
        .named("2/8", 48, [("1994-01", 16.0 * number(48))])
        .note("told apart by 'store' and 'item'")
        .check();
}

#[test]
fn a_series_that_is_too_short_does_not_stop_the_others() {
    let text = panel() + "C,1990-01,5\nC,1990-02,6\n";
    Case::new("C has two numbers")
        .file("n.csv", text)
        .named("A", 48, [])
        .named("B", 48, [])
        .note("the series 'C' cannot be forecast: n.csv has 2 numbers in column 'y', series 'C'")
        .check();
}

#[test]
fn the_column_of_the_series() {
    let two = rows("date,visits,price", 48, |t| format!("{},{},{:.3}", month(t), 1000 + t, number(t)));
    Case::new("the last one, and a note")
        .file("n.csv", &two)
        .series(48, [("1994-01", number(48))])
        .note("the series is column 'price'; other columns of numbers are 'visits' (--column)")
        .check();
    let called = rows("date,y,promotion", 48, |t| format!("{},{:.3},{}", month(t), number(t), t % 2));
    Case::new("the one called y").file("n.csv", called).series(48, [("1994-01", number(48))]).check();
    Case::new("a column that is not there")
        .file("n.csv", two)
        .options("--column cost")
        .refused(1, &["n.csv:1: there is no column 'cost'; the columns are date, visits, price"]);
}

#[test]
fn forecasts_go_where_the_ending_says() {
    let home = Home::new();
    fs::write(home.path("n.csv"), panel()).unwrap();
    let fast = "--period 4 --horizon 2 --test 4 --units 1 --epochs 0";
    home.run(&format!("forecast n.csv {fast} -o out.csv")).ok();
    let rows = fs::read_to_string(home.path("out.csv")).unwrap();
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines[0], "id,date,value,lo80,hi80,lo95,hi95");
    assert_eq!(lines.len(), 5);
    assert!(lines[1].starts_with("A,1994-01,103.") && lines[4].starts_with("B,1994-02,1583."), "{rows}");
    home.run(&format!("forecast n.csv {fast} -o out.jsonl")).ok();
    let first: serde_json::Value =
        serde_json::from_str(fs::read_to_string(home.path("out.jsonl")).unwrap().lines().next().unwrap())
            .unwrap();
    assert_eq!((&first["id"], &first["date"]), (&"A".into(), &"1994-01".into()));
    let bound = |key: &str| first[key].as_f64().unwrap();
    assert!(
        bound("lo95") <= bound("lo80") && bound("lo80") <= bound("value") && bound("value") <= bound("hi80")
    );
    home.run("forecast n.csv --period 4 --horizon 24 --test 4 --units 1 --epochs 0 -o out.parquet").ok();
    let again = home.run(&format!("forecast out.parquet {fast} --column value --format json")).ok().json();
    for (series, id) in again["series"].as_array().unwrap().iter().zip(["A", "B"]) {
        assert_eq!((&series["id"], &series["numbers"]), (&id.into(), &24.into()), "{again:#}");
        assert_eq!(series["forecast"][0]["date"], "1996-01");
    }
    home.run(&format!("forecast n.csv {fast} -o out.svg")).ok();
    let picture = fs::read_to_string(home.path("out.svg")).unwrap();
    for part in ["n.csv: y", "80 % interval", "95 % interval", "1990-01", "<polygon"] {
        assert!(picture.contains(part), "{part}");
    }
    home.run("forecast n.csv -o out.png")
        .failed(2, &["--output out.png has an ending that is not written; .svg is a picture"]);
    home.run("forecast n.csv -o n.csv").failed(2, &["--output n.csv is the same file as the series n.csv"]);
    assert!(!home.path("out.png").exists());
}

#[test]
fn a_file_of_numbers_is_one_for_forecasts() {
    let home = Home::new();
    fs::write(home.path("n.csv"), rows("date,n", 48, |t| format!("{},{:.3}", month(t), number(t)))).unwrap();
    for command in ["train n.csv", "data describe n.csv"] {
        home.run(command)
            .failed(1, &["there is no column of texts; gatewise forecast reads series of numbers; the columns are date, n"]);
    }
}
