//! A scan for the step that explains a series best.

use super::frame::{Frame, dot};
use super::gls::{Whitened, left_over};

/// The best step of a series.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The index of the first value after it.
    pub at: usize,
    /// Its size.
    pub size: f64,
    /// The size's standard error.
    pub error: f64,
    /// How far the size lies beyond the floor, in standard errors; 0 inside.
    pub stat: f64,
    /// The sum of squares left, whitened.
    pub rest: f64,
    /// The autocorrelation assumed.
    pub rho: f64,
}

/// The step with the largest distance beyond the floor, of those that leave `margin` values on either side.
///
/// The autocorrelation is that of the residuals around the step that ordinary least squares would choose, corrected by
/// `reference`, a frame of the same steps with one column more. `None` where the series is too short or constant.
pub fn best_step(
    frame: &Frame,
    reference: &Frame,
    values: &[f64],
    margin: usize,
    floor: f64,
) -> Option<Step> {
    if values.len() < 2 * margin + 1 {
        return None;
    }
    let plain = Whitened::new(frame, 0.0, None)?;
    let first = scan(&plain, values, margin, 0.0)?;
    let mut without = values.to_vec();
    without[first.at..]
        .iter_mut()
        .for_each(|value| *value -= first.size);
    let rho = reference.rho(&frame.residuals(&without));
    let white = Whitened::new(frame, rho, None)?;
    scan(&white, values, margin, floor)
}

fn scan(white: &Whitened<'_>, values: &[f64], margin: usize, floor: f64) -> Option<Step> {
    let count = values.len();
    let whitened = white.whitening.apply(values);
    let basis = white.factor.orthonormal(&white.columns);
    let half: Vec<f64> = basis.iter().map(|column| dot(column, &whitened)).collect();
    let rest = left_over(dot(&whitened, &whitened), dot(&half, &half));
    let df = count.checked_sub(basis.len() + 1).filter(|df| *df > 0)? as f64;
    if rest <= 0.0 {
        return None;
    }
    // Of a whitened step that begins at each place: its square and its product with the values, less what the columns
    // explain of either.
    let factors: Vec<(f64, f64)> = white.whitening.of_step().collect();
    let mut own = squares_of_steps(&factors);
    let mut along = products_with_steps(&factors, &whitened);
    for (column, half) in basis.iter().zip(&half) {
        let explained = products_with_steps(&factors, column);
        for ((own, along), explained) in own.iter_mut().zip(&mut along).zip(explained) {
            *own -= explained * explained;
            *along -= explained * half;
        }
    }
    let mut best: Option<Step> = None;
    for at in (margin..=count.saturating_sub(margin))
        .rev()
        .filter(|at| own[*at] > 1e-9)
    {
        let step = along[at] / own[at];
        let left = (rest - along[at] * step).max(1e-20 * rest);
        let error = libm::sqrt(left / df / own[at]);
        let stat = ((step.abs() - floor) / error).max(0.0);
        if best.is_none_or(|best| stat > best.stat) {
            best = Some(Step {
                at,
                size: step,
                error,
                stat,
                rest: left,
                rho: white.rho,
            });
        }
    }
    best
}

/// A stretch of values beside what was before and after.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// The index of its first value.
    pub first: usize,
    /// The index of the first value after it.
    pub after: usize,
    /// By how much its mean lies beside the others'.
    pub size: f64,
}

/// The stretch that explains most of residuals around a level, where it explains more of them than the step before `at`: it passed,
/// and the level did not change. One that is shorter than `margin` may lie anywhere; a longer one begins or ends with the
/// step, and leaves `margin` values on either side.
pub fn passing(residuals: &[f64], at: usize, margin: usize) -> Option<Stretch> {
    let count = residuals.len();
    let mut sums = vec![0.0; count + 1];
    for (index, residual) in residuals.iter().enumerate() {
        sums[index + 1] = sums[index] + residual;
    }
    let explained = |(first, after): (usize, usize)| {
        let (length, sum) = ((after - first) as f64, sums[after] - sums[first]);
        sum * sum / (length * (1.0 - length / count as f64))
    };
    let short = (1..margin).flat_map(|length| (0..=count - length).map(move |first| (first, first + length)));
    let ends = (margin..(at + 1).saturating_sub(margin)).map(|first| (first, at));
    let begins = (at + margin..(count + 1).saturating_sub(margin)).map(|after| (at, after));
    let stretches = short.chain(ends).chain(begins);
    let best = stretches.max_by(|a, b| explained(*a).total_cmp(&explained(*b)))?;
    let (first, after) = best;
    (explained(best) > explained((at, count))).then(|| {
        let length = (after - first) as f64;
        let size = (sums[after] - sums[first]) / (length * (1.0 - length / count as f64));
        Stretch { first, after, size }
    })
}

/// The inner product of a column with the whitened step at each place; of a step its factor at its first value, and after it.
fn products_with_steps(factors: &[(f64, f64)], column: &[f64]) -> Vec<f64> {
    let mut products = vec![0.0; column.len()];
    let mut after_it = 0.0;
    for ((product, (first, after)), value) in products.iter_mut().zip(factors).zip(column).rev() {
        *product = after_it + first * value;
        after_it += after * value;
    }
    products
}

/// The square of the whitened step at each place.
fn squares_of_steps(factors: &[(f64, f64)]) -> Vec<f64> {
    let mut squares = vec![0.0; factors.len()];
    let mut after_it = 0.0;
    for (square, (first, after)) in squares.iter_mut().zip(factors).rev() {
        *square = after_it + first * first;
        after_it += after * after;
    }
    squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::statistics::Season;

    /// Reproducible noise without a generator: the fractions of multiples of the golden ratio, from −½ to ½.
    fn noise(index: usize) -> f64 {
        let x = index as f64 * 0.618_033_988_749_895;
        x - libm::floor(x) - 0.5
    }

    #[test]
    fn a_planted_step_is_found_where_it_is() {
        let season = Season { length: 7, phase: 2 };
        let frame = Frame::new((0..60).collect(), season).unwrap();
        let reference = frame.with_line().unwrap();
        let values: Vec<f64> = (0..60)
            .map(|index| noise(index) * 0.2 + if index >= 37 { 1.0 } else { 0.0 } + (index % 7) as f64)
            .collect();
        let step = best_step(&frame, &reference, &values, 7, 0.05).unwrap();
        assert_eq!(step.at, 37);
        assert!((step.size - 1.0).abs() < 0.1, "{step:?}");
        assert!(step.stat > 20.0);
    }

    #[test]
    fn the_scan_agrees_with_fitting_each_step() {
        let frame = Frame::new((0..30).filter(|step| *step != 11).collect(), Season::NONE).unwrap();
        let values: Vec<f64> = (0..29).map(|index| noise(index * 3 + 1)).collect();
        let white = Whitened::new(&frame, 0.4, None).unwrap();
        let found = scan(&white, &values, 7, 0.0).unwrap();
        let t_of = |at: usize| {
            let column = (0..29).map(|index| f64::from(u8::from(index >= at))).collect();
            let with = frame.with(column).unwrap();
            let fit = Whitened::new(&with, 0.4, None).unwrap().fit(&values);
            let (size, error) = fit.last();
            (size / error).abs()
        };
        let best = (7..=22).max_by(|a, b| t_of(*a).total_cmp(&t_of(*b))).unwrap();
        assert_eq!(found.at, best);
        assert!((found.stat - t_of(best)).abs() < 1e-9);
    }

    /// The stretch that explains more than the step before `at` of sixty values and some noise, around their mean.
    fn passed(value: impl Fn(usize) -> f64, at: usize) -> Option<(usize, usize)> {
        let values: Vec<f64> = (0..60).map(|index| value(index) + 0.2 * noise(index)).collect();
        let mean = values.iter().sum::<f64>() / 60.0;
        let residuals: Vec<f64> = values.iter().map(|value| value - mean).collect();
        passing(&residuals, at, 7).map(|stretch| (stretch.first, stretch.after))
    }

    #[test]
    fn what_passed_is_no_step() {
        let within = |first: usize, after: usize| {
            move |index: usize| f64::from(u8::from((first..after).contains(&index)))
        };
        for (size, at, stretch) in [
            (-5.0, 25, (20, 25)),
            (5.0, 53, (55, 60)),
            (5.0, 7, (0, 4)),
            (-1.0, 35, (20, 35)),
            (1.0, 20, (20, 35)),
        ] {
            let value = |index| size * within(stretch.0, stretch.1)(index);
            assert_eq!(passed(value, at), Some(stretch));
        }
        assert_eq!(passed(within(30, 60), 30), None, "it lasts");
        assert_eq!(passed(within(0, 12), 12), None, "and so does what was before");
        let twice = |index| within(20, 60)(index) + within(40, 60)(index);
        assert_eq!(passed(twice, 40), None, "it went on");
    }

    #[test]
    fn a_constant_series_has_no_step() {
        let frame = Frame::new((0..60).collect(), Season::NONE).unwrap();
        let reference = frame.with_line().unwrap();
        assert!(best_step(&frame, &reference, &[3.0; 60], 7, 0.05).is_none());
    }
}
