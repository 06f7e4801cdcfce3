//! Where data sets are looked for.
//!
//! Enters: what the user and the environment say. Leaves: the places to look in, in order, which know
//! how to name themselves in an error.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// Who named a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The caller: `--data-dir` of the command line, `data_dir` of the library.
    DataDir,
    /// The environment variable `GATEWISE_DATA`.
    Environment,
    /// The cache directory, where downloads go.
    Cache,
}

/// One place to look in: a folder, or a data set's file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Who named it.
    pub origin: Origin,
    /// Where it is.
    pub path: PathBuf,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::DataDir => "--data-dir",
            Origin::Environment => "$GATEWISE_DATA",
            Origin::Cache => "the cache",
        };
        write!(f, "{} ({origin}", self.path.display())?;
        match self.path.try_exists() {
            Ok(true) => f.write_str(")"),
            Ok(false) => f.write_str("; does not exist)"),
            Err(e) => write!(f, "; {e})"),
        }
    }
}

/// The places to look in, in order: the caller's, `$GATEWISE_DATA`, the cache directory.
///
/// ```
/// use gatewise::datasets::locate::SearchPath;
/// let path = SearchPath::new(Some("my-data".as_ref()), None);
/// assert_eq!(path.places()[0].path.to_str(), Some("my-data"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPath {
    places: Vec<Place>,
    cache: Option<PathBuf>,
}

impl SearchPath {
    /// `data_dir`, then `$GATEWISE_DATA`, then `cache_dir` or, if that is `None`, the cache directory
    /// ([`cache_dir`]). What is not set, or empty, is left out.
    pub fn new(data_dir: Option<&Path>, cache_dir: Option<&Path>) -> Self {
        let cache = cache_dir.map(Path::to_owned).or_else(self::cache_dir);
        let places = [
            (Origin::DataDir, data_dir.map(Path::to_owned)),
            (Origin::Environment, set("GATEWISE_DATA")),
            (Origin::Cache, cache.clone()),
        ];
        let places = places.into_iter().filter_map(|(origin, path)| Some(Place { origin, path: path? }));
        Self { places: places.collect(), cache }
    }

    /// The places, in order.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Where downloads and caches go, if there is such a place.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }

    /// What `look` finds first, and where.
    pub fn find<T>(&self, mut look: impl FnMut(&Path) -> Option<T>) -> Option<(T, &Place)> {
        self.places.iter().find_map(|place| Some((look(&place.path)?, place)))
    }
}

impl fmt::Display for SearchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, place) in self.places.iter().enumerate() {
            write!(f, "{}{place}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// `$GATEWISE_CACHE`, or the folder `gatewise` in the system's cache directory; `None` when neither is
/// known.
pub fn cache_dir() -> Option<PathBuf> {
    set("GATEWISE_CACHE").or_else(|| Some(dirs::cache_dir()?.join("gatewise")))
}

/// The path in an environment variable. Empty counts as not set.
fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
