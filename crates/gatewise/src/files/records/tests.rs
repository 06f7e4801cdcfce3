//! What each format gives, what is refused and where, and that any bytes are records or an error.

use super::*;
use crate::error::ErrorKind;
use proptest::prelude::*;
use std::path::PathBuf;

fn open(text: impl Into<Vec<u8>>, format: RecordFormat, on_error: OnError) -> Result<Records> {
    Records::from_reader(std::io::Cursor::new(text.into()), format, "rows", &on_error.into())
}

/// All fields of all records; `-` where one is missing.
fn fields(records: &mut Records) -> Result<Vec<Vec<String>>> {
    let texts = |record: Record| record.fields().map(|field| field.unwrap_or("-").to_owned()).collect();
    records.map(|record| record.map(texts)).collect()
}

fn error(text: impl Into<Vec<u8>>, format: RecordFormat) -> String {
    open(text, format, OnError::Fail).and_then(|mut records| fields(&mut records)).unwrap_err().to_string()
}

#[test]
fn a_table_has_fields_lines_and_raw_text() {
    let text = "\u{feff}text, label \r\n\"one, \"\"two\"\"\nlines\",a\r\n\r\nplain,b";
    let mut records = open(text, RecordFormat::Csv, OnError::Fail).unwrap();
    assert!(records.columns().iter().map(|column| column.name.as_str()).eq(["text", "label"]));
    let all: Vec<Record> = records.by_ref().collect::<Result<_>>().unwrap();
    assert_eq!(all[0].fields().collect::<Vec<_>>(), [Some("one, \"two\"\nlines"), Some("a")]);
    assert_eq!(all[0].raw(), "\"one, \"\"two\"\"\nlines\",a");
    assert_eq!((records.place(&all[0]), records.place(&all[1])), ("rows:2".into(), "rows:5".into()));
    assert_eq!(
        (all[1].raw(), all[1].kind(0), all[1].kind(7)),
        ("plain,b", FieldKind::Text, FieldKind::Missing)
    );
    let mut tabs = open("a\tb\n1, 2\t3\n", RecordFormat::Tsv, OnError::Fail).unwrap();
    assert_eq!(fields(&mut tabs).unwrap(), [["1, 2", "3"]]);
}

#[test]
fn json_lines_have_the_columns_of_their_keys() {
    let text = "{\"text\": \"a\\n\\u00e9\", \"label\": 1}\r\n\n{\"label\": true, \"id\": 2.5, \"text\": null, \"x\": [1, {}]}\n{}";
    let mut records = open(text, RecordFormat::JsonLines, OnError::Fail).unwrap();
    let kinds: Vec<_> = records.columns().iter().map(|column| (column.name.as_str(), column.kind)).collect();
    use FieldKind::*;
    assert_eq!(kinds, [("text", Text), ("label", Json), ("id", Float), ("x", Json)]);
    let all: Vec<Record> = records.by_ref().collect::<Result<_>>().unwrap();
    assert_eq!(all[0].fields().collect::<Vec<_>>(), [Some("a\né"), Some("1"), None, None]);
    assert_eq!((all[1].kind(1), all[1].get(1), all[1].get(3)), (Boolean, Some("true"), Some("[1, {}]")));
    assert_eq!((all[1].number(), all[2].number()), (3, 4));
    assert!(all[1].raw().starts_with("{\"label\": true") && all[2].fields().all(|field| field.is_none()));
    let twice =
        open("{\"a\":1,\"a\":2}", RecordFormat::JsonLines, OnError::Fail).unwrap().next().unwrap().unwrap();
    assert_eq!(twice.get(0), Some("2"), "the last one counts");
}

#[test]
fn flaws_are_named_with_line_and_offset() {
    use RecordFormat::{Csv, JsonLines};
    for (text, format, says) in [
        (&b""[..], Csv, "rows is empty"),
        (b"a,b\n1,2\n1\n", Csv, "rows:3: there is 1 field where the header names 2 columns"),
        (
            b"a,b\n1,2,3\n",
            Csv,
            "rows:2: there are 3 fields where the header names 2 columns; a text with the",
        ),
        (
            b"a,b\nx,y\nx,\"y\nz,w\n",
            Csv,
            "rows:3: the quotation mark that opens a field here is never closed",
        ),
        (b"a\nx\n\"caf\xe9\"\n", Csv, "rows:3: this is not UTF-8: the byte 0xE9 at offset 8 of the file"),
        (b"\xef\xbb\xbfa\n\"x\"\"\xff\"\n", Csv, "rows:2: this is not UTF-8: the byte 0xFF at offset 9 of"),
        (
            b"a\0,\0b\0\n\0",
            Csv,
            "rows cannot be read as text: it looks like UTF-16 without a byte order mark",
        ),
        (b"a\0\n\0", Csv, "its byte 1 is 0, which does not occur in text"),
        (b"PAR1", Csv, "it is a Parquet file"),
        (
            b"{\"a\":1}\n{\"a\":\n",
            JsonLines,
            "rows:2: this is not a JSON object: EOF while parsing a value, at column 5",
        ),
        (
            b"{\"a\":1}\n[1]",
            JsonLines,
            "rows:2: this is not a JSON object: invalid type: sequence, expected an object",
        ),
        (b"{\"a\":1} x", JsonLines, "rows:1: this is not a JSON object: trailing characters, at column 9"),
        (b"{\"a\":\"\\ud800\"}", JsonLines, "rows:1: this is not a JSON object: "),
        (b"{}\n{\"a\":\"\xe9\"}", JsonLines, "rows:2: this is not UTF-8: the byte 0xE9 at offset 9"),
    ] {
        let message = error(text, format);
        assert!(message.contains(says), "{}: {message}", String::from_utf8_lossy(text));
    }
    let path = |name: &str| Records::open(name.as_ref(), &RecordOptions::default()).unwrap_err();
    assert_eq!(path("rows.xls").kind(), ErrorKind::Io);
    assert_eq!(path("none.csv").kind(), ErrorKind::Io);
    let stream = open("", RecordFormat::Folder, OnError::Fail).unwrap_err();
    assert_eq!(stream.kind(), ErrorKind::Config);
}

#[test]
fn bad_records_are_skipped_counted_and_ten_are_named() {
    let text = format!("a,b\n{}x,y\n\"unclosed", "z\n".repeat(12));
    let mut records = open(text, RecordFormat::Csv, OnError::Skip).unwrap();
    assert_eq!(fields(&mut records).unwrap(), [["x", "y"]]);
    let skipped = records.skipped();
    assert_eq!((skipped.count, skipped.first.len()), (13, 10));
    assert!(skipped.first[9].starts_with("rows:11: there is 1 field"), "{skipped:?}");
    records.reject(&Record::default(), "the label is empty").unwrap();
    assert_eq!(records.skipped().count, 14);
    let mut lines = open("x\n{\"a\":1}\n[]", RecordFormat::JsonLines, OnError::Skip).unwrap();
    assert_eq!((fields(&mut lines).unwrap(), lines.skipped().count), (vec![vec!["1".to_owned()]], 2));
}

#[test]
fn a_record_without_an_end_is_not_kept() {
    let long = "x".repeat(MAX_RECORD + 1);
    for (format, start, after, kept) in [
        (RecordFormat::Csv, "a\n\"", "\ny\n", "y"),
        (RecordFormat::JsonLines, "{\"a\":0}\n{\"a\":\"", "\n{\"a\":1}\n", "1"),
    ] {
        let text = format!("{start}{long}{after}");
        let message = error(text.clone(), format);
        assert!(message.contains("rows:2: the record that starts here is longer than 16 MiB"), "{message}");
        let mut records = open(text, format, OnError::Skip).unwrap();
        assert_eq!(fields(&mut records).unwrap().last().unwrap(), &[kept], "the next line is read");
    }
}

#[test]
fn a_folder_has_a_text_a_file_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &[u8]| {
        let path: PathBuf = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let open = |on_error: OnError| Records::open(folder.path(), &on_error.into());
    assert!(open(OnError::Fail).unwrap_err().to_string().contains("a sub-folder for each label"));
    write("pos/2.txt", b"good");
    write("pos/10.txt", "\u{feff}fine".as_bytes());
    write("neg/a.TXT", b"caf\xe9");
    write("neg/b.txt", b"bad");
    write("neg/c.md", b"dull");
    write("neg/d.png", b"\x89PNG\0");
    write(".hidden/a.txt", b"none");
    let message = fields(&mut open(OnError::Fail).unwrap()).unwrap_err().to_string();
    assert!(message.contains("a.TXT: this is not UTF-8: the byte 0xE9 at offset 3"), "{message}");
    let mut records = open(OnError::Skip).unwrap();
    assert_eq!(
        fields(&mut records).unwrap(),
        [["bad", "neg"], ["dull", "neg"], ["fine", "pos"], ["good", "pos"]]
    );
    assert!(records.notes()[0].starts_with("left out: 1 file that is not text"), "{:?}", records.notes());
    assert!(records.skipped().first[0].contains("neg"));
}

/// Every line opens a quotation mark, closes another one far below, or has the wrong number of fields.
#[test]
fn a_file_of_nothing_but_flaws_takes_a_bounded_time() {
    let many = 200_000;
    for line in ["a,\"b\n", "\"\n", "\",\"\n", "a,\"\"\"b\n", "a,b,c\"\n", "\"a\n\n"] {
        let text = format!("x,y\n{}", line.repeat(many));
        let start = std::time::Instant::now();
        let mut records = open(text, RecordFormat::Csv, OnError::Skip).unwrap();
        let read = records.by_ref().count() as u64;
        assert!(read + records.skipped().count > 0, "{line:?}");
        assert!(start.elapsed().as_secs() < 30, "{line:?} took {:?}", start.elapsed());
    }
}

#[test]
fn what_was_peeked_at_comes_again() {
    let mut records = open("a\n1\n2\n3\n", RecordFormat::Csv, OnError::Fail).unwrap();
    assert_eq!(records.peek(2).unwrap().len(), 2);
    assert_eq!(records.peek(9).unwrap().len(), 3);
    assert_eq!(fields(&mut records).unwrap(), [["1"], ["2"], ["3"]]);
}

/// Gives a few bytes at a time.
struct Drip<R>(R, usize);

impl<R: Read> Read for Drip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        "[a-c,\"\\n\\r\\té;{}:]{0,6}".prop_map(String::into_bytes),
        Just(b"{\"a\": [1, null], \"b\": \"x\\ny\"}\n".to_vec()),
        Just(b"a,b\n".to_vec()),
        Just(b"a\tb\r\n".to_vec()),
        Just(b"\"x\\\"y\", \"z\" ;1|\r".to_vec()),
        Just(b"[{\"a\": [1, null]},".to_vec()),
        Just(b"{\"a\": 1}\n, 7 ] ".to_vec()),
        Just(b"@attribute a string\n@attribute b {x, y}\n@data\n'q',?\n".to_vec()),
        Just(b"__label__x y\n".to_vec()),
        Just(b"x\tso\n".to_vec()),
        prop::collection::vec(1..=u8::MAX, 0..3),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    /// Whatever the bytes are and however few come at a time: the same records, or the same error, and no
    /// panic.
    #[test]
    fn any_bytes_are_records_or_an_error(bytes in lines(), step in 1usize..5) {
        use RecordFormat::{Arff, Csv, Json, JsonLines, LabelledLines, Tsv};
        for format in [Csv, Tsv, JsonLines, Json, LabelledLines, Arff] {
            for on_error in [OnError::Fail, OnError::Skip] {
                let told = |records: Result<Records>| {
                    let read = |mut records: Records| {
                        let all: Vec<Record> = records.by_ref().collect::<Result<_>>()?;
                        assert!(all.iter().all(|record| record.fields().len() == records.columns().len()));
                        Ok((all, records.skipped().clone()))
                    };
                    records.and_then(read).map_err(|error| error.to_string())
                };
                let whole = told(open(bytes.clone(), format, on_error));
                let drip = Drip(std::io::Cursor::new(bytes.clone()), step);
                prop_assert_eq!(&told(Records::from_reader(drip, format, "rows", &on_error.into())), &whole);
                // Except for its header, and where quotation marks stay open.
                if let (OnError::Fail, RecordFormat::JsonLines, Err(message)) = (on_error, format, whole) {
                    prop_assert!(message.starts_with("rows:"), "{message}");
                }
            }
        }
    }

    /// What a writer of CSV wrote is read again.
    #[test]
    fn what_was_written_is_read(rows in prop::collection::vec(["\\PC{0,5}|[,\"\\n\\r ]{0,5}", "[^\0]{0,5}"], 0..6)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b"]).unwrap();
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let (text, header) = (std::io::Cursor::new(writer.into_inner().unwrap()), RecordOptions::default().header(true));
        let mut records = Records::from_reader(text, RecordFormat::Csv, "rows", &header).unwrap();
        let read = fields(&mut records).unwrap();
        prop_assert_eq!(read.iter().map(|row| &row[..]).collect::<Vec<_>>(), rows.iter().map(|row| &row[..]).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever the encoding and the packing are: the same, or an error, and no panic.
    #[test]
    fn any_encoding_and_any_archive_is_read_alike(bytes in lines(), step in 1usize..5, cut in 0usize..40) {
        for encoding in ["utf-16le", "shift_jis", "gb18030", "iso-2022-jp"] {
            let options = RecordOptions::from(OnError::Skip).encoding(encoding.parse().unwrap());
            let told = |bytes: Drip<std::io::Cursor<Vec<u8>>>| {
                let records = Records::from_reader(bytes, RecordFormat::Csv, "rows", &options);
                let all = records.and_then(|mut records| fields(&mut records));
                all.map_err(|error| error.to_string())
            };
            let whole = told(Drip(std::io::Cursor::new(bytes.clone()), usize::MAX));
            prop_assert_eq!(told(Drip(std::io::Cursor::new(bytes.clone()), step)), whole);
        }
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &bytes).unwrap();
        let zst = ruzstd::encoding::compress_to_vec(&*bytes, ruzstd::encoding::CompressionLevel::Fastest);
        let plain = open(bytes.clone(), RecordFormat::Csv, OnError::Skip).and_then(|mut records| fields(&mut records));
        for packed in [packed.finish().unwrap(), zst] {
            let whole = open(packed.clone(), RecordFormat::Csv, OnError::Skip).and_then(|mut records| fields(&mut records));
            prop_assert_eq!(whole.as_ref().ok(), plain.as_ref().ok());
            // Cut off or damaged, it may be anything but a panic.
            let _ = open(&packed[..packed.len().saturating_sub(cut)], RecordFormat::Csv, OnError::Skip).map(|mut it| fields(&mut it));
            let mut damaged = packed;
            let at = cut % damaged.len();
            damaged[at] ^= 0x55;
            let _ = open(damaged, RecordFormat::Csv, OnError::Skip).map(|mut it| fields(&mut it));
        }
    }
}

#[cfg(feature = "parquet")]
mod parquet {
    use super::*;
    use crate::files::Columns;
    use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
    use ::parquet::file::properties::WriterProperties;
    use ::parquet::file::writer::SerializedFileWriter;
    use ::parquet::schema::parser::parse_message_type;
    use std::sync::Arc;

    /// Two groups of 300 rows: text (every third missing), a label, a number, a flag, and an empty list.
    pub(super) fn file(codec: ::parquet::basic::Compression) -> Vec<u8> {
        let schema = "message rows {
            optional binary text (UTF8); required int64 label; required double score; required boolean flag;
            repeated int64 list; }";
        let properties = Arc::new(WriterProperties::builder().set_compression(codec).build());
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
        for group in 0..2 {
            let mut columns = writer.next_row_group().unwrap();
            let rows = 300 * group..300 * (group + 1);
            let mut column = columns.next_column().unwrap().unwrap();
            let texts: Vec<_> = rows
                .clone()
                .filter(|row| row % 3 > 0)
                .map(|row| ByteArray::from(&*format!("text {row}")))
                .collect();
            let there: Vec<i16> = rows.clone().map(|row| i16::from(row % 3 > 0)).collect();
            column.typed::<ByteArrayType>().write_batch(&texts, Some(&there), None).unwrap();
            column.close().unwrap();
            let mut column = columns.next_column().unwrap().unwrap();
            column
                .typed::<Int64Type>()
                .write_batch(&rows.clone().map(|row| row % 2 - 1).collect::<Vec<_>>(), None, None)
                .unwrap();
            column.close().unwrap();
            let mut column = columns.next_column().unwrap().unwrap();
            let scores: Vec<f64> =
                rows.clone().map(|row| if row == 1 { f64::NAN } else { row as f64 / 2.0 }).collect();
            column.typed::<DoubleType>().write_batch(&scores, None, None).unwrap();
            column.close().unwrap();
            let mut column = columns.next_column().unwrap().unwrap();
            column
                .typed::<BoolType>()
                .write_batch(&rows.clone().map(|row| row % 2 == 0).collect::<Vec<_>>(), None, None)
                .unwrap();
            column.close().unwrap();
            let mut column = columns.next_column().unwrap().unwrap();
            column.typed::<Int64Type>().write_batch(&[], Some(&[0; 300]), Some(&[0; 300])).unwrap();
            column.close().unwrap();
            columns.close().unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>> {
        let file = tempfile::Builder::new().suffix(".parquet").tempfile().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        fields(&mut Records::open(file.path(), &RecordOptions::default())?)
    }

    #[test]
    fn rows_of_every_kind_and_codec() {
        use ::parquet::basic::{Compression, ZstdLevel};
        for codec in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::ZSTD(ZstdLevel::default()),
            Compression::GZIP(Default::default()),
            Compression::BROTLI(Default::default()),
            Compression::LZ4_RAW,
        ] {
            let rows = read(&file(codec)).unwrap();
            assert_eq!(rows.len(), 600);
            assert_eq!(rows[0], ["-", "-1", "0", "true", "[]"]);
            assert_eq!(rows[1], ["text 1", "0", "-", "false", "[]"]);
            assert_eq!(rows[599], ["text 599", "0", "299.5", "false", "[]"]);
        }
    }

    #[test]
    fn damaged_files_are_refused() {
        let whole = file(::parquet::basic::Compression::SNAPPY);
        assert!(read(&whole[..whole.len() - 9]).unwrap_err().to_string().contains("as a Parquet file"));
        assert!(read(b"").is_err());
    }

    fn tempfile_of(bytes: &[u8]) -> std::fs::File {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
        file
    }

    /// A row of columns that plain JSON could not tell apart.
    fn typed() -> Vec<u8> {
        let schema = "message rows {
            required binary text (UTF8); required int32 day (DATE); required int64 at (TIMESTAMP(MICROS,true));
            required int64 large (UINT_64); required int32 small (UINT_32); required float score;
            required int64 price (DECIMAL(9,2)); optional group people (LIST) { repeated group list {
            optional group element { optional binary name (UTF8); optional binary town (UTF8); } } } }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
        let mut columns = writer.next_row_group().unwrap();
        while let Some(mut column) = columns.next_column().unwrap() {
            use ::parquet::column::writer::ColumnWriter;
            match column.untyped() {
                ColumnWriter::Int32ColumnWriter(column) => column.write_batch(&[-1], None, None),
                ColumnWriter::Int64ColumnWriter(column) => column.write_batch(&[-2], None, None),
                ColumnWriter::FloatColumnWriter(column) => column.write_batch(&[0.1], None, None),
                ColumnWriter::ByteArrayColumnWriter(column)
                    if column.get_descriptor().max_rep_level() == 0 =>
                {
                    column.write_batch(&["fine".into()], None, None)
                }
                ColumnWriter::ByteArrayColumnWriter(column) => {
                    column.write_batch(&[], Some(&[0]), Some(&[0]))
                }
                _ => unreachable!(),
            }
            .unwrap();
            column.close().unwrap();
        }
        columns.close().unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn columns_keep_their_types_and_nested_ones_are_named() {
        use ::parquet::file::reader::{FileReader, SerializedFileReader};
        let path = tempfile::Builder::new().suffix(".parquet").tempfile().unwrap();
        std::fs::write(path.path(), typed()).unwrap();
        let mut records = Records::open(path.path(), &RecordOptions::default()).unwrap();
        let unread = |name: &str, reason| UnreadColumn { name: name.into(), reason };
        assert_eq!(records.unread(), [unread("price", "of decimal numbers"), unread("people", "nested")]);
        let columns = Columns::default().text(["people"]);
        let error = columns.find_texts(&mut records).unwrap_err().to_string();
        assert!(
            error.contains("the column 'people' is nested, but only columns of one plain value a row"),
            "{error}"
        );
        let label = Column::new("label", FieldKind::Text);
        let mut writer = RecordWriter::new(Vec::new(), RecordFormat::Parquet, &records, &[label]).unwrap();
        let mut record = Record::default();
        assert!(records.read(&mut record).unwrap());
        let small = u32::MAX.to_string();
        let fields = ["fine", "-1", "-2", "18446744073709551614", &small, "0.1"];
        assert_eq!(record.fields().map(Option::unwrap).collect::<Vec<_>>(), fields);
        writer.write(&record, &[(FieldKind::Text, "pos")]).unwrap();
        let bytes = writer.finish().unwrap();
        assert_eq!(read(&bytes).unwrap(), [[&fields[..], &["pos"]].concat()]);
        let written = SerializedFileReader::new(tempfile_of(&bytes)).unwrap();
        let read = SerializedFileReader::new(std::fs::File::open(path.path()).unwrap()).unwrap();
        let declared = |file: &dyn FileReader| -> Vec<_> {
            let columns = file.metadata().file_metadata().schema_descr().columns().to_vec();
            columns
                .iter()
                .map(|c| (c.physical_type(), c.logical_type_ref().cloned(), c.converted_type()))
                .collect()
        };
        assert_eq!(declared(&written)[..6], declared(&read)[..6]);
    }

    /// Four rows of a list: two values, none, no list, and a missing value before another.
    fn lists() -> Vec<u8> {
        let schema = "message rows { optional group tags (LIST) { repeated group list { optional binary element (UTF8); } } }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
        let mut columns = writer.next_row_group().unwrap();
        let mut column = columns.next_column().unwrap().unwrap();
        let values = ["a", "b", "\"c\""].map(ByteArray::from);
        let (definition, repetition) = ([3, 3, 1, 0, 2, 3], [0, 1, 0, 0, 0, 1]);
        column.typed::<ByteArrayType>().write_batch(&values, Some(&definition), Some(&repetition)).unwrap();
        column.close().unwrap();
        columns.close().unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn lists_are_json() {
        let rows = read(&lists()).unwrap();
        assert_eq!(rows.concat(), [r#"["a","b"]"#, "[]", "-", r#"[null,"\"c\""]"#]);
    }

    /// A column that the file says lies elsewhere, and whatever the parquet crate panics at.
    #[test]
    fn no_flipped_byte_is_a_panic() {
        for whole in [typed(), lists()] {
            for at in 0..whole.len() {
                for flip in [1, 0x80, 0xff] {
                    let mut bytes = whole.clone();
                    bytes[at] ^= flip;
                    let _ = read(&bytes);
                }
            }
        }
    }
}
