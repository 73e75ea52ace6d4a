//! How fast results of a million and of ten million rows become partials, and in how much memory, by format; and results
//! that do not fit: a column of a million values, and 200 columns of several kinds. An ordinary small result is timed too.
//!
//! Fails where one takes more memory than is promised, and never for being slow.
//!
//! Part of `make bench`, which folds the figures of `target/reports/rows.json` into its one line. `BENCH_ROWS` sets the
//! larger size. Each measurement is a process of its own, so that its memory is its own.
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

mod measure;
mod ordinary;
#[path = "../../tests/stage/report.rs"]
#[allow(dead_code, reason = "it names no versions of servers")]
mod report;
mod shapes;
mod table;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use dashloom::event::ResultFormat;

use measure::Measured;
use report::Report;
use shapes::Shape;

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
    if let [verb, name, path] = &arguments[..]
        && verb == "measure"
    {
        let shape = Shape::ALL.into_iter().find(|shape| shape.name() == name);
        let format = match shape {
            Some(_) => ResultFormat::Csv,
            None => format_named(name)?,
        };
        println!("{}", Measured::of(format, shape, Path::new(path))?.line());
        return Ok(());
    }
    let most: u64 = match std::env::var("BENCH_ROWS") {
        Ok(text) => text.parse().context("BENCH_ROWS is no number")?,
        Err(_) => 10_000_000,
    };
    // Not where temporary files are memory.
    let target = std::env::current_dir()?.join("target");
    std::fs::create_dir_all(&target)?;
    let folder = tempfile::tempdir_in(target)?;
    let mut report = Report::new("rows");
    let mut promise = Promise::default();
    for (name, format) in FORMATS {
        for rows in [most / 10, most] {
            let path = folder.path().join(name);
            let bytes = table::write(format, rows, &path)?;
            let measured = in_another_process(name, &path)?;
            std::fs::remove_file(&path)?;
            let size = if rows == most { "" } else { "_tenth" };
            figures(&mut report, &format!("{name}{size}"), &measured, bytes);
            promise.hold(name, rows, &measured);
        }
    }
    for shape in Shape::ALL {
        let (path, rows) = (folder.path().join(shape.name()), shape.rows(most));
        let bytes = shape.write(rows, &path)?;
        let measured = in_another_process(shape.name(), &path)?;
        std::fs::remove_file(&path)?;
        figures(&mut report, shape.name(), &measured, bytes);
        promise.hold(shape.name(), rows, &measured);
    }
    report.figure("rows_ordinary_us", ordinary::microseconds()?);
    report.figure("rows", most);
    let (line, path) = report.close()?;
    eprintln!("rows: report in {}", path.display());
    println!("{line}");
    promise.kept()
}

fn figures(report: &mut Report, name: &str, measured: &Measured, bytes: u64) {
    let (per_s, mib) = (measured.per_cpu_second(), measured.peak_mib);
    eprintln!(
        "rows: {name}, {} rows, {} MB: {per_s:.0} rows/s/core, {mib:.1} MiB at most",
        measured.rows,
        bytes / 1_000_000
    );
    report.figure(format!("rows_{name}_per_s"), per_s.round());
    report.figure(format!("rows_{name}_peak_mib"), (mib * 10.0).round() / 10.0);
}

/// The most memory that making a partial may take, in MiB, however large the result is.
const MOST_MIB: f64 = 128.0;

/// What broke the promise, if anything did.
#[derive(Default)]
struct Promise {
    broken: Vec<String>,
}

impl Promise {
    fn hold(&mut self, name: &str, rows: u64, measured: &Measured) {
        if measured.peak_mib > MOST_MIB {
            let mib = measured.peak_mib;
            self.broken
                .push(format!("{name} of {rows} rows takes {mib:.1} MiB"));
        }
    }

    fn kept(self) -> Result<()> {
        ensure!(
            self.broken.is_empty(),
            "more than the {MOST_MIB} MiB that are promised: {}",
            self.broken.join("; ")
        );
        Ok(())
    }
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
