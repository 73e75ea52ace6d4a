//! Folding dimension values into "other" where cells are too many: totals stay exact.

use std::cmp::Reverse;

use super::cells::{CellsBuilder, OTHER};
use super::interner::Interner;
use super::partial::SketchValues;

/// The fewest values a dimension keeps while others have more.
const FEWEST_KEPT: usize = 10;

/// Of many dimensions so large a part is folded at once: each time, all cells are gone through.
const FOLDED_AT_ONCE: usize = 8;

/// The new codes of a dimension's values, by their old ones; where there are none, all become 0.
struct Recoded {
    index: usize,
    codes: Vec<u32>,
}

impl CellsBuilder {
    /// Folds values until there are at most so many cells in so many bytes, or nothing is left to fold.
    ///
    /// Ids go first, all their values at once and for good: nobody ranks by them. Then the dimension with the most
    /// values is folded down to a quarter of them, those with the most rows, and so on.
    pub(super) fn fold_down(&mut self, cells: usize, bytes: usize) {
        while self.rows.len() > cells || self.size_bytes() > bytes {
            let ids = self.widest(true);
            let folded: Vec<Recoded> = match ids.is_empty() {
                false => ids.into_iter().map(|index| self.drop_values(index)).collect(),
                true => (self.widest(false).into_iter())
                    .map(|index| self.fold_values(index))
                    .collect(),
            };
            if folded.is_empty() {
                return;
            }
            self.recode(&folded);
        }
    }

    /// The dimensions with the most values of those that have more than one, of equally many the first: one of a few.
    fn widest(&self, ids: bool) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.interners.len())
            .filter(|index| self.dimensions[*index].is_id == ids && self.interners[*index].len() > 1)
            .collect();
        found.sort_by_key(|index| Reverse(self.interners[*index].len()));
        found.truncate(found.len().div_ceil(FOLDED_AT_ONCE));
        found
    }

    /// Lets "other" stand for all values of a dimension, and for those to come.
    fn drop_values(&mut self, index: usize) -> Recoded {
        self.interners[index] = Interner::dropped();
        Recoded {
            index,
            codes: Vec::new(),
        }
    }

    /// Keeps a quarter of a dimension's values, those with the most rows, and none of a few.
    fn fold_values(&mut self, index: usize) -> Recoded {
        self.summarised = true;
        let interner = &self.interners[index];
        // What was folded before is no value of its own: ten and "other" would be folded to ten and "other" for ever.
        let named = interner.len() - usize::from(interner.value(0) == Some(OTHER));
        match named > FEWEST_KEPT {
            true => self.keep_values(index, (named / 4).max(FEWEST_KEPT)),
            false => self.drop_values(index),
        }
    }

    fn keep_values(&mut self, index: usize, kept: usize) -> Recoded {
        let old = std::mem::take(&mut self.interners[index]);
        let mut rows = vec![0u64; old.len()];
        for (key, count) in self.keys.chunks_exact(self.key.len()).zip(&self.rows) {
            rows[key[1 + index] as usize] += count;
        }
        let mut order: Vec<u32> = (0..old.len() as u32)
            .filter(|code| old.value(*code) != Some(OTHER))
            .collect();
        order.sort_unstable_by(|a, b| {
            let more_rows = rows[*b as usize].cmp(&rows[*a as usize]);
            more_rows.then_with(|| old.compare(*a, *b))
        });
        let interner = &mut self.interners[index];
        let other = interner.code(Some(OTHER));
        let mut codes = vec![other; old.len()];
        for code in order.into_iter().take(kept) {
            codes[code as usize] = interner.code(old.value(code));
        }
        Recoded { index, codes }
    }

    /// Gives dimensions' values other codes and merges the cells that become one, in place: a cell only ever moves
    /// towards the front.
    fn recode(&mut self, dimensions: &[Recoded]) {
        let width = self.key.len();
        self.forget_cells();
        let mut kept = 0;
        for cell in 0..self.rows.len() {
            self.key.copy_from_slice(&self.keys[cell * width..][..width]);
            for Recoded { index, codes } in dimensions {
                let code = &mut self.key[1 + index];
                *code = codes.get(*code as usize).copied().unwrap_or_default();
            }
            let into = self.find_or_number(kept);
            if into == kept {
                self.keys[into * width..][..width].copy_from_slice(&self.key);
                self.rows[into] = self.rows[cell];
                for measure in &mut self.running {
                    measure[into] = measure[cell];
                }
                self.sketches
                    .iter_mut()
                    .for_each(|sketch| sketch.values.swap(into, cell));
                kept += 1;
                continue;
            }
            self.rows[into] += self.rows[cell];
            for measure in &mut self.running {
                let from = measure[cell];
                measure[into].add(from);
            }
            self.sketches
                .iter_mut()
                .for_each(|sketch| sketch.values.merge(into, cell));
        }
        self.keys.truncate(kept * width);
        self.rows.truncate(kept);
        for measure in &mut self.running {
            measure.truncate(kept);
        }
        self.sketches
            .iter_mut()
            .for_each(|sketch| sketch.values.truncate(kept));
        self.count_sketch_bytes();
    }
}

impl SketchValues {
    fn swap(&mut self, one: usize, other: usize) {
        match self {
            Self::Distinct(cells) => cells.swap(one, other),
            Self::Quantile(cells) => cells.swap(one, other),
        }
    }

    fn merge(&mut self, into: usize, from: usize) {
        match self {
            Self::Distinct(cells) => {
                let from = std::mem::take(&mut cells[from]);
                cells[into].merge(&from);
            }
            Self::Quantile(cells) => {
                let from = std::mem::take(&mut cells[from]);
                cells[into].merge(&from);
            }
        }
    }

    fn truncate(&mut self, cells: usize) {
        match self {
            Self::Distinct(sketches) => sketches.truncate(cells),
            Self::Quantile(sketches) => sketches.truncate(cells),
        }
    }
}
