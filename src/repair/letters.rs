//! The dead letters: going through those that are asked for.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::str::FromStr;

use super::letter::Letter;
use super::persist::RepairError;
use crate::config::KafkaConfig;
use crate::ids::WorkflowId;
use crate::kafka::{Log, Stretch};

/// Where a letter stands in the dead letter topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// A text that names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place of a dead letter; write PARTITION/OFFSET as `dashloom dlq list` shows them")]
pub struct PlaceError(String);

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (partition, offset) = text.split_once('/')?;
            Some(Self {
                partition: partition.parse().ok().filter(|partition| *partition >= 0)?,
                offset: offset.parse().ok().filter(|offset| *offset >= 0)?,
            })
        };
        read().ok_or_else(|| PlaceError(text.to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

/// Which letters are meant; empty fields mean any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Letters at these places.
    pub places: BTreeSet<Place>,
    /// Letters for one of these reasons.
    pub reasons: Vec<String>,
    /// Letters of these workflows.
    pub workflows: Vec<WorkflowId>,
    /// Letters whose record is from this time on, in milliseconds since 1970.
    pub from_ms: Option<i64>,
    /// Letters whose record is from before this time, in milliseconds since 1970.
    pub to_ms: Option<i64>,
}

impl Filter {
    /// Whether a letter is meant.
    pub fn takes(&self, letter: &Letter) -> bool {
        let place = letter.place();
        let timestamp_ms = letter.record.timestamp_ms;
        (self.places.is_empty() || self.places.contains(&place))
            && (self.reasons.is_empty() || self.reasons.contains(&letter.reason))
            && (self.workflows.is_empty()
                || letter.workflow_id.is_some_and(|id| self.workflows.contains(&id)))
            && self
                .from_ms
                .is_none_or(|from| timestamp_ms.is_some_and(|at| at >= from))
            && self.to_ms.is_none_or(|to| timestamp_ms.is_some_and(|at| at < to))
    }
}

impl Letter {
    /// Where it stands.
    pub fn place(&self) -> Place {
        Place {
            partition: self.partition,
            offset: self.record.offset,
        }
    }
}

/// The letters there are when it is made, partition by partition.
#[derive(Debug)]
pub struct Letters {
    kafka: KafkaConfig,
    filter: Filter,
    /// Partitions still to be read, with the offsets to begin and to end at.
    spans: VecDeque<(i32, i64, i64)>,
    reading: Option<(i32, Stretch)>,
    read: VecDeque<Letter>,
    /// How many letters were gone through, those included that are not meant.
    pub seen: u64,
}

impl Letters {
    /// The letters that are meant.
    ///
    /// # Errors
    /// When Kafka does not answer.
    pub async fn open(kafka: &KafkaConfig, filter: Filter) -> Result<Self, RepairError> {
        let log = Log::open(kafka, &kafka.dead_letter_topic)?;
        let mut spans = VecDeque::new();
        for partition in 0..log.partition_count().await? {
            let places = || filter.places.iter().filter(|place| place.partition == partition);
            if !filter.places.is_empty() && places().next().is_none() {
                continue;
            }
            let (low, high) = log.range(partition).await?;
            let mut from = low;
            // Letters keep their records' timestamps: below the first one that is late enough all are earlier.
            if let Some(from_ms) = filter.from_ms {
                from = log.offset_at(partition, from_ms).await?.unwrap_or(high).max(low);
            }
            let first = places().map(|place| place.offset).min().unwrap_or(from);
            let last = places().map(|place| place.offset + 1).max().unwrap_or(high);
            spans.push_back((partition, first.max(from), last.min(high)));
        }
        Ok(Self {
            kafka: kafka.clone(),
            filter,
            spans,
            reading: None,
            read: VecDeque::new(),
            seen: 0,
        })
    }

    /// How many offsets there are to go through.
    pub fn offsets(&self) -> u64 {
        let spans = self.spans.iter();
        spans
            .map(|(_, from, end)| u64::try_from(end - from).unwrap_or_default())
            .sum()
    }

    /// The next letter that is meant.
    ///
    /// # Errors
    /// When Kafka does not answer, or the topic's retention is faster.
    pub async fn next(&mut self) -> Result<Option<Letter>, RepairError> {
        loop {
            if let Some(letter) = self.read.pop_front() {
                return Ok(Some(letter));
            }
            let Some((partition, stretch)) = &mut self.reading else {
                let Some((partition, from, end)) = self.spans.pop_front() else {
                    return Ok(None);
                };
                let kafka = &self.kafka;
                let stretch = Stretch::read(kafka, &kafka.dead_letter_topic, partition, from, end)?;
                self.reading = Some((partition, stretch));
                continue;
            };
            let partition = *partition;
            match stretch.next().await.transpose()? {
                Some(messages) => {
                    self.seen += messages.len() as u64;
                    let letters = messages
                        .into_iter()
                        .map(|message| Letter::read(partition, message));
                    self.read
                        .extend(letters.filter(|letter| self.filter.takes(letter)));
                }
                None => self.reading = None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Message;

    #[test]
    fn a_place_is_written_as_it_is_read() {
        let place: Place = "3/120".parse().unwrap();
        assert_eq!(
            (place.partition, place.offset, place.to_string().as_str()),
            (3, 120, "3/120")
        );
        for wrong in ["3", "3/", "/1", "-1/2", "1/-2", "a/b"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_filter_takes_what_meets_all_of_it() {
        let letter = Letter::read(
            2,
            Message {
                offset: 5,
                timestamp_ms: Some(1_000),
                key: None,
                payload: None,
                headers: Vec::new(),
            },
        );
        let takes = |filter: Filter| filter.takes(&letter);
        assert!(takes(Filter::default()));
        assert!(takes(Filter {
            from_ms: Some(1_000),
            to_ms: Some(1_001),
            ..Filter::default()
        }));
        assert!(!takes(Filter {
            to_ms: Some(1_000),
            ..Filter::default()
        }));
        assert!(!takes(Filter {
            reasons: vec!["oversized".to_owned()],
            ..Filter::default()
        }));
        assert!(!takes(Filter {
            workflows: vec![WorkflowId(uuid::Uuid::nil())],
            ..Filter::default()
        }));
        assert!(takes(Filter {
            places: ["2/5".parse().unwrap()].into(),
            ..Filter::default()
        }));
        assert!(!takes(Filter {
            places: ["2/6".parse().unwrap()].into(),
            ..Filter::default()
        }));
    }
}
