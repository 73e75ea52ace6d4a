//! A workflow's ledger: the best run of each execution, stored or just arrived, and what they hold.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::aggregate::Kind;
use crate::dashboard::{Candidate, RowDays};
use crate::ids::ExecutionId;
use crate::store::StoreError;
use crate::store::partials::{PartialHead, Rank};
use crate::window::Window;

/// How an arrival compares with what the ledger holds for its execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is better than what was held, or the first.
    Better,
    /// It is the same result, formed anew by another shape.
    Reshaped,
    /// It is the same result in the same shape.
    Same,
    /// A better run is held.
    Lesser,
}

/// The best known run of each execution of one workflow.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    heads: HashMap<ExecutionId, PartialHead>,
}

impl Ledger {
    /// Takes in a stored head.
    pub fn load(&mut self, head: PartialHead) {
        self.heads.insert(head.execution_id, head);
    }

    /// Whether the workflow has no result yet.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// The head held for an execution.
    pub fn head(&self, execution: ExecutionId) -> Option<&PartialHead> {
        self.heads.get(&execution)
    }

    /// Offers an arrival, formed as `current` asks; it is held where it is better or reshaped.
    pub fn offer(&mut self, arrival: PartialHead, current: Option<&[u8; 32]>) -> Standing {
        let held = self.heads.get(&arrival.execution_id);
        let standing = held.map_or(Standing::Better, |held| standing(held, &arrival.rank(), current));
        if matches!(standing, Standing::Better | Standing::Reshaped) {
            let withdrawn_run = held.and_then(|held| held.withdrawn_run);
            let arrival = PartialHead {
                withdrawn_run,
                ..arrival
            };
            self.heads.insert(arrival.execution_id, arrival);
        }
        standing
    }

    /// Takes an execution's result out up to a run, or lets it count again.
    pub fn withdraw(&mut self, execution: ExecutionId, run: Option<u32>) {
        if let Some(head) = self.heads.get_mut(&execution) {
            head.withdrawn_run = run;
        }
    }

    /// The executions as they compete for dates, ordered by execution id.
    pub fn candidates(&self) -> Result<Vec<Candidate>, StoreError> {
        let mut candidates: Vec<Candidate> = self.heads.values().map(candidate).collect::<Result<_, _>>()?;
        candidates.sort_unstable_by_key(|candidate| candidate.execution_id);
        Ok(candidates)
    }
}

/// How a result stands against what is `held` for its execution, when results are formed in the `current` shape.
///
/// A held result is only ever replaced by the current shape. While none is current, because the configuration is wrong,
/// what is held stays: otherwise each change between a right and a wrong configuration would form it anew.
pub fn standing(held: &PartialHead, rank: &Rank, current: Option<&[u8; 32]>) -> Standing {
    match rank.cmp(&held.rank()) {
        Ordering::Greater => Standing::Better,
        Ordering::Less => Standing::Lesser,
        Ordering::Equal if current.is_some_and(|current| *current != held.shape) => Standing::Reshaped,
        Ordering::Equal => Standing::Same,
    }
}

fn candidate(head: &PartialHead) -> Result<Candidate, StoreError> {
    let corrupt = |what| StoreError::Corrupt { what };
    Ok(Candidate {
        execution_id: head.execution_id,
        run: head.run,
        finished_at_ns: head.finished_at_ns,
        window: Window::new(head.window_start, head.window_end).ok_or(corrupt("a partial's window"))?,
        kind: match head.kind {
            0 => Kind::Timed,
            1 => Kind::Untimed,
            2 => Kind::Empty,
            _ => return Err(corrupt("a partial's kind")),
        },
        content_hash: head.content_hash,
        shape: head.shape,
        withdrawn: head.withdrawn_run.is_some_and(|run| head.run <= run),
        row_days: RowDays::decode(&head.row_days).ok_or(corrupt("a partial's days"))?,
    })
}
