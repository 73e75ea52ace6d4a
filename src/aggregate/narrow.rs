//! What of a partial a view needs: its dates alone, and where it reads more than fits into memory, fewer cells.

use std::ops::Range;

use chrono::NaiveDate;

use super::cells::OTHER;
use super::partial::{Cells, DimensionCells, MeasureCells, Partial, SketchCells, SketchValues};
use super::sketch::{DistinctSketch, QuantileSketch};
use crate::decimal::Decimal;
use crate::window::Window;

/// The fewest values a dimension keeps while others have more.
const FEWEST_KEPT: usize = 10;

impl Partial {
    /// The same result over these dates alone, in cells that hold at most so many numbers, as far as folding dimension
    /// values into [`OTHER`] allows. Totals stay exact; what is folded follows from the partial alone.
    pub fn narrowed(mut self, dates: Window, most_numbers: usize) -> Self {
        let places = self.cells.between(dates);
        self.cells.keep(&places);
        let most_cells = most_numbers / self.cells.width();
        while self.cells.dates.len() > most_cells && self.cells.fold_widest() {}
        self
    }

    /// About how many bytes it takes in memory.
    pub fn size_bytes(&self) -> usize {
        self.bytes_of(0..self.cells.dates.len())
    }

    /// About how many bytes [`Partial::over`] these dates takes in memory.
    pub fn bytes_over(&self, dates: Window) -> usize {
        self.bytes_of(self.cells.between(dates))
    }

    fn bytes_of(&self, places: Range<usize>) -> usize {
        let labels = self
            .columns
            .iter()
            .map(|column| column.label.len())
            .sum::<usize>();
        size_of_val(&self.columns[..]) + labels + self.cells.bytes_of(places)
    }

    /// The same result over these dates alone. Its dictionaries stay whole: a view drawn from it is the same.
    pub fn over(&self, dates: Window) -> Self {
        Self {
            kind: self.kind,
            time_column: self.time_column,
            columns: self.columns.clone(),
            quality: self.quality.clone(),
            cells: self.cells.at(self.cells.between(dates)),
        }
    }
}

/// Cells that become one each: positions of the old ones, and where each new one's begin among them.
struct Groups {
    order: Vec<usize>,
    starts: Vec<usize>,
}

impl Groups {
    fn iter(&self) -> impl Iterator<Item = &[usize]> {
        let starts = self.starts.iter().copied();
        let ends = starts.clone().skip(1).chain([self.order.len()]);
        starts.zip(ends).map(|(start, end)| &self.order[start..end])
    }

    fn firsts(&self) -> impl Iterator<Item = usize> {
        self.starts.iter().map(|start| self.order[*start])
    }
}

impl Cells {
    /// How many numbers a cell holds.
    pub fn width(&self) -> usize {
        2 + self.dimensions.len() + 4 * self.measures.len()
    }

    fn bytes_of(&self, places: Range<usize>) -> usize {
        let of_measure = size_of::<u64>() + 3 * size_of::<Decimal>();
        let of_cell = size_of::<NaiveDate>()
            + size_of::<u64>()
            + size_of::<u32>() * self.dimensions.len()
            + of_measure * self.measures.len();
        let values = self.dimensions.iter().flat_map(|dimension| &dimension.values);
        let text = |value: &Option<String>| size_of_val(value) + value.as_ref().map_or(0, String::len);
        let sketched = (self.sketches.iter()).map(|sketch| sketch.bytes_of(places.clone()));
        of_cell * places.len() + values.map(text).sum::<usize>() + sketched.sum::<usize>()
    }

    /// Where the cells of these dates are.
    pub fn between(&self, dates: Window) -> Range<usize> {
        let first = self.dates.partition_point(|date| *date < dates.start());
        let after = self.dates.partition_point(|date| *date <= dates.end());
        first..after
    }

    /// Keeps the cells at these places alone.
    fn keep(&mut self, places: &Range<usize>) {
        keep(&mut self.dates, places);
        keep(&mut self.rows, places);
        for dimension in &mut self.dimensions {
            keep(&mut dimension.codes, places);
        }
        for measure in &mut self.measures {
            keep(&mut measure.count, places);
            for numbers in [&mut measure.sum, &mut measure.min, &mut measure.max] {
                keep(numbers, places);
            }
        }
        for sketch in &mut self.sketches {
            match &mut sketch.values {
                SketchValues::Distinct(cells) => keep(cells, places),
                SketchValues::Quantile(cells) => keep(cells, places),
            }
        }
    }

    /// A copy of the cells at these places.
    fn at(&self, places: Range<usize>) -> Self {
        Self {
            dates: self.dates[places.clone()].to_vec(),
            rows: self.rows[places.clone()].to_vec(),
            dimensions: (self.dimensions.iter())
                .map(|dimension| dimension.at(places.clone()))
                .collect(),
            measures: (self.measures.iter())
                .map(|measure| measure.at(places.clone()))
                .collect(),
            sketches: (self.sketches.iter())
                .map(|sketch| sketch.at(places.clone()))
                .collect(),
            summarised: self.summarised,
        }
    }

    /// Folds the dimension with the most values down to a quarter of them, those with the most rows; `false` when none
    /// has more than one.
    fn fold_widest(&mut self) -> bool {
        let counted = self.dimensions.iter().map(DimensionCells::count_used);
        let widest = counted.enumerate().rev().max_by_key(|(_, used)| *used);
        let Some((index, used)) = widest.filter(|(_, used)| *used > 1) else {
            return false;
        };
        let named = used - usize::from(self.dimensions[index].has_other());
        let kept = match named > FEWEST_KEPT {
            true => (named / 4).max(FEWEST_KEPT),
            false => 0,
        };
        self.dimensions[index].fold(&self.rows, kept);
        let groups = self.equal_keys();
        self.merge(&groups);
        self.summarised = true;
        true
    }

    /// The cells with equal dates and codes, in canonical order.
    fn equal_keys(&self) -> Groups {
        let key = |cell: usize| {
            let codes = self.dimensions.iter().map(move |dimension| dimension.codes[cell]);
            (self.dates[cell], codes)
        };
        let compare = |a: usize, b: usize| {
            let ((a_date, a_codes), (b_date, b_codes)) = (key(a), key(b));
            a_date.cmp(&b_date).then_with(|| a_codes.cmp(b_codes))
        };
        let mut order: Vec<usize> = (0..self.dates.len()).collect();
        order.sort_unstable_by(|a, b| compare(*a, *b).then(a.cmp(b)));
        let is_new = |at: &usize| *at == 0 || compare(order[*at - 1], order[*at]).is_ne();
        let starts = (0..order.len()).filter(is_new).collect();
        Groups { order, starts }
    }

    fn merge(&mut self, groups: &Groups) {
        let dates: Vec<NaiveDate> = groups.firsts().map(|cell| self.dates[cell]).collect();
        self.dates = dates;
        self.rows = groups
            .iter()
            .map(|group| group.iter().map(|cell| self.rows[*cell]).sum())
            .collect();
        for dimension in &mut self.dimensions {
            dimension.codes = groups.firsts().map(|cell| dimension.codes[cell]).collect();
        }
        for measure in &mut self.measures {
            *measure = measure.merged(groups);
        }
        for sketch in &mut self.sketches {
            sketch.merge(groups);
        }
    }
}

impl DimensionCells {
    fn at(&self, places: Range<usize>) -> Self {
        Self {
            column: self.column,
            values: self.values.clone(),
            codes: self.codes[places].to_vec(),
        }
    }

    fn count_used(&self) -> usize {
        let mut used = vec![false; self.values.len()];
        self.codes.iter().for_each(|code| used[*code as usize] = true);
        used.into_iter().filter(|used| *used).count()
    }

    fn has_other(&self) -> bool {
        self.values
            .first()
            .is_some_and(|value| value.as_deref() == Some(OTHER))
    }

    /// Keeps so many values, those with the most rows, and lets [`OTHER`] stand for the rest.
    fn fold(&mut self, rows: &[u64], kept: usize) {
        let mut counts = vec![0u64; self.values.len()];
        for (code, rows) in self.codes.iter().zip(rows) {
            counts[*code as usize] += rows;
        }
        let is_other = |code: &usize| self.values[*code].as_deref() == Some(OTHER);
        let mut ranked: Vec<usize> = (0..self.values.len())
            .filter(|code| counts[*code] > 0 && !is_other(code))
            .collect();
        ranked.sort_unstable_by(|a, b| counts[*b].cmp(&counts[*a]).then(a.cmp(b)));
        ranked.truncate(kept);
        ranked.sort_unstable();
        // Nothing sorts before OTHER: no value begins with NUL, and blank ones are null.
        let mut target = vec![0u32; self.values.len()];
        let mut values = vec![Some(OTHER.to_owned())];
        for code in ranked {
            target[code] = values.len() as u32;
            values.push(self.values[code].take());
        }
        self.values = values;
        self.codes
            .iter_mut()
            .for_each(|code| *code = target[*code as usize]);
    }
}

impl MeasureCells {
    fn at(&self, places: Range<usize>) -> Self {
        Self {
            column: self.column,
            count: self.count[places.clone()].to_vec(),
            sum: self.sum[places.clone()].to_vec(),
            min: self.min[places.clone()].to_vec(),
            max: self.max[places].to_vec(),
        }
    }

    fn merged(&self, groups: &Groups) -> Self {
        let held = |group: &[usize]| -> Vec<usize> {
            let held = group.iter().copied().filter(|cell| self.count[*cell] > 0);
            held.collect()
        };
        let mut merged = Self {
            column: self.column,
            count: Vec::with_capacity(groups.starts.len()),
            sum: Vec::with_capacity(groups.starts.len()),
            min: Vec::with_capacity(groups.starts.len()),
            max: Vec::with_capacity(groups.starts.len()),
        };
        for cells in groups.iter().map(held) {
            let cells = || cells.iter().copied();
            merged.count.push(cells().map(|cell| self.count[cell]).sum());
            merged.sum.push(cells().map(|cell| self.sum[cell]).sum());
            let min = cells().map(|cell| self.min[cell]).min();
            let max = cells().map(|cell| self.max[cell]).max();
            merged.min.push(min.unwrap_or(Decimal::ZERO));
            merged.max.push(max.unwrap_or(Decimal::ZERO));
        }
        merged
    }
}

impl SketchCells {
    /// The bytes its sketches take.
    pub fn size_bytes(&self) -> usize {
        match &self.values {
            SketchValues::Distinct(cells) => self.bytes_of(0..cells.len()),
            SketchValues::Quantile(cells) => self.bytes_of(0..cells.len()),
        }
    }

    fn bytes_of(&self, places: Range<usize>) -> usize {
        match &self.values {
            SketchValues::Distinct(cells) => cells[places].iter().map(DistinctSketch::size_bytes).sum(),
            SketchValues::Quantile(cells) => cells[places].iter().map(QuantileSketch::size_bytes).sum(),
        }
    }

    fn at(&self, places: Range<usize>) -> Self {
        Self {
            column: self.column,
            values: match &self.values {
                SketchValues::Distinct(cells) => SketchValues::Distinct(cells[places].to_vec()),
                SketchValues::Quantile(cells) => SketchValues::Quantile(cells[places].to_vec()),
            },
        }
    }

    fn merge(&mut self, groups: &Groups) {
        match &mut self.values {
            SketchValues::Distinct(cells) => {
                *cells = merged(cells, groups, |into, from| into.merge(from));
            }
            SketchValues::Quantile(cells) => {
                *cells = merged(cells, groups, |into, from| into.merge(from));
            }
        }
    }
}

/// Keeps the entries at these places alone.
fn keep<T>(entries: &mut Vec<T>, places: &Range<usize>) {
    entries.truncate(places.end);
    entries.drain(..places.start);
}

fn merged<T: Default>(cells: &[T], groups: &Groups, merge: impl Fn(&mut T, &T)) -> Vec<T> {
    let one = |group: &[usize]| {
        let mut all = T::default();
        group.iter().for_each(|cell| merge(&mut all, &cells[*cell]));
        all
    };
    groups.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::{PartialSpec, aggregate};
    use super::*;
    use crate::event::{Compression, ResultFormat};
    use crate::rows::{Limits, read};

    /// Three days of so many customers in two regions, the later customers with more rows.
    fn partial(customers: usize) -> Partial {
        let mut csv = "date,customer,region,spend\n".to_owned();
        for day in 2..5 {
            for customer in 0..customers {
                for row in 0..=customer {
                    let region = ["north", "south"][customer % 2];
                    csv += &format!("2026-03-{day:02},name {customer},{region},{row}.5\n");
                }
            }
        }
        let batches = read(
            ResultFormat::Csv,
            Compression::None,
            &Bytes::from(csv),
            &Limits::default(),
        );
        aggregate(&batches.unwrap(), window(1, 9), &[], &PartialSpec::default()).unwrap()
    }

    fn window(first: u32, last: u32) -> Window {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        Window::new(day(first), day(last)).unwrap()
    }

    #[test]
    fn what_fits_is_the_same_over_fewer_dates() {
        let whole = partial(12);
        assert_eq!(whole.clone().narrowed(window(1, 9), 1_000_000), whole);
        let day = whole.clone().narrowed(window(3, 3), 1_000_000);
        assert_eq!(day.cells.dates, [window(3, 3).start(); 12]);
        assert_eq!(day.cells.measures[0].sum, whole.cells.measures[0].sum[12..24]);
        assert!(!day.cells.summarised);
        for without_rows in [window(1, 1), window(7, 9)] {
            assert!(
                whole
                    .clone()
                    .narrowed(without_rows, 1_000_000)
                    .cells
                    .dates
                    .is_empty()
            );
        }
    }

    #[test]
    fn what_does_not_fit_keeps_its_totals_and_its_largest_values() {
        let whole = partial(50);
        let few = whole.clone().narrowed(window(1, 9), 60 * whole.cells.width());
        assert!(few.cells.summarised && few.cells.dates.len() <= 60);
        let total = |partial: &Partial| {
            let measure = &partial.cells.measures[0];
            let sum: Decimal = measure.sum.iter().copied().sum();
            let rows: u64 = partial.cells.rows.iter().sum();
            (
                sum,
                rows,
                measure.min.iter().min().copied(),
                measure.max.iter().max().copied(),
            )
        };
        assert_eq!(total(&few), total(&whole));
        let customers = &few.cells.dimensions[0].values;
        assert!(
            customers.contains(&Some("name 49".to_owned())) && customers.contains(&Some(OTHER.to_owned()))
        );
        assert!(customers.is_sorted(), "{customers:?}");
        assert_eq!(Partial::decode(&few.encode()), Ok(few.clone()));
        // Nothing is left to fold below one cell a date.
        let fewest = whole.clone().narrowed(window(1, 9), 0);
        assert_eq!(fewest.cells.dates.len(), 3);
        assert_eq!(total(&fewest), total(&whole));
    }
}
