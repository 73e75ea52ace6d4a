//! A result without some of its cells.

use super::partial::{Partial, SketchValues};

impl Partial {
    /// The same result without the cells that are marked. Its dictionaries stay whole: a value without cells is not shown.
    pub fn without(&self, is_left_out: &[bool]) -> Self {
        let mut partial = self.clone();
        let cells = &mut partial.cells;
        keep(&mut cells.dates, is_left_out);
        keep(&mut cells.rows, is_left_out);
        for dimension in &mut cells.dimensions {
            keep(&mut dimension.codes, is_left_out);
        }
        for measure in &mut cells.measures {
            keep(&mut measure.count, is_left_out);
            for numbers in [&mut measure.sum, &mut measure.min, &mut measure.max] {
                keep(numbers, is_left_out);
            }
        }
        for sketch in &mut cells.sketches {
            match &mut sketch.values {
                SketchValues::Distinct(cells) => keep(cells, is_left_out),
                SketchValues::Quantile(cells) => keep(cells, is_left_out),
            }
        }
        partial
    }
}

fn keep<T>(entries: &mut Vec<T>, is_left_out: &[bool]) {
    let mut marks = is_left_out.iter();
    entries.retain(|_| !marks.next().copied().unwrap_or_default());
}
