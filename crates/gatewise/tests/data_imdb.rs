//! The IMDB reader: folder and archive, the order of rows, the token cache, and everything that can be
//! wrong with the files.

use flate2::{Compression, write::GzEncoder};
use gatewise::datasets::imdb;
use gatewise::rng::{Purpose, Random};
use gatewise::rows::Corpus;
use gatewise::text::Tokenizer;
use gatewise::{ErrorKind, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Files = Vec<(String, Vec<u8>)>;

/// Eight reviews a part and class, one of them not UTF-8.
fn reviews() -> Files {
    let words = ["the", "film", "good", "bad", "plot", "Caf\u{e9}", "a", "naïve"];
    let mut files = Files::new();
    for (p, part) in ["train", "test"].into_iter().enumerate() {
        for (c, class) in ["neg", "pos"].into_iter().enumerate() {
            for id in 0..8 {
                let mut text: Vec<u8> = (0..id + 3)
                    .flat_map(|i| format!("{} ", words[(i * (id + c) + p) % words.len()]).into_bytes())
                    .collect();
                if (p, c, id) == (0, 1, 3) {
                    text.extend(b"broken\xff");
                }
                if p == 1 {
                    text.extend(b"testonly");
                }
                files.push((format!("{part}/{class}/{id}_{}.txt", 1 + id % 4), text));
            }
        }
    }
    files
}

fn write_folder(root: &Path, files: &Files) {
    for (name, text) in files {
        let path = root.join("aclImdb").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn tar(files: &Files) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("aclImdb/{name}"), &text[..]).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut gz, bytes).unwrap();
    gz.finish().unwrap()
}

/// Loads from `place` with the cache in `cache`.
fn load(place: &Path, cache: &Path) -> Result<Corpus> {
    imdb::load(imdb::ImdbOptions::default().data_dir(place).cache_dir(cache))
}

fn load_archive(bytes: &[u8]) -> Result<Corpus> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("aclImdb.tar.gz");
    fs::write(&path, bytes).unwrap();
    imdb::load(imdb::ImdbOptions::default().data_dir(path.as_path()).cache_tokens(false))
}

/// The message of the error, which must be of `kind`.
fn refusal(result: Result<Corpus>, kind: ErrorKind) -> String {
    let error = result.expect_err("this must be refused");
    assert_eq!(error.kind(), kind, "{error}");
    error.to_string()
}

#[test]
fn folder_and_archive_in_any_order_are_one_corpus() {
    let (dir, mut files) = (tempfile::tempdir().unwrap(), reviews());
    write_folder(dir.path(), &files);
    let cache = dir.path().join("cache");
    let folder = load(dir.path(), &cache).unwrap();
    assert_eq!((folder.train.words.len(), folder.test.words.len()), (16, 16));
    assert_eq!(folder.labels, ["neg", "pos"]);
    assert_eq!(folder.notes.len(), 1, "{:?}", folder.notes);
    assert!(folder.notes[0].contains("train/pos/3_4.txt"), "{:?}", folder.notes);
    assert!(folder.vocabulary.contains(&"broken\u{fffd}".to_owned()));
    assert!(!folder.vocabulary.contains(&"testonly".to_owned()));
    assert!(folder.test.words.rows().all(|row| row.last() == Some(&0)));
    assert!(folder.train.targets.values().windows(2).any(|c| c[0] > c[1]), "the rows are shuffled");
    // The folder itself, and the second time from the cache.
    assert_eq!(load(&dir.path().join("aclImdb"), &cache).unwrap(), folder);
    assert_eq!(load(dir.path(), &cache).unwrap(), folder);

    // What an archive may hold besides.
    files.push(("imdb.vocab".into(), b"the\n".to_vec()));
    files.push(("train/unsup/0_0.txt".into(), b"not labelled".to_vec()));
    files.push(("train/pos/notes.md".into(), b"not a review".to_vec()));
    let mut random = Random::new(1, Purpose::Data, 0);
    for _ in 0..5 {
        random.shuffle(&mut files);
        assert_eq!(load_archive(&gz(&tar(&files))).unwrap(), folder);
    }
}

#[test]
fn a_long_prefix_does_not_hide_reviews() {
    let files = reviews().into_iter().map(|(n, t)| (format!("{}{n}", "long/".repeat(40)), t)).collect();
    assert_eq!(load_archive(&gz(&tar(&files))).unwrap(), load_archive(&gz(&tar(&reviews()))).unwrap());
}

#[test]
fn archives_are_found_by_name_and_the_published_one_first() {
    let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(dir.path().join("aclImdb")).unwrap();
    let says = refusal(load(dir.path(), cache.path()), ErrorKind::Data);
    assert!(says.contains("train/neg"), "{says}");
    fs::write(dir.path().join("aclImdb_z.tar.gz"), b"never read").unwrap();
    fs::write(dir.path().join("aclImdb_labeled.tar.gz"), gz(&tar(&reviews()))).unwrap();
    assert_eq!(load(dir.path(), cache.path()).unwrap().train.words.len(), 16);
    fs::write(dir.path().join("aclImdb_v1.tar.gz"), b"this one is read, and is no archive").unwrap();
    let says = refusal(load(dir.path(), cache.path()), ErrorKind::Data);
    assert!(says.contains("aclImdb_v1.tar.gz is damaged or not a .tar.gz"), "{says}");
}

#[test]
fn what_is_not_found_names_every_place() {
    let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if std::env::var_os("GATEWISE_DATA").is_some() {
        println!("skipped: $GATEWISE_DATA would be found");
        return;
    }
    let says = refusal(load(&dir.path().join("none"), cache.path()), ErrorKind::Data);
    for part in
        ["none (--data-dir; does not exist)", &format!("{} (the cache)", cache.path().display()), imdb::URL]
    {
        assert!(says.contains(part), "{says}");
    }
}

#[test]
fn incomplete_data_is_refused() {
    let empty = refusal(load_archive(&gz(&tar(&Files::new()))), ErrorKind::Data);
    assert!(empty.contains("0 reviews in train/neg"), "{empty}");
    for missing in ["train/pos", "test/neg", "test"] {
        let files = reviews().into_iter().filter(|(name, _)| !name.starts_with(missing)).collect();
        let says = refusal(load_archive(&gz(&tar(&files))), ErrorKind::Data);
        assert!(says.contains("there must be some in each"), "{says}");
        let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_folder(dir.path(), &files);
        let says = refusal(load(dir.path(), cache.path()), ErrorKind::Data);
        assert!(says.contains("there is no folder"), "{says}");
    }
    let mut files = reviews();
    files.push(files[5].clone());
    let says = refusal(load_archive(&gz(&tar(&files))), ErrorKind::Data);
    assert!(says.contains("train/neg/5_2.txt twice"), "{says}");
}

#[test]
fn oversized_reviews_and_names_are_refused() {
    let mut files = reviews();
    files[0].1 = vec![b'a'; (16 << 20) + 1];
    let says = refusal(load_archive(&gz(&tar(&files))), ErrorKind::Data);
    assert!(says.contains("16 MiB") && says.contains("train/neg/0_1.txt"), "{says}");

    // A GNU long name of 64 MB of zeros, which compress to next to nothing.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(64 << 20);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.resize(512 + (64 << 20), 0);
    bytes.extend(tar(&reviews()));
    let says = refusal(load_archive(&gz(&bytes)), ErrorKind::Data);
    assert!(says.contains("far more than the IMDB reviews"), "{says}");
}

#[test]
fn damaged_archives_are_refused() {
    let inner = tar(&reviews());
    let whole = gz(&inner);
    for length in (0..whole.len()).step_by(7) {
        let says = refusal(load_archive(&whole[..length]), ErrorKind::Data);
        assert!(says.contains("fetch it again"), "{says}");
    }
    // Cut before it was compressed: within a header, within a review, and between two files.
    for length in [inner.len() - 1024, 100, 700, 1024] {
        let says = refusal(load_archive(&gz(&inner[..length])), ErrorKind::Data);
        assert!(says.contains("fetch it again"), "{length}: {says}");
    }
    let mut random = Random::new(2, Purpose::Data, 0);
    for i in 0..400 {
        let mut bytes = if i % 2 == 0 { whole.clone() } else { inner.clone() };
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        // Within the gzip stream the checksum finds it; a flipped bit in the tar may be text.
        if i % 2 == 0 {
            let _ = load_archive(&bytes);
        } else {
            let _ = load_archive(&gz(&bytes));
        }
    }
}

#[test]
fn the_cache_follows_the_data_and_mends_itself() {
    let dir = tempfile::tempdir().unwrap();
    write_folder(dir.path(), &reviews());
    let cache = dir.path().join("cache");
    let before = load(dir.path(), &cache).unwrap();
    let token_files =
        || -> Vec<PathBuf> { fs::read_dir(&cache).unwrap().map(|e| e.unwrap().path()).collect() };
    let [file] = &token_files()[..] else { panic!("one file is expected: {:?}", token_files()) };

    let mut bytes = fs::read(file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(file, &bytes).unwrap();
    let mended = load(dir.path(), &cache).unwrap();
    assert!(mended.notes[1].contains("was rebuilt: its checksum is wrong"), "{:?}", mended.notes);
    assert_eq!(mended.train, before.train);
    assert_eq!(load(dir.path(), &cache).unwrap(), before);

    // Another tokenizer or seed is another corpus.
    let options = || imdb::ImdbOptions::default().data_dir(dir.path()).cache_dir(cache.as_path());
    let keras = options().tokenizer(Tokenizer::keras().with_lower(false));
    assert!(imdb::load(keras).unwrap().vocabulary.contains(&"Café".to_owned()));
    assert_ne!(imdb::load(options().seed(5)).unwrap().train, before.train);

    // A review edited in place is noticed.
    fs::write(dir.path().join("aclImdb/train/pos/1_2.txt"), "quite another review").unwrap();
    assert!(load(dir.path(), &cache).unwrap().vocabulary.contains(&"another".to_owned()));
}

#[test]
fn an_unusable_cache_is_a_note() {
    let dir = tempfile::tempdir().unwrap();
    write_folder(dir.path(), &reviews());
    // A file where the folder should be: fails whoever runs the test, root too.
    let cache = dir.path().join("cache");
    fs::write(&cache, b"in the way").unwrap();
    let corpus = load(dir.path(), &cache).unwrap();
    assert!(corpus.notes.iter().any(|n| n.contains("tokenized again next time")), "{:?}", corpus.notes);
}

#[cfg(unix)]
#[test]
fn a_read_only_data_folder_is_enough() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_folder(dir.path(), &reviews());
    let names = || -> Vec<PathBuf> { fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()).collect() };
    let before = names();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let loaded = load(dir.path(), cache.path());
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(loaded.unwrap().train.words.len(), 16);
    assert_eq!(names(), before, "nothing is written beside the data");
}

#[test]
fn what_is_not_a_plain_file_is_passed_over() {
    let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_folder(dir.path(), &reviews());
    fs::create_dir(dir.path().join("aclImdb/train/pos/folder.txt")).unwrap();
    assert_eq!(load(dir.path(), cache.path()).unwrap().train.words.len(), 16);
}

/// All 50,000 reviews; prints how long it took. Times mean something with `--release -- --nocapture`.
#[test]
fn the_real_reviews() {
    let Some(place) = std::env::var_os("GATEWISE_DATA").map(PathBuf::from) else {
        assert!(std::env::var("CI").is_err(), "$GATEWISE_DATA must name the data sets");
        println!("skipped: $GATEWISE_DATA is not set");
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let timed = |what: &str| {
        let start = Instant::now();
        let corpus = load(&place, cache.path()).unwrap();
        println!("{what}: {:.3} s", start.elapsed().as_secs_f64());
        corpus
    };
    let first = timed("reading, tokenising and caching");
    let again = timed("from the cache");
    timed("from the cache again");
    assert!(first == again);
    for split in [&first.train, &first.test] {
        assert_eq!(split.words.len(), 25_000);
        assert_eq!(split.targets.values().iter().filter(|&&c| c == 1.0).count(), 12_500);
    }
    assert_eq!(first.vocabulary[..4], ["the", "and", "a", "of"]);
    let tokens = first.train.words.ids().len() + first.test.words.ids().len();
    println!("{tokens} words, {} distinct in training; notes: {:?}", first.vocabulary.len(), first.notes);
}
