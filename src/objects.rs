//! Objects in S3, Google Cloud Storage, Azure or a folder: results by reference, behind an allow-list, and exported files, in a
//! [`Depot`].
//!
//! Invariants: only what a prefix of the allow-list covers is ever opened; no request leaves for an address inside the
//! network unless the configuration names it, and no redirect is followed; an object's bytes are what its message says
//! they are (size and SHA-256) or they are not used at all; memory does not grow with an object's size.

mod allow;
mod depot;
mod fetch;
mod guard;
mod spool;
mod stores;

pub use allow::{AllowList, Scheme};
pub use depot::{Depot, DepotError, Kept};
pub use fetch::{ObjectError, Objects};
pub use spool::{Spooled, SpooledRead};
