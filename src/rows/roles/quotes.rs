//! Prices of what is traded, which no time has a sum of.

use super::decide::ColumnFacts;
use super::names::Name;
use crate::rows::Values;

/// The columns of prices in a table of quotes: it has what each closed at, beside a high or a low, the name of what is traded,
/// or with fractions, as counts of what was closed have none.
pub(super) fn quotes(columns: &[ColumnFacts<'_>], names: &[Name]) -> Vec<usize> {
    const TRADED: &[&str] = &[
        "ticker",
        "symbol",
        "isin",
        "stock",
        "coin",
        "security",
        "instrument",
    ];
    const BESIDE: &[&str] = &[
        "adj", "adjusted", "price", "last", "prev", "previous", "usd", "eur",
    ];
    let price = |name: &Name| {
        let found = name.word_of(&["open", "high", "low", "close"])?.to_owned();
        let is_price = |word: &String| *word == found || BESIDE.contains(&word.as_str());
        name.words().iter().all(is_price).then_some(found)
    };
    let prices: Vec<Option<String>> = names.iter().map(price).collect();
    let has = |word: &str| prices.iter().flatten().any(|price| price == word);
    let is_fraction = |(column, price): (&ColumnFacts<'_>, &Option<String>)| {
        let is_close = price.as_deref() == Some("close");
        is_close && column.evidence.values() == Values::Numbers && !column.evidence.all_integers()
    };
    let is_traded = || names.iter().any(|name| name.word_of(TRADED).is_some());
    let shows = || has("high") || has("low") || is_traded() || columns.iter().zip(&prices).any(is_fraction);
    match has("close") && shows() {
        true => (0..prices.len())
            .filter(|index| prices[*index].is_some())
            .collect(),
        false => Vec::new(),
    }
}
