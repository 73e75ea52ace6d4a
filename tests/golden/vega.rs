//! Every spec validates against the pinned Vega-Lite schema and is drawn by the real Vega, in two time zones and both themes,
//! with colours that everyone can see and tell apart.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dashloom::dashboard::Theme;

use crate::cases;
use crate::skip::skipped;

/// Node's packages, from the committed lock file, beside the build so that the sources stay clean.
fn installed() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vega");
    fs::create_dir_all(&folder).ok()?;
    let sources = cases::root().join("tests/vega");
    for file in fs::read_dir(sources).ok()?.flatten() {
        let file = file.path();
        if file.is_file() {
            fs::copy(&file, folder.join(file.file_name()?)).ok()?;
        }
    }
    let lock = fs::read(folder.join("package-lock.json")).ok()?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Some(folder);
    }
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .output()
        .ok()?;
    if !npm.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&npm.stderr));
        return None;
    }
    fs::write(stamp, lock).ok()?;
    Some(folder)
}

#[test]
fn specs_are_drawn_by_the_real_vega() {
    let Some(folder) = installed() else {
        skipped("node and npm, or the packages of tests/vega, are not at hand");
        return;
    };
    let (input, themes) = (written_views(&folder), written_themes(&folder));
    for timezone in ["UTC", "America/New_York"] {
        let check = Command::new("node")
            .arg("check.mjs")
            .args([&input, &themes])
            .env("TZ", timezone)
            .current_dir(&folder)
            .output();
        let check = check.unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&check.stdout),
            String::from_utf8_lossy(&check.stderr),
        );
        assert!(check.status.success(), "in {timezone}:\n{out}\n{err}");
    }
}

/// Every view of every case as one file of JSON.
fn written_views(folder: &Path) -> PathBuf {
    let views: Vec<String> = cases::all()
        .iter()
        .flat_map(|case| {
            case.views.iter().map(|view| {
                let (data, charts) = (&view.dashboard.processed_data, &view.dashboard.charts_config);
                format!(
                    "{{\"case\":\"{} {}\",\"charts\":{charts},\"data\":{data}}}",
                    case.name, view.key
                )
            })
        })
        .collect();
    let input = folder.join("views.json");
    fs::write(&input, format!("[{}]", views.join(","))).unwrap();
    input
}

/// Each theme with its configuration and the paper that the page shows charts on, by name, as one file of JSON.
fn written_themes(folder: &Path) -> PathBuf {
    let styles = fs::read_to_string(cases::root().join("web/page/styles.css")).unwrap();
    // The light one stands first.
    let papers = styles
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--paper:"));
    let themes: Vec<String> = [Theme::Light, Theme::Dark]
        .into_iter()
        .zip(papers)
        .map(|(theme, paper)| {
            let (config, paper) = (theme.config(), paper.trim().trim_end_matches(';'));
            format!(
                "\"{}\":{{\"config\":{config},\"paper\":\"{paper}\"}}",
                theme.name()
            )
        })
        .collect();
    assert_eq!(themes.len(), 2, "a paper for each theme");
    let file = folder.join("themes.json");
    fs::write(&file, format!("{{{}}}", themes.join(","))).unwrap();
    file
}

/// For looking at: `make charts`.
#[test]
#[ignore = "draws pictures for people to look at"]
fn every_chart_is_drawn_as_a_picture() {
    let folder = installed().unwrap();
    let (input, themes) = (written_views(&folder), written_themes(&folder));
    let pictures = cases::root().join("target/reports/charts");
    let _ = fs::remove_dir_all(&pictures);
    let report = Command::new("node")
        .args([Path::new("report.mjs"), &input, &themes, &pictures])
        .current_dir(&folder)
        .status();
    assert!(report.unwrap().success());
}
