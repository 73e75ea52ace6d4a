//! From what a view is a function of to the rendered view.

use thiserror::Error;

use super::chronicle::chronicle;
use super::columns::Columns;
use super::comparison::comparison;
use super::content::Content;
use super::cube::{Cube, Part};
use super::custom::custom;
use super::experiment::Experiment;
use super::fields::Fields;
use super::funnel::funnel;
use super::metrics::Metrics;
use super::prepared::Prepared;
use super::stage_values::StageValues;
use super::stages::Stages;
use super::standard::standard;
use crate::aggregate::Partial;
use crate::dashboard::chronicle::Chronicle;
use crate::dashboard::{Contribution, Dashboard, DashboardType, ViewInput};
use crate::ids::ExecutionId;

/// Why a view cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RenderError {
    /// A partial contradicts itself: it was not made by this service, or its bytes were damaged.
    #[error("the stored partial of execution {0} contradicts itself; replay the execution to form it anew")]
    Inconsistent(ExecutionId),
}

/// Renders a view.
///
/// # Errors
/// When a partial contradicts itself.
pub fn render(input: &ViewInput<'_>) -> Result<Dashboard, RenderError> {
    render_with(input, |_, _, _, _, _| ()).map(|(dashboard, ())| dashboard)
}

/// Renders a view, and gives its numbers by step of time beside it.
///
/// # Errors
/// When a partial contradicts itself.
pub fn render_with_chronicle(input: &ViewInput<'_>) -> Result<(Dashboard, Chronicle), RenderError> {
    render_with(input, |input, cube, fields, stages, content| Chronicle {
        datasets: (content.datasets.iter())
            .map(|dataset| dataset.name.clone())
            .collect(),
        ..chronicle(input, cube, fields, stages)
    })
}

/// Renders a view and makes something else of what it shows, its cube, its fields, the stages of its funnel and its content.
fn render_with<T>(
    input: &ViewInput<'_>,
    also: impl FnOnce(&ViewInput<'_>, &Cube<'_>, &Fields, &[usize], &Content) -> T,
) -> Result<(Dashboard, T), RenderError> {
    if let Some(broken) = input
        .contributions
        .iter()
        .find(|contribution| !is_consistent(contribution.partial))
    {
        return Err(RenderError::Inconsistent(broken.execution_id));
    }
    let prepared = Prepared::of(&input.contributions, input.config);
    let replaced = prepared
        .contributions(&input.contributions)
        .map(|contributions| ViewInput {
            contributions,
            ..input.clone()
        });
    let input = replaced.as_ref().unwrap_or(input);
    let mut columns = Columns::of(&input.contributions, input.config);
    prepared.explain(&mut columns);
    let mut fields = Fields::of(&columns, input.config, time_label(&input.contributions));
    let column = match input.dashboard_type {
        DashboardType::Funnel => StageValues::find(input, &columns),
        DashboardType::Standard | DashboardType::Comparison | DashboardType::Custom => None,
    };
    if let Some(column) = &column {
        column.add_to(&mut fields);
    }
    if input.dashboard_type != DashboardType::Funnel
        && let Some(experiment) = Experiment::find(&input.contributions, &columns, &fields)
    {
        experiment.add_rates(&input.contributions, &columns, input.config, &mut fields);
        fields.experiment = Some(experiment);
    }
    let cube = build_cube(&input.contributions, &columns, &fields);
    let mut chain = Vec::new();
    let content = match input.dashboard_type {
        DashboardType::Standard => standard(input, &cube, &fields),
        DashboardType::Funnel => {
            let stages = Stages::of(column, &mut fields, &cube, input.config);
            chain = stages.measures(&fields);
            funnel(input, &cube, &fields, &stages)
        }
        DashboardType::Comparison => comparison(input, &cube, &fields),
        DashboardType::Custom => custom(input, &cube, &fields),
    };
    let metrics = Metrics::of(&cube, &fields, input);
    let dashboard = Dashboard {
        execution_ids: shown_executions(&input.contributions),
        start: input.plan.start(),
        end: input.plan.end(),
        processed_data: content.processed_data(input, &fields),
        charts_config: content.charts_config(),
        metrics_summary: metrics.to_json(),
        headline: metrics.headline(),
    };
    let also = also(input, &cube, &fields, &chain, &content);
    Ok((dashboard, also))
}

fn build_cube<'a>(contributions: &[Contribution<'a>], columns: &Columns<'_>, fields: &Fields) -> Cube<'a> {
    let part = |(index, contribution): (usize, &Contribution<'a>)| {
        Part::new(*contribution, fields, columns.layout(index))
    };
    let parts: Vec<Part<'a>> = contributions.iter().enumerate().map(part).collect();
    Cube::build(parts, fields)
}

/// The label of the time column of the latest result that has one.
fn time_label<'a>(contributions: &[Contribution<'a>]) -> Option<&'a str> {
    let timed = contributions
        .iter()
        .filter(|contribution| contribution.partial.time_column.is_some());
    let latest = timed.max_by_key(|contribution| (contribution.finished_at_ns, contribution.execution_id))?;
    Some(&latest.partial.columns.get(latest.partial.time_column?)?.label)
}

fn shown_executions(contributions: &[Contribution<'_>]) -> Vec<ExecutionId> {
    let shown = contributions.iter().filter(|contribution| contribution.in_view);
    let mut ids: Vec<ExecutionId> = shown.map(|contribution| contribution.execution_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Whether all columns of the cells have one entry a cell, and all codes and columns exist.
fn is_consistent(partial: &Partial) -> bool {
    let cells = &partial.cells;
    let count = cells.dates.len();
    let dimensions = cells.dimensions.iter().all(|dimension| {
        dimension.column < partial.columns.len()
            && dimension.codes.len() == count
            && dimension
                .codes
                .iter()
                .all(|code| (*code as usize) < dimension.values.len())
    });
    let measures = cells.measures.iter().all(|measure| {
        let lengths = [
            measure.count.len(),
            measure.sum.len(),
            measure.min.len(),
            measure.max.len(),
        ];
        measure.column < partial.columns.len() && lengths == [count; 4]
    });
    cells.rows.len() == count && dimensions && measures
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;
    use crate::aggregate::{Cells, Kind, Quality};
    use crate::dashboard::{History, PeriodKey, ViewPlan, VisualizationConfig, plan_views, winners};

    fn rendered(contributions: Vec<Contribution<'_>>) -> Result<Dashboard, RenderError> {
        let config = VisualizationConfig::default();
        let winners = winners(&[]);
        let history = History::new(&config, &[], &winners);
        let plan: &ViewPlan = &plan_views(&history, &[PeriodKey::Rolling])[0];
        render(&ViewInput {
            plan,
            period: config.period(),
            cadence: history.cadence,
            dashboard_type: DashboardType::Standard,
            config: &config,
            contributions,
            stale: Vec::new(),
        })
    }

    #[test]
    fn a_view_that_covers_no_date_any_more_is_empty() {
        let dashboard = rendered(Vec::new()).unwrap();
        assert_eq!((dashboard.start, dashboard.execution_ids), (None, Vec::new()));
        assert!(
            dashboard
                .processed_data
                .contains(r#""datasets":{"table":[],"trend":[]}"#)
        );
        assert!(dashboard.charts_config.starts_with(r#"{"charts":[],"#));
        assert!(
            dashboard
                .metrics_summary
                .contains(r#""compare_reason":"the view covers no date any more""#)
        );
    }

    #[test]
    fn a_partial_that_contradicts_itself_is_refused() {
        let partial = Partial {
            kind: Kind::Timed,
            time_column: None,
            columns: Vec::new(),
            quality: Quality::default(),
            cells: Cells {
                dates: vec![NaiveDate::MIN],
                ..Cells::default()
            },
        };
        let broken = Contribution {
            execution_id: ExecutionId(Uuid::nil()),
            finished_at_ns: 0,
            from: NaiveDate::MIN,
            to: NaiveDate::MAX,
            in_view: true,
            partial: &partial,
        };
        assert!(matches!(
            rendered(vec![broken]),
            Err(RenderError::Inconsistent(_))
        ));
    }
}
