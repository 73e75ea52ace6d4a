//! What holds for every event and every sequence of bytes.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::Value;

use super::{accepted, record, with_header};
use crate::event::wire::workflow_execution_succeeded::Result as WireResult;
use crate::event::wire::{self, WorkflowExecutionSucceeded};
use crate::event::*;

/// Any event that is valid.
fn any_event() -> impl Strategy<Value = WorkflowExecutionSucceeded> {
    let ids = (any::<u128>(), any::<u128>(), any::<Option<u128>>());
    let times = (0i64..9_000_000_000, 0i32..1_000_000_000, 0u64..400);
    (ids, any::<u32>(), times, vec(any_hint(), 0..4), any_result()).prop_map(
        |((execution, workflow, template), run, (seconds, nanos, days), columns, result)| {
            let text = |id: u128| uuid::Uuid::from_u128(id).to_string();
            let end = chrono::DateTime::from_timestamp(seconds, 0).unwrap().date_naive();
            WorkflowExecutionSucceeded {
                execution_id: text(execution),
                workflow_id: text(workflow),
                query_template_id: template.map(text),
                run,
                started_at: Some(pbjson_types::Timestamp { seconds, nanos: 0 }),
                finished_at: Some(pbjson_types::Timestamp { seconds, nanos }),
                data_start_date: (end - chrono::Days::new(days)).to_string(),
                data_end_date: end.to_string(),
                requested_by: Some("engine".to_owned()),
                columns,
                result: Some(result),
            }
        },
    )
}

fn any_hint() -> impl Strategy<Value = wire::ColumnHint> {
    (any::<String>(), 0i32..8, any::<String>(), any::<String>()).prop_map(|(name, role, r#type, unit)| {
        wire::ColumnHint {
            name,
            role,
            r#type,
            unit,
        }
    })
}

fn any_result() -> impl Strategy<Value = WireResult> {
    let inline = (1i32..6, vec(any::<u8>(), 0..200), 0i32..4).prop_map(|(format, data, compression)| {
        WireResult::Inline(wire::InlineResult {
            format,
            data: data.into(),
            compression,
        })
    });
    let location = (1i32..6, any::<[u8; 32]>(), 0i32..4, any::<u64>()).prop_map(
        |(format, sha256, compression, size_bytes)| {
            WireResult::Location(wire::ResultLocation {
                uri: "s3://bucket/key".to_owned(),
                format,
                compression,
                size_bytes,
                sha256: Bytes::copy_from_slice(&sha256),
            })
        },
    );
    prop_oneof![inline, location]
}

/// The event in every encoding that is accepted.
fn encodings(event: &WorkflowExecutionSucceeded) -> Vec<Message> {
    let protobuf = event.encode_to_vec();
    let mut json = serde_json::to_value(event).unwrap();
    let camel = json.to_string();
    to_snake_case(&mut json);
    vec![
        record([&[0, 0, 1, 2, 3, 0], &protobuf[..]].concat()),
        record([&[0, 0, 1, 2, 3, 2, 0], &protobuf[..]].concat()),
        with_header(record(protobuf.clone()), "content-type", "application/protobuf"),
        record(camel.clone()),
        with_header(record(camel), "content-type", "application/json"),
        with_header(record(json.to_string()), "content-type", "application/json"),
        record(protobuf),
    ]
}

fn to_snake_case(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, mut member) in std::mem::take(members) {
                to_snake_case(&mut member);
                let snake = name.chars().fold(String::new(), |mut snake, letter| {
                    if letter.is_ascii_uppercase() {
                        snake.push('_');
                    }
                    snake.push(letter.to_ascii_lowercase());
                    snake
                });
                members.insert(snake, member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(to_snake_case),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_event_says_the_same_in_every_encoding(event in any_event()) {
        let messages = encodings(&event);
        let expected = accepted(messages.last().unwrap());
        prop_assert_eq!(expected.id.to_string(), event.execution_id);
        prop_assert_eq!(expected.run, event.run);
        prop_assert_eq!(expected.hints.len(), event.columns.len());
        for message in &messages {
            let execution = accepted(message);
            prop_assert_eq!(execution.content_hash, expected.content_hash);
            prop_assert_eq!(format!("{execution:?}"), format!("{expected:?}"));
        }
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(
        payload in vec(any::<u8>(), 0..300),
        key in proptest::option::of(vec(any::<u8>(), 0..40)),
        content_type in proptest::option::of("application/(json|protobuf|x)|\\PC{0,20}"),
    ) {
        let mut message = record(payload);
        message.key = key.map(Bytes::from);
        if let Some(content_type) = content_type {
            message = with_header(message, "content-type", &content_type);
        }
        let _ = decode(&message);
    }

    #[test]
    fn no_mutation_makes_the_decoder_panic(
        event in any_event(),
        which in 0usize..7,
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut message = encodings(&event).swap_remove(which);
        let mut payload = message.payload.take().unwrap().to_vec();
        for (place, byte) in flips {
            let place = place.index(payload.len());
            payload[place] = byte;
        }
        if is_cut {
            payload.truncate(cut.index(payload.len()));
        }
        message.payload = Some(payload.into());
        if let Err(error) = decode(&message) {
            let sentence = error.to_string();
            prop_assert!(!sentence.contains('\n') && sentence.len() < 1200, "{}", sentence);
            prop_assert!(["undecodable", "contradictory"].contains(&error.reason()));
        }
    }
}
