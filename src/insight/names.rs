//! What subjects and steps of time are called in sentences.

use super::claim::{Claim, Show, Span, Subject};
use super::study::{MAX_TESTED, Scope, Study};
use crate::dashboard::Cadence;
use crate::dashboard::chronicle::MetricKind;
use crate::dashboard::words;

impl Study<'_> {
    /// The subject of a measure in a scope.
    pub fn subject(&self, scope: Scope<'_>, measure: usize) -> Subject {
        let filter = |(axis, segment): (usize, usize)| {
            let axis = &self.chronicle.dimensions[axis];
            (axis.id.clone(), axis.segments[segment].name.clone())
        };
        Subject {
            measure: self.chronicle.measures[measure].id.clone(),
            filters: scope.segment.map(filter).into_iter().collect(),
            ..Subject::default()
        }
    }

    /// A measure in a scope: `Clicks`, or `Clicks for brand (Campaign)`.
    pub fn what(&self, scope: Scope<'_>, measure: usize) -> String {
        let label = &self.chronicle.measures[measure].label;
        match scope.segment {
            None => label.clone(),
            Some(segment) => format!("{label} for {}", self.segment_name(segment)),
        }
    }

    /// A dimension's value: `brand (Campaign)`, or `rows without Campaign`.
    pub fn segment_name(&self, (axis, segment): (usize, usize)) -> String {
        let axis = &self.chronicle.dimensions[axis];
        let segment = &axis.segments[segment];
        match segment.is_blank {
            true => format!("rows without {}", axis.label),
            false => format!("{} ({})", segment.name, axis.label),
        }
    }

    /// Whether a scope is of rows that have no value.
    pub fn is_blank(&self, scope: Scope<'_>) -> bool {
        let is_it =
            |(axis, segment): (usize, usize)| self.chronicle.dimensions[axis].segments[segment].is_blank;
        scope.segment.is_some_and(is_it)
    }

    /// What a scope does, by the word for one and for several.
    pub fn verb(&self, scope: Scope<'_>, one: &'static str, several: &'static str) -> &'static str {
        if self.is_blank(scope) { several } else { one }
    }

    /// How a measure's values are shown.
    pub fn show(&self, measure: usize) -> Show {
        let metric = &self.chronicle.measures[measure];
        Show::Measure(metric.format, metric.unit.clone())
    }

    /// Whether a measure adds up, so that its mean over steps is one "a day".
    pub fn adds_up(&self, measure: usize) -> bool {
        self.chronicle.measures[measure].kind == MetricKind::Sum
    }

    /// A step of time: `day`.
    pub fn step_name(&self) -> &'static str {
        self.chronicle.cadence.name()
    }

    /// Several steps: `days`.
    pub fn steps_name(&self) -> &'static str {
        match self.chronicle.cadence {
            Cadence::Day => "days",
            Cadence::Week => "weeks",
            Cadence::Month => "months",
            Cadence::Quarter => "quarters",
            Cadence::Year => "years",
        }
    }

    /// The span of a line's steps.
    pub fn span(&self, from: u32, to: u32) -> Span {
        Span {
            current: self.dates(from, to),
            reference: None,
            is_aligned: false,
        }
    }

    /// The span of the steps of a measure that are tested.
    pub fn span_tested(&self, measure: usize) -> Span {
        self.span(self.first_tested(), self.end(measure).saturating_sub(1))
    }

    /// The span of all that the view shows.
    pub fn span_shown(&self) -> Span {
        let last = self.chronicle.steps.len().saturating_sub(1);
        self.span(self.first_shown(), last as u32)
    }

    /// A claim with the date that it goes to, by name.
    pub fn until(&self, claim: Claim) -> Claim {
        let until = claim.span.current.map(|span| words::date(span.end()));
        claim.word("until", until.unwrap_or_default())
    }

    /// A claim that looks at the newest steps alone says so, unless it names its dates: the figures beside it are of more.
    pub fn of_newest(&self, claim: Claim) -> Claim {
        let first = self.first_tested();
        let is_all = first == self.first_shown() || claim.kind.names_dates();
        let begins = self.dates(first, first).map(|dates| dates.start());
        let span = claim.span.current.map(|span| span.start());
        if is_all || span < begins {
            return claim;
        }
        let template = format!("Over the newest {{newest}} {{steps}}: {}", claim.template);
        Claim { template, ..claim }
            .value("newest", MAX_TESTED as f64, Show::Count)
            .word("steps", self.steps_name())
    }

    /// What a reader should know of a measure's steps.
    pub fn caveats(&self, measure: usize) -> Vec<String> {
        let left_out = self.left_out(measure);
        match left_out {
            0 => Vec::new(),
            1 => vec!["last day excluded".to_owned()],
            days => vec![format!("last {days} days excluded")],
        }
    }
}

/// The word for the direction of a change.
pub fn direction<'a>(change: f64, up: &'a str, down: &'a str) -> &'a str {
    if change >= 0.0 { up } else { down }
}
