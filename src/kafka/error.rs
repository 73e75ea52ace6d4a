//! What can go wrong with Kafka.

/// A failed call to Kafka.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// The client could not be made: a property is wrong.
    #[error("the Kafka client refuses its configuration")]
    Configuration(#[source] rdkafka::error::KafkaError),
    /// A request failed.
    #[error("Kafka did not answer {request}{}", said(.heard))]
    Request {
        /// What was asked.
        request: &'static str,
        /// Why connections failed last, in the client's words.
        heard: Option<String>,
        /// Why it failed.
        #[source]
        source: rdkafka::error::KafkaError,
    },
    /// The topics are not as dashloom needs them; one line for each problem, with the remedy.
    #[error("{}", .0.join("; "))]
    Topics(Vec<String>),
    /// The consumer cannot go on, because its thread has ended.
    #[error("the consumer has stopped")]
    Stopped,
    /// The consumer's session is over for good.
    #[error("the consumer was fenced or failed for good: {0}")]
    Fatal(String),
    /// The log does not hold an offset that is to be read; in the client's words.
    #[error(
        "the log does not hold the records any more ({0}); retention or an operator removed them meanwhile"
    )]
    Gone(String),
    /// The operating system has no thread to give.
    #[error("no thread could be started")]
    Thread(#[source] std::io::Error),
}

impl KafkaError {
    pub(super) fn request(request: &'static str) -> impl FnOnce(rdkafka::error::KafkaError) -> Self {
        Self::request_of(request, None)
    }

    /// The same of a client that has said why its connections fail.
    pub(super) fn request_of(
        request: &'static str,
        heard: Option<String>,
    ) -> impl FnOnce(rdkafka::error::KafkaError) -> Self {
        move |source| Self::Request {
            request,
            heard,
            source,
        }
    }
}

fn said(heard: &Option<String>) -> String {
    heard
        .as_ref()
        .map_or_else(String::new, |heard| format!(" ({heard})"))
}
