//! Tables of other shapes than the usual one, as CSV: a column of very many values, and very many columns.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use chrono::TimeDelta;

use crate::table::{DAYS, first, mixed};

/// Columns of the wide table: a date, so many dimensions, numbers.
const WIDE: usize = 200;
const DIMENSIONS: usize = 19;

/// A table of another shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A dimension with a value of its own for every two rows.
    ManyValues,
    /// 200 columns, of which 19 are dimensions of 2 to 20 values and 180 are numbers.
    ManyColumns,
}

impl Shape {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::ManyValues, Self::ManyColumns];

    /// Its name in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::ManyValues => "many_values",
            Self::ManyColumns => "many_columns",
        }
    }

    /// How many rows it has where the usual table has so many: two million and 200,000 of ten million.
    pub fn rows(self, usual: u64) -> u64 {
        match self {
            Self::ManyValues => usual / 5,
            Self::ManyColumns => usual / 50,
        }
    }

    /// How many of its columns are numbers that add up.
    pub fn measures(self) -> usize {
        match self {
            Self::ManyValues => 1,
            Self::ManyColumns => WIDE - DIMENSIONS - 1,
        }
    }

    /// Writes so many rows.
    pub fn write(self, rows: u64, path: &Path) -> Result<u64> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        match self {
            Self::ManyValues => many_values(rows, &mut out)?,
            Self::ManyColumns => many_columns(rows, &mut out)?,
        }
        let file = out.into_inner().context("the file cannot be written")?;
        Ok(file.metadata()?.len())
    }
}

fn many_values(rows: u64, out: &mut impl Write) -> Result<()> {
    writeln!(out, "date,search term,visits")?;
    for number in 0..rows {
        let random = mixed(number);
        let date = first() + TimeDelta::days((random % DAYS) as i64);
        writeln!(out, "{date},words {:x},{}", mixed(number / 2), random % 90)?;
    }
    Ok(())
}

fn many_columns(rows: u64, out: &mut impl Write) -> Result<()> {
    write!(out, "date")?;
    (0..DIMENSIONS).try_for_each(|index| write!(out, ",segment {index}"))?;
    (0..WIDE - DIMENSIONS - 1).try_for_each(|index| write!(out, ",amount {index}"))?;
    writeln!(out)?;
    for number in 0..rows {
        let mut random = mixed(number);
        write!(out, "{}", first() + TimeDelta::days((random % DAYS) as i64))?;
        for index in 0..DIMENSIONS as u64 {
            random = mixed(random);
            write!(out, ",value {}", random % (index + 2))?;
        }
        for _ in 0..WIDE - DIMENSIONS - 1 {
            random = mixed(random);
            write!(out, ",{}", random % 10_000)?;
        }
        writeln!(out)?;
    }
    Ok(())
}
