//! A mean of steps' differences against a bound, the steps following their predecessors.

use super::statistics::{Whitened, tails};
use super::study::{Shape, Study};
use super::tables::{Null, Statistic};

/// The fewest steps with both sides.
pub const LEAST_PAIRS: usize = 14;

/// A mean and how far it lies from a bound.
#[derive(Debug, Clone)]
pub struct Paired {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// The autocorrelation.
    pub rho: f64,
    /// How many steps.
    pub n: usize,
    /// The null distribution of its distance from the truth, in errors.
    pub null: Null,
}

impl Paired {
    /// The probability of a mean so far above the bound where the true one lies on it.
    pub fn above(&self, bound: f64) -> f64 {
        match self.error > 0.0 {
            true => self.null.tail((self.mean - bound) / self.error).max(tails::LEAST),
            false => 1.0,
        }
    }

    /// Where the true mean lies with 95 %.
    pub fn interval(&self) -> (f64, f64) {
        let width = self.null.five_percent() * self.error;
        (self.mean - width, self.mean + width)
    }
}

/// The mean of differences at ascending steps, each with its weight; `None` for too few.
pub fn paired(study: &Study<'_>, steps: &[u32], values: &[f64], weights: Option<&[f64]>) -> Option<Paired> {
    if steps.len() < LEAST_PAIRS {
        return None;
    }
    let frame = study.frame(steps, Shape::Mean)?;
    let first = Whitened::new(&frame, 0.0, weights)?.fit(values);
    let centre = first.beta[0];
    let standard: Vec<f64> = values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let root = weights.map_or(1.0, |weights| libm::sqrt(weights[index]));
            (value - centre) * root
        })
        .collect();
    let rho = frame.rho(&standard);
    let fit = Whitened::new(&frame, rho, weights)?.fit(values);
    let (mean, error) = fit.last();
    Some(Paired {
        mean,
        error,
        df: fit.df,
        rho,
        n: steps.len(),
        null: Null::of(Statistic::Slope, steps.len(), rho),
    })
}
