//! What subjects and steps of time are called in sentences.

use super::claim::{Claim, Kind, Show, Span, Subject};
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

    /// The parts of a quotient of a line's sums as they are, without its factor.
    pub fn parts(&self, measure: usize, (amount, base): (f64, f64)) -> (f64, f64) {
        (amount / self.chronicle.measures[measure].factor().to_f64(), base)
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

    /// The span of what the view shows of a measure and may be tested.
    pub fn span_settled(&self, measure: usize) -> Span {
        self.span(self.first_shown(), self.end(measure).saturating_sub(1))
    }

    /// The span of all that the view shows.
    pub fn span_shown(&self) -> Span {
        let last = self.chronicle.steps.len().saturating_sub(1);
        self.span(self.first_shown(), last as u32)
    }

    /// A claim that is dated at a step, which its sentence names as `{when}`: the template takes it in here, because a date is a
    /// date to those who read the evidence, and a month or longer a name.
    pub fn dated(&self, mut claim: Claim, step: u32) -> Claim {
        let dates = self.dates(step, step);
        claim.subject.date = dates.map(|dates| dates.start());
        let when = match self.chronicle.cadence {
            Cadence::Day => "on {date}",
            Cadence::Week => "in the week of {date}",
            Cadence::Month | Cadence::Quarter | Cadence::Year => "in {period}",
        };
        claim.template = claim.template.replace("{when}", when);
        claim.name("period", dates.map(words::named).unwrap_or_default())
    }

    /// A claim with the date that it goes to, by name.
    pub fn until(&self, claim: Claim) -> Claim {
        let until = claim.span.current.map(|span| words::date(span.end()));
        claim.word("until", until.unwrap_or_default())
    }

    /// A claim that ends before the dashboard does, as its measure is attributed late, says so, unless it names its dates.
    pub fn of_settled(&self, claim: Claim) -> Claim {
        let measures = &self.chronicle.measures;
        let measure = measures
            .iter()
            .position(|metric| metric.id == claim.subject.measure);
        let is_late =
            measure.is_some_and(|measure| self.left_out(measure) > 0) && claim.kind != Kind::DataQuality;
        let is_dated =
            claim.kind.names_dates() || claim.subject.date.is_some() || claim.span.current.is_none();
        if !is_late || is_dated || claim.template.starts_with("Over {dates}") {
            return claim;
        }
        // Behind the first sentence, whose numbers are of these dates.
        let end = claim.template.find(". ").unwrap_or(claim.template.len() - 1);
        let (first, others) = claim.template.split_at(end);
        let template = format!("{first} (until {{until}}){others}");
        self.until(Claim { template, ..claim })
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

#[cfg(test)]
mod tests {
    use chrono::{Days, Months, NaiveDate};

    use crate::dashboard::Cadence;
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, noise};
    use crate::insight::wording::{names, sentence};
    use crate::window::Window;

    #[test]
    fn a_step_is_dated_as_long_as_it_is() {
        // Steps of the cadence from 5 January 2015, or from its first day, of which the 36th is three times the others.
        let told = |cadence: Cadence| {
            let mut sample = Sample::days(70, &[]).sum("Clicks", |step, _| {
                Some(if step == 35 { 300.0 } else { 100.0 + noise(step) })
            });
            let start = |step: u32| {
                let (day, months) = match cadence {
                    Cadence::Day => (5 + u64::from(step), 0),
                    Cadence::Week => (5 + 7 * u64::from(step), 0),
                    Cadence::Month => (1, step),
                    Cadence::Quarter => (1, 3 * step),
                    Cadence::Year => (1, 12 * step),
                };
                let year = NaiveDate::from_ymd_opt(2015, 1, 1).unwrap();
                year + Days::new(day - 1) + Months::new(months)
            };
            for (at, step) in (0..).zip(sample.chronicle.steps.iter_mut()) {
                step.dates = Window::new(start(at), start(at + 1).pred_opt().unwrap()).unwrap();
            }
            sample.chronicle.cadence = cadence;
            sample.chronicle.newest_finish = None;
            let claim = sample.claim(Kind::AnomalyPoint);
            assert_eq!(
                claim.subject.date,
                Some(start(35)),
                "the evidence has its first day"
            );
            let text = sentence(&claim).replace("Clicks stood out ", "");
            let when = text.split(':').next().unwrap().to_owned();
            (when, names(&claim).len())
        };
        let told = [
            Cadence::Day,
            Cadence::Week,
            Cadence::Month,
            Cadence::Quarter,
            Cadence::Year,
        ]
        .map(told);
        let expected = [
            ("on 9 Feb 2015", 1),
            ("in the week of 7 Sep 2015", 1),
            ("in Dec 2017", 2),
            ("in Q4 2023", 2),
            ("in 2050", 2),
        ];
        assert_eq!(told, expected.map(|(when, names)| (when.to_owned(), names)));
    }

    #[test]
    fn what_ends_before_the_others_says_until_when() {
        let told = |label: &str, kind: Kind| {
            let mut sample = Sample::days(60, &["north", "south"]).sum(label, |day, at| {
                Some([300.0, 100.0][at] + [0.0, 60.0][usize::from(day % 7 == 2)] + noise(day))
            });
            sample.chronicle.newest_finish = sample
                .chronicle
                .steps
                .last()
                .map(|step| step.dates.end() + Days::new(1));
            let claims = sample.claims(kind);
            sentence(&claims[0])
        };
        // The last of sixty days is 30 April.
        for label in ["Sales", "Orders"] {
            let part = told(label, Kind::TopContributor);
            assert!(
                part.starts_with("north (Segment) has the largest part of")
                    && part.ends_with(" (until 27 Apr 2026)."),
                "{part}"
            );
            assert!(told(label, Kind::WeeklySeasonality).ends_with(" (until 27 Apr 2026)."));
        }
        assert!(!told("Visits", Kind::TopContributor).contains("until"));
        let change = told("Sales", Kind::NoMaterialChange);
        assert!(
            change.starts_with("Sales") && change.contains("ending 27 Apr 2026"),
            "{change}"
        );
    }
}
