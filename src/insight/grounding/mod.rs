//! Whether a rewording of an insight's sentence says what its evidence says, and nothing else.
//!
//! * `tokens` reads a sentence as names, numbers, dates and words; `lexicon` says what words mean;
//! * `facts` are an insight's sentence with the evidence that each of its numbers stands on;
//! * [`check`](Grounds::check) holds a rewording against them.
//!
//! Invariants: what is not known is refused, so a rewording has no word but those of the sentence and of the lexicon; every
//! name and every number of the sentence is in it, in the same order, with its unit and its sign, and no other; a number may
//! have fewer digits, rounded from the evidence and not from the sentence; directions and points in time are the sentence's.

mod check;
mod facts;
mod lexicon;
mod tokens;

pub use check::Doubt;
pub use facts::Grounds;

#[cfg(test)]
mod tests;
