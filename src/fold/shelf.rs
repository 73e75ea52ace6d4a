//! The partials that views are drawn from: those that have just arrived are at hand, others are fetched.

use std::collections::{HashMap, HashSet};

use super::apply::FoldError;
use super::arrival::{Arrival, ResultKey};
use super::change::Change;
use super::draw::DrawError;
use crate::aggregate::{EncodingError, Partial};
use crate::store::{GenericClient, partials};

/// A view to be drawn: its change, and its place among that change's dirty views.
pub type Place = (usize, usize);

/// The partials at hand.
pub struct Shelf<'a> {
    arrived: HashMap<ResultKey, &'a Partial>,
    fetched: HashMap<ResultKey, Result<Partial, DrawError>>,
}

impl<'a> Shelf<'a> {
    /// Of several runs of an execution in one batch the last held one stands; what did not arrive is read.
    ///
    /// # Errors
    /// When a newer build has written one of them. One that is damaged is a trouble of the views that read it.
    pub async fn fetch(
        tx: &impl GenericClient,
        changes: &[Change],
        places: &[Place],
        held: &[&'a Arrival],
    ) -> Result<Self, FoldError> {
        let arrived: HashMap<ResultKey, &Partial> = held
            .iter()
            .map(|arrival| (arrival.key(), &arrival.partial))
            .collect();
        let mut wanted: Vec<ResultKey> = places
            .iter()
            .flat_map(|place| read_by(changes, *place).map(|(key, _)| key))
            .filter(|key| !arrived.contains_key(key))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut fetched = HashMap::with_capacity(wanted.len());
        for (key, body) in partials::bodies(tx, &wanted).await? {
            let partial = match Partial::decode(&body) {
                Err(error @ EncodingError::Newer { .. }) => return Err(error.into()),
                Err(EncodingError::Damaged) => Err(DrawError::Damaged(key.1)),
                Ok(partial) => Ok(partial),
            };
            fetched.insert(key, partial);
        }
        Ok(Self { arrived, fetched })
    }

    /// A result's partial.
    pub fn partial(&self, key: ResultKey) -> Result<&Partial, DrawError> {
        if let Some(partial) = self.arrived.get(&key) {
            return Ok(partial);
        }
        match self.fetched.get(&key) {
            Some(Ok(partial)) => Ok(partial),
            Some(Err(error)) => Err(error.clone()),
            None => Err(DrawError::Missing(key.1)),
        }
    }
}

/// How many of the views, at least one, read no more numbers together than `most`.
pub fn fitting(changes: &[Change], places: &[Place], most: i64) -> usize {
    let mut seen = HashSet::new();
    let mut numbers = 0i64;
    for (index, place) in places.iter().enumerate() {
        for (key, weight) in read_by(changes, *place) {
            if seen.insert(key) {
                numbers = numbers.saturating_add(weight);
            }
        }
        if numbers > most {
            return index.max(1);
        }
    }
    places.len()
}

/// What a view reads: each result and how many numbers it holds.
fn read_by(changes: &[Change], (change, view): Place) -> impl Iterator<Item = (ResultKey, i64)> {
    let change = &changes[change];
    change.dirty[view].plan.reads().map(|(holding, _)| {
        let execution = change.candidates[holding.candidate].execution_id;
        ((change.workflow_id, execution), change.weights[holding.candidate])
    })
}
