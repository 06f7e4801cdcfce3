//! What separates the fields of a table: found by looking at the first lines, stated by the file, or given by an option.

use crate::case::Case;
use crate::home::Home;
use std::fs;

const LABELS: [(&str, u64); 2] = [("0", 2), ("1", 2)];

#[test]
fn semicolons_as_half_of_europes_spreadsheets_write_them() {
    Case::new("semicolons")
        .file("films.csv", "text;label\ngood film;1\nbad film;0\nfine, fine;1\ndull;0\n")
        .rows(4)
        .text_column("text")
        .labels(LABELS)
        .note("fields are separated by ';'")
        .check();
    // Commas in every text do not make a table of commas, nor do quoted semicolons of semicolons.
    Case::new("commas in the texts")
        .file(
            "films.csv",
            "label;text\n1;\"well, yes; indeed\"\n0;\"well, no\"\n1;\"oh, fine\"\n0;\"oh, dull\"\n",
        )
        .rows(4)
        .text_column("text")
        .labels(LABELS)
        .note("fields are separated by ';'")
        .check();
    Case::new("decimal commas in every row, and no header")
        .file("stars.csv", "good film;4,5\nbad film;1,5\nfine story;4,5\nweak story;1,5\n")
        .rows(4)
        .text_column("1")
        .labels([("1,5", 2), ("4,5", 2)])
        .note("fields are separated by ';'")
        .check();
}

#[test]
fn tabs_and_bars_in_a_csv_file() {
    Case::new("tabs")
        .file("films.csv", "text\tlabel\ngood, good film\t1\nbad film\t0\nfine\t1\ndull\t0\n")
        .rows(4)
        .labels(LABELS)
        .note("fields are separated by tabs")
        .check();
    Case::new("vertical bars")
        .file("films.csv", "id|text|label\n1|good; film|1\n2|bad film|0\n3|fine|1\n4|dull|0\n")
        .rows(4)
        .text_column("text")
        .labels(LABELS)
        .note("fields are separated by '|'")
        .check();
    Case::new("commas in a .tsv file")
        .file("films.tsv", "text,label\ngood film,1\nbad film,0\nfine,1\ndull,0\n")
        .rows(4)
        .labels(LABELS)
        .note("fields are separated by ','")
        .check();
}

#[test]
fn commas_win_where_both_would_do() {
    Case::new("a semicolon in each text")
        .file("films.csv", "text,label\ngood; film,1\nbad; film,0\nfine; so,1\ndull; so,0\n")
        .rows(4)
        .labels(LABELS)
        .no_note("separated")
        .check();
    Case::new("a bad row does not change the delimiter")
        .file("films.csv", "text,label\ngood film,1\nbad, bad film,0\nfine,1\ndull,0\n")
        .options("--on-error skip")
        .rows(3)
        .skipped(1)
        .no_note("separated")
        .check();
}

#[test]
fn the_option_wins() {
    let hashes = "text#label\ngood film#1\nbad film#0\nfine#1\ndull#0\n";
    Case::new("a character of its own")
        .file("films.csv", hashes)
        .options("--delimiter #")
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("tab, by name")
        .file("films.txt", "text\tlabel\ngood film\t1\nbad film\t0\nfine\t1\ndull\t0\n")
        .options("--delimiter tab")
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("two characters")
        .file("films.csv", "text::label\n")
        .options("--delimiter ::")
        .refused(2, &["'::' is not a delimiter", "such as ; or |, or the word tab"]);
}

#[test]
fn a_first_line_states_the_delimiter_for_excel() {
    Case::new("sep=;")
        .file("films.csv", "sep=;\r\ntext;label\r\ngood film;1\r\nbad film;0\r\nfine;1\r\ndull;0\r\n")
        .rows(4)
        .labels(LABELS)
        .note("fields are separated by ';', as the first line states")
        .check();
    Case::new("and the lines are counted with it")
        .file("films.csv", "sep=,\ntext,label\ngood film,1\nbad, bad film,0\n")
        .refused(1, &["films.csv:4: there are 3 fields where the header names 2 columns"]);
}

#[test]
fn answers_are_written_as_the_file_is() {
    let home = Home::new();
    fs::write(home.path("in.csv"), "id;text\n1;a wonderful; film\n").unwrap();
    fs::write(home.path("in.csv"), "id;text\n1;\"a wonderful; film\"\n2;dull\n").unwrap();
    let ran = home.run("predict in.csv").ok();
    assert!(ran.stderr.contains("fields are separated by ';'"), "{ran:#?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "id;text;label;probability");
    assert!(lines[1].starts_with("1;\"a wonderful; film\";"), "{ran:#?}");
    home.run("predict in.csv --output out.tsv").ok();
    let tabs = fs::read_to_string(home.path("out.tsv")).unwrap();
    assert!(tabs.starts_with("id\ttext\tlabel\tprobability\n1\ta wonderful; film\t"), "{tabs}");
}

#[test]
fn old_line_ends_and_blank_lines() {
    Case::new("carriage returns alone, as old Macs wrote them")
        .file("films.csv", "text,label\rgood film,1\rbad film,0\rfine,1\rdull,0\r")
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("blank lines, one of them of spaces")
        .file("films.csv", "text,label\r\n\r\ngood film,1\r\nbad film,0\r\n   \r\nfine,1\r\ndull,0\r\n\r\n")
        .rows(4)
        .labels(LABELS)
        .check();
}

#[test]
fn a_table_under_another_name() {
    let table = "text;label\ngood film;1\nbad film;0\nfine;1\ndull;0\n";
    for name in ["films.data", "films", "films.dat"] {
        Case::new(name)
            .file(name, table)
            .rows(4)
            .labels(LABELS)
            .note("the file is read as a table, as its first lines have the same number of fields")
            .check();
    }
    Case::new("JSON lines without an ending")
        .file("films", "{\"text\": \"good film\", \"label\": 1}\n{\"text\": \"bad film\", \"label\": 0}\n")
        .rows(2)
        .note("the file is read as JSON lines")
        .check();
    Case::new("prose")
        .file("tale", "Once upon a time, there was a king.\nHe had a daughter.\n")
        .refused(2, &["it is text, but neither a table with the same number of fields", "--delimiter"]);
}

#[test]
fn a_file_of_another_program_is_named() {
    let files: [(&'static str, &[u8], &'static str); 5] = [
        (
            "films.xlsx",
            b"PK\x03\x04\x14\0\x06\0[Content_Types].xml xl/workbook.xml",
            "an Excel workbook; save it as CSV",
        ),
        (
            "films.csv",
            b"PK\x03\x04\x14\0\x06\0[Content_Types].xml xl/workbook.xml",
            "an Excel workbook; save it as CSV",
        ),
        ("films.pdf", b"%PDF-1.7\n", "a PDF"),
        ("films.db", b"SQLite format 3\0\x10\0", "an SQLite database; export the table"),
        ("films.pkl", b"\x80\x04\x95\x10\0\0", "a pickle of Python"),
    ];
    for (name, bytes, what) in files {
        Case::new(name).file(name, bytes).refused(1, &[what]);
        let home = Home::new();
        fs::write(home.path(name), bytes).unwrap();
        let ran = home.run(&format!("train {name}")).failed(1, &[what]);
        assert!(!ran.stderr.contains("IMDB"), "{ran:#?}");
    }
}
