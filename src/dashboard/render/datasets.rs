//! The datasets of a view: the trend, the breakdowns by one and by two dimensions, the table.

use super::coverage::Coverage;
use super::cube::Cube;
use super::dataset::{Dataset, Keys};
use super::fields::Fields;
use super::grain::Grain;
use super::ranking::{Ranking, other_text, text_of, top};
use super::totals::{Formula, Totals};

/// The name of the dataset by time.
pub const TREND: &str = "trend";
/// The most entries of a breakdown by one dimension.
const MAX_ENTRIES: usize = 25;
/// The most cells of a breakdown by two dimensions.
const MAX_CELLS: usize = 300;
/// The most rows of the table.
const MAX_ROWS: usize = 200;
/// The most dimensions that are crossed with each other.
const MAX_CROSSED: usize = 3;

/// The numbers by steps of the grain. Steps without rows are left out: missing is not zero.
pub fn trend<'a>(
    cube: &Cube<'_>,
    fields: &'a Fields,
    grain: Grain,
    coverage: Option<&Coverage>,
) -> Dataset<'a> {
    let days = &cube.shown;
    let mut dates = Vec::new();
    let mut partial = Vec::new();
    let mut group_of = Vec::with_capacity(days.dates.len());
    for (step, count) in grain.steps(&days.dates) {
        group_of.resize(group_of.len() + count, dates.len());
        dates.push(step.start());
        partial.push(coverage.is_some_and(|coverage| !coverage.is_complete(step, days)));
    }
    let mut totals = Totals::like(&days.totals);
    totals.resize(dates.len());
    totals.add_groups(&days.totals, |day| Some(group_of[day]));
    if !partial.contains(&true) {
        partial.clear();
    }
    Dataset {
        name: TREND.to_owned(),
        axes: vec![&fields.time],
        groups: (0..dates.len()).collect(),
        keys: Keys::Dates(dates),
        totals,
        partial,
        is_cut: false,
        is_lower_bound: false,
    }
}

/// The numbers by the values of one dimension, and the aggregates by code they were made from.
pub fn breakdown<'a>(cube: &Cube<'_>, fields: &'a Fields, dimension: usize) -> (Dataset<'a>, Totals) {
    let by_code = by_code(cube, dimension);
    let ranking = Ranking::of(
        &cube.dictionaries[dimension],
        &by_code,
        fields.ranked_by(),
        MAX_ENTRIES,
    );
    let field = &fields.dimensions[dimension].field;
    let dataset = Dataset {
        name: format!("by_{}", field.id),
        axes: vec![field],
        groups: (0..ranking.texts.len()).collect(),
        totals: ranking.totals(&by_code),
        is_cut: ranking.is_cut,
        is_lower_bound: cube.dictionaries[dimension].folded.is_some(),
        keys: Keys::Texts(ranking.texts),
        partial: Vec::new(),
    };
    (dataset, by_code)
}

/// The aggregates by the codes of one dimension.
fn by_code(cube: &Cube<'_>, dimension: usize) -> Totals {
    let combinations = &cube.combinations;
    let width = cube.dictionaries.len();
    let mut totals = Totals::like(&combinations.totals);
    totals.resize(cube.dictionaries[dimension].codes());
    totals.add_groups(&combinations.totals, |group| {
        Some(combinations.codes[group * width + dimension] as usize)
    });
    totals
}

/// The pairs of dimensions that are crossed: of the first few with at least two values, those with few values first.
pub fn crossed(breakdowns: &[(Dataset<'_>, Totals)]) -> Vec<(usize, usize)> {
    let mut fit: Vec<usize> = (0..breakdowns.len())
        .filter(|index| breakdowns[*index].0.len() > 1)
        .collect();
    fit.sort_by_key(|index| breakdowns[*index].0.is_cut);
    fit.truncate(MAX_CROSSED);
    fit.sort_unstable();
    let pairs = fit
        .iter()
        .enumerate()
        .flat_map(|(at, a)| fit[at + 1..].iter().map(move |b| (*a, *b)));
    pairs.collect()
}

/// The numbers by the values of two dimensions.
pub fn cross<'a>(
    cube: &Cube<'_>,
    fields: &'a Fields,
    (a, b): (usize, usize),
    breakdowns: &[(Dataset<'_>, Totals)],
) -> Dataset<'a> {
    let (caps_a, caps_b) = fitting(breakdowns[a].0.len(), breakdowns[b].0.len());
    let ranked = |dimension: usize, cap| {
        Ranking::of(
            &cube.dictionaries[dimension],
            &breakdowns[dimension].1,
            fields.ranked_by(),
            cap,
        )
    };
    let (first, second) = (ranked(a, caps_a), ranked(b, caps_b));
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
    let texts = groups.iter().flat_map(|group| {
        [
            &first.texts[group / second.texts.len()],
            &second.texts[group % second.texts.len()],
        ]
    });
    Dataset {
        name: format!(
            "by_{}__{}",
            fields.dimensions[a].field.id, fields.dimensions[b].field.id
        ),
        axes: vec![&fields.dimensions[a].field, &fields.dimensions[b].field],
        keys: Keys::Texts(texts.cloned().collect()),
        groups,
        totals,
        partial: Vec::new(),
        is_cut: first.is_cut || second.is_cut,
        is_lower_bound: [a, b]
            .iter()
            .any(|dimension| cube.dictionaries[*dimension].folded.is_some()),
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
pub fn table<'a>(cube: &Cube<'_>, fields: &'a Fields, trend: &Dataset<'a>) -> Dataset<'a> {
    match fields.dimensions.is_empty() {
        true => top_steps(trend, fields.ranked_by()),
        false => top_combinations(cube, fields),
    }
}

fn top_steps<'a>(trend: &Dataset<'a>, by: &Formula) -> Dataset<'a> {
    let (groups, _) = top(
        0..trend.len(),
        |step| by.amount(&trend.totals, step),
        MAX_ROWS,
        false,
    );
    let dates = match &trend.keys {
        Keys::Dates(dates) => groups.iter().map(|group| dates[*group]).collect(),
        Keys::Texts(_) => Vec::new(),
    };
    Dataset {
        name: "table".to_owned(),
        axes: trend.axes.clone(),
        keys: Keys::Dates(dates),
        partial: trend
            .partial
            .is_empty()
            .then(Vec::new)
            .unwrap_or_else(|| groups.iter().map(|group| trend.partial[*group]).collect()),
        groups,
        totals: trend.totals.clone(),
        is_cut: false,
        is_lower_bound: false,
    }
}

fn top_combinations<'a>(cube: &Cube<'_>, fields: &'a Fields) -> Dataset<'a> {
    let combinations = &cube.combinations;
    let width = cube.dictionaries.len();
    let codes = |group: usize| &combinations.codes[group * width..][..width];
    let mut order: Vec<usize> = (0..combinations.totals.len()).collect();
    order.sort_unstable_by_key(|group| codes(*group));
    let value = |place: usize| fields.ranked_by().amount(&combinations.totals, order[place]);
    let (places, is_cut) = top(0..order.len(), value, MAX_ROWS, false);

    let rows = places.len() + usize::from(is_cut);
    let mut texts = Vec::with_capacity(rows * width);
    let mut row_of = vec![places.len(); order.len()];
    for (row, place) in places.iter().enumerate() {
        row_of[order[*place]] = row;
        let values = codes(order[*place]).iter().zip(&cube.dictionaries);
        texts.extend(values.map(|(code, dictionary)| text_of(dictionary, *code).to_owned()));
    }
    if is_cut {
        texts.extend(
            cube.dictionaries
                .iter()
                .map(|dictionary| other_text(dictionary).to_owned()),
        );
    }
    let mut totals = Totals::like(&combinations.totals);
    totals.resize(rows);
    totals.add_groups(&combinations.totals, |group| Some(row_of[group]));
    Dataset {
        name: "table".to_owned(),
        axes: fields
            .dimensions
            .iter()
            .map(|dimension| &dimension.field)
            .collect(),
        keys: Keys::Texts(texts),
        groups: (0..rows).collect(),
        totals,
        partial: Vec::new(),
        is_cut,
        is_lower_bound: cube
            .dictionaries
            .iter()
            .any(|dictionary| dictionary.folded.is_some()),
    }
}
