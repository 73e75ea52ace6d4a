//! Medians and what stands on them.

/// The factor that makes the median absolute deviation of a normal distribution its standard deviation.
pub const MAD_FACTOR: f64 = 1.482_602_218_505_602;

/// The median; reorders the values. 0 of none.
pub fn median(values: &mut [f64]) -> f64 {
    let count = values.len();
    if count == 0 {
        return 0.0;
    }
    let (below, middle, _) = values.select_nth_unstable_by(count / 2, f64::total_cmp);
    let upper = *middle;
    if count % 2 == 1 {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (lower + upper) / 2.0
}

/// The median of the distances to 0, as a standard deviation.
pub fn spread(values: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    MAD_FACTOR * median(&mut sizes)
}

/// For each value its distance from the median of its neighbours: those within `reach` steps, itself left out.
pub fn local_distances(steps: &[u32], values: &[f64], reach: u32) -> Vec<f64> {
    // The values within reach, itself included, in ascending order.
    let mut near: Vec<f64> = Vec::with_capacity(2 * reach as usize + 1);
    // They are few: counting all is faster than halving, as nothing depends on what was found before.
    let place = |near: &[f64], value: f64| near.iter().map(|other| usize::from(*other < value)).sum();
    let (mut first, mut after) = (0, 0);
    (0..values.len())
        .map(|index| {
            while steps[index] - steps[first] > reach {
                near.remove(place(&near, values[first]));
                first += 1;
            }
            while after < steps.len() && steps[after] <= steps[index] + reach {
                near.insert(place(&near, values[after]), values[after]);
                after += 1;
            }
            values[index] - median_without(&near, place(&near, values[index]))
        })
        .collect()
}

/// The median of ascending values, the one at a place left out. 0 of none.
fn median_without(ascending: &[f64], left_out: usize) -> f64 {
    let count = ascending.len() - 1;
    let at = |rank: usize| ascending[rank + usize::from(rank >= left_out)];
    match count {
        0 => 0.0,
        _ if count % 2 == 1 => at(count / 2),
        _ => (at(count / 2 - 1) + at(count / 2)) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&mut []), 0.0);
    }

    #[test]
    fn a_value_is_held_against_its_neighbours_alone() {
        let distances = local_distances(&[0, 1, 2, 3, 9], &[1.0, 1.0, 5.0, 1.0, 7.0], 2);
        assert_eq!(distances, [-2.0, 0.0, 4.0, -2.0, 7.0]);
    }
}
