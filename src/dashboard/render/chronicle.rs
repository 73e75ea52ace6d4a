//! A view's [`Chronicle`]: its numbers by step of time, from the same cube as its datasets.

use chrono::NaiveDate;

use super::coverage::{Coverage, date_at};
use super::cube::Cube;
use super::fields::Fields;
use super::measures::{Measure, Source};
use super::order::is_calendar;
use super::quality::lost_numbers;
use super::ranking::text_of;
use super::totals::{Formula, Totals};
use crate::aggregate::{Kind, OTHER};
use crate::dashboard::chronicle::{
    Axis, Chronicle, Cross, Faults, Metric, MetricKind, Pair, Segment, Step, Track,
};
use crate::dashboard::{Cadence, Compare, Contribution, PeriodKey, ViewInput};
use crate::decimal::Decimal;
use crate::ids::ExecutionId;

/// The most steps that are looked at, from the newest: two years of days, of which one may be compared with the other.
const MAX_STEPS: usize = 800;
/// The most dimensions.
const MAX_AXES: usize = 6;
/// The most values of a dimension.
const MAX_SEGMENTS: usize = 24;
/// The most values of a dimension that is crossed with another one.
const MAX_CROSSED: usize = 12;
/// The most dimensions that are crossed with each other.
const MAX_CROSSED_AXES: usize = 3;

/// The chronicle of a view; `funnel` are the stages its funnel goes through, as positions of measures.
pub fn chronicle(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields, funnel: &[usize]) -> Chronicle {
    let results = results(input);
    let steps = Steps::of(input, cube);
    let count = steps.list.len();
    let whole = cube.grouped(&[], count, |read, date, _| steps.of_read(read, date));
    let tracks = |totals: &Totals, first: usize| tracks(fields, totals, first, count);
    let shown: Vec<usize> = (0..fields.dimensions.len()).take(MAX_AXES).collect();
    let chosen: Vec<Vec<u32>> = shown
        .iter()
        .map(|dimension| largest(cube, fields, *dimension))
        .collect();
    let dimensions = shown
        .iter()
        .map(|dimension| axis(cube, fields, &steps, *dimension, &chosen[*dimension]))
        .collect();
    Chronicle {
        cadence: input.cadence,
        is_timed: results.iter().any(|result| result.partial.kind == Kind::Timed),
        newest_finish: newest_finish(input),
        compare: compared(input, &steps.list),
        measures: fields
            .measures
            .iter()
            .map(|measure| metric(measure, cube, fields, &results))
            .collect(),
        whole: tracks(&whole, 0),
        dimensions,
        crosses: crosses(cube, fields, &chosen),
        stages: stages(input, fields, funnel),
        faults: Faults {
            rows_shown: cube.whole().rows[0],
            ..faults(&results, fields)
        },
        executions: executions(input),
        datasets: Vec::new(),
        steps: steps.list,
    }
}

/// The windows that the dashboard compares, where the steps hold all of both and no date lies in both.
fn compared(input: &ViewInput<'_>, steps: &[Step]) -> Option<Compare> {
    let compare = input.compare().ok()?;
    let first = steps.first()?.dates.start();
    let is_whole = compare.previous.start() >= first || nothing_lies_before(input, first);
    let is_apart = compare.previous.intersection(compare.current).is_none();
    (is_whole && is_apart).then_some(compare)
}

/// Whether nothing that the view reads lies before the date.
fn nothing_lies_before(input: &ViewInput<'_>, first: NaiveDate) -> bool {
    let mut dates = input.contributions.iter().flat_map(|read| {
        let dates = &read.partial.cells.dates;
        let next = dates.partition_point(|date| *date < read.from);
        dates.get(next).filter(|date| **date <= read.to)
    });
    dates.all(|date| *date >= first)
}

/// The steps of a chronicle.
struct Steps {
    list: Vec<Step>,
    first: Option<NaiveDate>,
    cadence: Cadence,
}

impl Steps {
    fn of(input: &ViewInput<'_>, cube: &Cube<'_>) -> Self {
        let dates = || cube.before.dates.iter().chain(&cube.shown.dates);
        let (first, last) = (dates().min().copied(), dates().max().copied());
        // Dates between the view and the window a year before are not read.
        let first = match input.plan.key {
            PeriodKey::Execution(_) => first,
            _ => first.max(input.plan.reads_all_from()),
        };
        // Dates without rows are shown, too.
        let shown = input.contributions.iter().filter(|read| read.in_view);
        let shown_from = shown.map(|read| read.from).min();
        let coverage = Coverage::of(input.contributions.iter(), input.config.timezone(), input.cadence);
        let mut list = Vec::new();
        let mut next = last.map(|last| input.cadence.around(last));
        while let (Some(dates), Some(first)) = (next, first)
            && dates.end() >= first
            && list.len() < MAX_STEPS
        {
            let in_view = shown_from.is_some_and(|from| from <= dates.end());
            let days = if in_view { &cube.shown } else { &cube.before };
            list.push(Step {
                dates,
                is_complete: coverage.is_complete(dates, days),
                in_view,
            });
            next = input.cadence.before(dates.start());
        }
        list.reverse();
        Self {
            first: list.first().map(|step| step.dates.start()),
            cadence: input.cadence,
            list,
        }
    }

    /// The step of a result's date. Of steps that the view shows nothing counts that is read for the comparison alone.
    fn of_read(&self, read: &Contribution<'_>, date: NaiveDate) -> Option<usize> {
        let step = self.of_date(date)?;
        (read.in_view || !self.list[step].in_view).then_some(step)
    }

    fn of_date(&self, date: NaiveDate) -> Option<usize> {
        let first = self.first.filter(|first| *first <= date)?;
        match self.cadence {
            Cadence::Day => usize::try_from((date - first).num_days()).ok(),
            _ => Some(self.list.partition_point(|step| step.dates.end() < date)),
        }
        .filter(|step| *step < self.list.len())
    }
}

fn axis(cube: &Cube<'_>, fields: &Fields, steps: &Steps, dimension: usize, chosen: &[u32]) -> Axis {
    let dictionary = &cube.dictionaries[dimension];
    let count = steps.list.len();
    let mut place = vec![None; dictionary.codes()];
    for (index, code) in chosen.iter().enumerate() {
        place[*code as usize] = Some(index);
    }
    let totals = cube.grouped(&[dimension], count * chosen.len(), |read, date, codes| {
        let segment = place[codes[0] as usize]?;
        Some(segment * count + steps.of_read(read, date)?)
    });
    let value = |code: &u32| dictionary.values.get(*code as usize).copied();
    let segments = chosen.iter().enumerate().map(|(index, code)| Segment {
        name: text_of(dictionary, *code).to_owned(),
        is_blank: value(code).is_none(),
        tracks: tracks(fields, &totals, index * count, count),
    });
    let field = &fields.dimensions[dimension].field;
    let named: Vec<&str> = chosen.iter().filter_map(value).collect();
    let experiment = fields
        .experiment
        .as_ref()
        .filter(|experiment| experiment.dimension == dimension);
    Axis {
        id: field.id.clone(),
        label: field.label.clone(),
        segments: segments.collect(),
        values: dictionary.codes() - 1,
        is_calendar: is_calendar(&field.label, &named),
        control: experiment.and_then(|experiment| {
            chosen
                .iter()
                .position(|code| value(code) == Some(&experiment.control))
        }),
        is_lower_bound: dictionary.folded.is_some(),
    }
}

/// The codes of a dimension's largest values, by what the dashboard ranks by; what was folded together is none.
fn largest(cube: &Cube<'_>, fields: &Fields, dimension: usize) -> Vec<u32> {
    let dictionary = &cube.dictionaries[dimension];
    let width = cube.dictionaries.len();
    let combinations = &cube.combinations;
    let mut totals = Totals::like(&combinations.totals);
    totals.resize(dictionary.codes());
    totals.add_groups(&combinations.totals, |group| {
        Some(combinations.codes[group * width + dimension] as usize)
    });
    let is_folded = |code: usize| dictionary.values.get(code).is_some_and(|value| *value == OTHER);
    let mut codes: Vec<usize> = (0..dictionary.codes())
        .filter(|code| totals.rows[*code] > 0 && !is_folded(*code))
        .collect();
    let size = |code: usize| fields.ranked_by().amount(&totals, code);
    codes.sort_by(|a, b| size(*b).cmp(&size(*a)).then(a.cmp(b)));
    codes.truncate(MAX_SEGMENTS);
    codes.into_iter().map(|code| code as u32).collect()
}

fn tracks(fields: &Fields, totals: &Totals, first: usize, count: usize) -> Vec<Track> {
    let track = |measure: &Measure| {
        let groups = first..first + count;
        if is_quotient(&measure.formula) {
            let (amounts, bases) = groups.map(|group| measure.formula.parts(totals, group)).unzip();
            return Track { amounts, bases };
        }
        let amount = |group: usize| match totals.rows[group] {
            0 => None,
            _ => measure.formula.amount(totals, group),
        };
        Track {
            amounts: groups.map(amount).collect(),
            bases: Vec::new(),
        }
    };
    match count {
        0 => vec![Track::default(); fields.measures.len()],
        _ => fields.measures.iter().map(track).collect(),
    }
}

fn is_quotient(formula: &Formula) -> bool {
    matches!(formula, Formula::Ratio(..) | Formula::Mean(_) | Formula::Level(_))
}

fn metric(measure: &Measure, cube: &Cube<'_>, fields: &Fields, results: &[&Contribution<'_>]) -> Metric {
    let kind = match &measure.formula {
        // How high a counter stands tells when it began, and not what happened since.
        _ if measure.is_counter => MetricKind::Other,
        Formula::Ratio(_, _, factor) => MetricKind::Quotient {
            parts: measure.ratio.clone(),
            factor: *factor,
        },
        Formula::Mean(_) | Formula::Level(_) => MetricKind::Quotient {
            parts: None,
            factor: Decimal::ONE,
        },
        formula if formula.is_additive() => MetricKind::Sum,
        _ => MetricKind::Other,
    };
    let values = match measure.formula {
        Formula::Sum(slot) | Formula::Mean(slot) | Formula::Level(slot) => Some(slot),
        _ => None,
    };
    let whole = cube.whole();
    let nulls = values
        .and_then(|slot| Formula::Count(slot).amount(&whole, 0))
        .map_or(0, |count| whole.rows[0].saturating_sub(count.to_f64() as u64));
    Metric {
        id: measure.field.id.clone(),
        label: measure.field.label.clone(),
        unit: measure.field.unit.clone(),
        format: measure.format,
        good: measure.good,
        kind,
        is_level: matches!(measure.formula, Formula::Level(_)),
        sources: measure.formula.slots(),
        nulls,
        lost: values.map_or(0, |slot| lost(&fields.slots[slot], fields, results)),
        reason: measure.reason.clone(),
    }
}

/// How many numbers of a column the results could not keep, each result counted whole.
fn lost(source: &Source, fields: &Fields, results: &[&Contribution<'_>]) -> u64 {
    let Source::Column(column) = source else {
        return 0;
    };
    let columns = results.iter().flat_map(|result| &result.partial.columns);
    let own = columns.filter(|own| own.label == fields.labels[*column]);
    own.map(|own| own.lost.out_of_range).sum()
}

/// Each pair of the first dimensions that have few values.
fn crosses(cube: &Cube<'_>, fields: &Fields, chosen: &[Vec<u32>]) -> Vec<Cross> {
    let fit: Vec<usize> = (0..chosen.len())
        .filter(|dimension| (2..=MAX_CROSSED).contains(&chosen[*dimension].len()))
        .take(MAX_CROSSED_AXES)
        .collect();
    let pairs = fit
        .iter()
        .enumerate()
        .flat_map(|(at, a)| fit[at + 1..].iter().map(move |b| (*a, *b)));
    pairs.map(|axes| cross(cube, fields, chosen, axes)).collect()
}

fn cross(cube: &Cube<'_>, fields: &Fields, chosen: &[Vec<u32>], (a, b): (usize, usize)) -> Cross {
    let sizes = (chosen[a].len(), chosen[b].len());
    let width = cube.dictionaries.len();
    let combinations = &cube.combinations;
    let place = |dimension: usize, group: usize| {
        let code = combinations.codes[group * width + dimension];
        chosen[dimension].iter().position(|known| *known == code)
    };
    let mut totals = Totals::like(&combinations.totals);
    totals.resize(sizes.0 * sizes.1);
    totals.add_groups(&combinations.totals, |group| {
        Some(place(a, group)? * sizes.1 + place(b, group)?)
    });
    let pair = |formula: &Formula, group: usize| -> Pair {
        match is_quotient(formula) {
            true => formula.parts(&totals, group),
            false => (formula.amount(&totals, group), None),
        }
    };
    let cells = fields.measures.iter().map(|measure| {
        (0..totals.len())
            .map(|group| pair(&measure.formula, group))
            .collect()
    });
    Cross {
        axes: (a, b),
        sizes,
        cells: cells.collect(),
    }
}

/// The stages of the funnel and of funnel panels, where all of them are measures that add up; each chain once.
fn stages(input: &ViewInput<'_>, fields: &Fields, funnel: &[usize]) -> Vec<Vec<usize>> {
    let adds_up = |measure: &usize| fields.measures[*measure].formula.is_additive();
    let declared = input.config.panels().iter().map(|panel| {
        let places = panel.stages.iter().map(|id| fields.measure(id));
        places.collect::<Option<Vec<_>>>().unwrap_or_default()
    });
    let mut chains: Vec<Vec<usize>> = std::iter::once(funnel.to_vec()).chain(declared).collect();
    chains.retain(|chain| chain.len() > 1 && chain.iter().all(adds_up));
    chains.sort();
    chains.dedup();
    chains
}

/// The results shown, each once.
fn results<'a>(input: &'a ViewInput<'_>) -> Vec<&'a Contribution<'a>> {
    let mut shown: Vec<_> = input.contributions.iter().filter(|shown| shown.in_view).collect();
    shown.sort_unstable_by_key(|shown| shown.execution_id);
    shown.dedup_by_key(|shown| shown.execution_id);
    shown
}

fn faults(results: &[&Contribution<'_>], fields: &Fields) -> Faults {
    let mut faults = Faults::default();
    for shown in results {
        let quality = &shown.partial.quality;
        faults.rows += quality.rows;
        faults.outside_window += quality.rows_outside_window;
        faults.without_date += quality.rows_without_date;
        faults.out_of_range += lost_numbers(shown.partial, fields).out_of_range;
        faults.duplicates += quality.duplicate_rows;
    }
    faults
}

fn executions(input: &ViewInput<'_>) -> Vec<ExecutionId> {
    let shown = input.contributions.iter().filter(|shown| shown.in_view);
    let mut executions: Vec<ExecutionId> = shown.map(|shown| shown.execution_id).collect();
    executions.sort_unstable();
    executions.dedup();
    executions
}

fn newest_finish(input: &ViewInput<'_>) -> Option<NaiveDate> {
    let finishes = input.contributions.iter().map(|shown| shown.finished_at_ns);
    finishes.max().map(|time| date_at(time, input.config.timezone()))
}
