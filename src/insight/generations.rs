//! A memory of what was worked out before, shared and bounded.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::{Equivalent, HashMap};

/// Values by what they were made from, in two generations: when the younger one is full the older one goes. A clone is the
/// same memory.
#[derive(Debug)]
pub struct Generations<K, V> {
    kept: Arc<Mutex<[HashMap<K, V>; 2]>>,
    most: usize,
}

impl<K, V> Clone for Generations<K, V> {
    fn clone(&self) -> Self {
        Self {
            kept: self.kept.clone(),
            most: self.most,
        }
    }
}

impl<K: Hash + Eq, V: Clone> Generations<K, V> {
    /// Nothing yet; so many in a generation at most.
    pub fn new(most: usize) -> Self {
        Self {
            kept: Arc::new(Mutex::new([HashMap::new(), HashMap::new()])),
            most,
        }
    }

    /// The value of the key, made where it is new; the memory is free meanwhile.
    pub fn get_or<Q>(&self, key: Q, make: impl FnOnce() -> V) -> V
    where
        Q: Hash + Equivalent<K> + Into<K>,
    {
        if let Some(known) = self.known(&key) {
            return known;
        }
        let made = make();
        self.keep(key.into(), made.clone());
        made
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        let generations = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        generations.iter().map(HashMap::len).sum()
    }

    fn known<Q: Hash + Equivalent<K>>(&self, key: &Q) -> Option<V> {
        let mut generations = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if let Some(known) = young.get(key) {
            return Some(known.clone());
        }
        let (key, known) = old.remove_entry(key)?;
        drop(generations);
        self.keep(key, known.clone());
        Some(known)
    }

    fn keep(&self, key: K, value: V) {
        let mut generations = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if young.len() >= self.most {
            *old = std::mem::take(young);
        }
        young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the value of a key had to be made.
    fn makes(memory: &Generations<u32, ()>, key: u32) -> bool {
        let mut made = false;
        memory.get_or(key, || made = true);
        made
    }

    #[test]
    fn the_older_generation_goes_when_the_younger_is_full() {
        let memory = Generations::new(10);
        for key in 0..=10 {
            assert!(makes(&memory, key));
        }
        assert!(!makes(&memory, 0), "still in the older generation");
        for key in 11..20 {
            assert!(makes(&memory, key));
        }
        assert!(!makes(&memory, 0), "used since");
        assert!(makes(&memory, 1), "forgotten");
    }

    #[test]
    fn a_clone_is_the_same_memory() {
        let memory = Generations::new(10);
        assert!(makes(&memory.clone(), 5));
        assert!(!makes(&memory, 5));
    }
}
