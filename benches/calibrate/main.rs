//! The calibration of the insights, started by `make calibrate`: many synthetic dashboards with known truths.
//!
//! `calibrate [DASHBOARDS [SEED]]` writes `docs/calibration.md` and its picture and fails where a gate is broken;
//! `calibrate tables [SERIES]` prints the null tables, `src/insight/tables.tsv`.
#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

#[path = "../../tests/stage/report.rs"]
mod closing;
mod dashboards;
mod gates;
mod noise;
mod report;
mod run;
mod tables;
mod truth;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use closing::Report;
use dashboards::{Noise, VOLUME};
use report::Part;

/// The seed, dashboards and series of the committed report and tables.
const SEED: u64 = 20_260_115;
const DASHBOARDS: usize = 1_000;
const SERIES: usize = 500_000;
/// Fewer visits a day, for which the report tells what is still found.
const VOLUMES: [f64; 2] = [VOLUME / 10.0, VOLUME / 100.0];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let number = |index: usize| words.get(index).map(|word| word.parse::<u64>()).transpose();
    if words.first().is_some_and(|word| word == "tables") {
        let series = number(1).context("the number of series")?;
        print!(
            "{}",
            tables::simulate(SEED, series.map_or(SERIES, |series| series as usize))
        );
        return Ok(());
    }
    let dashboards = number(0).context("the number of dashboards")?;
    let seed = number(1).context("the seed")?.unwrap_or(SEED);
    calibrate(dashboards.map_or(DASHBOARDS, |count| count as usize), seed)
}

fn calibrate(dashboards: usize, seed: u64) -> Result<()> {
    let noises = [
        ("normal noise", Noise::Normal),
        ("heavy tails", Noise::Heavy),
        ("dispersed counts", Noise::Dispersed),
        ("holidays", Noise::Holidays),
    ];
    let parts: Vec<Part> = noises
        .into_iter()
        .map(|(name, noise)| {
            eprintln!("calibrate: {dashboards} dashboards, {name}");
            Part {
                name,
                noise,
                counts: run::simulate(seed, dashboards, noise, VOLUME),
            }
        })
        .collect();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let volumes = VOLUMES.map(|volume| {
        eprintln!("calibrate: {dashboards} dashboards, {volume} visits a day");
        (volume, run::simulate(seed, dashboards, Noise::Normal, volume))
    });
    fs::write(
        docs.join("calibration.md"),
        report::markdown(&parts, &volumes, seed),
    )?;
    fs::write(docs.join("calibration.svg"), report::picture(&parts))?;
    let broken: Vec<String> = parts
        .iter()
        .flat_map(|part| {
            gates::gates(&part.counts, part.noise)
                .into_iter()
                .map(move |gate| (part.name, gate))
        })
        .filter(|(_, gate)| !gate.holds())
        .map(|(noise, gate)| {
            format!(
                "{noise}: {} is {:.4}, bound {:.4}",
                gate.name, gate.figure, gate.bound
            )
        })
        .collect();
    close(&parts[0])?;
    ensure!(broken.is_empty(), "gates are broken:\n{}", broken.join("\n"));
    Ok(())
}

/// The closing line: the figures under normal noise.
fn close(part: &Part) -> Result<()> {
    let figures = part.counts.figures();
    let rounded = |value: f64| (value * 10_000.0).round() / 10_000.0;
    let mut report = Report::new("calibrate");
    report.figure("dashboards", part.counts.dashboards);
    for (key, figure) in [
        ("false_share", figures.false_share.0),
        ("silent", figures.silent),
        ("wrong_sign", figures.wrong_sign),
        ("ece", figures.ece),
        ("precision90", figures.precision90),
        ("recall_trend", part.counts.recall("trend")),
        ("recall_shift", part.counts.recall("shift")),
        ("recall_rate", part.counts.recall("rate")),
        ("recall_anomaly", part.counts.recall("anomaly")),
    ] {
        report.figure(key, rounded(figure));
    }
    report.version("model", &dashloom::insight::model_version());
    let (line, path) = report.close()?;
    eprintln!("calibrate: report in {}", path.display());
    println!("{line}");
    Ok(())
}
