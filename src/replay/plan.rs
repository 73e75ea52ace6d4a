//! Which offsets of which partitions a replay reads.

use super::{Asked, Bound, ReplayError};
use crate::kafka::{KafkaError, Log};

/// The offsets `[from, end)` of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub partition: i32,
    /// The first offset to read.
    pub from: i64,
    /// The end, exclusive.
    pub end: i64,
}

impl Span {
    /// How many offsets it has.
    pub fn offsets(&self) -> u64 {
        u64::try_from(self.end - self.from).unwrap_or_default()
    }
}

/// Resolves what is asked for to offsets that the log holds now; notes what it does not hold any more.
pub(super) async fn plan(
    log: &Log,
    asked: &Asked,
    notes: &mut Vec<String>,
) -> Result<Vec<Span>, ReplayError> {
    let count = log.partition_count().await?;
    if let Some(&partition) = asked.partitions.iter().find(|one| !(0..count).contains(*one)) {
        return Err(ReplayError::NoPartition { partition, count });
    }
    let mut spans = Vec::new();
    for partition in 0..count {
        if !asked.partitions.is_empty() && !asked.partitions.contains(&partition) {
            continue;
        }
        let (low, high) = log.range(partition).await?;
        let from = resolve(log, asked.from, partition, low, high).await?;
        let end = resolve(log, asked.to, partition, low, high).await?;
        if from < low && from < end {
            let gone = low.min(end) - from;
            notes.push(format!(
                "partition {partition}: {gone} of the offsets asked for are not in the log any more, it begins at {low}"
            ));
        }
        let end = end.clamp(low, high);
        spans.push(Span {
            partition,
            from: from.clamp(low, end),
            end,
        });
    }
    Ok(spans)
}

async fn resolve(log: &Log, bound: Bound, partition: i32, low: i64, high: i64) -> Result<i64, KafkaError> {
    Ok(match bound {
        Bound::Earliest => low,
        Bound::Latest => high,
        Bound::Offset(offset) => offset,
        Bound::Time(timestamp_ms) => log.offset_at(partition, timestamp_ms).await?.unwrap_or(high),
    })
}
