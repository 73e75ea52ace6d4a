//! Claims: what a test says about a subject, with everything its sentence and its evidence need.

use chrono::NaiveDate;

use crate::dashboard::config::Format;
use crate::decimal::Decimal;
use crate::window::Window;

/// The kinds of insights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A line through a series.
    Trend,
    /// A step in a series.
    LevelShift,
    /// A value far from its neighbours.
    AnomalyPoint,
    /// Weekdays that differ.
    WeeklySeasonality,
    /// The newest steps against those before, of a measure that adds up.
    PeriodChange,
    /// The same of a quotient.
    RateChange,
    /// A segment's quotient against the rest's.
    SegmentRateGap,
    /// A segment's quotient far from the other segments'.
    SegmentOutlier,
    /// The largest segment against the second.
    TopContributor,
    /// The smallest segment against the last but one.
    BottomContributor,
    /// One segment holds most of a measure.
    ConcentrationRisk,
    /// Which segments a change comes from.
    ChangeDriver,
    /// Which of its factors a change comes from.
    KpiTreeDriver,
    /// A quotient's change by the segments' shares and by their own quotients.
    MixVsRate,
    /// A difference whose sign turns within the strata.
    SimpsonReversal,
    /// The step of a funnel that loses most.
    FunnelLargestDrop,
    /// A step of a funnel that a segment passes unlike the rest.
    FunnelSegmentGap,
    /// A step of a funnel, period over period.
    FunnelStepChange,
    /// Two measures that move together.
    CorrelatedMeasures,
    /// An outcome that grows less than its input.
    DiminishingReturns,
    /// A pattern most segments share, and who does not.
    CommonPatternException,
    /// Nothing changed, and that is certain.
    NoMaterialChange,
    /// Steps without delivery.
    DeliveryGap,
    /// What was left out or looks wrong.
    DataQuality,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 24] = [
        Self::Trend,
        Self::LevelShift,
        Self::AnomalyPoint,
        Self::WeeklySeasonality,
        Self::PeriodChange,
        Self::RateChange,
        Self::SegmentRateGap,
        Self::SegmentOutlier,
        Self::TopContributor,
        Self::BottomContributor,
        Self::ConcentrationRisk,
        Self::ChangeDriver,
        Self::KpiTreeDriver,
        Self::MixVsRate,
        Self::SimpsonReversal,
        Self::FunnelLargestDrop,
        Self::FunnelSegmentGap,
        Self::FunnelStepChange,
        Self::CorrelatedMeasures,
        Self::DiminishingReturns,
        Self::CommonPatternException,
        Self::NoMaterialChange,
        Self::DeliveryGap,
        Self::DataQuality,
    ];

    /// The name in `dashboard_insights.insight_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trend => "trend",
            Self::LevelShift => "level_shift",
            Self::AnomalyPoint => "anomaly_point",
            Self::WeeklySeasonality => "weekly_seasonality",
            Self::PeriodChange => "period_change",
            Self::RateChange => "rate_change",
            Self::SegmentRateGap => "segment_rate_gap",
            Self::SegmentOutlier => "segment_outlier",
            Self::TopContributor => "top_contributor",
            Self::BottomContributor => "bottom_contributor",
            Self::ConcentrationRisk => "concentration_risk",
            Self::ChangeDriver => "change_driver",
            Self::KpiTreeDriver => "kpi_tree_driver",
            Self::MixVsRate => "mix_vs_rate",
            Self::SimpsonReversal => "simpson_reversal",
            Self::FunnelLargestDrop => "funnel_largest_drop",
            Self::FunnelSegmentGap => "funnel_segment_gap",
            Self::FunnelStepChange => "funnel_step_change",
            Self::CorrelatedMeasures => "correlated_measures",
            Self::DiminishingReturns => "diminishing_returns",
            Self::CommonPatternException => "common_pattern_exception",
            Self::NoMaterialChange => "no_material_change",
            Self::DeliveryGap => "delivery_gap",
            Self::DataQuality => "data_quality",
        }
    }

    /// Whether its sentence says of which dates it is.
    pub fn names_dates(self) -> bool {
        match self {
            Self::Trend
            | Self::PeriodChange
            | Self::RateChange
            | Self::FunnelStepChange
            | Self::CommonPatternException
            | Self::NoMaterialChange
            | Self::ChangeDriver
            | Self::KpiTreeDriver
            | Self::MixVsRate
            | Self::DeliveryGap => true,
            Self::LevelShift
            | Self::AnomalyPoint
            | Self::WeeklySeasonality
            | Self::SegmentRateGap
            | Self::SegmentOutlier
            | Self::TopContributor
            | Self::BottomContributor
            | Self::ConcentrationRisk
            | Self::SimpsonReversal
            | Self::FunnelLargestDrop
            | Self::FunnelSegmentGap
            | Self::CorrelatedMeasures
            | Self::DiminishingReturns
            | Self::DataQuality => false,
        }
    }

    /// The family whose false discoveries are counted together; `None` for exact arithmetic.
    pub fn family(self) -> Option<Family> {
        match self {
            Self::Trend
            | Self::LevelShift
            | Self::AnomalyPoint
            | Self::PeriodChange
            | Self::RateChange
            | Self::FunnelStepChange
            | Self::SegmentOutlier
            | Self::CommonPatternException => Some(Family::Change),
            Self::WeeklySeasonality
            | Self::SegmentRateGap
            | Self::TopContributor
            | Self::BottomContributor
            | Self::ConcentrationRisk
            | Self::SimpsonReversal
            | Self::FunnelLargestDrop
            | Self::FunnelSegmentGap
            | Self::CorrelatedMeasures
            | Self::DiminishingReturns => Some(Family::Structure),
            Self::NoMaterialChange => Some(Family::Equivalence),
            Self::ChangeDriver
            | Self::KpiTreeDriver
            | Self::MixVsRate
            | Self::DeliveryGap
            | Self::DataQuality => None,
        }
    }
}

/// Tests whose false discoveries are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Something changed, or is unlike its like.
    Change,
    /// Something is so, and easy to see.
    Structure,
    /// Nothing changed.
    Equivalence,
}

/// What a claim is about: by it, and its kind, the insight is known from one version of a view to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The measure's id; empty where the whole result is meant.
    pub measure: String,
    /// Dimension and value of each filter.
    pub filters: Vec<(String, String)>,
    /// The dimension whose values are held against each other.
    pub dimension: Option<String>,
    /// The other measure, or the other side of a comparison.
    pub with: Option<String>,
    /// The date of a point or a break.
    pub date: Option<NaiveDate>,
}

/// A number of the evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The name by which the sentence refers to it.
    pub id: &'static str,
    /// The number.
    pub v: f64,
    /// The number itself, where it comes from exact arithmetic.
    pub exact: Option<Decimal>,
    /// Of a quotient numerator and denominator.
    pub parts: Option<(f64, f64)>,
    /// How it is shown.
    pub show: Show,
}

/// How a number is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Show {
    /// As the measure's values are, with its unit.
    Measure(Format, String),
    /// The same without its sign: the size of a difference, whose direction a word tells.
    Size(Format, String),
    /// A share or a change in proportion, in percent, without its sign.
    Share,
    /// A difference of percentages, in percentage points, without its sign.
    Points,
    /// A count.
    Count,
    /// A coefficient, two digits behind the point.
    Coefficient,
    /// Not in the sentence.
    Hidden,
}

impl Show {
    /// How a difference of what is shown like this is.
    pub fn size(&self) -> Self {
        match self {
            Self::Measure(format, unit) => Self::Size(*format, unit.clone()),
            other => other.clone(),
        }
    }
}

/// The size of what a claim says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// What it measures: `relative`, `share`, `points`, …
    pub name: &'static str,
    /// Its value.
    pub v: f64,
    /// Where the true one lies with 95 %.
    pub ci95: Option<(f64, f64)>,
    /// The size below which it would be trivial.
    pub floor: f64,
}

/// A test's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Test {
    /// Its name.
    pub name: &'static str,
    /// The scale it was made on: `log` or `identity`; empty where there is none.
    pub scale: &'static str,
    /// The statistic.
    pub stat: f64,
    /// Degrees of freedom.
    pub df: Option<f64>,
    /// The probability of a statistic like this where there is nothing beyond the floor.
    pub p: f64,
    /// The same where there is nothing at all, floor or not: how surprising the direction is.
    pub p_any: f64,
    /// The dispersion, where it is estimated.
    pub phi: Option<f64>,
    /// The autocorrelation, where it is estimated.
    pub rho: Option<f64>,
    /// How many values it was made from.
    pub n: usize,
}

/// The dates a claim looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The dates it is about.
    pub current: Option<Window>,
    /// The dates they are held against.
    pub reference: Option<Window>,
    /// Whether both have each weekday equally often.
    pub is_aligned: bool,
}

/// A claim, before it is judged among all that were tested.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its kind.
    pub kind: Kind,
    /// What it is about.
    pub subject: Subject,
    /// The dates.
    pub span: Span,
    /// The numbers.
    pub values: Vec<Value>,
    /// The size.
    pub effect: Effect,
    /// The test; `None` for exact arithmetic.
    pub test: Option<Test>,
    /// The subject's share of the measure, 0 to 1.
    pub impact: f64,
    /// The most its confidence may be.
    pub cap: f64,
    /// What a reader should know beside it.
    pub caveats: Vec<String>,
    /// The sentence, with names of values and words in braces.
    pub template: String,
    /// The words the sentence names: directions and steps of time.
    pub words: Vec<(&'static str, String)>,
    /// What the sentence calls measures, dimensions and their values.
    pub names: Vec<(&'static str, String)>,
    /// The level of each weekday from Monday, where it tells of them; `None` where one has no values.
    pub weekdays: Vec<Option<f64>>,
    /// Whether it may be published at all: sign and numbers agree, and no other claim says it better.
    pub stands: bool,
    /// Whether it was so at the same time of earlier years, too: it ranks behind what is new.
    pub is_usual: bool,
}

impl Claim {
    /// A claim without numbers yet.
    pub fn new(kind: Kind, subject: Subject, impact: f64, effect: Effect, template: &str) -> Self {
        Self {
            kind,
            subject,
            span: Span::default(),
            values: Vec::new(),
            effect,
            test: None,
            impact,
            cap: 1.0,
            caveats: Vec::new(),
            template: template.to_owned(),
            words: Vec::new(),
            names: Vec::new(),
            weekdays: Vec::new(),
            stands: true,
            is_usual: false,
        }
    }

    /// Adds a number.
    pub fn value(mut self, id: &'static str, v: f64, show: Show) -> Self {
        self.values.push(Value {
            id,
            v,
            exact: None,
            parts: None,
            show,
        });
        self
    }

    /// Adds an exact number.
    pub fn exact(mut self, id: &'static str, value: Decimal, show: Show) -> Self {
        self.values.push(Value {
            id,
            v: value.to_f64(),
            exact: Some(value),
            parts: None,
            show,
        });
        self
    }

    /// Adds a quotient with its parts.
    pub fn quotient(mut self, id: &'static str, v: f64, parts: (f64, f64), show: Show) -> Self {
        self.values.push(Value {
            id,
            v,
            exact: None,
            parts: Some(parts),
            show,
        });
        self
    }

    /// Adds a name.
    pub fn name(mut self, id: &'static str, name: impl Into<String>) -> Self {
        self.names.push((id, name.into()));
        self
    }

    /// Adds a word.
    pub fn word(mut self, id: &'static str, word: impl Into<String>) -> Self {
        self.words.push((id, word.into()));
        self
    }

    /// Sets the test.
    pub fn tested(mut self, test: Test) -> Self {
        self.test = Some(test);
        self
    }

    /// Sets the dates.
    pub fn over(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    /// Sets whether it may be published.
    pub fn standing(mut self, stands: bool) -> Self {
        self.stands &= stands;
        self
    }

    /// Says that it was so at the same time of earlier years, where it was: told behind the end of its sentence.
    pub fn usual(mut self, is_usual: bool) -> Self {
        if is_usual {
            self.template += " So it was at this time of earlier years.";
            self.is_usual = true;
        }
        self
    }

    /// Caps its confidence.
    pub fn capped(mut self, cap: f64) -> Self {
        self.cap = self.cap.min(cap);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_judged_in_the_family_it_belongs_to() {
        let of = |family: Option<Family>| -> Vec<&str> {
            let kinds = Kind::ALL.into_iter().filter(|kind| kind.family() == family);
            kinds.map(Kind::name).collect()
        };
        assert_eq!(
            of(Some(Family::Change)),
            [
                "trend",
                "level_shift",
                "anomaly_point",
                "period_change",
                "rate_change",
                "segment_outlier",
                "funnel_step_change",
                "common_pattern_exception",
            ]
        );
        assert_eq!(of(Some(Family::Equivalence)), ["no_material_change"]);
        assert_eq!(
            of(None),
            [
                "change_driver",
                "kpi_tree_driver",
                "mix_vs_rate",
                "delivery_gap",
                "data_quality"
            ]
        );
        assert_eq!(of(Some(Family::Structure)).len(), 10);
    }
}
