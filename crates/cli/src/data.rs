//! Which data set a command means, and where it comes from.

use crate::note;
use crate::progress::download_bar;
use gatewise::data::imdb::{self, ImdbOptions};
use gatewise::data::{Corpus, keras_imdb, locate, reviews};
use gatewise::{Error, ErrorKind, Result};
use std::path::Path;

pub const IMDB: &str = "imdb";
pub const REVIEWS: &str = "reviews";
pub const KERAS_IMDB: &str = "keras-imdb";

/// The seed of the embedded corpus and of the one shuffle of a data set whose files are ordered by
/// label: the same rows validate and test whatever the seed of the training.
const DATA_SEED: u32 = 113;

/// The corpus called `name`: a name or a path.
pub fn load(name: &str, data_dir: Option<&Path>) -> Result<Corpus> {
    match name {
        IMDB => load_imdb(data_dir),
        REVIEWS => Ok(reviews::corpus(u64::from(DATA_SEED))),
        KERAS_IMDB => {
            let search = locate::SearchPath::new(data_dir, None);
            let found = search.find(|place| {
                [place.join("keras"), place.to_owned()].into_iter().find(|dir| dir.join("imdb.npz").is_file())
            });
            let (folder, _) = found.ok_or_else(|| {
                Error::data(format!(
                    "there is no imdb.npz (with imdb_word_index.json) in keras/ or directly in any of:\n{search}\n\
                     copy both files from ~/.keras/datasets, or train on imdb"
                ))
            })?;
            keras_imdb::corpus(&folder, DATA_SEED)
        }
        path if Path::new(path).exists() => {
            let data_dir = Some(Path::new(path));
            imdb::load(ImdbOptions { data_dir, only_data_dir: true, seed: DATA_SEED, ..Default::default() })
        }
        other => Err(Error::data(format!(
            "there is no data set '{other}': give {IMDB}, {REVIEWS}, {KERAS_IMDB}, or \
             the path of an aclImdb folder or .tar.gz (there is nothing at this path)"
        ))),
    }
}

/// The corpus called `name`, or, where none is named, IMDB if it can be had and the embedded reviews if
/// not.
pub fn load_or_fall_back(name: Option<&str>, data_dir: Option<&Path>) -> Result<(String, Corpus)> {
    if let Some(name) = name {
        return Ok((name.to_owned(), load(name, data_dir)?));
    }
    match load_imdb(data_dir) {
        Ok(corpus) => Ok((IMDB.to_owned(), corpus)),
        Err(error) if matches!(error.kind(), ErrorKind::Data | ErrorKind::Io) => {
            note!(
                "================================================================================\n\
                 The IMDB reviews could not be had, so this trains on the small corpus `reviews`\n\
                 that the program generates instead. Figures are not comparable with IMDB's.\n\
                 Reason: {error}\n\
                 ================================================================================"
            );
            Ok((REVIEWS.to_owned(), load(REVIEWS, data_dir)?))
        }
        Err(error) => Err(error),
    }
}

fn load_imdb(data_dir: Option<&Path>) -> Result<Corpus> {
    let mut bar = download_bar();
    imdb::load(ImdbOptions { data_dir, seed: DATA_SEED, download: Some(&mut bar), ..Default::default() })
}
