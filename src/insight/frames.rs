//! What finding insights remembers: regressors by their steps, which most series of most views share, and the tests of a
//! series by its hash. One more event leaves many series as they were, and all of them where it adds to a step that is not
//! complete.
//!
//! Both change how long finding takes and nothing that is found.

use std::sync::Arc;

use hashbrown::Equivalent;

use super::generations::Generations;
use super::statistics::{Frame, Season};
use super::study::Shape;
use super::tested::{SeriesHash, Tested};

/// The most frames of a generation; a year of days takes some 30 KB.
const MAX_FRAMES: usize = 200;
/// The most tested series of a generation; each takes about 1 KB.
const MAX_SERIES: usize = 2_000;

/// What a frame is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameKey<'a> {
    /// The steps with values.
    pub steps: &'a [u32],
    /// The season.
    pub season: Season,
    /// Which regressors.
    pub shape: Shape,
}

/// The same, kept.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Kept {
    steps: Vec<u32>,
    season: Season,
    shape: Shape,
}

impl Equivalent<Kept> for FrameKey<'_> {
    fn equivalent(&self, kept: &Kept) -> bool {
        self.steps == kept.steps && self.season == kept.season && self.shape == kept.shape
    }
}

impl From<FrameKey<'_>> for Kept {
    fn from(key: FrameKey<'_>) -> Self {
        Self {
            steps: key.steps.to_vec(),
            season: key.season,
            shape: key.shape,
        }
    }
}

/// Frames and tests that all who find insights share; a clone is the same memory.
#[derive(Debug, Clone)]
pub struct Frames {
    frames: Generations<Kept, Option<Arc<Frame>>>,
    tested: Generations<SeriesHash, Arc<Tested>>,
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            frames: Generations::new(MAX_FRAMES),
            tested: Generations::new(MAX_SERIES),
        }
    }
}

impl Frames {
    /// The frame of the key, made where it is new.
    pub fn get_or(&self, key: FrameKey<'_>, make: impl FnOnce() -> Option<Arc<Frame>>) -> Option<Arc<Frame>> {
        self.frames.get_or(key, make)
    }

    /// The tests of a series, made where it is new.
    pub fn tested_or(&self, series: SeriesHash, make: impl FnOnce() -> Tested) -> Arc<Tested> {
        self.tested.get_or(series, || Arc::new(make()))
    }

    /// How many series' tests are remembered.
    #[cfg(test)]
    pub fn tested_series(&self) -> usize {
        self.tested.len()
    }

    /// The same frames, and no series tested yet.
    pub fn without_tests(&self) -> Self {
        Self {
            frames: self.frames.clone(),
            ..Self::default()
        }
    }
}
