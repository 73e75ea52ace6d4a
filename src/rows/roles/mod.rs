//! What each column means, decided from evidence, names, hints and declarations; rows are not needed.

mod beside;
mod binding;
mod change_words;
mod counts;
mod decide;
mod durations;
mod guesses;
mod id_words;
mod ids;
#[cfg(test)]
mod level_tests;
mod level_words;
mod levels;
mod long_words;
mod mean_words;
mod measured;
mod money;
mod names;
mod naming;
mod ordinals;
#[cfg(test)]
mod other_fields;
mod quotes;
mod ratios;
#[cfg(test)]
mod shared_tables;
mod shares;
mod siblings;
mod states;
#[cfg(test)]
mod sums_tests;
#[cfg(test)]
mod tests;
mod time;
#[cfg(test)]
mod unseen;
mod words;

pub(in crate::rows) use naming::Naming;

pub use binding::{Binding, Shown, bindings};
pub use decide::{Agg, ColumnFacts, Decision, decide, decide_over, may_be_dimension, may_be_subject};
pub use guesses::strays;
pub use ids::tells_rows_apart;
pub use levels::is_added_up;
pub use long_words::{is_percent, names_metrics, names_units, shown_unit};
pub use money::{
    Money, currencies, currency_name, is_amount_of_money, may_name_currencies, money, names_amount_of_money,
};
pub use ordinals::{counts_steps, names_ordinals, numbers_stages};
pub use shares::is_share_of_amount;
