//! `dashloom preview`: what files would become, without Kafka and without a database.

mod beginning;
mod results;
mod text;
mod undated;

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use self::results::Read;
use super::error::AppError;
use crate::aggregate::{Kind, Partial};
use crate::cli::PreviewArgs;
use crate::dashboard::config::did_you_mean;
use crate::dashboard::{
    Candidate, Contribution, Dashboard, DashboardType, History, Holding, Period, PeriodKey, RoleReason,
    ViewInput, ViewPlan, VisualizationConfig, canonical_json, plan_views, render_with_chronicle, roles,
    winners,
};
use crate::export::{self, ReportSource};
use crate::insight::{Frames, Insight, find};
use crate::window::Window;

/// A previewed dashboard.
#[derive(Debug)]
pub struct Preview {
    /// Its type.
    pub dashboard_type: DashboardType,
    /// The key of the view shown.
    pub key: PeriodKey,
    /// The keys of the other views the files make.
    pub others: Vec<PeriodKey>,
    /// What it shows.
    pub dashboard: Dashboard,
    /// From the first to the last date that results with a time column cover; `None` where none of them has one: what dates such
    /// a view has are made up.
    pub dates: Option<Window>,
    /// What is worth knowing, the most important first.
    pub insights: Vec<Insight>,
    /// Why there are none, where there are none.
    pub silence: String,
    /// What each column was taken as.
    pub roles: Vec<RoleReason>,
}

/// Previews the files; `config` names a `visualization_config`.
///
/// # Errors
/// When a file or the configuration cannot be read, or stdout not written.
pub fn run(args: &PreviewArgs, config: Option<&Path>) -> Result<ExitCode, AppError> {
    let config = read_config(config)?;
    let Read {
        results,
        files,
        left_out,
    } = results::read(&args.files, &config)?;
    let told = left_out.into_iter().chain(absent(&config, &results));
    for told in told.chain(replaced(&config, &files, &results)) {
        // Nothing is left to tell when stderr is gone.
        let _ = writeln!(std::io::stderr(), "dashloom: {told}");
    }
    let preview = Preview::of(args.dashboard_type, &config, &results)?;
    if let Some(out) = &args.out {
        return written(&preview, &args.files, out);
    }
    let mut out = std::io::stdout();
    let text = match args.json {
        true => preview.to_json(),
        false => text::write(&preview, out.is_terminal())?,
    };
    out.write_all(text.as_bytes())
        .map_err(|error| AppError::failed("stdout cannot be written", error))?;
    Ok(ExitCode::SUCCESS)
}

/// A sentence on each column that the configuration names and no file has: whatever needs it shows nothing.
fn absent(config: &VisualizationConfig, results: &[(Candidate, Partial)]) -> Vec<String> {
    let columns = results.iter().flat_map(|(_, partial)| &partial.columns);
    let known: BTreeSet<&str> = columns.map(|column| column.label.as_str()).collect();
    let spec = config.partial_spec();
    let declared = spec.declared.iter().map(|(label, _)| label.as_str());
    let sketched = spec.sketches.iter().map(|(label, _)| label.as_str());
    let named: BTreeSet<&str> = declared.chain(sketched).collect();
    let told = |label: &&str| {
        let hint = did_you_mean(label, known.iter().copied());
        let hint = hint.map_or(String::new(), |hint| format!("; {hint}"));
        format!("no file has the column \"{label}\", which the configuration names{hint}")
    };
    named.difference(&known).map(told).collect()
}

/// A sentence on each file whose dates later files hold, as far as they do: which result counts on a date is not a matter of
/// adding up.
fn replaced(
    config: &VisualizationConfig,
    files: &[PathBuf],
    results: &[(Candidate, Partial)],
) -> Vec<String> {
    if config.period() == Period::Execution {
        return Vec::new();
    }
    let candidates: Vec<Candidate> = results.iter().map(|(candidate, _)| candidate.clone()).collect();
    let holdings = winners(&candidates).holdings;
    let told = |(index, file): (usize, &PathBuf)| {
        let mut dates = results[index].1.cells.dates.clone();
        dates.dedup();
        let own = || holdings.iter().filter(|held| held.candidate == index);
        let is_held = |date: &NaiveDate| own().any(|held| held.from <= *date && *date <= held.to);
        let (file, all) = (file.display(), dates.len());
        match dates.iter().filter(|date| is_held(date)).count() {
            0 => Some(format!(
                "{file} counts nowhere: a later file holds all its dates; rows that are to be added up belong in one file"
            )),
            held if held < all => Some(format!(
                "{file} counts on {held} of its {all} dates: later files hold the others"
            )),
            _ => None,
        }
    };
    files.iter().enumerate().filter_map(told).collect()
}

/// Writes the dashboard as a file, under the name of the newest result.
fn written(preview: &Preview, files: &[PathBuf], out: &Path) -> Result<ExitCode, AppError> {
    let newest = files.last().and_then(|file| file.file_stem());
    let (data, charts) = (preview.shown_data()?, preview.dashboard.charts_config.clone());
    let (processed_data, charts_config) = match preview.dates {
        Some(_) => (data, charts),
        None => undated::without_time(&data, &charts).map_err(unreadable)?,
    };
    let source = ReportSource {
        title: newest.map_or_else(
            || "Preview".to_owned(),
            |stem| stem.to_string_lossy().into_owned(),
        ),
        covered: preview.dates,
        processed_data,
        charts_config,
        metrics_summary: preview.dashboard.metrics_summary.clone(),
        insights: preview.insights.iter().map(shown).collect(),
        ..ReportSource::default()
    };
    super::export::write_report(source, out)?;
    Ok(ExitCode::SUCCESS)
}

impl Preview {
    /// The newest view that the results make.
    ///
    /// # Errors
    /// When it cannot be rendered.
    pub fn of(
        dashboard_type: DashboardType,
        config: &VisualizationConfig,
        results: &[(Candidate, Partial)],
    ) -> Result<Self, AppError> {
        let candidates: Vec<Candidate> = results.iter().map(|(candidate, _)| candidate.clone()).collect();
        let winners = winners(&candidates);
        let history = History::new(config, &candidates, &winners);
        let plans = plan_views(&history, &[]);
        let newest = plans.iter().max_by_key(|plan| (plan.end(), plan.key));
        let plan = newest.ok_or_else(|| AppError::plain("the files hold no result that counts"))?;
        let input = ViewInput {
            plan,
            period: config.period(),
            cadence: history.cadence,
            dashboard_type,
            config,
            contributions: contributions(plan, results),
            stale: Vec::new(),
        };
        let (dashboard, chronicle) = render_with_chronicle(&input)
            .map_err(|error| AppError::failed("the dashboard cannot be rendered", error))?;
        let found = find(&chronicle, config.min_confidence().to_f64(), &Frames::default());
        let others = plans.iter().filter(|other| other.key != plan.key);
        Ok(Self {
            dashboard_type,
            silence: found.silence(&chronicle),
            key: plan.key,
            others: others.map(|plan| plan.key).collect(),
            roles: roles(&input),
            insights: found.insights,
            dates: dates(plan, results),
            dashboard,
        })
    }

    /// What a view is called, unless that is of a date and dates are made up.
    fn named(&self, key: &PeriodKey) -> Option<String> {
        let is_dated = matches!(key, PeriodKey::Calendar(..));
        (self.dates.is_some() || !is_dated).then(|| key.to_string())
    }

    /// The data as people are shown it: without dates that were made up.
    fn shown_data(&self) -> Result<String, AppError> {
        let data = &self.dashboard.processed_data;
        match self.dates {
            Some(_) => Ok(data.clone()),
            None => undated::renamed(data).map_err(unreadable),
        }
    }

    /// One object with the bytes that the service would store.
    pub fn to_json(&self) -> String {
        let mut roles = Vec::with_capacity(self.roles.len());
        for role in &self.roles {
            let members = [
                ("column", role.column.as_str()),
                ("reason", role.reason.as_str()),
                ("role", role.role_name()),
            ];
            let members = members.map(|(key, value)| (key.to_owned(), Value::from(value)));
            roles.push(Value::from(Map::from_iter(members)));
        }
        format!(
            "{{\"charts_config\":{},\"insights\":[{}],\"metrics_summary\":{},\"processed_data\":{},\"roles\":{}}}\n",
            self.dashboard.charts_config,
            self.insights.iter().map(as_json).collect::<Vec<_>>().join(","),
            self.dashboard.metrics_summary,
            self.dashboard.processed_data,
            Value::from(roles),
        )
    }
}

/// What was rendered just now cannot be read again.
fn unreadable(error: serde_json::Error) -> AppError {
    AppError::failed("the rendered dashboard cannot be read", error)
}

/// `confidence_score`, a decimal from 0 to 1.
fn confidence(insight: &Insight) -> String {
    let hundredths = crate::decimal::Decimal::from_scaled(i128::from(insight.confidence), 2);
    hundredths.unwrap_or_default().to_string()
}

/// An insight as a file shows it.
fn shown(insight: &Insight) -> export::Insight {
    export::Insight {
        kind: insight.insight_type.to_owned(),
        text: insight.text.clone(),
        confidence: Some(confidence(insight)),
    }
}

/// An insight under the names of its columns in the database.
fn as_json(insight: &Insight) -> String {
    format!(
        "{{\"confidence_score\":{},\"data_points\":{},\"insight_text\":{},\"insight_type\":\"{}\"}}",
        confidence(insight),
        insight.data_points,
        Value::from(insight.text.as_str()),
        insight.insight_type,
    )
}

/// From the first to the last date that the view's results with a time column hold.
fn dates(plan: &ViewPlan, results: &[(Candidate, Partial)]) -> Option<Window> {
    let timed = |holding: &&Holding| results[holding.candidate].0.kind == Kind::Timed;
    let mut held = plan.holdings.iter().filter(timed);
    let first = held.next()?;
    Window::new(first.from, held.next_back().unwrap_or(first).to)
}

fn contributions<'a>(plan: &ViewPlan, results: &'a [(Candidate, Partial)]) -> Vec<Contribution<'a>> {
    plan.reads()
        .map(|(holding, in_view)| {
            let (candidate, partial) = &results[holding.candidate];
            Contribution {
                execution_id: candidate.execution_id,
                finished_at_ns: candidate.finished_at_ns,
                from: holding.from,
                to: holding.to,
                in_view,
                partial,
            }
        })
        .collect()
}

/// The configuration of the file, with the period `all` unless it names one.
fn read_config(path: Option<&Path>) -> Result<VisualizationConfig, AppError> {
    let text = match path {
        None => "{}".to_owned(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| AppError::failed(format!("{} cannot be read", path.display()), error))?,
    };
    let is_toml = path
        .and_then(Path::extension)
        .is_some_and(|ending| ending == "toml");
    if is_toml && serde_json::from_str::<Value>(&text).is_err() {
        let text = "preview takes no settings: its --config names a visualization_config, a JSON file such as {\"period\":\"month\"}";
        return Err(AppError::plain(text));
    }
    let parse = |text: &str| {
        VisualizationConfig::parse(text)
            .map_err(|error| AppError::failed("the configuration is wrong", error))
    };
    let config = parse(&text)?;
    let members: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    match members.contains_key("period") {
        true => Ok(config),
        false => parse(&with_period(&text)),
    }
}

/// A JSON object without a period, with the period `all`; its numbers stay as they are written.
fn with_period(object: &str) -> String {
    let canonical = canonical_json(object).unwrap_or_else(|_| "{}".to_owned());
    let rest = canonical.strip_prefix('{').unwrap_or("}");
    let comma = if rest == "}" { "" } else { "," };
    format!("{{\"period\":\"all\"{comma}{rest}")
}

/// A number as it is written, if it is one.
fn number(value: &RawValue) -> Option<crate::decimal::Decimal> {
    crate::decimal::Decimal::parse(value.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_no_file_has_is_told_with_what_was_meant() {
        let files = [Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flights/daily_origin_carrier.csv")];
        let config = r#"{"measures":{"n":{"agg":"sum","column":"flihgts"},"c":{"agg":"sum","column":"cancelled"}},
                         "dimensions":{"plane":{"column":"tail_number"}}}"#;
        let config = VisualizationConfig::parse(config).unwrap();
        let told = absent(&config, &results::read(&files, &config).unwrap().results);
        assert_eq!(
            told,
            [
                r#"no file has the column "flihgts", which the configuration names; did you mean "flights"?"#,
                r#"no file has the column "tail_number", which the configuration names"#,
            ]
        );
    }

    #[test]
    fn a_configuration_without_a_period_takes_everything() {
        assert_eq!(with_period("{}"), r#"{"period":"all"}"#);
        assert_eq!(with_period(r#"{"version":1}"#), r#"{"period":"all","version":1}"#);
    }
}
