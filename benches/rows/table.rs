//! The table that is measured: 90 days × 50 campaigns × 4 devices, a session id and four numbers, about 100 bytes a row
//! in CSV, in no order.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use chrono::{NaiveDate, TimeDelta};
use dashloom::event::ResultFormat;
use dashloom::window::Window;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// Days it spans.
pub const DAYS: u64 = 90;
const DEVICES: [&str; 4] = ["desktop", "mobile", "tablet", "television"];
const COLUMNS: [&str; 8] = [
    "date",
    "campaign",
    "device",
    "session_id",
    "impressions",
    "clicks",
    "spend",
    "revenue",
];
/// The columns from this one on are numbers.
const FIRST_NUMBER: usize = 4;
/// Rows of an Arrow batch.
const BATCH_ROWS: u64 = 65_536;

/// The dates it covers.
pub fn window() -> Window {
    let last = first() + TimeDelta::days(DAYS as i64 - 1);
    Window::new(first(), last).unwrap_or_else(|| Window::day(first()))
}

/// The first of them.
pub fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

struct Row {
    day: u64,
    campaign: u64,
    device: usize,
    session: u64,
    impressions: u64,
    clicks: u64,
    spend_cents: u64,
    revenue_cents: u64,
}

impl Row {
    fn number(number: u64) -> Self {
        let random = mixed(number);
        let other = mixed(random);
        Self {
            day: random % DAYS,
            campaign: (random >> 8) % 50,
            device: (random >> 16) as usize % 4,
            session: other,
            impressions: 100 + (random >> 20) % 90_000,
            clicks: (random >> 40) % 900,
            spend_cents: (random >> 30) % 100_000,
            revenue_cents: (other >> 30) % 1_000_000,
        }
    }

    fn date(&self) -> NaiveDate {
        first() + TimeDelta::days(self.day as i64)
    }

    fn campaign(&self) -> String {
        format!("campaign {:03} spring", self.campaign)
    }

    fn session(&self) -> String {
        format!("s-{:016x}", self.session)
    }

    /// The cells as text, in the columns' order.
    fn texts(&self) -> [String; COLUMNS.len()] {
        let money = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        [
            self.date().to_string(),
            self.campaign(),
            DEVICES[self.device].to_owned(),
            self.session(),
            self.impressions.to_string(),
            self.clicks.to_string(),
            money(self.spend_cents),
            money(self.revenue_cents),
        ]
    }
}

/// A number that looks random.
pub fn mixed(value: u64) -> u64 {
    let value = (value ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let value = (value ^ (value >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    value ^ (value >> 32)
}

/// Writes so many rows; gives the size in bytes.
pub fn write(format: ResultFormat, rows: u64, path: &Path) -> Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    match format {
        ResultFormat::Csv => csv(rows, &mut out)?,
        ResultFormat::Ndjson => (0..rows).try_for_each(|number| writeln!(out, "{}", json(number)))?,
        ResultFormat::JsonRows => {
            (0..rows).try_for_each(|number| {
                write!(out, "{}{}", if number == 0 { "[" } else { ",\n" }, json(number))
            })?;
            out.write_all(b"]")?;
        }
        ResultFormat::ArrowStream => {
            let mut writer = StreamWriter::try_new(&mut out, &batch(0, 1)?.schema())?;
            for start in (0..rows).step_by(BATCH_ROWS as usize) {
                writer.write(&batch(start, BATCH_ROWS.min(rows - start))?)?;
            }
            writer.finish()?;
        }
        ResultFormat::Parquet => {
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .build();
            let mut writer = ArrowWriter::try_new(&mut out, batch(0, 1)?.schema(), Some(properties))?;
            for start in (0..rows).step_by(BATCH_ROWS as usize) {
                writer.write(&batch(start, BATCH_ROWS.min(rows - start))?)?;
            }
            writer.close()?;
        }
    }
    let file = out.into_inner().context("the file cannot be written")?;
    Ok(file.metadata()?.len())
}

fn csv(rows: u64, out: &mut impl Write) -> Result<()> {
    writeln!(out, "{}", COLUMNS.join(","))?;
    for row in (0..rows).map(Row::number) {
        writeln!(out, "{}", row.texts().join(","))?;
    }
    Ok(())
}

/// An object of strings up to the session id, then of numbers.
fn json(number: u64) -> String {
    let cells = Row::number(number).texts();
    let member = |(index, (label, cell)): (usize, (&str, &String))| match index {
        0..FIRST_NUMBER => format!(r#""{label}":"{cell}""#),
        _ => format!(r#""{label}":{cell}"#),
    };
    let members: Vec<String> = COLUMNS.into_iter().zip(&cells).enumerate().map(member).collect();
    format!("{{{}}}", members.join(","))
}

fn batch(start: u64, rows: u64) -> Result<RecordBatch> {
    let all: Vec<Row> = (start..start + rows).map(Row::number).collect();
    let integers = |of: fn(&Row) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(all.iter().map(|row| of(row) as i64)))
    };
    let money = |of: fn(&Row) -> u64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(
            all.iter().map(|row| of(row) as f64 / 100.0),
        ))
    };
    let days = (first() - NaiveDate::default()).num_days();
    let dates = all.iter().map(|row| days as i32 + row.day as i32);
    let columns: [ArrayRef; COLUMNS.len()] = [
        Arc::new(Date32Array::from_iter_values(dates)),
        Arc::new(StringArray::from_iter_values(all.iter().map(Row::campaign))),
        Arc::new(StringArray::from_iter_values(
            all.iter().map(|row| DEVICES[row.device]),
        )),
        Arc::new(StringArray::from_iter_values(all.iter().map(Row::session))),
        integers(|row| row.impressions),
        integers(|row| row.clicks),
        money(|row| row.spend_cents),
        money(|row| row.revenue_cents),
    ];
    Ok(RecordBatch::try_from_iter(COLUMNS.into_iter().zip(columns))?)
}
