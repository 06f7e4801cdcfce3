//! JSON lines: any bytes are records or an error, and what is written of them is JSON again.
#![no_main]

use gatewise::files::{Column, Columns, FieldKind, OnError, Record, RecordFormat, RecordWriter, Records};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|data: (bool, Vec<u8>)| {
    let (skip, bytes) = data;
    let on_error = if skip { OnError::Skip } else { OnError::Fail };
    let Ok(mut records) = Records::from_reader(Cursor::new(bytes), RecordFormat::JsonLines, "fuzz", &on_error.into()) else {
        return;
    };
    let _ = Columns::default().find(&mut records);
    let label = Column::new("\"label\"", FieldKind::Text);
    let mut writer = RecordWriter::new(Vec::new(), RecordFormat::JsonLines, &records, &[label]).unwrap();
    let (mut record, mut count) = (Record::default(), 0);
    while let Ok(true) = records.read(&mut record) {
        writer.write(&record, &[(FieldKind::Text, "a\n\"b\"")]).unwrap();
        count += 1;
    }
    let lines = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert_eq!(lines.lines().count(), count);
    for line in lines.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["\"label\""], "a\n\"b\"");
    }
});
