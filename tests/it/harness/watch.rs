//! How long partitions stand still.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::World;

/// How often the positions are looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(50);

/// Measures on a thread, and a connection, of its own how long a partition's position stands while records come.
pub struct Watch {
    over: Arc<AtomicBool>,
    watching: JoinHandle<Duration>,
}

impl Watch {
    /// Begins.
    pub fn on(world: &World) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (until, url) = (over.clone(), world.db().url().to_owned());
        let watching = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(longest_standstill(&url, &until))
        });
        Self { over, watching }
    }

    /// The longest time that one stood.
    pub fn stop(self) -> Duration {
        self.over.store(true, Ordering::Relaxed);
        self.watching.join().unwrap()
    }
}

async fn longest_standstill(url: &str, until: &AtomicBool) -> Duration {
    let client = crate::stage::engine::connect(url).await.unwrap();
    let mut since: HashMap<i32, (i64, Instant)> = HashMap::new();
    let mut longest = Duration::ZERO;
    while !until.load(Ordering::Relaxed) {
        for (partition, offset) in positions(&client).await {
            let now = Instant::now();
            let (seen, stands) = since.entry(partition).or_insert((offset, now));
            longest = longest.max(now - *stands);
            if *seen != offset {
                (*seen, *stands) = (offset, now);
            }
        }
        tokio::time::sleep(LOOKED_AT_EVERY).await;
    }
    longest
}

/// Where the group stands in each partition; replays are left out.
pub async fn positions(db: &tokio_postgres::Client) -> HashMap<i32, i64> {
    let query = "select partition, next_offset from dashloom.consumer_positions \
                 where consumer_group not like '%/replay/%'";
    let rows = db.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
