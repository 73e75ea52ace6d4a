//! Results: bytes to typed columns, and what each column means.

mod evidence;

pub use evidence::Evidence;
