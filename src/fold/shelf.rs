//! The partials that views are drawn from: those that have just arrived are at hand, others are fetched.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::apply::{Fold, FoldError};
use super::arrival::{Arrival, ResultKey};
use super::change::Change;
use super::draw::DrawError;
use super::patience::Limits;
use super::recall::{Part, Recall};
use crate::aggregate::{EncodingError, Partial};
use crate::dashboard::{Candidate, Holding, ViewPlan};
use crate::ids::ExecutionId;
use crate::store::{GenericClient, partials};
use crate::telemetry::metrics;
use crate::window::Window;

/// From how many spans of dates on what a view reads is remembered: below it, reading costs less.
const MANY: usize = 16;

/// A view to be drawn: its change, and its place among that change's dirty views.
pub type Place = (usize, usize);

/// The partials at hand.
pub struct Shelf<'a> {
    arrived: HashMap<ResultKey, &'a Partial>,
    fetched: HashMap<ResultKey, Result<Partial, DrawError>>,
    /// Of views that read many results, what is recalled of those that did not arrive.
    recalled: HashMap<Place, HashMap<ExecutionId, Arc<Partial>>>,
    /// Of a single view that reads more than fits, what it reads, narrowed to what it needs.
    narrowed: Option<Vec<Result<Partial, DrawError>>>,
}

impl<'a> Shelf<'a> {
    /// Of several runs of an execution in one batch the last held one stands; what did not arrive is read. A view by
    /// itself that reads more numbers than it may has them narrowed one after the other: that follows from what it reads
    /// alone, so that its bytes do.
    ///
    /// # Errors
    /// When a newer build has written one of them. One that is damaged is a trouble of the views that read it.
    pub async fn fetch(
        tx: &impl GenericClient,
        fold: &Fold,
        changes: &[Change],
        places: &[Place],
        held: &[&'a Arrival],
    ) -> Result<Self, FoldError> {
        let most = fold.limits.numbers;
        let arrived = held.iter().map(|arrival| (arrival.key(), &arrival.partial));
        let mut shelf = Self {
            arrived: arrived.collect(),
            fetched: HashMap::new(),
            recalled: HashMap::new(),
            narrowed: None,
        };
        match places {
            [place] if numbers_of(changes, *place) > most => {
                shelf.narrowed = Some(shelf.narrow(tx, changes, *place, most).await?);
            }
            _ => {
                places
                    .iter()
                    .for_each(|place| shelf.recall(&fold.recall, changes, *place));
                shelf.read(tx, changes, places).await?;
            }
        }
        Ok(shelf)
    }

    /// Takes what the view was drawn from last, as far as that is what it reads now.
    fn recall(&mut self, recall: &Recall, changes: &[Change], place: Place) {
        if !reads_many(changes, place) {
            return;
        }
        let change = &changes[place.0];
        let reading = recall.of(change.view_id(place.1)).unwrap_or_default();
        let mut known = HashMap::new();
        let mut unknown = 0;
        for (index, dates) in dates_read(changes, place) {
            let candidate = &change.candidates[index];
            let id = candidate.execution_id;
            if self.arrived.contains_key(&(change.workflow_id, id)) {
                continue;
            }
            match reading.get(&id).and_then(|part| part.partial(candidate, dates)) {
                Some(partial) => drop(known.insert(id, partial)),
                None => unknown += 1,
            }
        }
        metrics::recalled(known.len() as u64, unknown);
        self.recalled.insert(place, known);
    }

    /// Keeps what the view was drawn from, where that is worth it: where it reads many results, will be drawn again when the
    /// next one comes, and what it reads of them is not too much. A rehearsal leaves no trace here either.
    pub fn remember(&self, fold: &Fold, changes: &[Change], place: Place) {
        let is_worthless = fold.limits.rehearsed.is_some() || self.narrowed.is_some();
        let change = &changes[place.0];
        if is_worthless || !reads_many(changes, place) || !change.reaches_newest(place.1) {
            return;
        }
        let of =
            |index: usize| self.at_hand(place, (change.workflow_id, change.candidates[index].execution_id));
        let view = change.view_id(place.1);
        let before = fold.recall.of(view).unwrap_or_default();
        let known = |candidate: &Candidate, dates: Window| {
            let part = before.get(&candidate.execution_id)?;
            part.is(candidate, dates).then_some(part)
        };
        let read: Vec<(usize, &Candidate, Window)> = dates_read(changes, place)
            .into_iter()
            .map(|(index, dates)| (index, &change.candidates[index], dates))
            .collect();
        let bytes = read.iter().filter_map(|(index, candidate, dates)| {
            let known = known(candidate, *dates).map(Part::bytes);
            known.or_else(|| Some(of(*index)?.bytes_over(*dates)))
        });
        if bytes.sum::<usize>() > fold.recall.most_of_a_view() {
            return;
        }
        let parts = read.into_iter().filter_map(|(index, candidate, dates)| {
            let part = match known(candidate, dates) {
                Some(part) => part.clone(),
                None => Part::new(candidate, dates, of(index)?),
            };
            Some((candidate.execution_id, part))
        });
        fold.recall.keep(view, parts.collect());
    }

    async fn read(
        &mut self,
        tx: &impl GenericClient,
        changes: &[Change],
        places: &[Place],
    ) -> Result<(), FoldError> {
        let mut wanted: Vec<ResultKey> = places
            .iter()
            .flat_map(|place| read_by(changes, *place).map(move |(key, _)| (place, key)))
            .filter(|(place, key)| self.at_hand(**place, *key).is_none())
            .map(|(_, key)| key)
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        self.fetched.reserve(wanted.len());
        for (key, body) in partials::bodies(tx, &wanted).await? {
            self.fetched.insert(key, decode(key, &body)?);
        }
        Ok(())
    }

    /// What a view reads, each narrowed to its dates and its share of the numbers that fit. At no time is more than one
    /// of them in memory whole, beside the stored bytes of a few.
    async fn narrow(
        &self,
        tx: &impl GenericClient,
        changes: &[Change],
        place: Place,
        most: i64,
    ) -> Result<Vec<Result<Partial, DrawError>>, FoldError> {
        let holdings: Vec<Holding> = plan(changes, place).reads().map(|(holding, _)| holding).collect();
        let reads: Vec<(ResultKey, i64)> = read_by(changes, place).collect();
        let share = usize::try_from(most).unwrap_or(usize::MAX) / reads.len().max(1);
        let mut narrowed = Vec::with_capacity(reads.len());
        while narrowed.len() < reads.len() {
            let rest = &reads[narrowed.len()..];
            let next = &rest[..few(rest, most)];
            let keys: Vec<ResultKey> = next
                .iter()
                .map(|(key, _)| *key)
                .filter(|key| !self.arrived.contains_key(key))
                .collect();
            let bodies: HashMap<ResultKey, Vec<u8>> =
                partials::bodies(tx, &keys).await?.into_iter().collect();
            for (key, _) in next {
                let held = holdings[narrowed.len()];
                let partial = match (self.arrived.get(key), bodies.get(key)) {
                    (Some(partial), _) => Ok((*partial).clone()),
                    (None, Some(body)) => decode(*key, body)?,
                    (None, None) => Err(DrawError::Missing(key.1)),
                };
                let dates = Window::new(held.from, held.to).unwrap_or(Window::day(held.to));
                narrowed.push(partial.map(|partial| partial.narrowed(dates, share)));
            }
        }
        Ok(narrowed)
    }

    /// A result that the view reads, where it has arrived, is recalled or has been read.
    fn at_hand(&self, place: Place, key: ResultKey) -> Option<&Partial> {
        let arrived = self.arrived.get(&key).copied();
        let recalled = || self.recalled.get(&place)?.get(&key.1).map(Arc::as_ref);
        let fetched = || self.fetched.get(&key)?.as_ref().ok();
        arrived.or_else(recalled).or_else(fetched)
    }

    /// The partial that a view reads as its `index`-th.
    pub fn partial(&self, place: Place, index: usize, key: ResultKey) -> Result<&Partial, DrawError> {
        if let Some(narrowed) = &self.narrowed {
            return match narrowed.get(index) {
                Some(partial) => partial.as_ref().map_err(Clone::clone),
                None => Err(DrawError::Missing(key.1)),
            };
        }
        if let Some(partial) = self.at_hand(place, key) {
            return Ok(partial);
        }
        match self.fetched.get(&key) {
            Some(partial) => partial.as_ref().map_err(Clone::clone),
            None => Err(DrawError::Missing(key.1)),
        }
    }
}

fn decode(key: ResultKey, body: &[u8]) -> Result<Result<Partial, DrawError>, EncodingError> {
    match Partial::decode(body) {
        Err(error @ EncodingError::Newer { .. }) => Err(error),
        Err(EncodingError::Damaged) => Ok(Err(DrawError::Damaged(key.1))),
        Ok(partial) => Ok(Ok(partial)),
    }
}

/// How many of the results, at least one, hold no more numbers together than `most`.
fn few(results: &[(ResultKey, i64)], most: i64) -> usize {
    let sums = results.iter().scan(0i64, |sum, (_, weight)| {
        *sum = sum.saturating_add(*weight);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= most).count().max(1)
}

/// How many numbers a view reads.
fn numbers_of(changes: &[Change], place: Place) -> i64 {
    let mut read: Vec<(ResultKey, i64)> = read_by(changes, place).collect();
    read.sort_unstable();
    read.dedup();
    read.iter()
        .fold(0, |sum, (_, weight)| sum.saturating_add(*weight))
}

/// How many of the views, at least one, are drawn from what is read at once: those that read what others read as well
/// are among them, and one that reads more than a view may is by itself. What is recalled is not counted by itself: each
/// view has its own, but of its dates alone, and no date is read by more than three views.
pub fn fitting(changes: &[Change], places: &[Place], limits: &Limits) -> usize {
    let mut seen = HashSet::new();
    let mut numbers = 0i64;
    for (index, place) in places.iter().enumerate() {
        let before = numbers;
        for (key, weight) in read_by(changes, *place) {
            if seen.insert(key) {
                numbers = numbers.saturating_add(weight);
            }
        }
        let reads_more = index > 0 && numbers > before;
        if numbers > limits.numbers || (reads_more && numbers > limits.numbers_together) {
            return index.max(1);
        }
    }
    places.len()
}

fn plan(changes: &[Change], (change, view): Place) -> &ViewPlan {
    &changes[change].dirty[view].plan
}

/// Whether a view reads so many results that recalling them pays.
fn reads_many(changes: &[Change], place: Place) -> bool {
    plan(changes, place).reads().nth(MANY - 1).is_some()
}

/// Of each result that a view reads, by its place among the candidates, from the first to the last date of it.
fn dates_read(changes: &[Change], place: Place) -> HashMap<usize, Window> {
    let mut read: HashMap<usize, Window> = HashMap::new();
    for (holding, _) in plan(changes, place).reads() {
        let dates = Window::new(holding.from, holding.to).unwrap_or(Window::day(holding.to));
        let known = read.entry(holding.candidate).or_insert(dates);
        *known = known.hull(dates);
    }
    read
}

/// What a view reads: each result and how many numbers it holds.
fn read_by(changes: &[Change], place: Place) -> impl Iterator<Item = (ResultKey, i64)> {
    let change = &changes[place.0];
    plan(changes, place).reads().map(|(holding, _)| {
        let execution = change.candidates[holding.candidate].execution_id;
        ((change.workflow_id, execution), change.weights[holding.candidate])
    })
}
