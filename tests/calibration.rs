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

#[test]
fn claims_about_synthetic_dashboards_are_right_as_often_as_they_say() {
    let counts = run::simulate(SEED, DASHBOARDS, Noise::Normal, VOLUME);
    let broken: Vec<String> = gates::gates(&counts, Noise::Normal)
        .into_iter()
        .filter(|gate| !gate.holds())
        .map(|gate| {
            let Gate {
                name,
                figure,
                bound,
                planted,
                ..
            } = gate;
            format!("{name}: {figure:.4}, bound {bound:.4}, planted {planted:?}")
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(
        counts.signs.0 > 1_000,
        "too few claims to judge: {}",
        counts.signs.0
    );
}
