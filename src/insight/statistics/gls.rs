//! Generalised least squares for errors that follow their predecessor: the values are whitened, gaps and all, then fitted.

use std::borrow::Cow;

use super::cholesky::Cholesky;
use super::frame::{Frame, dot, gram};

/// `rho^gap`.
pub(super) fn power(rho: f64, gap: u32) -> f64 {
    match gap {
        0 => 1.0,
        1 => rho,
        _ => libm::pow(rho, f64::from(gap)),
    }
}

/// How to whiten: the autocorrelation, and the relative precision of each value.
#[derive(Debug, Clone)]
pub struct Whitening {
    /// What of its predecessor is taken off each value.
    before: Vec<f64>,
    /// What each value is then multiplied by.
    factor: Vec<f64>,
    /// The root of each value's weight; empty for equal ones.
    roots: Vec<f64>,
}

impl Whitening {
    /// For values at the frame's steps, whose errors have the autocorrelation and variances inverse to the weights.
    pub fn new(frame: &Frame, rho: f64, weights: Option<&[f64]>) -> Self {
        let mut before = Vec::with_capacity(frame.len());
        let mut factor = Vec::with_capacity(frame.len());
        // Most gaps are like the one before.
        let (mut last, mut carried, mut scale) = (0, 0.0, 1.0);
        for gap in frame.gaps() {
            if gap != last {
                (last, carried) = (gap, power(rho, gap));
                scale = 1.0 / libm::sqrt(1.0 - carried * carried);
            }
            before.push(carried);
            factor.push(scale);
        }
        let roots = weights.map_or_else(Vec::new, |weights| {
            weights.iter().map(|weight| libm::sqrt(*weight)).collect()
        });
        Self {
            before,
            factor,
            roots,
        }
    }

    /// The whitened column.
    pub fn apply(&self, column: &[f64]) -> Vec<f64> {
        match self.roots.is_empty() {
            true => self.whiten(column),
            false => {
                let weighted = column.iter().zip(&self.roots);
                self.whiten(&weighted.map(|(value, root)| value * root).collect::<Vec<_>>())
            }
        }
    }

    fn whiten(&self, values: &[f64]) -> Vec<f64> {
        let mut white = Vec::with_capacity(values.len());
        white.extend(values.first().map(|first| first * self.factor[0]));
        let later = self.before.iter().zip(&self.factor).skip(1);
        let pairs = values.iter().zip(values.iter().skip(1)).zip(later);
        white.extend(pairs.map(|((previous, value), (before, factor))| (value - before * previous) * factor));
        white
    }

    /// For each value what a step by one makes of the whitened column: at the step's first value, and after it.
    pub fn of_step(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let pairs = self.before.iter().zip(&self.factor);
        pairs.map(|(before, factor)| (*factor, (1.0 - before) * factor))
    }
}

/// What is left of a sum of squares when less than this share of it is: rounding.
const ROUNDING: f64 = 1e-13;

/// A sum of squares less what is explained of it; 0 where that is all but rounding.
pub fn left_over(whole: f64, explained: f64) -> f64 {
    let rest = whole - explained;
    if rest > ROUNDING * whole { rest } else { 0.0 }
}

/// Whitened columns with their factored normal equations.
#[derive(Debug, Clone)]
pub struct Whitened<'a> {
    /// How they were whitened.
    pub whitening: Whitening,
    /// The columns.
    pub columns: Cow<'a, [Vec<f64>]>,
    /// The factor of their inner products.
    pub factor: Cow<'a, Cholesky>,
    /// The autocorrelation.
    pub rho: f64,
}

/// A fit.
#[derive(Debug, Clone)]
pub struct Fit<'a> {
    /// A coefficient for each column.
    pub beta: Vec<f64>,
    /// The factor of the whitened columns' inner products: their inverse is the coefficients' covariance over the errors'
    /// variance.
    pub factor: Cow<'a, Cholesky>,
    /// The errors' variance (for equal weights, of one value).
    pub variance: f64,
    /// Values less coefficients.
    pub df: f64,
    /// The sum of squares left.
    pub rest: f64,
}

impl<'a> Whitened<'a> {
    /// Whitens a frame's columns; those of white values are the frame's own.
    pub fn new(frame: &'a Frame, rho: f64, weights: Option<&[f64]>) -> Option<Self> {
        let whitening = Whitening::new(frame, rho, weights);
        if rho == 0.0 && weights.is_none() {
            return Some(Self {
                whitening,
                columns: Cow::Borrowed(frame.columns()),
                factor: Cow::Borrowed(&frame.factor),
                rho,
            });
        }
        let columns: Vec<Vec<f64>> = frame
            .columns()
            .iter()
            .map(|column| whitening.apply(column))
            .collect();
        let factor = Cholesky::of(&gram(&columns), columns.len())?;
        Some(Self {
            whitening,
            columns: Cow::Owned(columns),
            factor: Cow::Owned(factor),
            rho,
        })
    }

    /// Fits values at the frame's steps.
    pub fn fit(self, values: &[f64]) -> Fit<'a> {
        let white = self.whitening.apply(values);
        let right: Vec<f64> = self.columns.iter().map(|column| dot(column, &white)).collect();
        let half = self.factor.forward(&right);
        let rest = left_over(dot(&white, &white), dot(&half, &half));
        let df = (values.len() - self.columns.len()) as f64;
        Fit {
            beta: self.factor.solve(&right),
            variance: rest / df,
            df,
            rest,
            factor: self.factor,
        }
    }
}

impl Fit<'_> {
    /// A combination of the coefficients and its standard error.
    pub fn contrast(&self, weights: &[f64]) -> (f64, f64) {
        let value = dot(weights, &self.beta);
        let half = self.factor.forward(weights);
        let square = dot(&half, &half);
        (value, libm::sqrt((square * self.variance).max(0.0)))
    }

    /// The coefficient of the last column and its standard error.
    pub fn last(&self) -> (f64, f64) {
        let mut weights = vec![0.0; self.beta.len()];
        if let Some(last) = weights.last_mut() {
            *last = 1.0;
        }
        self.contrast(&weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::statistics::Season;

    #[test]
    fn without_autocorrelation_it_is_ordinary_least_squares() {
        let frame = Frame::new((0..6).collect(), Season::NONE)
            .unwrap()
            .with_line()
            .unwrap();
        let fit = Whitened::new(&frame, 0.0, None)
            .unwrap()
            .fit(&[1.0, 2.0, 2.0, 4.0, 4.0, 5.0]);
        // By hand: mean 3, slope 14/17.5 a step, so 4 over the five steps between first and last; rest 12 - 14²/17.5.
        assert!((fit.beta[0] - 3.0).abs() < 1e-12);
        assert!((fit.beta[1] - 4.0).abs() < 1e-12);
        assert!((fit.rest - (12.0 - 14.0 * 14.0 / 17.5)).abs() < 1e-12);
        let (slope, error) = fit.last();
        assert_eq!(slope, fit.beta[1]);
        assert!((error - libm::sqrt(fit.variance / 17.5) * 5.0).abs() < 1e-12);
    }

    #[test]
    fn whitening_undoes_the_correlation() {
        // Wᵀ·W is the inverse of R: whitening x and R·y gives their plain product.
        let frame = Frame::new(vec![0, 1, 3, 4, 5, 8], Season::NONE).unwrap();
        let whitening = Whitening::new(&frame, 0.6, None);
        let x = [1.0, -2.0, 0.5, 3.0, 1.0, 2.0];
        let y = [0.3, 1.0, -1.0, 2.0, 0.0, 1.5];
        let spread = |row: &u32| {
            let terms = frame.steps.iter().zip(y);
            terms
                .map(|(other, value)| power(0.6, row.abs_diff(*other)) * value)
                .sum()
        };
        let spread: Vec<f64> = frame.steps.iter().map(spread).collect();
        let product = dot(&whitening.apply(&x), &whitening.apply(&spread));
        assert!((product - dot(&x, &y)).abs() < 1e-12);
    }
}
