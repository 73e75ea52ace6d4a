//! One result made a partial, as the service does it.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use dashloom::aggregate::{PartialSpec, aggregate};
use dashloom::event::{Compression, ResultFormat};
use dashloom::objects::Spooled;
use dashloom::rows::{Delivered, Limits};

use crate::shapes::Shape;
use crate::table;

/// Clock ticks a second in `/proc/<pid>/stat`; Linux fixes it for programs.
const TICKS_PER_S: f64 = 100.0;

/// What making a partial took.
pub struct Measured {
    /// Rows of the result.
    pub rows: u64,
    /// CPU seconds of the whole process, user and system.
    pub cpu_s: f64,
    /// The most memory it ever held, in MiB.
    pub peak_mib: f64,
}

impl Measured {
    /// Makes a partial of a file in this process: of the usual table, or of one of another shape, which does not fit.
    pub fn of(format: ResultFormat, shape: Option<Shape>, path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let result = Delivered {
            source: Spooled::Disk(Arc::new(file), bytes),
            format,
            compression: Compression::None,
            limits: Limits::default(),
        };
        let partial = aggregate(&result, table::window(), &[], &PartialSpec::default())?;
        ensure!(
            partial.cells.summarised == shape.is_some_and(Shape::is_summarised),
            "what fits is not summarised, and what does not says so"
        );
        ensure!(
            partial.cells.measures.len() == shape.map_or(4, Shape::measures) && !partial.encode().is_empty(),
            "{} columns add up",
            partial.cells.measures.len()
        );
        Ok(Self {
            rows: partial.quality.rows,
            cpu_s: cpu_s()?,
            peak_mib: peak_mib()?,
        })
    }

    /// Rows a second of one core.
    pub fn per_cpu_second(&self) -> f64 {
        self.rows as f64 / self.cpu_s
    }

    /// For another process.
    pub fn line(&self) -> String {
        format!("{} {} {}", self.rows, self.cpu_s, self.peak_mib)
    }

    /// From another process.
    pub fn read(line: &str) -> Result<Self> {
        let mut parts = line.split_whitespace();
        let mut next = || parts.next().context("too few figures");
        Ok(Self {
            rows: next()?.parse()?,
            cpu_s: next()?.parse()?,
            peak_mib: next()?.parse()?,
        })
    }
}

fn cpu_s() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, rest) = stat.rsplit_once(") ").context("not a stat line")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |at: usize| -> Result<f64> { Ok(fields.get(at).context("too short")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_S)
}

fn peak_mib() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("no VmHWM")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}
