//! A configuration that is right, as the rest of the service uses it.

use chrono_tz::Tz;
use serde::Deserialize;

use crate::aggregate::{PartialSpec, Sketch};
use crate::dashboard::Period;
use crate::decimal::Decimal;
use crate::event::ColumnRole;

/// A workflow's `visualization_config`, validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisualizationConfig {
    pub(super) period: Period,
    pub(super) timezone: Tz,
    pub(super) measures: Vec<Measure>,
    pub(super) dimensions: Vec<Dimension>,
    pub(super) columns: Vec<(String, ColumnRole)>,
    pub(super) stages: Vec<StageColumn>,
    pub(super) comparison: Option<Comparison>,
    pub(super) panels: Vec<Panel>,
    pub(super) min_confidence: Decimal,
}

impl VisualizationConfig {
    /// How results are cut into views.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The time zone in which timestamps become dates and dates end.
    pub fn timezone(&self) -> Tz {
        self.timezone
    }

    /// The declared measures and ratios in the order they are shown. Where there are any, exactly these are shown.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// The declared dimensions in the order they are shown, the time column among them; found ones follow.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// What is declared of columns that hold a funnel's stages, by label.
    pub fn stage_columns(&self) -> &[StageColumn] {
        &self.stages
    }

    /// What a comparison dashboard compares, where that is declared.
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparison.as_ref()
    }

    /// Whether anything is compared with the same window a year before.
    pub fn compares_years(&self) -> bool {
        let by_panel = |panel: &Panel| panel.compare == Some(PanelCompare::PreviousYear);
        let declared = self.comparison.as_ref();
        declared.is_some_and(|comparison| comparison.with == CompareWith::PreviousYear)
            || self.panels.iter().any(by_panel)
    }

    /// The panels of a custom dashboard.
    pub fn panels(&self) -> &[Panel] {
        &self.panels
    }

    /// The least confidence of an insight that is shown, from 0 to 1.
    pub fn min_confidence(&self) -> Decimal {
        self.min_confidence
    }

    /// The declared role of a column, by its label.
    pub fn declared_role(&self, label: &str) -> Option<ColumnRole> {
        let index = self
            .columns
            .binary_search_by(|(known, _)| known.as_str().cmp(label))
            .ok()?;
        Some(self.columns[index].1)
    }

    /// What the configuration asks of partials.
    pub fn partial_spec(&self) -> PartialSpec {
        PartialSpec {
            timezone: self.timezone,
            declared: self.columns.clone(),
            sketches: self.sketches(),
        }
    }

    /// The sketches that measures need, by label, each once.
    fn sketches(&self) -> Vec<(String, Sketch)> {
        let sketch = |measure: &Measure| match &measure.source {
            MeasureSource::Column { agg, column } => Some((column.clone(), agg.sketch()?)),
            MeasureSource::Rows | MeasureSource::Ratio { .. } => None,
        };
        let mut sketches: Vec<(String, Sketch)> = self.measures.iter().filter_map(sketch).collect();
        sketches.sort_unstable();
        sketches.dedup();
        sketches
    }
}

impl Default for VisualizationConfig {
    /// What `{}` means.
    fn default() -> Self {
        Self {
            period: Period::Rolling,
            timezone: Tz::UTC,
            measures: Vec::new(),
            dimensions: Vec::new(),
            columns: Vec::new(),
            stages: Vec::new(),
            comparison: None,
            panels: Vec::new(),
            min_confidence: Decimal::from_steps(Decimal::ONE.steps() / 2),
        }
    }
}

/// A declared measure or ratio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its id.
    pub id: String,
    /// What it is computed from.
    pub source: MeasureSource,
    /// The name to show; `None` for the column's label (for ratios the id).
    pub label: Option<String>,
    /// Its unit; empty when it has none.
    pub unit: String,
    /// How it is shown, where that is declared.
    pub format: Option<Format>,
    /// Which direction is good news.
    pub good: Good,
}

/// What a measure is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeasureSource {
    /// A column's values.
    Column {
        /// How they become one.
        agg: Aggregation,
        /// The column's label.
        column: String,
    },
    /// The number of rows.
    Rows,
    /// The quotient of two other measures' totals.
    Ratio {
        /// The numerator's id.
        numerator: String,
        /// The denominator's id.
        denominator: String,
        /// What the quotient is multiplied by.
        factor: Decimal,
    },
}

/// How a column's values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    /// Their sum.
    Sum,
    /// Their sum over their number.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The number of non-null ones.
    Count,
    /// About how many different ones there are.
    Distinct,
    /// About the value that this share of them, from 0 to 1, lies at or below.
    Quantile(Decimal),
}

impl Aggregation {
    /// The sketch it is answered from.
    pub fn sketch(self) -> Option<Sketch> {
        match self {
            Self::Distinct => Some(Sketch::Distinct),
            Self::Quantile(_) => Some(Sketch::Quantile),
            Self::Sum | Self::Mean | Self::Min | Self::Max | Self::Count => None,
        }
    }
}

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// As they are.
    Number,
    /// Without fraction digits.
    Integer,
    /// Times 100, with a percent sign.
    Percent,
    /// With the unit as a currency.
    Currency,
}

impl Format {
    /// The name in the configuration and in `metrics_summary`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Percent => "percent",
            Self::Currency => "currency",
        }
    }
}

/// Which direction of change is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Good {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// Neither.
    #[default]
    Neutral,
}

impl Good {
    /// The name in the configuration and in `metrics_summary`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Neutral => "neutral",
        }
    }
}

/// A declared dimension, or the time column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// Its id.
    pub id: String,
    /// The column's label.
    pub column: String,
    /// Whether it is the column that places rows in time.
    pub is_time: bool,
    /// The name to show; `None` for the column's label.
    pub label: Option<String>,
}

/// A panel of a custom dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Its id.
    pub id: String,
    /// Its heading, where one is declared.
    pub title: Option<String>,
    /// How it is drawn.
    pub mark: Mark,
    /// A dimension's id (for scatter a measure's).
    pub x: Option<String>,
    /// Measures' ids (for heatmap one dimension's).
    pub y: Vec<String>,
    /// A dimension's id to split by (for heatmap the measure's).
    pub color: Option<String>,
    /// The measures' ids a funnel goes through; empty otherwise.
    pub stages: Vec<String>,
    /// Which values are kept; `None` for all.
    pub top: Option<Top>,
    /// What the value is compared with.
    pub compare: Option<PanelCompare>,
}

/// How a panel is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Lines over x.
    Line,
    /// Bars over x.
    Bar,
    /// Areas over x.
    Area,
    /// Points of two measures.
    Scatter,
    /// A measure over two dimensions.
    Heatmap,
    /// Stages with their conversion.
    Funnel,
    /// Change by segment.
    Waterfall,
    /// One number.
    Kpi,
    /// Rows of numbers.
    Table,
}

/// Keeping the largest values only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Top {
    /// How many.
    pub n: usize,
    /// The id of the measure they are ranked by; `None` for the panel's own.
    pub by: Option<String>,
    /// Whether the rest is shown as one value.
    pub other: bool,
}

/// What a panel's value is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelCompare {
    /// The comparison window of the view.
    PreviousPeriod,
    /// The same window a year before.
    PreviousYear,
}

impl PanelCompare {
    /// The name in the configuration and in `charts_config`.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreviousPeriod => "previous_period",
            Self::PreviousYear => "previous_year",
        }
    }
}

/// A column that holds a funnel's stages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageColumn {
    /// Its label.
    pub column: String,
    /// The stages in order; empty where the order is found.
    pub stages: Vec<String>,
    /// How its rows count.
    pub counting: Counting,
}

/// How the rows of a stage column count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// At the stage they name.
    #[default]
    Each,
    /// At the stage they name, the furthest reached, and at all before it.
    Furthest,
}

/// What a comparison dashboard compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// With what.
    pub with: CompareWith,
    /// The dimension whose values are compared.
    pub dimension: Option<String>,
    /// The two values, the one compared with first.
    pub segments: Option<(String, String)>,
}

/// What something is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareWith {
    /// The comparison window of the view.
    PreviousPeriod,
    /// The same window a year before.
    PreviousYear,
    /// Another value of a dimension.
    Segment,
}
