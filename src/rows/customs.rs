//! How those who wrote a result write numbers and dates.

use super::value::date::Order;

/// How a result writes numbers and dates, as all of its columns show together.
pub(super) struct Customs {
    /// Whether numbers of some column show a decimal comma, or a decimal point.
    pub(super) decimal_comma: Option<bool>,
    /// Whether something else shows that people of a decimal comma wrote it.
    pub(super) comma_is_likely: bool,
    /// The order of day and month of the dates that settle it.
    pub(super) order: Option<Order>,
}

/// What stands before a column's decimals.
pub(super) struct DecimalMark {
    /// Whether it is a comma.
    pub(super) comma: bool,
    /// Whether its numbers leave it open and only what is likely decided.
    pub(super) is_guess: bool,
}

/// The order of day and month in a column's dates.
pub(super) struct DateOrder {
    /// Which of the two stands first.
    pub(super) day_month: Order,
    /// Whether no date of the result settles it.
    pub(super) is_guess: bool,
}
