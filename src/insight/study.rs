//! What tests look at: series of a measure over the steps that may be tested, and sums over windows.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use chrono::{Datelike, Days};

use super::examine::LEAST_STEP;
use super::frames::{FrameKey, Frames};
use super::statistics::{Frame, Season};
use super::tested::{SeriesHash, Tested};
use crate::dashboard::Cadence;
use crate::dashboard::chronicle::{Axis, Chronicle, Metric, MetricKind, Pair, Step, Track};
use crate::decimal::Decimal;
use crate::window::Window;

/// Changes of at most this proportion are trivial: what tests are made against.
pub const FLOOR: f64 = 0.05;
/// The newest steps that tests look at: a year of days and a little more.
pub const MAX_TESTED: usize = 400;
/// The share of a step's numbers that one part of the calendar has where that follows from the step; what is dated in another
/// time zone has some of the next.
const NEARLY_ALL: f64 = 0.9;
/// The days of eight weeks, and of the two that a view must show of them.
const WEEKS: u32 = 56;
const LEAST_WEEKS: usize = 14;
/// Values that differ by less, in proportion, are one value that was rounded.
const ROUNDING: f64 = 1e-9;
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
    /// The dimensions that are told of: not those whose values follow from the time.
    axes: Vec<usize>,
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
    /// A level, weekdays and a curve that turns twice at most.
    Curve,
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
    /// Of a quotient the numerators, times its factor.
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

    /// Whether its values differ by more than rounding makes of one: what does not has nothing to tell.
    pub fn varies(&self) -> bool {
        let most = |of: fn(f64, f64) -> f64, from: f64| self.values.iter().copied().fold(from, of);
        let (high, low) = (most(f64::max, f64::NEG_INFINITY), most(f64::min, f64::INFINITY));
        high - low > ROUNDING * high.abs().max(low.abs())
    }

    /// Whether it is a share of its denominators: never more than one.
    pub fn is_proportion(&self) -> bool {
        let mut parts = self.amounts.iter().zip(&self.bases);
        !self.bases.is_empty() && parts.all(|(amount, base)| *amount >= 0.0 && amount <= base)
    }

    /// Of a quotient its sums with another's, at the steps that both have.
    pub fn with(&self, other: &Self) -> Self {
        let mut both = Self::default();
        for (index, step) in self.steps.iter().enumerate() {
            let Ok(at) = other.steps.binary_search(step) else {
                continue;
            };
            let (amount, base) = (
                self.amounts[index] + other.amounts[at],
                self.bases[index] + other.bases[at],
            );
            both.steps.push(*step);
            both.values.push(amount / base);
            both.amounts.push(amount);
            both.bases.push(base);
        }
        both
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
    chronicle.is_timed && chronicle.cadence == Cadence::Day && (late(&metric.id) || parts)
}

fn is_told_of(axis: &Axis) -> bool {
    !axis.is_lower_bound && !follows_time(axis)
}

/// Whether a dimension's values follow from the time: they are parts of a calendar, and at each step one of them has nearly
/// all there is.
fn follows_time(axis: &Axis) -> bool {
    let has_most = |measure: usize| -> Option<bool> {
        let tracks: Vec<&Track> = axis.segments.iter().map(|own| &own.tracks[measure]).collect();
        let size = |track: &Track, step: usize| {
            let sizes = if track.bases.is_empty() {
                &track.amounts
            } else {
                &track.bases
            };
            sizes[step].map_or(0.0, |size| size.to_f64().abs())
        };
        let (mut most, mut all) = (0.0, 0.0);
        for step in 0..tracks.first()?.amounts.len() {
            let sizes = || tracks.iter().map(|track| size(track, step));
            most += sizes().fold(0.0, f64::max);
            all += sizes().sum::<f64>();
        }
        (all > 0.0).then_some(most >= NEARLY_ALL * all)
    };
    let measures = axis.segments.first().map_or(0, |segment| segment.tracks.len());
    axis.is_calendar && (0..measures).find_map(has_most) == Some(true)
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
            axes: (0..chronicle.dimensions.len())
                .filter(|axis| is_told_of(&chronicle.dimensions[*axis]))
                .collect(),
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
                Shape::Curve => self.frame(steps, Shape::Line)?.with_curve(),
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

    /// The tests of a measure in a scope, made once for each series.
    pub fn tested(&self, scope: Scope<'_>, measure: usize) -> Arc<Tested> {
        let (history, end) = (self.history(scope, measure), self.end(measure));
        let calendar = (self.chronicle.cadence, self.season);
        let series = SeriesHash::of(&history, calendar, (self.first_shown(), end));
        let make = || {
            let weeks = self.weeks(scope, measure);
            Tested::of(self, self.line(scope, measure), &weeks, &history, end)
        };
        self.frames.tested_or(series, make)
    }

    /// The dimensions that are told of, by position: what follows from the time is told of the time, and of values that were folded
    /// together in some results only the least is known.
    pub fn axes(&self) -> &[usize] {
        &self.axes
    }

    /// The whole, then every listed value of every dimension that is told of.
    pub fn scopes(&self) -> Vec<Scope<'a>> {
        let mut scopes = vec![self.whole()];
        for axis in self.axes() {
            scopes.extend(self.segments(*axis));
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

    /// A measure's values in a scope, as far as the view shows them.
    pub fn line(&self, scope: Scope<'_>, measure: usize) -> &Line {
        let place = scope
            .segment
            .map_or(0, |(axis, value)| self.first_scopes[axis] + value);
        self.lines[place * self.chronicle.measures.len() + measure]
            .get_or_init(|| self.make_line(scope, measure, self.first_tested()))
    }

    /// The same with what is read for the comparison alone: what the newest steps may be held against.
    pub fn history(&self, scope: Scope<'_>, measure: usize) -> Cow<'_, Line> {
        match self.first_shown() {
            0 => Cow::Borrowed(self.line(scope, measure)),
            _ => Cow::Owned(self.make_line(scope, measure, self.first_of_newest())),
        }
    }

    /// The values that weekdays are told from: those of the view, or where it shows fewer than a test needs, and two weeks or
    /// more, those of the newest eight weeks. A week runs on whatever the view begins with.
    pub fn weeks(&self, scope: Scope<'_>, measure: usize) -> Cow<'_, Line> {
        let line = self.line(scope, measure);
        if (LEAST_WEEKS..LEAST_STEP).contains(&line.len()) {
            let end = line.steps[line.len() - 1] + 1;
            let history = self.history(scope, measure);
            return Cow::Owned(history.between(end.saturating_sub(WEEKS), end));
        }
        Cow::Borrowed(line)
    }

    fn make_line(&self, scope: Scope<'_>, measure: usize, from: u32) -> Line {
        let metric = &self.chronicle.measures[measure];
        let track = &scope.tracks[measure];
        let usable = self.usable(measure);
        let mut line = Line {
            is_count: metric.kind == MetricKind::Sum,
            ..Line::default()
        };
        let tested = from as usize..self.chronicle.steps.len();
        for step in tested.filter(|step| usable[*step]) {
            let Some(amount) = track.amounts[step] else {
                continue;
            };
            match &metric.kind {
                MetricKind::Quotient { .. } => {
                    let Some(base) = track.bases[step].filter(|base| !base.is_zero()) else {
                        continue;
                    };
                    let (amount, base) = (amount.to_f64() * metric.factor().to_f64(), base.to_f64());
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

    /// The first step that the view shows.
    pub fn first_shown(&self) -> u32 {
        self.chronicle.steps.partition_point(|step| !step.in_view) as u32
    }

    /// The first of the newest [`MAX_TESTED`] steps: those before are not looked at.
    fn first_of_newest(&self) -> u32 {
        self.chronicle.steps.len().saturating_sub(MAX_TESTED) as u32
    }

    /// The first step that lines begin with.
    pub fn first_tested(&self) -> u32 {
        self.first_shown().max(self.first_of_newest())
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

    /// How many steps from one to before another are of a weekday that is among these: who never works at weekends lacks nothing.
    pub fn expected(&self, steps: &[u32], (from, end): (u32, u32)) -> usize {
        let mut is_expected = vec![false; self.season.length as usize];
        let mut unknown = is_expected.len();
        for step in steps {
            let phase = &mut is_expected[self.season.of(*step) as usize];
            unknown -= usize::from(!std::mem::replace(phase, true));
            // The first week nearly always says it all.
            if unknown == 0 {
                return (from..end).len();
            }
        }
        (from..end)
            .filter(|step| is_expected[self.season.of(*step) as usize])
            .count()
    }

    /// Whether steps from one to before another are missing among these, though others of their weekday are there.
    pub fn has_gaps(&self, steps: &[u32], window: (u32, u32)) -> bool {
        self.expected(steps, window) > steps.len()
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

    /// The steps within a window, from the first to before another; `None` where there are none.
    pub fn steps_inside(&self, window: Window) -> Option<(u32, u32)> {
        let mut inside = (0..self.chronicle.steps.len()).filter(|step| self.is_inside(*step, window));
        let first = inside.next()?;
        Some((first as u32, inside.next_back().unwrap_or(first) as u32 + 1))
    }

    /// A scope's share of a measure over what the view shows: of a quotient the share of its denominators, but of a level that adds up
    /// within a date, as of a sum, what there is of it.
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
        let size = match self.chronicle.measures[measure].is_level {
            true => amount,
            false => base.or(amount),
        };
        size.map_or(0.0, |size| size.to_f64().abs())
    }
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, noise};

    #[test]
    fn what_follows_from_the_time_is_no_subject() {
        let told = |is_calendar: bool, part: fn(usize) -> [f64; 2]| {
            let mut sample = Sample::days(120, &["2025", "2026"]).sum("Sales", move |day, segment| {
                let level = if day < 60 { 100.0 } else { 150.0 };
                let part = part(day)[segment];
                (part > 0.0).then_some(part * (level + noise(day + segment)))
            });
            sample.chronicle.dimensions[0].is_calendar = is_calendar;
            let subjects = sample.compared(28).claims(Kind::TopContributor);
            subjects.len()
        };
        let by_time = |day: usize| if day < 60 { [1.0, 0.0] } else { [0.0, 1.0] };
        let nearly = |_: usize| [0.05, 0.95];
        let beside = |_: usize| [0.3, 0.7];
        assert_eq!((told(true, nearly), told(false, nearly)), (0, 1));
        assert_eq!(told(true, by_time), 0);
        assert_eq!(told(true, beside), 1, "the year of a model, not of the sale");
    }
}
