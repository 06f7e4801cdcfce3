//! CSV and TSV: any bytes are records or an error, and what was read can be written and read again.
#![no_main]

use gatewise::files::{Delimiter, OnError, Record, RecordFormat, RecordOptions, RecordWriter, Records};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|data: (bool, bool, Vec<u8>)| {
    let (tabs, skip, bytes) = data;
    let format = if tabs { RecordFormat::Tsv } else { RecordFormat::Csv };
    let on_error = if skip { OnError::Skip } else { OnError::Fail };
    let Ok(mut records) = Records::from_reader(Cursor::new(bytes), format, "fuzz", &on_error.into()) else { return };
    let Ok(mut writer) = RecordWriter::new(Vec::new(), format, &records, &[]) else { return };
    let (mut record, mut fields) = (Record::default(), Vec::new());
    while let Ok(true) = records.read(&mut record) {
        writer.write(&record, &[]).unwrap();
        fields.push(record.fields().map(|field| field.unwrap_or_default().to_owned()).collect::<Vec<_>>());
    }
    let names: Vec<String> = records.columns().iter().map(|column| column.name.clone()).collect();
    let Some(delimiter) = records.delimiter() else { return };
    // A row of one empty field is a blank line, which is not a row. Between tabs, lines that look like rows are rows, whatever
    // quotation marks are around them.
    if names.len() < 2 || names.iter().any(String::is_empty) || delimiter == Delimiter::TAB {
        return;
    }
    let again = Cursor::new(writer.finish().unwrap());
    let options = RecordOptions::default().delimiter(delimiter).header(records.has_header());
    let mut again = Records::from_reader(again, format, "again", &options).unwrap();
    for fields in fields {
        assert!(again.read(&mut record).unwrap());
        assert_eq!(record.fields().map(|field| field.unwrap_or_default().to_owned()).collect::<Vec<_>>(), fields);
    }
});
