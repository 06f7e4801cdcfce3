//! Compressed files are unpacked as they are read, told by their first bytes.

use crate::case::Case;
use crate::home::Home;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;

const LABELS: [(&str, u64); 2] = [("0", 2), ("1", 2)];
const TABLE: &str = "text,label\ngood film,1\nbad film,0\nfine,1\ndull,0\n";

fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_ref()).unwrap();
    packed.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn each_kind_of_file_is_unpacked() {
    let json = "{\"text\": \"good film\", \"label\": \"1\"}\n{\"text\": \"bad\", \"label\": \"0\"}\n{\"text\": \"fine\", \
                \"label\": \"1\"}\n{\"text\": \"dull\", \"label\": \"0\"}\n";
    let files: [(&'static str, &str, Vec<u8>); 6] = [
        ("a table in gzip", "films.csv.gz", gzip(TABLE)),
        ("a table in Zstandard", "films.csv.zst", zstd(TABLE)),
        ("tabs in gzip", "films.TSV.GZ", gzip(TABLE.replace(',', "\t"))),
        ("JSON lines in Zstandard", "films.jsonl.zst", zstd(json)),
        ("under the name of what is in it", "films.csv", gzip(TABLE)),
        ("under no name", "films.gz", gzip(TABLE)),
    ];
    for (name, file, bytes) in files {
        Case::new(name).file(file, bytes).rows(4).labels(LABELS).check();
    }
}

#[test]
fn several_parts_are_one_file() {
    let (first, rest) = TABLE.split_at(25);
    Case::new("members of gzip, as bgzip and cat make them")
        .file("films.csv.gz", [gzip(first), gzip(rest)].concat())
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("frames of Zstandard, one of them to be skipped")
        .file("films.csv.zst", [zstd(first), b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(rest)].concat())
        .rows(4)
        .labels(LABELS)
        .check();
    Case::new("UTF-16 in gzip")
        .file(
            "films.csv.gz",
            gzip(format!("\u{feff}{TABLE}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
        )
        .rows(4)
        .note("utf-16le")
        .check();
}

#[test]
fn damage_is_told_with_its_place() {
    let mut rows = String::from("text,label\n");
    for row in 0..20_000 {
        rows += &format!("film {row} {},{}\n", row * 7919 % 10_007, row % 2);
    }
    let packed = gzip(&rows);
    Case::new("cut off")
        .file("films.csv.gz", &packed[..packed.len() / 2])
        .refused(1, &["films.csv.gz:", "the gzip file is damaged or cut off here"]);
    let packed = zstd(&rows);
    Case::new("cut off")
        .file("films.csv.zst", &packed[..packed.len() / 2])
        .refused(1, &["films.csv.zst:", "the Zstandard file is damaged or cut off here"]);
    Case::new("a line of it")
        .file("films.csv.gz", gzip("text,label\nfine,1\nbroken\n"))
        .refused(1, &["films.csv.gz:3: there is 1 field where the header names 2 columns"]);
}

#[test]
fn other_archives_are_named() {
    Case::new("bzip2")
        .file("films.csv.bz2", b"BZh91AY&SY".as_slice())
        .refused(1, &["it is compressed with bzip2"]);
    Case::new("xz")
        .file("films.csv.xz", b"\xfd7zXZ\0\0\x04".as_slice())
        .refused(1, &["it is compressed with xz"]);
    Case::new("zip")
        .file("films.zip", b"PK\x03\x04\x14\0films.csv".as_slice())
        .refused(1, &["it is a zip archive; unpack it"]);
}

#[test]
fn answers_are_not_compressed() {
    let home = Home::new();
    fs::write(home.path("in.csv.gz"), gzip(TABLE)).unwrap();
    assert_eq!(home.run("predict in.csv.gz").ok().stdout.lines().count(), 5);
    let ran = home.run("predict in.csv.gz --output out.csv.gz");
    ran.failed(2, &["predictions are written without compression"]);
    assert!(!home.path("out.csv.gz").exists());
}
