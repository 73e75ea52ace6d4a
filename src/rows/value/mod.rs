//! Reading one cell's text: numbers, dates, booleans, blanks and `NA`.

mod clock;
pub(super) mod currency;
pub(super) mod date;
pub(super) mod moment;
mod named;
pub(super) mod number;
pub(super) mod scale;
mod word;

pub use named::{month_named, weekday_named};
pub(super) use word::{Word, blank, is_letter_code, trim, word};
