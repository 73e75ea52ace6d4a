//! What a fold is given.

use crate::aggregate::{ENCODING_VERSION, Partial, SketchCells};
use crate::dashboard::RowDays;
use crate::event::Execution;
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::partials::PartialHead;

/// A result by its workflow and execution: two workflows may carry the same execution id.
pub type ResultKey = (WorkflowId, ExecutionId);

/// An execution whose result has been aggregated, ready to be folded.
#[derive(Debug)]
pub struct Arrival {
    /// The event.
    pub execution: Execution,
    /// Its partial.
    pub partial: Partial,
    /// The partial's stored bytes.
    pub body: Vec<u8>,
    /// The dates with rows.
    pub row_days: RowDays,
    /// The shape by which the partial was formed.
    pub shape: [u8; 32],
    /// Whether it came by a replay.
    pub replay: bool,
    /// The trace that the outgoing event continues.
    pub traceparent: Option<String>,
}

impl Arrival {
    /// Its workflow and execution.
    pub fn key(&self) -> ResultKey {
        (self.execution.workflow_id, self.execution.id)
    }

    /// What is stored of it beside its numbers.
    pub fn head(&self) -> PartialHead {
        let execution = &self.execution;
        PartialHead {
            workflow_id: execution.workflow_id,
            execution_id: execution.id,
            run: execution.run,
            finished_at_ns: execution.finished_at_ns,
            content_hash: execution.content_hash,
            shape: self.shape,
            window: execution.window,
            kind: self.partial.kind,
            row_days: self.row_days.clone(),
            rows: i64::try_from(self.partial.quality.rows).unwrap_or(i64::MAX),
            encoding: i16::from(ENCODING_VERSION),
            weight: weight(&self.partial),
            withdrawn_run: None,
        }
    }
}

/// How many numbers a partial holds; a sketch counts as many as its bytes would.
fn weight(partial: &Partial) -> i64 {
    let cells = &partial.cells;
    let sketched: usize = cells.sketches.iter().map(SketchCells::size_bytes).sum();
    i64::try_from(cells.dates.len() * cells.width() + sketched / 8).unwrap_or(i64::MAX)
}
