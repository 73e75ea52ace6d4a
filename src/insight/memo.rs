//! What was worked out before: tests by their series' values, regressors by their steps.
//!
//! It changes how long a view takes and nothing else. Two generations bound it: when the younger one is full the older
//! one goes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::examine::Examined;
use super::period::Compared;
use super::statistics::{Frame, Season};
use super::study::{Line, Shape};

/// The most series, and the most frames, of a generation.
const MAX_SERIES: usize = 10_000;
const MAX_FRAMES: usize = 200;

/// What the tests of a series said.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// The tests of its course.
    pub examined: Examined,
    /// Its windows compared.
    pub compared: Option<Compared>,
}

/// The key of a series: a hash of all its tests depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesKey(u64, u64);

impl SeriesKey {
    /// The key of a line's tests in a season, its windows ending before the step.
    pub fn of(line: &Line, season: Season, end: u32) -> Self {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            season.hash(&mut hasher);
            (end, line.is_count).hash(&mut hasher);
            line.steps.hash(&mut hasher);
            for values in [&line.values, &line.amounts, &line.bases] {
                values.len().hash(&mut hasher);
                values.iter().for_each(|value| value.to_bits().hash(&mut hasher));
            }
            hasher.finish()
        };
        Self(half(1), half(2))
    }
}

/// The regressors' steps, their season and what they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FrameKey {
    /// The steps with values.
    pub steps: Vec<u32>,
    /// The season.
    pub season: Season,
    /// Which regressors.
    pub shape: Shape,
}

/// Two generations of a map.
#[derive(Debug)]
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    most: usize,
}

impl<K: Hash + Eq, V: Clone> Generations<K, V> {
    fn new(most: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            most,
        }
    }

    fn get_or(&mut self, key: K, make: impl FnOnce() -> V) -> V {
        if let Some(known) = self.young.get(&key) {
            return known.clone();
        }
        let value = self.old.remove(&key).unwrap_or_else(make);
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value.clone());
        value
    }
}

/// Everything remembered.
#[derive(Debug)]
pub struct Memo {
    series: Generations<SeriesKey, Arc<Remembered>>,
    frames: Generations<FrameKey, Option<Arc<Frame>>>,
}

impl Default for Memo {
    fn default() -> Self {
        Self {
            series: Generations::new(MAX_SERIES),
            frames: Generations::new(MAX_FRAMES),
        }
    }
}

impl Memo {
    /// What is remembered of a series, if anything.
    pub fn recall(&mut self, key: SeriesKey) -> Option<Arc<Remembered>> {
        let known = self.series.young.get(&key).or_else(|| self.series.old.get(&key));
        known.cloned()
    }

    /// Remembers a series.
    pub fn remember(&mut self, key: SeriesKey, remembered: Remembered) -> Arc<Remembered> {
        self.series.get_or(key, || Arc::new(remembered))
    }

    /// The frame of the key, made where it is new.
    pub fn frame(&mut self, key: FrameKey, make: impl FnOnce() -> Option<Arc<Frame>>) -> Option<Arc<Frame>> {
        self.frames.get_or(key, make)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_generation_goes_when_the_younger_is_full() {
        let mut map = Generations::new(2);
        for key in 0..2 {
            map.get_or(key, || key * 10);
        }
        map.get_or(2, || 20);
        assert_eq!(map.get_or(0, || 99), 0, "still in the older generation");
        map.get_or(3, || 30);
        map.get_or(4, || 40);
        assert_eq!(map.get_or(1, || 99), 99, "forgotten");
    }

    #[test]
    fn any_difference_makes_another_key() {
        let line = Line {
            steps: vec![0, 1],
            values: vec![1.0, 2.0],
            ..Line::default()
        };
        let key = |line: &Line| SeriesKey::of(line, Season::NONE, 2);
        let mut other = line.clone();
        other.values[1] = 2.5;
        assert_ne!(key(&line), key(&other));
        assert_ne!(key(&line), SeriesKey::of(&line, Season::NONE, 1));
        assert_eq!(key(&line), key(&line.clone()));
    }
}
