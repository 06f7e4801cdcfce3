//! JSON lists, labelled lines, ARFF and series: any bytes are rows or an error.
#![no_main]

use gatewise::files::{OnError, Record, RecordFormat, Records, SeriesFile};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|data: (bool, Vec<u8>)| {
    let (skip, bytes) = data;
    let on_error = if skip { OnError::Skip } else { OnError::Fail };
    if let Ok(file) = SeriesFile::parse("fuzz", &String::from_utf8_lossy(&bytes)) {
        assert!(file.rows.values().iter().all(|value| value.is_finite()));
        let rows = file.rows.len();
        if let Ok(series) = file.labelled() {
            assert_eq!(series.targets().len(), rows);
        }
    }
    for format in [RecordFormat::Json, RecordFormat::LabelledLines, RecordFormat::Arff] {
        let bytes = Cursor::new(bytes.clone());
        let Ok(mut records) = Records::from_reader(bytes, format, "fuzz", &on_error.into()) else { continue };
        let (columns, mut record) = (records.columns().len(), Record::default());
        while let Ok(true) = records.read(&mut record) {
            assert_eq!(record.fields().len(), columns);
        }
    }
});
