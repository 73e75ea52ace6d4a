//! The latest files, so that asking again for an unchanged view costs nothing.

use std::collections::VecDeque;

use bytes::Bytes;

use super::exporter::Wanted;

/// The most bytes that are kept.
const MOST_BYTES: usize = 16 << 20;

/// A report by its hash, and what was made of it.
pub type Key = ([u8; 32], Wanted);

/// The files, the latest last.
#[derive(Debug, Default)]
pub struct Kept {
    files: VecDeque<(Key, Bytes)>,
    size_bytes: usize,
}

impl Kept {
    /// The file of that report and kind.
    pub fn get(&mut self, key: &Key) -> Option<Bytes> {
        let at = self.files.iter().position(|(kept, _)| kept == key)?;
        let file = self.files.remove(at)?;
        let bytes = file.1.clone();
        self.files.push_back(file);
        Some(bytes)
    }

    /// Keeps a file, and lets those go that were not asked for the longest.
    pub fn put(&mut self, key: Key, bytes: Bytes) {
        if bytes.len() > MOST_BYTES / 2 {
            return;
        }
        self.size_bytes += bytes.len();
        self.files.push_back((key, bytes));
        while self.size_bytes > MOST_BYTES {
            let Some((_, gone)) = self.files.pop_front() else {
                return;
            };
            self.size_bytes -= gone.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_not_asked_for_go_first() {
        let wanted = Wanted::default();
        let key = |number: u8| ([number; 32], wanted.clone());
        let mut kept = Kept::default();
        for number in 0..4 {
            kept.put(key(number), Bytes::from(vec![number; MOST_BYTES / 4]));
        }
        assert!(kept.get(&key(0)).is_some());
        kept.put(key(4), Bytes::from(vec![4; 1]));
        assert!(kept.get(&key(0)).is_some(), "it was asked for");
        assert!(kept.get(&key(1)).is_none(), "it was the oldest");
        assert!(kept.size_bytes <= MOST_BYTES);
    }
}
