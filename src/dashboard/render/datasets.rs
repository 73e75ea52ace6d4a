//! The datasets of a view: the trend, the breakdowns by one and by two dimensions, the table.

use super::coverage::Coverage;
use super::cube::Cube;
use super::dataset::{Dataset, Key};
use super::fields::Fields;
use super::grain::Grain;
use super::ranking::{RankBy, Ranking, other_text, text_of, top};
use super::totals::{Formula, Totals};

/// The name of the dataset by time.
pub const TREND: &str = "trend";
/// The most entries of a breakdown by one dimension.
pub const MAX_ENTRIES: usize = 25;
/// The most cells of a breakdown by two dimensions.
const MAX_CELLS: usize = 300;
/// The most rows of the table.
const MAX_ROWS: usize = 200;
/// The most dimensions that are crossed with each other.
const MAX_CROSSED: usize = 3;

/// The numbers by steps of the grain. Steps without rows are left out: missing is not zero.
pub fn trend(cube: &Cube<'_>, fields: &Fields, grain: Grain, coverage: Option<&Coverage>) -> Dataset {
    let days = &cube.shown;
    let mut keys = Vec::new();
    let mut partial = Vec::new();
    let mut group_of = Vec::with_capacity(days.dates.len());
    for (step, count) in grain.steps(&days.dates) {
        group_of.resize(group_of.len() + count, keys.len());
        keys.push(Key::Date(step.start()));
        partial.push(coverage.is_some_and(|coverage| !coverage.is_complete(step, days)));
    }
    let mut totals = Totals::like(&days.totals);
    totals.resize(keys.len());
    totals.add_groups(&days.totals, |day| Some(group_of[day]));
    if !partial.contains(&true) {
        partial.clear();
    }
    Dataset {
        partial,
        is_ordered: true,
        ..Dataset::new(TREND.to_owned(), vec![fields.time.clone()], keys, totals)
    }
}

/// The numbers by the values of one dimension, and the aggregates by code they were made from.
pub fn breakdown(cube: &Cube<'_>, fields: &Fields, dimension: usize) -> (Dataset, Totals) {
    let by_code = by_code(cube, dimension);
    let name = format!("by_{}", fields.dimensions[dimension].field.id);
    let ranked = Ranked {
        by: fields.ranked_by(),
        cap: MAX_ENTRIES,
        other: true,
    };
    (
        ranked_breakdown(cube, fields, dimension, &by_code, name, ranked),
        by_code,
    )
}

/// How the values of a dimension are cut down to the largest.
#[derive(Debug, Clone, Copy)]
pub struct Ranked<'a> {
    /// What they are ranked by.
    pub by: &'a Formula,
    /// The most entries, "Other" among them.
    pub cap: usize,
    /// Whether the rest is shown as "Other".
    pub other: bool,
}

/// The numbers by the values of one dimension, cut down as asked.
pub fn ranked_breakdown(
    cube: &Cube<'_>,
    fields: &Fields,
    dimension: usize,
    by_code: &Totals,
    name: String,
    ranked: Ranked<'_>,
) -> Dataset {
    let field = &fields.dimensions[dimension].field;
    let ranking = Ranking::of(
        &cube.dictionaries[dimension],
        by_code,
        RankBy {
            label: &field.label,
            value: &|code| ranked.by.amount(by_code, code),
            cap: ranked.cap,
        },
    );
    let left_out = ranking.rest.filter(|_| !ranked.other);
    let groups: Vec<usize> = (0..ranking.texts.len())
        .filter(|entry| Some(*entry) != left_out)
        .collect();
    let keys = ranking.keys();
    let keys = groups.iter().map(|entry| keys[*entry].clone()).collect();
    Dataset {
        groups,
        is_cut: ranking.is_cut && left_out.is_none(),
        is_lower_bound: ranking.is_folded,
        is_ordered: ranking.is_ordered,
        ..Dataset::new(name, vec![field.clone()], keys, ranking.totals(by_code))
    }
}

/// The aggregates by the codes of one dimension.
pub fn by_code(cube: &Cube<'_>, dimension: usize) -> Totals {
    let combinations = &cube.combinations;
    let width = cube.dictionaries.len();
    let mut totals = Totals::like(&combinations.totals);
    totals.resize(cube.dictionaries[dimension].codes());
    totals.add_groups(&combinations.totals, |group| {
        Some(combinations.codes[group * width + dimension] as usize)
    });
    totals
}

/// The pairs of dimensions that are crossed: of the first few with at least two values, those that name currencies and those
/// with few values first.
pub fn crossed(fields: &Fields, breakdowns: &[(Dataset, Totals)]) -> Vec<(usize, usize)> {
    let mut fit: Vec<usize> = (0..breakdowns.len())
        .filter(|index| breakdowns[*index].0.len() > 1)
        .collect();
    let names_currency = |index: usize| fields.names_currency(&fields.dimensions[index].field.id);
    fit.sort_by_key(|index| (!names_currency(*index), breakdowns[*index].0.is_cut));
    fit.truncate(MAX_CROSSED);
    fit.sort_unstable();
    let pairs = fit
        .iter()
        .enumerate()
        .flat_map(|(at, a)| fit[at + 1..].iter().map(move |b| (*a, *b)));
    pairs.collect()
}

/// The numbers by the values of two dimensions.
pub fn cross(
    cube: &Cube<'_>,
    fields: &Fields,
    (a, b): (usize, usize),
    breakdowns: &[(Dataset, Totals)],
) -> Dataset {
    let (cap_a, cap_b) = fitting(breakdowns[a].0.len(), breakdowns[b].0.len());
    let name = format!(
        "by_{}__{}",
        fields.dimensions[a].field.id, fields.dimensions[b].field.id
    );
    let side = |dimension: usize, cap| {
        let by = fields.ranked_by();
        let other = true;
        (dimension, &breakdowns[dimension].1, Ranked { by, cap, other })
    };
    capped_cross(cube, fields, name, [side(a, cap_a), side(b, cap_b)])
}

/// The numbers by the values of two dimensions, each with its aggregates by code and how its values are cut down.
pub fn capped_cross(
    cube: &Cube<'_>,
    fields: &Fields,
    name: String,
    sides: [(usize, &Totals, Ranked<'_>); 2],
) -> Dataset {
    let [first, second] = sides.map(|(dimension, by_code, ranked)| {
        let by = RankBy {
            label: &fields.dimensions[dimension].field.label,
            value: &|code| ranked.by.amount(by_code, code),
            cap: ranked.cap,
        };
        let mut ranking = Ranking::of(&cube.dictionaries[dimension], by_code, by);
        if let Some(rest) = ranking.rest.filter(|_| !ranked.other) {
            let left_out = |entry: &mut Option<usize>| *entry = entry.filter(|entry| *entry != rest);
            ranking.entry_of.iter_mut().for_each(left_out);
            ranking.is_cut = false;
        }
        ranking
    });
    let (a, b) = (sides[0].0, sides[1].0);
    let width = cube.dictionaries.len();
    let combinations = &cube.combinations;
    let mut totals = Totals::like(&combinations.totals);
    totals.resize(first.texts.len() * second.texts.len());
    totals.add_groups(&combinations.totals, |group| {
        let code = |dimension: usize| combinations.codes[group * width + dimension] as usize;
        Some(first.entry_of[code(a)]? * second.texts.len() + second.entry_of[code(b)]?)
    });
    let groups: Vec<usize> = (0..totals.len())
        .filter(|group| totals.rows[*group] > 0)
        .collect();
    let keys = groups.iter().flat_map(|group| {
        [
            &first.texts[group / second.texts.len()],
            &second.texts[group % second.texts.len()],
        ]
    });
    let keys = keys.cloned().map(Key::Text).collect();
    let axes = [a, b].map(|dimension| fields.dimensions[dimension].field.clone());
    Dataset {
        groups,
        is_cut: first.is_cut || second.is_cut,
        is_lower_bound: first.is_folded || second.is_folded,
        ..Dataset::new(name, axes.to_vec(), keys, totals)
    }
}

/// The sizes of both axes so that their product stays within [`MAX_CELLS`], the larger one cut first.
fn fitting(mut a: usize, mut b: usize) -> (usize, usize) {
    while a * b > MAX_CELLS {
        if a >= b { a -= 1 } else { b -= 1 }
    }
    (a, b)
}

/// The combinations of all dimensions with the largest numbers, the rest as one last row; without dimensions the
/// steps of time with the largest numbers.
pub fn table(cube: &Cube<'_>, fields: &Fields, trend: &Dataset) -> Dataset {
    match fields.dimensions.is_empty() {
        true => top_steps(trend, fields.ranked_by()),
        false => top_combinations(cube, fields),
    }
}

fn top_steps(trend: &Dataset, by: &Formula) -> Dataset {
    let (groups, _) = top(
        0..trend.len(),
        |step| by.amount(&trend.totals, step),
        MAX_ROWS,
        false,
    );
    let partial = match trend.partial.is_empty() {
        true => Vec::new(),
        false => groups.iter().map(|group| trend.partial[*group]).collect(),
    };
    let keys = groups.iter().map(|group| trend.keys[*group].clone()).collect();
    Dataset {
        partial,
        groups,
        ..Dataset::new("table".to_owned(), trend.axes.clone(), keys, trend.totals.clone())
    }
}

fn top_combinations(cube: &Cube<'_>, fields: &Fields) -> Dataset {
    let combinations = &cube.combinations;
    let width = cube.dictionaries.len();
    let codes = |group: usize| &combinations.codes[group * width..][..width];
    let mut order: Vec<usize> = (0..combinations.totals.len()).collect();
    order.sort_unstable_by_key(|group| codes(*group));
    let value = |place: usize| fields.ranked_by().amount(&combinations.totals, order[place]);
    let (places, is_cut) = top(0..order.len(), value, MAX_ROWS, false);

    let rows = places.len() + usize::from(is_cut);
    let mut keys = Vec::with_capacity(rows * width);
    let mut row_of = vec![places.len(); order.len()];
    for (row, place) in places.iter().enumerate() {
        row_of[order[*place]] = row;
        let values = codes(order[*place]).iter().zip(&cube.dictionaries);
        keys.extend(values.map(|(code, dictionary)| Key::text(text_of(dictionary, *code))));
    }
    if is_cut {
        let rest = cube.dictionaries.iter().map(other_text);
        keys.extend(rest.map(Key::text));
    }
    let mut totals = Totals::like(&combinations.totals);
    totals.resize(rows);
    totals.add_groups(&combinations.totals, |group| Some(row_of[group]));
    let is_folded = |(index, dictionary): (usize, &super::dictionary::Dictionary<'_>)| {
        let folded = dictionary.folded.map(|code| code as u32);
        combinations
            .codes
            .iter()
            .skip(index)
            .step_by(width)
            .any(|code| Some(*code) == folded)
    };
    Dataset {
        is_cut,
        gathered: order.len() - places.len(),
        is_lower_bound: cube.dictionaries.iter().enumerate().any(is_folded),
        ..Dataset::new(
            "table".to_owned(),
            fields
                .dimensions
                .iter()
                .map(|dimension| dimension.field.clone())
                .collect(),
            keys,
            totals,
        )
    }
}
