//! What the content hash covers.

use bytes::Bytes;
use prost::Message as _;

use super::*;

#[test]
fn the_content_hash_covers_what_the_partial_is_made_of_and_nothing_else() {
    let hash = |change: fn(&mut WorkflowExecutionSucceeded)| {
        let mut event = event();
        change(&mut event);
        accepted(&record(event.encode_to_vec())).content_hash
    };
    let original = hash(|_| {});
    let changes: [fn(&mut WorkflowExecutionSucceeded); 7] = [
        |event| event.workflow_id = EXECUTION.to_owned(),
        |event| event.data_start_date = "2026-11-03".to_owned(),
        |event| event.columns.clear(),
        |event| event.columns[0].unit.clear(),
        |event| set_inline(event, |inline| inline.format = 2),
        |event| set_inline(event, |inline| inline.compression = 2),
        |event| set_inline(event, |inline| inline.data = Bytes::from_static(b"[]")),
    ];
    for change in changes {
        assert_ne!(hash(change), original);
    }
    let indifferent: [fn(&mut WorkflowExecutionSucceeded); 5] = [
        |event| event.run = 9,
        |event| event.finished_at.as_mut().unwrap().nanos = 6,
        |event| event.execution_id = WORKFLOW.to_owned(),
        |event| event.requested_by = Some("somebody".to_owned()),
        |event| set_inline(event, |inline| inline.compression = 1),
    ];
    for change in indifferent {
        assert_eq!(hash(change), original);
    }
}

#[test]
fn the_content_hash_never_changes_between_builds() {
    let hash = accepted(&record(event().encode_to_vec())).content_hash;
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex, @"d5ac62d804d08df5662dfe96670bb39f39da75e8fba469112a0731b58f76e39c");
}

#[test]
fn the_same_bytes_hash_alike_inline_and_by_reference() {
    use sha2::Digest as _;
    let mut by_reference = event();
    by_reference.result = Some(WireResult::Location(wire::ResultLocation {
        format: wire::ResultFormat::JsonRows.into(),
        sha256: sha2::Sha256::digest(ROWS).to_vec().into(),
        ..location()
    }));
    assert_eq!(
        accepted(&record(by_reference.encode_to_vec())).content_hash,
        accepted(&record(event().encode_to_vec())).content_hash,
    );
}
