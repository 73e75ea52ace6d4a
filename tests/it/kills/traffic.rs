//! Random traffic: new results, re-runs, repeats, late ones, empty ones, and poison.

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use dashloom::event::wire::ResultFormat;
use uuid::Uuid;

use crate::harness::{Finished, Outgoing, Workflow, Writer};

/// Numbers that look random and follow from a seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from `from` up to, without, `to`.
    pub fn within(&mut self, from: u64, to: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        from + (mixed ^ (mixed >> 31)) % (to - from)
    }

    fn happens(&mut self, percent: u64) -> bool {
        self.within(0, 100) < percent
    }
}

/// One record of the input topic.
#[derive(Clone)]
pub struct Event {
    pub workflow: Uuid,
    pub payload: Vec<u8>,
    /// What it says; `None` for poison.
    pub result: Option<Outcome>,
}

/// A result as plain facts.
#[derive(Clone)]
pub struct Outcome {
    pub execution: Uuid,
    pub run: u32,
    pub finished_at: DateTime<Utc>,
    pub window: (NaiveDate, NaiveDate),
    /// Clicks by date; each date once.
    pub rows: Vec<(NaiveDate, i64)>,
}

impl Event {
    pub fn is_poison(&self) -> bool {
        self.result.is_none()
    }

    pub fn send(&self, writer: &Writer, topic: &str) {
        let key = self.workflow.to_string();
        let record = Outgoing {
            key: Some(key.as_bytes()),
            payload: Some(&self.payload),
            ..Outgoing::default()
        };
        writer.send(topic, record).unwrap();
    }
}

/// What an engine sends in a bad year.
pub struct Traffic {
    dice: Dice,
    workflows: Vec<Workflow>,
    sent: Vec<Event>,
}

impl Traffic {
    pub fn new(seed: u64) -> Self {
        let workflow = |number| Workflow {
            id: Uuid::new_v4(),
            name: format!("workflow {number}"),
            configuration: Some(r#"{"version":1,"period":"all"}"#.to_owned()),
        };
        Self {
            dice: Dice::new(seed),
            workflows: (0..8).map(workflow).collect(),
            sent: Vec::new(),
        }
    }

    pub fn workflows(&self) -> &[Workflow] {
        &self.workflows
    }

    pub fn next(&mut self) -> Event {
        let event = self.make();
        self.sent.push(event.clone());
        event
    }

    fn make(&mut self) -> Event {
        let earlier = match self.sent.len() as u64 {
            0 => None,
            count => {
                let back = self.dice.within(0, count.min(200)) as usize;
                self.sent.iter().rev().nth(back).cloned()
            }
        };
        match (self.dice.within(0, 100), earlier) {
            (0..15, Some(earlier)) => earlier,
            (
                15..30,
                Some(Event {
                    workflow,
                    result: Some(result),
                    ..
                }),
            ) => {
                let window = match self.dice.happens(50) {
                    true => result.window,
                    false => self.window(),
                };
                self.result(workflow, result.execution, result.run + 1, window)
            }
            (30..34, _) => self.poison(),
            _ => {
                let workflow = self.workflows[self.dice.within(0, 8) as usize].id;
                let window = self.window();
                self.result(workflow, Uuid::new_v4(), 0, window)
            }
        }
    }

    fn window(&mut self) -> (NaiveDate, NaiveDate) {
        let start = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + Days::new(self.dice.within(0, 120));
        (start, start + Days::new(self.dice.within(0, 10)))
    }

    fn result(&mut self, workflow: Uuid, execution: Uuid, run: u32, window: (NaiveDate, NaiveDate)) -> Event {
        // No two finish at the same moment, so that no content hash has to decide.
        let moment = Duration::milliseconds(self.sent.len() as i64);
        let day = window.1 + Days::new(1 + self.dice.within(0, 20));
        let finished_at = day.and_hms_opt(3, 0, 0).unwrap().and_utc() + moment;
        let mut rows = Vec::new();
        let share = if self.dice.happens(5) { 0 } else { 85 };
        for date in window.0.iter_days().take_while(|date| *date <= window.1) {
            if self.dice.happens(share) {
                // From 2 on, because a column of zeros and ones is a dimension.
                rows.push((date, self.dice.within(2, 1_000) as i64));
            }
        }
        let mut csv = "date,clicks\n".to_owned();
        rows.iter()
            .for_each(|(date, clicks)| csv.push_str(&format!("{date},{clicks}\n")));
        let finished = Finished {
            id: execution,
            workflow_id: workflow,
            run,
            finished_at,
            window,
            format: ResultFormat::Csv,
            rows: csv.into_bytes(),
            hints: Vec::new(),
        };
        Event {
            workflow,
            payload: finished.encode(),
            result: Some(Outcome {
                execution,
                run,
                finished_at,
                window,
                rows,
            }),
        }
    }

    fn poison(&mut self) -> Event {
        let mut payload = b"\x00 no event ".to_vec();
        payload.extend_from_slice(&self.sent.len().to_be_bytes());
        Event {
            workflow: self.workflows[0].id,
            payload,
            result: None,
        }
    }
}
