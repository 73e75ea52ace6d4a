//! Leading: one relay at a time reads the outbox, publishes it and moves the position.

use std::time::{Duration, Instant};

use deadpool_postgres::Client;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::publish::{Publisher, REFUSED, Refused};
use super::tally::Tally;
use super::{Relay, RelayError};
use crate::kafka::KafkaError;
use crate::store::outbox::{self, OutboxRow, Page};
use crate::store::relay_positions::{self, RelayPosition};
use crate::store::{self, Role, StoreError, refused};
use crate::telemetry::metrics;

/// The outbox has one shard.
pub(super) const SHARD: i32 = 0;
/// How often the outbox's backlog is measured and drained slots are emptied.
const HOUSEKEEPING: Duration = Duration::from_secs(5);
/// How long a stopping relay waits for Kafka; what is left then is published by the next leader.
const FLUSH: Duration = Duration::from_secs(5);

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Rows were published; there may be more.
    Published,
    /// There was nothing to publish.
    Idle,
    /// Another relay leads.
    Following,
}

/// A relay that leads, or wants to.
pub(super) struct Leader {
    relay: Relay,
    token: Uuid,
    publisher: Publisher,
    lead: Option<Lead>,
    kept_house: Option<Instant>,
}

/// What a leader knows.
struct Lead {
    tally: Tally,
    renewed: Instant,
}

/// One read of the outbox.
struct Read {
    page: Page,
    oldest_running: i64,
}

impl Leader {
    pub fn new(relay: Relay) -> Result<Self, KafkaError> {
        let publisher = Publisher::new(&relay)?;
        Ok(Self {
            publisher,
            token: fresh_token(),
            relay,
            lead: None,
            kept_house: None,
        })
    }

    pub fn poll_interval(&self) -> Duration {
        self.relay.config.poll_interval
    }

    /// Takes the lead where it is free, publishes one read of the outbox, and stores that.
    pub async fn step(&mut self, stop: &CancellationToken) -> Result<Step, RelayError> {
        if !self.is_leading().await? {
            return Ok(Step::Following);
        }
        let read = store::answered(self.read()).await?;
        let refused = match self.publish(&read, stop).await? {
            Some(refused) => refused,
            None => {
                self.lose("the lease ran out while Kafka did not answer");
                return Ok(Step::Following);
            }
        };
        store::answered(self.advance(&read, &refused)).await?;
        self.keep_house().await;
        Ok(if read.page.rows.is_empty() {
            Step::Idle
        } else {
            Step::Published
        })
    }

    /// Lets another lead at once.
    pub async fn resign(&self) {
        if self.lead.is_none() {
            return;
        }
        let resigned = async {
            let mut client = self.client().await?;
            let tx = store::begin(&mut client, &self.relay.roles, Role::Relay).await?;
            relay_positions::resign(&tx, SHARD, self.token).await?;
            Ok(store::commit(tx).await?)
        };
        if let Err(error) = store::answered::<_, StoreError>(resigned).await {
            tracing::debug!(%error, "the lead is not given up; its lease runs out");
        }
    }

    /// Whether this relay leads; asks for the lead, or renews it, where that is due.
    async fn is_leading(&mut self) -> Result<bool, StoreError> {
        let lease = self.relay.config.lease;
        if self
            .lead
            .as_ref()
            .is_some_and(|lead| lead.renewed.elapsed() < lease / 5)
        {
            return Ok(true);
        }
        let asked = Instant::now();
        let stored = store::answered(renew(&self.relay, self.token)).await?;
        match (stored, &mut self.lead) {
            (None, Some(_)) => self.lose("another relay took the lead"),
            (None, None) => {}
            (Some(position), Some(lead)) => {
                lead.renewed = asked;
                if position != *lead.tally.position() {
                    tracing::warn!(
                        high = position.high,
                        "the stored position is another than this relay's; going on from the stored one"
                    );
                    lead.tally = Tally::new(position);
                }
            }
            (Some(position), None) => {
                tracing::info!(
                    high = position.high,
                    gaps = position.gaps.len(),
                    "this relay leads"
                );
                metrics::relay_leader(true);
                self.lead = Some(Lead {
                    tally: Tally::new(position),
                    renewed: asked,
                });
            }
        }
        Ok(self.lead.is_some())
    }

    fn lose(&mut self, why: &str) {
        tracing::warn!(why, "this relay does not lead any more");
        metrics::relay_leader(false);
        self.publisher.replace();
        self.lead = None;
    }

    fn position(&self) -> RelayPosition {
        self.lead
            .as_ref()
            .map(|lead| lead.tally.position().clone())
            .unwrap_or_default()
    }

    /// Reads what may be published now, all in one snapshot: what was missing and has come, and what is new.
    async fn read(&self) -> Result<Read, StoreError> {
        let RelayPosition { high, gaps } = self.position();
        let config = &self.relay.config;
        let limit = i64::try_from(config.batch_messages).unwrap_or(i64::MAX);
        let mut client = self.client().await?;
        let tx = store::begin_snapshot(&mut client, &self.relay.roles, Role::Relay).await?;
        let oldest_running = match gaps.is_empty() {
            true => 0,
            false => relay_positions::oldest_running(&tx).await?,
        };
        let page = outbox::page(&tx, high, &gaps, limit, config.batch_bytes).await?;
        // A number that was there but not read is not lost.
        let oldest_running = if page.has_all_wanted { oldest_running } else { 0 };
        Ok(Read { page, oldest_running })
    }

    /// Publishes what was read, renewing the lease meanwhile; gives what was refused for good. `None` when the lease ran
    /// out.
    async fn publish(
        &mut self,
        read: &Read,
        stop: &CancellationToken,
    ) -> Result<Option<Vec<Refused>>, RelayError> {
        let (relay, token, lease) = (self.relay.clone(), self.token, self.relay.config.lease);
        let Some(lead) = &mut self.lead else {
            return Ok(None);
        };
        let publishing = self.publisher.publish(&read.page.rows, stop);
        let given_up = async {
            stop.cancelled().await;
            tokio::time::sleep(FLUSH).await;
        };
        tokio::pin!(publishing, given_up);
        loop {
            let due = (lead.renewed + lease / 5).saturating_duration_since(Instant::now());
            tokio::select! {
                biased;
                published = &mut publishing => return published.map(Some),
                () = &mut given_up => return Err(RelayError::Undelivered("no answer while stopping".to_owned())),
                () = tokio::time::sleep(due.max(lease / 50)) => {
                    let asked = Instant::now();
                    // Whether the database is away or says no: the lease counts.
                    match tokio::time::timeout(lease / 5, renew(&relay, token)).await {
                        Ok(Ok(Some(_))) => lead.renewed = asked,
                        Ok(Ok(None)) => return Ok(None),
                        Ok(Err(_)) | Err(_) if lead.renewed.elapsed() >= lease => return Ok(None),
                        Ok(Err(_)) | Err(_) => {}
                    }
                }
            }
        }
    }

    /// Stores that what was read is published, in one transaction with what was refused and the dead letters of it.
    async fn advance(&mut self, read: &Read, refused: &[Refused]) -> Result<(), StoreError> {
        let Some(lead) = &mut self.lead else {
            return Ok(());
        };
        let rows = &read.page.rows;
        let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        let mut tally = lead.tally.clone();
        if !tally.pass(&seqs, read.oldest_running) && !tally.wants_horizon() {
            lead.tally = tally;
            return Ok(());
        }
        let lease = self.relay.config.lease;
        let asked = Instant::now();
        let mut client = self.relay.pool.get().await?;
        let tx = store::begin(&mut client, &self.relay.roles, Role::Relay).await?;
        let (from, to) = (lead.tally.position(), tally.position());
        let published = (seqs.len() - refused.len()) as i64;
        let stored = relay_positions::advance(&tx, SHARD, self.token, lease, from, to, published).await?;
        let Some(transaction) = stored else {
            self.lose("another relay took the lead, or the database lost commits");
            return Ok(());
        };
        let kept: Vec<(i64, &str)> = refused.iter().map(|one| (one.seq, one.cause.as_str())).collect();
        refused::keep(&tx, &kept).await?;
        let letters: Vec<OutboxRow> = refused.iter().filter_map(|one| one.letter.clone()).collect();
        outbox::insert(&tx, &letters).await?;
        store::commit(tx).await?;
        refused.iter().for_each(|_| metrics::dead_letter(REFUSED));
        tally.note_horizon(transaction);
        *lead = Lead {
            tally,
            renewed: asked,
        };
        Ok(())
    }

    /// Measures the backlog and empties drained slots, now and then.
    async fn keep_house(&mut self) {
        if self.kept_house.is_some_and(|kept| kept.elapsed() < HOUSEKEEPING) {
            return;
        }
        self.kept_house = Some(Instant::now());
        if let Err(error) = store::answered(self.measure()).await {
            tracing::debug!(%error, "the outbox's backlog could not be measured");
        }
        let position = self.position();
        let current = outbox::slot_of(position.high);
        // The slot in use and the one before stay: the newest events can be looked at.
        for ahead in 1..outbox::SLOTS - 1 {
            let slot = (current + ahead) % outbox::SLOTS;
            if position.gaps.iter().any(|seq| outbox::slot_of(*seq) == slot) {
                continue;
            }
            if let Err(error) = store::answered(self.truncate(slot, position.high)).await {
                tracing::debug!(slot, %error, "a drained slot of the outbox is in use; it is emptied later");
            }
        }
    }

    async fn measure(&self) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        let tx = store::begin(&mut client, &self.relay.roles, Role::Relay).await?;
        let (pending, oldest_ms) = outbox::pending(&tx, self.position().high).await?;
        metrics::outbox(
            u64::try_from(pending).unwrap_or_default(),
            Duration::from_millis(u64::try_from(oldest_ms).unwrap_or_default()),
        );
        Ok(())
    }

    async fn truncate(&self, slot: i64, high: i64) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        let tx = store::begin(&mut client, &self.relay.roles, Role::Relay).await?;
        if relay_positions::hold(&tx, SHARD, self.token).await?
            && outbox::truncate_drained(&tx, slot, high).await?
        {
            store::commit(tx).await?;
            tracing::info!(slot, "a drained slot of the outbox was emptied");
        }
        Ok(())
    }

    async fn client(&self) -> Result<Client, StoreError> {
        Ok(self.relay.pool.get().await?)
    }
}

/// Takes or renews the lead.
async fn renew(relay: &Relay, token: Uuid) -> Result<Option<RelayPosition>, StoreError> {
    let mut client = relay.pool.get().await?;
    let tx = store::begin(&mut client, &relay.roles, Role::Relay).await?;
    let position = relay_positions::lead(&tx, SHARD, token, relay.config.lease).await?;
    store::commit(tx).await?;
    Ok(position)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes owners' tokens for the relay"
)]
fn fresh_token() -> Uuid {
    Uuid::new_v4()
}
