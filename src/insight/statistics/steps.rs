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
    let size = white.columns.len();
    let whitened = white.whitening.apply(values);
    let right: Vec<f64> = white
        .columns
        .iter()
        .map(|column| dot(column, &whitened))
        .collect();
    let half = white.factor.forward(&right);
    let rest = left_over(dot(&whitened, &whitened), dot(&half, &half));
    let df = count.checked_sub(size + 1).filter(|df| *df > 0)? as f64;
    if rest <= 0.0 {
        return None;
    }
    let factors: Vec<(f64, f64)> = white.whitening.of_step().collect();
    // Inner products of the whitened step with the columns and the values, as sums from the end.
    let mut with_columns = vec![0.0; size];
    let (mut with_values, mut square) = (0.0, 0.0);
    let mut cross = vec![0.0; size];
    let mut projected = vec![0.0; size];
    let mut best: Option<Step> = None;
    for at in (margin..count).rev() {
        let (first, after) = factors[at];
        if at + margin <= count {
            for (cross, (sum, column)) in cross.iter_mut().zip(with_columns.iter().zip(&*white.columns)) {
                *cross = sum + first * column[at];
            }
            white.factor.forward_into(&cross, &mut projected);
            let own = square + first * first - dot(&projected, &projected);
            let along = with_values + first * whitened[at] - dot(&projected, &half);
            if own > 1e-9 {
                let step = along / own;
                let left = (rest - along * step).max(1e-20 * rest);
                let error = libm::sqrt(left / df / own);
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
        }
        for (sum, column) in with_columns.iter_mut().zip(&*white.columns) {
            *sum += after * column[at];
        }
        with_values += after * whitened[at];
        square += after * after;
    }
    best
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

    #[test]
    fn a_constant_series_has_no_step() {
        let frame = Frame::new((0..60).collect(), Season::NONE).unwrap();
        let reference = frame.with_line().unwrap();
        assert!(best_step(&frame, &reference, &[3.0; 60], 7, 0.05).is_none());
    }
}
