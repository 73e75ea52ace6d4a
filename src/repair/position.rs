//! Moving a position by hand: what ends the halt of a partition whose log is not what it was.

use std::fmt;
use std::str::FromStr;

use deadpool_postgres::{Client, Transaction};

use super::persist::{Patience, Repair, RepairError};
use crate::kafka::Log;
use crate::store::positions::{self, PartitionKey};
use crate::store::{self, Role, StoreError, position_changes};

/// Where a position is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// At the first record the log holds.
    Earliest,
    /// At the log's end.
    Latest,
    /// At an offset.
    Offset(i64),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "earliest" => Ok(Self::Earliest),
            "latest" => Ok(Self::Latest),
            _ => match text.parse() {
                Ok(offset @ 0..) => Ok(Self::Offset(offset)),
                _ => Err("use earliest, latest or an offset".to_owned()),
            },
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::Offset(offset) => offset.fmt(f),
        }
    }
}

/// A position that was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Where it stood.
    pub from: i64,
    /// Where it stands.
    pub to: i64,
}

/// Moves a position of the group, takes it from whoever holds it, and records that. The consumer that has the partition
/// assigned claims it again and reads on from there.
///
/// # Errors
/// When the log does not hold the place, there is no such position, or records would be passed by although
/// `accept_gap` is false.
pub async fn set_position(
    repair: &Repair,
    partition: i32,
    target: Target,
    accept_gap: bool,
    reason: Option<&str>,
) -> Result<Moved, RepairError> {
    let topic = &repair.kafka.topic;
    let (low, high) = Log::open(&repair.kafka, topic)?.range(partition).await?;
    let to = match target {
        Target::Earliest => low,
        Target::Latest => high,
        Target::Offset(offset) => offset,
    };
    if !(low..=high).contains(&to) {
        return Err(RepairError::NotInLog {
            topic: topic.clone(),
            partition,
            low,
            high,
            offset: to,
        });
    }
    let key = PartitionKey {
        group: repair.kafka.group.clone(),
        topic: topic.clone(),
        partition,
    };
    let move_to = Move {
        key: &key,
        to,
        high,
        accept_gap,
        reason,
    };
    let mut patience = Patience::default();
    let mut doubtful = None;
    loop {
        match once(repair, &move_to, &mut doubtful).await {
            Err(error) if patience.has_for(&error).await => {}
            ended => return ended,
        }
    }
}

/// A move that is asked for.
struct Move<'a> {
    key: &'a PartitionKey,
    to: i64,
    high: i64,
    accept_gap: bool,
    reason: Option<&'a str>,
}

/// Moves it once; `doubtful` is the move of an earlier attempt whose answer was lost.
async fn once(
    repair: &Repair,
    move_to: &Move<'_>,
    doubtful: &mut Option<Moved>,
) -> Result<Moved, RepairError> {
    let mut client = repair.pool.get().await.map_err(StoreError::from)?;
    let (tx, moved) = store::answered(write(repair, &mut client, move_to, doubtful.as_ref())).await?;
    *doubtful = Some(moved);
    repair.end(tx).await?;
    Ok(moved)
}

/// Everything of the transaction but its end.
async fn write<'c>(
    repair: &Repair,
    client: &'c mut Client,
    move_to: &Move<'_>,
    doubtful: Option<&Moved>,
) -> Result<(Transaction<'c>, Moved), RepairError> {
    let Move { key, to, .. } = *move_to;
    let tx = store::begin(client, &repair.roles, Role::Operator).await?;
    let Some(position) = positions::lock(&tx, key).await? else {
        let PartitionKey {
            group,
            topic,
            partition,
        } = key.clone();
        return Err(RepairError::NoPosition {
            group,
            topic,
            partition,
        });
    };
    let from = position.next_offset;
    // The lock waited for the doubtful transaction's end, so what is recorded is final.
    if let Some(moved) = doubtful
        && position_changes::last(&tx, key).await? == Some((moved.from, moved.to))
    {
        return Ok((tx, *moved));
    }
    if let Some(what) = gap(from, to, move_to.high).filter(|_| !move_to.accept_gap) {
        return Err(RepairError::Gap { what });
    }
    position_changes::apply(&tx, key, to).await?;
    position_changes::record(&tx, key, from, to, move_to.reason).await?;
    Ok((tx, Moved { from, to }))
}

/// What would not be read, in words.
fn gap(from: i64, to: i64, high: i64) -> Option<String> {
    if from > high {
        return Some(format!(
            "the position stands at {from} but the log ends at {high}: it was made anew or truncated, and what it held \
             between the last processed record and its end is not known"
        ));
    }
    (to > from).then(|| format!("{} offsets from {from} to {to} would never be read", to - from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_records_by_is_a_gap() {
        assert_eq!(gap(5, 5, 9), None);
        assert_eq!(gap(5, 0, 9), None, "records are read again");
        assert!(gap(5, 7, 9).unwrap().contains("2 offsets from 5 to 7"));
        assert!(gap(10, 0, 9).unwrap().contains("made anew"));
    }

    #[test]
    fn a_target_is_a_place_in_the_log() {
        assert_eq!("earliest".parse(), Ok(Target::Earliest));
        assert_eq!("7".parse(), Ok(Target::Offset(7)));
        assert!("-7".parse::<Target>().is_err());
        assert!("2026-11-05".parse::<Target>().is_err());
    }
}
