//! Which claims tell one event: a measure that moved one way at one time, told as a step, as a change or by where it comes from.

use super::claim::{Claim, Kind};
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
        })
    }

    /// Whether both tell the same: of one series, in one direction, at dates that meet.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.measure, &self.filters, self.is_up) == (&other.measure, &other.filters, other.is_up)
            && self.dates.intersection(other.dates).is_some()
    }

    /// Whether it says that the measure moved, and no more.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }
}
