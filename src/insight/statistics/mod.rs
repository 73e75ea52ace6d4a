//! The numbers behind the tests: least squares with autocorrelated errors, a scan for steps, ranks, medians, tails.
//!
//! Everything is single-threaded, takes logarithms and powers from `libm`, and goes through its input in the order given.

pub mod cholesky;
pub mod frame;
pub mod gls;
pub mod medians;
mod moments;
pub mod ranks;
pub mod spikes;
pub mod steps;
pub mod tails;

pub use frame::{Frame, Season};
pub use gls::{Fit, Whitened};
