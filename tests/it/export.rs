//! Taking a dashboard away: `dashloom export` writes a stored view in every format, and says what it cannot do.

use std::path::Path;
use std::process::{Command, Output};

use uuid::Uuid;

use crate::harness::{Kitchen, finished};

/// A kitchen with one dashboard, and the dashboard's id.
async fn kitchen() -> (Kitchen, Uuid) {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let rows = "date,campaign,clicks\n2026-03-02,=cmd|' /C calc'!A0,5\n2026-03-03,second,-7\n";
    let result = finished(workflow, 1, ("2026-03-02", "2026-03-03"), 1, rows);
    kitchen.apply(&[&result]).await;
    let row = kitchen
        .database
        .query_one("SELECT id FROM dashboard_views", &[])
        .await
        .unwrap();
    (kitchen, row.get(0))
}

fn export(kitchen: &Kitchen, view: Uuid, out: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dashloom"))
        .args(["export", "--view", &view.to_string(), "--out"])
        .arg(out)
        .args(more)
        .env("DATABASE_URL", kitchen.database.url())
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_dashboard_is_written_in_every_format() {
    let (kitchen, view) = kitchen().await;
    let folder = tempfile::tempdir().unwrap();
    let formats: [(&str, &[u8]); 5] = [
        ("html", b"<!doctype html>"),
        ("pdf", b"%PDF-"),
        ("png", b"\x89PNG"),
        ("csv", "\u{feff}".as_bytes()),
        ("xlsx", b"PK"),
    ];
    for (format, begins) in formats {
        let file = folder.path().join(format!("report.{format}"));
        let ran = export(&kitchen, view, &file, &[]);
        assert!(ran.status.success(), "{format}: {ran:?}");
        let line = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(
            line.starts_with(&format!("export: view={view} format={format} bytes=")),
            "{line}"
        );
        let written = std::fs::read(&file).unwrap();
        assert!(written.starts_with(begins), "{format}");
        assert!(export(&kitchen, view, &file, &[]).status.success());
        assert_eq!(
            std::fs::read(&file).unwrap(),
            written,
            "the same view gives the same {format}"
        );
    }
    let csv = std::fs::read_to_string(folder.path().join("report.csv")).unwrap();
    assert!(
        csv.contains("'=cmd|' /C calc'!A0,5"),
        "a formula is a text: {csv}"
    );
    assert!(csv.contains("second,-7"), "a negative number is a number: {csv}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        5,
        "nothing else is left behind"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_said_in_a_sentence() {
    let (kitchen, view) = kitchen().await;
    let folder = tempfile::tempdir().unwrap();
    let refused = |view: Uuid, name: &str, more: &[&str]| {
        let ran = export(&kitchen, view, &folder.path().join(name), more);
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        assert!(!folder.path().join(name).exists(), "{name} was written");
        String::from_utf8_lossy(&ran.stderr).into_owned()
    };
    let nobody = refused(Uuid::nil(), "a.pdf", &[]);
    assert!(nobody.contains("there is no dashboard 00000000"), "{nobody}");
    let dataset = refused(view, "a.csv", &["--dataset", "tabel"]);
    assert!(
        dataset.contains("there is no dataset \"tabel\"; there are by_campaign"),
        "{dataset}"
    );
    let chart = refused(view, "a.png", &["--chart", "nothing"]);
    assert!(chart.contains("there is no chart \"nothing\""), "{chart}");
    let format = refused(view, "a.doc", &[]);
    assert!(format.contains("let it end in"), "{format}");
}
