//! Which values of a dimension are shown by name, which are gathered in "Other", and in what order.

use std::cmp::Reverse;
use std::rc::Rc;

use super::dataset::Key;
use super::dictionary::Dictionary;
use super::order;
use super::totals::Totals;
use crate::aggregate::OTHER;
use crate::decimal::Decimal;

/// What stands for values not shown by name.
const OTHER_TEXT: (&str, &str) = ("Other", "Other (the rest)");
/// What stands for null.
const BLANK_TEXT: (&str, &str) = ("(blank)", "(no value)");

/// The entries of one dimension as shown: named values by descending measure, or in the order they have of their own, then
/// "Other", then "(blank)".
#[derive(Debug)]
pub struct Ranking {
    /// The text of each entry.
    pub texts: Vec<Rc<str>>,
    /// For each code its entry; none where the code has no rows.
    pub entry_of: Vec<Option<usize>>,
    /// The entry that gathers values, "Other", where there is one.
    pub rest: Option<usize>,
    /// Whether values were gathered in "Other" for want of room.
    pub is_cut: bool,
    /// Whether summarised results gathered values before.
    pub is_folded: bool,
    /// Whether the values stand in an order of their own.
    pub is_ordered: bool,
}

/// The ranking of one dimension's values.
#[derive(Clone, Copy)]
pub struct RankBy<'a> {
    /// The label of the dimension.
    pub label: &'a str,
    /// What each code is ranked by.
    pub value: &'a dyn Fn(usize) -> Option<Decimal>,
    /// The most entries.
    pub cap: usize,
}

impl Ranking {
    /// The entries for a dimension's aggregates by code. The values with the largest magnitude are shown by name; equals
    /// in bytewise order.
    pub fn of(dictionary: &Dictionary<'_>, by_code: &Totals, by: RankBy<'_>) -> Self {
        let null = dictionary.values.len();
        let present = |code: &usize| by_code.rows[*code] > 0;
        let named = (0..null)
            .filter(|code| dictionary.folded != Some(*code))
            .filter(present);
        let is_folded = dictionary.folded.as_ref().is_some_and(present);
        let has_blank = present(&null);
        let (mut kept, is_cut) = top(named, by.value, by.cap - usize::from(has_blank), is_folded);
        let values: Vec<&str> = kept.iter().map(|code| dictionary.values[*code]).collect();
        let places = order::places(by.label, &values).filter(|_| !is_cut);
        let is_ordered = places.is_some();
        if let Some(places) = places {
            let mut placed: Vec<(i64, usize)> = places.into_iter().zip(kept).collect();
            placed.sort_unstable();
            kept = placed.into_iter().map(|(_, code)| code).collect();
        }

        let mut entry_of = vec![None; null + 1];
        for (entry, code) in kept.iter().enumerate() {
            entry_of[*code] = Some(entry);
        }
        let mut texts: Vec<Rc<str>> = kept.iter().map(|code| dictionary.values[*code].into()).collect();
        let rest_entry = (is_cut || is_folded).then_some(texts.len());
        if rest_entry.is_some() {
            let rest = (0..null)
                .filter(present)
                .filter(|code| entry_of[*code].is_none())
                .collect::<Vec<_>>();
            for code in rest {
                entry_of[code] = Some(texts.len());
            }
            texts.push(other_text(dictionary).into());
        }
        if has_blank {
            entry_of[null] = Some(texts.len());
            texts.push(unless_named(BLANK_TEXT, dictionary).into());
        }
        Self {
            texts,
            entry_of,
            rest: rest_entry,
            is_cut,
            is_folded,
            is_ordered,
        }
    }

    /// The keys of a dataset with one row an entry.
    pub fn keys(&self) -> Vec<Key> {
        self.texts.iter().cloned().map(Key::Text).collect()
    }

    /// The aggregates by entry.
    pub fn totals(&self, by_code: &Totals) -> Totals {
        let mut totals = Totals::like(by_code);
        totals.resize(self.texts.len());
        totals.add_groups(by_code, |code| self.entry_of[code]);
        totals
    }
}

/// The items of the largest magnitude that leave room for "Other" where not all fit (or where it exists anyway), by
/// descending value, and whether any were left out. Equals keep their order.
pub fn top(
    items: impl Iterator<Item = usize>,
    value: impl Fn(usize) -> Option<Decimal>,
    cap: usize,
    has_other: bool,
) -> (Vec<usize>, bool) {
    let mut items: Vec<(usize, Option<Decimal>)> = items.map(|item| (item, value(item))).collect();
    let is_cut = items.len() + usize::from(has_other) > cap;
    if is_cut {
        items.sort_by_key(|(_, value)| Reverse(value.map(Decimal::abs)));
        items.truncate(cap.saturating_sub(1));
        items.sort_by_key(|(item, _)| *item);
    }
    items.sort_by_key(|(_, value)| Reverse(*value));
    (items.into_iter().map(|(item, _)| item).collect(), is_cut)
}

/// The text of a dictionary's code in a table row.
pub fn text_of<'a>(dictionary: &Dictionary<'a>, code: u32) -> &'a str {
    match dictionary.values.get(code as usize) {
        None => unless_named(BLANK_TEXT, dictionary),
        Some(&OTHER) => other_text(dictionary),
        Some(text) => text,
    }
}

/// The text that stands for values of a dimension not shown by name.
pub fn other_text(dictionary: &Dictionary<'_>) -> &'static str {
    unless_named(OTHER_TEXT, dictionary)
}

/// The usual text, or the other one where a value is named so.
fn unless_named((usual, other): (&'static str, &'static str), dictionary: &Dictionary<'_>) -> &'static str {
    match dictionary.values.binary_search(&usual) {
        Ok(_) => other,
        Err(_) => usual,
    }
}
