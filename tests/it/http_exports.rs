//! Taking dashboards away over HTTP: files are made, kept, listed, downloaded, and gone when their time is over.

use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

use crate::harness::{Answer, Api, OWNER, Service, Workflow, World};

const ROWS: &str = "date,campaign,clicks,spend\n2026-11-01,=cmd|' /C calc'!A0,10,1.5\n2026-11-02,<script>alert(1)</script>,20,2.25\n";
const FORMATS: [(&str, &str, &[u8]); 5] = [
    ("pdf", "application/pdf", b"%PDF-"),
    ("png", "image/png", b"\x89PNG"),
    ("csv", "text/csv; charset=utf-8", "\u{feff}".as_bytes()),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"PK",
    ),
    ("html", "text/html; charset=utf-8", b"<!doctype html>"),
];

/// A service that keeps its files in a folder, with one dashboard.
struct Library {
    world: World,
    service: Service,
    api: Api,
    workflow: Workflow,
    dashboard: Uuid,
    folder: TempDir,
}

impl Library {
    async fn new(more: &[(&str, &str)]) -> Self {
        let world = World::new().await;
        let folder = tempfile::tempdir().unwrap();
        let location = format!("file://{}/exports", folder.path().display());
        let environment = [&[("DASHLOOM_EXPORTS__LOCATION", location.as_str())][..], more].concat();
        let mut service = world.serve_with(&environment);
        let api = Api::of(&mut service).await;
        let workflow = world.workflow("Spring / \"campaign\"", None).await;
        let first = world.execution(&workflow, "2026-11-01", "2026-11-02", ROWS);
        world.announce(&[&first]).await;
        let dashboard = world.view(&workflow, "rolling").await.id;
        Self {
            world,
            service,
            api,
            workflow,
            dashboard,
            folder,
        }
    }

    async fn export(&self, wanted: &Value) -> Answer {
        let path = format!("/api/v1/dashboards/{}/exports", self.dashboard);
        self.api.post(&path, wanted).await
    }

    async fn download(&self, export: &Value) -> Answer {
        self.api.get(export["download"].as_str().unwrap()).await
    }

    /// Where an export's file lies.
    async fn file(&self, export: &Value) -> PathBuf {
        let id: Uuid = export["id"].as_str().unwrap().parse().unwrap();
        let query = "select file_url from report_exports where id = $1";
        let url: String = self.world.db().query_one(query, &[&id]).await.unwrap().get(0);
        PathBuf::from(url.strip_prefix("file://").unwrap())
    }

    fn files(&self) -> usize {
        let folder = self
            .folder
            .path()
            .join("exports")
            .join(self.dashboard.to_string());
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn every_format_is_made_kept_listed_and_downloaded() {
    let library = Library::new(&[]).await;
    for (format, media_type, begins) in FORMATS {
        let answer = library.export(&json!({"format": format})).await;
        let made = answer.expect(201);
        assert_eq!(
            answer.header("location"),
            format!("/api/v1/exports/{}", made["id"].as_str().unwrap())
        );
        assert_eq!(made["file_name"], format!("Spring campaign 2026-11-02.{format}"));
        let file = library.download(&made).await;
        assert_eq!(file.status, 200, "{}", file.text);
        assert!(file.bytes.starts_with(begins), "{format}");
        assert_eq!(file.header("content-type"), media_type);
        assert_eq!(file.header("content-length"), made["size_bytes"].to_string());
        assert!(
            file.header("content-disposition")
                .starts_with("attachment; filename=\"Spring campaign")
        );
        let sha256: String = Sha256::digest(&file.bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(made["sha256"], sha256);
        assert_eq!(std::fs::read(library.file(&made).await).unwrap(), file.bytes);
        let etag = file.header("etag");
        assert_eq!(etag, format!("\"{sha256}\""));
        let path = made["download"].as_str().unwrap();
        let again = library.api.get_with(path, &[("if-none-match", etag)]).await;
        assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0), "{format}");
        let one = library.api.get(answer.header("location")).await.expect(200);
        assert_eq!(one, made);
        match format {
            "csv" => assert!(file.text.contains("'=cmd|' /C calc'!A0"), "{}", file.text),
            "html" => {
                assert!(file.text.contains("&lt;script&gt;") && !file.text.contains("<script"));
                assert!(file.text.contains("<svg "), "charts are drawn");
            }
            _ => {}
        }
    }
    let path = format!("/api/v1/exports?dashboard_id={}", library.dashboard);
    let first = library.api.get(&format!("{path}&limit=3")).await.expect(200);
    let next = first["next"].as_str().unwrap();
    let rest = library
        .api
        .get(&format!("{path}&limit=3&cursor={next}"))
        .await
        .expect(200);
    let all = [&first, &rest]
        .map(|page| page["items"].as_array().unwrap().clone())
        .concat();
    let formats: Vec<&str> = all.iter().map(|item| item["format"].as_str().unwrap()).collect();
    assert_eq!(formats, ["html", "xlsx", "csv", "png", "pdf"], "the latest first");
    assert!(rest["next"].is_null());
    let pictures = library.api.get(&format!("{path}&format=png")).await.expect(200);
    assert_eq!(pictures["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_is_made_once_for_each_content_format_and_options() {
    let library = Library::new(&[]).await;
    let pdf = json!({"format": "pdf"});
    let made = library.export(&pdf).await.expect(201);
    let again = library.export(&pdf).await.expect(200);
    assert_eq!(again["id"], made["id"]);
    assert!(
        again["expires_at"].as_str() > made["expires_at"].as_str(),
        "it is kept for longer"
    );
    assert_eq!(
        library
            .export(&json!({"format": "pdf", "paper": "a4"}))
            .await
            .expect(200)["id"],
        made["id"]
    );
    let letter = library
        .export(&json!({"format": "pdf", "paper": "letter"}))
        .await
        .expect(201);
    assert_ne!(letter["sha256"], made["sha256"]);
    let dataset = library
        .export(&json!({"format": "csv", "dataset": "trend"}))
        .await
        .expect(201);
    assert!(library.download(&dataset).await.text.contains("2026-11-01"));

    let query = "update workflows set name = 'Renamed' where id = $1";
    library
        .world
        .db()
        .execute(query, &[&library.workflow.id])
        .await
        .unwrap();
    let renamed = library.export(&pdf).await.expect(201);
    assert_eq!(renamed["file_name"], "Renamed 2026-11-02.pdf");
    let more = library.world.execution(
        &library.workflow,
        "2026-11-03",
        "2026-11-03",
        "date,campaign,clicks,spend\n2026-11-03,c,5,1\n",
    );
    library.world.announce(&[&more]).await;
    library.world.settled().await;
    let changed = library.export(&pdf).await.expect(201);
    assert_eq!(changed["file_name"], "Renamed 2026-11-03.pdf");

    // A file that somebody took out of the folder is gone, and made again when it is asked for.
    std::fs::remove_file(library.file(&changed).await).unwrap();
    assert_eq!(library.download(&changed).await.refusal(410), "gone");
    let again = library.export(&pdf).await.expect(201);
    assert_eq!(library.download(&again).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_at_once_gets_one_file() {
    let mut library = Library::new(&[]).await;
    let wanted = json!({"format": "pdf"});
    let answers = futures::future::join_all((0..6).map(|_| library.export(&wanted))).await;
    let mut made = 0;
    let mut ids: Vec<String> = Vec::new();
    for answer in &answers {
        made += usize::from(answer.status == 201);
        assert!(answer.status.is_success(), "{}", answer.text);
        ids.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!((made, ids.len()), (1, 1), "{ids:?}");
    let listed = library.api.get("/api/v1/exports").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // What the others made goes.
    while library.files() > 1 {
        library.service.says("expired files removed").await;
    }
    assert_eq!(library.download(&answers[0].json()).await.status, 200);
}

#[tokio::test]
async fn a_file_that_cannot_be_removed_stands_in_no_others_way() {
    let mut library = Library::new(&[]).await;
    let stuck = library.export(&json!({"format": "pdf"})).await.expect(201);
    library.export(&json!({"format": "csv"})).await.expect(201);
    let place = library.file(&stuck).await;
    std::fs::remove_file(&place).unwrap();
    std::fs::create_dir_all(place.join("in the way")).unwrap();
    let past = "update report_exports set expires_at = now() - interval '1 second'";
    library.world.db().execute(past, &[]).await.unwrap();
    library.service.says("an expired file could not be removed").await;
    library.service.says("expired files removed").await;
    assert_eq!(library.files(), 1, "the other one is gone");
}

#[tokio::test]
async fn what_has_expired_is_gone_and_its_file_removed() {
    let mut library = Library::new(&[]).await;
    let (pdf, csv) = (json!({"format": "pdf"}), json!({"format": "csv"}));
    let expired = library.export(&pdf).await.expect(201);
    let kept = library.export(&csv).await.expect(201);
    assert_eq!(library.files(), 2);
    let id: Uuid = expired["id"].as_str().unwrap().parse().unwrap();
    let past = "update report_exports set expires_at = now() - interval '1 second' where id = $1";
    library.world.db().execute(past, &[&id]).await.unwrap();
    assert_eq!(library.download(&expired).await.refusal(410), "gone");
    let known = [("if-none-match", "*")];
    let known = library
        .api
        .get_with(expired["download"].as_str().unwrap(), &known)
        .await;
    assert_eq!(known.refusal(410), "gone", "also for who has it");
    let path = format!("/api/v1/exports/{id}");
    assert_eq!(
        library.api.get(&path).await.expect(200)["expired"],
        true,
        "what is known of it stays"
    );
    library.service.says("expired files removed").await;
    assert_eq!(library.files(), 1);
    assert_eq!(library.download(&expired).await.refusal(410), "gone");
    assert_eq!(library.download(&kept).await.status, 200);
    let anew = library.export(&pdf).await.expect(201);
    assert_ne!(anew["id"], expired["id"]);

    // Files go with their dashboard, too.
    let delete = "delete from workflows where id = $1";
    library
        .world
        .db()
        .execute(delete, &[&library.workflow.id])
        .await
        .unwrap();
    library.service.says("expired files removed").await;
    assert_eq!(library.files(), 0);
    assert_eq!(library.api.get(&path).await.refusal(404), "not_found");
    let left = library
        .world
        .db()
        .query_one("select count(*) from dashloom.discarded_files", &[])
        .await;
    assert_eq!(left.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused_with_its_place() {
    let library = Library::new(&[]).await;
    let wrong = [
        (json!({"format": "doc"}), "/format"),
        (json!({}), ""),
        (json!({"format": "png", "paper": "a4"}), "/paper"),
        (json!({"format": "pdf", "chart": "trend"}), "/chart"),
        (json!({"format": "pdf", "dataset": "trend"}), "/dataset"),
        (json!({"format": "png", "chart": "no\0ne"}), "/chart"),
        (json!({"format": "csv", "dataset": "nothing"}), "/dataset"),
        (json!({"format": "csv", "colour": "red"}), "/colour"),
    ];
    for (wanted, path) in wrong {
        let answer = library.export(&wanted).await;
        assert_eq!(answer.wrong_places(&wanted)[0], path, "{wanted}: {}", answer.text);
    }
    assert_eq!(library.files(), 0, "nothing is kept of what was refused");
    let nowhere = format!("/api/v1/dashboards/{}/exports", Uuid::nil());
    let refused = library.api.post(&nowhere, &json!({"format": "csv"})).await;
    assert_eq!(refused.refusal(404), "not_found");
    let update = "update dashboard_views set archived_at = now()";
    library.world.db().execute(update, &[]).await.unwrap();
    assert_eq!(
        library.export(&json!({"format": "csv"})).await.refusal(409),
        "conflict"
    );
}

#[tokio::test]
async fn a_service_that_keeps_files_nowhere_names_the_setting() {
    let world = World::new().await;
    let mut service = world.serve_with(&Api::LOGIN);
    let api = Api::of(&mut service).await.as_user(OWNER);
    let workflow = world.workflow("kept nowhere", None).await;
    let first = world.execution(&workflow, "2026-11-01", "2026-11-02", ROWS);
    world.announce(&[&first]).await;
    let dashboard = world.view(&workflow, "rolling").await.id;
    let path = format!("/api/v1/dashboards/{dashboard}/exports");
    let answer = api.post(&path, &json!({"format": "csv"})).await;
    assert_eq!(answer.refusal(503), "not_configured");
    assert!(answer.text.contains("exports.location"), "{}", answer.text);
}

#[tokio::test]
async fn a_users_files_are_their_own_to_renew_and_no_strangers_to_see() {
    let library = Library::new(&Api::LOGIN).await;
    let path = format!("/api/v1/dashboards/{}/exports", library.dashboard);
    let csv = json!({"format": "csv"});
    let owner = library.api.as_user(OWNER);
    let made = owner.post(&path, &csv).await.expect(201);
    assert_eq!(made["exported_by"], OWNER.to_string());
    assert_eq!(owner.post(&path, &csv).await.expect(200)["id"], made["id"]);
    let stranger = library.api.as_user(Uuid::from_u128(0x57));
    assert_eq!(stranger.post(&path, &csv).await.refusal(404), "not_found");
    let download = made["download"].as_str().unwrap();
    // A row that names another's file opens nothing, and nothing is removed by it.
    let forge = "insert into report_exports (dashboard_view_id, export_format, file_url, file_size_bytes, expires_at) \
                 select dashboard_view_id, export_format, file_url, file_size_bytes, now() + interval '1 day' from report_exports \
                 returning id";
    let forged: Uuid = library.world.db().query_one(forge, &[]).await.unwrap().get(0);
    let path = format!("/api/v1/exports/{forged}/file");
    assert_eq!(owner.get(&path).await.refusal(410), "gone");
    let delete = "delete from report_exports where id = $1";
    library.world.db().execute(delete, &[&forged]).await.unwrap();
    let discarded = library
        .world
        .db()
        .query_one("select count(*) from dashloom.discarded_files", &[])
        .await;
    assert_eq!(discarded.unwrap().get::<_, i64>(0), 0);
    assert_eq!(stranger.get(download).await.refusal(404), "not_found");
    assert_eq!(owner.get(download).await.status, 200);
}
