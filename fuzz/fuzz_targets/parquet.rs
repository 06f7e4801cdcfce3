//! Parquet: any bytes are records or an error, and what was read can be written and read again.
#![no_main]

use gatewise::files::{Columns, OnError, Record, RecordFormat, RecordWriter, Records};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(init: quiet(), |bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let (path, again) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    std::fs::write(&path, bytes).unwrap();
    let Ok(mut records) = Records::open(&path, &OnError::Fail.into()) else { return };
    let _ = Columns::default().find(&mut records);
    let Ok(mut writer) = RecordWriter::new(Vec::new(), RecordFormat::Parquet, &records, &[]) else { return };
    let (mut record, mut rows) = (Record::default(), Vec::new());
    while let Ok(true) = records.read(&mut record) {
        writer.write(&record, &[]).unwrap();
        rows.push(fields(&record));
    }
    std::fs::write(&again, writer.finish().unwrap()).unwrap();
    assert_eq!(read(&again), rows);
});

fn read(path: &Path) -> Vec<Vec<Option<String>>> {
    let mut records = Records::open(path, &OnError::Fail.into()).unwrap();
    let (mut record, mut rows) = (Record::default(), Vec::new());
    while records.read(&mut record).unwrap() {
        rows.push(fields(&record));
    }
    rows
}

fn fields(record: &Record) -> Vec<Option<String>> {
    record.fields().map(|field| field.map(str::to_owned)).collect()
}

/// The parquet crate panics at some files, at which the fuzzer's hook would end the run. A panic that the library
/// does not catch still does.
fn quiet() {
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
}
