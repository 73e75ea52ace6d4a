//! The comparison dashboard: one period, execution or segment against another, and what made the difference.

use super::changes::{Explained, Segments};
use super::chart::{self, Chart};
use super::content::{Block, Content, coverage};
use super::cube::Cube;
use super::dataset::{Dataset, Key};
use super::datasets::{MAX_ENTRIES, table, trend};
use super::fields::{Field, Fields};
use super::grain::Grain;
use super::json;
use super::measures::Measure;
use super::sides::Sides;
use super::standard::standard;
use super::totals::Formula;
use crate::dashboard::{Cadence, ViewInput};

/// The most dimensions by which changes are told apart.
const MAX_DIMENSIONS: usize = 6;
/// The most dimensions that bridges and mixes are drawn for.
const MAX_EXPLAINED: usize = 3;
/// The most measures that bridges are drawn for, the most lines, and the most quotients.
const MAX_MEASURES: usize = 3;
/// The most segments of a bridge.
const MAX_STEPS: usize = 12;

/// The content of a comparison dashboard; a standard one with the reason on top where nothing can be compared.
pub fn comparison(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields) -> Content {
    match Sides::of(input, cube, fields) {
        Ok(sides) => compared(input, cube, fields, &sides),
        Err(reason) => {
            let mut content = standard(input, cube, fields);
            let mut fact = String::new();
            json::object(
                &mut fact,
                vec![("reason", &json::quoted(&reason)), ("with", "null")],
            );
            content.facts.push(("comparison", fact));
            content
                .blocks
                .insert(1, Block::Note(format!("Nothing is compared: {reason}.")));
            content
        }
    }
}

fn compared(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields, sides: &Sides) -> Content {
    let grain = Grain::choose(input.cadence, &cube.shown.dates);
    let trend = trend(cube, fields, grain, coverage(input, fields).as_ref());
    let both = both_sides(fields, sides, cube);
    let aligned = aligned(fields, sides, cube, input.cadence);
    // Dimensions with few values explain a difference best; dates and names by the hundred explain nothing.
    let mut dimensions: Vec<usize> = (0..fields.dimensions.len())
        .filter(|dimension| Some(*dimension) != sides.segmented())
        .collect();
    dimensions.sort_by_key(|dimension| cube.dictionaries[*dimension].values.len() > MAX_ENTRIES);
    dimensions.truncate(MAX_DIMENSIONS);
    let changes: Vec<Dataset> = dimensions
        .iter()
        .map(|dimension| {
            Segments::of(sides, cube, fields, *dimension, fields.ranked_by(), MAX_ENTRIES)
                .changes(fields, sides)
        })
        .filter(|dataset| dataset.len() > 1)
        .collect();
    let explained = Explanations::of(sides, cube, fields, &dimensions);
    let mut charts = headline_charts(fields, &both, aligned.as_ref(), input.cadence);
    charts.extend(explained.charts(fields, sides, &changes));
    let mut blocks = vec![Block::Metrics];
    blocks.extend(charts.iter().map(Block::of));
    blocks.push(Block::Table(both.name.clone(), Some("Both sides".to_owned())));
    for dataset in &changes {
        let title = format!("Change by {}", dataset.axes[0].label);
        blocks.push(Block::Table(dataset.name.clone(), Some(title)));
    }
    let fact = explained.to_json(sides);
    let mut datasets = vec![table(cube, fields, &trend), trend, both];
    datasets.extend(aligned);
    datasets.extend(changes);
    datasets.extend(
        explained
            .bridges
            .into_iter()
            .chain(explained.mixes)
            .map(|explained| explained.dataset),
    );
    Content {
        grain,
        datasets,
        charts,
        blocks,
        facts: vec![("comparison", fact)],
    }
}

/// Every measure on both sides, the base first.
fn both_sides(fields: &Fields, sides: &Sides, cube: &Cube<'_>) -> Dataset {
    let keys = sides.labels.iter().map(|label| Key::text(label)).collect();
    let axis = Field::dimension(&fields.free_id("side"), "Side");
    Dataset {
        is_ordered: true,
        ..Dataset::new("sides".to_owned(), vec![axis], keys, sides.totals(cube))
    }
}

/// Both windows laid over each other, dated as the newer one; none where there is a single step.
fn aligned(fields: &Fields, sides: &Sides, cube: &Cube<'_>, cadence: Cadence) -> Option<Dataset> {
    let (dates, totals) = sides.aligned(cube, cadence)?;
    if dates.len() < 2 {
        return None;
    }
    // The newer side first, so that it has the first colour.
    let groups = [1, 0]
        .into_iter()
        .flat_map(|side| (0..dates.len()).map(move |step| step * 2 + side));
    let groups: Vec<usize> = groups.filter(|group| totals.rows[*group] > 0).collect();
    let keys = groups
        .iter()
        .flat_map(|group| [Key::Date(dates[group / 2]), Key::text(&sides.labels[group % 2])]);
    let keys = keys.collect();
    let axes = vec![
        fields.time.clone(),
        Field::dimension(&fields.free_id("side"), "side"),
    ];
    Some(Dataset {
        groups,
        is_ordered: true,
        ..Dataset::new("aligned".to_owned(), axes, keys, totals)
    })
}

/// The first measures and the first quotient: over time where time is compared, else a bar a side.
fn headline_charts(
    fields: &Fields,
    both: &Dataset,
    aligned: Option<&Dataset>,
    cadence: Cadence,
) -> Vec<Chart> {
    let quotient = fields
        .measures
        .iter()
        .position(is_quotient)
        .filter(|index| *index >= MAX_MEASURES);
    let drawn = (0..fields.measures.len()).take(MAX_MEASURES).chain(quotient);
    let drawn = drawn
        .map(|index| &fields.measures[index])
        .filter(|measure| both.shows(measure));
    drawn
        .map(|measure| match aligned {
            Some(aligned) => {
                let title = format!("{}, this period and the one compared with", measure.field.label);
                chart::compared(aligned, measure, Grain::Step(cadence), title)
            }
            None => chart::bars(
                both,
                measure,
                true,
                Some(format!("{}, both sides", measure.field.label)),
            ),
        })
        .collect()
}

/// What made the difference.
#[derive(Debug)]
struct Explanations {
    bridges: Vec<Explained>,
    mixes: Vec<Explained>,
}

impl Explanations {
    fn of(sides: &Sides, cube: &Cube<'_>, fields: &Fields, dimensions: &[usize]) -> Self {
        let mut explanations = Self {
            bridges: Vec::new(),
            mixes: Vec::new(),
        };
        let with = |accepts: &dyn Fn(&Measure) -> bool| -> Vec<usize> {
            let found = (0..fields.measures.len()).filter(|index| accepts(&fields.measures[*index]));
            found.take(MAX_MEASURES).collect()
        };
        let (additive, quotients) = (with(&|measure| measure.formula.is_additive()), with(&is_quotient));
        for dimension in dimensions.iter().take(MAX_EXPLAINED) {
            for measure in &additive {
                let by = &fields.measures[*measure].formula;
                let segments = Segments::of(sides, cube, fields, *dimension, by, MAX_STEPS);
                if segments.len() > 1 {
                    let bridge = segments.bridge(fields, *measure, &sides.labels);
                    explanations.bridges.extend(bridge);
                }
            }
            let segments = Segments::of(sides, cube, fields, *dimension, fields.ranked_by(), MAX_ENTRIES);
            for measure in quotients.iter().filter(|_| segments.len() > 1) {
                explanations.mixes.extend(segments.mix_rate(fields, *measure));
            }
        }
        explanations
    }

    fn charts(&self, fields: &Fields, sides: &Sides, changes: &[Dataset]) -> Vec<Chart> {
        let measure = |explained: &Explained| &fields.measures[explained.measure];
        let mut charts: Vec<Chart> = self
            .bridges
            .iter()
            .map(|bridge| chart::waterfall(&bridge.dataset, measure(bridge), None))
            .collect();
        let quotient = fields.measures.iter().find(|measure| is_quotient(measure));
        for dataset in changes.iter().take(MAX_EXPLAINED) {
            let shown = quotient.filter(|measure| dataset.shows(measure));
            charts.extend(shown.map(|measure| chart::before_after(dataset, measure, &sides.names())));
        }
        charts.extend(
            self.mixes
                .iter()
                .map(|mix| chart::mix_rate(&mix.dataset, measure(mix), None)),
        );
        charts
    }

    fn to_json(&self, sides: &Sides) -> String {
        let facts = |explained: &[Explained]| {
            let mut out = String::new();
            json::array(&mut out, explained, |out, explained| {
                out.push_str(&explained.fact)
            });
            out
        };
        let mut labels = String::new();
        json::array(&mut labels, &sides.labels, |out, label| json::string(out, label));
        let mut windows = "null".to_owned();
        if let Some(both) = sides.windows_of_time() {
            windows.clear();
            json::array(&mut windows, both, |out, window| {
                json::array(out, [window.start(), window.end()], json::date);
            });
        }
        let (bridges, mixes) = (facts(&self.bridges), facts(&self.mixes));
        let with = json::quoted(sides.with);
        let members = [
            ("bridges", &bridges),
            ("mix_rate", &mixes),
            ("sides", &labels),
            ("windows", &windows),
            ("with", &with),
        ];
        let mut out = String::new();
        json::object(
            &mut out,
            members
                .into_iter()
                .map(|(key, value)| (key, value.as_str()))
                .collect(),
        );
        out
    }
}

/// Whether it is a quotient of sums, the parts of which add up.
pub fn is_quotient(measure: &Measure) -> bool {
    match &measure.formula {
        Formula::Ratio(numerator, denominator, _) => numerator.is_additive() && denominator.is_additive(),
        formula => matches!(formula, Formula::Mean(_)),
    }
}
