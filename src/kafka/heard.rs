//! Why a client's connections fail, for errors that would only say that nobody answered.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::types::RDKafkaErrorCode;

/// How long is listened for what the client still has to say, and how many things at most.
const PAUSE: Duration = Duration::from_millis(20);
const MOST: usize = 100;

/// Remembers why a client's connections failed last.
#[derive(Debug, Default)]
pub(super) struct Heard(Mutex<Option<String>>);

impl ClientContext for Heard {
    fn error(&self, error: ClientError, reason: &str) {
        // That no broker is left says nothing of why.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
        }
        tell(&error, reason);
    }
}

impl ConsumerContext for Heard {}

/// Why the connections of a client that nobody polls failed last, in its own words.
pub(super) fn overhear(client: &BaseConsumer<Heard>) -> Option<String> {
    (0..MOST).take_while(|_| client.poll(PAUSE).is_some()).count();
    let heard = &client.context().0;
    heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Says what a client reports: a refused login or a broken handshake needs a person, what else there is passes.
pub(super) fn tell(error: &ClientError, reason: &str) {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL) => tracing::error!(
            reason,
            "the brokers cannot be talked to; check the security settings in kafka.properties"
        ),
        _ => tracing::debug!(%error, reason, "Kafka client"),
    }
}
