//! Insights: tested, evidenced statements about a view, found in its numbers by step of time.
//!
//! [`find`](fn@find) makes every test that the data allow, judges all of them together and tells the best.
//!
//! * [`statistics`] are the numbers behind tests, [`tables`] the simulated null distributions;
//! * `examine` (with `standing_out`) and `period` make the tests of one series, `tested` each only once (`frames` remembers them);
//! * one file a family makes claims of them: `course` (with `season`, `weekdays` and `mover`), `change`, `segments` (with `counts`), `contribution`, `drivers`,
//!   `factors` and `mix` (with `chance` and `windows`; of cohorts only what `ages` leave), `simpson`, `funnel` (with `funnel_gaps`), `relations` (with `kin`), `pattern`, `quality`;
//! * `judge` controls false discoveries and says how sure a claim is, `choose` what is told (of each of the `events` once), `wording` and `evidence` write it down;
//! * [`grounding`] says whether somebody else's words for it say the same.
//!
//! Invariants: only merged sums are looked at, and only steps that are complete; missing is not zero; a claim is tested
//! against the interval null that the effect is trivial; every test counts among the discoveries, told or not; what is
//! stored is rounded to nine significant digits, so that equal results have equal bytes on every machine. A sentence
//! holds no number but those of its evidence, and says nothing of causes.

mod ages;
mod chance;
mod change;
mod choose;
pub mod claim;
mod contribution;
mod counts;
mod course;
mod docket;
mod drivers;
mod events;
mod evidence;
mod examine;
mod factors;
pub mod find;
mod frames;
mod funnel;
mod funnel_gaps;
mod generations;
pub mod grounding;
pub mod judge;
mod kin;
#[cfg(test)]
mod minimum_tests;
mod mix;
mod mover;
mod names;
mod number;
mod paired;
mod pattern;
mod period;
mod proportions;
mod quality;
mod relations;
#[cfg(test)]
mod samples;
mod season;
mod segments;
mod simpson;
pub mod standing_out;
pub mod statistics;
mod study;
pub mod tables;
mod tested;
mod weekdays;
mod windows;
mod wording;

pub use find::{Found, Insight, find, model_version};
pub use frames::Frames;
