//! Tests of reading series of numbers; the kinds of files are tested from outside, in `crates/cli/tests/real_files`.

use super::*;

fn read(content: &str, options: &NumberOptions) -> Result<NumberFile> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, content).unwrap();
    read_numbers(&path, options)
}

fn plain() -> NumberOptions {
    NumberOptions::default()
}

#[test]
fn flaws_are_named_with_file_and_line() {
    for (text, column, says) in [
        ("a,b\n1,2\n", "n", ":1: there is no column 'n'; the columns are a, b"),
        ("n\n1\nx\n", "n", ":3: 'x' in column 'n' is not a number"),
        ("n\n1\ninf\n", "n", ":3: 'inf'"),
        ("n\n1\nNA\n3\n", "n", ":3: the number in column 'n' is missing (1 of 3 are); fill with --missing"),
        (
            "t,n\n2020-01,1\n2020-02,2\n2020-04,3\n",
            "n",
            "there is no row for 2020-03; 1 of 4 dates are missing (monthly)",
        ),
        ("t,n\n2020-01,1\n2020-02,2\n2020-02,3\n", "n", ":4: the date 2020-02 comes twice, first in line 3"),
        ("t,n\n2020-01,1\n2020-13,2\n2020-03,3\n", "n", ":3: '2020-13' in column 't' is not a date"),
        ("n;m\n1.5;1\n1,5;1\n", "n", "--decimal"),
    ] {
        let error = read(text, &plain().column(column)).unwrap_err().to_string();
        assert!(error.contains(says), "{text:?}: {error}");
    }
    let error = read("m,n\nx,NaN\n", &plain()).unwrap_err().to_string();
    assert!(error.contains("no column of numbers; the columns are m, n"), "{error}");
    assert_eq!(read("m,n\n1,x\n", &plain()).unwrap().column, "m");
}

#[test]
fn dates_are_read_as_people_write_them() {
    for (cells, labels) in [
        (["Jan-49", "Feb-49", "Mar-49"], ["1949-03", "1949-04"]),
        (["Dec-99", "Jan-00", "Feb-00"], ["2000-02", "2000-03"]),
        (["1949-01", "1949-02", "1949-03"], ["1949-03", "1949-04"]),
        (["January 1949", "February 1949", "March 1949"], ["1949-03", "1949-04"]),
        (["2001Q1", "2001Q2", "2001Q3"], ["2001Q3", "2001Q4"]),
        (["Q3 2001", "Q4 2001", "Q1 2002"], ["2002Q1", "2002Q2"]),
        (["1949", "1950", "1951"], ["1951", "1952"]),
        (["2020-01-31", "2020-02-29", "2020-03-31"], ["2020-03-31", "2020-04-30"]),
        (["2020-02-27", "2020-02-28", "2020-02-29"], ["2020-02-29", "2020-03-01"]),
        (["01/02/2020", "01/03/2020", "01/04/2020"], ["2020-04-01", "2020-05-01"]),
        (["12/30/2020", "12/31/2020", "01/01/2021"], ["2021-01-01", "2021-01-02"]),
        (["30.12.2020", "31.12.2020", "01.01.2021"], ["2021-01-01", "2021-01-02"]),
        (["1-Jan-1995", "1-Feb-1995", "1-Mar-1995"], ["1995-03-01", "1995-04-01"]),
        (["20200101", "20200108", "20200115"], ["2020-01-15", "2020-01-22"]),
        (["2020-W01", "2020-W02", "2020-W03"], ["2020-01-13", "2020-01-20"]),
        (
            ["2020-01-01 22:00", "2020-01-01 23:00", "2020-01-02 00:00"],
            ["2020-01-02 00:00", "2020-01-02 01:00"],
        ),
        (
            ["2020-01-01T22:00:00Z", "2020-01-01T23:00:00Z", "2020-01-02T01:00:00+01:00"],
            ["2020-01-02 00:00:00", "2020-01-02 01:00:00"],
        ),
        (["43831", "43832", "43833"], ["2020-01-03", "2020-01-04"]),
        (["1577836800", "1577840400", "1577844000"], ["2020-01-01 02:00:00", "2020-01-01 03:00:00"]),
        (["2020-01-01 00:00:00", "2020-02-01 00:00:00", "2020-03-01 00:00:00"], ["2020-03-01", "2020-04-01"]),
        (
            ["1/1/2020 11:00 AM", "1/1/2020 12:00 PM", "1/1/2020 1:00 PM"],
            ["2020-01-01 13:00", "2020-01-01 14:00"],
        ),
    ] {
        let rows: String = cells.iter().map(|cell| format!("\"{cell}\",1.5\n")).collect();
        let file = read(&format!("date,y\n{rows}"), &plain()).unwrap();
        let dates = file.series[0].dates.as_ref().unwrap();
        let found = [dates.label(2), dates.label(3)].map(Option::unwrap_or_default);
        assert_eq!(found, labels, "{cells:?}: {:?}", file.notes);
    }
}

#[test]
fn missing_numbers_are_filled_as_asked() {
    let text = "t,n\n2020-01,\n2020-02,2\n2020-03,NA\n2020-05,8\n2020-06,\n";
    for (missing, values, last) in [
        (Missing::Interpolate, &[2.0, 4.0, 6.0, 8.0][..], "2020-05"),
        (Missing::Previous, &[2.0, 2.0, 2.0, 8.0], "2020-05"),
        (Missing::Drop, &[2.0, 8.0], "2020-05"),
    ] {
        let file = read(text, &plain().missing(missing)).unwrap();
        let series = &file.series[0];
        assert_eq!(series.values, values, "{missing:?}");
        assert_eq!(series.dates.as_ref().unwrap().label(values.len() - 1).unwrap(), last);
        assert!(
            file.notes.iter().any(|note| note.contains("4 missing numbers in 'n' are")),
            "{:?}",
            file.notes
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "[0-9,.;/\\- :a-zQ$%\n\"]{0,80}", head in "(date|y|id),(y|ds)\n") {
        let _ = read(&format!("{head}{text}"), &plain());
        let _ = read(&format!("{head}{text}"), &plain().missing(Missing::Interpolate).id_column("id"));
    }

    #[test]
    fn no_cell_makes_parsing_panic(cell in "\\PC{0,20}") {
        let _ = (dates::written(&cell, dates::Digits::Many), parse::is_number(&cell));
    }
}
