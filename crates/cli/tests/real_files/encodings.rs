//! Encodings: UTF-8 is the rule, UTF-16 is told by its mark, and all others are named by an option.

use crate::case::Case;
use crate::home::Home;
use std::fs;

const LABELS: [(&str, u64); 2] = [("schön", 2), ("öde", 2)];
const TABLE: &str = "text,label\nein schöner Film,schön\nein öder Film,öde\nsehr schön,schön\nsehr öde,öde\n";

fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

#[test]
fn a_byte_order_mark_is_no_text() {
    Case::new("UTF-8, as Excel writes it")
        .file("films.csv", format!("\u{feff}{TABLE}"))
        .rows(4)
        .text_column("text")
        .labels(LABELS)
        .check();
    Case::new("UTF-16, as Excel's Unicode text")
        .file("films.csv", utf16(&format!("\u{feff}{}", TABLE.replace(',', "\t")), u16::to_le_bytes))
        .rows(4)
        .labels(LABELS)
        .note("the file is in utf-16le, as its byte order mark states")
        .note("fields are separated by tabs")
        .check();
    Case::new("UTF-16, the other way round, of JSON lines")
        .file(
            "films.jsonl",
            utf16(
                "\u{feff}{\"text\": \"schön\", \"label\": 1}\n{\"text\": \"öde\", \"label\": 0}\n",
                u16::to_be_bytes,
            ),
        )
        .rows(2)
        .note("the file is in utf-16be")
        .check();
    Case::new("the text of a folder")
        .file("films/good/1.txt", "\u{feff}fine")
        .file("films/bad/1.txt", utf16("\u{feff}öde", u16::to_le_bytes))
        .path("films")
        .rows(2)
        .check();
}

#[test]
fn other_bytes_are_refused_with_their_place() {
    Case::new("Latin-1").file("films.csv", latin1(TABLE)).refused(
        1,
        &[
            "films.csv:2: this is not UTF-8: the byte 0xF6 at offset 18 of the file",
            "--encoding windows-1252",
        ],
    );
    Case::new("a folder with one such file, which is named")
        .file("films/good/1.txt", "schön")
        .file("films/bad/2.txt", latin1("öde"))
        .path("films")
        .refused(1, &["bad/2.txt: this is not UTF-8: the byte 0xF6 at offset 0", "--encoding windows-1252"]);
    Case::new("UTF-16 without a mark")
        .file("films.csv", utf16(TABLE, u16::to_le_bytes))
        .refused(1, &["it looks like UTF-16 without a byte order mark; give --encoding utf-16le"]);
    Case::new("a byte that does not occur in text")
        .file("films.csv", "text,label\ngood\0film,1\n")
        .refused(1, &["its byte 15 is 0, which does not occur in text"]);
}

#[test]
fn an_option_names_the_encoding() {
    for name in ["latin-1", "windows-1252", "ISO-8859-1"] {
        Case::new("Latin-1, by each of its names")
            .file("films.csv", latin1(TABLE))
            .options(&format!("--encoding {name}"))
            .rows(4)
            .labels(LABELS)
            .check();
    }
    Case::new("UTF-16 without a mark")
        .file("films.csv", utf16(TABLE, u16::to_be_bytes))
        .options("--encoding utf-16be")
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("Shift_JIS")
        .file(
            "films.csv",
            b"text,label\n\x89\x66\x89\xe6,\x97\xc7\n\x89\x66,\x88\xab\n\x89\xe6,\x97\xc7\n".as_slice(),
        )
        .options("--encoding shift_jis")
        .rows(3)
        .labels([("良", 2), ("悪", 1)])
        .check();
    Case::new("a folder")
        .file("films/good/1.txt", latin1("schön"))
        .file("films/bad/1.txt", latin1("öde"))
        .path("films")
        .options("--encoding latin1")
        .rows(2)
        .check();
    Case::new("bytes that mean nothing in it are a bad row")
        .file("films.csv", b"text,label\ngood film,1\nbad \x81 film,0\nfine,1\ndull,0\n".as_slice())
        .options("--encoding shift_jis --on-error skip")
        .rows(3)
        .skipped(1)
        .note("films.csv:3: this is not shift_jis")
        .check();
    Case::new("no encoding")
        .file("films.csv", TABLE)
        .options("--encoding latin-99")
        .refused(2, &["'latin-99' is not the name of an encoding", "windows-1252"]);
}

/// The delimiter is given, and the encoding is what is wrong.
#[test]
fn a_text_file_in_another_encoding_is_refused_for_its_encoding() {
    let home = Home::new();
    fs::write(home.path("films.txt"), latin1("ein schöner Film@1\nein öder Film@0\n")).unwrap();
    for options in ["", "--delimiter @"] {
        home.run(&format!("train films.txt {options}"))
            .failed(1, &["films.txt: this is not UTF-8", "--encoding windows-1252"]);
    }
    let ran =
        home.run("data describe films.txt --delimiter @ --no-header --encoding latin1 --format json").ok();
    assert_eq!(ran.json()["rows"], 2, "{ran:#?}");
    home.run("data describe films.txt --delimiter | --encoding latin1 --label-column 2")
        .failed(1, &["no common number of fields with the delimiter that is given"]);
}
