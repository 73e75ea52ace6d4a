//! The columns of a view: those of all its results, unified by label, and what each one means.

use std::collections::HashMap;

use super::currency::Currencies;
use super::reading::Reading;
use super::{
    bad_cells, counters, doubts, lone_rows, other_dates, quotients, repeated, row_sums, stocks, subjects,
};
use crate::aggregate::Partial;
use crate::dashboard::{Contribution, VisualizationConfig};
use crate::event::ColumnHint;
use crate::rows::Evidence;
use crate::rows::roles::{ColumnFacts, Decision, decide_over};

/// One column of a view.
#[derive(Debug)]
pub struct Column<'a> {
    /// Its label.
    pub label: &'a str,
    /// What its values look like over all results.
    pub evidence: Evidence,
    /// The hint of the latest result.
    pub hint: Option<&'a ColumnHint>,
    /// Whether results give it different units, so that its numbers cannot be added up.
    pub mixes_units: bool,
}

/// The columns of a view: the latest result's in its order, then those only others have.
#[derive(Debug)]
pub struct Columns<'a> {
    /// The columns.
    pub list: Vec<Column<'a>>,
    /// What each one means.
    pub decisions: Vec<Decision>,
    /// The currencies that columns name.
    pub currencies: Currencies,
    /// What else has to be known of them.
    pub notes: Vec<String>,
    /// The distinct layouts of results: for each column of the view its place in the result.
    layouts: Vec<Vec<Option<usize>>>,
    /// The layout of each contribution.
    layout_of: Vec<usize>,
}

impl<'a> Columns<'a> {
    /// Unifies the columns of all contributions and decides their roles from the evidence taken together.
    pub fn of(contributions: &[Contribution<'a>], config: &VisualizationConfig) -> Self {
        let latest = contributions
            .iter()
            .max_by_key(|contribution| (contribution.finished_at_ns, contribution.execution_id));
        let mut unified = Unified::default();
        if let Some(latest) = latest {
            unified.places(latest.partial);
        }
        let mut known: Vec<(&Partial, Vec<usize>)> = Vec::new();
        let mut kind_of = Vec::with_capacity(contributions.len());
        for contribution in contributions {
            let kind = match known
                .iter()
                .rposition(|(partial, _)| same_labels(partial, contribution.partial))
            {
                Some(kind) => kind,
                None => {
                    known.push((contribution.partial, unified.places(contribution.partial)));
                    known.len() - 1
                }
            };
            kind_of.push(kind);
        }
        let mut list = unified.columns;
        let results = each_once(contributions);
        merge_evidence(&mut list, contributions, &results, &kind_of, &known);
        for (place, column) in latest
            .iter()
            .flat_map(|latest| latest.partial.columns.iter())
            .enumerate()
        {
            list[place].hint = column.hint.as_ref();
        }
        let layouts = known
            .iter()
            .map(|(_, places)| inverse(places, list.len()))
            .collect::<Vec<_>>();
        let is_other = |contribution: &Contribution<'_>| {
            latest.is_some_and(|latest| latest.execution_id != contribution.execution_id)
        };
        let mut decisions = decide_over(&facts(&list, config), contributions.iter().any(is_other));
        let layout = |read: usize| &layouts[kind_of[read]][..];
        let reading = Reading::of(&list, contributions, |column| is_told(column, config), layout);
        other_dates::settle(&reading, &mut decisions);
        subjects::settle(&reading, &mut decisions);
        stocks::settle(&reading, &mut decisions);
        counters::settle(&reading, &mut decisions);
        repeated::settle(&reading, &mut decisions);
        quotients::settle(&reading, &mut decisions);
        lone_rows::settle(&reading, &mut decisions);
        let currencies = Currencies::of(&reading, &decisions);
        currencies.explain(&list, &mut decisions);
        let mut notes = row_sums::explain(&reading, &mut decisions);
        notes.extend(bad_cells::notes(
            &list,
            &decisions,
            contributions,
            &results,
            layout,
        ));
        notes.extend(doubts::of_accounts(&list, &mut decisions, contributions));
        notes.extend(doubts::of_results(&list, &decisions, contributions));
        Self {
            currencies,
            list,
            decisions,
            notes,
            layouts,
            layout_of: kind_of,
        }
    }

    /// For each column of the view its place in a contribution's result.
    pub fn layout(&self, contribution: usize) -> &[Option<usize>] {
        &self.layouts[self.layout_of[contribution]]
    }

    /// The column with a label.
    pub fn find(&self, label: &str) -> Option<usize> {
        self.list.iter().position(|column| column.label == label)
    }
}

/// Columns by label.
#[derive(Debug, Default)]
struct Unified<'a> {
    columns: Vec<Column<'a>>,
    place_of: HashMap<&'a str, usize>,
}

impl<'a> Unified<'a> {
    /// The place of each column of a result; new ones are appended.
    fn places(&mut self, partial: &'a Partial) -> Vec<usize> {
        let place = |column: &'a crate::aggregate::Column| {
            let label = column.label.as_str();
            *self.place_of.entry(label).or_insert_with(|| {
                self.columns.push(Column {
                    label,
                    evidence: Evidence::default(),
                    hint: None,
                    mixes_units: false,
                });
                self.columns.len() - 1
            })
        };
        partial.columns.iter().map(place).collect()
    }
}

/// A result of each set of columns that results have.
pub fn kinds_of_results<'a>(contributions: &[Contribution<'a>]) -> Vec<&'a Partial> {
    let mut kinds: Vec<&Partial> = Vec::new();
    for contribution in contributions {
        if !kinds
            .iter()
            .rev()
            .any(|known| same_labels(known, contribution.partial))
        {
            kinds.push(contribution.partial);
        }
    }
    kinds
}

fn same_labels(a: &Partial, b: &Partial) -> bool {
    a.columns.len() == b.columns.len() && a.columns.iter().zip(&b.columns).all(|(a, b)| a.label == b.label)
}

/// The place of each result among the contributions once, however many stretches of dates it holds.
fn each_once(contributions: &[Contribution<'_>]) -> Vec<usize> {
    let mut results: Vec<usize> = (0..contributions.len()).collect();
    results.sort_unstable_by_key(|index| contributions[*index].execution_id);
    results.dedup_by_key(|index| contributions[*index].execution_id);
    results
}

/// Merges the evidence of results.
fn merge_evidence<'a>(
    list: &mut [Column<'a>],
    contributions: &[Contribution<'a>],
    results: &[usize],
    kind_of: &[usize],
    known: &[(&Partial, Vec<usize>)],
) {
    let mut units: Vec<Option<&str>> = vec![None; list.len()];
    for index in results {
        let places = &known[kind_of[*index]].1;
        for (column, place) in contributions[*index].partial.columns.iter().zip(places) {
            list[*place].evidence.merge(&column.evidence);
            let unit = column.hint.as_ref().map_or("", |hint| hint.unit.as_str());
            if !unit.is_empty() {
                list[*place].mixes_units |= units[*place].is_some_and(|known| known != unit);
                units[*place] = Some(unit);
            }
        }
    }
}

fn facts<'c>(list: &'c [Column<'_>], config: &VisualizationConfig) -> Vec<ColumnFacts<'c>> {
    let fact = |(position, column): (usize, &'c Column<'_>)| ColumnFacts {
        label: column.label,
        position,
        evidence: &column.evidence,
        hint: column.hint,
        declared: config.declared_role(column.label),
    };
    list.iter().enumerate().map(fact).collect()
}

/// Whether somebody else than the rules says what a column is.
fn is_told(column: &Column<'_>, config: &VisualizationConfig) -> bool {
    let is_hinted = column.hint.is_some_and(|hint| hint.role.is_some());
    is_hinted || config.declared_role(column.label).is_some()
}

fn inverse(places: &[usize], count: usize) -> Vec<Option<usize>> {
    let mut layout = vec![None; count];
    for (local, place) in places.iter().enumerate() {
        layout[*place] = Some(local);
    }
    layout
}
