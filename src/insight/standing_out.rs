//! Values of a series that stand out among their neighbours, alone or several after each other.

use super::examine::{Outcome, Scale, Scaled, scaled};
use super::statistics::Season;
use super::statistics::medians::{MAX_REACH, median, spread};
use super::statistics::spikes::{Episode, Spikes};
use super::study::{FLOOR, Line};
use super::tables::{Null, Statistic};

/// The part of the steps that must have values for one to stand out among its neighbours.
const LEAST_NEAR: f64 = 0.5;
/// How many episodes that every year has are looked past.
const YEARLY: usize = 6;
/// The events that a usual step must count for another one to stand out.
const LEAST_COUNT: f64 = 5.0;
/// The variance, beside what counting alone makes, up to which counts vary as counts do.
const MOST_DISPERSED: f64 = 2.0;
/// What is added to a count before its square root is taken, so that the root varies alike whatever is counted (Anscombe).
const ROOT_ADDS: f64 = 0.375;

/// How many episodes of a series are told at most.
const MOST_TOLD: usize = 3;
/// The steps for each of which one more episode may be of note: by and large as many as a year of days has feasts.
const STEPS_OF_NOTE: usize = 40;
/// How many values behind those tell how heavy the tails are.
const NEXT: usize = 3;

/// The episodes of a series that lie farthest from their neighbours, before it is known which of them are news.
#[derive(Debug, Clone, Default)]
pub struct StandingOut {
    /// The episodes, the farthest first.
    pub episodes: Vec<Far>,
    /// The largest sizes of scores of the other values.
    others: [f64; NEXT],
    n: usize,
    scale: Scale,
}

/// Steps one after the other that lie far from their neighbours to one side.
#[derive(Debug, Clone, Copy)]
pub struct Far {
    /// The first of the steps.
    pub first: u32,
    /// The one that is farthest.
    pub at: u32,
    /// The last of them.
    pub last: u32,
    /// What was to be expected of one of them on average, of a quotient of all of them.
    pub expected: f64,
    /// Of the farthest one the value and its distance, on the scale of the test, and its score.
    value: f64,
    distance: f64,
    score: f64,
    /// The largest sizes of its scores.
    sizes: [f64; NEXT],
}

impl Far {
    /// Whether it lies above its neighbours.
    pub fn is_up(&self) -> bool {
        self.score > 0.0
    }
}

impl StandingOut {
    /// The tests of the farthest episodes that are news: what stands out for no news says nothing of how heavy the tails are.
    pub fn tested(&self, is_news: impl Fn(&Far) -> bool) -> Vec<(Far, Outcome)> {
        let mut news: Vec<Far> = Vec::with_capacity(MOST_TOLD);
        let mut sizes = self.others.to_vec();
        let mut left = of_note(self.n);
        for far in &self.episodes {
            if news.len() < MOST_TOLD && !is_news(far) {
                continue;
            }
            match left {
                0 => sizes.extend(far.sizes),
                _ => left -= 1,
            }
            if news.len() < MOST_TOLD {
                news.push(*far);
            }
        }
        let null = Null::of(Statistic::Spike, self.n, mean(largest(sizes)));
        let tested = news.into_iter().map(|far| (far, self.outcome(&null, &far)));
        tested.collect()
    }

    fn outcome(&self, null: &Null, far: &Far) -> Outcome {
        let width = null.five_percent() * (far.distance / far.score).abs();
        let size = |distance| self.scale.size(far.value, distance);
        let stat = far.score.abs() * (1.0 - FLOOR / size(far.distance).abs().max(FLOOR));
        Outcome {
            size: size(far.distance),
            low: size(far.distance - width),
            high: size(far.distance + width),
            stat,
            p: null.exceeded(stat),
            p_any: null.exceeded(far.score.abs()),
            at: far.at,
            n: self.n,
            scale: self.scale,
            ..Outcome::default()
        }
    }
}

/// How many episodes of so many values may be of note: what is behind them tells what is usual.
fn of_note(n: usize) -> usize {
    MOST_TOLD + n / STEPS_OF_NOTE
}

/// How heavy the tails of scores are, whatever is of note: the mean size of those that come next behind the farthest episodes.
pub fn tail(spikes: &Spikes) -> f64 {
    let far = spikes.episodes(of_note(spikes.scores.len()));
    let is_other = |index: &usize| far.iter().all(|far| !(far.first..=far.last).contains(index));
    let others = (0..spikes.scores.len()).filter(is_other);
    mean(largest(others.map(|index| spikes.scores[index].abs())))
}

/// The largest of sizes, descending; 0 where there are fewer.
fn largest(sizes: impl IntoIterator<Item = f64>) -> [f64; NEXT] {
    let mut largest = [0.0; NEXT];
    for mut size in sizes {
        for place in &mut largest {
            if size > *place {
                std::mem::swap(&mut size, place);
            }
        }
    }
    largest
}

fn mean(sizes: [f64; NEXT]) -> f64 {
    sizes.iter().sum::<f64>() / NEXT as f64
}

impl Scale {
    /// The distance of a value as a difference of logarithms, or of proportions of the mean size.
    fn size(self, value: f64, distance: f64) -> f64 {
        match self {
            Self::Identity | Self::Log => distance,
            Self::Root => libm::log((count(value) + 0.5) / (count(value - distance) + 0.5)),
        }
    }
}

/// What a line counts: its values, or of a proportion its numerators; `None` where they are no counts.
pub fn counted(line: &Line) -> Option<Vec<f64>> {
    let is_whole = |values: &[f64]| {
        values
            .iter()
            .all(|value| *value >= 0.0 && libm::floor(*value) == *value)
    };
    match line.bases.is_empty() {
        true => line.is_count.then(|| line.values.clone()),
        false => (line.is_proportion() && is_whole(&line.amounts)).then(|| line.amounts.clone()),
    }
}

/// The episodes farthest from their neighbours, of the same side of a step that is sure.
pub fn standing_out(line: &Line, season: Season, step: Option<Outcome>) -> StandingOut {
    let span = line.steps[line.len() - 1] - line.steps[0] + 1;
    if (line.len() as f64) < LEAST_NEAR * f64::from(span) {
        return StandingOut::default();
    }
    let Some(beside) = Beside::of(line, season) else {
        return StandingOut::default();
    };
    let spikes = match step {
        Some(step) => beside.of_own_side(season, &step),
        None => beside.spikes.clone(),
    };
    let episodes = spikes.episodes(of_note(line.len()) + YEARLY);
    let is_other = |index: &usize| episodes.iter().all(|far| !(far.first..=far.last).contains(index));
    let others = (0..line.len()).filter(is_other);
    StandingOut {
        others: largest(others.map(|index| spikes.scores[index].abs())),
        episodes: episodes
            .iter()
            .map(|episode| beside.far(&spikes, *episode))
            .collect(),
        n: line.len(),
        scale: beside.scaled.scale,
    }
}

/// A line on the scale on which its values are held against their neighbours, and where they lie there.
struct Beside<'a> {
    line: &'a Line,
    counts: Option<Vec<f64>>,
    scaled: Scaled,
    spikes: Spikes,
}

impl<'a> Beside<'a> {
    /// Counts that vary as counts do are compared by their roots; other counts by their logarithms, with a half added so that none has
    /// one, too. The spread of either is at least what counting alone makes; where hardly anything is counted, nothing stands out.
    fn of(line: &'a Line, season: Season) -> Option<Self> {
        let counts = counted(line);
        let middle = counts.as_ref().map(|counts| median(&mut counts.clone()));
        if middle.is_some_and(|middle| middle < LEAST_COUNT) {
            return None;
        }
        let by = |scaled: Scaled| {
            let spikes = Spikes::of(&line.steps, &scaled.values, season, |index, distance| {
                counting(counts.as_deref(), scaled.scale, index, distance)
            });
            Some((scaled, spikes?))
        };
        let roots = counts
            .as_ref()
            .filter(|_| line.bases.is_empty())
            .map(|counts| Scaled {
                values: counts.iter().map(|count| root(*count)).collect(),
                scale: Scale::Root,
            });
        let as_counts = roots.and_then(by).filter(|(_, spikes)| {
            let spread = spread(&spikes.distances);
            spread * spread <= MOST_DISPERSED
        });
        let logs = |counts: &Vec<f64>| Scaled {
            values: (counts.iter().enumerate())
                .map(|(index, count)| {
                    libm::log((count + 0.5) / line.bases.get(index).map_or(1.0, |base| base + 1.0))
                })
                .collect(),
            scale: Scale::Log,
        };
        let others = || by(counts.as_ref().map(logs).or_else(|| scaled(&line.values))?);
        let (scaled, mut spikes) = as_counts.or_else(others)?;
        if !line.is_proportion() {
            spikes.weigh(&line.bases);
        }
        Some(Self {
            line,
            counts,
            scaled,
            spikes,
        })
    }

    /// The distances from neighbours of the same side of a step, where most of a distance is made by the step.
    fn of_own_side(&self, season: Season, step: &Outcome) -> Spikes {
        let mut spikes = self.spikes.clone();
        let after = self.line.steps.partition_point(|at| *at < step.at);
        let mut level = self.scaled.values.clone();
        for (index, value) in level.iter_mut().enumerate().skip(after) {
            match (self.scaled.scale, step.scale, &self.counts) {
                (Scale::Root, Scale::Log, Some(counts)) => {
                    *value = root(counts[index] * libm::exp(-step.size))
                }
                (own, of_step, _) if own == of_step => *value -= step.size,
                _ => return spikes,
            }
        }
        let own_side = Spikes::of(&self.line.steps, &level, season, |index, distance| {
            counting(self.counts.as_deref(), self.scaled.scale, index, distance)
        });
        if let Some(own_side) = own_side {
            let is_near = |index: usize| self.line.steps[index].abs_diff(step.at) <= MAX_REACH;
            spikes.hold_against(&own_side, is_near);
        }
        spikes
    }

    fn far(&self, spikes: &Spikes, Episode { first, peak, last }: Episode) -> Far {
        let base = |index: usize| self.line.bases.get(index).copied().unwrap_or(1.0);
        let expected = |index: usize| base(index) * self.expected(index, spikes.distances[index]);
        Far {
            first: self.line.steps[first],
            at: self.line.steps[peak],
            last: self.line.steps[last],
            expected: (first..=last).map(expected).sum::<f64>() / (first..=last).map(base).sum::<f64>(),
            value: self.scaled.values[peak],
            distance: spikes.distances[peak],
            score: spikes.scores[peak],
            sizes: largest(spikes.scores[first..=last].iter().map(|score| score.abs())),
        }
    }

    /// What was to be expected of a value that lies so far off.
    fn expected(&self, index: usize, distance: f64) -> f64 {
        let value = self.line.values[index];
        match (self.scaled.scale, &self.counts) {
            (Scale::Root, _) => count(self.scaled.values[index] - distance),
            (Scale::Log, Some(counts)) => {
                let count = ((counts[index] + 0.5) * libm::exp(-distance) - 0.5).max(0.0);
                count / self.line.bases.get(index).copied().unwrap_or(1.0)
            }
            (Scale::Log, None) => value * libm::exp(-distance),
            (Scale::Identity, _) => {
                let sizes: f64 = self.line.values.iter().map(|value| value.abs()).sum();
                value - distance * sizes / self.line.len() as f64
            }
        }
    }
}

/// Twice the root of a count: what counting makes of it varies by 1.
fn root(count: f64) -> f64 {
    2.0 * libm::sqrt(count + ROOT_ADDS)
}

/// The count with such a root, none below 0.
fn count(root: f64) -> f64 {
    let half = root.max(0.0) / 2.0;
    (half * half - ROOT_ADDS).max(0.0)
}

/// The spread that counting alone makes of a value that lies so far off, on a scale; 0 of what is not counted.
fn counting(counts: Option<&[f64]>, scale: Scale, index: usize, distance: f64) -> f64 {
    match (counts, scale) {
        (None, _) => 0.0,
        (Some(_), Scale::Root) => 1.0,
        (Some(counts), _) => 1.0 / libm::sqrt(((counts[index] + 0.5) * libm::exp(-distance)).max(1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::Cadence;
    use crate::insight::claim::Kind;
    use crate::insight::find::weigh;
    use crate::insight::frames::Frames;
    use crate::insight::samples::{Sample, assert_values, date, draw, value};
    use crate::insight::wording::sentence;

    #[test]
    fn tails_are_told_by_what_is_behind_three_episodes() {
        let usual = [0.5, -1.0, 1.5, -2.0, 2.5, -0.4, 0.3, -3.0, 0.2];
        // 3, 2.5 and 2 are of note; 1.5, 1 and .5 follow.
        assert!((tail(&Spikes::from_scores(&usual)) - 1.0).abs() < 1e-12);
        let mut outage = usual.to_vec();
        outage.extend([-30.0, -40.0, -35.0, -29.0, -31.0]);
        // The outage, 3 and 2.5; 2, 1.5 and 1 follow.
        assert!((tail(&Spikes::from_scores(&outage)) - 1.5).abs() < 1e-12);
        assert_eq!(tail(&Spikes::from_scores(&[4.0, 0.0, 0.0])), 0.0);
    }

    /// Nearly normal noise of deviation 1.
    fn bell(day: usize, salt: u64) -> f64 {
        (0..12)
            .map(|part| draw(12 * day + part, salt) / 100.0)
            .sum::<f64>()
            - 5.94
    }

    fn confidences(sample: &Sample) -> Vec<(chrono::NaiveDate, u8)> {
        let (judged, _) = weigh(&sample.chronicle, &Frames::default());
        let told = judged
            .iter()
            .filter(|judged| judged.claim.kind == Kind::AnomalyPoint);
        told.map(|judged| (judged.claim.subject.date.unwrap(), judged.confidence))
            .collect()
    }

    #[test]
    fn one_day_far_off_is_told_wherever_it_lies() {
        for (days, salt) in [(35, 1), (42, 2), (84, 3), (180, 4)] {
            for at in [3, days / 2, days - 12, days - 1] {
                let spiked = move |day: usize, size: f64| if day == at { size } else { 0.0 };
                let calls = Sample::days(days, &[]).sum("Calls", move |day, _| {
                    Some((63.0 + 5.0 * bell(day, salt) + spiked(day, 100.0)).round())
                });
                let frost = Sample::days(days, &[]).sum("Degrees", move |day, _| {
                    Some(18.0 + 0.4 * bell(day, salt + 50) - spiked(day, 8.0))
                });
                for sample in [calls, frost] {
                    let told = confidences(&sample);
                    let is_told = told.len() == 1 && told[0].0 == date(at) && told[0].1 >= 75;
                    assert!(is_told, "day {at} of {days}: {told:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_far_off_now_and_then_is_not_told() {
        // A normal number over the root of a quarter of four squares: Student's t of four degrees.
        let heavy = |day: usize, salt: u64| {
            let squares: f64 = (1..5).map(|part| bell(day, salt + 1000 * part).powi(2)).sum();
            bell(day, salt) / f64::sqrt(squares / 4.0)
        };
        for days in [35, 56, 120] {
            let told = (0..40).filter(|salt| {
                let sample =
                    Sample::days(days, &[]).sum("Energy", |day, _| Some(1000.0 + 30.0 * heavy(day, *salt)));
                !confidences(&sample).is_empty()
            });
            let told = told.count();
            assert!(told <= 5, "{told} of 40 over {days} days");
        }
    }

    #[test]
    fn counts_that_vary_as_counts_do_are_held_against_counting() {
        // Some ten cases a week, and in three weeks 71, 45 and 77; so many repairs a month, of which one has none.
        let poisson = |step: usize, mean: f64| (mean + mean.sqrt() * bell(step, 9)).round().max(0.0);
        let outbreak = Sample::days(60, &[]).sum("Cases", move |week, _| {
            Some(match week {
                40 => 71.0,
                41 => 45.0,
                42 => 77.0,
                _ => poisson(week, 10.0),
            })
        });
        let claim = outbreak.by(Cadence::Week).claim(Kind::AnomalyPoint);
        assert_eq!(claim.test.unwrap().scale, "sqrt");
        assert_values(&claim, &[("value", 193.0 / 3.0)]);
        assert!((value(&claim, "expected") - 10.0).abs() < 3.0);
        let repairs = Sample::days(48, &[]).sum("Repairs", move |month, _| {
            Some(if month == 20 { 0.0 } else { poisson(month, 60.0) })
        });
        assert_values(
            &repairs.by(Cadence::Month).claim(Kind::AnomalyPoint),
            &[("value", 0.0)],
        );
        let usual = Sample::days(60, &[]).sum("Cases", move |week, _| Some(poisson(week, 10.0)));
        assert!(usual.by(Cadence::Week).claims(Kind::AnomalyPoint).is_empty());
    }

    #[test]
    fn a_stretch_that_ends_is_no_level() {
        // Five days on which hardly anything comes, or three times as much: at the start, in the middle and near the end.
        for first in [1, 40, 77] {
            let in_stretch = move |day: usize| (first..first + 5).contains(&day);
            let orders = Sample::days(84, &[]).sum("Tickets", move |day, _| {
                let level = if in_stretch(day) { 2.0 } else { 300.0 };
                Some((level * (1.0 + 0.05 * bell(day, 3))).round())
            });
            let load = Sample::days(84, &[]).sum("Load", move |day, _| {
                let level = if in_stretch(day) { 36.5 } else { 12.1 };
                Some(level + 0.4 * bell(day, 4))
            });
            for sample in [orders, load] {
                assert!(sample.claims(Kind::LevelShift).is_empty(), "from day {first}");
                assert!(sample.claims(Kind::Trend).is_empty(), "from day {first}");
                if first == 40 {
                    let claim = sample.claim(Kind::AnomalyPoint);
                    assert_eq!(claim.subject.date, Some(date(40)));
                    let told = sentence(&claim);
                    assert!(told.contains("stood out over 11 – 15 Apr 2026: "), "{told}");
                }
            }
        }
        let lasts = Sample::days(84, &[]).sum("Tickets", |day, _| {
            let level = if day < 60 { 300.0 } else { 200.0 };
            Some((level * (1.0 + 0.05 * bell(day, 3))).round())
        });
        assert_eq!(lasts.claims(Kind::LevelShift).len(), 1);
    }

    #[test]
    fn a_month_is_held_against_the_same_month_where_years_are_known() {
        // Each December has twice as much, but the last one of six years; and each third quarter half, but one.
        let sold = |of_last: f64| {
            Sample::days(72, &[]).sum("Sales", move |month, _| {
                let is_feast = (month + 3) % 12 == 0;
                let level = if month == 69 {
                    of_last
                } else {
                    1.0 + f64::from(u8::from(is_feast))
                };
                Some(level * (200.0 + month as f64) * (1.0 + 0.03 * bell(month, 5)))
            })
        };
        let missed = sold(1.0).by(Cadence::Month);
        let claim = missed.claim(Kind::AnomalyPoint);
        assert_eq!(claim.subject.date, Some(missed.chronicle.steps[69].dates.start()));
        assert!((value(&claim, "expected") - 540.0).abs() < 60.0, "{claim:?}");
        assert!(sold(2.0).by(Cadence::Month).claims(Kind::AnomalyPoint).is_empty());
        let rain = Sample::days(40, &[]).sum("Rain", |quarter, _| {
            let level = if quarter % 4 == 2 && quarter != 22 {
                40.5
            } else {
                81.2
            };
            Some(level * (1.0 + 0.03 * bell(quarter, 6)))
        });
        let rain = rain.by(Cadence::Quarter);
        let dates: Vec<_> = rain
            .claims(Kind::AnomalyPoint)
            .iter()
            .map(|claim| claim.subject.date)
            .collect();
        assert_eq!(dates, [Some(rain.chronicle.steps[22].dates.start())]);
        let told = (0..40).filter(|salt| {
            let usual =
                Sample::days(72, &[]).sum("Sales", |month, _| Some(500.0 + 20.0 * bell(month, *salt)));
            !usual.by(Cadence::Month).claims(Kind::AnomalyPoint).is_empty()
        });
        assert!(told.count() <= 2);
    }
}
