//! Live updates.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Api, OWNER, PATIENCE, World, claims_of, ready, token};

const ROWS: &str = "date,clicks\n2026-11-01,10\n";
/// How long what a user sees is taken for known where a test waits for its end.
const SEEN_FOR: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_report_that_is_new_is_told_of_from_its_first_version() {
    let world = World::new().await;
    let mut service = world.serve_with(&Api::LOGIN);
    let api = Api::of(&mut service).await.as_user(OWNER);
    let (says_ready, connected) = ready();
    let follower = api.clone();
    let following = tokio::spawn(async move {
        let mut told = std::collections::HashSet::new();
        let seen = std::sync::Mutex::new(&mut told);
        let done = |message: &(String, String, String)| {
            let mut seen = seen.lock().unwrap();
            if message.0 == "dashboard" {
                seen.insert(message.2.clone());
            }
            seen.len() == 3
        };
        follower.follow(None, says_ready, done).await
    });
    connected.await.unwrap();
    // Each is made after its user's reports were looked up for the one before it.
    for name in ["one", "two", "three"] {
        let workflow = world.workflow(name, None).await;
        world
            .announce(&[&world.execution(&workflow, "2026-11-01", "2026-11-01", ROWS)])
            .await;
        world.settled().await;
    }
    let versions: Vec<serde_json::Value> = following
        .await
        .unwrap()
        .iter()
        .filter(|message| message.0 == "dashboard")
        .map(|message| serde_json::from_str(&message.2).unwrap())
        .collect();
    assert!(versions.iter().all(|told| told["version"] == 1), "{versions:?}");
    assert_eq!(versions.len(), 3, "{versions:?}");
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_tells_nothing_to_who_lost_access() {
    let world = World::new().await;
    let seen_for = format!("{}ms", SEEN_FOR.as_millis());
    let seen_for = ("DASHLOOM_HTTP__LIVE_ACCESS_AGE", seen_for.as_str());
    let mut service = world.serve_with(&[&Api::LOGIN[..], &[seen_for]].concat());
    let nobody = Api::of(&mut service).await;
    let now = chrono::Utc::now().timestamp();
    // Valid for five seconds yet: clocks may differ by thirty.
    let mut claims = claims_of(OWNER);
    claims["exp"] = json!(now - 25);
    let brief = nobody.with_token(&token(&json!({"alg": "HS256"}), &claims));
    let began = Instant::now();
    let ended = tokio::spawn(async move { brief.follow(None, || {}, |_| false).await }).await;
    assert!(ended.unwrap_err().is_panic(), "the stream ends");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());

    let api = nobody.as_user(OWNER);
    let workflow = world.workflow("handed over", None).await;
    let day = |n: u32| {
        let date = format!("2026-11-0{n}");
        world.execution(&workflow, &date, &date, &ROWS.replace("2026-11-01", &date))
    };
    let (says_ready, connected) = ready();
    let follower = api.clone();
    let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let following = tokio::spawn(async move {
        let pass = |message: &(String, String, String)| {
            let _ = heard.send(message.clone());
            message.2.contains("the end")
        };
        follower.follow(None, says_ready, pass).await
    });
    connected.await.unwrap();
    world.announce(&[&day(1)]).await;
    while hears.recv().await.unwrap().0 != "dashboard" {}
    let taken = "with given as (update workflows set user_id = null returning id) \
                 update report_configurations set created_by = null where workflow_id in (select id from given)";
    world.db().execute(taken, &[]).await.unwrap();
    // Longer than what a user sees is taken for known.
    tokio::time::sleep(SEEN_FOR + Duration::from_millis(100)).await;
    world.announce(&[&day(2)]).await;
    world.settled().await;
    let theirs = world.workflow("theirs", None).await;
    world
        .announce(&[&world.execution(&theirs, "2026-11-01", "2026-11-01", ROWS)])
        .await;
    let next = loop {
        let message = hears.recv().await.unwrap();
        if message.0 == "dashboard" {
            break message;
        }
    };
    assert!(next.2.contains(&theirs.id.to_string()), "{next:?}");
    following.abort();
}

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

    let (says_ready, connected) = ready();
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
    let (says_ready, connected) = ready();
    let left = tokio::spawn(async move { api.follow(None, says_ready, |_| false).await });
    connected.await.unwrap();
    assert_eq!(
        tokio::task::spawn_blocking(|| service.stop()).await.unwrap(),
        Some(0)
    );
    assert!(left.await.unwrap_err().is_panic(), "the stream ends");
}

#[tokio::test]
async fn who_finds_no_place_is_told_when_to_come_again() {
    let world = World::new().await;
    let settings = [
        ("DASHLOOM_SERVE__ROLES", "http"),
        ("DASHLOOM_HTTP__LIVE_CLIENTS", "1"),
    ];
    let mut service = world.serve_with(&settings);
    let api = Api::of(&mut service).await;
    let (says_ready, connected) = ready();
    let first = api.clone();
    let following = tokio::spawn(async move { first.follow(None, says_ready, |_| false).await });
    connected.await.unwrap();
    let refused = api.get("/api/v1/live").await;
    assert_eq!(refused.refusal(503), "crowded");
    assert_eq!(refused.header("retry-after"), "10");
    following.abort();
    let admitted = async { while api.get("/api/v1/live").await.status != 200 {} };
    tokio::time::timeout(PATIENCE, admitted)
        .await
        .expect("whoever leaves makes room");
}
