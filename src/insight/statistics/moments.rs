//! Inner products of regressors, from which the bias of residuals' autocorrelation follows. They grow by one regressor
//! at a time, at the cost of that one.

use super::cholesky::Cholesky;
use super::frame::dot;
use super::gls::power;

/// Autocorrelations at which the bias is worked out.
pub const GRID: [f64; 8] = [-0.3, 0.0, 0.2, 0.4, 0.6, 0.75, 0.9, 0.97];

/// A value for each point of the grid.
pub type OnGrid = [f64; GRID.len()];

/// Regressors `x` and their inner products; `L` joins neighbours, `R` is the errors' correlation at a point of the grid.
#[derive(Debug, Clone, Default)]
pub struct Moments {
    /// The regressors.
    pub columns: Vec<Vec<f64>>,
    /// `x·x`.
    gram: Square<f64>,
    /// `x·L·x`.
    neighbours: Square<f64>,
    /// `x·R·x`.
    spread: Square<OnGrid>,
    /// `x·R·L·x`.
    cross: Square<OnGrid>,
}

impl Moments {
    /// Takes one regressor more, with values at the steps.
    pub fn push(&mut self, steps: &[u32], column: Vec<f64>) {
        let joined = join(steps, &column);
        let spread = correlate(steps, &column);
        let spread_joined = correlate(steps, &joined);
        let joined_spread = join_each(steps, &spread);
        self.columns.push(column);
        let with_all =
            |of: &dyn Fn(&[f64]) -> f64| self.columns.iter().map(|column| of(column)).collect::<Vec<_>>();
        let on_grid = |other: &[OnGrid]| -> Vec<OnGrid> {
            self.columns
                .iter()
                .map(|column| dot_each(column, other))
                .collect()
        };
        let last = &self.columns[self.columns.len() - 1];
        let (products, neighbours) = (with_all(&|x| dot(x, last)), with_all(&|x| dot(x, &joined)));
        let (spread, rows, columns) = (on_grid(&spread), on_grid(&joined_spread), on_grid(&spread_joined));
        self.gram.grow(&products, &products);
        self.neighbours.grow(&neighbours, &neighbours);
        self.spread.grow(&spread, &spread);
        self.cross.grow(&rows, &columns);
    }

    /// The factor of the inner products; `None` where the regressors depend on each other.
    pub fn factor(&self) -> Option<Cholesky> {
        Cholesky::of(&self.gram.cells, self.gram.size)
    }

    /// What is expected of the first autocorrelation of least-squares residuals `M·ε` when the errors have `R`:
    /// `tr(L·M·R·M) ÷ tr(M·R)`, at each point of the grid.
    pub fn expected_autocorrelations(&self, steps: &[u32], factor: &Cholesky) -> OnGrid {
        let size = self.columns.len();
        let inverse = factor.inverse();
        let neighbours = (1..steps.len())
            .filter(|index| steps[*index] - steps[*index - 1] == 1)
            .count() as f64;
        let alx = product(&inverse, &self.neighbours.cells, size);
        let mut expected = [0.0; GRID.len()];
        for (point, rho) in GRID.iter().enumerate() {
            let arx = product(&inverse, &self.spread.at(point), size);
            let cross = trace(&inverse, &self.cross.at(point), size);
            let double = trace(&alx, &arx, size);
            let square = steps.len() as f64 - (0..size).map(|i| arx[i * size + i]).sum::<f64>();
            expected[point] = (neighbours * rho - 2.0 * cross + double) / square;
        }
        expected
    }
}

/// A square matrix by rows.
#[derive(Debug, Clone, Default)]
struct Square<T> {
    size: usize,
    cells: Vec<T>,
}

impl<T: Copy> Square<T> {
    /// One row and one column more; both give the corner.
    fn grow(&mut self, row: &[T], column: &[T]) {
        let rows = self.cells.chunks_exact(self.size.max(1));
        let mut cells = Vec::with_capacity(row.len() * row.len());
        for (kept, last) in rows.zip(column) {
            cells.extend_from_slice(kept);
            cells.push(*last);
        }
        cells.extend_from_slice(row);
        *self = Self {
            size: row.len(),
            cells,
        };
    }
}

impl Square<OnGrid> {
    fn at(&self, point: usize) -> Vec<f64> {
        self.cells.iter().map(|cell| cell[point]).collect()
    }
}

/// `R·x` for each point of the grid. The points go side by side, as in each of them every value waits for the one before.
fn correlate(steps: &[u32], column: &[f64]) -> Vec<OnGrid> {
    let mut out: Vec<OnGrid> = column.iter().map(|value| [*value; GRID.len()]).collect();
    let mut carried = [0.0; GRID.len()];
    for index in 1..steps.len() {
        let kept = powers(steps[index] - steps[index - 1]);
        carry(&mut carried, column[index - 1], &kept, &mut out[index]);
    }
    let mut carried = [0.0; GRID.len()];
    for index in (1..steps.len()).rev() {
        let kept = powers(steps[index] - steps[index - 1]);
        carry(&mut carried, column[index], &kept, &mut out[index - 1]);
    }
    out
}

fn carry(carried: &mut OnGrid, value: f64, kept: &OnGrid, out: &mut OnGrid) {
    for ((carried, kept), out) in carried.iter_mut().zip(kept).zip(out) {
        *carried = (*carried + value) * kept;
        *out += *carried;
    }
}

/// `L·x`: half of each neighbour.
fn join(steps: &[u32], column: &[f64]) -> Vec<f64> {
    let mut joined = vec![0.0; column.len()];
    for index in 1..column.len() {
        if steps[index] - steps[index - 1] == 1 {
            joined[index] += column[index - 1] / 2.0;
            joined[index - 1] += column[index] / 2.0;
        }
    }
    joined
}

fn join_each(steps: &[u32], column: &[OnGrid]) -> Vec<OnGrid> {
    let mut joined = vec![[0.0; GRID.len()]; column.len()];
    let add = |sum: &mut OnGrid, values: &OnGrid| {
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += value / 2.0;
        }
    };
    for index in 1..column.len() {
        if steps[index] - steps[index - 1] == 1 {
            add(&mut joined[index], &column[index - 1]);
            add(&mut joined[index - 1], &column[index]);
        }
    }
    joined
}

fn dot_each(column: &[f64], others: &[OnGrid]) -> OnGrid {
    let mut sums = [0.0; GRID.len()];
    for (value, others) in column.iter().zip(others) {
        for (sum, other) in sums.iter_mut().zip(others) {
            *sum += value * other;
        }
    }
    sums
}

fn product(a: &[f64], b: &[f64], size: usize) -> Vec<f64> {
    let mut out = vec![0.0; size * size];
    for i in 0..size {
        for k in 0..size {
            for j in 0..size {
                out[i * size + j] += a[i * size + k] * b[k * size + j];
            }
        }
    }
    out
}

/// The trace of a product.
fn trace(a: &[f64], b: &[f64], size: usize) -> f64 {
    let pairs = (0..size).flat_map(|i| (0..size).map(move |k| (i, k)));
    pairs.map(|(i, k)| a[i * size + k] * b[k * size + i]).sum()
}

/// `rho^gap` on the grid.
fn powers(gap: u32) -> OnGrid {
    match gap {
        1 => GRID,
        _ => GRID.map(|rho| power(rho, gap)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spread_by_the_power_of_their_distance() {
        let (steps, y) = ([0, 1, 3, 4, 8], [1.0, -2.0, 0.5, 3.0, 1.0]);
        let spread = correlate(&steps, &y);
        for (point, rho) in GRID.iter().enumerate() {
            for (row, step) in steps.iter().enumerate() {
                let terms = steps
                    .iter()
                    .zip(y)
                    .map(|(other, value)| power(*rho, step.abs_diff(*other)) * value);
                assert!((spread[row][point] - terms.sum::<f64>()).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn one_regressor_more_is_as_all_at_once() {
        let steps = [0, 1, 2, 4, 5];
        let columns = [vec![1.0; 5], vec![0.5, -1.0, 2.0, 0.0, 1.0]];
        let mut moments = Moments::default();
        for column in &columns {
            moments.push(&steps, column.clone());
        }
        for (i, a) in columns.iter().enumerate() {
            for (j, b) in columns.iter().enumerate() {
                let joined = join(&steps, b);
                assert!((moments.gram.cells[i * 2 + j] - dot(a, b)).abs() < 1e-12);
                assert!((moments.neighbours.cells[i * 2 + j] - dot(a, &joined)).abs() < 1e-12);
                let (spread, cross) = (
                    dot_each(a, &correlate(&steps, b)),
                    dot_each(a, &correlate(&steps, &joined)),
                );
                for point in 0..GRID.len() {
                    assert!((moments.spread.at(point)[i * 2 + j] - spread[point]).abs() < 1e-12);
                    assert!((moments.cross.at(point)[i * 2 + j] - cross[point]).abs() < 1e-12);
                }
            }
        }
    }
}
