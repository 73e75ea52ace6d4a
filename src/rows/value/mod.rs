//! Reading one cell's text: numbers, dates, booleans, blanks and `NA`.

pub(super) mod currency;
pub(super) mod date;
pub(super) mod moment;
pub(super) mod number;
mod word;

pub(super) use word::{Word, blank, trim, word};
