//! Keras's `imdb.npz`: any archive, and any array of rows in a sound one, is refused or read.
#![no_main]

use gatewise::datasets::keras_imdb::{LoadData, load_data};
use libfuzzer_sys::fuzz_target;
use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("imdb.npz");
    let archive = if bytes.starts_with(b"PK") { bytes.to_vec() } else { sealed(bytes) };
    std::fs::write(&path, archive).unwrap();
    if let Ok((train, test)) = load_data(&path, &LoadData::default().num_words(100)) {
        let below = |id: &u32| *id < 100;
        assert!([train, test].iter().all(|part| part.sequences().unwrap().ids().iter().all(below)));
    }
});

/// An archive with right checksums whose rows are `rows`, for which there are two labels.
fn sealed(rows: &[u8]) -> Vec<u8> {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";
    let labels = [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &[0, 1]].concat();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in [("x_train", rows), ("y_train", &labels), ("x_test", rows), ("y_test", &labels)] {
        zip.start_file(format!("{name}.npy"), stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
