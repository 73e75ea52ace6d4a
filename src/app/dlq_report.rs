//! What `dashloom dlq` tells.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::event::{self, Decoded, Header, ResultSource};
use crate::repair::{Letter, Redriven};
use crate::store::refused::Refused;

use super::changes::line;
use super::error::AppError;
use super::figures::Figures;
use super::repair::figures;

/// How many bytes of a record that cannot be read are shown.
const EXCERPT_BYTES: usize = 256;
/// The most refused records that are told of in words; the JSON report has all.
const MOST_REFUSED_TOLD: usize = 50;

/// The letters that are listed; their records are let go.
#[derive(Default)]
pub struct Listing {
    shown: VecDeque<Value>,
    lines: VecDeque<String>,
    letters: u64,
    /// How many there are for each reason.
    reasons: BTreeMap<String, u64>,
}

impl Listing {
    /// Takes a letter; at most `limit` are kept to be shown, the last ones.
    pub fn take(&mut self, letter: Letter, limit: usize) {
        self.letters += 1;
        *self.reasons.entry(letter.reason.clone()).or_default() += 1;
        self.shown.push_back(summary(&letter));
        self.lines.push_back(listed(&letter));
        if self.shown.len() > limit {
            self.shown.pop_front();
            self.lines.pop_front();
        }
    }

    /// Prints them; `seen` letters were gone through.
    pub fn print(self, seen: u64, json: bool) -> Result<(), AppError> {
        let mut text = String::new();
        let left_out = self.letters - self.lines.len() as u64;
        if left_out > 0 {
            line(
                &mut text,
                &format!("… {left_out} letters before these; --limit shows more."),
            );
        }
        self.lines.iter().for_each(|letter| line(&mut text, letter));
        for (reason, count) in &self.reasons {
            line(&mut text, &format!("{count} {reason}"));
        }
        Figures::new("dlq")
            .figure("letters", self.letters)
            .figure("reasons", self.reasons.len())
            .figure("seen", seen)
            .detail("by_reason", json!(self.reasons))
            .detail("shown", Vec::from(self.shown))
            .print(&text, json)
    }
}

fn listed(letter: &Letter) -> String {
    let id = |id: Option<String>| id.unwrap_or_else(|| "-".to_owned());
    format!(
        "{:<8} {} {} workflow {} execution {} attempts {}: {}",
        letter.place().to_string(),
        time(letter.record.timestamp_ms),
        letter.reason,
        id(letter.workflow_id.map(|id| id.to_string())),
        id(letter.execution_id.map(|id| id.to_string())),
        letter.attempts,
        letter.sentence,
    )
}

fn summary(letter: &Letter) -> Value {
    json!({
        "place": letter.place().to_string(),
        "record_time": time(letter.record.timestamp_ms),
        "reason": letter.reason,
        "sentence": letter.sentence,
        "workflow_id": letter.workflow_id,
        "execution_id": letter.execution_id,
        "attempts": letter.attempts,
        "bytes": letter.record.payload.as_ref().map(bytes::Bytes::len),
        "origin": letter.origin.as_ref().map(|origin| json!({
            "topic": origin.topic,
            "partition": origin.partition,
            "offset": origin.offset,
        })),
    })
}

/// Shows one letter whole.
pub fn show(letter: &Letter, json: bool) -> Result<(), AppError> {
    let figures = Figures::new("dlq")
        .figure("place", letter.place().to_string())
        .figure("reason", letter.reason.as_str())
        .figure("attempts", letter.attempts)
        .figure(
            "bytes",
            letter.record.payload.as_ref().map_or(0, bytes::Bytes::len),
        );
    let mut text = String::new();
    line(&mut text, &format!("{} ({})", letter.sentence, letter.reason));
    if let Some(origin) = &letter.origin {
        let stood = format!(
            "It stood at {}/{} offset {}",
            origin.topic, origin.partition, origin.offset
        );
        line(
            &mut text,
            &format!("{stood}, from {}.", time(letter.record.timestamp_ms)),
        );
    }
    let key = letter.record.key.as_deref();
    line(
        &mut text,
        &format!("key: {}", key.map_or_else(|| "none".to_owned(), printable)),
    );
    for Header { name, value } in &letter.record.headers {
        let value = value.as_deref().map_or_else(|| "null".to_owned(), printable);
        line(&mut text, &format!("header {name}: {value}"));
    }
    line(&mut text, &contents(letter));
    let headers = letter
        .record
        .headers
        .iter()
        .map(|header| json!({ "name": header.name, "value": header.value.as_deref().map(printable) }));
    figures
        .detail("letter", summary(letter))
        .detail("key", key.map(printable))
        .detail("headers", headers.collect::<Vec<Value>>())
        .detail("contents", contents(letter))
        .print(&text, json)
}

/// What can be read of the record.
fn contents(letter: &Letter) -> String {
    match event::decode(&letter.record) {
        Ok(Decoded::Tombstone) => "The letter holds no record.".to_owned(),
        Ok(Decoded::Execution(execution)) => {
            let result = match &execution.result {
                ResultSource::Inline {
                    format,
                    compression,
                    data,
                } => {
                    format!("{} bytes of {format:?}, compression {compression:?}", data.len())
                }
                ResultSource::Location(location) => format!("a result at {}", location.uri),
            };
            format!(
                "The record can be read: execution {} run {} of workflow {}, {} to {}, with {result}.",
                execution.id,
                execution.run,
                execution.workflow_id,
                execution.window.start(),
                execution.window.end(),
            )
        }
        Err(error) => {
            let bytes = letter.record.payload.as_deref().unwrap_or_default();
            let excerpt = &bytes[..bytes.len().min(EXCERPT_BYTES)];
            format!(
                "The record cannot be read: {error}\nIt begins: {}",
                printable(excerpt)
            )
        }
    }
}

/// Text as it is, where it is printable; else bytes in hexadecimal.
fn printable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("0x{}", hex.concat())
        }
    }
}

/// What redriving came to.
pub fn redriven(redriven: &Redriven, is_dry_run: bool, seconds: f64, json: bool) -> Result<(), AppError> {
    let mut text = String::new();
    let sent = if is_dry_run { "would be sent" } else { "sent" };
    for (reason, count) in &redriven.reasons {
        line(&mut text, &format!("{count} {reason} {sent}"));
    }
    if redriven.exhausted > 0 {
        let exhausted = redriven.exhausted;
        line(
            &mut text,
            &format!("{exhausted} were sent back as often as they may; --max-attempts raises that."),
        );
    }
    if redriven.foreign > 0 {
        let foreign = redriven.foreign;
        line(
            &mut text,
            &format!(
                "{foreign} are of another topic than the consumed one and stay; redrive them with that topic's configuration."
            ),
        );
    }
    if redriven.without_record > 0 {
        line(
            &mut text,
            &format!(
                "{} hold no record: a broker refused theirs, which is in the database; raise max.message.bytes of the topic, then --refused.",
                redriven.without_record
            ),
        );
    }
    figures("redrive", is_dry_run)
        .figure("letters", redriven.letters)
        .figure("sent", redriven.sent)
        .figure("exhausted", redriven.exhausted)
        .figure("without_record", redriven.without_record)
        .figure("foreign", redriven.foreign)
        .figure("refused", redriven.refused)
        .figure("seconds", (seconds * 100.0).round() / 100.0)
        .detail("by_reason", json!(redriven.reasons))
        .print(&text, json)
}

/// What was put back into the outbox.
pub fn republished(records: &[Refused], is_dry_run: bool, json: bool) -> Result<(), AppError> {
    let mut text = String::new();
    for record in records.iter().take(MOST_REFUSED_TOLD) {
        let Refused {
            id,
            aggregatetype,
            topic,
            size_bytes,
            cause,
            ..
        } = record;
        line(
            &mut text,
            &format!("{aggregatetype} {id}, {size_bytes} bytes for {topic}: {cause}"),
        );
    }
    if records.len() > MOST_REFUSED_TOLD {
        let more = records.len() - MOST_REFUSED_TOLD;
        line(&mut text, &format!("… and {more} more; --json has them all."));
    }
    let told = |record: &Refused| {
        json!({
            "id": record.id,
            "about": record.aggregatetype,
            "topic": record.topic,
            "size_bytes": record.size_bytes,
            "cause": record.cause,
        })
    };
    figures("redrive", is_dry_run)
        .figure("republished", records.len())
        .figure(
            "bytes",
            records.iter().map(|record| record.size_bytes).sum::<i64>(),
        )
        .detail("records", records.iter().map(told).collect::<Vec<_>>())
        .print(&text, json)
}

fn time(timestamp_ms: Option<i64>) -> String {
    let time = timestamp_ms.and_then(DateTime::<Utc>::from_timestamp_millis);
    time.map_or_else(
        || "-".to_owned(),
        |time| time.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_text_only_where_they_are() {
        assert_eq!(printable("grün".as_bytes()), "grün");
        assert_eq!(printable(b"\x00\x01ab"), "0x00016162");
        assert_eq!(printable(b"\xff"), "0xff");
    }
}
