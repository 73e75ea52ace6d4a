//! Answers that are kept whole for whoever may have them next, each under the tag that tells its content from every other.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::ids::ViewId;

/// The answers to the dashboards that were asked for lately. Nothing here decides who may have one.
#[derive(Debug)]
pub struct Answers {
    most_bytes: usize,
    held: Mutex<Held>,
}

/// Two generations: when the younger has taken half of the room the older one goes, with all in it that nobody asked for meanwhile.
#[derive(Debug, Default)]
struct Held {
    younger: HashMap<ViewId, Answer>,
    older: HashMap<ViewId, Answer>,
    younger_bytes: usize,
}

#[derive(Debug)]
struct Answer {
    etag: String,
    body: Bytes,
}

impl Answers {
    /// Room for so many bytes of them.
    pub fn within(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            held: Mutex::default(),
        }
    }

    /// The answer with this tag, where it is kept.
    pub fn find(&self, id: ViewId, etag: &str) -> Option<Bytes> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = held.younger.get(&id) {
            return (answer.etag == etag).then(|| answer.body.clone());
        }
        let answer = held.older.remove(&id).filter(|answer| answer.etag == etag)?;
        let body = answer.body.clone();
        held.add(id, answer, self.most_bytes / 2);
        Some(body)
    }

    /// Keeps an answer in the place of the one of that dashboard before, unless it is too large.
    pub fn keep(&self, id: ViewId, etag: String, body: Bytes) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.older.remove(&id);
        held.add(id, Answer { etag, body }, self.most_bytes / 2);
    }
}

impl Held {
    fn add(&mut self, id: ViewId, answer: Answer, most_bytes: usize) {
        let size = answer.body.len();
        if size > most_bytes {
            return;
        }
        if self.younger_bytes + size > most_bytes {
            self.older = std::mem::take(&mut self.younger);
            self.younger_bytes = 0;
        }
        self.younger_bytes += size;
        if let Some(before) = self.younger.insert(id, answer) {
            self.younger_bytes -= before.body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> ViewId {
        ViewId(Uuid::from_u128(n))
    }

    fn body(letter: u8) -> Bytes {
        Bytes::from(vec![letter; 10])
    }

    #[test]
    fn an_answer_is_found_under_its_own_tag_only() {
        let answers = Answers::within(100);
        answers.keep(id(1), "1".to_owned(), body(b'a'));
        assert_eq!(answers.find(id(1), "1"), Some(body(b'a')));
        assert_eq!(answers.find(id(1), "2"), None);
        assert_eq!(answers.find(id(2), "1"), None);
        answers.keep(id(1), "2".to_owned(), body(b'b'));
        assert_eq!(answers.find(id(1), "1"), None);
        assert_eq!(answers.find(id(1), "2"), Some(body(b'b')));
    }

    #[test]
    fn what_nobody_asks_for_goes_first_and_the_room_is_never_exceeded() {
        let answers = Answers::within(100);
        for n in 1..1_000 {
            answers.keep(id(n), "1".to_owned(), body(b'a'));
            assert!(answers.find(id(1), "1").is_some(), "asked for after {n}");
            let held = answers.held.lock().unwrap();
            let kept = held.younger.values().chain(held.older.values());
            assert!(kept.map(|answer| answer.body.len()).sum::<usize>() <= 100);
        }
        assert!(answers.find(id(2), "1").is_none());
        answers.keep(id(2), "1".to_owned(), Bytes::from(vec![0; 51]));
        assert!(answers.find(id(2), "1").is_none(), "larger than half the room");
    }
}
