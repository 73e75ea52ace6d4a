//! The cube: every cell a view reads, aggregated once by date and once by the combination of its dimension values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;

use super::currency::at_currency;
use super::dictionary::Dictionary;
use super::fields::Fields;
use super::measures::Source;
use super::sketches::Sketched;
use super::totals::Totals;
use crate::aggregate::{Cells, DimensionCells, MeasureCells, Sketch, SketchCells, SketchValues};
use crate::dashboard::Contribution;
use crate::decimal::Decimal;

/// The most combinations that are told apart by a plain table instead of a hash map.
const TABLE_LIMIT: usize = 1 << 16;

/// Aggregates by date: one group for each date with rows, ascending.
#[derive(Debug)]
pub struct Days {
    /// The dates with rows.
    pub dates: Vec<NaiveDate>,
    /// Their aggregates.
    pub totals: Totals,
}

/// Aggregates by combination of dimension values: one group for each combination that occurs.
#[derive(Debug)]
pub struct Combinations {
    /// One code a dimension for each combination.
    pub codes: Vec<u32>,
    /// Their aggregates.
    pub totals: Totals,
}

/// All numbers of a view.
#[derive(Debug)]
pub struct Cube<'a> {
    /// What the view shows, by date.
    pub shown: Days,
    /// What is read for the comparison alone, by date.
    pub before: Days,
    /// The dictionary of each shown dimension.
    pub dictionaries: Vec<Dictionary<'a>>,
    /// What the view shows, by the values of all shown dimensions; without dimensions a single group.
    pub combinations: Combinations,
    parts: Vec<Part<'a>>,
}

/// One result's share of the cube.
#[derive(Debug)]
pub struct Part<'a> {
    contribution: Contribution<'a>,
    /// The cells whose dates it holds.
    cells: Range<usize>,
    /// For each shown dimension its cells, where this result has it.
    dimensions: Vec<Option<&'a DimensionCells>>,
    /// For each slot its cells, where this result has it.
    slots: Vec<Option<Cow<'a, MeasureCells>>>,
    /// For each sketch what this result has of it.
    sketches: Vec<Sketched<'a>>,
}

impl<'a> Part<'a> {
    /// The share of a result; `layout` gives for each column of the view its place in this result.
    pub fn new(contribution: Contribution<'a>, fields: &Fields, layout: &[Option<usize>]) -> Self {
        let cells = &contribution.partial.cells;
        let first = cells.dates.partition_point(|date| *date < contribution.from);
        let last = cells.dates.partition_point(|date| *date <= contribution.to);
        let dimension = |column: usize| {
            let place = layout[column]?;
            cells.dimensions.iter().find(|cells| cells.column == place)
        };
        let numbers = |column: usize| {
            let place = layout[column]?;
            cells.measures.iter().find(|cells| cells.column == place)
        };
        let slot = |source: &Source| match source {
            Source::Column(column) => numbers(*column).map(Cow::Borrowed),
            Source::Stage {
                column,
                amount,
                values,
            } => {
                let amounts = match amount {
                    Some(amount) => Some(numbers(*amount)?),
                    None => None,
                };
                Some(Cow::Owned(at_stage(cells, dimension(*column)?, amounts, values)))
            }
            Source::Currency { column, names } => {
                Some(Cow::Owned(at_currency(cells, dimension(*column), names)))
            }
        };
        let sketch = |(column, kind): &(usize, Sketch)| {
            let Some(place) = layout[*column] else {
                return Sketched::NoColumn;
            };
            let of_kind = |cells: &&SketchCells| {
                let is = matches!(cells.values, SketchValues::Distinct(_));
                cells.column == place && is == (*kind == Sketch::Distinct)
            };
            cells
                .sketches
                .iter()
                .find(of_kind)
                .map_or(Sketched::Lacking, Sketched::Cells)
        };
        let shown = fields.dimensions.iter();
        Self {
            contribution,
            cells: first..last,
            dimensions: shown.map(|shown| dimension(shown.column)).collect(),
            slots: fields.slots.iter().map(slot).collect(),
            sketches: fields.sketches.iter().map(sketch).collect(),
        }
    }

    /// Adds each of its cells to its group.
    fn add_to(&self, totals: &mut Totals, groups: &[u32]) {
        totals.add_cells(groups, self.cells.start, self.source(), &self.slots);
        totals.add_sketches(groups, self.cells.start, &self.sketches);
    }

    fn source(&self) -> &'a Cells {
        &self.contribution.partial.cells
    }
}

/// What of each cell counts at a stage: its amount, or its rows, where its stage is one of the values, else 0.
fn at_stage(
    cells: &Cells,
    stages: &DimensionCells,
    amounts: Option<&MeasureCells>,
    values: &[String],
) -> MeasureCells {
    let counts = |value: &Option<String>| value.as_ref().is_some_and(|value| values.contains(value));
    let counted: Vec<bool> = stages.values.iter().map(counts).collect();
    let amount = |cell: usize| match amounts {
        _ if !counted[stages.codes[cell] as usize] => Decimal::ZERO,
        Some(amounts) => amounts.sum[cell],
        None => Decimal::from_count(cells.rows[cell]),
    };
    let sum: Vec<Decimal> = (0..cells.rows.len()).map(amount).collect();
    MeasureCells {
        column: stages.column,
        count: cells.rows.clone(),
        min: sum.clone(),
        max: sum.clone(),
        sum,
    }
}

impl<'a> Cube<'a> {
    /// The cube over the parts, ascending by date.
    pub fn build(parts: Vec<Part<'a>>, fields: &Fields) -> Self {
        let empty = Totals::new(&fields.keeps, &fields.kinds_of_sketches());
        let dimensions = fields.dimensions.len();
        let in_view = |part: &&Part<'a>| part.contribution.in_view;
        let dictionaries: Vec<_> = (0..dimensions)
            .map(|index| Dictionary::over(parts.iter().filter_map(|part| part.dimensions[index])))
            .collect();
        Self {
            shown: Days::over(parts.iter().filter(in_view), &empty),
            before: Days::over(parts.iter().filter(|part| !part.contribution.in_view), &empty),
            combinations: Combinations::over(parts.iter().filter(in_view), &dictionaries, &empty),
            dictionaries,
            parts,
        }
    }

    /// The aggregates of all cells by the group, below `groups`, that `group_of` gives to a cell's source, its date and
    /// its codes of the dimensions; cells without a group are left out.
    pub fn grouped(
        &self,
        dimensions: &[usize],
        groups: usize,
        group_of: impl Fn(&Contribution<'a>, NaiveDate, &[u32]) -> Option<usize>,
    ) -> Totals {
        let mut totals = Totals::like(&self.shown.totals);
        // One group more, for what has none.
        totals.resize(groups + 1);
        let mut codes: Vec<Vec<u32>> = vec![Vec::new(); dimensions.len()];
        let mut of_cell = vec![0; dimensions.len()];
        let mut assigned = Vec::new();
        for part in &self.parts {
            for (codes, dimension) in codes.iter_mut().zip(dimensions) {
                read_codes(codes, part, *dimension, &self.dictionaries[*dimension]);
            }
            assigned.clear();
            let dates = &part.source().dates[part.cells.clone()];
            for (cell, date) in dates.iter().enumerate() {
                for (code, codes) in of_cell.iter_mut().zip(&codes) {
                    *code = codes[cell];
                }
                let group = group_of(&part.contribution, *date, &of_cell).unwrap_or(groups);
                assigned.push(group as u32);
            }
            part.add_to(&mut totals, &assigned);
        }
        totals.resize(groups);
        totals
    }

    /// The aggregates of everything shown, as a single group.
    pub fn whole(&self) -> Totals {
        Totals::sum_of(&self.shown.totals, |_| true)
    }
}

impl Days {
    fn over<'p, 'a: 'p>(parts: impl Iterator<Item = &'p Part<'a>>, empty: &Totals) -> Self {
        let mut days = Self {
            dates: Vec::new(),
            totals: Totals::like(empty),
        };
        let mut groups = Vec::new();
        for part in parts {
            let source = part.source();
            groups.clear();
            for date in &source.dates[part.cells.clone()] {
                if days.dates.last() != Some(date) {
                    days.dates.push(*date);
                }
                groups.push(days.dates.len() as u32 - 1);
            }
            days.totals.resize(days.dates.len());
            part.add_to(&mut days.totals, &groups);
        }
        days
    }

    /// The last date of the span that has rows.
    pub fn last_between(&self, from: NaiveDate, to: NaiveDate) -> Option<NaiveDate> {
        let after = self.dates.partition_point(|date| *date <= to);
        self.dates[..after].last().copied().filter(|date| *date >= from)
    }
}

impl Combinations {
    fn over<'p, 'a: 'p>(
        parts: impl Iterator<Item = &'p Part<'a>>,
        dictionaries: &[Dictionary<'a>],
        empty: &Totals,
    ) -> Self {
        let mut combinations = Self {
            codes: Vec::new(),
            totals: Totals::like(empty),
        };
        let mut numbering = Numbering::new(dictionaries);
        let mut codes: Vec<Vec<u32>> = vec![Vec::new(); dictionaries.len()];
        let mut groups = Vec::new();
        for part in parts {
            for (index, codes) in codes.iter_mut().enumerate() {
                read_codes(codes, part, index, &dictionaries[index]);
            }
            groups.clear();
            for cell in 0..part.cells.len() {
                groups.push(numbering.group(&codes, cell, &mut combinations.codes));
            }
            combinations.totals.resize(numbering.groups as usize);
            part.add_to(&mut combinations.totals, &groups);
        }
        combinations
    }
}

/// The dictionary codes of a part's cells; null throughout where the result lacks the dimension.
fn read_codes(codes: &mut Vec<u32>, part: &Part<'_>, index: usize, dictionary: &Dictionary<'_>) {
    codes.clear();
    match part.dimensions[index] {
        Some(cells) => {
            let translation = dictionary.translate(cells);
            codes.extend(
                cells.codes[part.cells.clone()]
                    .iter()
                    .map(|code| translation[*code as usize]),
            );
        }
        None => codes.resize(part.cells.len(), dictionary.null()),
    }
}

/// Numbers combinations of codes in order of appearance.
///
/// The codes are folded into one key from the left: as mixed-radix digits while the product of the dictionaries' sizes is
/// small, then by interning (key so far, code) pairs, so that no number of dimensions can overflow the key.
#[derive(Debug)]
struct Numbering {
    radixes: Vec<u64>,
    /// How many leading dimensions are folded as digits.
    digits: usize,
    /// The group of each key made of digits alone; used when all dimensions are.
    table: Vec<u32>,
    /// One map for each dimension past the digits.
    maps: Vec<HashMap<u64, u32>>,
    groups: u32,
}

const NO_GROUP: u32 = u32::MAX;

impl Numbering {
    fn new(dictionaries: &[Dictionary<'_>]) -> Self {
        let radixes: Vec<u64> = dictionaries
            .iter()
            .map(|dictionary| dictionary.codes() as u64)
            .collect();
        let mut size = 1u64;
        let mut digits = 0;
        for radix in &radixes {
            match size
                .checked_mul(*radix)
                .filter(|size| *size <= TABLE_LIMIT as u64)
            {
                Some(larger) => size = larger,
                None => break,
            }
            digits += 1;
        }
        let hashed = radixes.len() - digits;
        let table = if hashed == 0 {
            vec![NO_GROUP; size as usize]
        } else {
            Vec::new()
        };
        Self {
            radixes,
            digits,
            table,
            maps: vec![HashMap::new(); hashed],
            groups: 0,
        }
    }

    /// The group of a cell; a new one's codes are appended to `seen`.
    fn group(&mut self, codes: &[Vec<u32>], cell: usize, seen: &mut Vec<u32>) -> u32 {
        let mut key = 0u64;
        for (radix, codes) in self.radixes[..self.digits].iter().zip(codes) {
            key = key * radix + u64::from(codes[cell]);
        }
        let group = if self.maps.is_empty() {
            let slot = &mut self.table[key as usize];
            if *slot == NO_GROUP {
                *slot = self.groups;
            }
            *slot
        } else {
            self.hashed_group(key, &codes[self.digits..], cell)
        };
        if group == self.groups {
            self.groups += 1;
            seen.extend(codes.iter().map(|codes| codes[cell]));
        }
        group
    }

    fn hashed_group(&mut self, mut key: u64, codes: &[Vec<u32>], cell: usize) -> u32 {
        let last = self.maps.len() - 1;
        for (index, (map, codes)) in self.maps.iter_mut().zip(codes).enumerate() {
            let pair = (key << 32) | u64::from(codes[cell]);
            let next = if index == last {
                self.groups
            } else {
                map.len() as u32
            };
            key = u64::from(*map.entry(pair).or_insert(next));
        }
        key as u32
    }
}
