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
    /// The largest distance from neighbours in a series; banded by the heaviness of the tails.
    Spike,
    /// The largest distance of one of several values from their median.
    Outlier,
}

impl Statistic {
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

#[derive(Debug)]
struct Row {
    name: &'static str,
    count: f64,
    band: f64,
    quantiles: [f64; LEVELS.len()],
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| DATA.lines().filter_map(read).collect())
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
        let own: Vec<&Row> = rows().iter().filter(|row| row.name == statistic.name()).collect();
        let size = libm::log(count.max(1) as f64);
        let below = own
            .iter()
            .map(|row| row.count)
            .filter(|rows| libm::log(*rows) <= size);
        let above = own
            .iter()
            .map(|row| row.count)
            .filter(|rows| libm::log(*rows) >= size);
        let low = below.fold(f64::NEG_INFINITY, f64::max);
        let high = above.fold(f64::INFINITY, f64::min);
        let (low, high) = match (low.is_finite(), high.is_finite()) {
            (true, true) => (low, high),
            (true, false) => (low, low),
            _ => (high, high),
        };
        let share = match libm::log(high) - libm::log(low) {
            width if width > 0.0 => (size - libm::log(low)) / width,
            _ => 0.0,
        };
        let (a, b) = (at_band(&own, low, band), at_band(&own, high, band));
        Self {
            quantiles: mix(&a, &b, share),
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

fn at_band(own: &[&Row], count: f64, band: f64) -> [f64; LEVELS.len()] {
    let mut low: Option<&Row> = None;
    let mut high: Option<&Row> = None;
    for row in own.iter().filter(|row| row.count == count) {
        if row.band <= band && low.is_none_or(|low| row.band > low.band) {
            low = Some(row);
        }
        if row.band >= band && high.is_none_or(|high| row.band < high.band) {
            high = Some(row);
        }
    }
    match (low, high) {
        (Some(low), Some(high)) if high.band > low.band => {
            let share = (band - low.band) / (high.band - low.band);
            mix(&low.quantiles, &high.quantiles, share)
        }
        (Some(row), _) | (None, Some(row)) => row.quantiles,
        (None, None) => [f64::INFINITY; LEVELS.len()],
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
        assert_eq!(rows().len(), lines.count());
        for row in rows() {
            assert!(row.quantiles.windows(2).all(|pair| pair[0] < pair[1]), "{row:?}");
        }
        assert_eq!(version().len(), 8);
    }

    #[test]
    fn quantiles_are_exceeded_with_their_levels() {
        for statistic in [
            Statistic::Slope,
            Statistic::Step,
            Statistic::Spike,
            Statistic::Outlier,
        ] {
            let rows: Vec<&Row> = rows().iter().filter(|row| row.name == statistic.name()).collect();
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
