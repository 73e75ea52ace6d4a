//! Which ratios are computed, and of which columns.

use super::decide::{Agg, ColumnFacts, Decision, decision, told};
use super::ratios::{self, Part};
use crate::decimal::Decimal;
use crate::event::ColumnRole;

/// Takes for ratios what was a measure by its values or as an average, where its name is that of one and its parts are there.
fn take_named_ratios(columns: &[ColumnFacts<'_>], sums: &[Option<Part>], decisions: &mut [Decision]) {
    for (facts, found) in columns.iter().zip(decisions) {
        let may_be = found.agg == Agg::Mean || ratios::is_quotient(facts.label);
        let is_measure = found.role == ColumnRole::Measure && told(facts).is_none();
        if is_measure && may_be && ratios::bind(facts.label, sums).is_some() {
            *found = decision(ColumnRole::Ratio, "A ratio: its name is that of a quotient");
        }
    }
}

/// The columns of numerator and denominator, and what their quotient is multiplied by.
pub type Binding = (usize, usize, Decimal);

/// Everything that the column may be the quotient of by its name, the likeliest first.
pub fn bindings(ratio: usize, labels: &[&str], decisions: &[Decision]) -> Vec<Binding> {
    ratios::bindings(labels[ratio], &sums(labels, decisions))
}

/// The names of the columns that add up; `None` for others.
fn sums(labels: &[&str], decisions: &[Decision]) -> Vec<Option<Part>> {
    let adds_up = |decision: &Decision| {
        decision.role == ColumnRole::Measure && matches!(decision.agg, Agg::Sum | Agg::Level)
    };
    let sum = |(label, decision): (&&str, &Decision)| adds_up(decision).then(|| Part::of(label));
    labels.iter().zip(decisions).map(sum).collect()
}

/// What rows show a column to be the quotient of.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// The columns, and what their quotient is multiplied by.
    pub binding: Binding,
    /// Whether it is shown in percent.
    pub in_percent: bool,
    /// The rows in which it is that.
    pub fits: usize,
    /// The rows that were looked at.
    pub rows: usize,
}

impl Decision {
    /// Makes it the ratio that rows show.
    pub fn bind_as_shown(&mut self, labels: &[&str], shown: Shown) {
        let rows = match shown.fits == shown.rows {
            true => format!("all {}", shown.rows),
            false => format!("{} of {}", shown.fits, shown.rows),
        };
        self.role = ColumnRole::Ratio;
        self.reason = format!(
            "A ratio: in {rows} rows looked at it is {}; computed over their sums.",
            quotient(labels, shown.binding)
        );
        self.binding = Some(shown.binding);
        self.in_percent = shown.in_percent;
    }

    /// Binds a ratio whose cells contradict what its name means to what else it may mean, or to nothing.
    pub fn rebind(&mut self, labels: &[&str], other: Option<Binding>, (over, under, _): Binding) {
        let start = self.reason.split("; computed as ").next().unwrap_or_default();
        let not = format!("its values are not those of {} ÷ {}", labels[over], labels[under]);
        self.reason = match other {
            Some(other) => format!("{start}; {}; {not}.", computed(labels, other)),
            None => format!(
                "{start}, but {not}, so it is never added up: declare with \"ratio\" what it is the quotient of."
            ),
        };
        self.binding = other;
    }
}

fn computed(labels: &[&str], binding: Binding) -> String {
    format!("computed as {} over their sums", quotient(labels, binding))
}

fn quotient(labels: &[&str], (over, under, factor): Binding) -> String {
    let times = match factor == Decimal::ONE {
        true => String::new(),
        false => format!("{factor} × "),
    };
    format!("{times}{} ÷ {}", labels[over], labels[under])
}

/// Binds each ratio to the columns it is the quotient of, where both are there and add up.
pub(super) fn bind_ratios(columns: &[ColumnFacts<'_>], decisions: &mut [Decision]) {
    let labels: Vec<&str> = columns.iter().map(|column| column.label).collect();
    let sums = sums(&labels, decisions);
    take_named_ratios(columns, &sums, decisions);
    let ratios = columns
        .iter()
        .zip(decisions.iter_mut())
        .filter(|(_, decision)| decision.role == ColumnRole::Ratio);
    for (column, decision) in ratios {
        let start = decision.reason.trim_end_matches('.');
        decision.binding = ratios::bind(column.label, &sums);
        decision.reason = match decision.binding {
            Some(binding) => format!("{start}; {}.", computed(&labels, binding)),
            None => format!(
                "{start}, and no two columns were found that it is the quotient of, so it is never added up: where they are \
                 there, declare it with \"ratio\"."
            ),
        };
    }
}
