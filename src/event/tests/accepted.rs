//! What is accepted, and what becomes of it.

use bytes::Bytes;
use prost::Message as _;

use super::*;
use crate::event::*;

#[test]
fn a_complete_event_is_read_whole() {
    let mut event = event();
    event.query_template_id = Some("33333333-3333-4333-8333-333333333333".to_owned());
    event.run = 3;
    let mut message = record(event.encode_to_vec());
    message.key = Some(Bytes::from_static(WORKFLOW.as_bytes()));
    let message = with_header(
        message,
        "traceparent",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    );
    let execution = accepted(&with_header(message, "replay", "true"));
    assert_eq!(execution.id.to_string(), EXECUTION);
    assert_eq!(execution.workflow_id.to_string(), WORKFLOW);
    assert!(execution.template_id.is_some());
    assert_eq!(execution.run, 3);
    assert_eq!(execution.finished_at_ns, 1_794_204_000_000_000_005);
    assert_eq!(execution.window.days(), 7);
    assert_eq!(execution.hints[0].role, Some(ColumnRole::Measure));
    assert_eq!(execution.hints[0].unit, "EUR");
    assert!(execution.traceparent.is_some());
    assert!(execution.replay);
    let ResultSource::Inline {
        format,
        compression,
        data,
    } = execution.result
    else {
        panic!("not inline");
    };
    assert_eq!(
        (format, compression, data.as_ref()),
        (ResultFormat::JsonRows, Compression::None, ROWS)
    );
}

#[test]
fn inline_data_is_a_slice_of_the_record() {
    let message = record(event().encode_to_vec());
    let buffer = message.payload.clone().unwrap().as_ptr_range();
    let ResultSource::Inline { data, .. } = accepted(&message).result else {
        panic!("not inline");
    };
    assert!(buffer.contains(&data.as_ptr()));
}

#[test]
fn a_tombstone_is_no_error() {
    let mut message = record(Bytes::new());
    message.payload = None;
    assert!(matches!(decode(&message), Ok(Decoded::Tombstone)));
}

#[test]
fn any_subset_of_cloud_events_headers_is_accepted() {
    let bytes = event().encode_to_vec();
    let plain = accepted(&record(bytes.clone()));
    let mut message = with_header(record(bytes), "ce_id", "anything");
    message = with_header(message, "ce_type", "something.else");
    message = with_header(message, "ce_specversion", "9.9");
    message = with_header(message, "traceparent", "malformed");
    let described = accepted(&message);
    assert_eq!(described.content_hash, plain.content_hash);
    assert_eq!(described.traceparent, None);
}

#[test]
fn json_is_known_by_its_header_or_its_first_characters() {
    let json = serde_json::to_vec(&event()).unwrap();
    let expected = accepted(&record(event().encode_to_vec())).content_hash;
    assert_eq!(accepted(&record(json.clone())).content_hash, expected);
    for content_type in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/vnd.engine+json",
        "application/octet-stream",
    ] {
        let message = with_header(record(json.clone()), "content-type", content_type);
        assert_eq!(accepted(&message).content_hash, expected, "{content_type}");
    }
    let mut indented = b"\r\n  ".to_vec();
    indented.extend(serde_json::to_vec_pretty(&event()).unwrap());
    assert_eq!(accepted(&record(indented)).content_hash, expected);
}

#[test]
fn protobuf_that_opens_like_blank_and_brace_is_still_protobuf() {
    // Fields may come in any order: run = 123 first is the bytes 0x20 0x7b, a blank and a brace.
    let mut bytes = vec![0x20, 0x7b];
    bytes.extend(event().encode_to_vec());
    assert_eq!(accepted(&record(bytes)).run, 123);
}

#[test]
fn json_takes_both_spellings_nulls_and_unknown_fields() {
    let json = format!(
        r#"{{"execution_id":"{EXECUTION}","workflowId":"{WORKFLOW}","queryTemplateId":null,"run":null,
            "finished_at":"2026-11-09T07:20:00.5+02:00","dataStartDate":"2026-11-02","data_end_date":"2026-11-08",
            "columns":[{{"name":"spend","role":"COLUMN_ROLE_MEASURE","type":null}}],"later":{{"a":[null]}},
            "inline":{{"format":1,"data":"W10","compression":null}}}}"#
    );
    let execution = accepted(&with_header(record(json), "content-type", "application/json"));
    assert_eq!(execution.finished_at_ns % 1_000_000_000, 500_000_000);
    assert_eq!(execution.hints[0].type_name, "");
    let ResultSource::Inline { data, .. } = execution.result else {
        panic!("not inline");
    };
    assert_eq!(data.as_ref(), b"[]");
}

#[test]
fn confluent_framing_is_read_in_its_short_and_long_form() {
    let expected = accepted(&record(event().encode_to_vec())).content_hash;
    for index in [&[0u8][..], &[2, 0], &[0x80, 0x00], &[0x82, 0x00, 0x00]] {
        let framed = [&[0, 0, 0, 0, 42], index, &event().encode_to_vec()].concat();
        assert_eq!(accepted(&record(framed)).content_hash, expected, "{index:?}");
    }
    for broken in [
        &[0u8, 0, 0][..],
        &[0, 0, 0, 0, 1],
        &[0, 0, 0, 0, 1, 2, 2],
        &[0, 0, 0, 0, 1, 1],
        &[0, 0, 0, 0, 1, 4, 0, 0],
        &[
            0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ],
    ] {
        let error = refused(&record(broken.to_vec()));
        assert_eq!(error.reason(), "undecodable");
        assert!(error.to_string().contains("message index 0"), "{error}");
    }
}

#[test]
fn nul_in_a_hint_becomes_the_replacement_character() {
    let mut event = event();
    event.columns[0].name = "a\0b".to_owned();
    assert_eq!(
        accepted(&record(event.encode_to_vec())).hints[0].name,
        "a\u{fffd}b"
    );
}

#[test]
fn a_role_from_the_future_is_no_hint() {
    let mut event = event();
    event.columns[0].role = 99;
    assert_eq!(accepted(&record(event.encode_to_vec())).hints[0].role, None);
}
