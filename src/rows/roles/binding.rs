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

/// Binds each ratio to the columns it is the quotient of, where both are there and add up.
pub(super) fn bind_ratios(columns: &[ColumnFacts<'_>], decisions: &mut [Decision]) {
    let adds_up = |decision: &Decision| decision.role == ColumnRole::Measure && decision.agg == Agg::Sum;
    let sum =
        |(column, decision): (&ColumnFacts<'_>, &Decision)| adds_up(decision).then(|| Part::of(column.label));
    let sums: Vec<Option<Part>> = columns.iter().zip(decisions.iter()).map(sum).collect();
    take_named_ratios(columns, &sums, decisions);
    let ratios = columns
        .iter()
        .zip(decisions.iter_mut())
        .filter(|(_, decision)| decision.role == ColumnRole::Ratio);
    for (column, decision) in ratios {
        let start = decision.reason.trim_end_matches('.');
        decision.binding = ratios::bind(column.label, &sums);
        decision.reason = match decision.binding {
            Some((numerator, denominator, factor)) => format!(
                "{start}; computed as {}{} ÷ {} over their sums.",
                if factor == Decimal::ONE {
                    String::new()
                } else {
                    format!("{factor} × ")
                },
                columns[numerator].label,
                columns[denominator].label
            ),
            None => format!(
                "{start}, and no two columns were found that it is the quotient of, so it is never added up: where they are \
                 there, declare it with \"ratio\"."
            ),
        };
    }
}
