//! Files as executions: one each, in the order given.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::super::error::AppError;
use super::beginning::{beginning, compression, format, without_rows};
use crate::aggregate::{Kind, Partial, aggregate};
use crate::dashboard::{Cadence, Candidate, RowDays, VisualizationConfig};
use crate::ids::ExecutionId;
use crate::rows::{Delivered, Limits, NamedStep};
use crate::window::{MAX_DAYS, Window};

/// Files as they were read.
pub struct Read {
    /// What is in them, in their order.
    pub results: Vec<(Candidate, Partial)>,
    /// Which files these are.
    pub files: Vec<PathBuf>,
    /// A sentence on each that has no rows: what dates it is about nobody knows, so it is left out.
    pub left_out: Vec<String>,
}

/// Reads the files. Each is one execution: its window is what its time column spans, to the end of the last step where the
/// files' dates are weeks, months, quarters or years apart; without one it is the n-th
/// day from 2000-01-01. The n-th finished n seconds after the midnight that ends the newest window in the configured time zone.
///
/// # Errors
/// When a file cannot be read or is no table, or none has rows.
pub fn read(files: &[PathBuf], config: &VisualizationConfig) -> Result<Read, AppError> {
    let first = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
    let sources = files
        .iter()
        .map(|file| Source::open(file, config))
        .collect::<Result<Vec<_>, _>>()?;
    let (empty, sources): (Vec<_>, Vec<_>) = sources
        .into_iter()
        .partition(|source| source.whole.kind == Kind::Empty);
    let left_out: Vec<String> = empty.iter().map(Source::without_rows).collect();
    if sources.is_empty()
        && let Some(told) = left_out.first()
    {
        return Err(AppError::plain(told.clone()));
    }
    let step = step(&sources);
    let mut results = Vec::with_capacity(sources.len());
    for (index, source) in sources.iter().enumerate() {
        let day = first.checked_add_days(Days::new(index as u64)).unwrap_or(first);
        let window = source.window(step).unwrap_or(Window::day(day));
        if window.days() > MAX_DAYS {
            return Err(source.too_long(window));
        }
        results.push((window, source.aggregated(window, config)?));
    }
    let newest = results
        .iter()
        .map(|(window, _)| window.end())
        .max()
        .unwrap_or(first);
    let midnight_ns = end_of(newest, config.timezone())
        .timestamp_nanos_opt()
        .unwrap_or(i64::MAX / 2);
    let spec = config.partial_spec();
    let candidate = |(index, (window, partial)): (usize, (Window, Partial))| {
        let candidate = Candidate {
            execution_id: ExecutionId(Uuid::from_u128(index as u128 + 1)),
            run: 0,
            finished_at_ns: midnight_ns + (index as i64 + 1) * 1_000_000_000,
            window,
            kind: partial.kind,
            content_hash: [0; 32],
            shape: spec.shape(),
            row_days: RowDays::of(window, partial.cells.dates.iter().copied()),
            withdrawn: false,
        };
        (candidate, partial)
    };
    Ok(Read {
        results: results.into_iter().enumerate().map(candidate).collect(),
        files: sources.iter().map(|source| source.path.to_owned()).collect(),
        left_out,
    })
}

/// When a date ends in the time zone; where its clocks skip that midnight, when they do in UTC.
fn end_of(date: NaiveDate, timezone: Tz) -> DateTime<Utc> {
    let midnight = date.succ_opt().unwrap_or(date).and_time(NaiveTime::MIN);
    let local = midnight.and_local_timezone(timezone).earliest();
    local.map_or(midnight.and_utc(), |local| local.to_utc())
}

/// A file, and what it holds whatever its window.
struct Source<'a> {
    path: &'a Path,
    beginning: Vec<u8>,
    result: Delivered<Bytes>,
    whole: Partial,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path, config: &VisualizationConfig) -> Result<Self, AppError> {
        let unreadable = |error| AppError::failed(format!("{} cannot be read", path.display()), error);
        let data = std::fs::read(path).map_err(unreadable)?;
        let compression = compression(&data);
        let beginning = beginning(path, compression).map_err(unreadable)?;
        let format = format(&beginning).map_err(|other| {
            let (path, what, remedy) = (path.display(), other.what, other.remedy);
            AppError::plain(format!("{path} is {what} and no table; {remedy}"))
        })?;
        let result = Delivered {
            source: Bytes::from(data),
            format,
            compression,
            limits: Limits::default(),
        };
        let everything = Window::new(NaiveDate::MIN, NaiveDate::MAX);
        let whole = aggregated(
            path,
            &result,
            everything.unwrap_or(Window::day(NaiveDate::MIN)),
            config,
        )?;
        Ok(Self {
            path,
            beginning,
            result,
            whole,
        })
    }

    /// Says that it has no rows, and why it may have none.
    fn without_rows(&self) -> String {
        format!("{} {}", self.path.display(), without_rows(&self.beginning))
    }

    /// The dates with rows, ascending; none without a time column.
    fn dates(&self) -> &[NaiveDate] {
        match self.whole.kind {
            Kind::Timed => &self.whole.cells.dates,
            Kind::Untimed | Kind::Empty => &[],
        }
    }

    /// What its dates span, to the end of the last step.
    fn window(&self, step: Cadence) -> Option<Window> {
        let (first, last) = self.dates().first().zip(self.dates().last())?;
        Window::new(*first, step.around(*last).end())
    }

    fn too_long(&self, window: Window) -> AppError {
        AppError::plain(format!(
            "{}: its dates go from {} to {}, {} days; a result has at most {MAX_DAYS}: look for a wrong year",
            self.path.display(),
            window.start(),
            window.end(),
            window.days()
        ))
    }

    fn aggregated(&self, window: Window, config: &VisualizationConfig) -> Result<Partial, AppError> {
        aggregated(self.path, &self.result, window, config)
    }
}

fn aggregated(
    path: &Path,
    result: &Delivered<Bytes>,
    window: Window,
    config: &VisualizationConfig,
) -> Result<Partial, AppError> {
    aggregate(result, window, &[], &config.partial_spec())
        .map_err(|error| AppError::failed(format!("{} cannot be taken in", path.display()), error))
}

/// The step that all files' time columns name (`2024-01` is a month), else that of the gaps between their dates.
fn step(sources: &[Source<'_>]) -> Cadence {
    let named = |source: &Source<'_>| {
        let column = &source.whole.columns[source.whole.time_column?];
        column.evidence.named_step()
    };
    let steps: Vec<_> = sources
        .iter()
        .filter(|source| !source.dates().is_empty())
        .map(named)
        .collect();
    let named = steps
        .first()
        .copied()
        .flatten()
        .filter(|step| steps.iter().all(|other| *other == Some(*step)));
    if let Some(step) = named {
        return match step {
            NamedStep::Day => Cadence::Day,
            NamedStep::Week => Cadence::Week,
            NamedStep::Month => Cadence::Month,
            NamedStep::Quarter => Cadence::Quarter,
            NamedStep::Year => Cadence::Year,
        };
    }
    let mut dates: Vec<NaiveDate> = sources
        .iter()
        .flat_map(|source| source.dates().iter().copied())
        .collect();
    dates.sort_unstable();
    dates.dedup();
    Cadence::of_dates(&dates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_ends_where_the_configuration_says_it_does() {
        let date = NaiveDate::from_ymd_opt(2026, 3, 27).unwrap();
        let ends = |timezone| end_of(date, timezone).to_rfc3339();
        assert_eq!(ends(Tz::UTC), "2026-03-28T00:00:00+00:00");
        assert_eq!(ends(Tz::America__New_York), "2026-03-28T04:00:00+00:00");
        assert_eq!(ends(Tz::Asia__Tokyo), "2026-03-27T15:00:00+00:00");
        // Beirut's clocks went from 00:00 to 01:00 on that day.
        let skipped = NaiveDate::from_ymd_opt(2024, 3, 30).unwrap();
        assert_eq!(
            end_of(skipped, Tz::Asia__Beirut).to_rfc3339(),
            "2024-03-31T00:00:00+00:00"
        );
    }

    #[test]
    fn a_wrong_year_is_no_window_of_thousands_of_years() {
        let file = std::env::temp_dir().join(format!("dashloom-far-{}.csv", std::process::id()));
        std::fs::write(&file, "date,n\n0001-01-01,1\n9999-12-31,2\n").unwrap();
        let read = read(
            std::slice::from_ref(&file),
            &VisualizationConfig::parse("{}").unwrap(),
        );
        std::fs::remove_file(&file).unwrap();
        let told = read.err().unwrap().to_string();
        assert!(
            told.contains("0001-01-01 to 9999-12-31") && told.contains("at most 36600"),
            "{told}"
        );
    }
}
