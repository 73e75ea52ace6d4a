//! The two sides of a comparison: windows of time, executions, or values of a dimension.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::cube::Cube;
use super::datasets::by_code;
use super::fields::Fields;
use super::ranking::{RankBy, Ranking, text_of};
use super::totals::Totals;
use crate::dashboard::config::{CompareWith, PanelCompare};
use crate::dashboard::{Cadence, Contribution, PeriodKey, ViewInput, words};
use crate::window::Window;

/// Days beyond which windows are drawn by weeks.
const MANY_DAYS: i64 = 180;

/// What is compared.
#[derive(Debug)]
pub struct Sides {
    /// What the base is called, then what is compared with it.
    pub labels: [String; 2],
    /// Which comparison it is: `previous_period`, `previous_year`, `previous_execution` or `segment`.
    pub with: &'static str,
    split: Split,
}

#[derive(Debug)]
enum Split {
    /// By date: base, current.
    Windows([Window; 2]),
    /// What is shown against what is read for the comparison alone; both count whole.
    Executions([Window; 2]),
    /// Two codes of a dimension.
    Segments { dimension: usize, codes: [u32; 2] },
}

/// The step in which both windows are laid over each other.
#[derive(Debug, Clone, Copy)]
enum Step {
    Days(i64),
    Months(i32),
}

impl Sides {
    /// What the configuration asks for; without it the arms of an experiment, else the period before, and where there is none,
    /// two values of a dimension.
    ///
    /// # Errors
    /// Why there is nothing to compare, as a sentence for the analyst.
    pub fn of(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields) -> Result<Self, String> {
        match input.config.comparison().map(|comparison| comparison.with) {
            Some(CompareWith::Segment) => Self::segments(input, cube, fields),
            Some(CompareWith::PreviousYear) => Self::years(input),
            Some(CompareWith::PreviousPeriod) => Self::periods(input),
            None if fields.experiment.is_some() => Self::segments(input, cube, fields),
            None => {
                Self::periods(input).or_else(|reason| Self::segments(input, cube, fields).map_err(|_| reason))
            }
        }
    }

    /// What a panel compares: the period before, or the year before.
    ///
    /// # Errors
    /// Why there is nothing to compare, as a sentence for the analyst.
    pub fn of_panel(input: &ViewInput<'_>, compare: Option<PanelCompare>) -> Result<Self, String> {
        match compare {
            None | Some(PanelCompare::PreviousPeriod) => Self::periods(input),
            Some(PanelCompare::PreviousYear) => Self::years(input),
        }
    }

    fn years(input: &ViewInput<'_>) -> Result<Self, String> {
        let compare = input.plan.compare.map_err(|reason| reason.to_string())?;
        let base = input.plan.year_before.map_err(|reason| reason.to_string())?;
        Ok(Self::windows(
            base,
            compare.current,
            "previous_year",
            Split::Windows,
        ))
    }

    fn periods(input: &ViewInput<'_>) -> Result<Self, String> {
        let compare = input.plan.compare.map_err(|reason| reason.to_string())?;
        Ok(match input.plan.key {
            PeriodKey::Execution(_) => Self::windows(
                compare.previous,
                compare.current,
                "previous_execution",
                Split::Executions,
            ),
            PeriodKey::Rolling | PeriodKey::All | PeriodKey::Calendar(..) => Self::windows(
                compare.previous,
                compare.current,
                "previous_period",
                Split::Windows,
            ),
        })
    }

    fn windows(
        base: Window,
        current: Window,
        with: &'static str,
        split: impl Fn([Window; 2]) -> Split,
    ) -> Self {
        Self {
            labels: [base, current].map(words::window),
            with,
            split: split([base, current]),
        }
    }

    /// The declared values, else the two largest of the declared dimension, else of that of an experiment, of which one is its
    /// control, else of the first one with just two values; of one with more only where segments are asked for.
    fn segments(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields) -> Result<Self, String> {
        let declared = input.config.comparison();
        let named = declared.and_then(|comparison| comparison.dimension.as_deref());
        let present = |dimension: usize| -> Vec<u32> {
            let totals = by_code(cube, dimension);
            let ranking_value = |code: usize| fields.ranked_by().amount(&totals, code);
            let dictionary = &cube.dictionaries[dimension];
            let by = RankBy {
                label: "",
                value: &ranking_value,
                cap: dictionary.codes(),
            };
            let ranking = Ranking::of(dictionary, &totals, by);
            let named = ranking.entry_of.iter().take(dictionary.values.len()).enumerate();
            let mut codes: Vec<(usize, u32)> = named
                .filter(|(code, _)| dictionary.folded != Some(*code))
                .filter_map(|(code, entry)| Some(((*entry)?, code as u32)))
                .collect();
            codes.sort_unstable();
            codes.into_iter().map(|(_, code)| code).collect()
        };
        let experiment = fields.experiment.as_ref();
        let dimension = match (named, experiment) {
            (Some(id), _) => fields
                .dimension(id)
                .ok_or(format!("no result has a dimension \"{id}\""))?,
            (None, Some(experiment)) => experiment.dimension,
            (None, None) => {
                let declared = declared.is_some_and(|comparison| comparison.with == CompareWith::Segment);
                let counts: Vec<usize> = (0..fields.dimensions.len())
                    .map(|index| present(index).len())
                    .collect();
                let two = counts.iter().position(|count| *count == 2);
                let more = counts.iter().position(|count| *count > 2 && declared);
                two.or(more).ok_or("no dimension has two values to compare")?
            }
        };
        let find = |text: &String| {
            let found = cube.dictionaries[dimension].values.binary_search(&text.as_str());
            found
                .map(|code| code as u32)
                .map_err(|_| format!("no row has the value \"{text}\""))
        };
        let codes = match declared.and_then(|comparison| comparison.segments.as_ref()) {
            Some((base, current)) => [find(base)?, find(current)?],
            None => {
                let mut present = present(dimension);
                let control = experiment.filter(|experiment| experiment.dimension == dimension);
                if let Some(control) = control.and_then(|experiment| find(&experiment.control).ok()) {
                    present.retain(|code| *code != control);
                    present.insert(1.min(present.len()), control);
                }
                match present[..] {
                    [largest, second, ..] => [second, largest],
                    _ => return Err("the dimension has no two values to compare".to_owned()),
                }
            }
        };
        Ok(Self {
            labels: codes.map(|code| text_of(&cube.dictionaries[dimension], code).to_owned()),
            with: "segment",
            split: Split::Segments { dimension, codes },
        })
    }

    /// The dimension whose values are compared, if that is what is done.
    pub fn segmented(&self) -> Option<usize> {
        match self.split {
            Split::Segments { dimension, .. } => Some(dimension),
            Split::Windows(_) | Split::Executions(_) => None,
        }
    }

    /// What the sides are called in legends and labels: of time before and after, of segments their values. Dates would make
    /// charts change with every event.
    pub fn names(&self) -> [String; 2] {
        match self.split {
            Split::Segments { .. } => self.labels.clone(),
            Split::Windows(_) | Split::Executions(_) => ["before", "after"].map(str::to_owned),
        }
    }

    /// Both windows, base first.
    pub fn windows_of_time(&self) -> Option<[Window; 2]> {
        match self.split {
            Split::Windows(windows) | Split::Executions(windows) => Some(windows),
            Split::Segments { .. } => None,
        }
    }

    /// The aggregates of both sides: group 0 is the base, 1 the other.
    pub fn totals(&self, cube: &Cube<'_>) -> Totals {
        self.grouped(cube, None, 1, |_, _, _| Some(0))
    }

    /// The aggregates by the codes of a dimension: group 2 × code + side.
    pub fn by_code(&self, cube: &Cube<'_>, dimension: usize) -> Totals {
        let codes = cube.dictionaries[dimension].codes();
        self.grouped(cube, Some(dimension), codes, |_, _, code| Some(code as usize))
    }

    /// The aggregates by steps of both windows laid over each other (group 2 × step + side), and the first day of each
    /// step on the newer side; none where no time is compared.
    pub fn aligned(&self, cube: &Cube<'_>, cadence: Cadence) -> Option<(Vec<NaiveDate>, Totals)> {
        let windows = self.windows_of_time()?;
        let longest = windows.into_iter().max_by_key(|window| window.days())?;
        let step = match cadence {
            Cadence::Day if longest.days() <= MANY_DAYS => Step::Days(1),
            Cadence::Day | Cadence::Week => Step::Days(7),
            Cadence::Month => Step::Months(1),
            Cadence::Quarter => Step::Months(3),
            Cadence::Year => Step::Months(12),
        };
        let steps = step.between(longest.start(), longest.end()) + 1;
        let dates: Option<Vec<NaiveDate>> = (0..steps)
            .map(|index| step.after(windows[1].start(), index))
            .collect();
        let drawn = windows.map(|window| step.comparable(window, windows).unwrap_or(steps));
        let totals = self.grouped(cube, None, steps, |side, date, _| {
            Some(step.between(windows[side].start(), date)).filter(|index| *index < drawn[side])
        });
        Some((dates?, totals))
    }

    /// Sums cells by 2 × group + side; `group_of` gets the side, the date and the code of the dimension.
    fn grouped(
        &self,
        cube: &Cube<'_>,
        dimension: Option<usize>,
        groups: usize,
        group_of: impl Fn(usize, NaiveDate, u32) -> Option<usize>,
    ) -> Totals {
        let dimensions: Vec<usize> = self.segmented().into_iter().chain(dimension).collect();
        cube.grouped(&dimensions, groups * 2, |contribution, date, codes| {
            let side = self.side(contribution, date, codes)?;
            let code = codes.last().copied().unwrap_or(0);
            Some(group_of(side, date, code)? * 2 + side)
        })
    }

    fn side(&self, contribution: &Contribution<'_>, date: NaiveDate, codes: &[u32]) -> Option<usize> {
        match self.split {
            Split::Windows([base, current]) => match () {
                () if current.contains(date) => Some(1),
                () if base.contains(date) => Some(0),
                () => None,
            },
            Split::Executions(_) => Some(usize::from(contribution.in_view)),
            Split::Segments { codes: wanted, .. } => {
                let side = wanted.iter().position(|code| *code == codes[0]);
                side.filter(|_| contribution.in_view)
            }
        }
    }
}

impl Step {
    /// The number of whole steps from one date to another; 0 where that lies before.
    fn between(self, from: NaiveDate, to: NaiveDate) -> usize {
        let count = match self {
            Self::Days(days) => (to - from).num_days() / days,
            Self::Months(months) => {
                let month = |date: NaiveDate| date.year() * 12 + date.month0() as i32;
                i64::from((month(to) - month(from)) / months)
            }
        };
        usize::try_from(count).unwrap_or(0)
    }

    /// How many steps of a window may stand beside the other's: where the windows are not equally long, a last step of
    /// fewer days would seem to fall. None where all of them may.
    fn comparable(self, window: Window, windows: [Window; 2]) -> Option<usize> {
        match self {
            Self::Days(days) if windows[0].days() != windows[1].days() => {
                usize::try_from(window.days() / days).ok()
            }
            Self::Days(_) | Self::Months(_) => None,
        }
    }

    fn after(self, from: NaiveDate, count: usize) -> Option<NaiveDate> {
        match self {
            Self::Days(days) => from.checked_add_days(Days::new(days as u64 * count as u64)),
            Self::Months(months) => from.checked_add_months(Months::new(months as u32 * count as u32)),
        }
    }
}
