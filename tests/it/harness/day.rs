//! The smallest execution there is.

use uuid::Uuid;

use super::{Finished, finished};

/// An execution over one date with five clicks, finished at the midnight after it.
pub fn day(workflow: Uuid, number: u128, date: &str) -> Finished {
    finished(
        workflow,
        number,
        (date, date),
        1,
        &format!("date,clicks\n{date},5\n"),
    )
}
