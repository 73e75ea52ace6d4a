//! Reading cases and rendering their views, by the same functions as the service.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate};
use dashloom::aggregate::{Partial, aggregate};
use dashloom::dashboard::{
    Candidate, Contribution, Dashboard, DashboardType, History, Holding, RowDays, ViewInput, ViewPlan,
    VisualizationConfig, plan_views, render, render_with_chronicle, winners,
};
use dashloom::event::{ColumnHint, Compression, ResultFormat};
use dashloom::ids::ExecutionId;
use dashloom::insight::{Found, Frames, find};
use dashloom::rows::{Limits, read};
use dashloom::window::Window;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// A case as its `case.json` writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case is about.
    about: String,
    /// The dashboard's type; a standard one where it is left out.
    #[serde(default, rename = "type")]
    dashboard_type: Option<String>,
    /// The `visualization_config`.
    config: Box<RawValue>,
    /// The executions in any order.
    executions: Vec<Execution>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Execution {
    /// The rows as CSV: a file beside the case, or one from the repository's root where it begins with `/`.
    rows: String,
    start: NaiveDate,
    end: NaiveDate,
    finished_at: String,
    #[serde(default)]
    units: Vec<(String, String)>,
}

/// A rendered view of a case.
pub struct View {
    pub key: String,
    pub dashboard: Dashboard,
    pub insights: Found,
}

/// A case with its rendered views.
pub struct Rendered {
    pub name: String,
    pub about: String,
    pub views: Vec<View>,
}

/// Every case, rendered once for all tests.
pub fn all() -> &'static [Rendered] {
    static ALL: OnceLock<Vec<Rendered>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut folders: Vec<PathBuf> = fs::read_dir(root().join("tests/fixtures"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.retain(|folder| folder.join("case.json").is_file());
        folders.sort();
        assert!(!folders.is_empty(), "there are no cases");
        folders.iter().map(|folder| rendered(folder)).collect()
    })
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rendered(folder: &Path) -> Rendered {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let case: Case = serde_json::from_slice(&fs::read(folder.join("case.json")).unwrap())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let config =
        VisualizationConfig::parse(case.config.get()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let dashboard_type = case
        .dashboard_type
        .as_deref()
        .map_or(Ok(DashboardType::Standard), str::parse);
    let dashboard_type = dashboard_type.unwrap_or_else(|()| panic!("{name}: no such type"));
    let results: Vec<(Candidate, Partial)> = case
        .executions
        .iter()
        .enumerate()
        .map(|(index, execution)| result(folder, index, execution, &config))
        .collect();
    Rendered {
        name,
        about: case.about,
        views: views(dashboard_type, &config, &results),
    }
}

fn result(
    folder: &Path,
    index: usize,
    execution: &Execution,
    config: &VisualizationConfig,
) -> (Candidate, Partial) {
    let path = match execution.rows.strip_prefix('/') {
        Some(path) => root().join(path),
        None => folder.join(&execution.rows),
    };
    let data = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let window = (execution.start, execution.end);
    executed(
        data,
        index,
        window,
        &execution.finished_at,
        &execution.units,
        config,
    )
}

/// The `index`-th execution, whose result is CSV.
pub fn executed(
    rows: Vec<u8>,
    index: usize,
    (start, end): (NaiveDate, NaiveDate),
    finished_at: &str,
    units: &[(String, String)],
    config: &VisualizationConfig,
) -> (Candidate, Partial) {
    let batches = read(
        ResultFormat::Csv,
        Compression::None,
        &Bytes::from(rows),
        &Limits::default(),
    )
    .unwrap();
    let window = Window::new(start, end).unwrap();
    let hint = |(name, unit): &(String, String)| ColumnHint {
        name: name.clone(),
        role: None,
        type_name: String::new(),
        unit: unit.clone(),
    };
    let hints: Vec<ColumnHint> = units.iter().map(hint).collect();
    let spec = config.partial_spec();
    let partial = aggregate(&batches, window, &hints, &spec).unwrap();
    let finished_at: DateTime<chrono::Utc> = finished_at.parse().unwrap();
    let candidate = Candidate {
        execution_id: ExecutionId(Uuid::from_u128(index as u128 + 1)),
        run: 0,
        finished_at_ns: finished_at.timestamp_nanos_opt().unwrap(),
        window,
        kind: partial.kind,
        content_hash: [0; 32],
        shape: spec.shape(),
        row_days: RowDays::of(window, partial.cells.dates.iter().copied()),
        withdrawn: false,
    };
    (candidate, partial)
}

/// The views that results make; each is drawn from the whole results and from the dates alone that it reads of them.
pub fn views(
    dashboard_type: DashboardType,
    config: &VisualizationConfig,
    results: &[(Candidate, Partial)],
) -> Vec<View> {
    let candidates: Vec<Candidate> = results.iter().map(|(candidate, _)| candidate.clone()).collect();
    let winners = winners(&candidates);
    let history = History::new(config, &candidates, &winners);
    let view = |plan: &ViewPlan| {
        let whole = plan.reads().map(|(held, _)| results[held.candidate].1.clone());
        let dates_alone = plan.reads().map(|(held, _)| {
            let dates = Window::new(held.from, held.to).unwrap();
            results[held.candidate].1.over(dates)
        });
        let whole = drawn(dashboard_type, config, &history, plan, &whole.collect::<Vec<_>>());
        let dates_alone = drawn(
            dashboard_type,
            config,
            &history,
            plan,
            &dates_alone.collect::<Vec<_>>(),
        );
        assert_eq!(whole.dashboard, dates_alone.dashboard, "no other dates count");
        assert_eq!(whole.insights, dates_alone.insights, "no other dates count");
        whole
    };
    plan_views(&history, &[]).iter().map(view).collect()
}

/// The view drawn from the partials that it reads.
fn drawn(
    dashboard_type: DashboardType,
    config: &VisualizationConfig,
    history: &History<'_>,
    plan: &ViewPlan,
    partials: &[Partial],
) -> View {
    let contribution = |((held, in_view), partial): ((Holding, bool), _)| Contribution {
        execution_id: history.candidates[held.candidate].execution_id,
        finished_at_ns: history.candidates[held.candidate].finished_at_ns,
        from: held.from,
        to: held.to,
        in_view,
        partial,
    };
    let input = ViewInput {
        plan,
        period: config.period(),
        cadence: history.cadence,
        dashboard_type,
        config,
        contributions: plan.reads().zip(partials).map(contribution).collect(),
        stale: Vec::new(),
    };
    let (dashboard, chronicle) = render_with_chronicle(&input).unwrap();
    assert_eq!(
        dashboard,
        render(&input).unwrap(),
        "the chronicle is no part of what is shown"
    );
    View {
        key: plan.key.to_string(),
        dashboard,
        insights: find(&chronicle, 0.5, &Frames::default()),
    }
}
