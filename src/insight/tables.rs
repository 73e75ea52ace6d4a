//! Null distributions that have no formula, as simulated by `make calibrate-tables`: which statistic is exceeded how
//! often where there is nothing to be found.
//!
//! Each row of the data holds, for a statistic, a number of values and a band of what was estimated beside the
//! statistic (the autocorrelation, or the heaviness of the tails), the quantiles that are exceeded with [`LEVELS`].

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

/// The data, one row a line: name, values, band, quantiles.
const DATA: &str = include_str!("tables.tsv");
/// The probabilities of exceeding a row's quantiles.
pub const LEVELS: [f64; 12] = [
    0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001,
];
/// The smallest probability that is read off a table.
const LEAST: f64 = 1e-9;

/// A statistic with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The size of a coefficient over its standard error; banded by the autocorrelation.
    Slope,
    /// The largest of these over all steps of a scan; banded by the autocorrelation.
    Step,
    /// The largest distance from neighbours in a series; banded by the heaviness of the tails. Beyond the last band it is taken to
    /// be larger in proportion.
    Spike,
    /// The largest distance of one of several values from their median.
    Outlier,
}

impl Statistic {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Slope, Self::Step, Self::Spike, Self::Outlier];

    /// Its name in the data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slope => "slope",
            Self::Step => "step",
            Self::Spike => "spike",
            Self::Outlier => "outlier",
        }
    }
}

#[derive(Debug, Clone)]
struct Row {
    name: &'static str,
    count: f64,
    band: f64,
    quantiles: [f64; LEVELS.len()],
}

/// The rows of a statistic and a number of values, their bands ascending.
#[derive(Debug)]
struct Sheet {
    log_count: f64,
    rows: Vec<Row>,
}

fn rows() -> impl Iterator<Item = Row> {
    DATA.lines().filter_map(read)
}

/// The sheets of a statistic, their counts ascending.
fn sheets(statistic: Statistic) -> &'static [Sheet] {
    static SHEETS: OnceLock<[Vec<Sheet>; 4]> = OnceLock::new();
    &SHEETS.get_or_init(|| Statistic::ALL.map(|statistic| bind(statistic.name())))[statistic as usize]
}

fn bind(name: &str) -> Vec<Sheet> {
    let mut own: Vec<Row> = rows().filter(|row| row.name == name).collect();
    own.sort_by(|a, b| a.count.total_cmp(&b.count).then(a.band.total_cmp(&b.band)));
    let of_count = own.chunk_by(|a, b| a.count == b.count);
    of_count
        .map(|rows| Sheet {
            log_count: libm::log(rows[0].count),
            rows: rows.to_vec(),
        })
        .collect()
}

fn read(line: &'static str) -> Option<Row> {
    let mut fields = line.split('\t');
    let name = fields.next()?;
    let mut numbers = fields.map(|field| field.parse::<f64>().ok());
    let (count, band) = (numbers.next()??, numbers.next()??);
    let mut quantiles = [0.0; LEVELS.len()];
    for quantile in &mut quantiles {
        *quantile = numbers.next()??;
    }
    Some(Row {
        name,
        count,
        band,
        quantiles,
    })
}

/// The first eight hexadecimal digits of the data's hash.
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let hash = Sha256::digest(DATA.as_bytes());
        hash[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    })
}

/// The null distribution of a statistic for one series.
#[derive(Debug, Clone)]
pub struct Null {
    quantiles: [f64; LEVELS.len()],
}

impl Null {
    /// For so many values, and what was estimated beside the statistic; between rows it is interpolated, beyond them
    /// the nearest holds.
    pub fn of(statistic: Statistic, count: usize, band: f64) -> Self {
        let sheets = sheets(statistic);
        let size = libm::log(count.max(1) as f64);
        let (low, high, share) = around(sheets, size, |sheet| sheet.log_count);
        let at_band = |sheet: &Sheet| match statistic {
            Statistic::Spike => sheet.beyond_bands(band),
            _ => sheet.at_band(band),
        };
        Self {
            quantiles: mix(&at_band(low), &at_band(high), share),
        }
    }

    /// The probability of exceeding a value, by straight lines between the quantiles' logarithms and the levels'; the
    /// last of them goes on.
    pub fn exceeded(&self, value: f64) -> f64 {
        let [first, .., last] = self.quantiles;
        if !first.is_finite() {
            return 1.0;
        }
        if value <= first {
            return 1.0 - (1.0 - LEVELS[0]) * (value / first).max(0.0);
        }
        let at = match value >= last {
            true => LEVELS.len() - 2,
            false => self.quantiles.partition_point(|quantile| *quantile <= value) - 1,
        };
        let (x0, x1) = (libm::log(self.quantiles[at]), libm::log(self.quantiles[at + 1]));
        let (y0, y1) = (libm::log(LEVELS[at]), libm::log(LEVELS[at + 1]));
        let share = (libm::log(value) - x0) / (x1 - x0).max(1e-9);
        libm::exp(y0 + share * (y1 - y0)).clamp(LEAST, 1.0)
    }

    /// The upper tail of a statistic whose size the table describes.
    pub fn tail(&self, value: f64) -> f64 {
        let half = self.exceeded(value.abs()) / 2.0;
        if value >= 0.0 { half } else { 1.0 - half }
    }

    /// The value exceeded with 5 %.
    pub fn five_percent(&self) -> f64 {
        self.quantiles[3]
    }
}

impl Sheet {
    fn at_band(&self, band: f64) -> [f64; LEVELS.len()] {
        let (low, high, share) = around(&self.rows, band, |row| row.band);
        mix(&low.quantiles, &high.quantiles, share)
    }

    /// The same, beyond the last band in proportion to it.
    fn beyond_bands(&self, band: f64) -> [f64; LEVELS.len()] {
        let last = self.rows.last().map_or(band, |row| row.band);
        self.at_band(band)
            .map(|quantile| quantile * (band / last).max(1.0))
    }
}

/// The neighbours of a value among ascending ones (there are some), and how far it lies from the first to the second;
/// beyond them the nearest is both.
fn around<T>(ascending: &[T], value: f64, of: impl Fn(&T) -> f64) -> (&T, &T, f64) {
    let after = ascending.partition_point(|one| of(one) < value);
    let high = &ascending[after.min(ascending.len() - 1)];
    let low = &ascending[after.saturating_sub(1)];
    match of(high) - of(low) {
        width if width > 0.0 && after < ascending.len() => (low, high, (value - of(low)) / width),
        _ => (high, high, 0.0),
    }
}

fn mix(a: &[f64; LEVELS.len()], b: &[f64; LEVELS.len()], share: f64) -> [f64; LEVELS.len()] {
    if share == 0.0 {
        return *a;
    }
    std::array::from_fn(|index| a[index] + share * (b[index] - a[index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_data_is_read() {
        let lines = DATA.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(rows().count(), lines.count());
        for row in rows() {
            assert!(row.quantiles.windows(2).all(|pair| pair[0] < pair[1]), "{row:?}");
        }
        assert_eq!(version().len(), 8);
    }

    #[test]
    fn quantiles_are_exceeded_with_their_levels() {
        for statistic in Statistic::ALL {
            let rows: Vec<Row> = rows().filter(|row| row.name == statistic.name()).collect();
            assert!(rows.len() > 4, "{statistic:?}");
            for row in rows {
                let null = Null::of(statistic, row.count as usize, row.band);
                for (quantile, level) in row.quantiles.iter().zip(LEVELS) {
                    assert!((null.exceeded(*quantile) / level - 1.0).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn between_and_beyond_rows_it_stays_in_order() {
        let p = |count, band| Null::of(Statistic::Step, count, band).exceeded(2.2);
        assert!(p(60, 0.3) < p(60, 0.6));
        assert!(p(400, 0.3) == p(4000, 0.3));
        let null = Null::of(Statistic::Slope, 56, 0.2);
        assert!(null.exceeded(50.0) >= LEAST && null.exceeded(50.0) < 1e-4);
        assert!((null.exceeded(0.0) - 1.0).abs() < 1e-12);
        assert!((null.tail(-3.0) + null.tail(3.0) - 1.0).abs() < 1e-12);
    }
}
