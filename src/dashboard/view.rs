//! What rendering takes and gives.

use chrono::NaiveDate;

use super::config::CompareWith;
use super::{Cadence, Compare, DashboardType, NoCompare, Period, PeriodKey, ViewPlan, VisualizationConfig};
use crate::aggregate::Partial;
use crate::ids::ExecutionId;

/// Everything a view is a function of.
#[derive(Debug, Clone)]
pub struct ViewInput<'a> {
    /// Which view, what it covers and what it compares with.
    pub plan: &'a ViewPlan,
    /// The configured period.
    pub period: Period,
    /// The time step of the workflow's results.
    pub cadence: Cadence,
    /// Which kind of dashboard.
    pub dashboard_type: DashboardType,
    /// The configuration.
    pub config: &'a VisualizationConfig,
    /// The results that hold dates, in the order of [`ViewPlan::reads`].
    pub contributions: Vec<Contribution<'a>>,
    /// Executions whose partials lack what the configuration needs, sorted.
    pub stale: Vec<ExecutionId>,
}

impl ViewInput<'_> {
    /// The windows that cards and insights compare: those of the dashboard, where it is a comparison with the year before.
    ///
    /// # Errors
    /// Why nothing is compared.
    pub fn compare(&self) -> Result<Compare, NoCompare> {
        let compare = self.plan.compare?;
        let with = self.config.comparison().map(|comparison| comparison.with);
        match (self.dashboard_type, with, self.plan.key) {
            (_, _, PeriodKey::Execution(_)) => Ok(compare),
            (DashboardType::Comparison, Some(CompareWith::PreviousYear), _) => Ok(Compare {
                previous: self.plan.year_before?,
                ..compare
            }),
            _ => Ok(compare),
        }
    }
}

/// One result over the dates it holds.
#[derive(Debug, Clone, Copy)]
pub struct Contribution<'a> {
    /// Which execution.
    pub execution_id: ExecutionId,
    /// When it finished, in nanoseconds since 1970.
    pub finished_at_ns: i64,
    /// The first date it holds here.
    pub from: NaiveDate,
    /// The last date it holds here; an untimed result's numbers are all dated so.
    pub to: NaiveDate,
    /// Whether the view shows it; otherwise it is read for the comparison alone.
    pub in_view: bool,
    /// Its numbers.
    pub partial: &'a Partial,
}

/// A rendered view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// Executions that hold at least one covered date inside the view's range, sorted.
    pub execution_ids: Vec<ExecutionId>,
    /// The first covered date; `None` when the view covers no date any more.
    pub start: Option<NaiveDate>,
    /// The last covered date; `None` when the view covers no date any more.
    pub end: Option<NaiveDate>,
    /// The datasets, canonical JSON.
    pub processed_data: String,
    /// The charts, canonical JSON.
    pub charts_config: String,
    /// The metrics, canonical JSON.
    pub metrics_summary: String,
    /// The first six metrics, for the event.
    pub headline: Vec<Headline>,
}

/// A headline metric's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// The metric's id.
    pub id: String,
    /// Its value over the view's whole range, as `metrics_summary` writes it; `None` where there is none.
    pub value: Option<String>,
    /// Its unit; empty when it has none.
    pub unit: String,
}
