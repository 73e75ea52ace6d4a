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

/// The widest reach of [`local_distances`], in steps.
pub const MAX_REACH: u32 = 7;

/// For each value its distance from the median of its neighbours: those within `reach` steps, [`MAX_REACH`] at most,
/// itself left out. A value without neighbours is not distant.
pub fn local_distances(steps: &[u32], values: &[f64], reach: u32) -> Vec<f64> {
    let reach = reach.min(MAX_REACH);
    let mut near = Near::NONE;
    let (mut first, mut after) = (0, 0);
    (0..values.len())
        .map(|index| {
            let goes = |first: usize| steps[index] - steps[first] > reach;
            let comes = |after: usize| after < steps.len() && steps[after] <= steps[index] + reach;
            while goes(first) && comes(after) {
                near.exchange(values[first], values[after]);
                (first, after) = (first + 1, after + 1);
            }
            while goes(first) {
                near.leave(values[first]);
                first += 1;
            }
            while comes(after) {
                near.enter(values[after]);
                after += 1;
            }
            values[index] - near.median_without(values[index])
        })
        .collect()
}

/// Room for the values within reach and one infinite value behind them.
const ROOM: usize = 2 * MAX_REACH as usize + 2;

/// The values within reach, ascending; infinite ones fill the room that is left. All places change at once, whatever
/// the values: that takes fewer instructions than finding where to begin, and none of them waits for another.
struct Near {
    ascending: [f64; ROOM],
    count: usize,
}

impl Near {
    const NONE: Self = Self {
        ascending: [f64::INFINITY; ROOM],
        count: 0,
    };

    /// As the one leaves and the other enters, which is what happens most.
    fn exchange(&mut self, gone: f64, come: f64) {
        let before = self.ascending;
        let left = |place: usize| match before[place] < gone {
            true => before[place],
            false => before[place + 1],
        };
        self.ascending[0] = smaller(left(0), come);
        for place in 1..ROOM - 1 {
            self.ascending[place] = larger(left(place - 1), smaller(left(place), come));
        }
    }

    fn enter(&mut self, value: f64) {
        let before = self.ascending;
        self.ascending[0] = smaller(before[0], value);
        for place in 1..ROOM {
            self.ascending[place] = larger(before[place - 1], smaller(before[place], value));
        }
        self.count += 1;
    }

    fn leave(&mut self, value: f64) {
        let before = self.ascending;
        for place in 0..ROOM - 1 {
            let (here, next) = (before[place], before[place + 1]);
            self.ascending[place] = if here < value { here } else { next };
        }
        self.ascending[ROOM - 1] = f64::INFINITY;
        self.count -= 1;
    }

    /// The median of the others than this value, which is among them; of none the value itself.
    fn median_without(&self, value: f64) -> f64 {
        let others = self.count - 1;
        // From where the value is, the others stand one place later.
        let at = |rank: usize| self.ascending[rank + usize::from(self.ascending[rank] >= value)];
        match others {
            0 => value,
            _ if others % 2 == 1 => at(others / 2),
            _ => (at(others / 2 - 1) + at(others / 2)) / 2.0,
        }
    }
}

// Unlike the methods of `f64` these are one instruction each, as no value here is undefined.
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
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
        assert_eq!(distances, [-2.0, 0.0, 4.0, -2.0, 0.0]);
    }

    #[test]
    fn neighbours_come_and_go_as_if_each_were_looked_at_alone() {
        let steps: Vec<u32> = (0..80)
            .filter(|step| step % 11 != 3 && !(40..52).contains(step))
            .collect();
        // Few different values, so that many are equal.
        let values: Vec<f64> = steps.iter().map(|step| f64::from(step * step % 13)).collect();
        for reach in [1, 4, MAX_REACH] {
            let plain = (0..steps.len()).map(|index| {
                let is_near =
                    |other: &usize| *other != index && steps[*other].abs_diff(steps[index]) <= reach;
                let mut others: Vec<f64> = (0..steps.len())
                    .filter(is_near)
                    .map(|other| values[other])
                    .collect();
                match others.is_empty() {
                    true => 0.0,
                    false => values[index] - median(&mut others),
                }
            });
            assert_eq!(local_distances(&steps, &values, reach), plain.collect::<Vec<_>>());
        }
    }
}
