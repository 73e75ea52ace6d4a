//! Every metric: its name, its labels, and a function to record it.
#![expect(clippy::disallowed_macros, reason = "the one place that names metrics")]

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Bucket bounds of latencies, in seconds.
const LATENCY_BUCKETS: [f64; 15] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0,
];
/// Bucket bounds of batch sizes, in messages.
const BATCH_BUCKETS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

const BUILD_INFO: &str = "dashloom_build_info";
const RECORDS: &str = "dashloom_records_total";
const SKIPPED: &str = "dashloom_skipped_total";
const DEAD_LETTERS: &str = "dashloom_dead_letters_total";
const PARKED: &str = "dashloom_parked_records";
const PARKED_FULL: &str = "dashloom_parked_full";
const POISON_STORM: &str = "dashloom_poison_storm";
const LAG: &str = "dashloom_consumer_lag_records";
const FRESHNESS: &str = "dashloom_consumer_freshness_seconds";
const ASSIGNED: &str = "dashloom_assigned_partitions";
const REBALANCES: &str = "dashloom_rebalances_total";
const PAUSED: &str = "dashloom_paused_partitions";
const STALLED: &str = "dashloom_stalled_partitions";
const HALTED: &str = "dashloom_halted_partitions";
const LATENCY: &str = "dashloom_latency_seconds";
const BATCH: &str = "dashloom_batch_records";
const RETRIES: &str = "dashloom_retries_total";
const FENCED: &str = "dashloom_fenced_total";
const VIEWS: &str = "dashloom_views_written_total";
const CONFIGURATION_ERRORS: &str = "dashloom_configuration_errors_total";
const DRAW_ERRORS: &str = "dashloom_draw_errors_total";
const RECALLED: &str = "dashloom_recalled_results_total";
const RECALL_BYTES: &str = "dashloom_recall_bytes";
const OUTBOX_PENDING: &str = "dashloom_outbox_pending";
const OUTBOX_OLDEST: &str = "dashloom_outbox_oldest_age_seconds";
const PUBLISHED: &str = "dashloom_published_total";
const RELAY_LEADER: &str = "dashloom_relay_leader";
const NARRATIONS: &str = "dashloom_narrations_total";
const NARRATION_TOKENS: &str = "dashloom_narration_tokens_total";
const POOL: &str = "dashloom_pool_connections";

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordResult {
    /// It changed what counts.
    Applied,
    /// A better result was there already.
    Superseded,
    /// It was applied before.
    Duplicate,
    /// It concerns nothing that is reported.
    Skipped,
    /// It waits for what it needs.
    Parked,
    /// It can never be applied.
    DeadLettered,
    /// The log holds no record at this offset.
    Gap,
}

/// A stretch of a record's way, for latencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From the record's timestamp to its batch.
    Wait,
    /// Decoding, loading and aggregating the batch.
    Prepare,
    /// The transaction.
    Commit,
    /// From the outbox row to the broker's acknowledgement.
    Publish,
    /// From the record's timestamp to the commit.
    Applied,
}

/// Why the group's assignment changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebalance {
    /// Partitions came.
    Assigned,
    /// Partitions went, in order.
    Revoked,
    /// Partitions were lost.
    Lost,
}

/// What became of an insight that was to be said in other words. In every case but the first its sentence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narration {
    /// It has other words.
    Told,
    /// The model said the sentence itself.
    Same,
    /// What the model said is not what the evidence says.
    Ungrounded,
    /// What the model said is no answer.
    Malformed,
    /// The model took too long.
    TimedOut,
    /// The model does not take requests.
    Refused,
    /// The model is busy, fails or cannot be reached.
    Unanswered,
    /// The hour's budget is spent.
    OverBudget,
    /// The sentence cannot be checked from its evidence.
    Unfit,
    /// The insight changed meanwhile.
    Gone,
}

impl Narration {
    const ALL: [Self; 10] = [
        Self::Told,
        Self::Same,
        Self::Ungrounded,
        Self::Malformed,
        Self::TimedOut,
        Self::Refused,
        Self::Unanswered,
        Self::OverBudget,
        Self::Unfit,
        Self::Gone,
    ];

    /// Whether the next sentence would fare the same.
    pub fn is_for_all(self) -> bool {
        matches!(
            self,
            Self::TimedOut | Self::Refused | Self::Unanswered | Self::OverBudget
        )
    }

    fn name(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Same => "same",
            Self::Ungrounded => "ungrounded",
            Self::Malformed => "malformed",
            Self::TimedOut => "timed_out",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::OverBudget => "over_budget",
            Self::Unfit => "unfit",
            Self::Gone => "gone",
        }
    }
}

/// Counts insights that were to be said in other words, by what became of them.
pub fn narration(outcome: Narration) {
    counter!(NARRATIONS, "outcome" => outcome.name()).increment(1);
}

/// Counts tokens of questions and answers.
pub fn narration_tokens(tokens: u64) {
    counter!(NARRATION_TOKENS).increment(tokens);
}

/// Counts records by what became of them.
pub fn records(result: RecordResult, count: u64) {
    let result = match result {
        RecordResult::Applied => "applied",
        RecordResult::Superseded => "superseded",
        RecordResult::Duplicate => "duplicate",
        RecordResult::Skipped => "skipped",
        RecordResult::Parked => "parked",
        RecordResult::DeadLettered => "dead_lettered",
        RecordResult::Gap => "gap",
    };
    counter!(RECORDS, "result" => result).increment(count);
}

/// Counts a skipped record by its reason (`disabled`, `tombstone`, …).
pub fn skipped(reason: &'static str) {
    counter!(SKIPPED, "reason" => reason).increment(1);
}

/// Counts a dead letter by its reason (`undecodable`, `contradictory`, …).
pub fn dead_letter(reason: &'static str) {
    counter!(DEAD_LETTERS, "reason" => reason).increment(1);
}

/// Sets how many records wait, over all partitions of this group.
pub fn parked(count: u64) {
    gauge!(PARKED).set(count as f64);
}

/// Sets whether a partition waits because as many records as may be parked cannot be settled.
pub fn parked_full(partition: i32, is_full: bool) {
    gauge!(PARKED_FULL, "partition" => partition.to_string()).set(f64::from(u8::from(is_full)));
}

/// Sets whether a partition goes slowly because thousands of records in a row cannot be applied.
pub fn poison_storm(partition: i32, rages: bool) {
    gauge!(POISON_STORM, "partition" => partition.to_string()).set(f64::from(u8::from(rages)));
}

/// Sets how many records of a partition lie between our position and the log's end.
pub fn lag(partition: i32, records: i64) {
    gauge!(LAG, "partition" => partition.to_string()).set(records as f64);
}

/// Sets how old the newest applied record of a partition is while others wait; 0 when none wait.
pub fn freshness(partition: i32, age: Duration) {
    gauge!(FRESHNESS, "partition" => partition.to_string()).set(age.as_secs_f64());
}

/// Forgets the figures of a partition that went to another process.
pub fn partition_gone(partition: i32) {
    lag(partition, 0);
    parked_full(partition, false);
    poison_storm(partition, false);
    freshness(partition, Duration::ZERO);
}

/// Sets how many partitions this process holds.
pub fn assigned_partitions(count: usize) {
    gauge!(ASSIGNED).set(count as f64);
}

/// Counts a change of assignment.
pub fn rebalance(kind: Rebalance) {
    let kind = match kind {
        Rebalance::Assigned => "assigned",
        Rebalance::Revoked => "revoked",
        Rebalance::Lost => "lost",
    };
    counter!(REBALANCES, "kind" => kind).increment(1);
}

/// Sets how many partitions are paused, for back-pressure or an outage.
pub fn paused_partitions(count: usize) {
    gauge!(PAUSED).set(count as f64);
}

/// Sets how many partitions have records waiting and make no progress.
pub fn stalled_partitions(count: usize) {
    gauge!(STALLED).set(count as f64);
}

/// Sets how many partitions are halted until an operator decides.
pub fn halted_partitions(count: usize) {
    gauge!(HALTED).set(count as f64);
}

/// Records how long a stage took.
pub fn latency(stage: Stage, took: Duration) {
    let stage = match stage {
        Stage::Wait => "wait",
        Stage::Prepare => "prepare",
        Stage::Commit => "commit",
        Stage::Publish => "publish",
        Stage::Applied => "applied",
    };
    histogram!(LATENCY, "stage" => stage).record(took.as_secs_f64());
}

/// Records how many messages a batch had.
pub fn batch(messages: usize) {
    histogram!(BATCH).record(messages as f64);
}

/// Counts a repeated attempt by its cause (`deadlock`, `connection`, `lock_timeout`, …).
pub fn retry(cause: &'static str) {
    counter!(RETRIES, "cause" => cause).increment(1);
}

/// Counts a transaction that was rolled back because another process holds the partition.
pub fn fenced() {
    counter!(FENCED).increment(1);
}

/// Counts new versions of views.
pub fn views_written(count: u64) {
    counter!(VIEWS).increment(count);
}

/// Counts a render that found a workflow's `visualization_config` wrong.
pub fn configuration_error() {
    counter!(CONFIGURATION_ERRORS).increment(1);
}

/// Counts a view that could not be drawn and stays as it was.
pub fn draw_error() {
    counter!(DRAW_ERRORS).increment(1);
}

/// Counts the results that views of many were drawn from: those recalled from memory, and those read from the database.
pub fn recalled(from_memory: u64, from_database: u64) {
    counter!(RECALLED, "from" => "memory").increment(from_memory);
    counter!(RECALLED, "from" => "database").increment(from_database);
}

/// Sets how many bytes are kept of what views were drawn from.
pub fn recall_bytes(bytes: usize) {
    gauge!(RECALL_BYTES).set(bytes as f64);
}

/// Sets how many outbox rows wait and how old the oldest is.
pub fn outbox(pending: u64, oldest: Duration) {
    gauge!(OUTBOX_PENDING).set(pending as f64);
    gauge!(OUTBOX_OLDEST).set(oldest.as_secs_f64());
}

/// Counts messages that brokers acknowledged, by kind (`event`, `dead_letter`).
pub fn published(kind: &'static str, count: u64) {
    counter!(PUBLISHED, "kind" => kind).increment(count);
}

/// Sets whether this process leads the relay.
pub fn relay_leader(leads: bool) {
    gauge!(RELAY_LEADER).set(f64::from(u8::from(leads)));
}

/// Sets a pool's connections: how many there are, how many are free, how many callers wait.
pub fn pool(pool: &'static str, size: usize, available: usize, waiting: usize) {
    gauge!(POOL, "pool" => pool, "state" => "open").set(size as f64);
    gauge!(POOL, "pool" => pool, "state" => "available").set(available as f64);
    gauge!(POOL, "pool" => pool, "state" => "waiting").set(waiting as f64);
}

/// Installs the recorder and returns the handle that renders `/metrics`.
///
/// # Errors
/// When a recorder is installed already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(LATENCY.to_owned()), &LATENCY_BUCKETS)?
        .set_buckets_for_metric(Matcher::Full(BATCH.to_owned()), &BATCH_BUCKETS)?
        .install_recorder()?;
    describe();
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    start_at_zero();
    Ok(handle)
}

/// Counters that alerts watch exist from the start, so that their first increment is an increase.
fn start_at_zero() {
    use RecordResult::{Applied, DeadLettered, Duplicate, Gap, Parked, Skipped, Superseded};
    for result in [Applied, Superseded, Duplicate, Skipped, Parked, DeadLettered, Gap] {
        records(result, 0);
    }
    for kind in ["event", "dead_letter"] {
        published(kind, 0);
    }
    counter!(FENCED).increment(0);
    counter!(VIEWS).increment(0);
    counter!(CONFIGURATION_ERRORS).increment(0);
    counter!(DRAW_ERRORS).increment(0);
    recalled(0, 0);
    for outcome in Narration::ALL {
        counter!(NARRATIONS, "outcome" => outcome.name()).increment(0);
    }
    narration_tokens(0);
}

fn describe() {
    describe_gauge!(BUILD_INFO, "Always 1; the label says which version runs.");
    describe_counter!(RECORDS, "Records by what became of them.");
    describe_counter!(SKIPPED, "Skipped records by reason.");
    describe_counter!(DEAD_LETTERS, "Dead letters by reason.");
    describe_gauge!(PARKED, "Records that wait for what they need.");
    describe_gauge!(
        PARKED_FULL,
        "1 while a partition waits because too many results cannot be read."
    );
    describe_gauge!(
        POISON_STORM,
        "1 while a partition goes slowly because record after record cannot be applied."
    );
    describe_gauge!(LAG, "Records between our position and the log's end.");
    describe_gauge!(
        FRESHNESS,
        Unit::Seconds,
        "Age of the newest applied record while others wait."
    );
    describe_gauge!(ASSIGNED, "Partitions that this process holds.");
    describe_counter!(REBALANCES, "Changes of assignment by kind.");
    describe_gauge!(PAUSED, "Partitions paused for back-pressure or an outage.");
    describe_gauge!(STALLED, "Partitions with records waiting and no progress.");
    describe_gauge!(HALTED, "Partitions halted until an operator decides.");
    describe_histogram!(LATENCY, Unit::Seconds, "Time by stage of a record's way.");
    describe_histogram!(BATCH, "Messages in one transaction.");
    describe_counter!(RETRIES, "Repeated attempts by cause.");
    describe_counter!(
        FENCED,
        "Transactions rolled back because another process holds the partition."
    );
    describe_counter!(VIEWS, "New versions of views.");
    describe_counter!(
        CONFIGURATION_ERRORS,
        "Renders that found a visualization_config wrong."
    );
    describe_counter!(
        DRAW_ERRORS,
        "Views that could not be drawn and stay as they were."
    );
    describe_counter!(
        RECALLED,
        "Results that views of many were drawn from, by where they came from."
    );
    describe_gauge!(
        RECALL_BYTES,
        Unit::Bytes,
        "Memory of what views of many results were drawn from."
    );
    describe_gauge!(OUTBOX_PENDING, "Outbox rows that wait.");
    describe_gauge!(
        OUTBOX_OLDEST,
        Unit::Seconds,
        "Age of the oldest outbox row that waits."
    );
    describe_counter!(PUBLISHED, "Messages that brokers acknowledged, by kind.");
    describe_gauge!(RELAY_LEADER, "1 while this process leads the relay.");
    describe_counter!(
        NARRATIONS,
        "Insights that were to be said in other words, by what became of them."
    );
    describe_counter!(NARRATION_TOKENS, "Tokens of the language model.");
    describe_gauge!(POOL, "Database connections by pool and state.");
}
