//! Executions that keep coming, whatever is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use dashloom::event::wire::ResultFormat;
use uuid::Uuid;

use super::{Finished, Workflow, World};

/// Between two executions.
const PACE: Duration = Duration::from_millis(50);
/// After so many days the same ones are run again, so that a dashboard stays as large however long the load lasts.
const DAYS: u64 = 200;

/// A thread that announces executions of one workflow, each of one day, to one partition after the other.
pub struct Load {
    over: Arc<AtomicBool>,
    sending: JoinHandle<u64>,
}

impl Load {
    /// Begins.
    pub fn on(world: &World, workflow: &Workflow) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (until, workflow) = (over.clone(), workflow.id);
        let (topic, partitions) = (world.topics()[0].clone(), world.partitions() as u64);
        let writer = world.broker().writer().unwrap();
        let sending = std::thread::spawn(move || {
            let mut sent = 0;
            while !until.load(Ordering::Relaxed) {
                let partition = (sent % partitions) as i32;
                execution(workflow, sent)
                    .announce(&writer, &topic, Some(partition))
                    .unwrap();
                sent += 1;
                std::thread::sleep(PACE);
            }
            writer.flush().unwrap();
            sent
        });
        Self { over, sending }
    }

    /// Ends when the broker has all; gives the clicks that the workflow's dashboard shows then.
    pub fn stop(self) -> String {
        self.over.store(true, Ordering::Relaxed);
        let sent = self.sending.join().unwrap();
        let shown = sent.saturating_sub(DAYS)..sent;
        shown.map(clicks).sum::<u64>().to_string()
    }
}

/// More than one, because a column of zeros and ones is a dimension.
fn clicks(number: u64) -> u64 {
    10 + number
}

fn execution(workflow: Uuid, number: u64) -> Finished {
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
    let day = first + Days::new(number % DAYS);
    Finished {
        id: Uuid::new_v5(&workflow, day.to_string().as_bytes()),
        workflow_id: workflow,
        run: (number / DAYS) as u32,
        finished_at: (day + Days::new(1)).and_hms_opt(3, 0, 0).unwrap().and_utc(),
        window: (day, day),
        format: ResultFormat::Csv,
        rows: format!("date,clicks\n{day},{}\n", clicks(number)).into_bytes(),
        hints: Vec::new(),
    }
}
