//! Which claims tell one event: a measure that moved one way at one time, told as a step, as a change or by where it comes from;
//! and which tell one pattern.

use super::claim::{Claim, Kind};
use super::statistics::frame::dot;
use crate::window::Window;

/// What a claim of a change tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    measure: String,
    filters: Vec<(String, String)>,
    is_up: bool,
    /// When it may have happened.
    dates: Window,
    /// Whether it says that the measure moved, and not also where from.
    is_plain: bool,
    /// Whether it says so of a line through all steps, which passes over what happened on the way.
    is_trend: bool,
}

/// The least correlation of two weeks that are alike: by chance less than two in a hundred are.
const ALIKE: f64 = 0.8;

/// Pearson's correlation; 0 of what does not vary.
fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let off = |values: &[f64]| -> Vec<f64> {
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        values.iter().map(|value| value - mean).collect()
    };
    let (x, y) = (off(x), off(y));
    let size = libm::sqrt(dot(&x, &x) * dot(&y, &y));
    if size > 0.0 { dot(&x, &y) / size } else { 0.0 }
}

/// Whether a claim says how large a segment's part of a measure is.
pub fn is_of_parts(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TopContributor | Kind::BottomContributor | Kind::ConcentrationRisk
    )
}

/// Whether both claims tell one pattern of more than one series: weeks that run alike, measures that move with one measure, parts of
/// one measure or of one dimension, and one day on which several stood out.
pub fn are_alike(a: &Claim, b: &Claim) -> bool {
    match (a.kind, b.kind) {
        (Kind::WeeklySeasonality, Kind::WeeklySeasonality) => {
            let days = a.weekdays.iter().zip(&b.weekdays);
            let (x, y): (Vec<f64>, Vec<f64>) = days.filter_map(|(x, y)| Some(((*x)?, (*y)?))).unzip();
            correlation(&x, &y) >= ALIKE
        }
        (Kind::CorrelatedMeasures, Kind::CorrelatedMeasures) => {
            let measures = |claim: &Claim| [Some(claim.subject.measure.clone()), claim.subject.with.clone()];
            measures(a).iter().any(|measure| measures(b).contains(measure))
        }
        (Kind::AnomalyPoint, Kind::AnomalyPoint) => a.subject.date == b.subject.date,
        (own, other) if is_of_parts(own) && is_of_parts(other) => {
            let (own, other) = (&a.subject, &b.subject);
            own.measure == other.measure || own.dimension == other.dimension
        }
        _ => false,
    }
}

impl Event {
    /// The event of a claim; `None` where it tells none, or not when.
    pub fn of(claim: &Claim) -> Option<Self> {
        let is_plain = match claim.kind {
            Kind::Trend | Kind::LevelShift | Kind::PeriodChange | Kind::RateChange => true,
            Kind::ChangeDriver | Kind::KpiTreeDriver | Kind::MixVsRate => false,
            _ => return None,
        };
        let (from, to) = (claim.span.reference.or(claim.span.current)?, claim.span.current?);
        let dates = match (claim.kind, claim.subject.date) {
            (Kind::LevelShift, Some(date)) => Window::day(date),
            _ => Window::new(from.start(), to.end())?,
        };
        Some(Self {
            measure: claim.subject.measure.clone(),
            filters: claim.subject.filters.clone(),
            is_up: claim.effect.v > 0.0,
            dates,
            is_plain,
            is_trend: claim.kind == Kind::Trend,
        })
    }

    /// Whether both tell the same: of one series, in one direction, at dates that meet.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.measure, &self.filters, self.is_up) == (&other.measure, &other.filters, other.is_up)
            && self.dates.intersection(other.dates).is_some()
    }

    /// Whether the other leaves nothing to tell of it: the same, and no more. A trend's dates are all there are, so it tells no
    /// step or change among them, nor they it.
    pub fn is_told_by(&self, other: &Self) -> bool {
        let (own, others) = ((self.is_plain, self.is_trend), (other.is_plain, other.is_trend));
        self.is_plain && own == others && self.is_same(other)
    }

    /// The same of the whole, where it is of a segment.
    pub fn of_whole(self) -> Self {
        Self {
            filters: Vec::new(),
            ..self
        }
    }

    /// Whether it says that the measure moved, and no more.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }
}
