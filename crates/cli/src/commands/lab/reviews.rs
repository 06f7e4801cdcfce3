//! The reviews of an experiment.

use crate::args::LabReviews;
use crate::note;
use gatewise::Result;
use gatewise_lab::{ClassicReviews, Watch};

/// Returns the reviews: IMDB's, or, if they are not found or not wanted, the generated ones. A note says what was not found.
pub fn read(reviews: &LabReviews) -> Result<ClassicReviews> {
    ClassicReviews::load(reviews.which(), Watch { note: &|line| note!("{line}"), stop: &|| false })
}
