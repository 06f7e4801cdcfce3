//! The reviews of an experiment.

use crate::args::WhichReviews;
use crate::note;
use gatewise::{ErrorKind, Result};
use gatewise_lab::ClassicReviews;

/// Returns the reviews: IMDB's, or, if they are not found or not wanted, the generated ones. A note says what was not found.
pub fn read(which: &WhichReviews) -> Result<ClassicReviews> {
    if which.generated {
        return ClassicReviews::generated();
    }
    match ClassicReviews::imdb(which.data_dir.as_deref()) {
        Err(error) if matches!(error.kind(), ErrorKind::Data | ErrorKind::Io) => {
            note!("note: the IMDB reviews are not found; the generated reviews take their place");
            ClassicReviews::generated()
        }
        found => found,
    }
}
