//! The one way a dashboard changes: lock the workflow, store partials, decide winners, render, save, announce.
//!
//! Everything here runs inside the caller's transaction and under the workflows' locks; there is no I/O but SQL.

mod announce;
mod apply;
mod change;
mod draw;
mod ledger;
mod reported;
mod rerender;
mod settings;
mod withdraw;

pub use announce::announcement;
pub use apply::{Arrival, Fold, FoldError, Folded, Outcome, apply};
pub use draw::DrawError;
pub use ledger::{Standing, standing};
pub use rerender::{Why, rerender};
pub use settings::{Settings, SettingsError, suggested};
pub use withdraw::{Withdrawal, withdraw};
