//! The calibration of the insights in a short form: fewer dashboards than `make calibrate`, the same gates.
#![forbid(unsafe_code)]

#[path = "../benches/calibrate/dashboards.rs"]
mod dashboards;
#[path = "../benches/calibrate/gates.rs"]
mod gates;
#[path = "../benches/calibrate/noise.rs"]
mod noise;
#[path = "../benches/calibrate/run.rs"]
mod run;
#[path = "../benches/calibrate/truth.rs"]
mod truth;

use dashboards::{Noise, VOLUME};
use gates::Gate;

/// A seed of its own, so that the tables' and the long form's are not judged by themselves.
const SEED: u64 = 7;
/// Enough for every gate to mean something, in a build that is not optimised.
const DASHBOARDS: usize = 250;

/// Dashboards under each of the other noises, whose recalls and claims of single steps are left to `make calibrate`: there are too few.
const OTHERS: usize = 60;

#[test]
fn claims_about_synthetic_dashboards_are_right_as_often_as_they_say() {
    let counts = run::simulate(SEED, DASHBOARDS, Noise::Normal, VOLUME);
    let broken = broken(&counts, Noise::Normal);
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(
        counts.signs.0 > 1_000,
        "too few claims to judge: {}",
        counts.signs.0
    );
}

#[test]
fn errors_under_other_noises_are_not_half_as_many_again() {
    for noise in [Noise::Heavy, Noise::Dispersed, Noise::Holidays] {
        let counts = run::simulate(SEED, OTHERS, noise, VOLUME);
        let broken = broken(&counts, noise);
        assert!(broken.is_empty(), "{noise:?}: {broken:#?}");
        assert!(counts.silent.0 > 5, "{noise:?}: too few have nothing planted");
    }
}

/// The gates that do not hold, in words; those of few only under normal noise.
fn broken(counts: &run::Counts, noise: Noise) -> Vec<String> {
    let gates = gates::gates(counts, noise).into_iter();
    let is_of_few = |gate: &Gate| gate.name.starts_with("recall") || gate.name.ends_with("single steps");
    let broken = gates.filter(|gate| !gate.holds() && (noise == Noise::Normal || !is_of_few(gate)));
    let told =
        |Gate {
             name,
             figure,
             bound,
             planted,
             ..
         }: Gate| { format!("{name}: {figure:.4}, bound {bound:.4}, planted {planted:?}") };
    broken.map(told).collect()
}
