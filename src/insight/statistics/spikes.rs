//! How far each value of a series lies from its neighbours.

use super::frame::Season;
use super::medians::{MAX_REACH, local_distances, median, spread};

/// The part of its peak's distance that each value of an episode has.
const OF_PEAK: f64 = 0.5;

/// How many steps to either side are neighbours: a week, so that each weekday stands for itself twice.
const REACH: u32 = MAX_REACH;
/// How often the season is taken out of what is left.
const ROUNDS: usize = 2;

/// The distances of a series' values from their neighbours' median, the season taken out.
#[derive(Debug, Clone)]
pub struct Spikes {
    /// The distances, in the series' own scale.
    pub distances: Vec<f64>,
    /// The distances over the spread, or over a value's own floor where that is wider.
    pub scores: Vec<f64>,
}

/// Values one after the other that lie far from their neighbours to one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// The index of the first one.
    pub first: usize,
    /// The index of the farthest one.
    pub peak: usize,
    /// The index of the last one.
    pub last: usize,
}

impl Spikes {
    /// For values at ascending steps; `floor` gives the least spread of a value, by its index and its distance. `None`
    /// where more than half of the distances are zero.
    pub fn of(
        steps: &[u32],
        values: &[f64],
        season: Season,
        floor: impl Fn(usize, f64) -> f64,
    ) -> Option<Self> {
        let mut values = values.to_vec();
        if season.length > 1 {
            let phases: Vec<u32> = steps.iter().map(|step| season.of(*step)).collect();
            for _ in 0..ROUNDS {
                take_out_season(steps, &mut values, &phases);
            }
        }
        let mut distances = local_distances(steps, &values, REACH);
        let width = spread(&distances);
        if width <= 0.0 {
            return None;
        }
        explain_by_slopes(steps, &values, &mut distances);
        let scores = distances
            .iter()
            .enumerate()
            .map(|(index, distance)| distance / floor(index, *distance).max(width))
            .collect();
        Some(Self { distances, scores })
    }

    /// So many episodes at most, by the scores of their peaks, the farthest first. No value is in two of them.
    pub fn episodes(&self, most: usize) -> Vec<Episode> {
        let mut is_left: Vec<bool> = self.scores.iter().map(|score| *score != 0.0).collect();
        let size = |index: usize| self.scores[index].abs();
        let next = || {
            let left = (0..self.scores.len()).filter(|index| is_left[*index]);
            let peak = left.max_by(|a, b| size(*a).total_cmp(&size(*b)).then(b.cmp(a)))?;
            let bound = OF_PEAK * size(peak);
            let sign = self.scores[peak].signum();
            let is_part = |index: &usize| is_left[*index] && sign * self.scores[*index] >= bound;
            let first = (0..peak).rev().take_while(is_part).last();
            let last = (peak + 1..self.scores.len()).take_while(is_part).last();
            let (first, last) = (first.unwrap_or(peak), last.unwrap_or(peak));
            is_left[first..=last].fill(false);
            Some(Episode { first, peak, last })
        };
        std::iter::from_fn(next).take(most).collect()
    }

    /// Makes less of the distances of values that stand on fewer than usual: a mean of few varies as much more as the root of how
    /// many fewer they are.
    pub fn weigh(&mut self, bases: &[f64]) {
        let usual = median(&mut bases.to_vec());
        for (score, base) in self.scores.iter_mut().zip(bases) {
            *score *= libm::sqrt((base / usual).clamp(0.0, 1.0));
        }
    }

    /// Takes the other's distances, where it `may` and most of a distance is not there.
    pub fn hold_against(&mut self, other: &Self, may: impl Fn(usize) -> bool) {
        for index in (0..self.distances.len()).filter(|index| may(*index)) {
            if other.distances[index].abs() < self.distances[index].abs() / 2.0 {
                self.distances[index] = other.distances[index];
                self.scores[index] = other.scores[index];
            }
        }
    }
}

#[cfg(test)]
impl Spikes {
    /// Scores alone.
    pub fn from_scores(scores: &[f64]) -> Self {
        Self {
            distances: scores.to_vec(),
            scores: scores.to_vec(),
        }
    }
}

/// At either end all neighbours lie to one side, so that a slope alone makes a distance: as much of one as the slope there explains
/// is none.
fn explain_by_slopes(steps: &[u32], values: &[f64], distances: &mut [f64]) {
    let (count, reach) = (values.len(), REACH as usize);
    if count < 4 * reach {
        return;
    }
    let at = |index: usize| f64::from(steps[index]);
    let slope = |first: usize| {
        let pair = |index: usize| (values[index + reach] - values[index]) / (at(index + reach) - at(index));
        median(&mut (first..=first + reach).map(pair).collect::<Vec<f64>>())
    };
    let (head, tail) = (slope(0), slope(count - 2 * reach - 1));
    for (index, slope) in (0..reach)
        .map(|index| (index, head))
        .chain((count - reach..count).map(|index| (index, tail)))
    {
        let near = (index.saturating_sub(reach)..count.min(index + reach + 1))
            .filter(|other| *other != index && steps[*other].abs_diff(steps[index]) <= REACH)
            .map(|other| at(other) - at(index));
        let (sum, neighbours) = near.fold((0.0, 0.0), |(sum, number), offset| (sum + offset, number + 1.0));
        if neighbours > 0.0 {
            let left = distances[index] + slope * sum / neighbours;
            let is_same_side = left * distances[index] > 0.0;
            distances[index] = match is_same_side {
                true if left.abs() < distances[index].abs() => left,
                true => distances[index],
                false => 0.0,
            };
        }
    }
}

/// Takes the median distance of each phase off its values.
fn take_out_season(steps: &[u32], values: &mut [f64], phases: &[u32]) {
    let distances = local_distances(steps, values, REACH);
    let count = phases.iter().max().map_or(0, |last| *last as usize + 1);
    let mut of_phase = vec![Vec::with_capacity(steps.len() / count.max(1) + 1); count];
    for (phase, distance) in phases.iter().zip(distances) {
        of_phase[*phase as usize].push(distance);
    }
    let middles: Vec<f64> = of_phase.iter_mut().map(|distances| median(distances)).collect();
    for (phase, value) in phases.iter().zip(values) {
        *value -= middles[*phase as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_stands_out_and_the_season_does_not() {
        let season = Season { length: 7, phase: 0 };
        let steps: Vec<u32> = (0..56).collect();
        let values: Vec<f64> = steps
            .iter()
            .map(|step| {
                let jitter = f64::from(step * 37 % 11) / 100.0;
                let spike = if *step == 30 { 2.0 } else { 0.0 };
                f64::from(step % 7) + jitter + spike
            })
            .collect();
        let spikes = Spikes::of(&steps, &values, season, |_, _| 0.0).unwrap();
        let largest = (0..56).max_by(|a, b| spikes.scores[*a].abs().total_cmp(&spikes.scores[*b].abs()));
        assert_eq!(largest, Some(30));
        assert!((spikes.distances[30] - 2.0).abs() < 0.2, "{:?}", spikes.distances);
        let others = (0..56)
            .filter(|index| *index != 30)
            .map(|index| spikes.scores[index].abs());
        assert!(others.fold(0.0, f64::max) < 4.0);
    }

    #[test]
    fn means_of_few_say_less() {
        let mut spikes = Spikes::from_scores(&[8.0, 8.0, 8.0]);
        spikes.weigh(&[100.0, 25.0, 400.0]);
        assert_eq!(spikes.scores, [8.0, 4.0, 8.0]);
        spikes.weigh(&[]);
        assert_eq!(spikes.scores, [8.0, 4.0, 8.0], "what is no mean");
    }

    #[test]
    fn ends_of_a_slope_do_not_stand_out() {
        let steps: Vec<u32> = (0..40).collect();
        let jitter = |step: &u32| f64::from(step * 37 % 11) / 100.0;
        // Steep at first, then ever flatter.
        let rising = |step: &u32| 4.0 * (1.0 - libm::exp(-f64::from(*step) / 15.0)) + jitter(step);
        let of = |values: &[f64]| Spikes::of(&steps, values, Season::NONE, |_, _| 0.0).unwrap();
        let mut values: Vec<f64> = steps.iter().map(rising).collect();
        let largest = of(&values)
            .scores
            .iter()
            .fold(0.0, |most: f64, score| most.max(score.abs()));
        assert!(largest < 4.0, "{largest}");
        values[1] += 2.0;
        values[38] -= 2.0;
        let spikes = of(&values);
        assert!(
            spikes.scores[1] > 8.0 && spikes.scores[38] < -8.0,
            "{:?}",
            spikes.scores
        );
    }

    #[test]
    fn days_that_are_far_off_together_are_one_episode() {
        let outage = Spikes::from_scores(&[1.0, -2.0, -8.0, -9.0, -5.0, -4.0, 6.0, -1.0, 0.0]);
        let episode = |first, peak, last| Episode { first, peak, last };
        assert_eq!(
            outage.episodes(4),
            [
                episode(2, 3, 4),
                episode(6, 6, 6),
                episode(5, 5, 5),
                episode(1, 1, 1)
            ]
        );
        assert_eq!(Spikes::from_scores(&[0.0; 5]).episodes(3), []);
        let ends = Spikes::from_scores(&[7.0, 6.0, 0.5, -0.5, 4.0]);
        assert_eq!(ends.episodes(2), [episode(0, 0, 1), episode(4, 4, 4)]);
    }

    #[test]
    fn a_floor_widens_the_spread() {
        let steps: Vec<u32> = (0..30).collect();
        let values: Vec<f64> = steps.iter().map(|step| f64::from(step * 37 % 11)).collect();
        let free = Spikes::of(&steps, &values, Season::NONE, |_, _| 0.0).unwrap();
        let held = Spikes::of(&steps, &values, Season::NONE, |_, _| 100.0).unwrap();
        assert_eq!(held.scores[3], free.distances[3] / 100.0);
        assert!(Spikes::of(&steps, &[1.0; 30], Season::NONE, |_, _| 0.0).is_none());
    }
}
