//! Topics of a test's own: making them, writing to them and reading what comes out.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::sync::mpsc;

use super::{PATIENCE, servers};

/// A record as a reader of a topic gets it.
#[derive(Debug, Clone)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub payload: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
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

/// Makes topics with the given number of partitions each.
pub async fn create_topics(names: &[&str], partitions: i32) {
    let sizes = [("max.message.bytes", "10485760")];
    let topics: Vec<NewTopic> = names
        .iter()
        .map(|name| {
            let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
            sizes
                .iter()
                .fold(topic, |topic, (key, value)| topic.set(key, value))
        })
        .collect();
    for result in admin()
        .create_topics(&topics, &AdminOptions::new())
        .await
        .unwrap()
    {
        result.unwrap_or_else(|(name, error)| panic!("topic {name}: {error}"));
    }
}

/// Removes topics; one that is not there does not matter.
pub async fn delete_topics(names: &[&str]) {
    let _ = admin().delete_topics(names, &AdminOptions::new()).await;
}

fn admin() -> AdminClient<DefaultClientContext> {
    config().create().unwrap()
}

fn config() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &servers().bootstrap);
    config
}

/// Writes records; `flush` waits until the broker has them all.
pub struct Writer(ThreadedProducer<rdkafka::producer::DefaultProducerContext>);

impl Writer {
    pub fn new() -> Self {
        Self(
            config()
                .set("linger.ms", "1")
                .set("message.max.bytes", "12582912")
                .create()
                .unwrap(),
        )
    }

    /// Queues one record; without a partition the key decides.
    pub fn send(
        &self,
        topic: &str,
        partition: Option<i32>,
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
        headers: &[(&str, &[u8])],
    ) {
        let all = headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
            all.insert(Header {
                key,
                value: Some(*value),
            })
        });
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).headers(all);
        record.partition = partition;
        record.key = key;
        record.payload = payload;
        self.0.send(record).map_err(|(error, _)| error).unwrap();
    }

    pub fn flush(&self) {
        self.0.flush(PATIENCE).unwrap();
    }
}

/// Reads a topic from its start, on a thread of its own, until dropped.
pub struct Reader {
    records: mpsc::UnboundedReceiver<Record>,
    seen: Vec<Record>,
}

impl Reader {
    pub fn new(topic: &str) -> Self {
        let consumer: BaseConsumer = config()
            .set("group.id", topic)
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "20")
            .create()
            .unwrap();
        let mut from_the_start = TopicPartitionList::new();
        for partition in consumer.fetch_metadata(Some(topic), PATIENCE).unwrap().topics()[0].partitions() {
            from_the_start
                .add_partition_offset(topic, partition.id(), Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&from_the_start).unwrap();
        let (tell, records) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            while !tell.is_closed() {
                if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
                    let _ = tell.send(record_of(&message));
                }
            }
        });
        Self {
            records,
            seen: Vec::new(),
        }
    }

    /// Everything read so far, after waiting until there are at least `count` records.
    pub async fn at_least(&mut self, count: usize) -> &[Record] {
        self.until("enough records", |seen| seen.len() >= count).await
    }

    /// Everything read so far, after waiting until it satisfies `enough`.
    pub async fn until(&mut self, what: &str, enough: impl Fn(&[Record]) -> bool) -> &[Record] {
        let wait = async {
            while let Ok(record) = self.records.try_recv() {
                self.seen.push(record);
            }
            while !enough(&self.seen) {
                self.seen
                    .push(self.records.recv().await.expect("the reader's thread runs"));
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!(
                "waited in vain for {what}; read {} records: {:?}",
                self.seen.len(),
                self.seen.last()
            );
        }
        &self.seen
    }
}

/// The sum of a topic's log ends: how many records it ever got.
pub fn log_end(topic: &str) -> i64 {
    let consumer: BaseConsumer = config().create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
    let partitions = metadata.topics()[0].partitions().iter();
    partitions
        .map(|p| consumer.fetch_watermarks(topic, p.id(), PATIENCE).unwrap().1)
        .sum()
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
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
    }
}
