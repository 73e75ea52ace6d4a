//! How fast results of a million and of ten million rows become partials, and in how much memory, by format.
//!
//! Part of `make bench`, which folds the figures of `target/reports/rows.json` into its one line. `BENCH_ROWS` sets the
//! larger size. Each measurement is a process of its own, so that its memory is its own.
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

mod measure;
#[path = "../../tests/stage/report.rs"]
#[allow(dead_code, reason = "it names no versions of servers")]
mod report;
mod table;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use dashloom::event::ResultFormat;

use measure::Measured;
use report::Report;

/// What is measured, by the name it has in keys.
const FORMATS: [(&str, ResultFormat); 5] = [
    ("csv", ResultFormat::Csv),
    ("ndjson", ResultFormat::Ndjson),
    ("json_rows", ResultFormat::JsonRows),
    ("arrow", ResultFormat::ArrowStream),
    ("parquet", ResultFormat::Parquet),
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, format, path] = &arguments[..]
        && verb == "measure"
    {
        println!("{}", Measured::of(format_named(format)?, Path::new(path))?.line());
        return Ok(());
    }
    let most: u64 = match std::env::var("BENCH_ROWS") {
        Ok(text) => text.parse().context("BENCH_ROWS is no number")?,
        Err(_) => 10_000_000,
    };
    let folder = tempfile::tempdir_in(std::env::current_dir()?.join("target"))?;
    let mut report = Report::new("rows");
    for (name, format) in FORMATS {
        for rows in [most / 10, most] {
            let path = folder.path().join(name);
            let bytes = table::write(format, rows, &path)?;
            let measured = in_another_process(name, &path)?;
            std::fs::remove_file(&path)?;
            let (per_s, mib) = (measured.per_cpu_second(), measured.peak_mib);
            eprintln!(
                "rows: {name}, {rows} rows, {} MB: {per_s:.0} rows/s/core, {mib:.1} MiB at most",
                bytes / 1_000_000
            );
            let size = if rows == most { "" } else { "_tenth" };
            report.figure(format!("rows_{name}{size}_per_s"), per_s.round());
            report.figure(format!("rows_{name}{size}_peak_mib"), (mib * 10.0).round() / 10.0);
        }
    }
    report.figure("rows", most);
    let (line, path) = report.close()?;
    eprintln!("rows: report in {}", path.display());
    println!("{line}");
    Ok(())
}

fn format_named(name: &str) -> Result<ResultFormat> {
    let found = FORMATS.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, format)| *format)
        .with_context(|| format!("no format {name}"))
}

fn in_another_process(name: &str, path: &Path) -> Result<Measured> {
    let output = Command::new(std::env::current_exe()?)
        .args(["measure", name])
        .arg(path)
        .output()?;
    if !output.status.success() {
        bail!(
            "{name} cannot be measured: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Measured::read(&String::from_utf8(output.stdout)?)
}
