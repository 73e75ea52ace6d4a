//! Repairs: what an operator sets right by hand.
//!
//! Invariants: dashboards change through `fold` alone, under the workflow's lock, and are announced as corrections; a
//! position changes only together with a row that says who changed it; a dead letter goes back with the bytes, the key
//! and the headers it came with. Each repair can be rehearsed, which takes its transaction back.

mod letter;
mod letters;
mod persist;
mod position;
mod rebuild;
mod redrive;
mod refused;
mod withdraw;

pub use letter::{ATTEMPT, Letter, Origin};
pub use letters::{Filter, Letters, Place, PlaceError};
pub use persist::{Repair, RepairError};
pub use position::{Moved, Target, set_position};
pub use rebuild::{Rebuilt, What, rebuild, workflows_of};
pub use redrive::{Redrive, Redriven, redrive};
pub use refused::republish;
pub use withdraw::{Withdrawn, withdraw};
