//! The funnel dashboard: stages with their conversion, over time and by segment.

use super::chart::{self, Chart};
use super::content::{Block, Content, coverage};
use super::cube::Cube;
use super::dataset::{Cell, Dataset, Derived, Key};
use super::datasets::{breakdown, table, trend};
use super::fields::{Field, Fields};
use super::grain::Grain;
use super::stages::Stages;
use super::totals::Totals;
use super::value::Value;
use crate::dashboard::config::Format;
use crate::dashboard::{ViewInput, words};
use crate::decimal::Decimal;

/// The most dimensions by whose values the stages are told apart.
const MAX_SEGMENTED: usize = 4;

/// The content of a funnel dashboard.
pub fn funnel(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields, stages: &Stages) -> Content {
    let grain = Grain::choose(input.cadence, &cube.shown.dates);
    let trend = trend(cube, fields, grain, coverage(input, fields).as_ref());
    let measures = stages.measures(fields);
    let whole = stage_table("stages", fields, &measures, &cube.whole());
    let breakdowns: Vec<Dataset> = (0..fields.dimensions.len())
        .map(|dimension| breakdown(cube, fields, dimension).0)
        .collect();
    let mut segmented: Vec<&Dataset> = breakdowns.iter().filter(|dataset| dataset.len() > 1).collect();
    segmented.sort_by_key(|dataset| dataset.is_cut);
    segmented.truncate(MAX_SEGMENTED);
    let by_segment: Vec<Dataset> = segmented
        .into_iter()
        .map(|dataset| by_segment(fields, &measures, dataset))
        .collect();
    let mut charts: Vec<Chart> = Vec::new();
    let mut blocks = vec![Block::Metrics];
    if measures.len() < 2 {
        blocks.push(Block::Note(TOO_FEW.to_owned()));
    } else {
        charts.push(chart::funnel(
            &whole,
            &stages_title(fields, &measures),
            &stages.counting,
        ));
    }
    if !stages.unknown.is_empty() {
        let unknown = stages.unknown.join(", ");
        blocks.push(Block::Note(format!(
            "No measure has the id of these stages: {unknown}."
        )));
    }
    let conversion = stages.conversion.as_ref().and_then(|id| fields.measure(id));
    for measure in conversion.into_iter().chain(measures.first().copied()) {
        let measure = &fields.measures[measure];
        charts.extend(trend.shows(measure).then(|| chart::trend(&trend, measure, grain)));
    }
    for dataset in breakdowns.iter().filter(|dataset| dataset.len() > 1) {
        let measure = conversion.map(|index| &fields.measures[index]);
        let measure = measure.filter(|measure| dataset.shows(measure));
        charts.extend(measure.map(|measure| chart::bars(dataset, measure, dataset.is_ordered, None)));
    }
    if measures.len() > 2 {
        charts.extend(by_segment.iter().map(chart::steps));
    }
    blocks.extend(charts.iter().map(Block::of));
    blocks.push(Block::Table(whole.name.clone(), Some("Stages".to_owned())));
    blocks.push(Block::Table("table".to_owned(), None));
    let mut datasets = vec![table(cube, fields, &trend), trend, whole];
    datasets.extend(breakdowns);
    datasets.extend(by_segment);
    Content {
        grain,
        datasets,
        charts,
        blocks,
        facts: vec![("funnel", stages.to_json())],
    }
}

/// From the first stage to the last.
pub fn stages_title(fields: &Fields, stages: &[usize]) -> String {
    let label = |stage: Option<&usize>| stage.map_or("", |index| &fields.measures[*index].field.label);
    format!("From {} to {}", label(stages.first()), label(stages.last()))
}

/// What is said where no funnel can be shown.
const TOO_FEW: &str = "A funnel needs two stages: measures that count, a column whose role is stage, or a panel of the \
                       configuration that declares them.";

/// One row a stage, over a single group.
pub fn stage_table(name: &str, fields: &Fields, stages: &[usize], totals: &Totals) -> Dataset {
    let counts = counts(fields, stages, totals, 0);
    let keys = stages
        .iter()
        .map(|index| Key::text(&fields.measures[*index].field.label));
    Dataset {
        is_ordered: true,
        ..Dataset::of_derived(
            name.to_owned(),
            vec![Field::dimension("stage", "Stage")],
            keys.collect(),
            columns(&[counts]),
        )
    }
}

/// One row for each value of a breakdown and each stage.
fn by_segment(fields: &Fields, stages: &[usize], segments: &Dataset) -> Dataset {
    let rows: Vec<Vec<Option<Decimal>>> = segments
        .groups
        .iter()
        .map(|group| counts(fields, stages, &segments.totals, *group))
        .collect();
    let labels = || {
        stages
            .iter()
            .map(|index| Key::text(&fields.measures[*index].field.label))
    };
    let keys = segments
        .keys
        .iter()
        .flat_map(|segment| labels().flat_map(|stage| [segment.clone(), stage]));
    let axis = &segments.axes[0];
    let stage_id = if axis.id == "stage" { "stage_2" } else { "stage" };
    let axes = vec![axis.clone(), Field::dimension(stage_id, "Stage")];
    Dataset {
        is_cut: segments.is_cut,
        is_lower_bound: segments.is_lower_bound,
        is_ordered: segments.is_ordered,
        ..Dataset::of_derived(
            format!("stages_by_{}", axis.id),
            axes,
            keys.collect(),
            columns(&rows),
        )
    }
}

fn counts(fields: &Fields, stages: &[usize], totals: &Totals, group: usize) -> Vec<Option<Decimal>> {
    let count = |index: &usize| fields.measures[*index].formula.amount(totals, group);
    stages.iter().map(count).collect()
}

/// A value of a stage, from the counts of its row.
type OfStage<'a> = &'a dyn Fn(&[Option<Decimal>], usize) -> Option<Value>;

/// The columns of stages: count, share of the first and of the stage before, and what was lost on the way from there.
fn columns(rows: &[Vec<Option<Decimal>>]) -> Vec<Derived> {
    let all = |value: OfStage<'_>| -> Vec<Option<Value>> {
        let row = |row: &Vec<Option<Decimal>>| (0..row.len()).map(|at| value(row, at)).collect::<Vec<_>>();
        rows.iter().flat_map(row).collect()
    };
    let before = |row: &[Option<Decimal>], at: usize| row[at.checked_sub(1)?];
    let lost = |row: &[Option<Decimal>], at: usize| Some(before(row, at)? - row[at]?);
    let of_first = all(&|row, at| Value::quotient(row[at]?, row[0]?));
    let of_previous = all(&|row, at| Value::quotient(row[at]?, before(row, at)?));
    let count = all(&|row, at| row[at].map(Value::Exact));
    let labels = (count.iter().zip(&of_first).zip(&of_previous))
        .map(|((count, first), previous)| Cell::Text(label(*count, *first, *previous)))
        .collect();
    let ratio = |id, label| Field::number(id, label, "ratio", "", Format::Percent);
    let number = |id, label| Field::number(id, label, "measure", "", Format::Number);
    vec![
        Derived::numbers(number("count", "Count"), count),
        Derived::numbers(ratio("of_first", "Of the first"), of_first),
        Derived::numbers(ratio("of_previous", "Of the stage before"), of_previous),
        Derived::numbers(
            number("drop_off", "Lost since the stage before"),
            all(&|row, at| lost(row, at).map(Value::Exact)),
        ),
        Derived::numbers(
            ratio("drop_off_rate", "Share lost since the stage before"),
            all(&|row, at| Value::quotient(lost(row, at)?, before(row, at)?)),
        ),
        Derived {
            field: Field::dimension("label", "In words"),
            cells: labels,
        },
    ]
}

/// `1,234 · 12.3 % of the first · 45.6 % of the stage before`.
fn label(count: Option<Value>, first: Option<Value>, previous: Option<Value>) -> String {
    let mut label = count
        .and_then(Value::decimal)
        .map_or("no value".to_owned(), words::amount);
    let percent = |value: Option<Value>| value.and_then(Value::decimal).map(words::percent);
    if let (Some(first), Some(previous)) = (percent(first), percent(previous)) {
        label.push_str(&format!(" · {first} of the first"));
        if first != previous {
            label.push_str(&format!(" · {previous} of the stage before"));
        }
    }
    label
}
