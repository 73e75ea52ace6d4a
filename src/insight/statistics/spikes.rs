//! How far each value of a series lies from its neighbours.

use super::frame::Season;
use super::medians::{MAX_REACH, local_distances, median, spread};

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
    /// How heavy the tails are: the ninth decile of the sizes over their median (2.44 for normal values, 2.88 for
    /// Student's t of four degrees).
    pub tail: f64,
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
        let distances = local_distances(steps, &values, REACH);
        let width = spread(&distances);
        if width <= 0.0 {
            return None;
        }
        let mut sizes: Vec<f64> = distances.iter().map(|distance| distance.abs()).collect();
        let place = sizes.len() * 9 / 10;
        let (_, ninth, _) = sizes.select_nth_unstable_by(place.min(distances.len() - 1), f64::total_cmp);
        let tail = *ninth / (width / super::medians::MAD_FACTOR);
        let scores = distances
            .iter()
            .enumerate()
            .map(|(index, distance)| distance / floor(index, *distance).max(width))
            .collect();
        Some(Self {
            distances,
            scores,
            tail,
        })
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
    fn a_floor_widens_the_spread() {
        let steps: Vec<u32> = (0..30).collect();
        let values: Vec<f64> = steps.iter().map(|step| f64::from(step * 37 % 11)).collect();
        let free = Spikes::of(&steps, &values, Season::NONE, |_, _| 0.0).unwrap();
        let held = Spikes::of(&steps, &values, Season::NONE, |_, _| 100.0).unwrap();
        assert_eq!(held.scores[3], free.distances[3] / 100.0);
        assert!(Spikes::of(&steps, &[1.0; 30], Season::NONE, |_, _| 0.0).is_none());
    }
}
