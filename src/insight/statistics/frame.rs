//! Regressors of a series: a level, the weekdays, a line; and how its residuals' autocorrelation understates the errors'.

use super::cholesky::Cholesky;
use super::gls::correlate;

/// Autocorrelations at which the bias is worked out.
const GRID: [f64; 8] = [-0.3, 0.0, 0.2, 0.4, 0.6, 0.75, 0.9, 0.97];
/// The largest autocorrelation that is assumed; beyond it a series is as good as a random walk.
pub const MAX_RHO: f64 = 0.9;

/// How many steps a season has and in which phase the first step lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Season {
    /// Steps in a season; 1 for none.
    pub length: u32,
    /// The phase of step 0.
    pub phase: u32,
}

impl Season {
    /// No season.
    pub const NONE: Self = Self { length: 1, phase: 0 };

    /// The phase of a step.
    pub fn of(self, step: u32) -> u32 {
        (step + self.phase) % self.length
    }
}

/// The regressors of a series that has values at given steps.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The steps with values, ascending.
    pub steps: Vec<u32>,
    /// The season.
    pub season: Season,
    /// Columns: the level, then a dummy for each phase that occurs but the first one, then what else was asked for.
    pub columns: Vec<Vec<f64>>,
    /// For each dummy its phase.
    pub phases: Vec<u32>,
    /// The phase that has no dummy.
    pub base_phase: u32,
    /// The factor of their inner products.
    pub factor: Cholesky,
    /// The expected first autocorrelation of residuals at each point of the grid.
    expected: [f64; GRID.len()],
}

impl Frame {
    /// The level and the season; with a line from −½ to ½ where asked for. `None` where there are too few values.
    pub fn new(steps: Vec<u32>, season: Season, with_line: bool) -> Option<Self> {
        let mut extra = Vec::new();
        if with_line {
            let (first, last) = (f64::from(*steps.first()?), f64::from(*steps.last()?));
            let middle = (first + last) / 2.0;
            let span = (last - first).max(1.0);
            extra.push(
                steps
                    .iter()
                    .map(|step| (f64::from(*step) - middle) / span)
                    .collect(),
            );
        }
        Self::with(steps, season, extra)
    }

    /// The level, the season and further columns.
    pub fn with(steps: Vec<u32>, season: Season, extra: Vec<Vec<f64>>) -> Option<Self> {
        let mut occurs = vec![false; season.length as usize];
        for step in &steps {
            occurs[season.of(*step) as usize] = true;
        }
        let mut phases: Vec<u32> = (0..season.length)
            .filter(|phase| occurs[*phase as usize])
            .collect();
        if phases.is_empty() {
            return None;
        }
        let base_phase = phases.remove(0);
        let mut columns = vec![vec![1.0; steps.len()]];
        columns.extend(phases.iter().map(|phase| {
            let is_it = |step: &u32| f64::from(u8::from(season.of(*step) == *phase));
            steps.iter().map(is_it).collect()
        }));
        columns.extend(extra);
        if steps.len() < columns.len() + 3 {
            return None;
        }
        let size = columns.len();
        let factor = Cholesky::of(&gram(&columns), size)?;
        let expected = expected_autocorrelations(&steps, &columns, &factor);
        Some(Self {
            steps,
            season,
            columns,
            phases,
            base_phase,
            factor,
            expected,
        })
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there are no values; there always are.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The gap before each value, in steps; 0 before the first.
    pub fn gaps(&self) -> impl Iterator<Item = u32> + '_ {
        let first = self.steps.first().copied().unwrap_or_default();
        let before = std::iter::once(first).chain(self.steps.iter().copied());
        self.steps.iter().zip(before).map(|(step, before)| step - before)
    }

    /// Residuals of ordinary least squares.
    pub fn residuals(&self, values: &[f64]) -> Vec<f64> {
        let right: Vec<f64> = self.columns.iter().map(|column| dot(column, values)).collect();
        let beta = self.factor.solve(&right);
        let mut residuals = values.to_vec();
        for (column, beta) in self.columns.iter().zip(beta) {
            for (residual, x) in residuals.iter_mut().zip(column) {
                *residual -= beta * x;
            }
        }
        residuals
    }

    /// The errors' autocorrelation, from residuals of this frame: the one whose residuals are expected to show what
    /// these do, from 0 to [`MAX_RHO`].
    pub fn rho(&self, residuals: &[f64]) -> f64 {
        self.unbiased(autocorrelation(&self.steps, residuals))
    }

    /// As [`Frame::rho`], from the residuals' autocorrelation.
    pub fn unbiased(&self, observed: f64) -> f64 {
        let mut rho = MAX_RHO;
        for index in 1..GRID.len() {
            let (low, high) = (self.expected[index - 1], self.expected[index]);
            if observed <= high {
                let share = if high > low {
                    (observed - low) / (high - low)
                } else {
                    0.0
                };
                rho = GRID[index - 1] + share * (GRID[index] - GRID[index - 1]);
                break;
            }
        }
        rho.clamp(0.0, MAX_RHO)
    }
}

/// The autocorrelation of residuals between neighbouring steps.
pub fn autocorrelation(steps: &[u32], residuals: &[f64]) -> f64 {
    let square = dot(residuals, residuals);
    let mut product = 0.0;
    for index in 1..steps.len() {
        if steps[index] - steps[index - 1] == 1 {
            product += residuals[index] * residuals[index - 1];
        }
    }
    if square > 0.0 { product / square } else { 0.0 }
}

/// The inner product. Eight sums run side by side, so that none waits for the one before.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len().min(b.len());
    let (a, a_rest) = a[..count].as_chunks::<8>();
    let (b, b_rest) = b[..count].as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7)) + rest
}

/// The inner products of columns, by rows.
pub fn products(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<f64> {
    let rows = a.iter().flat_map(|a| b.iter().map(move |b| dot(a, b)));
    rows.collect()
}

/// The inner products of columns with each other, by rows.
pub fn gram(columns: &[Vec<f64>]) -> Vec<f64> {
    let size = columns.len();
    let mut gram = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            let product = dot(&columns[row], &columns[column]);
            gram[row * size + column] = product;
            gram[column * size + row] = product;
        }
    }
    gram
}

/// What is expected of the first autocorrelation of least-squares residuals `M·ε` when the errors have `R`:
/// `tr(L·M·R·M) ÷ tr(M·R)`, `L` joining neighbours, at each point of the grid.
fn expected_autocorrelations(steps: &[u32], columns: &[Vec<f64>], factor: &Cholesky) -> [f64; GRID.len()] {
    let size = columns.len();
    let inverse = factor.inverse();
    let neighbours = (1..steps.len())
        .filter(|index| steps[*index] - steps[*index - 1] == 1)
        .count() as f64;
    let joined: Vec<Vec<f64>> = columns.iter().map(|column| join(steps, column)).collect();
    let xlx = products(columns, &joined);
    let alx = product(&inverse, &xlx, size);
    GRID.map(|rho| {
        let spread = correlate(steps, columns, rho);
        let xrx = products(columns, &spread);
        let arx = product(&inverse, &xrx, size);
        let cross = trace(&inverse, &products(&spread, &joined), size);
        let double = trace(&alx, &arx, size);
        let square = steps.len() as f64 - (0..size).map(|i| arx[i * size + i]).sum::<f64>();
        (neighbours * rho - 2.0 * cross + double) / square
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residuals_are_orthogonal_to_every_column() {
        let season = Season { length: 7, phase: 3 };
        let frame = Frame::new((0..40).filter(|step| step % 9 != 4).collect(), season, true).unwrap();
        let values: Vec<f64> = frame
            .steps
            .iter()
            .map(|step| f64::from(step * step % 23))
            .collect();
        let residuals = frame.residuals(&values);
        for column in &frame.columns {
            assert!(dot(column, &residuals).abs() < 1e-9);
        }
    }

    #[test]
    fn the_bias_of_a_level_is_the_known_one() {
        // With a level alone the first autocorrelation of n white values is expected at -1/n.
        let frame = Frame::new((0..50).collect(), Season::NONE, false).unwrap();
        assert!((frame.expected[1] - -0.02).abs() < 0.001, "{:?}", frame.expected);
        assert!(frame.unbiased(frame.expected[4]) - 0.6 < 1e-9);
        assert_eq!(frame.unbiased(0.99), MAX_RHO);
        assert_eq!(frame.unbiased(-0.5), 0.0);
    }

    #[test]
    fn too_few_values_have_no_frame() {
        let season = Season { length: 7, phase: 0 };
        assert!(Frame::new((0..9).collect(), season, false).is_none());
        assert!(Frame::new(Vec::new(), season, false).is_none());
    }
}
