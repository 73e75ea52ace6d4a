//! Live updates.

use crate::harness::{Api, OWNER, World};

const ROWS: &str = "date,clicks\n2026-11-01,10\n";

#[tokio::test]
async fn a_new_version_is_told_and_nothing_is_missed_over_a_break() {
    let world = World::new().await;
    let mut service = world.serve_with(&Api::LOGIN);
    let nobody = Api::of(&mut service).await;
    let (api, stranger) = (nobody.as_user(OWNER), nobody.as_user(uuid::Uuid::from_u128(1)));
    let workflow = world.workflow("watched", None).await;
    let day = |n: u32| {
        world.execution(
            &workflow,
            &format!("2026-11-0{n}"),
            &format!("2026-11-0{n}"),
            &ROWS.replace("-01", &format!("-0{n}")),
        )
    };
    let (first, second, third) = (day(1), day(2), day(3));

    let (tell, connected) = tokio::sync::oneshot::channel();
    let mut tell = Some(tell);
    let says_ready = move || {
        if let Some(tell) = tell.take() {
            let _ = tell.send(());
        }
    };
    let follower = api.clone();
    let following = tokio::spawn(async move {
        follower
            .follow(None, says_ready, |message| message.0 == "dashboard")
            .await
    });
    connected.await.unwrap();
    world.announce(&[&first]).await;
    let messages = following.await.unwrap();
    let (_, id, data) = messages.last().unwrap();
    let told: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(told["version"], 1);
    assert_eq!(told["workflow_id"], workflow.id.to_string());
    assert_eq!(told["changes"], serde_json::json!(["created", "data"]));

    // Away for two versions, then back with the last id.
    world.announce(&[&second]).await;
    world.settled().await;
    world.announce(&[&third]).await;
    world.settled().await;
    let missed = api
        .follow(Some(id), || {}, |message| message.2.contains("\"version\":3"))
        .await;
    // A version is told once no older transaction of the server is under way, which may be after the greeting.
    let told: Vec<&str> = missed.iter().map(|message| message.0.as_str()).collect();
    assert_eq!(
        told.iter().filter(|kind| **kind == "dashboard").count(),
        2,
        "{told:?}"
    );
    let everything = stranger
        .follow(Some(id), || {}, |message| message.0 == "ready")
        .await;
    assert_eq!(everything.len(), 1, "{everything:?}");
    let unknown = api
        .follow(Some("no place"), || {}, |message| message.0 == "reset")
        .await;
    assert_eq!(unknown.len(), 1);

    // A stopping service sends its clients away instead of waiting for them.
    let (tell, connected) = tokio::sync::oneshot::channel();
    let mut tell = Some(tell);
    let says_ready = move || {
        if let Some(tell) = tell.take() {
            let _ = tell.send(());
        }
    };
    let left = tokio::spawn(async move { api.follow(None, says_ready, |_| false).await });
    connected.await.unwrap();
    assert_eq!(
        tokio::task::spawn_blocking(|| service.stop()).await.unwrap(),
        Some(0)
    );
    assert!(left.await.unwrap_err().is_panic(), "the stream ends");
}
