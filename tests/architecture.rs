//! Holds the source to its own map: who may import whom, how long a file may be, what may not be written at all.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What every room may use: plain values without I/O.
const TYPES: &[&str] = &["ids", "decimal", "window"];
/// The core, each room seeing those to its left.
const CORE: &[&str] = &["event", "rows", "aggregate", "dashboard", "insight", "export"];
/// One outside system each; none sees another.
const ADAPTERS: &[&str] = &["kafka", "objects", "store", "render", "language_model"];
/// The workflows; none sees another, but for `EXCEPTIONS`.
const SHELLS: &[&str] = &[
    "pipeline",
    "relay",
    "replay",
    "repair",
    "sweep",
    "retention",
    "http",
    "narrate",
];
/// What core rooms never mention: async, I/O, clocks, randomness.
const IMPURE: &[&str] = &[
    "tokio",
    "rdkafka",
    "deadpool",
    "tracing",
    "async fn",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Uuid::new_v4",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
];
/// What is never written outside tests.
const ABRUPT: &[&str] = &[
    ".unwrap()",
    ".expect(\"",
    "panic!(",
    "todo!(",
    "unimplemented!(",
    "unreachable!(",
    "dbg!(",
];
/// Longest file, in lines.
const LONGEST_FILE: usize = 600;
/// `main.rs` only parses and exits.
const LONGEST_MAIN: usize = 60;

/// A source file without its tests and comments.
struct Source {
    path: PathBuf,
    room: String,
    lines: Vec<(usize, String)>,
}

#[test]
fn rooms_import_only_what_the_map_allows() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(allowed) = allowed(&source.room) else {
            continue;
        };
        for (number, line) in &source.lines {
            for room in rooms_named_in(line) {
                if room != source.room && !allowed.contains(room.as_str()) {
                    wrong.push(format!(
                        "{}:{number}: {} must not import {room}",
                        source.path.display(),
                        source.room
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_room_has_its_place_on_the_map() {
    let rooms: BTreeSet<String> = sources().into_iter().map(|source| source.room).collect();
    let unknown: Vec<&String> = rooms
        .iter()
        .filter(|room| allowed(room).is_none() && !is_root(room))
        .collect();
    assert!(
        unknown.is_empty(),
        "not on the map of tests/architecture.rs: {unknown:?}"
    );
}

#[test]
fn the_core_is_pure() {
    let wrong = mentions(IMPURE, |source| {
        CORE.contains(&source.room.as_str()) || TYPES.contains(&source.room.as_str())
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn only_the_store_speaks_sql() {
    let calls = [
        ".query(",
        ".query_one(",
        ".query_opt(",
        ".query_raw(",
        ".batch_execute(",
        ".prepare_cached(",
    ];
    let wrong = mentions(&calls, |source| source.room != "store");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Tests that try every operation take them from the description: what is not in it must hold nobody's rows.
#[test]
fn every_operation_is_described() {
    let undescribed = [
        "http/openapi.rs",
        "http/page.rs",
        "http/health.rs",
        "http/admin.rs",
    ];
    let is_bound = |source: &Source| !undescribed.iter().any(|path| source.path.ends_with(path));
    let wrong = mentions(&[".route(", ".route_service("], is_bound);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn nothing_ends_abruptly() {
    let wrong = mentions(ABRUPT, |_| true);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn doors_hold_no_logic() {
    let wrong = mentions(&["fn "], |source| source.path.ends_with("mod.rs"));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        for path in rust_files(&root().join(folder)) {
            let lines = read(&path).lines().count();
            let limit = if path.ends_with("src/main.rs") {
                LONGEST_MAIN - 1
            } else {
                LONGEST_FILE
            };
            if lines > limit {
                wrong.push(format!("{}: {lines} lines, at most {limit}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Which rooms a room may import; `None` for those that compose everything.
fn allowed(room: &str) -> Option<BTreeSet<&'static str>> {
    let base: &[&str] = &["config", "telemetry"];
    let lists: Vec<&[&str]> = if TYPES.contains(&room) {
        vec![TYPES]
    } else if let Some(place) = CORE.iter().position(|core| *core == room) {
        vec![TYPES, &CORE[..place]]
    } else if room == "config" {
        vec![TYPES]
    } else if room == "telemetry" {
        vec![TYPES, &["config"]]
    } else if ADAPTERS.contains(&room) {
        vec![TYPES, CORE, base]
    } else if room == "fold" {
        vec![TYPES, CORE, base, &["store"]]
    } else if room == "http" {
        vec![TYPES, CORE, base, &["store", "objects", "render", "fold"]]
    } else if room == "replay" {
        vec![TYPES, CORE, base, ADAPTERS, &["fold", "pipeline"]]
    } else if SHELLS.contains(&room) {
        vec![TYPES, CORE, base, ADAPTERS, &["fold"]]
    } else {
        return None;
    };
    Some(lists.into_iter().flatten().copied().collect())
}

fn is_root(room: &str) -> bool {
    ["app", "cli", "main", "lib"].contains(&room)
}

fn mentions(words: &[&str], of: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| of(source)) {
        for (number, line) in &source.lines {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                found.push(format!("{}:{number}: `{word}`", source.path.display()));
            }
        }
    }
    found
}

/// The rooms of `crate::room` in a line, `use crate::{a, b::c}` included.
fn rooms_named_in(line: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for after in line.split("crate::").skip(1) {
        let group = after.strip_prefix('{').and_then(|rest| rest.split('}').next());
        let parts = group.map_or_else(|| vec![after], |inner| inner.split(',').collect());
        for part in parts {
            let part = part.trim_start();
            let end = part
                .find(|c: char| !c.is_ascii_lowercase() && c != '_')
                .unwrap_or(part.len());
            rooms.push(part[..end].to_owned());
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let files = rust_files(&src);
    let tests: BTreeSet<PathBuf> = files.iter().flat_map(|path| test_modules(path)).collect();
    let files = files
        .into_iter()
        .filter(|path| !tests.contains(path) && !is_test(path));
    files.map(|path| source(&src, path)).collect()
}

fn source(src: &Path, path: PathBuf) -> Source {
    let inside = path.strip_prefix(src).unwrap().to_str().unwrap();
    let room = inside
        .split('/')
        .next()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned();
    let text = read(&path);
    let mut lines = Vec::new();
    let mut is_for_tests = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_end() == "#[cfg(test)]" {
            is_for_tests = true;
        } else if is_for_tests && line.starts_with("mod ") && line.ends_with('{') {
            break;
        } else if !line.trim_start().starts_with("//") {
            if !is_for_tests {
                lines.push((index + 1, line.to_owned()));
            }
            is_for_tests &= !line.ends_with(';');
        }
    }
    Source { path, room, lines }
}

/// The files of the modules that a file declares for tests only.
fn test_modules(path: &Path) -> Vec<PathBuf> {
    let text = read(path);
    let lines: Vec<&str> = text.lines().collect();
    let declared = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    let names = declared.filter_map(|pair| pair[1].strip_prefix("mod ")?.strip_suffix(';'));
    let is_door = ["mod.rs", "lib.rs", "main.rs"]
        .iter()
        .any(|door| path.ends_with(door));
    let folder = if is_door {
        path.with_file_name("")
    } else {
        path.with_extension("")
    };
    names.map(|name| folder.join(format!("{name}.rs"))).collect()
}

fn is_test(path: &Path) -> bool {
    path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
