//! Dates as people write them, for `gatewise forecast`.

use crate::forecast_case::{Case, month, number, rows};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn table(date: impl Fn(usize) -> String) -> String {
    rows("date,y", 48, |t| format!("{},{:.3}", date(t), number(t)))
}

/// A day of January and February 2021.
fn day(t: usize) -> (usize, usize) {
    if t < 31 { (1, t + 1) } else { (2, t - 30) }
}

#[test]
fn dates_are_found_and_go_on() {
    Case::new("Jan-90")
        .file("n.csv", table(|t| format!("{}-{}", MONTHS[t % 12], 90 + t / 12)))
        .series(48, [("1994-01", number(48)), ("1994-02", number(49))])
        .note("years of two digits in 'date' are taken as 1990 to 1993")
        .check();
    Case::new("1990Q1")
        .file("n.csv", table(|t| format!("{}Q{}", 1990 + t / 4, t % 4 + 1)))
        .series(48, [("2002Q1", number(48)), ("2002Q2", number(49))])
        .check();
    Case::new("January 1990")
        .file("n.csv", table(|t| format!("{} {}", MONTHS[t % 12], 1990 + t / 12)))
        .series(48, [("1994-01", number(48))])
        .check();
    Case::new("years")
        .file("n.csv", table(|t| (1900 + t).to_string()))
        .series(48, [("1948", number(48)), ("1949", number(49))])
        .check();
    Case::new("days, ISO 8601")
        .file("n.csv", table(|t| format!("2021-{:02}-{:02}", day(t).0, day(t).1)))
        .series(48, [("2021-02-18", number(48)), ("2021-02-19", number(49))])
        .check();
    Case::new("hours, RFC 3339")
        .file("n.csv", table(|t| format!("2021-01-{:02}T{:02}:00:00Z", t / 24 + 1, t % 24)))
        .series(48, [("2021-01-03 00:00:00", number(48))])
        .check();
    Case::new("hours of one time zone keep their clock")
        .file("n.csv", table(|t| format!("2021-01-{:02}T{:02}:00:00+02:00", t / 24 + 1, t % 24)))
        .series(48, [("2021-01-03 00:00:00", number(48))])
        .check();
    Case::new("ends of months, as pandas resamples")
        .file(
            "n.csv",
            table(|t| {
                format!(
                    "{}-{}",
                    month(t),
                    [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][t % 12] + usize::from(t == 25)
                )
            }),
        )
        .series(48, [("1994-01-31", number(48)), ("1994-02-28", number(49))])
        .check();
}

#[test]
fn day_and_month() {
    Case::new("the day is first where it is over 12")
        .file("n.csv", table(|t| format!("{:02}/{:02}/2021", day(t).1, day(t).0)))
        .series(48, [("2021-02-18", number(48))])
        .check();
    Case::new("the month is first where the day is over 12")
        .file("n.csv", table(|t| format!("{}/{}/2021", day(t).0, day(t).1)))
        .series(48, [("2021-02-18", number(48))])
        .check();
    let first_of_month = |t: usize| format!("01/{:02}/{}", t % 12 + 1, 1990 + t / 12);
    Case::new("first days of months: the order with steps of equal length")
        .file("n.csv", table(first_of_month))
        .series(48, [("1994-01-01", number(48)), ("1994-02-01", number(49))])
        .note("dates in 'date' are read day first; --date-order month-first reads them otherwise")
        .check();
    Case::new("stated")
        .file("n.csv", table(first_of_month))
        .options("--date-order day-first")
        .series(48, [("1994-01-01", number(48))])
        .check();
}

#[test]
fn the_newest_row_may_come_first() {
    Case::new("rows are sorted, and the future is forecast")
        .file("n.csv", rows("date,close", 48, |t| format!("{},{:.3}", month(47 - t), number(47 - t))))
        .series(48, [("1994-01", number(48)), ("1994-02", number(49))])
        .note("rows are sorted by 'date'")
        .check();
}

#[test]
fn a_date_that_comes_twice_is_refused() {
    Case::new("twice")
        .file("n.csv", table(|t| month(if t == 30 { 29 } else { t })))
        .refused(1, &["n.csv:32: the date 1992-06 comes twice, first in line 31", "--id-column"]);
}

#[test]
fn gaps_are_named() {
    let gap = rows("date,y", 48, |t| {
        format!("{},{:.3}", month(t + 2 * usize::from(t > 39)), number(t + 2 * usize::from(t > 39)))
    });
    Case::new("two months are missing").file("n.csv", &gap).refused(
        1,
        &["n.csv: there is no row for 1993-05; 2 of 50 dates are missing (monthly)", "--missing interpolate"],
    );
    Case::new("filled")
        .file("n.csv", &gap)
        .options("--missing previous")
        .series(50, [("1994-03", number(50))])
        .note("2 missing numbers in 'y' are replaced by the number before")
        .check();
    Case::new("a typing error in a date")
        .file("n.csv", table(|t| if t == 20 { "1991-13".to_owned() } else { month(t) }))
        .refused(1, &["n.csv:22: '1991-13' in column 'date' is not a date"]);
}

#[test]
fn the_season_follows_the_dates() {
    let season = |period: usize| move |t: usize| 100.0 + (t % period) as f64 + t as f64 / 50.0;
    let hour = |t: usize| format!("2021-03-{:02} {:02}:00", t / 24 + 1, t % 24);
    type Dates<'a> = &'a dyn Fn(usize) -> String;
    let cases: [(&str, usize, usize, Dates<'_>); 3] = [
        ("dates are monthly; a season has 12 steps (--period)", 96, 12, &month),
        ("dates are hourly; a season has 24 steps (--period)", 240, 24, &hour),
        ("dates are quarterly; a season has 4 steps (--period)", 48, 4, &|t| {
            format!("{}-{:02}-01", 2000 + t / 4, 3 * (t % 4) + 1)
        }),
    ];
    for (note, count, period, date) in cases {
        let value = season(period);
        Case::new(note)
            .file("n.csv", rows("date,y", count, |t| format!("{},{:.2}", date(t), value(t))))
            .by_the_dates()
            .note(note)
            .series(count, [])
            .check();
    }
    Case::new("too few for a season of months")
        .file("n.csv", rows("date,y", 40, |t| format!("{},{}", month(t), 100 + t)))
        .by_the_dates()
        .series(40, [])
        .note("40 monthly numbers are too few for a season of 12 steps; none is assumed (--period)")
        .check();
}

#[test]
fn weekends_are_not_gaps() {
    // From Monday, 4 January 2021.
    let date = |t: usize| {
        let day = 4 + t / 5 * 7 + t % 5;
        if day <= 31 {
            format!("2021-01-{day:02}")
        } else if day <= 59 {
            format!("2021-02-{:02}", day - 31)
        } else {
            format!("2021-03-{:02}", day - 59)
        }
    };
    Case::new("Mondays to Fridays")
        .file("n.csv", table(date))
        .series(48, [("2021-03-11", number(48)), ("2021-03-12", number(49))])
        .check();
}

#[test]
fn parts_of_dates_in_columns_of_their_own() {
    let ymd = |header: &str, date: &dyn Fn(usize) -> String| {
        rows(header, 48, |t| format!("{},{:.3}", date(t), number(t)))
    };
    let year_and_month = |t: usize| format!("{},{}", 1970 + t / 12, t % 12 + 1);
    Case::new("Year and Month")
        .file("n.csv", ymd("Year,Month,n", &year_and_month))
        .series(48, [("1974-01", number(48)), ("1974-02", number(49))])
        .note("dates are made of the columns Year, Month (--date-column)")
        .check();
    Case::new("Jahr and Monat")
        .file("n.csv", ymd("Jahr,Monat,Umsatz", &year_and_month))
        .series(48, [("1974-01", number(48))])
        .check();
    Case::new("month before year, by its name")
        .file("n.csv", ymd("month,year,n", &|t| format!("{},{}", MONTHS[t % 12], 1970 + t / 12)))
        .series(48, [("1974-01", number(48))])
        .check();
    Case::new("year, month, day")
        .file("n.csv", ymd("year,month,day,n", &|t| format!("2021,{:02},{:02}", day(t).0, day(t).1)))
        .series(48, [("2021-02-18", number(48)), ("2021-02-19", number(49))])
        .check();
    Case::new("year, month, day, hour")
        .file("n.csv", ymd("No,year,month,day,hour,n", &|t| format!("{t},2021,1,{},{}", t / 24 + 1, t % 24)))
        .series(48, [("2021-01-03 00:00", number(48))])
        .check();
    Case::new("whole dates come first")
        .file(
            "n.csv",
            ymd("ds,year,month,n", &|t| format!("2021-{:02}-{:02},2021,{}", day(t).0, day(t).1, day(t).0)),
        )
        .series(48, [("2021-02-18", number(48))])
        .check();
    Case::new("year and quarter")
        .file("n.csv", ymd("year,quarter,n", &|t| format!("{},Q{}", 1970 + t / 4, t % 4 + 1)))
        .series(48, [("1982Q1", number(48))])
        .check();
    Case::new("several series")
        .file(
            "n.csv",
            rows("shop,year,month,n", 96, |t| {
                format!("{},{},{:.3}", ["A", "B"][t / 48], year_and_month(t % 48), number(t % 48))
            }),
        )
        .named("A", 48, [("1974-01", number(48))])
        .named("B", 48, [("1974-01", number(48))])
        .check();
    Case::new("the date comes twice")
        .file("n.csv", ymd("Year,Month,n", &year_and_month) + "1970,1,5\n")
        .refused(1, &["the date 1970-01 comes twice"]);
}

#[test]
fn a_column_for_each_month_is_refused() {
    let wide = |names: &[&str]| {
        rows(&format!("Year,{}", names.join(",")), 20, |t| {
            let cells: Vec<String> = (0..names.len()).map(|m| format!("{:.1}", number(m + t))).collect();
            format!("{},{}", 1970 + t, cells.join(","))
        })
    };
    Case::new("months").file("n.csv", wide(&MONTHS)).refused(
        1,
        &["n.csv has a column for each month ('Jan' to 'Dec'), but one row per number is needed"],
    );
    Case::new("quarters")
        .file("n.csv", wide(&["Q1", "Q2", "Q3", "Q4"]))
        .refused(1, &["a column for each quarter"]);
    Case::new("one of them, stated")
        .file("n.csv", wide(&MONTHS))
        .options("--column Jan")
        .series(20, [])
        .check();
}
