//! How a long command shows how far it is: a bar on a terminal, else a line now and then.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::TelemetryConfig;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// On a terminal the bar is what is to be seen; warnings are told all the same.
pub fn quiet(telemetry: &TelemetryConfig) -> TelemetryConfig {
    let mut quiet = telemetry.clone();
    if std::io::stderr().is_terminal() && quiet.log == "info" {
        quiet.log = "warn".to_owned();
    }
    quiet
}

/// Shows how far a command is. Everything goes to stderr.
pub struct Meter {
    name: &'static str,
    unit: &'static str,
    bar: ProgressBar,
    begun: Instant,
    told: Mutex<Instant>,
}

impl Meter {
    /// Nothing done yet, and not known how much there is to do.
    pub fn new(name: &'static str, unit: &'static str) -> Self {
        let bar = ProgressBar::no_length();
        if std::io::stderr().is_terminal() {
            let template =
                format!("{name} {{bar:32}} {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left");
            bar.set_style(
                ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.enable_steady_tick(Duration::from_millis(120));
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let now = Instant::now();
        Self {
            name,
            unit,
            bar,
            begun: now,
            told: Mutex::new(now),
        }
    }

    /// There is so much to do.
    pub fn expect(&self, total: u64) {
        self.bar.set_length(total);
    }

    /// So much more is done.
    pub fn advance(&self, by: u64) {
        self.bar.inc(by);
        if !self.bar.is_hidden() {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() < LINE_EVERY {
            return;
        }
        *told = Instant::now();
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or_default());
        let per_s = done as f64 / self.begun.elapsed().as_secs_f64();
        tracing::info!(
            done,
            total,
            unit = self.unit,
            per_s = per_s.round(),
            "{} goes on",
            self.name
        );
    }

    /// Clears the bar; gives how many seconds it took.
    pub fn finish(&self) -> f64 {
        self.bar.finish_and_clear();
        self.begun.elapsed().as_secs_f64()
    }
}
