//! Roles over real tables against a labelled list; the tables are not part of the project, so this skips without them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{ColumnFacts, Decision, decide};
use crate::event::{ColumnRole, Compression, ResultFormat};
use crate::rows::{Limits, observe, read};

const LABELS: &str = include_str!("../../../tests/fixtures/roles.csv");

fn tables() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .map(|folder| folder.join("shared/data"))
        .find(|folder| folder.is_dir())
}

fn labels() -> BTreeMap<String, Vec<(String, String)>> {
    let mut reader = csv::Reader::from_reader(LABELS.as_bytes());
    let mut labels: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for record in reader.records().map(Result::unwrap) {
        labels
            .entry(record[0].to_owned())
            .or_default()
            .push((record[1].to_owned(), record[2].to_owned()));
    }
    labels
}

fn decided(bytes: Vec<u8>) -> Vec<(String, Decision)> {
    let batches = read(
        ResultFormat::Csv,
        Compression::None,
        &Bytes::from(bytes),
        &Limits::default(),
    )
    .unwrap();
    let evidence = observe(&batches);
    let schema = batches[0].schema();
    let facts: Vec<_> = evidence
        .iter()
        .enumerate()
        .map(|(position, evidence)| ColumnFacts {
            label: schema.field(position).name(),
            position,
            evidence,
            hint: None,
            declared: None,
        })
        .collect();
    let labels = facts.iter().map(|facts| facts.label.to_owned());
    labels.zip(decide(&facts)).collect()
}

fn word(role: ColumnRole) -> &'static str {
    match role {
        ColumnRole::Time => "time",
        ColumnRole::Dimension => "dimension",
        ColumnRole::Measure => "measure",
        ColumnRole::Ratio => "ratio",
        ColumnRole::Id => "id",
        ColumnRole::Stage => "stage",
        ColumnRole::Ignore => "ignore",
    }
}

#[test]
fn roles_of_real_tables_are_right() {
    let Some(folder) = tables() else {
        // Past the harness, so that it is counted.
        let _ = writeln!(std::io::stderr().lock(), "skipped: there is no ../shared/data");
        return;
    };
    // By the role expected: those right, and all of them.
    let mut by_role: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let labels = labels();
    for (table, columns) in &labels {
        let found = decided(std::fs::read(folder.join(format!("{table}.csv"))).unwrap());
        assert_eq!(found.len(), columns.len(), "{table}");
        for ((label, decision), (expected_label, role)) in found.iter().zip(columns) {
            assert_eq!(label, expected_label, "{table}");
            let of_role = by_role.entry(role).or_default();
            of_role.1 += 1;
            if word(decision.role) == role {
                of_role.0 += 1;
            } else {
                eprintln!("{table} {label:?}: {role} expected. {}", decision.reason);
            }
        }
    }
    let percent = |(right, all): (u32, u32)| 100.0 * f64::from(right) / f64::from(all);
    for (role, of_role) in &by_role {
        let (right, all) = of_role;
        println!(
            "roles: {role} right={right} columns={all} percent={:.2}",
            percent(*of_role)
        );
        // A role that is rare must not hide behind those that are not.
        assert!(
            percent(*of_role) >= 85.0,
            "{right} of {all} columns that are a {role} are right"
        );
    }
    let (right, all) = by_role
        .values()
        .fold((0, 0), |sum, of_role| (sum.0 + of_role.0, sum.1 + of_role.1));
    println!(
        "roles: right={right} columns={all} percent={:.2}",
        percent((right, all))
    );
    assert!(
        percent((right, all)) >= 95.0,
        "{right} of {all} columns are right"
    );
}
