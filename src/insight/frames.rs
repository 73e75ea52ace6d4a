//! The regressors that were worked out before, by their steps: most series of most views share a few of them.
//!
//! They change how long finding takes and nothing that is found. Two generations bound them: when the younger one is
//! full the older one goes.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::{Equivalent, HashMap};

use super::statistics::{Frame, Season};
use super::study::Shape;

/// The most frames of a generation; a year of days takes some 30 KB.
const MAX_FRAMES: usize = 200;

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

type Generation = HashMap<Kept, Option<Arc<Frame>>>;

/// Frames that all who find insights share; a clone is the same memory.
#[derive(Debug, Clone, Default)]
pub struct Frames(Arc<Mutex<[Generation; 2]>>);

impl Frames {
    /// The frame of the key, made where it is new; the memory is free meanwhile.
    pub fn get_or(&self, key: FrameKey<'_>, make: impl FnOnce() -> Option<Arc<Frame>>) -> Option<Arc<Frame>> {
        if let Some(known) = self.known(key) {
            return known;
        }
        let made = make();
        self.keep(key, made.clone());
        made
    }

    fn known(&self, key: FrameKey<'_>) -> Option<Option<Arc<Frame>>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if let Some(known) = young.get(&key) {
            return Some(known.clone());
        }
        let known = old.remove(&key)?;
        drop(generations);
        self.keep(key, known.clone());
        Some(known)
    }

    fn keep(&self, key: FrameKey<'_>, frame: Option<Arc<Frame>>) {
        let kept = Kept {
            steps: key.steps.to_vec(),
            season: key.season,
            shape: key.shape,
        };
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if young.len() >= MAX_FRAMES {
            *old = std::mem::take(young);
        }
        young.insert(kept, frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a frame of so many steps had to be made.
    fn makes(frames: &Frames, count: u32) -> bool {
        let steps: Vec<u32> = (0..count).collect();
        let key = FrameKey {
            steps: &steps,
            season: Season::NONE,
            shape: Shape::Mean,
        };
        let mut made = false;
        frames.get_or(key, || {
            made = true;
            None
        });
        made
    }

    #[test]
    fn the_older_generation_goes_when_the_younger_is_full() {
        let frames = Frames::default();
        let most = MAX_FRAMES as u32;
        for count in 0..=most {
            assert!(makes(&frames, count));
        }
        assert!(!makes(&frames, 0), "still in the older generation");
        for count in most + 1..2 * most {
            assert!(makes(&frames, count));
        }
        assert!(!makes(&frames, 0), "used since");
        assert!(makes(&frames, 1), "forgotten");
    }

    #[test]
    fn a_clone_is_the_same_memory() {
        let frames = Frames::default();
        assert!(makes(&frames.clone(), 5));
        assert!(!makes(&frames, 5));
    }
}
