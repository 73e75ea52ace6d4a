//! Tests that cannot run where they are say so, and the last line of `scripts/test` counts them.

use std::fmt::Display;
use std::io::{Write, stderr};

/// Says why a test does not run; past the harness, which keeps to itself what passing tests print.
pub fn skipped(why: impl Display) {
    let _ = writeln!(stderr().lock(), "skipped: {why}");
}
