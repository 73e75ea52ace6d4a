//! The one way a dashboard changes: lock the workflow, store partials, decide winners, render, save, announce.
//!
//! Everything here runs inside the caller's transaction and under the workflows' locks; there is no I/O but SQL. What
//! cannot be drawn is noted and told on the executions' rows, and never keeps anything else from being folded.

mod announce;
mod apply;
mod arrival;
mod carry_out;
mod cause;
mod change;
mod draw;
mod ledger;
mod patience;
mod recall;
mod reported;
mod rerender;
mod settings;
mod shelf;
mod trouble;
mod withdraw;

pub use announce::announcement;
pub use apply::{Fold, FoldError, Folded, Outcome, apply};
pub use arrival::{Arrival, ResultKey};
pub use draw::DrawError;
pub use ledger::{Standing, is_spoken_for, standing};
pub use patience::Limits;
pub use recall::Recall;
pub use rerender::{Why, catch_up, rerender};
pub use settings::{Settings, SettingsError, suggested};
pub use trouble::Trouble;
pub use withdraw::{Withdrawal, withdraw};
