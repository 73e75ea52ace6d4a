//! Regressors of a series: a level, the weekdays, a line; and how its residuals' autocorrelation understates the errors'.

use super::cholesky::Cholesky;
use super::moments::{GRID, Moments, OnGrid};

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
    /// The level, then a dummy for each phase that occurs but the first one, then what else was asked for.
    moments: Moments,
    /// For each dummy its phase.
    pub phases: Vec<u32>,
    /// The phase that has no dummy.
    pub base_phase: u32,
    /// The factor of their inner products.
    pub factor: Cholesky,
    /// The expected first autocorrelation of residuals at each point of the grid.
    expected: OnGrid,
}

impl Frame {
    /// The level and the season. `None` where there are too few values.
    pub fn new(steps: Vec<u32>, season: Season) -> Option<Self> {
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
        let mut moments = Moments::default();
        moments.push(&steps, vec![1.0; steps.len()]);
        for phase in &phases {
            let is_it = |step: &u32| f64::from(u8::from(season.of(*step) == *phase));
            moments.push(&steps, steps.iter().map(is_it).collect());
        }
        Self::of(steps, season, phases, base_phase, moments)
    }

    /// With a column more. `None` where there are too few values, or it depends on the others.
    pub fn with(&self, column: Vec<f64>) -> Option<Self> {
        let mut moments = self.moments.clone();
        moments.push(&self.steps, column);
        let (steps, phases) = (self.steps.clone(), self.phases.clone());
        Self::of(steps, self.season, phases, self.base_phase, moments)
    }

    /// With a line, from -1/2 to 1/2, more.
    pub fn with_line(&self) -> Option<Self> {
        self.with(self.along()?)
    }

    /// With the square and the cube of that line more.
    pub fn with_curve(&self) -> Option<Self> {
        let along = self.along()?;
        let squared = self.with(along.iter().map(|x| x * x).collect())?;
        squared.with(along.iter().map(|x| x * x * x).collect())
    }

    /// Where each step lies between the first and the last, from -1/2 to 1/2.
    fn along(&self) -> Option<Vec<f64>> {
        let (first, last) = (f64::from(*self.steps.first()?), f64::from(*self.steps.last()?));
        let (middle, span) = ((first + last) / 2.0, (last - first).max(1.0));
        let at = |step: &u32| (f64::from(*step) - middle) / span;
        Some(self.steps.iter().map(at).collect())
    }

    /// With the columns of the moments.
    fn of(
        steps: Vec<u32>,
        season: Season,
        phases: Vec<u32>,
        base_phase: u32,
        moments: Moments,
    ) -> Option<Self> {
        if steps.len() < moments.columns.len() + 3 {
            return None;
        }
        let factor = moments.factor()?;
        let expected = moments.expected_autocorrelations(&steps, &factor);
        Some(Self {
            steps,
            season,
            moments,
            phases,
            base_phase,
            factor,
            expected,
        })
    }

    /// Columns: the level, then a dummy for each phase that occurs but the first one, then what else was asked for.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.moments.columns
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
        let right: Vec<f64> = self.columns().iter().map(|column| dot(column, values)).collect();
        let beta = self.factor.solve(&right);
        let mut residuals = values.to_vec();
        for (column, beta) in self.columns().iter().zip(beta) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residuals_are_orthogonal_to_every_column() {
        let season = Season { length: 7, phase: 3 };
        let frame = Frame::new((0..40).filter(|step| step % 9 != 4).collect(), season)
            .unwrap()
            .with_line()
            .unwrap();
        let values: Vec<f64> = frame
            .steps
            .iter()
            .map(|step| f64::from(step * step % 23))
            .collect();
        let residuals = frame.residuals(&values);
        for column in frame.columns() {
            assert!(dot(column, &residuals).abs() < 1e-9);
        }
    }

    #[test]
    fn the_bias_of_a_level_is_the_known_one() {
        // With a level alone the first autocorrelation of n white values is expected at -1/n.
        let frame = Frame::new((0..50).collect(), Season::NONE).unwrap();
        assert!((frame.expected[1] - -0.02).abs() < 0.001, "{:?}", frame.expected);
        assert!(frame.unbiased(frame.expected[4]) - 0.6 < 1e-9);
        assert_eq!(frame.unbiased(0.99), MAX_RHO);
        assert_eq!(frame.unbiased(-0.5), 0.0);
    }

    #[test]
    fn too_few_values_have_no_frame() {
        let season = Season { length: 7, phase: 0 };
        assert!(Frame::new((0..9).collect(), season).is_none());
        assert!(Frame::new(Vec::new(), season).is_none());
    }
}
