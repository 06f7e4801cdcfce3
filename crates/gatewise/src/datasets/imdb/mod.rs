//! The IMDB film reviews of Maas et al. (2011): 25,000 to learn from, 25,000 to be tested on.
//!
//! Enters: where to look. Leaves: a [`Corpus`], from the reviews as their publisher packs them or, when
//! they were read before, from the token cache. Which of the two it was cannot be told from the corpus.

mod assemble;
mod source;

use crate::datasets::download::{self, Progress, Remote};
use crate::datasets::locate::SearchPath;
use crate::datasets::token_cache::{self, Cached, TokenCache};
use crate::error::{Error, Result};
use crate::rows::Corpus;
use crate::text::Tokenizer;
use sha2::{Digest, Sha256};
use source::Source;
use std::path::Path;

/// Where the publisher has the archive.
pub const URL: &str = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz";
/// What it is called there.
const ARCHIVE: &str = "aclImdb_v1.tar.gz";

/// The archive at its publisher's: 84 MB.
pub fn remote() -> Remote {
    Remote {
        url: URL.into(),
        file_name: ARCHIVE.into(),
        md5: "7c2ac02c03563afcf9b574c7e56c153a".into(),
        most_bytes: 200_000_000,
        ..Remote::default()
    }
}

/// What [`load`] is to do.
pub struct ImdbOptions<'a> {
    /// Looked in before `$GATEWISE_DATA` and the cache directory. A folder that holds `aclImdb/` or
    /// `aclImdb*.tar.gz`, or one of these itself.
    pub data_dir: Option<&'a Path>,
    /// Whether `data_dir` is the only place to look in: the user has named this data set and no other.
    pub only_data_dir: bool,
    /// Where downloads and tokens are kept; `None`: `$GATEWISE_CACHE` or the system's cache directory.
    pub cache_dir: Option<&'a Path>,
    /// Whether the tokens are kept, so that the next time takes a few hundredths of a second.
    pub cache_tokens: bool,
    /// Shuffles the rows once, for the publisher's folders hold one label each. 113 as in Keras.
    pub seed: u32,
    /// How the reviews are cut into words.
    pub tokenizer: Tokenizer,
    /// When the reviews are nowhere to be found: `Some` fetches them, reporting bytes done and bytes in
    /// all; `None` is an error.
    pub download: Option<&'a mut Progress<'a>>,
    /// What is fetched.
    pub remote: Remote,
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

/// The reviews, tokenised and ranked, with the labels `neg` and `pos`.
///
/// Looked for in the places of [`SearchPath`]. The same reviews give the same corpus, whether they lie
/// in a folder or in an archive.
///
/// ```no_run
/// use gatewise::datasets::imdb::{ImdbOptions, load};
/// let corpus = load(ImdbOptions { data_dir: Some("datasets".as_ref()), ..Default::default() })?;
/// assert_eq!(corpus.labels, ["neg", "pos"]);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) when the reviews are not found (the message names each
/// place searched), incomplete or damaged; [`ErrorKind::Io`](crate::ErrorKind::Io) when the system
/// refuses a read. That the token cache cannot be used is no error but a note in the corpus.
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
            // Falling through to another place is meant to happen; falling through unseen is not.
            if let Some(data_dir) = data_dir.filter(|dir| place.path != **dir) {
                notes.push(format!(
                    "{} holds no IMDB reviews; those in {} were used.",
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

/// Whether the reviews, or an archive of them, are at `place` or lie in it, as [`load`] looks for them.
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

/// From the cache, or from the source and then into the cache.
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
        notes.push(format!("The reviews will be tokenised again next time: {e}."));
    }
    Ok(corpus)
}

/// Everything that the corpus depends on.
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

fn fetch(search: &SearchPath, progress: Option<&mut Progress<'_>>, remote: &Remote) -> Result<Source> {
    let missing = |why: String| {
        let places = match search.places() {
            [] => "No place is known to look in".to_owned(),
            _ => format!("Looked for a folder aclImdb or an archive aclImdb*.tar.gz in: {search}"),
        };
        Error::data(format!(
            "the IMDB reviews were not found. {places}. {why} Put {} from {} (84 MB) into one of these places, \
             or name its folder with --data-dir or $GATEWISE_DATA.",
            remote.file_name, remote.url
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
