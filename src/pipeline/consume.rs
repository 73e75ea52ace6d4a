//! Consuming: the group's assignment becomes one task a partition.

use std::collections::HashMap;
use std::sync::Arc;

use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::Health;
use super::recipe::Recipe;
use super::settler::Settler;
use super::{PartitionKey, partition};
use crate::config::{ConsumerConfig, KafkaConfig};
use crate::kafka::{Consumer, ConsumerHandle, KafkaError, Notice};

/// What consuming needs.
#[derive(Debug, Clone)]
pub struct Consume {
    /// Where the topic is.
    pub kafka: KafkaConfig,
    /// How much at once, and where to start.
    pub config: ConsumerConfig,
    /// How a batch is applied.
    pub recipe: Arc<Recipe>,
    /// Connections for claims.
    pub control: Pool,
    /// Told after each commit, for the relay in this process.
    pub wake_relay: Arc<Notify>,
    /// Where liveness and readiness look.
    pub health: Arc<Health>,
}

/// What the partitions' tasks share.
#[derive(Debug)]
pub(super) struct Shared {
    pub settler: Settler,
    pub consumer: ConsumerHandle,
    pub kafka: KafkaConfig,
    pub config: ConsumerConfig,
    pub wake_relay: Arc<Notify>,
    pub health: Arc<Health>,
}

/// Joins the group; what is given consumes until `stop`, then finishes the batches in hand, commits and leaves the group. The
/// consumer's own threads are as urgent as the one that calls this, wherever the rest runs: a group does not wait for who lets
/// others go first.
///
/// # Errors
/// When the consumer cannot start; later when it has failed for good.
pub fn start(
    consume: Consume,
    stop: CancellationToken,
) -> Result<impl Future<Output = Result<(), KafkaError>>, KafkaError> {
    let stall_timeout = consume.config.stall_timeout;
    let consumer = Consumer::start(&consume.kafka, stall_timeout, consume.health.pulse().clone())?;
    Ok(run(consume, consumer, stop))
}

async fn run(consume: Consume, mut consumer: Consumer, stop: CancellationToken) -> Result<(), KafkaError> {
    let Consume {
        kafka,
        config,
        recipe,
        control,
        wake_relay,
        health,
    } = consume;
    let tasks = TaskTracker::new();
    let settler = Settler {
        recipe,
        control,
        tasks: tasks.clone(),
    };
    let shared = Arc::new(Shared {
        settler,
        consumer: consumer.handle(),
        kafka,
        config,
        wake_relay,
        health,
    });
    let mut supervisor = Supervisor {
        shared,
        tasks,
        partitions: HashMap::new(),
    };
    let end = loop {
        tokio::select! {
            () = stop.cancelled() => break Ok(()),
            notice = consumer.notice() => match notice {
                Some(Notice::Fatal(cause)) => break Err(KafkaError::Fatal(cause)),
                Some(notice) => supervisor.heed(notice),
                None => break Err(KafkaError::Stopped),
            }
        }
    };
    supervisor.stop().await;
    consumer.stop().await;
    end
}

struct Supervisor {
    shared: Arc<Shared>,
    tasks: TaskTracker,
    /// The assigned partitions: which assignment each belongs to, and what ends its task.
    partitions: HashMap<i32, (u64, CancellationToken)>,
}

impl Supervisor {
    fn heed(&mut self, notice: Notice) {
        match notice {
            Notice::Assigned { partition, epoch } => self.begin(partition, epoch),
            Notice::Revoked { partition, epoch } => self.end(partition, epoch),
            // The task claims the partition again, and that says what is wrong.
            Notice::OutOfRange {
                partition,
                epoch,
                low,
                high,
            } => {
                tracing::warn!(
                    partition,
                    low,
                    high,
                    "the log does not hold the offset that is next"
                );
                self.begin_again(partition, epoch);
            }
            Notice::Recreated { partition, epoch } => {
                tracing::warn!(
                    partition,
                    "the topic was made anew; what its log holds is looked at"
                );
                self.begin_again(partition, epoch);
            }
            Notice::Fatal(_) => {}
        }
    }

    fn begin(&mut self, partition: i32, epoch: u64) {
        let gone = CancellationToken::new();
        if let Some((_, former)) = self.partitions.insert(partition, (epoch, gone.clone())) {
            former.cancel();
        }
        let key = PartitionKey {
            group: self.shared.kafka.group.clone(),
            topic: self.shared.kafka.topic.clone(),
            partition,
        };
        self.tasks
            .spawn(partition::run(self.shared.clone(), key, epoch, gone));
    }

    fn begin_again(&mut self, partition: i32, epoch: u64) {
        if self
            .partitions
            .get(&partition)
            .is_some_and(|(current, _)| *current == epoch)
        {
            self.end(partition, epoch);
            self.begin(partition, epoch);
        }
    }

    fn end(&mut self, partition: i32, epoch: u64) {
        if self
            .partitions
            .get(&partition)
            .is_some_and(|(current, _)| *current == epoch)
            && let Some((_, gone)) = self.partitions.remove(&partition)
        {
            gone.cancel();
        }
    }

    /// Ends all tasks and waits until their batches are settled.
    async fn stop(self) {
        for (_, gone) in self.partitions.into_values() {
            gone.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
    }
}
