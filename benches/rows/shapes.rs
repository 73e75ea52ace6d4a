//! Tables of other shapes than the usual one, as CSV: a column of very many values, and very many columns of several kinds.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use chrono::TimeDelta;

use crate::table::{DAYS, first, mixed};

/// Columns of a wide table, the date among them.
const WIDE: usize = 200;

/// A table of another shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A dimension with a value of its own for every two rows.
    Values,
    /// 200 columns, of which 19 are dimensions of 2 to 20 values and 180 are numbers.
    Columns,
    /// 200 columns, of which 199 are dimensions of ten thousand values.
    Texts,
    /// 200 columns, of which 199 identify the row.
    Ids,
    /// 200 columns: dimensions of few values and of long ones, ids, whole numbers and amounts.
    Kinds,
}

/// What is in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cells {
    /// So many texts.
    Segment(u64),
    /// Long texts, each of them twice.
    Words,
    /// A text that no other row has.
    Id,
    /// A whole number.
    Count,
    /// A number of 15 digits before its point and two behind.
    Amount,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Values, Self::Columns, Self::Texts, Self::Ids, Self::Kinds];

    /// Its name in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Values => "many_values",
            Self::Columns => "many_columns",
            Self::Texts => "many_texts",
            Self::Ids => "many_ids",
            Self::Kinds => "many_kinds",
        }
    }

    /// How many rows it has where the usual table has so many: two million and 200,000 of ten million.
    pub fn rows(self, usual: u64) -> u64 {
        match self {
            Self::Values => usual / 5,
            _ => usual / 50,
        }
    }

    /// How many of its columns are numbers that add up.
    pub fn measures(self) -> usize {
        match self {
            Self::Values => 1,
            _ => (1..WIDE)
                .filter(|column| matches!(self.cells(*column), Cells::Count | Cells::Amount))
                .count(),
        }
    }

    /// Whether some of its dimensions have to be folded: nothing is told apart by ids.
    pub fn is_summarised(self) -> bool {
        self != Self::Ids
    }

    /// Writes so many rows.
    pub fn write(self, rows: u64, path: &Path) -> Result<u64> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        match self {
            Self::Values => many_values(rows, &mut out)?,
            _ => self.many_columns(rows, &mut out)?,
        }
        let file = out.into_inner().context("the file cannot be written")?;
        Ok(file.metadata()?.len())
    }

    fn cells(self, column: usize) -> Cells {
        let values = column as u64 + 1;
        match self {
            Self::Texts => Cells::Segment(10_000),
            Self::Ids => Cells::Id,
            Self::Kinds => match column % 5 {
                0 => Cells::Segment(values),
                1 => Cells::Words,
                2 => Cells::Id,
                3 => Cells::Count,
                _ => Cells::Amount,
            },
            _ if column < 20 => Cells::Segment(values),
            _ => Cells::Count,
        }
    }

    fn many_columns(self, rows: u64, out: &mut impl Write) -> Result<()> {
        write!(out, "date")?;
        for column in 1..WIDE {
            match self.cells(column) {
                Cells::Segment(_) => write!(out, ",segment {column}")?,
                Cells::Words => write!(out, ",words {column}")?,
                Cells::Id => write!(out, ",thing {column}")?,
                Cells::Count => write!(out, ",count {column}")?,
                Cells::Amount => write!(out, ",amount {column}")?,
            }
        }
        writeln!(out)?;
        for number in 0..rows {
            let mut random = mixed(number);
            write!(out, "{}", first() + TimeDelta::days((random % DAYS) as i64))?;
            for column in 1..WIDE {
                random = mixed(random);
                match self.cells(column) {
                    Cells::Segment(values) => write!(out, ",value {}", random % values)?,
                    Cells::Words => write!(out, ",so many words that {:060x}", mixed(number / 2))?,
                    Cells::Id => write!(out, ",{number:06x}-{random:016x}")?,
                    Cells::Count => write!(out, ",{}", random % 10_000)?,
                    Cells::Amount => write!(out, ",{}.{:02}", random % 1_000_000_000_000_000, random % 97)?,
                }
            }
            writeln!(out)?;
        }
        Ok(())
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
