//! The page in a headless Chromium, where there is one: used, photographed, and held against the rules of accessibility.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::flights;
use crate::harness::{Api, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_everything_to_everybody() {
    let Some(chromium) = chromium() else {
        return eprintln!("skipped: chromium is not installed");
    };
    let folder = match installed() {
        Ok(folder) => folder,
        Err(why) => return eprintln!("skipped: the packages of tests/page cannot be installed: {why}"),
    };
    let world = World::new().await;
    let mut service = world.serve_with(&[("DASHLOOM_HTTP__BURST", "5000")]);
    Api::of(&mut service).await;
    world.workflow("Empty", Some("{}")).await;
    let workflow = world.workflow("Flights from New York", None).await;
    let year = world.execution(&workflow, "2013-01-01", "2013-12-31", &table());
    world.announce(&[&year]).await;
    world.view(&workflow, "rolling").await;

    let address = format!("http://{}", service.http_address());
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports/page");
    let check = Command::new("node")
        .arg("check.mjs")
        .args([Path::new(&address), &chromium, &pictures])
        .current_dir(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&check.stderr);
    assert!(
        check.status.success(),
        "pictures are in {}:\n{said}",
        pictures.display()
    );
}

/// A year of flights as CSV.
fn table() -> String {
    let mut csv = "date,origin,carrier,flights,cancelled\n".to_owned();
    for row in flights::read().unwrap() {
        let (date, origin, carrier) = (row.date, &row.origin, &row.carrier);
        writeln!(csv, "{date},{origin},{carrier},{},{}", row.flights, row.cancelled).unwrap();
    }
    csv
}

fn chromium() -> Option<PathBuf> {
    let places = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];
    places.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// Node's packages, from the committed lock file, beside the build so that the sources stay clean.
fn installed() -> Result<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page");
    let told = |error: std::io::Error| error.to_string();
    fs::create_dir_all(&folder).map_err(told)?;
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page");
    for file in ["package.json", "package-lock.json", "check.mjs"] {
        fs::copy(sources.join(file), folder.join(file)).map_err(told)?;
    }
    let lock = fs::read(folder.join("package-lock.json")).map_err(told)?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(folder);
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let npm = Command::new("npm")
        .args(arguments)
        .current_dir(&folder)
        .output()
        .map_err(told)?;
    if !npm.status.success() {
        return Err(String::from_utf8_lossy(&npm.stderr).into_owned());
    }
    fs::write(stamp, lock).map_err(told)?;
    Ok(folder)
}
