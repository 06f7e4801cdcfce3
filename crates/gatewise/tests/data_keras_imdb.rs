//! Keras's `imdb.npz`: what a pickle may say, what is refused, and what `load_data` does at the edges.
//! That its results are Keras's is tested in `data_golden.rs`.

use gatewise::datasets::keras_imdb::{LoadData, corpus, load_data, word_index};
use gatewise::rng::{Purpose, Random};
use gatewise::{ErrorKind, Result};
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

fn npy(descr: &str, rows: usize, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({rows},), }}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// What `pickle.dumps(array, protocol=2)` begins with, up to the list of rows, for `module`.
fn array_head(module: &str, rows: u8) -> Vec<u8> {
    let mut head = format!("\x02c{module}\n_reconstruct\nq\0cnumpy\nndarray\nq\x01K\0\u{1}").into_bytes();
    head.insert(0, 0x80);
    head.pop();
    head.extend([0x85, b'U', 1, b'b', 0x87, b'R', b'q', 2]);
    head.extend([b'(', b'K', 1, b'K', rows, 0x85]);
    head.extend(b"cnumpy\ndtype\nU\x02O8K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb");
    head.push(0x89);
    head
}

fn pickle(rows: &[&[u16]]) -> Vec<u8> {
    let mut out = array_head("numpy.core.multiarray", rows.len() as u8);
    out.extend(b"](");
    for row in rows {
        out.extend(b"](");
        for id in *row {
            out.push(b'M');
            out.extend(id.to_le_bytes());
        }
        out.push(b'e');
    }
    out.extend(b"etb.");
    out
}

/// An archive of two training rows made by `x_train` and two good test rows.
fn npz(x_train: &[u8]) -> Vec<u8> {
    let labels = npy("<i8", 2, &[0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let test = npy("|O", 2, &pickle(&[&[7, 5], &[6]]));
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in
        [("x_train", x_train), ("y_train", &labels[..]), ("x_test", &test[..]), ("y_test", &labels[..])]
    {
        zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn load(npz: &[u8], options: &LoadData) -> Result<Vec<Vec<u32>>> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("imdb.npz"), npz).unwrap();
    let (train, test) = load_data(dir.path(), options)?;
    Ok(train
        .sequences()
        .unwrap()
        .rows()
        .chain(test.sequences().unwrap().rows())
        .map(<[u32]>::to_vec)
        .collect())
}

/// The message with which a pickle for the training rows is refused.
fn refusal(pickle: &[u8]) -> String {
    let error = load(&npz(&npy("|O", 2, pickle)), &LoadData::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    error.to_string()
}

#[test]
fn both_spellings_of_numpy_and_the_edges_of_load_data() {
    let file = npz(&npy("|O", 2, &pickle(&[&[1, 2, 300], &[4]])));
    let plain = LoadData::default().num_words(1000);
    // Two rows: NumPy's shuffle with seed 113 swaps neither pair, or both; sort to be free of it.
    let rows = |options: &LoadData| {
        load(&file, options).map(|mut rows| {
            rows.sort();
            rows
        })
    };
    assert_eq!(rows(&plain).unwrap(), [vec![1, 4, 5, 303], vec![1, 7], vec![1, 9], vec![1, 10, 8]]);
    // No num_words: the largest id is the bound, and so out of vocabulary.
    assert_eq!(rows(&LoadData::default()).unwrap()[0], [1, 4, 5, 2]);
    let short = plain.maxlen(4);
    assert_eq!(rows(&short).unwrap(), [vec![1, 7], vec![1, 9], vec![1, 10, 8]]);
    let none = load(&file, &plain.maxlen(2)).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Config);
    assert!(none.to_string().contains("increase maxlen"));
    assert_eq!(rows(&plain.maxlen(0).num_words(0)).unwrap()[0], [1, 4, 5, 2]);
    let dropped = plain.oov_char(None).skip_top(5);
    assert_eq!(rows(&dropped).unwrap(), [vec![5, 303], vec![7], vec![9], vec![10, 8]]);
    let over = load(&file, &plain.index_from(u32::MAX)).unwrap_err();
    assert_eq!(over.kind(), ErrorKind::Config);

    let mut renamed = array_head("numpy._core.multiarray", 2);
    renamed.extend(b"](](K\x01K\x02M\x2c\x01e](K\x04eetb.");
    assert_eq!(load(&npz(&npy("|O", 2, &renamed)), &plain).unwrap(), load(&file, &plain).unwrap());

    let empty = npz(&npy("|O", 2, &pickle(&[&[], &[4]])));
    let unbounded = LoadData::default().start_char(None);
    assert_eq!(load(&empty, &unbounded).unwrap_err().kind(), ErrorKind::Config);
    assert!(load(&empty, &unbounded.num_words(9)).is_ok());
}

#[test]
fn names_outside_numpy_are_refused_by_name() {
    for (module, attribute) in
        [("os", "system"), ("builtins", "eval"), ("numpy", "load"), ("numpy.core.multiarray", "scalar")]
    {
        let old = format!("c{module}\n{attribute}\n(U\x04truetR.");
        assert!(refusal(old.as_bytes()).contains(&format!("{module}.{attribute}, which is refused")));
        let mut new = vec![0x80, 4, 0x8c, module.len() as u8];
        new.extend(module.bytes());
        new.extend([0x8c, attribute.len() as u8]);
        new.extend(attribute.bytes());
        new.extend([0x93, b')', b'R', b'.']);
        assert!(refusal(&new).contains(&format!("{module}.{attribute}, which is refused")));
    }
    // INST, OBJ, NEWOBJ, NEWOBJ_EX, EXT1, PERSID, BINPERSID, dictionaries and floats: no such opcode.
    for opcode in *b"io\x81\x92\x82PQ}dsuGF" {
        assert!(refusal(&[0x80, 2, opcode, b'.']).contains("opcode"), "{opcode}");
    }
}

#[test]
fn nesting_copies_and_appetite_are_bounded() {
    // A million lists within lists, tuples within tuples, and marks.
    for opcode in [b']', b')', b'('] {
        assert!(refusal(&vec![opcode; 1_000_000]).contains("can need"));
    }
    let deep: Vec<u8> = std::iter::once(b'N').chain(std::iter::repeat_n(0x85, 1_000_000)).collect();
    assert!(refusal(&deep).contains("tuples"));
    let tall = [b'N'].repeat((1 << 20) + 1);
    assert!(refusal(&tall).contains("stack"));
    // One long row, named over and over.
    let mut copies = array_head("numpy.core.multiarray", 2);
    copies.extend(b"](](");
    copies.extend([b'K', 1].repeat(50_000));
    copies.extend(b"eq\x05");
    copies.extend([b'h', 5].repeat(1_000));
    copies.extend(b"etb.");
    let error = load(&npz(&npy("|O", 1_001, &copies)), &LoadData::default()).unwrap_err();
    assert!(error.to_string().contains("copies"), "{error}");
    // A list that is its own row, and one that is its own content.
    let mut own = array_head("numpy.core.multiarray", 2);
    own.extend(b"]q\x05(h\x05h\x05etb.");
    refusal(&own);
    // Strings that are not there.
    assert!(refusal(b"\x80\x02X\xff\xff\xff\xff").contains("string of 4294967295 bytes"));
    let rows = load(&npz(&npy("|O", usize::MAX >> 1, b"")), &LoadData::default()).unwrap_err();
    assert!(rows.to_string().contains("at most 1000000"), "{rows}");
    for number in [&b"J\xff\xff\xff\xff"[..], b"\x8a\x05\0\0\0\0\x01", b"\x8a\x09", b"I-5\n", b"Ix\n"] {
        let mut bytes = array_head("numpy.core.multiarray", 2);
        bytes.extend(b"](](");
        bytes.extend(number);
        bytes.extend(b"e](eetb.");
        refusal(&bytes);
    }
}

#[test]
fn no_damage_makes_it_panic() {
    let good = pickle(&[&[1, 2, 300, 4], &[5, 6]]);
    let plain = LoadData::default().num_words(1000);
    assert!(load(&npz(&npy("|O", 2, &good)), &plain).is_ok());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("imdb.npz");
    let check = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        load_data(&path, &plain).map(drop)
    };
    for length in 0..good.len() {
        assert!(check(&npz(&npy("|O", 2, &good[..length]))).is_err(), "cut at {length}");
    }
    for bit in 0..8 * good.len() {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let _ = check(&npz(&npy("|O", 2, &bytes)));
    }
    // The header, the archive itself.
    let (x_train, whole) = (npy("|O", 2, &good), npz(&npy("|O", 2, &good)));
    let mut random = Random::new(4, Purpose::Data, 0);
    for i in 0..3_000 {
        let mut bytes = if i % 3 == 0 { x_train.clone() } else { whole.clone() };
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] = random.bits() as u8;
        }
        let _ = if i % 3 == 0 { check(&npz(&bytes)) } else { check(&bytes) };
    }
    for length in (0..whole.len()).step_by(3) {
        assert!(check(&whole[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let says = |npz: &[u8]| load(npz, &LoadData::default()).unwrap_err().to_string();
    assert!(says(b"<html>").contains("imdb.npz cannot be used: it is not an .npz (zip) archive"));
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("other.npy", SimpleFileOptions::default()).unwrap();
    assert!(says(zip.finish().unwrap().get_ref()).contains("no readable x_train.npy"));
    assert!(says(&npz(&npy("<i8", 2, &[0; 16]))).contains("type <i8"));
    assert!(says(&npz(&npy("|O", 1, &pickle(&[&[1]])))).contains("x_train has 1 rows but y_train has 2"));
    assert!(says(&npz(&npy("|O", 2, &pickle(&[&[1]])))).contains("holds 1 rows"));
    let missing = load_data("no/such/imdb.npz".as_ref(), &LoadData::default()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
}

fn index(json: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("imdb_word_index.json");
    std::fs::write(&path, json).unwrap();
    (dir, path)
}

#[test]
fn a_word_index_needs_each_rank_once() {
    let (_dir, path) = index(r#"{"b": 2, "a": 1, "é": 3}"#);
    assert_eq!(word_index(&path).unwrap(), ["a", "b", "é"]);
    for bad in
        ["{", "[]", r#"{"a": 0}"#, r#"{"a": 2}"#, r#"{"a": 1, "b": 1}"#, r#"{"a": -1}"#, r#"{"a": 1.5}"#]
    {
        let (_dir, path) = index(bad);
        assert_eq!(word_index(&path).unwrap_err().kind(), ErrorKind::Data, "{bad}");
    }
}

#[test]
fn a_corpus_names_what_has_no_name() {
    let (dir, _) = index(r#"{"b": 2, "a": 1, "c": 3}"#);
    std::fs::write(dir.path().join("imdb.npz"), npz(&npy("|O", 2, &pickle(&[&[1, 2, 3], &[3]])))).unwrap();
    let corpus = corpus(dir.path(), 113).unwrap();
    assert_eq!((corpus.train.words.len(), corpus.vocabulary.len()), (2, 3));
    assert!(corpus.notes[0].starts_with("3 words of imdb.npz have no name"), "{:?}", corpus.notes);
    assert_eq!(corpus.test.words.ids(), [0; 3]);
}

/// Keras's own file; prints how long it took. Times mean something with `--release -- --nocapture`.
#[test]
fn the_real_file() {
    let folder = std::env::var_os("GATEWISE_DATA").map(|data| PathBuf::from(data).join("keras"));
    let Some(folder) = folder else {
        assert!(std::env::var("CI").is_err(), "$GATEWISE_DATA must name the data sets");
        println!("skipped: $GATEWISE_DATA is not set");
        return;
    };
    let start = Instant::now();
    let options = LoadData::default().num_words(5000);
    let (train, test) = load_data(&folder, &options).unwrap();
    println!("load_data: {:.3} s", start.elapsed().as_secs_f64());
    assert_eq!((train.len(), test.len()), (25_000, 25_000));
    let start = Instant::now();
    let corpus = corpus(&folder, 113).unwrap();
    println!(
        "corpus: {:.3} s; {} words; {:?}",
        start.elapsed().as_secs_f64(),
        corpus.vocabulary.len(),
        corpus.notes
    );
    let vocabulary = gatewise::text::Vocabulary::from_ranked(&corpus.vocabulary, 5000).unwrap();
    assert!(vocabulary.encode_ranks(&corpus.train.words) == *train.sequences().unwrap());
    assert!(vocabulary.encode_ranks(&corpus.test.words) == *test.sequences().unwrap());
}
