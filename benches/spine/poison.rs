//! One record in a hundred that can never be applied: what it costs the others.

use anyhow::Result;

use crate::load::Load;
use crate::run::Ground;
use crate::stage::broker::{Outgoing, Writer};
use crate::stage::engine::Finished;

/// After how many good records one comes that cannot be applied.
const EVERY: usize = 99;

/// The share of throughput that poison costs: the same load in four parts, the first and the last without it, so that
/// what grows meanwhile weighs on both.
pub async fn cost(ground: &Ground, load: &mut Load, executions: usize) -> Result<f64> {
    let part = executions / 4;
    let mut seconds = [0.0, 0.0];
    for poison_every in [None, Some(EVERY), Some(EVERY), None] {
        let measured = ground.measure(load.take(part), poison_every).await?;
        seconds[usize::from(poison_every.is_some())] += part as f64 / measured.per_s;
    }
    let [without_s, with_s] = seconds;
    Ok(1.0 - without_s / with_s)
}

/// Sends a record that cannot be applied, of a kind that depends on the number: cut off in the middle, no event at all,
/// an event whose result cannot be read, an event under another workflow's key.
pub fn send(writer: &Writer, topic: &str, like: &Finished, number: usize) -> Result<()> {
    let key = like.workflow_id.to_string();
    let mut payload = like.encode();
    let mut record = Outgoing {
        key: Some(key.as_bytes()),
        ..Outgoing::default()
    };
    match number % 4 {
        0 => payload.truncate(payload.len() / 2),
        1 => payload = b"\x00 no event".to_vec(),
        2 => {
            let unreadable = Finished {
                id: uuid::Uuid::new_v5(&like.id, b"poison"),
                rows: b"[{\"date\": no number".to_vec(),
                ..like.clone()
            };
            payload = unreadable.encode();
        }
        _ => record.key = Some(b"00000000-0000-0000-0000-000000000001"),
    }
    record.payload = Some(&payload);
    writer.send(topic, record)
}
