//! From JSON text to a configuration.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::DashboardType;
use super::check::check;
use super::language::{MAX_BYTES, ROOT};
use super::model::{
    Aggregation, CompareWith, Comparison, Counting, Dimension, Format, Good, Mark, Measure, MeasureSource,
    Panel, PanelCompare, StageColumn, Top, VisualizationConfig,
};
use super::problem::{ConfigError, Problem, child};
use super::references::check_references;
use crate::dashboard::canonical_json;
use crate::decimal::Decimal;
use crate::event::ColumnRole;

impl VisualizationConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once: what the language does not allow, or, where that is right, references
    /// to what is not there and columns with two roles.
    pub fn parse(json: &str) -> Result<Self, ConfigError> {
        let value = read_value(json).map_err(|problem| ConfigError {
            problems: vec![problem],
        })?;
        let mut problems = Vec::new();
        check(&ROOT, &value, "", &mut problems);
        if problems.is_empty() {
            match Written::deserialize(&value) {
                Ok(written) => match written.into_config(&mut problems) {
                    config if problems.is_empty() => return Ok(config),
                    _ => {}
                },
                Err(error) => problems.push(Problem::new("", format!("cannot be read: {error}"))),
            }
        }
        problems.sort();
        Err(ConfigError { problems })
    }
}

/// The hash of what a view's rendering depends on besides the results: the canonical configuration and the kind of
/// dashboard. A configuration that is no JSON is hashed as it stands.
pub fn config_sha256(json: &str, dashboard_type: DashboardType) -> [u8; 32] {
    let canonical = canonical_json(json).unwrap_or_else(|_| json.to_owned());
    let mut hash = Sha256::new();
    hash.update(dashboard_type.name());
    hash.update(b"\0");
    hash.update(canonical);
    hash.finalize().into()
}

fn read_value(json: &str) -> Result<Value, Problem> {
    if json.len() > MAX_BYTES {
        return Err(Problem::new("", format!("is larger than {MAX_BYTES} bytes")));
    }
    serde_json::from_str(json).map_err(|error| Problem::new("", format!("is no JSON: {error}")))
}

/// A configuration as written. Its members are those of the language, which has been checked already.
#[derive(Deserialize)]
#[serde(default)]
struct Written {
    period: String,
    timezone: String,
    measures: BTreeMap<String, WrittenMeasure>,
    dimensions: BTreeMap<String, WrittenDimension>,
    columns: BTreeMap<String, WrittenColumn>,
    comparison: Option<WrittenComparison>,
    panels: Vec<WrittenPanel>,
    insights: WrittenInsights,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            period: "rolling".to_owned(),
            timezone: "UTC".to_owned(),
            measures: BTreeMap::new(),
            dimensions: BTreeMap::new(),
            columns: BTreeMap::new(),
            comparison: None,
            panels: Vec::new(),
            insights: WrittenInsights::default(),
        }
    }
}

#[derive(Deserialize)]
struct WrittenMeasure {
    agg: Option<WrittenAgg>,
    q: Option<f64>,
    column: Option<String>,
    ratio: Option<(String, String)>,
    factor: Option<u32>,
    label: Option<String>,
    unit: Option<String>,
    format: Option<Format>,
    good: Option<Good>,
    order: Option<u32>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum WrittenAgg {
    Sum,
    Mean,
    Min,
    Max,
    Count,
    Distinct,
    Quantile,
}

#[derive(Deserialize)]
struct WrittenDimension {
    column: String,
    #[serde(rename = "type")]
    kind: Option<DimensionType>,
    label: Option<String>,
    order: Option<u32>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum DimensionType {
    Category,
    Time,
}

#[derive(Deserialize)]
struct WrittenColumn {
    role: WrittenRole,
    stages: Option<Vec<String>>,
    counting: Option<Counting>,
}

#[derive(Deserialize)]
struct WrittenComparison {
    with: CompareWith,
    dimension: Option<String>,
    segments: Option<(String, String)>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum WrittenRole {
    Time,
    Dimension,
    Measure,
    Ratio,
    Id,
    Stage,
    Ignore,
}

#[derive(Deserialize)]
struct WrittenPanel {
    id: String,
    title: Option<String>,
    mark: Mark,
    x: Option<String>,
    y: Option<OneOrMany>,
    color: Option<String>,
    #[serde(default)]
    stages: Vec<String>,
    top: Option<WrittenTop>,
    compare: Option<PanelCompare>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct WrittenTop {
    n: usize,
    by: Option<String>,
    other: Option<bool>,
}

#[derive(Deserialize, Default)]
struct WrittenInsights {
    min_confidence: Option<f64>,
}

impl Written {
    /// The configuration; only meant to be used where no problem was added.
    fn into_config(self, problems: &mut Vec<Problem>) -> VisualizationConfig {
        let defaults = VisualizationConfig::default();
        let stages = stage_columns(&self.columns, problems);
        for (id, measure) in &self.measures {
            check_share(id, measure, problems);
        }
        let columns = self
            .columns
            .into_iter()
            .map(|(label, column)| (label, column.role.into()))
            .collect();
        let mut config = VisualizationConfig {
            period: self.period.parse().unwrap_or(defaults.period),
            timezone: self.timezone.parse().unwrap_or(defaults.timezone),
            measures: in_order(
                self.measures,
                |measure| measure.order,
                WrittenMeasure::into_measure,
            ),
            dimensions: in_order(
                self.dimensions,
                |dimension| dimension.order,
                WrittenDimension::into_dimension,
            ),
            columns,
            stages,
            comparison: self.comparison.map(|comparison| Comparison {
                with: comparison.with,
                dimension: comparison.dimension,
                segments: comparison.segments,
            }),
            panels: self.panels.into_iter().map(WrittenPanel::into_panel).collect(),
            min_confidence: self
                .insights
                .min_confidence
                .and_then(Decimal::from_f64)
                .unwrap_or(defaults.min_confidence),
        };
        check_references(&mut config, problems);
        config
    }
}

/// A quantile needs its share, and nothing else has one.
fn check_share(id: &str, measure: &WrittenMeasure, problems: &mut Vec<Problem>) {
    let path = child("/measures", id);
    match (measure.agg == Some(WrittenAgg::Quantile), measure.q) {
        (true, None) => problems.push(Problem::new(&path, "lacks \"q\", which agg quantile needs")),
        (false, Some(_)) => {
            problems.push(Problem::new(&child(&path, "q"), "belongs to agg quantile alone"));
        }
        (true, Some(_)) | (false, None) => {}
    }
}

/// The stage columns; refuses what belongs to them in columns of another role.
fn stage_columns(columns: &BTreeMap<String, WrittenColumn>, problems: &mut Vec<Problem>) -> Vec<StageColumn> {
    let mut stages = Vec::new();
    for (label, column) in columns {
        if column.role == WrittenRole::Stage {
            stages.push(StageColumn {
                column: label.clone(),
                stages: column.stages.clone().unwrap_or_default(),
                counting: column.counting.unwrap_or_default(),
            });
            continue;
        }
        let given = [
            ("stages", column.stages.is_some()),
            ("counting", column.counting.is_some()),
        ];
        for (member, _) in given.into_iter().filter(|(_, given)| *given) {
            let path = child(&child("/columns", label), member);
            problems.push(Problem::new(&path, "belongs to the role stage alone"));
        }
    }
    stages
}

/// The members by their `order`, those without one last, each by id: JSON objects have no order of their own.
fn in_order<W, T>(
    members: BTreeMap<String, W>,
    order: impl Fn(&W) -> Option<u32>,
    build: impl Fn(W, String) -> T,
) -> Vec<T> {
    let mut members: Vec<(String, W)> = members.into_iter().collect();
    members.sort_by_key(|(_, member)| order(member).unwrap_or(u32::MAX));
    members
        .into_iter()
        .map(|(id, member)| build(member, id))
        .collect()
}

impl WrittenMeasure {
    /// The aggregation; a quantile without its share is refused before.
    fn aggregation(&self) -> Aggregation {
        match self.agg {
            None | Some(WrittenAgg::Sum) => Aggregation::Sum,
            Some(WrittenAgg::Mean) => Aggregation::Mean,
            Some(WrittenAgg::Min) => Aggregation::Min,
            Some(WrittenAgg::Max) => Aggregation::Max,
            Some(WrittenAgg::Count) => Aggregation::Count,
            Some(WrittenAgg::Distinct) => Aggregation::Distinct,
            Some(WrittenAgg::Quantile) => {
                Aggregation::Quantile(self.q.and_then(Decimal::from_f64).unwrap_or_default())
            }
        }
    }

    fn into_measure(self, id: String) -> Measure {
        let agg = self.aggregation();
        let source = match (self.ratio, self.column) {
            (Some((numerator, denominator)), _) => {
                let factor = Decimal::from_count(u64::from(self.factor.unwrap_or(1)));
                MeasureSource::Ratio {
                    numerator,
                    denominator,
                    factor,
                }
            }
            (None, Some(column)) => MeasureSource::Column { agg, column },
            (None, None) if agg == Aggregation::Count => MeasureSource::Rows,
            // The empty label stands for the missing one; the references' check refuses it.
            (None, None) => MeasureSource::Column {
                agg,
                column: String::new(),
            },
        };
        Measure {
            id,
            source,
            label: self.label,
            unit: self.unit.unwrap_or_default(),
            format: self.format,
            good: self.good.unwrap_or_default(),
        }
    }
}

impl WrittenDimension {
    fn into_dimension(self, id: String) -> Dimension {
        let is_time = self.kind == Some(DimensionType::Time);
        Dimension {
            id,
            column: self.column,
            is_time,
            label: self.label,
        }
    }
}

impl WrittenPanel {
    fn into_panel(self) -> Panel {
        Panel {
            id: self.id,
            title: self.title,
            mark: self.mark,
            x: self.x,
            y: match self.y {
                None => Vec::new(),
                Some(OneOrMany::One(id)) => vec![id],
                Some(OneOrMany::Many(ids)) => ids,
            },
            color: self.color,
            stages: self.stages,
            top: self.top.map(|top| Top {
                n: top.n,
                by: top.by,
                other: top.other.unwrap_or(true),
            }),
            compare: self.compare,
        }
    }
}

impl From<WrittenRole> for ColumnRole {
    fn from(role: WrittenRole) -> Self {
        match role {
            WrittenRole::Time => Self::Time,
            WrittenRole::Dimension => Self::Dimension,
            WrittenRole::Measure => Self::Measure,
            WrittenRole::Ratio => Self::Ratio,
            WrittenRole::Id => Self::Id,
            WrittenRole::Stage => Self::Stage,
            WrittenRole::Ignore => Self::Ignore,
        }
    }
}
