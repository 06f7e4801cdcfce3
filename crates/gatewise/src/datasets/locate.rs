//! The search path for data sets.
//!
//! Input: the arguments of the caller and the environment. Output: the places to search, in order, with a
//! `Display` form for errors.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// The origin of a [`Place`].
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

/// A place to search: a folder, or the file of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The origin of the place.
    pub origin: Origin,
    /// The path of the folder or file.
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

/// The search path: the data directory of the caller, `$GATEWISE_DATA`, and the cache directory.
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
    /// Returns the search path `data_dir`, `$GATEWISE_DATA`, `cache_dir`. If `cache_dir` is `None`, it is the
    /// default cache directory ([`cache_dir`]). Unset and empty places are omitted.
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

    /// Returns the places, in order.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Returns the directory for downloads and caches, if it is known.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }

    /// Returns the first result of `look` and its place.
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

/// Returns `$GATEWISE_CACHE`, else the folder `gatewise` in the cache directory of the system. Returns `None`
/// if neither is known.
pub fn cache_dir() -> Option<PathBuf> {
    set("GATEWISE_CACHE").or_else(|| Some(dirs::cache_dir()?.join("gatewise")))
}

/// Returns the path in an environment variable; an empty variable counts as unset.
fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
