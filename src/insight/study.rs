//! What tests look at: series of a measure over the steps that may be tested, and sums over windows.

use std::cell::OnceCell;
use std::sync::Arc;

use chrono::{Datelike, Days};

use super::frames::{FrameKey, Frames};
use super::statistics::{Frame, Season};
use super::tested::{SeriesHash, Tested};
use crate::dashboard::Cadence;
use crate::dashboard::chronicle::{Chronicle, Metric, MetricKind, Pair, Step, Track};
use crate::decimal::Decimal;
use crate::window::Window;

/// Changes of at most this proportion are trivial: what tests are made against.
pub const FLOOR: f64 = 0.05;
/// The newest steps that tests look at: a year of days and a little more.
pub const MAX_TESTED: usize = 400;
/// Days for which sales and conversions are still being attributed.
const LAG_DAYS: u64 = 3;
/// Words of measures that are attributed late.
const LATE_WORDS: [&str; 16] = [
    "sale",
    "sales",
    "revenue",
    "conversion",
    "conversions",
    "order",
    "orders",
    "purchase",
    "purchases",
    "roas",
    "cvr",
    "aov",
    "transactions",
    "income",
    "profit",
    "bookings",
];

/// A chronicle being studied.
#[derive(Debug)]
pub struct Study<'a> {
    /// The chronicle.
    pub chronicle: &'a Chronicle,
    /// The weekdays of its steps; none unless steps are days. Phase 0 is Monday.
    pub season: Season,
    /// The regressors and the tests worked out before.
    frames: &'a Frames,
    /// For each step whether it may be tested; and whether it may for a measure that is attributed late.
    usable: [Vec<bool>; 2],
    /// For each measure whether it, or a part of it, is attributed late.
    late: Vec<bool>,
    /// The size of each measure over what the view shows.
    sizes: Vec<f64>,
    /// The series that were looked at: for the whole and each listed value, a place a measure.
    lines: Vec<OnceCell<Line>>,
    /// For each dimension the place of its first value among the scopes.
    first_scopes: Vec<usize>,
}

/// Which regressors a frame has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A level alone.
    Mean,
    /// A level and weekdays.
    Level,
    /// A level, weekdays and a line.
    Line,
    /// A level, weekdays and a step before the given one.
    Half(u32),
}

/// The whole, or a dimension's value.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The positions of dimension and value; `None` for the whole.
    pub segment: Option<(usize, usize)>,
    /// A track a measure.
    pub tracks: &'a [Track],
}

/// A measure's values over the steps that may be tested.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// The steps with values, ascending.
    pub steps: Vec<u32>,
    /// The values.
    pub values: Vec<f64>,
    /// Of a quotient the numerators.
    pub amounts: Vec<f64>,
    /// Of a quotient the denominators.
    pub bases: Vec<f64>,
    /// Whether all values are whole and none is negative.
    pub is_count: bool,
}

impl Line {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it is a share of its denominators: never more than one.
    pub fn is_proportion(&self) -> bool {
        let mut parts = self.amounts.iter().zip(&self.bases);
        !self.bases.is_empty() && parts.all(|(amount, base)| *amount >= 0.0 && amount <= base)
    }

    /// The part of it at the given steps.
    pub fn between(&self, from: u32, after: u32) -> Self {
        let first = self.steps.partition_point(|step| *step < from);
        let end = self.steps.partition_point(|step| *step < after);
        let cut = |values: &[f64]| values.get(first..end).map(<[f64]>::to_vec).unwrap_or_default();
        Self {
            steps: self.steps[first..end].to_vec(),
            values: cut(&self.values),
            amounts: cut(&self.amounts),
            bases: cut(&self.bases),
            is_count: self.is_count,
        }
    }
}

fn usable(chronicle: &Chronicle) -> [Vec<bool>; 2] {
    let newest = chronicle.newest_finish;
    let settled = newest.and_then(|newest| newest.checked_sub_days(Days::new(LAG_DAYS + 1)));
    let has_settled = |step: &Step| settled.is_none_or(|settled| step.dates.end() <= settled);
    let steps = &chronicle.steps;
    [
        steps.iter().map(|step| step.is_complete).collect(),
        steps
            .iter()
            .map(|step| step.is_complete && has_settled(step))
            .collect(),
    ]
}

fn is_late(chronicle: &Chronicle, metric: &Metric) -> bool {
    let late = |id: &str| id.split('_').any(|word| LATE_WORDS.contains(&word));
    let parts = match &metric.kind {
        MetricKind::Quotient {
            parts: Some((a, b)), ..
        } => late(a) || late(b),
        _ => false,
    };
    chronicle.cadence == Cadence::Day && (late(&metric.id) || parts)
}

impl<'a> Study<'a> {
    /// Begins to study a chronicle.
    pub fn new(chronicle: &'a Chronicle, frames: &'a Frames) -> Self {
        let phase = chronicle
            .steps
            .first()
            .map_or(0, |step| step.dates.start().weekday().num_days_from_monday());
        let season = match chronicle.cadence {
            Cadence::Day => Season { length: 7, phase },
            _ => Season::NONE,
        };
        let mut study = Self {
            chronicle,
            season,
            frames,
            usable: usable(chronicle),
            late: chronicle
                .measures
                .iter()
                .map(|metric| is_late(chronicle, metric))
                .collect(),
            sizes: Vec::new(),
            lines: Vec::new(),
            first_scopes: Vec::new(),
        };
        let mut scopes = 1;
        for dimension in &chronicle.dimensions {
            study.first_scopes.push(scopes);
            scopes += dimension.segments.len();
        }
        study
            .lines
            .resize_with(scopes * chronicle.measures.len(), OnceCell::new);
        study.sizes = (0..chronicle.measures.len())
            .map(|measure| study.size(study.whole(), measure))
            .collect();
        study
    }

    /// A frame, made once for each set of steps.
    pub fn frame(&self, steps: &[u32], shape: Shape) -> Option<Arc<Frame>> {
        let key = FrameKey {
            steps,
            season: self.season,
            shape,
        };
        let make = || {
            let frame = match shape {
                Shape::Mean => Frame::new(steps.to_vec(), Season::NONE),
                Shape::Level => Frame::new(steps.to_vec(), self.season),
                Shape::Line => self.frame(steps, Shape::Level)?.with_line(),
                Shape::Half(at) => {
                    let half = |step: &u32| f64::from(u8::from(*step >= at));
                    let level = self.frame(steps, Shape::Level)?;
                    level.with(steps.iter().map(half).collect())
                }
            };
            frame.map(Arc::new)
        };
        self.frames.get_or(key, make)
    }

    /// The tests of a line whose newest window ends before step `end`, made once for each series.
    pub fn tested(&self, line: &Line, end: u32) -> Arc<Tested> {
        let series = SeriesHash::of(line, self.season, end);
        self.frames.tested_or(series, || Tested::of(self, line, end))
    }

    /// The whole, then every listed value of every dimension.
    pub fn scopes(&self) -> Vec<Scope<'a>> {
        let mut scopes = vec![self.whole()];
        for axis in 0..self.chronicle.dimensions.len() {
            scopes.extend(self.segments(axis));
        }
        scopes
    }

    /// The whole.
    pub fn whole(&self) -> Scope<'a> {
        Scope {
            segment: None,
            tracks: &self.chronicle.whole,
        }
    }

    /// The listed values of a dimension.
    pub fn segments(&self, axis: usize) -> impl Iterator<Item = Scope<'a>> + use<'a> {
        let segments = &self.chronicle.dimensions[axis].segments;
        segments.iter().enumerate().map(move |(index, segment)| Scope {
            segment: Some((axis, index)),
            tracks: &segment.tracks,
        })
    }

    /// For each step whether it may be tested for a measure: it is complete, and what is attributed late has settled.
    pub fn usable(&self, measure: usize) -> &[bool] {
        &self.usable[usize::from(self.late[measure])]
    }

    /// For each step whether results cover all of it.
    pub fn complete(&self) -> &[bool] {
        &self.usable[0]
    }

    /// How many complete steps at the end are left out for a measure.
    pub fn left_out(&self, measure: usize) -> usize {
        let count = |steps: &[bool]| steps.iter().filter(|usable| **usable).count();
        count(self.complete()) - count(self.usable(measure))
    }

    /// A measure's values in a scope.
    pub fn line(&self, scope: Scope<'_>, measure: usize) -> &Line {
        let place = scope
            .segment
            .map_or(0, |(axis, value)| self.first_scopes[axis] + value);
        self.lines[place * self.chronicle.measures.len() + measure]
            .get_or_init(|| self.make_line(scope, measure))
    }

    fn make_line(&self, scope: Scope<'_>, measure: usize) -> Line {
        let metric = &self.chronicle.measures[measure];
        let track = &scope.tracks[measure];
        let usable = self.usable(measure);
        let mut line = Line {
            is_count: metric.kind == MetricKind::Sum,
            ..Line::default()
        };
        let tested = self.first_tested() as usize..self.chronicle.steps.len();
        for step in tested.filter(|step| usable[*step]) {
            let Some(amount) = track.amounts[step] else {
                continue;
            };
            match &metric.kind {
                MetricKind::Quotient { factor, .. } => {
                    let Some(base) = track.bases[step].filter(|base| !base.is_zero()) else {
                        continue;
                    };
                    let (amount, base) = (amount.to_f64() * factor.to_f64(), base.to_f64());
                    line.values.push(amount / base);
                    line.amounts.push(amount);
                    line.bases.push(base);
                }
                _ => {
                    line.is_count &= amount.is_integer() && amount >= Decimal::ZERO;
                    line.values.push(amount.to_f64());
                }
            }
            line.steps.push(step as u32);
        }
        line
    }

    /// The dates from one step to another.
    pub fn dates(&self, from: u32, to: u32) -> Option<Window> {
        let steps = &self.chronicle.steps;
        Window::new(
            steps.get(from as usize)?.dates.start(),
            steps.get(to as usize)?.dates.end(),
        )
    }

    /// The first step that lines begin with: those before the newest [`MAX_TESTED`] are not looked at.
    pub fn first_tested(&self) -> u32 {
        self.chronicle.steps.len().saturating_sub(MAX_TESTED) as u32
    }

    /// The step that holds a line's last value, plus one.
    pub fn end(&self, measure: usize) -> u32 {
        let last = self.usable(measure).iter().rposition(|usable| *usable);
        last.map_or(0, |last| last as u32 + 1)
    }

    /// The exact sums of a measure in a scope over the steps that `keep` accepts.
    pub fn sum(&self, scope: Scope<'_>, measure: usize, keep: impl Fn(usize) -> bool) -> Pair {
        let track = &scope.tracks[measure];
        let add = |values: &[Option<Decimal>]| {
            let kept = values.iter().enumerate().filter(|(step, _)| keep(*step));
            kept.filter_map(|(_, value)| *value)
                .fold(None, |sum: Option<Decimal>, value| {
                    Some(sum.unwrap_or_default() + value)
                })
        };
        (add(&track.amounts), add(&track.bases))
    }

    /// The sums over the steps inside a window.
    pub fn sum_within(&self, scope: Scope<'_>, measure: usize, window: Window) -> Pair {
        self.sum(scope, measure, |step| self.is_inside(step, window))
    }

    /// The sums over what the view shows and may be tested.
    pub fn sum_shown(&self, scope: Scope<'_>, measure: usize) -> Pair {
        let usable = self.usable(measure);
        self.sum(scope, measure, |step| {
            usable[step] && self.chronicle.steps[step].in_view
        })
    }

    /// Whether a step lies within a window.
    pub fn is_inside(&self, step: usize, window: Window) -> bool {
        let dates = self.chronicle.steps[step].dates;
        window.contains(dates.start()) && window.contains(dates.end())
    }

    /// A scope's share of a measure over what the view shows: of a quotient the share of its denominators.
    pub fn share(&self, scope: Scope<'_>, measure: usize) -> f64 {
        if scope.segment.is_none() {
            return 1.0;
        }
        match self.sizes[measure] {
            whole if whole > 0.0 => (self.size(scope, measure) / whole).min(1.0),
            _ => 0.0,
        }
    }

    fn size(&self, scope: Scope<'_>, measure: usize) -> f64 {
        let (amount, base) = self.sum_shown(scope, measure);
        base.or(amount).map_or(0.0, |size| size.to_f64().abs())
    }
}
