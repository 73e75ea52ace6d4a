//! The executions of the benchmark: the same on every machine and in every run.

use std::fmt::Write;

use chrono::{Days, NaiveDate};
use dashloom::event::wire::ResultFormat;
use uuid::Uuid;

use crate::sizes::Sizes;
use crate::stage::engine::{Finished, Workflow};

/// Dates of one execution's window.
const DATES: u64 = 34;
/// Rows of one execution's result: 34 dates of 3 campaigns, the last two rows left out.
const ROWS: usize = 100;
const CAMPAIGNS: [&str; 3] = ["brand", "video", "local"];

/// Draws executions; each workflow's windows move on by a day from one to the next.
pub struct Load {
    workflows: Vec<Uuid>,
    /// Executions so far, for each workflow.
    told: Vec<u64>,
    first_end: NaiveDate,
    random: Random,
}

impl Load {
    /// The load over these workflows.
    pub fn new(sizes: Sizes, workflows: &[Workflow]) -> Self {
        let first_day = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap_or_default();
        Self {
            workflows: workflows.iter().map(|workflow| workflow.id).collect(),
            told: vec![0; workflows.len()],
            first_end: first_day + Days::new(sizes.history_days),
            random: Random(7),
        }
    }

    /// The next executions, of workflows drawn at random.
    pub fn take(&mut self, count: usize) -> impl Iterator<Item = Finished> + '_ {
        (0..count).map(|_| self.next())
    }

    /// The next execution.
    pub fn next(&mut self) -> Finished {
        let chosen = self.random.below(self.workflows.len() as u64) as usize;
        let end = self.first_end + Days::new(self.told[chosen]);
        self.told[chosen] += 1;
        self.execution(chosen, end, DATES, ROWS)
    }

    /// One execution a workflow over the days before all others.
    pub fn histories(&mut self, days: u64) -> impl Iterator<Item = Finished> + '_ {
        let end = self.first_end - Days::new(1);
        (0..self.workflows.len()).map(move |chosen| self.execution(chosen, end, days, usize::MAX))
    }

    fn execution(&mut self, chosen: usize, end: NaiveDate, dates: u64, rows: usize) -> Finished {
        let start = end - Days::new(dates - 1);
        let workflow_id = self.workflows[chosen];
        Finished {
            id: Uuid::new_v5(&workflow_id, format!("{start} {end}").as_bytes()),
            workflow_id,
            run: 0,
            finished_at: (end + Days::new(1))
                .and_hms_opt(2, 30, 0)
                .unwrap_or_default()
                .and_utc(),
            window: (start, end),
            format: ResultFormat::JsonRows,
            rows: self.rows(start, dates, rows).into_bytes(),
            hints: Vec::new(),
        }
    }

    fn rows(&mut self, start: NaiveDate, dates: u64, limit: usize) -> String {
        let mut text = "[".to_owned();
        let cells = (0..dates).flat_map(|day| CAMPAIGNS.map(|campaign| (day, campaign)));
        for (day, campaign) in cells.take(limit) {
            let date = start + Days::new(day);
            let (impressions, clicks) = (10_000 + self.random.below(90_000), 100 + self.random.below(900));
            let (whole, cents) = (10 + self.random.below(90), self.random.below(100));
            let comma = if text.len() > 1 { "," } else { "" };
            let _ = write!(
                text,
                r#"{comma}{{"date":"{date}","campaign":"{campaign}","impressions":{impressions},"clicks":{clicks},"spend":"{whole}.{cents:02}"}}"#
            );
        }
        text.push(']');
        text
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
