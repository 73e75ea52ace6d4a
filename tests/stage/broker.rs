//! Topics: making them, writing to them and reading what comes out.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::sync::mpsc;

/// How long any single wait may take before it fails, saying what it waited for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A record as a reader of a topic gets it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its partition.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Its timestamp in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub payload: Option<Vec<u8>>,
    /// Its headers in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// When it was read.
    pub read_at: Instant,
}

impl Record {
    /// The text of a header; `None` where it is missing.
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        value
            .as_ref()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// A broker, by its bootstrap address.
#[derive(Clone)]
pub struct Broker(String);

impl Broker {
    /// The broker at `host:port`.
    pub fn at(bootstrap: &str) -> Self {
        Self(bootstrap.to_owned())
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.0
    }

    /// Makes topics of that many partitions, for records up to 8 MiB, dead letters up to 10; those that exist stay as
    /// they are.
    pub async fn create_topics(&self, names: &[&str], partitions: i32) -> Result<()> {
        let topic = |name| NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        let topics: Vec<NewTopic> = names
            .iter()
            .map(|name| {
                let bytes = if name.ends_with(".dlq") {
                    "10485760"
                } else {
                    "8388608"
                };
                topic(name).set("max.message.bytes", bytes)
            })
            .collect();
        for result in self.admin()?.create_topics(&topics, &AdminOptions::new()).await? {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, error)) => bail!("topic {name} cannot be made: {error}"),
            }
        }
        self.await_topics(names).await
    }

    /// Makes one topic with settings of its own.
    pub async fn create_topic_with(
        &self,
        name: &str,
        partitions: i32,
        settings: &[(&str, &str)],
    ) -> Result<()> {
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        let topic = settings
            .iter()
            .fold(topic, |topic, (name, value)| topic.set(name, value));
        for result in self
            .admin()?
            .create_topics(&[topic], &AdminOptions::new())
            .await?
        {
            result.map_err(|(name, error)| anyhow!("topic {name} cannot be made: {error}"))?;
        }
        self.await_topics(&[name]).await
    }

    /// Gives a topic this one setting, and no other, of its own.
    pub async fn set_topic(&self, name: &str, setting: &str, value: &str) -> Result<()> {
        let change = AlterConfig::new(ResourceSpecifier::Topic(name)).set(setting, value);
        for result in self
            .admin()?
            .alter_configs(&[change], &AdminOptions::new())
            .await?
        {
            result.map_err(|(_, error)| anyhow!("{setting} of {name} cannot be set: {error}"))?;
        }
        Ok(())
    }

    /// Deletes the records of a partition below an offset, as retention does.
    pub async fn delete_records(&self, topic: &str, partition: i32, below: i64) -> Result<()> {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(topic, partition, Offset::Offset(below))?;
        self.admin()?
            .delete_records(&offsets, &AdminOptions::new())
            .await?;
        Ok(())
    }

    /// A writer whose records belong to transactions of that name.
    pub fn transactional_writer(&self, name: &str) -> Result<Writer> {
        let mut config = self.config();
        config.set("transactional.id", name).set("linger.ms", "1");
        let writer = Writer(config.create()?);
        writer.0.init_transactions(PATIENCE)?;
        Ok(writer)
    }

    /// Waits until the broker shows topics with a leader for each partition; it learns of them after the controller.
    async fn await_topics(&self, names: &[&str]) -> Result<()> {
        let consumer: BaseConsumer = self.config().create()?;
        let deadline = Instant::now() + PATIENCE;
        for name in names {
            let shown = |consumer: &BaseConsumer| -> Result<bool> {
                let metadata = consumer.fetch_metadata(Some(name), PATIENCE)?;
                Ok(metadata.topics().iter().all(|topic| {
                    let led = topic.partitions().iter().all(|partition| partition.leader() >= 0);
                    topic.error().is_none() && !topic.partitions().is_empty() && led
                }))
            };
            while !shown(&consumer)? {
                if Instant::now() > deadline {
                    bail!("the broker does not show topic {name}");
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }

    /// Removes topics.
    pub async fn delete_topics(&self, names: &[&str]) -> Result<()> {
        self.admin()?.delete_topics(names, &AdminOptions::new()).await?;
        Ok(())
    }

    /// How many records a topic ever got.
    pub fn log_end(&self, topic: &str) -> Result<i64> {
        let consumer: BaseConsumer = self.config().create()?;
        let mut sum = 0;
        for partition in partitions_of(&consumer, topic)? {
            sum += consumer.fetch_watermarks(topic, partition, PATIENCE)?.1;
        }
        Ok(sum)
    }

    /// A writer to any topic, without compression.
    pub fn writer(&self) -> Result<Writer> {
        self.writer_with("none")
    }

    /// A writer to any topic with a compression as Kafka names it.
    pub fn writer_with(&self, compression: &str) -> Result<Writer> {
        let mut config = self.config();
        config.set("compression.type", compression);
        config.set("linger.ms", "1").set("message.max.bytes", "12582912");
        config.set("queue.buffering.max.messages", "1000000");
        // However long the broker is away.
        config.set("message.timeout.ms", "0");
        Ok(Writer(config.create()?))
    }

    /// A reader of a topic from its start, on a thread of its own, until dropped.
    pub fn reader(&self, topic: &str) -> Result<Reader> {
        self.reader_from(topic, Offset::Beginning)
    }

    /// A reader of a topic from an offset of each partition.
    pub fn reader_from(&self, topic: &str, from: Offset) -> Result<Reader> {
        let mut config = self.config();
        config.set("group.id", topic).set("enable.auto.commit", "false");
        config
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "20");
        let consumer: BaseConsumer = config.create()?;
        let mut start = TopicPartitionList::new();
        for partition in partitions_of(&consumer, topic)? {
            start.add_partition_offset(topic, partition, from)?;
        }
        consumer.assign(&start)?;
        let (tell, records) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            while !tell.is_closed() {
                if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
                    let _ = tell.send(record_of(&message));
                }
            }
        });
        Ok(Reader {
            records,
            seen: Vec::new(),
        })
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>> {
        Ok(self.config().create()?)
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.0);
        config.set("reconnect.backoff.max.ms", "500");
        config
    }
}

/// One record to write.
#[derive(Default, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its partition; without one the key decides.
    pub partition: Option<i32>,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub payload: Option<&'a [u8]>,
    /// Its headers in order.
    pub headers: &'a [(&'a str, &'a [u8])],
}

/// Writes records; `flush` waits until the broker has them all.
pub struct Writer(ThreadedProducer<DefaultProducerContext>);

impl Writer {
    /// Queues a record, waiting where the queue is full.
    pub fn send(&self, topic: &str, outgoing: Outgoing<'_>) -> Result<()> {
        let headers = outgoing
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| {
                all.insert(Header {
                    key,
                    value: Some(*value),
                })
            });
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).headers(headers);
        record.partition = outgoing.partition;
        record.key = outgoing.key;
        record.payload = outgoing.payload;
        while let Err((error, again)) = self.0.send(record) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(error).context("a record cannot be sent");
            }
            self.0.poll(Duration::from_millis(10));
            record = again;
        }
        Ok(())
    }

    /// Begins a transaction.
    pub fn begin(&self) -> Result<()> {
        Ok(self.0.begin_transaction()?)
    }

    /// Commits the transaction.
    pub fn commit(&self) -> Result<()> {
        Ok(self.0.commit_transaction(PATIENCE)?)
    }

    /// Aborts the transaction after all of its records have reached the broker.
    pub fn abort(&self) -> Result<()> {
        self.flush()?;
        Ok(self.0.abort_transaction(PATIENCE)?)
    }

    /// Waits until the broker has everything that was sent.
    pub fn flush(&self) -> Result<()> {
        Ok(self.0.flush(PATIENCE)?)
    }
}

/// Collects a topic's records.
pub struct Reader {
    records: mpsc::UnboundedReceiver<Record>,
    seen: Vec<Record>,
}

impl Reader {
    /// Everything read so far, after waiting until there are at least `count` records.
    pub async fn at_least(&mut self, count: usize) -> Result<&[Record]> {
        self.until(&format!("{count} records"), |seen| seen.len() >= count)
            .await
    }

    /// Everything read so far, after waiting until it satisfies `enough`.
    pub async fn until(&mut self, what: &str, enough: impl Fn(&[Record]) -> bool) -> Result<&[Record]> {
        let wait = async {
            while let Ok(record) = self.records.try_recv() {
                self.seen.push(record);
            }
            while !enough(&self.seen) {
                let record = self.records.recv().await;
                self.seen
                    .push(record.ok_or_else(|| anyhow!("the reader's thread ended"))?);
            }
            Ok(())
        };
        let outcome: Result<Result<()>, _> = tokio::time::timeout(PATIENCE, wait).await;
        match outcome {
            Ok(done) => done.map(|()| self.seen.as_slice()),
            Err(_) => bail!(
                "waited in vain for {what}; {} came, last {:?}",
                self.seen.len(),
                self.seen.last()
            ),
        }
    }

    /// The next record.
    pub async fn next(&mut self) -> Option<Record> {
        self.records.recv().await
    }
}

fn partitions_of(consumer: &BaseConsumer, topic: &str) -> Result<Vec<i32>> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let found = metadata
        .topics()
        .first()
        .with_context(|| format!("no topic {topic}"))?;
    Ok(found
        .partitions()
        .iter()
        .map(rdkafka::metadata::MetadataPartition::id)
        .collect())
}

fn record_of(message: &impl Message) -> Record {
    let headers = message.headers().map(|headers| {
        headers
            .iter()
            .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
            .collect()
    });
    Record {
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis().unwrap_or_default(),
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
        read_at: Instant::now(),
    }
}
