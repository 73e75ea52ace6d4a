//! Small chronicles for tests, with numbers that a reader can add up.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::claim::{Claim, Kind};
use super::find::weigh;
use super::frames::Frames;
use crate::dashboard::chronicle::{
    Axis, Chronicle, Cross, Faults, Metric, MetricKind, Pair, Segment, Step, Track,
};
use crate::dashboard::config::{Format, Good};
use crate::dashboard::{Cadence, Compare};
use crate::decimal::Decimal;
use crate::window::Window;

/// Four values that add up to nothing and follow no weekday: noise that leaves the means of 4, 28 and 56 days alone.
pub const NOISE: [f64; 4] = [-3.0, 1.0, 3.0, -1.0];

/// A chronicle of days from Monday 2026-03-02.
pub struct Sample {
    /// The chronicle.
    pub chronicle: Chronicle,
}

/// So many days on which nothing changes, before the last two.
pub const QUIET: usize = 6;

/// Which of two days a day is: the older one again and again, and the newest.
pub fn of_two(day: usize) -> usize {
    day.saturating_sub(QUIET)
}

/// The date of a day.
pub fn date(day: usize) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    first + Days::new(day as u64)
}

/// A day's share of a hundred, the same on every run and following nothing.
pub fn draw(day: usize, salt: u64) -> f64 {
    let mixed =
        (day as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ salt.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed >> 40) % 100) as f64
}

/// The noise of a day.
pub fn noise(day: usize) -> f64 {
    NOISE[day % NOISE.len()]
}

impl Sample {
    /// Complete days without measures, and the dimension Segment with these values where there are any.
    pub fn days(days: usize, segments: &[&str]) -> Self {
        let step = |day: usize| Step {
            dates: Window::day(date(day)),
            is_complete: true,
            in_view: true,
        };
        let segment = |name: &&str| Segment {
            name: (*name).to_owned(),
            is_blank: false,
            tracks: Vec::new(),
        };
        let axis = Axis {
            id: "segment".to_owned(),
            label: "Segment".to_owned(),
            segments: segments.iter().map(segment).collect(),
            values: segments.len(),
            is_calendar: false,
            control: None,
            is_lower_bound: false,
        };
        let chronicle = Chronicle {
            cadence: Cadence::Day,
            is_timed: true,
            steps: (0..days).map(step).collect(),
            newest_finish: Some(date(days + 10)),
            compare: None,
            measures: Vec::new(),
            whole: Vec::new(),
            dimensions: if segments.is_empty() {
                Vec::new()
            } else {
                vec![axis]
            },
            crosses: Vec::new(),
            stages: Vec::new(),
            faults: Faults::default(),
            executions: Vec::new(),
            datasets: Vec::new(),
        };
        Self { chronicle }
    }

    /// Adds a measure that adds up, from its value on a day in a segment; 0 where there are no segments.
    pub fn sum(mut self, label: &str, value: impl Fn(usize, usize) -> Option<f64>) -> Self {
        let days = self.chronicle.steps.len();
        let own = |segment: usize| -> Vec<Option<Decimal>> {
            (0..days)
                .map(|day| value(day, segment).and_then(Decimal::from_f64))
                .collect()
        };
        let segments = self
            .chronicle
            .dimensions
            .first()
            .map_or(1, |axis| axis.segments.len());
        let tracks: Vec<Vec<Option<Decimal>>> = (0..segments).map(own).collect();
        let total = |day: usize| {
            let values = tracks.iter().filter_map(|track| track[day]);
            values.reduce(|sum, value| sum + value)
        };
        let whole = (0..days).map(total).collect();
        self.chronicle.whole.push(additive(whole));
        for axis in &mut self.chronicle.dimensions {
            for (segment, track) in axis.segments.iter_mut().zip(&tracks) {
                segment.tracks.push(additive(track.clone()));
            }
        }
        let source = self.chronicle.measures.len();
        self.measure(label, MetricKind::Sum, Format::Number, vec![source])
    }

    /// Adds the quotient of two measures that are there, by their positions.
    pub fn rate(self, label: &str, numerator: usize, denominator: usize) -> Self {
        let mut sources = vec![numerator, denominator];
        sources.sort_unstable();
        self.quotient(label, Format::Percent, sources, |tracks| Track {
            amounts: tracks[numerator].amounts.clone(),
            bases: tracks[denominator].amounts.clone(),
        })
    }

    /// Adds how much there is of a measure at a time, by its position.
    pub fn level(self, label: &str, of: usize) -> Self {
        let mut sample = self.quotient(label, Format::Number, vec![of], |tracks| {
            let amounts = tracks[of].amounts.clone();
            let bases = amounts
                .iter()
                .map(|amount| amount.map(|_| Decimal::ONE))
                .collect();
            Track { amounts, bases }
        });
        if let Some(metric) = sample.chronicle.measures.last_mut() {
            metric.is_level = true;
        }
        sample
    }

    fn quotient(
        mut self,
        label: &str,
        format: Format,
        sources: Vec<usize>,
        of: impl Fn(&[Track]) -> Track,
    ) -> Self {
        let whole = of(&self.chronicle.whole);
        self.chronicle.whole.push(whole);
        for segment in self
            .chronicle
            .dimensions
            .iter_mut()
            .flat_map(|axis| &mut axis.segments)
        {
            let own = of(&segment.tracks);
            segment.tracks.push(own);
        }
        let kind = MetricKind::Quotient {
            parts: None,
            factor: Decimal::ONE,
        };
        self.measure(label, kind, format, sources)
    }

    fn measure(mut self, label: &str, kind: MetricKind, format: Format, sources: Vec<usize>) -> Self {
        self.chronicle.measures.push(Metric {
            id: label.to_lowercase().replace(' ', "_"),
            label: label.to_owned(),
            unit: String::new(),
            format,
            good: Good::Up,
            kind,
            sources,
            nulls: 0,
            is_level: false,
            lost: 0,
            reason: None,
        });
        self
    }

    /// Compares the newest so many steps with as many before.
    pub fn compared(mut self, length: usize) -> Self {
        let steps = &self.chronicle.steps;
        let end = steps.len();
        let window = |from: usize, to: usize| {
            Window::new(steps[from].dates.start(), steps[to - 1].dates.end()).unwrap()
        };
        self.chronicle.compare = Some(Compare {
            current: window(end - length, end),
            previous: window(end - 2 * length, end - length),
        });
        self
    }

    /// Makes each of its days a step of another length, from March 2026 on.
    pub fn by(mut self, cadence: Cadence) -> Self {
        let begins = |step: usize| match cadence {
            Cadence::Day => date(step),
            Cadence::Week => date(7 * step),
            Cadence::Month => date(0).with_day(1).unwrap() + Months::new(step as u32),
            Cadence::Quarter => date(0).with_day(1).unwrap() + Months::new(3 * step as u32),
            Cadence::Year => date(0).with_day(1).unwrap() + Months::new(12 * step as u32),
        };
        for (place, step) in self.chronicle.steps.iter_mut().enumerate() {
            step.dates = Window::new(begins(place), begins(place + 1) - Days::new(1)).unwrap();
        }
        self.chronicle.cadence = cadence;
        self
    }

    /// Shows the days from one on: those before are read for the comparison alone.
    pub fn shown_from(mut self, day: usize) -> Self {
        let before = self.chronicle.steps.iter_mut().take(day);
        before.for_each(|step| step.in_view = false);
        self
    }

    /// Declares the measures, in their order, to be the stages of a funnel.
    pub fn funnel(mut self) -> Self {
        self.chronicle.stages = vec![(0..self.chronicle.measures.len()).collect()];
        self
    }

    /// Adds a second dimension and the newest measure's parts by both, the second dimension's values running faster.
    pub fn crossed(mut self, values: &[&str], cells: &[(f64, f64)]) -> Self {
        let rows = self.chronicle.dimensions[0].segments.len();
        let nothing = Track {
            amounts: vec![None; self.chronicle.steps.len()],
            bases: vec![None; self.chronicle.steps.len()],
        };
        let segment = |name: &&str| Segment {
            name: (*name).to_owned(),
            is_blank: false,
            tracks: vec![nothing.clone(); self.chronicle.measures.len()],
        };
        self.chronicle.dimensions.push(Axis {
            id: "stratum".to_owned(),
            label: "Stratum".to_owned(),
            segments: values.iter().map(segment).collect(),
            values: values.len(),
            is_calendar: false,
            control: None,
            is_lower_bound: false,
        });
        let pair =
            |(amount, base): &(f64, f64)| -> Pair { (Decimal::from_f64(*amount), Decimal::from_f64(*base)) };
        let mut all = vec![vec![(None, None); cells.len()]; self.chronicle.measures.len()];
        if let Some(own) = all.last_mut() {
            *own = cells.iter().map(pair).collect();
        }
        self.chronicle.crosses = vec![Cross {
            axes: (0, 1),
            sizes: (rows, values.len()),
            cells: all,
        }];
        self
    }

    /// The claims of a kind that hold.
    pub fn claims(&self, kind: Kind) -> Vec<Claim> {
        let (judged, _) = weigh(&self.chronicle, &Frames::default());
        let claims = judged.into_iter().map(|judged| judged.claim);
        claims.filter(|claim| claim.kind == kind).collect()
    }

    /// The one claim of a kind.
    pub fn claim(&self, kind: Kind) -> Claim {
        let mut claims = self.claims(kind);
        assert_eq!(claims.len(), 1, "{kind:?}: {claims:#?}");
        claims.remove(0)
    }
}

fn additive(amounts: Vec<Option<Decimal>>) -> Track {
    Track {
        amounts,
        bases: Vec::new(),
    }
}

/// A value of a claim.
pub fn value(claim: &Claim, id: &str) -> f64 {
    let found = claim.values.iter().find(|value| value.id == id);
    found.unwrap_or_else(|| panic!("{id} in {claim:?}")).v
}

/// Asserts that a claim's values are those worked out by hand, to nine digits.
pub fn assert_values(claim: &Claim, expected: &[(&str, f64)]) {
    for (id, expected) in expected {
        let v = value(claim, id);
        assert!(
            (v - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            "{id}: {v} and not {expected} in {claim:?}"
        );
    }
}
