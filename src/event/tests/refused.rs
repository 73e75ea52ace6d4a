//! What is refused, with which reason and which words.

use bytes::Bytes;
use chrono::NaiveDate;
use prost::Message as _;

use super::*;
use crate::event::*;

#[test]
fn structured_mode_is_refused_by_name() {
    let message = with_header(record("{}"), "content-type", "application/cloudevents+json");
    assert!(refused(&message).to_string().contains("binary mode"));
}

#[test]
fn keys_must_name_the_workflow_or_be_absent() {
    let keyed = |key: &[u8]| {
        let mut message = record(event().encode_to_vec());
        message.key = Some(Bytes::copy_from_slice(key));
        message
    };
    for key in [
        WORKFLOW.as_bytes(),
        WORKFLOW.replace('-', "").to_uppercase().as_bytes(),
        format!("\"{WORKFLOW}\"").as_bytes(),
        uuid::Uuid::parse_str(WORKFLOW).unwrap().as_bytes(),
        b"",
    ] {
        accepted(&keyed(key));
    }
    for key in [EXECUTION.as_bytes(), b"another", &[0xff, 0xfe]] {
        let error = refused(&keyed(key));
        assert_eq!(error.reason(), "contradictory");
        assert!(error.to_string().contains("key"), "{error}");
        assert_eq!(error.execution_id().unwrap().to_string(), EXECUTION);
    }
}

#[test]
fn windows_contradict_themselves_in_three_ways() {
    let reversed = refused_after(|event| event.data_start_date = "2026-11-09".to_owned());
    let too_long = refused_after(|event| event.data_start_date = "1826-08-22".to_owned());
    let too_late = refused_after(|event| event.data_end_date = "2026-11-11".to_owned());
    for (error, word) in [
        (&reversed, "before"),
        (&too_long, "36,600"),
        (&too_late, "finished_at"),
    ] {
        assert_eq!(error.reason(), "contradictory");
        assert!(error.to_string().contains(word), "{error}");
    }
    let mut longest = event();
    let days = NaiveDate::from_ymd_opt(2026, 11, 8).unwrap() - chrono::Days::new(36_599);
    longest.data_start_date = days.to_string();
    assert_eq!(accepted(&record(longest.encode_to_vec())).window.days(), 36_600);
    let mut tomorrow = event();
    tomorrow.data_end_date = "2026-11-10".to_owned();
    accepted(&record(tomorrow.encode_to_vec()));
}

#[test]
fn every_refusal_names_the_field_and_the_remedy() {
    type Case = (&'static str, &'static str, fn(&mut WorkflowExecutionSucceeded));
    let cases: [Case; 18] = [
        ("execution_id", "UUID", |event| event.execution_id.clear()),
        ("execution_id", "write it like", |event| {
            event.execution_id = "7".to_owned()
        }),
        ("workflow_id", "UUID", |event| event.workflow_id.clear()),
        ("query_template_id", "UUID", |event| {
            event.query_template_id = Some("x".to_owned())
        }),
        ("finished_at", "set it", |event| event.finished_at = None),
        ("finished_at", "1677", |event| {
            event.finished_at.as_mut().unwrap().seconds = i64::MAX
        }),
        ("finished_at", "nanos", |event| {
            event.finished_at.as_mut().unwrap().nanos = -1
        }),
        ("data_start_date", "YYYY-MM-DD", |event| {
            event.data_start_date.clear()
        }),
        ("data_start_date", "YYYY-MM-DD", |event| {
            event.data_start_date = "2026-2-30".to_owned()
        }),
        ("data_end_date", "YYYY-MM-DD", |event| {
            event.data_end_date = "0000-01-01".to_owned()
        }),
        ("result", "location", |event| event.result = None),
        ("inline.format", "CSV", |event| {
            set_inline(event, |inline| inline.format = 0)
        }),
        ("inline.format", "CSV", |event| {
            set_inline(event, |inline| inline.format = 99)
        }),
        ("inline.compression", "GZIP", |event| {
            set_inline(event, |inline| inline.compression = 9)
        }),
        ("location.uri", "set it", |event| {
            set_location(event, |location| location.uri.clear())
        }),
        ("location.uri", "s3://", |event| {
            set_location(event, |location| location.uri = "a b".to_owned())
        }),
        ("location.sha256", "32 bytes", |event| {
            set_location(event, |location| location.sha256.clear())
        }),
        ("location.format", "PARQUET", |event| {
            set_location(event, |location| location.format = 0)
        }),
    ];
    for (field, remedy, change) in cases {
        let error = refused_after(change);
        let sentence = error.to_string();
        assert_eq!(error.reason(), "undecodable", "{sentence}");
        assert!(
            sentence.contains(field) && sentence.contains(remedy),
            "{sentence}"
        );
        assert!(!sentence.contains('\n'), "{sentence}");
    }
}

#[test]
fn sentences_quote_only_the_head_of_long_values() {
    let error = refused_after(|event| event.execution_id = "é\u{7}".repeat(100_000));
    assert!(error.to_string().len() < 600);
    let json = format!(r#"{{"inline":{{"format":"{}"}}}}"#, "Z".repeat(100_000));
    let error = refused(&record(json));
    assert!(error.to_string().len() < 600, "{error}");
}

#[test]
fn oversized_records_still_say_whose_they_are() {
    let mut event = event();
    event.result = Some(WireResult::Inline(wire::InlineResult {
        format: 1,
        data: vec![b' '; MAX_PAYLOAD_BYTES].into(),
        compression: 0,
    }));
    assert!(decode_within(&record(event.encode_to_vec()), 2 * MAX_PAYLOAD_BYTES).is_ok());
    for payload in [event.encode_to_vec(), serde_json::to_vec(&event).unwrap()] {
        let error = refused(&record(payload));
        assert_eq!(error.reason(), "oversized");
        assert_eq!(error.execution_id().unwrap().to_string(), EXECUTION);
        assert_eq!(error.workflow_id().unwrap().to_string(), WORKFLOW);
    }
}

#[test]
fn cut_records_still_say_whose_they_are() {
    let protobuf = event().encode_to_vec();
    let json = serde_json::to_vec(&event()).unwrap();
    let framed = [&[0, 0, 0, 0, 1, 0], &protobuf[..]].concat();
    for payload in [protobuf, json, framed] {
        let error = refused(&record(payload[..payload.len() - 9].to_vec()));
        assert_eq!(error.reason(), "undecodable");
        assert_eq!(error.execution_id().unwrap().to_string(), EXECUTION);
        assert_eq!(error.workflow_id().unwrap().to_string(), WORKFLOW);
    }
    let mut garbage = record(vec![0xff; 40]);
    garbage.key = Some(Bytes::from_static(WORKFLOW.as_bytes()));
    assert_eq!(refused(&garbage).workflow_id().unwrap().to_string(), WORKFLOW);
}
