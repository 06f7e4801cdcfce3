//! Numbers as people write them, for `gatewise forecast`.

use crate::forecast_case::{Case, month, number, rows};

/// Returns `1234.5` as `1,234.50`, with any two marks.
fn grouped(number: f64, thousands: &str, decimal: &str) -> String {
    let text = format!("{number:.2}");
    let (whole, fraction) = text.split_once('.').unwrap();
    let mut groups: Vec<&str> = Vec::new();
    let mut rest = whole;
    while rest.len() > 3 {
        groups.insert(0, &rest[rest.len() - 3..]);
        rest = &rest[..rest.len() - 3];
    }
    groups.insert(0, rest);
    format!("{}{decimal}{fraction}", groups.join(thousands))
}

#[test]
fn bare_numbers_without_a_header() {
    Case::new("48 numbers and no header are 48 numbers")
        .file("n.csv", rows("", 48, |t| format!("{:.3}", number(t))))
        .series(48, [("1", number(48)), ("2", number(49))])
        .note("the first line is a row")
        .check();
    let repeats = |period: usize| {
        rows("", 120, |t| {
            format!("{:.2}", 50.0 + 20.0 * (t as f64 * std::f64::consts::TAU / period as f64).sin())
        })
    };
    Case::new("a season that is assumed")
        .file("n.csv", repeats(12))
        .by_the_dates()
        .series(120, [])
        .note("there are no dates; a season of 12 steps is assumed (--period)")
        .check();
    Case::new("a season that shows")
        .file("n.csv", repeats(9))
        .by_the_dates()
        .series(120, [])
        .note("(--period); the numbers repeat about every 9 steps, try --period 9")
        .check();
    Case::new("too few for anything")
        .file("n.csv", rows("y", 4, |t| t.to_string()))
        .only("--period 1 --horizon 1 --test 1")
        .refused(1, &["n.csv has 4 numbers in column 'y', but ", "there is no season\n"]);
    Case::new("in a file of any name")
        .file("numbers.txt", rows("", 48, |t| format!("{:.3}", number(t))))
        .series(48, [("1", number(48)), ("2", number(49))])
        .check();
}

#[test]
fn any_delimiter() {
    Case::new("tabs in a .tsv file")
        .file("n.tsv", rows("month\ty", 48, |t| format!("{}\t{:.3}", month(t), number(t))))
        .series(48, [("1994-01", number(48)), ("1994-02", number(49))])
        .check();
    Case::new("bars, stated")
        .file("n.csv", rows("month|y", 48, |t| format!("{}|{:.3}", month(t), number(t))))
        .options("--delimiter |")
        .series(48, [("1994-01", number(48))])
        .check();
}

#[test]
fn decimal_commas() {
    Case::new("a file of Europe: semicolons, points and commas")
        .file(
            "umsatz.csv",
            rows("Monat;Umsatz", 48, |t| format!("{};{}", month(t), grouped(100.0 * number(t), ".", ","))),
        )
        .series(48, [("1994-01", 100.0 * number(48)), ("1994-02", 100.0 * number(49))])
        .note("have a decimal comma")
        .check();
    Case::new("spaces between thousands")
        .file(
            "ventes.csv",
            rows("mois;ventes", 48, |t| {
                format!("{};{}", month(t), grouped(100.0 * number(t), "\u{202f}", ","))
            }),
        )
        .series(48, [("1994-01", 100.0 * number(48))])
        .check();
    Case::new("stated, where nothing shows it")
        .file(
            "n.csv",
            rows("month,y", 48, |t| {
                format!("{},\"{}\"", month(t), format!("{:.3}", number(t)).replace('.', ","))
            }),
        )
        .options("--decimal ,")
        .series(48, [("1994-01", number(48))])
        .check();
}

#[test]
fn one_column_whose_numbers_have_commas() {
    let comma = |t: usize| format!("{:.1}", number(t)).replace('.', ",");
    for (name, header) in [("no header", ""), ("one word", "Wert"), ("a quoted name", "\"Wert, in Euro\"")] {
        Case::new(name)
            .file("n.csv", rows(header, 48, comma))
            .series(48, [("1", number(48)), ("2", number(49))])
            .note("have a decimal comma")
            .check();
        Case::new(name)
            .file("n.txt", rows(header, 48, comma))
            .options("--decimal ,")
            .series(48, [("1", number(48)), ("2", number(49))])
            .check();
    }
    let short = |t: usize| {
        let text = format!("{:.2}", number(t)).replace('.', ",");
        text.trim_end_matches('0').trim_end_matches(',').to_owned()
    };
    Case::new("zeros at the end are left out").file("n.csv", rows("Wert", 48, short)).series(48, []).check();
    Case::new("the note names the option for two columns")
        .file("n.csv", rows("", 48, comma))
        .series(48, [])
        .note("is read as one number and not as two (--delimiter , reads two columns)")
        .check();
    Case::new("amounts without quotes")
        .file("n.csv", rows("sales", 48, |t| format!("${}", grouped(100.0 * number(t), ",", "."))))
        .series(48, [("1", 100.0 * number(48))])
        .check();
    Case::new("two columns, stated")
        .file("n.csv", rows("", 48, |t| format!("{},{:.0}", t % 5, number(t))))
        .options("--delimiter ,")
        .series(48, [("1", number(48))])
        .check();
    Case::new("years and numbers are two columns")
        .file("n.csv", rows("", 48, |t| format!("{},{:.0}", 1900 + t, number(t))))
        .series(48, [("1948", number(48))])
        .check();
    Case::new("one number or two")
        .file("n.csv", rows("", 48, |t| format!("{},{}", t * 7 % 5, t * t)))
        .refused(1, &["n.csv has lines such as '0,0'", "--decimal ,", "--delimiter ,"]);
}

#[test]
fn thousands_and_currencies() {
    Case::new("$1,234.50")
        .file(
            "n.csv",
            rows("month,sales", 48, |t| {
                format!("{},\"${}\"", month(t), grouped(100.0 * number(t), ",", "."))
            }),
        )
        .series(48, [("1994-01", 100.0 * number(48))])
        .note("currency signs are left out of the numbers in 'sales'")
        .check();
    Case::new("12.50 %")
        .file("n.csv", rows("month,rate", 48, |t| format!("{}, {:.2} %", month(t), number(t))))
        .series(48, [("1994-01", number(48))])
        .note("percent signs are left out")
        .check();
    Case::new("1 234.50 €")
        .file(
            "n.csv",
            rows("month,rate", 48, |t| format!("{},{} €", month(t), grouped(100.0 * number(t), " ", "."))),
        )
        .series(48, [("1994-01", 100.0 * number(48))])
        .check();
    Case::new("1,234 may be 1234 or 1.234, and the note states which")
        .file(
            "n.csv",
            rows("month,y", 48, |t| {
                format!("{},\"{}\"", month(t), format!("{:.3}", 1.0 + number(t) / 100.0).replace('.', ","))
            }),
        )
        .series(48, [("1994-01", 1000.0 + 10.0 * number(48))])
        .note("--decimal , reads it otherwise")
        .check();
}

#[test]
fn units_totals_and_sources() {
    let table = rows("Month,Passengers", 48, |t| format!("{},{:.2}", month(t), number(t)));
    let (header, body) = table.split_once('\n').unwrap();
    Case::new("a line of units, a total and a source")
        .file("n.csv", format!("{header}\n,thousands\n{body}Total,5000\nSource: Box and Jenkins\n"))
        .series(48, [("1994-01", number(48))])
        .note("n.csv:2: a line of units is left out ('thousands')")
        .note("n.csv:51: a row after the series is left out ('Total')")
        .note("a row after the series is left out: n.csv:52: there is 1 field")
        .check();
    Case::new("a bad row between good ones is not a source")
        .file("n.csv", format!("{header}\n1989-11,1\nSource\n{body}"))
        .refused(1, &["n.csv:3: there is 1 field"]);
}

#[test]
fn missing_numbers() {
    for (cell, name) in [("", "empty"), ("NA", "NA"), ("NaN", "NaN"), ("-", "a dash"), ("null", "null")] {
        let table = rows("month,y", 48, |t| match t {
            30 => format!("{},{cell}", month(t)),
            _ => format!("{},{:.3}", month(t), number(t)),
        });
        Case::new(name).file("n.csv", &table).refused(
            1,
            &["n.csv:32: the number in column 'y' is missing (1 of 48 are); fill with --missing interpolate"],
        );
        Case::new(name)
            .file("n.csv", &table)
            .options("--missing interpolate")
            .series(48, [("1994-01", number(48))])
            .note("1 missing number in 'y' is interpolated")
            .check();
    }
    Case::new("left out")
        .file("n.csv", rows("y", 48, |t| if t >= 44 { "NA".to_owned() } else { format!("{:.3}", number(t)) }))
        .options("--missing drop")
        .series(44, [("1", number(44))])
        .note("4 missing numbers in 'y' are left out")
        .check();
}

#[test]
fn what_is_no_number() {
    Case::new("words")
        .file("n.csv", "a,b\nx,y\n")
        .refused(1, &["n.csv has no column of numbers; the columns are a, b"]);
    Case::new("short for thousands")
        .file("n.csv", rows("month,n", 48, |t| format!("{},{}.2k", month(t), t + 10)))
        .refused(
            1,
            &["no column of numbers; the columns are month, n; '10.2k' in column 'n' is not a number"],
        );
    Case::new("a typing error")
        .file("n.csv", rows("y", 48, |t| if t == 20 { "12o".to_owned() } else { t.to_string() }))
        .refused(1, &["n.csv:22: '12o' in column 'y' is not a number"]);
    Case::new("an infinite number")
        .file("n.csv", rows("y", 48, |t| if t == 20 { "inf".to_owned() } else { t.to_string() }))
        .refused(1, &["n.csv:22: 'inf'"]);
    Case::new("points and commas")
        .file("n.csv", rows("y;z", 48, |t| if t % 2 == 0 { "1.5;1".to_owned() } else { "1,25;1".to_owned() }))
        .options("--column y")
        .refused(1, &["decimal points and decimal commas, as in '1.5' and '1,25'", "--decimal"]);
}

#[test]
fn large_numbers_keep_their_last_digits() {
    let line = |t: usize| 330_000_000.0 + t as f64;
    let case = Case::new("330000000 + t").file("n.csv", rows("y", 144, |t| line(t).to_string()));
    case.by_the_dates().series(144, [("1", line(144)), ("2", line(145))]).check();
    let home = crate::home::Home::new();
    std::fs::write(home.path("n.csv"), rows("y", 144, |t| line(t).to_string())).unwrap();
    let ran = home.run("forecast n.csv --units 1 --epochs 0").ok();
    assert!(
        ran.stdout.contains("seasonal naive                       12.00         12.00         12.00"),
        "{}",
        ran.stdout
    );
    for (step, forecast) in [("+1 ", " 330000144 "), ("+12", " 330000155 ")] {
        let line = ran.stdout.lines().find(|line| line.trim_start().starts_with(step));
        assert!(line.is_some_and(|line| line.contains(forecast)), "{}", ran.stdout);
    }
}

#[test]
fn numbers_in_json_lines() {
    Case::new("numbers, and dates as text")
        .file(
            "n.jsonl",
            rows("", 48, |t| format!("{{\"month\": \"{}\", \"y\": {:.3}}}", month(t), number(t))),
        )
        .series(48, [("1994-01", number(48))])
        .check();
}

#[test]
fn figures_have_six_digits_and_json_has_all() {
    for (scale, decimals) in [(1.0, 8), (0.01, 9), (1e4, 3)] {
        let home = crate::home::Home::new();
        let noisy = |t: usize| scale * (number(t) + (t * t % 7) as f64 / 3.0);
        std::fs::write(home.path("n.csv"), rows("y", 48, |t| format!("{:.decimals$}", noisy(t)))).unwrap();
        let ran = home.run("forecast n.csv --period 4 --units 1 --epochs 0").ok();
        for line in ran.stdout.lines().skip(2) {
            for figure in line.split_whitespace().map(|word| word.trim_end_matches(['.', ':', ','])) {
                let Ok(_) = figure.parse::<f64>() else { continue };
                let digits: Vec<char> = figure.chars().filter(char::is_ascii_digit).collect();
                assert!(digits.len() <= 7, "{figure}: {}", ran.stdout);
            }
        }
        let all = home.run("forecast n.csv --period 4 --units 1 --epochs 0 --format json").ok().json();
        let mae = all["series"][0]["lstm"]["mae"].as_f64().unwrap();
        assert!(mae.to_string().len() > 8, "{mae}");
    }
}
