//! The page in a headless Chromium, where there is one: used, photographed, and held against the rules of accessibility.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::flights;
use crate::harness::{Api, OWNER, Service, World};

/// A year of flights on the page's dashboard.
const YEAR: (&str, &str) = ("2013-01-01", "2013-12-31");

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_everything_to_everybody() {
    let Some(stage) = Stage::set() else { return };
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let location = format!("file://{}", folder.path().display());
    let settings = [
        ("DASHLOOM_HTTP__BURST", "5000"),
        ("DASHLOOM_EXPORTS__LOCATION", location.as_str()),
    ];
    let mut service = world.serve_with(&settings);
    Api::of(&mut service).await;
    world.workflow("Empty", Some("{}")).await;
    let visits = world.workflow("Visits of a shop", None).await;
    let month = world.execution(&visits, "2013-03-01", "2013-03-31", &visits_of_march());
    world.announce(&[&month]).await;
    world.view(&visits, "rolling").await;
    let workflow = world.workflow("Flights from New York", None).await;
    let year = world.execution(&workflow, YEAR.0, YEAR.1, &table(YEAR.1));
    world.announce(&[&year]).await;
    world.view(&workflow, "rolling").await;
    let check = stage.script("check.mjs", &service).output().unwrap();
    let said = String::from_utf8_lossy(&check.stderr);
    assert!(
        check.status.success(),
        "pictures are in {}:\n{said}",
        stage.pictures.display()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_signs_in_and_sees_results_land() {
    let Some(stage) = Stage::set() else { return };
    let world = World::new().await;
    let mut service = world.serve_with(&[&Api::LOGIN[..], &[("DASHLOOM_HTTP__BURST", "5000")]].concat());
    Api::of(&mut service).await;
    let workflow = world.workflow("Flights from New York", None).await;
    let autumn = world.execution(&workflow, YEAR.0, "2013-12-30", &table("2013-12-30"));
    world.announce(&[&autumn]).await;
    world.view(&workflow, "rolling").await;
    let mut check = stage
        .script("live.mjs", &service)
        .arg(Api::token_of(OWNER))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(check.stdout.take().unwrap()).lines();
    if said.next().is_some_and(|line| line.unwrap() == "watching") {
        let year = world.execution(&workflow, YEAR.0, YEAR.1, &table(YEAR.1));
        world.announce(&[&year]).await;
    }
    let check = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&check.stderr);
    assert!(
        check.status.success(),
        "pictures are in {}:\n{said}",
        stage.pictures.display()
    );
}

/// What the browser's scripts need on this machine.
struct Stage {
    chromium: PathBuf,
    scripts: PathBuf,
    pictures: PathBuf,
}

impl Stage {
    /// The stage; `None`, and the reason on stderr, where something is missing.
    fn set() -> Option<Self> {
        let Some(chromium) = chromium() else {
            return skipped("chromium is not installed");
        };
        // One test installs, the others wait.
        static SCRIPTS: LazyLock<Result<PathBuf, String>> = LazyLock::new(installed);
        let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports/page");
        match &*SCRIPTS {
            Ok(scripts) => Some(Self {
                chromium,
                scripts: scripts.clone(),
                pictures,
            }),
            Err(why) => skipped(&format!("the packages of tests/page cannot be installed: {why}")),
        }
    }

    /// A script with the arguments that each takes.
    fn script(&self, name: &str, service: &Service) -> Command {
        let mut command = Command::new("node");
        command
            .arg(name)
            .arg(format!("http://{}", service.http_address()))
            .args([&self.chromium, &self.pictures])
            .current_dir(&self.scripts);
        command
    }
}

fn skipped(why: &str) -> Option<Stage> {
    crate::stage::skip::skipped(why);
    None
}

/// Flights up to a date as CSV.
fn table(to: &str) -> String {
    let to: chrono::NaiveDate = to.parse().unwrap();
    let mut csv = "date,origin,carrier,flights,cancelled\n".to_owned();
    for row in flights::read().unwrap().into_iter().filter(|row| row.date <= to) {
        let (date, origin, carrier) = (row.date, &row.origin, &row.carrier);
        writeln!(csv, "{date},{origin},{carrier},{},{}", row.flights, row.cancelled).unwrap();
    }
    csv
}

/// More measures than have cards at first, as CSV.
fn visits_of_march() -> String {
    let mut csv = "date,visits,baskets,orders,returns,calls,mails,parcels,gifts\n".to_owned();
    for day in 1..=31 {
        let numbers = (1..=8).map(|measure| (day * 37 % 11 + measure * 10).to_string());
        writeln!(csv, "2013-03-{day:02},{}", numbers.collect::<Vec<_>>().join(",")).unwrap();
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
    for file in [
        "package.json",
        "package-lock.json",
        "browser.mjs",
        "check.mjs",
        "live.mjs",
    ] {
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
