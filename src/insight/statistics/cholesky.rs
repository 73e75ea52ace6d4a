//! Small symmetric positive definite systems, solved by Cholesky's factorisation.

/// Pivots below this share of their diagonal count as zero: the columns depend on each other.
const SINGULAR: f64 = 1e-10;

/// The lower triangle `L` of a matrix `A = L·Lᵀ`, by rows.
#[derive(Debug, Clone)]
pub struct Cholesky {
    size: usize,
    lower: Vec<f64>,
    /// One over each pivot: divisions are slow.
    pivots: Vec<f64>,
}

impl Cholesky {
    /// Factors a matrix of `size` rows, given by rows; `None` where it is singular.
    pub fn of(matrix: &[f64], size: usize) -> Option<Self> {
        let mut lower = vec![0.0; size * size];
        let mut pivots = Vec::with_capacity(size);
        for row in 0..size {
            for column in 0..=row {
                let dot: f64 = (0..column)
                    .map(|k| lower[row * size + k] * lower[column * size + k])
                    .sum();
                let rest = matrix[row * size + column] - dot;
                lower[row * size + column] = if row == column {
                    let is_regular = rest > SINGULAR * matrix[row * size + row];
                    let pivot = is_regular.then(|| libm::sqrt(rest))?;
                    pivots.push(1.0 / pivot);
                    pivot
                } else {
                    rest * pivots[column]
                };
            }
        }
        Some(Self { size, lower, pivots })
    }

    /// `L⁻¹·b`.
    pub fn forward(&self, right: &[f64]) -> Vec<f64> {
        let mut solution = Vec::with_capacity(self.size);
        let rows = self.lower.chunks_exact(self.size.max(1));
        for ((row, right), pivot) in rows.zip(right).zip(&self.pivots) {
            let dot: f64 = row.iter().zip(&solution).map(|(l, x)| l * x).sum();
            solution.push((right - dot) * pivot);
        }
        solution
    }

    /// `L⁻¹·Xᵀ`, where `A = Xᵀ·X`: orthonormal columns that span what those of `X` do.
    pub fn orthonormal(&self, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut basis: Vec<Vec<f64>> = Vec::with_capacity(self.size);
        for (row, column) in columns.iter().enumerate() {
            let mut own = column.clone();
            for (other, lower) in basis.iter().zip(&self.lower[row * self.size..]) {
                for (own, other) in own.iter_mut().zip(other) {
                    *own -= lower * other;
                }
            }
            own.iter_mut().for_each(|value| *value *= self.pivots[row]);
            basis.push(own);
        }
        basis
    }

    /// `A⁻¹·b`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut solution = self.forward(right);
        for row in (0..self.size).rev() {
            let dot: f64 = (row + 1..self.size)
                .map(|k| self.lower[k * self.size + row] * solution[k])
                .sum();
            solution[row] = (solution[row] - dot) * self.pivots[row];
        }
        solution
    }

    /// `A⁻¹`, by rows.
    pub fn inverse(&self) -> Vec<f64> {
        let mut inverse = vec![0.0; self.size * self.size];
        let mut unit = vec![0.0; self.size];
        for column in 0..self.size {
            unit.fill(0.0);
            unit[column] = 1.0;
            for (row, value) in self.solve(&unit).into_iter().enumerate() {
                inverse[row * self.size + column] = value;
            }
        }
        inverse
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::{dot, gram};
    use super::*;

    #[test]
    fn a_system_of_two_is_solved() {
        let factor = Cholesky::of(&[4.0, 2.0, 2.0, 3.0], 2).unwrap();
        let solved = factor.solve(&[10.0, 8.0]);
        let inverse = factor.inverse();
        let got = solved.iter().chain(&inverse);
        for (got, want) in got.zip([1.75, 1.5, 0.375, -0.25, -0.25, 0.5]) {
            assert!((got - want).abs() < 1e-12);
        }
    }

    #[test]
    fn columns_are_made_orthonormal() {
        let columns = [vec![1.0, 1.0, 1.0, 1.0], vec![1.0, 2.0, 3.0, 5.0]];
        let factor = Cholesky::of(&gram(&columns), 2).unwrap();
        let basis = factor.orthonormal(&columns);
        for (got, want) in gram(&basis).into_iter().zip([1.0, 0.0, 0.0, 1.0]) {
            assert!((got - want).abs() < 1e-12);
        }
        // They span the columns: what the columns explain of values is what they explain.
        let values = [3.0, -1.0, 2.0, 4.0];
        let right: Vec<f64> = columns.iter().map(|column| dot(column, &values)).collect();
        let along: Vec<f64> = basis.iter().map(|column| dot(column, &values)).collect();
        for (got, want) in along.into_iter().zip(factor.forward(&right)) {
            assert!((got - want).abs() < 1e-12);
        }
    }

    #[test]
    fn dependent_columns_are_refused() {
        assert!(Cholesky::of(&[1.0, 2.0, 2.0, 4.0], 2).is_none());
    }
}
