//! A place to run the program in, and what tests ask of its output.

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_gatewise");

/// What decides what the program does, and must not come from whoever runs the tests.
const FOREIGN: [&str; 12] = [
    "GATEWISE_DATA",
    "COLUMNS",
    "NO_PROXY",
    "no_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "XDG_CACHE_HOME",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "RUST_BACKTRACE",
];

/// An empty home directory that is also the working directory and holds the cache.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Environment for a program started here: its own cache, and a proxy where nobody listens.
    pub fn environment(&self) -> [(&'static str, PathBuf); 4] {
        let closed = PathBuf::from("http://127.0.0.1:1");
        [
            ("HOME", self.path("")),
            ("GATEWISE_CACHE", self.path("cache")),
            ("HTTPS_PROXY", closed.clone()),
            ("https_proxy", closed),
        ]
    }

    /// The program, to be given more.
    pub fn command<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(self.0.path()).timeout(Duration::from_secs(300));
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.envs(self.environment());
        command
    }

    /// As [`command`](Self::command), to be started and watched.
    pub fn process(&self, args: &str) -> std::process::Command {
        let mut command = std::process::Command::new(PROGRAM);
        command.args(args.split_whitespace()).current_dir(self.0.path());
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.envs(self.environment());
        command
    }

    /// Runs `gatewise` with `args`, cut at blanks, to its end.
    pub fn run(&self, args: &str) -> Ran {
        Ran::new(args, self.command(args.split_whitespace()).output().unwrap())
    }

    /// What lies here, folders left out.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap().map(Result::unwrap);
        let files = entries.filter(|e| e.file_type().unwrap().is_file());
        let mut names: Vec<_> = files.map(|e| e.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `text` with what differs from run to run taken out.
    pub fn settle(&self, text: &str) -> String {
        text.replace(&self.0.path().display().to_string(), "[HOME]").replace(".exe", "")
    }
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ran {
    #[expect(dead_code, reason = "shown when a test fails")]
    args: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Whatever the run did, it did not panic and did not send anything meant for a terminal.
    #[track_caller]
    pub fn new(args: &str, output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
        let ran = Self {
            args: args.to_owned(),
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        for stream in [&ran.stdout, &ran.stderr] {
            assert!(!stream.contains("panicked"), "{ran:#?}");
            assert!(!stream.contains(['\u{1b}', '\r']), "for terminals only: {ran:#?}");
        }
        ran
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// It failed with `code`, said `parts` on standard error, and gave no result.
    #[track_caller]
    pub fn failed(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        let missing: Vec<_> = parts.iter().filter(|part| !self.stderr.contains(*part)).collect();
        assert!(missing.is_empty(), "{missing:?} is missing from {self:#?}");
        assert!(!self.stdout.contains("Test results"), "{self:#?}");
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }

    /// Loss and accuracy (in percent) of the last line, which must be `Test results - …` to the letter.
    #[track_caller]
    pub fn test_results(&self) -> (f64, f64) {
        let last = self.stdout.lines().last().unwrap_or_default();
        let numbers = || {
            let rest = last.strip_prefix("Test results - Loss: ")?.strip_suffix('%')?;
            let (loss, accuracy) = rest.split_once(" - Accuracy: ")?;
            let decimals = |text: &str| text.split_once('.').map(|(_, after)| after.len());
            assert_eq!((decimals(loss), decimals(accuracy)), (Some(4), Some(2)), "{last}");
            Some((loss.parse().ok()?, accuracy.parse().ok()?))
        };
        numbers().unwrap_or_else(|| panic!("the last line is not a result: {self:#?}"))
    }
}

/// `text` against `snapshots/name`.
#[track_caller]
pub fn assert_snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("GATEWISE_RECORD").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(&path, text).unwrap();
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        recorded == text,
        "{name} has changed; if it should have, GATEWISE_RECORD=1 records it.\n--- recorded\n{recorded}\n--- \
         now\n{text}"
    );
}

/// The bytes of a model trained for an epoch on `reviews`, rows of 300 steps like the classic one's.
pub fn model_bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let home = Home::new();
        home.run("train reviews --maxlen 300 --epochs 1 --no-baseline --verbose 0").ok();
        fs::read(home.path("model.gatewise")).unwrap()
    })
}

/// A home with that model in `model.gatewise`.
pub fn home_with_model() -> Home {
    let home = Home::new();
    fs::write(home.path("model.gatewise"), model_bytes()).unwrap();
    home
}

/// Twelve reviews a part and class, laid out as their publisher does: path below `aclImdb/` and text.
pub fn small_imdb() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for part in ["train", "test"] {
        for (class, word) in [("neg", "dull"), ("pos", "lovely")] {
            for id in 0..12 {
                let text = format!("A {word} film, number {id}.<br />Truly {word}.");
                files.push((format!("{part}/{class}/{id}_5.txt"), text.into_bytes()));
            }
        }
    }
    files
}

/// Writes `files` below `root`.
pub fn write_files(root: &Path, files: &[(String, Vec<u8>)]) {
    for (name, bytes) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
