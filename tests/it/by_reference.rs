//! Results by reference, against a real S3 server: read where the allow-list says so, waited for where they are not
//! there yet, and never taken for something that they are not.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use dashloom::event::wire;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::harness::{Finished, ObjectStore, Outgoing, Service, Workflow, World};

const ALL: Option<&str> = Some(r#"{"version":1,"period":"all"}"#);
const CSV: &str = "date,campaign,clicks\n2025-03-01,brand,7\n2025-03-01,generic,5\n2025-03-02,brand,30\n";

/// Where an object is said to be, and which bytes it is said to have.
struct Announced<'a> {
    uri: &'a str,
    bytes: &'a [u8],
    format: wire::ResultFormat,
    compression: wire::Compression,
}

impl<'a> Announced<'a> {
    fn csv(uri: &'a str) -> Self {
        Self {
            uri,
            bytes: CSV.as_bytes(),
            format: wire::ResultFormat::Csv,
            compression: wire::Compression::None,
        }
    }
}

fn execution(world: &World, workflow: &Workflow) -> Finished {
    world.execution(workflow, "2025-03-01", "2025-03-02", CSV)
}

/// Announces an execution whose result is an object.
async fn announce(world: &World, finished: &Finished, object: &Announced<'_>) {
    announce_to(world, finished, object, None).await;
}

/// The same, to a partition.
async fn announce_to(world: &World, finished: &Finished, object: &Announced<'_>, partition: Option<i32>) {
    crate::stage::engine::finish(world.db(), &[finished])
        .await
        .unwrap();
    let mut event = wire::WorkflowExecutionSucceeded::decode(&finished.encode()[..]).unwrap();
    event.result = Some(wire::workflow_execution_succeeded::Result::Location(
        wire::ResultLocation {
            uri: object.uri.to_owned(),
            format: object.format.into(),
            compression: object.compression.into(),
            size_bytes: object.bytes.len() as u64,
            sha256: Sha256::digest(object.bytes).to_vec().into(),
        },
    ));
    let key = finished.workflow_id.to_string();
    let payload = event.encode_to_vec();
    let record = Outgoing {
        partition,
        key: Some(key.as_bytes()),
        payload: Some(&payload),
        ..Outgoing::default()
    };
    world.writer().send(&world.topics()[0], record).unwrap();
    world.writer().flush().unwrap();
}

fn serve(world: &World, store: &ObjectStore, more: &[(&str, &str)]) -> Service {
    let environment = store.environment("daily");
    let own = environment.iter().map(|(name, value)| (*name, value.as_str()));
    world.serve_with(&own.chain(more.iter().copied()).collect::<Vec<_>>())
}

async fn counted(world: &World, column: &str) -> i64 {
    let sum = format!("select coalesce(sum({column}), 0)::bigint from dashloom.consumer_positions");
    world.db().query_one(&sum, &[]).await.unwrap().get(0)
}

fn table() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("date", Arc::new(Date32Array::from(vec![20_148, 20_148, 20_149]))),
        (
            "campaign",
            Arc::new(StringArray::from(vec!["brand", "generic", "brand"])),
        ),
        ("clicks", Arc::new(Int64Array::from(vec![7, 5, 30]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn parquet() -> Vec<u8> {
    let batch = table();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn arrow() -> Vec<u8> {
    let batch = table();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn every_format_in_a_bucket_gives_the_dashboard_of_its_rows() {
    let Some(store) = ObjectStore::start() else { return };
    let world = World::new().await;
    let _service = serve(&world, &store, &[]);
    let lines = "{\"date\":\"2025-03-01\",\"campaign\":\"brand\",\"clicks\":7}\n{\"date\":\"2025-03-01\",\"campaign\":\"generic\",\"clicks\":5}\n\
                 {\"date\":\"2025-03-02\",\"campaign\":\"brand\",\"clicks\":30}\n";
    for (key, bytes, format, compression) in [
        (
            "a.csv",
            CSV.as_bytes().to_vec(),
            wire::ResultFormat::Csv,
            wire::Compression::None,
        ),
        (
            "a.ndjson.gz",
            gzip(lines.as_bytes()),
            wire::ResultFormat::Ndjson,
            wire::Compression::Gzip,
        ),
        (
            "a.arrows.zst",
            zstd::encode_all(&arrow()[..], 1).unwrap(),
            wire::ResultFormat::ArrowStream,
            wire::Compression::Zstd,
        ),
        (
            "a.parquet",
            parquet(),
            wire::ResultFormat::Parquet,
            wire::Compression::None,
        ),
    ] {
        let workflow = world.workflow(key, ALL).await;
        let uri = store.put(&format!("daily/{key}"), &bytes);
        let object = Announced {
            uri: &uri,
            bytes: &bytes,
            format,
            compression,
        };
        announce(&world, &execution(&world, &workflow), &object).await;
        let view = world.view(&workflow, "all").await;
        assert_eq!(view.metric("clicks"), Some("42".to_owned()), "{key}");
    }
    assert_eq!(counted(&world, "applied").await, 4);
}

#[tokio::test]
async fn the_same_bytes_inline_and_by_reference_are_the_same_result() {
    let Some(store) = ObjectStore::start() else { return };
    let world = World::new().await;
    let _service = serve(&world, &store, &[]);
    let workflow = world.workflow("ads", ALL).await;
    let finished = execution(&world, &workflow);
    let uri = store.put("daily/a.csv", CSV.as_bytes());
    announce(&world, &finished, &Announced::csv(&uri)).await;
    world.announce(&[&finished]).await;
    world.settled().await;
    assert_eq!(
        (
            counted(&world, "applied").await,
            counted(&world, "duplicate").await
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn an_object_that_is_not_there_yet_is_waited_for() {
    let Some(store) = ObjectStore::start() else { return };
    let world = World::new().await;
    let _service = serve(&world, &store, &[]);
    let (late, punctual) = (
        world.workflow("late", ALL).await,
        world.workflow("punctual", ALL).await,
    );
    announce(
        &world,
        &execution(&world, &late),
        &Announced::csv(&store.uri("daily/late.csv")),
    )
    .await;
    world.announce(&[&execution(&world, &punctual)]).await;
    world.settled().await;
    assert_eq!(counted(&world, "parked").await, 1);
    let environment = store.environment("daily");
    let environment: Vec<_> = environment
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let pending = world
        .run_with(&["replay", "--pending", "--json"], &environment)
        .await
        .report();
    let why = pending["refused_executions"][0]["error"].as_str().unwrap();
    assert!(why.contains("daily/late.csv"), "{pending}");
    assert_eq!(
        world.view(&punctual, "all").await.metric("clicks"),
        Some("42".to_owned()),
        "nothing waits behind it"
    );
    store.put("daily/late.csv", CSV.as_bytes());
    assert_eq!(
        world.view(&late, "all").await.metric("clicks"),
        Some("42".to_owned())
    );
}

#[tokio::test]
async fn what_may_not_be_read_and_what_never_comes_is_dead_lettered_with_a_sentence() {
    let Some(store) = ObjectStore::start() else { return };
    let world = World::new().await;
    let _service = serve(&world, &store, &[("DASHLOOM_OBJECTS__GRACE", "1s")]);
    let workflow = world.workflow("ads", ALL).await;
    let outside = execution(&world, &workflow);
    let uri = store.put("secret/a.csv", CSV.as_bytes());
    announce(&world, &outside, &Announced::csv(&uri)).await;
    let other = execution(&world, &workflow);
    let uri = store.put(
        "daily/other.csv",
        b"date,campaign,clicks\n2025-03-01,brand,7\n2025-03-01,generic,5\n2025-03-02,brand,31\n",
    );
    announce(&world, &other, &Announced::csv(&uri)).await;
    let mut dead_letters = world.dead_letters();
    let records = dead_letters.at_least(2).await.unwrap();
    let said: Vec<String> = (records.iter().flat_map(|record| &record.headers))
        .filter(|(name, _)| name.starts_with("__connect.errors."))
        .map(|(_, value)| String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned())
        .collect();
    let says = |text: &str| said.iter().any(|value| value.contains(text));
    assert!(
        says("location_refused") && says("is under none of the prefixes in objects.allow"),
        "{said:?}"
    );
    assert!(
        says("result_unreadable") && says("another SHA-256 than announced"),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_store_that_is_away_dead_letters_nothing() {
    let Some(mut store) = ObjectStore::start() else {
        return;
    };
    let world = World::new().await;
    let uri = store.put("daily/a.csv", CSV.as_bytes());
    store.pause();
    let mut service = serve(&world, &store, &[]);
    let workflow = world.workflow("ads", ALL).await;
    announce(&world, &execution(&world, &workflow), &Announced::csv(&uri)).await;
    service.says("an object cannot be read just now").await;
    store.resume();
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("42".to_owned())
    );
    assert_eq!(
        (
            counted(&world, "dead_lettered").await,
            counted(&world, "parked").await
        ),
        (0, 0)
    );
}

#[tokio::test]
async fn nobody_waits_for_the_connection_of_one_whose_object_is_being_fetched() {
    // A store that takes requests and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let world = World::with_partitions(2).await;
    let _service = world.serve_with(&[
        ("DASHLOOM_DATABASE__APPLY_CONNECTIONS", "1"),
        ("DASHLOOM_OBJECTS__ALLOW", "s3://results/daily"),
        ("DASHLOOM_OBJECTS__TIMEOUT", "10m"),
        ("DASHLOOM_OBJECTS__S3_ENDPOINT", &endpoint),
        ("DASHLOOM_OBJECTS__S3_REGION", "us-east-1"),
        ("DASHLOOM_OBJECTS__S3_ACCESS_KEY_ID", "a-key"),
        ("DASHLOOM_OBJECTS__S3_SECRET_ACCESS_KEY", "a-secret"),
    ]);
    let (fetched, inline) = (
        world.workflow("fetched", ALL).await,
        world.workflow("inline", ALL).await,
    );
    let object = Announced::csv("s3://results/daily/a.csv");
    announce_to(&world, &execution(&world, &fetched), &object, Some(0)).await;
    let _request = silent.accept().await.unwrap();
    let finished = execution(&world, &inline);
    crate::stage::engine::finish(world.db(), &[&finished])
        .await
        .unwrap();
    finished
        .announce(world.writer(), &world.topics()[0], Some(1))
        .unwrap();
    world.writer().flush().unwrap();
    assert_eq!(
        world.view(&inline, "all").await.metric("clicks"),
        Some("42".to_owned())
    );
}

#[tokio::test]
async fn a_folder_serves_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let allow = format!("file://{}", folder.path().display());
    let _service = world.serve_with(&[("DASHLOOM_OBJECTS__ALLOW", &allow)]);
    let workflow = world.workflow("ads", ALL).await;
    std::fs::write(folder.path().join("a.csv"), CSV).unwrap();
    announce(
        &world,
        &execution(&world, &workflow),
        &Announced::csv(&format!("{allow}/a.csv")),
    )
    .await;
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("42".to_owned())
    );
}

#[tokio::test]
async fn a_partition_full_of_results_that_cannot_be_read_waits_and_gives_none_up() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let allow = format!("file://{}", folder.path().display());
    let mut service = world.serve_with(&[
        ("DASHLOOM_OBJECTS__ALLOW", &allow),
        ("DASHLOOM_CONSUMER__PARKED_MESSAGES", "2"),
        ("DASHLOOM_CONSUMER__BATCH_MESSAGES", "1"),
    ]);
    let workflow = world.workflow("ads", ALL).await;
    let missing: Vec<String> = (0..3).map(|number| format!("{allow}/{number}.csv")).collect();
    for uri in &missing {
        announce(&world, &execution(&world, &workflow), &Announced::csv(uri)).await;
    }
    service.says("the partition waits").await;
    assert_eq!(service.metric("dashloom_parked_full", &[]).unwrap(), 1.0);
    let behind = world.execution(
        &workflow,
        "2025-03-03",
        "2025-03-03",
        "date,clicks\n2025-03-03,8\n",
    );
    world.announce(&[&behind]).await;
    for number in 0..3 {
        std::fs::write(folder.path().join(format!("{number}.csv")), CSV).unwrap();
    }
    service.says("the partition goes on").await;
    world.settled().await;
    world
        .db()
        .until("the results that were waited for", async |db| {
            let left = "select not exists (select from dashloom.parked)";
            db.query_one(left, &[]).await.unwrap().get(0)
        })
        .await;
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("50".to_owned())
    );
    assert_eq!(counted(&world, "dead_lettered").await, 0);
    assert_eq!(service.metric("dashloom_parked_full", &[]).unwrap(), 0.0);
}
