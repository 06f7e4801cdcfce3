//! The IMDB film reviews of Maas et al. (2011): 25,000 for training, 25,000 for testing.
//!
//! Input: the places to search. Output: a [`Corpus`], read from the published folder or archive, or from the
//! token cache of an earlier run. Both sources yield the same corpus.

mod assemble;
mod source;

use crate::datasets::download::{self, DownloadProgress, Remote};
use crate::datasets::locate::SearchPath;
use crate::datasets::token_cache::{self, Cached, TokenCache};
use crate::error::{Error, Result};
use crate::rows::Corpus;
use crate::text::Tokenizer;
use sha2::{Digest, Sha256};
use source::Source;
use std::path::Path;

/// The URL of the archive.
pub const URL: &str = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz";
/// The name of the archive.
const ARCHIVE: &str = "aclImdb_v1.tar.gz";

/// Returns the published archive (84 MB).
pub fn remote() -> Remote {
    Remote::new(URL, ARCHIVE, "7c2ac02c03563afcf9b574c7e56c153a").max_bytes(200_000_000)
}

/// The options of [`load`].
#[non_exhaustive]
pub struct ImdbOptions<'a> {
    /// The first place to search, before `$GATEWISE_DATA` and the cache directory: `aclImdb/`,
    /// `aclImdb*.tar.gz`, or a folder that contains one of them.
    pub data_dir: Option<&'a Path>,
    /// Whether `data_dir` is the only place to search. Default: `false`.
    pub only_data_dir: bool,
    /// The directory for downloads and tokens. Default: `$GATEWISE_CACHE` or the cache directory of the system.
    pub cache_dir: Option<&'a Path>,
    /// Whether the tokens are cached, so that the next run loads in a few hundredths of a second. Default:
    /// `true`.
    pub cache_tokens: bool,
    /// The seed that shuffles the rows once, because each published folder contains one label. Default: 113,
    /// as in Keras.
    pub seed: u32,
    /// The tokenizer that splits the reviews into words.
    pub tokenizer: Tokenizer,
    /// The progress callback. `Some` downloads reviews that are not found; with `None` this is an error.
    /// Default: `None`.
    pub download: Option<&'a mut DownloadProgress<'a>>,
    /// The file to download. Default: [`remote`].
    pub remote: Remote,
}

impl<'a> ImdbOptions<'a> {
    /// Sets the first place to search.
    pub fn data_dir(self, data_dir: impl Into<Option<&'a Path>>) -> Self {
        Self { data_dir: data_dir.into(), ..self }
    }

    /// Sets whether `data_dir` is the only place to search.
    pub fn only_data_dir(self, only_data_dir: bool) -> Self {
        Self { only_data_dir, ..self }
    }

    /// Sets the directory for downloads and tokens.
    pub fn cache_dir(self, cache_dir: impl Into<Option<&'a Path>>) -> Self {
        Self { cache_dir: cache_dir.into(), ..self }
    }

    /// Sets whether the tokens are cached.
    pub fn cache_tokens(self, cache_tokens: bool) -> Self {
        Self { cache_tokens, ..self }
    }

    /// Sets the seed that shuffles the rows.
    pub fn seed(self, seed: u32) -> Self {
        Self { seed, ..self }
    }

    /// Sets the tokenizer that splits the reviews into words.
    pub fn tokenizer(self, tokenizer: Tokenizer) -> Self {
        Self { tokenizer, ..self }
    }

    /// Downloads reviews that are not found and calls `progress`.
    pub fn download(self, progress: &'a mut DownloadProgress<'a>) -> Self {
        Self { download: Some(progress), ..self }
    }

    /// Sets the file to download.
    pub fn remote(self, remote: Remote) -> Self {
        Self { remote, ..self }
    }
}

impl Default for ImdbOptions<'_> {
    fn default() -> Self {
        Self {
            data_dir: None,
            only_data_dir: false,
            cache_dir: None,
            cache_tokens: true,
            seed: 113,
            tokenizer: Tokenizer::default(),
            download: None,
            remote: remote(),
        }
    }
}

/// Loads the reviews as word ranks, with the labels `neg` and `pos`.
///
/// The places of a [`SearchPath`] are searched in order. A folder and an archive of the same reviews yield
/// the same corpus.
///
/// ```no_run
/// use gatewise::datasets::imdb::{ImdbOptions, load};
/// use std::path::Path;
/// let corpus = load(ImdbOptions::default().data_dir(Path::new("datasets")))?;
/// assert_eq!(corpus.labels, ["neg", "pos"]);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the reviews are not found (the message lists the places
/// searched), incomplete or damaged; [`ErrorKind::Io`](crate::ErrorKind::Io) if reading fails. An unusable
/// token cache is not an error but a note in the corpus.
pub fn load(options: ImdbOptions<'_>) -> Result<Corpus> {
    let ImdbOptions { data_dir, only_data_dir, cache_dir, cache_tokens, seed, tokenizer, download, remote } =
        options;
    let search = SearchPath::new(data_dir, cache_dir);
    let mut notes = Vec::new();
    let found = match data_dir.filter(|_| only_data_dir) {
        Some(dir) => Some((Source::find(dir).ok_or_else(|| holds_none(dir))?, &search.places()[0])),
        None => search.find(Source::find),
    };
    let source = match found {
        Some((source, place)) => {
            // The note shows that another place was used.
            if let Some(data_dir) = data_dir.filter(|dir| place.path != **dir) {
                notes.push(format!(
                    "{} holds no IMDB reviews; the reviews in {} were used.",
                    data_dir.display(),
                    source.path().display()
                ));
            }
            source
        }
        None => fetch(&search, download, &remote)?,
    };
    let folder = search.cache().filter(|_| cache_tokens);
    let mut corpus = match folder {
        Some(folder) => {
            let cache = TokenCache::new(folder, "imdb", key(&source, &tokenizer, seed)?);
            cached(&cache, &source, &tokenizer, seed, &mut notes)?
        }
        None => assemble::corpus(&source, &tokenizer, seed)?,
    };
    corpus.notes.append(&mut notes);
    Ok(corpus)
}

/// Returns whether [`load`] finds the reviews, or an archive of them, at `place` or in it.
pub fn is_at(place: &Path) -> bool {
    Source::find(place).is_some()
}

fn holds_none(place: &Path) -> Error {
    Error::data(format!(
        "{} holds no IMDB reviews: a folder with train/pos, train/neg, test/pos and test/neg is expected, or \
         a .tar.gz of it, or a folder that holds one of these",
        place.display()
    ))
}

/// Reads the corpus from the cache, or from the source and caches it.
fn cached(
    cache: &TokenCache,
    source: &Source,
    tokenizer: &Tokenizer,
    seed: u32,
    notes: &mut Vec<String>,
) -> Result<Corpus> {
    match cache.load() {
        Cached::Found(corpus) => return Ok(Corpus { tokenizer: tokenizer.clone(), ..*corpus }),
        Cached::Absent => {}
        Cached::Damaged(why) => {
            notes.push(format!("The token cache {} was rebuilt: {why}.", cache.path().display()));
        }
    }
    let corpus = assemble::corpus(source, tokenizer, seed)?;
    if let Err(e) = cache.store(&corpus) {
        notes.push(format!("The reviews will be tokenized again next time: {e}."));
    }
    Ok(corpus)
}

/// Returns the hash of everything that the corpus depends on.
fn key(source: &Source, tokenizer: &Tokenizer, seed: u32) -> Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let settings = (token_cache::VERSION, env!("CARGO_PKG_VERSION"), tokenizer, seed);
    let settings = serde_json::to_vec(&settings)
        .map_err(|e| Error::config(format!("the tokenizer's settings cannot be written as JSON: {e}")))?;
    hash.update((settings.len() as u64).to_le_bytes());
    hash.update(settings);
    source.fingerprint(&mut hash)?;
    Ok(hash.finalize().into())
}

fn fetch(
    search: &SearchPath,
    progress: Option<&mut DownloadProgress<'_>>,
    remote: &Remote,
) -> Result<Source> {
    let missing = |why: String| {
        let places = match search.places() {
            [] => "No place is known to look in".to_owned(),
            _ => format!("No aclImdb or aclImdb*.tar.gz in {search}"),
        };
        let from = if why.contains(&remote.url) { String::new() } else { format!(" from {}", remote.url) };
        Error::data(format!(
            "the IMDB reviews were not found.\n{places}.\n{why}\n\
             Put {}{from} (84 MB) there, or name its folder with --data-dir or $GATEWISE_DATA.",
            remote.file_name
        ))
    };
    let Some(progress) = progress else {
        return Err(missing("Downloading was not asked for.".into()));
    };
    let Some(cache) = search.cache() else {
        return Err(missing(
            "They cannot be downloaded without a cache directory: set $GATEWISE_CACHE.".into(),
        ));
    };
    let path = download::fetch(remote, cache, progress)
        .map_err(|e| missing(format!("Downloading them failed: {e}.")))?;
    Ok(Source::Archive(path))
}
