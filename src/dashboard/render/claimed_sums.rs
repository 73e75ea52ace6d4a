//! Sums that rows claim to be, and whether they are.

use crate::aggregate::Parts;
use crate::decimal::Decimal;

/// A value is a total where at most one in so many of its sums is another.
const SUMS_TO_ONE_OTHER: u64 = 20;
/// Sums that chance does not make, unless one of them is large.
const FEWEST_SURE: u64 = 3;
/// A number that is the sum of others by no chance.
const LARGE: u64 = 10_000;

/// A value of a column, by the column's place in the view.
pub type Member<'a> = (usize, &'a str);

/// A sum that cells claim, and what it would be of.
#[derive(Debug)]
pub struct Claim<'a> {
    /// The values that claim it.
    pub members: Vec<Member<'a>>,
    /// The numbers claimed.
    pub claimed: Vec<Option<Decimal>>,
    /// What they would be the sums of.
    pub parts: Vec<Parts>,
    /// The rows of these parts.
    pub rows: u64,
}

/// What a claim turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    /// The sum of several others.
    Several,
    /// The same of some of its numbers alone.
    Partly,
    /// Of one, or nothing.
    Trivial,
    /// Another number.
    Other,
}

impl<'a> Claim<'a> {
    /// Of these values, and so many numbers.
    pub fn new(members: Vec<Member<'a>>, amounts: usize) -> Self {
        Self {
            members,
            claimed: vec![None; amounts],
            parts: vec![Parts::default(); amounts],
            rows: 0,
        }
    }

    /// Whether its numbers are the sums of the others. Where one is and another is not, that may count something else.
    pub fn judged(&self) -> Vote {
        let amounts = || self.claimed.iter().zip(&self.parts);
        let agree = amounts().all(|(claimed, parts)| claimed.is_none_or(|claimed| parts.may_make(claimed)));
        let is_exact = |(claimed, parts): (&Option<Decimal>, &Parts)| {
            *claimed == Some(parts.sum) && !parts.sum.is_zero()
        };
        let is_nothing = amounts().all(|(claimed, _)| claimed.is_none_or(|claimed| claimed.is_zero()));
        match (amounts().any(is_exact), agree) {
            (true, true) if self.rows > 1 => Vote::Several,
            (true, false) if self.rows > 1 => Vote::Partly,
            (true, true) => Vote::Trivial,
            (false, true) if is_nothing => Vote::Trivial,
            _ => Vote::Other,
        }
    }

    /// Whether a number is too large to be the sum of the others by chance.
    pub fn is_large(&self) -> bool {
        let least = Decimal::from_count(LARGE);
        self.claimed.iter().flatten().any(|claimed| *claimed >= least)
    }
}

/// What a value's claims turn out to be together.
#[derive(Debug, Default)]
pub struct Votes {
    several: u64,
    partly: u64,
    trivial: u64,
    others: u64,
    /// Whether one that is the sum of several others is large.
    is_large: bool,
}

impl Votes {
    /// Takes a vote, and whether it is of a large number.
    pub fn take(&mut self, (vote, is_large): (Vote, bool)) {
        self.is_large |= matches!(vote, Vote::Several | Vote::Partly) && is_large;
        match vote {
            Vote::Several => self.several += 1,
            Vote::Partly => self.partly += 1,
            Vote::Trivial => self.trivial += 1,
            Vote::Other => self.others += 1,
        }
    }

    /// Whether nearly all of them are sums; of sums in part there must be more than chance makes.
    pub fn pass(&self) -> bool {
        let (sums, others) = match self.are_beyond_chance() {
            true => (self.several + self.partly, self.others),
            false => (self.several, self.others + self.partly),
        };
        sums > self.trivial && others * SUMS_TO_ONE_OTHER <= sums
    }

    /// Whether there are more sums, or larger ones, than chance makes.
    pub fn are_beyond_chance(&self) -> bool {
        self.several + self.partly >= FEWEST_SURE || self.is_large
    }
}
