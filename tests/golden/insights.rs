//! Every sentence of every case is grounded: each number in it stands in its evidence.

use std::collections::BTreeSet;

use dashloom::dashboard::canonical_json;
use dashloom::insight::Insight;
use dashloom::insight::grounding::Grounds;
use serde_json::Value;

use crate::{cases, kinds};

/// What no sentence says.
const CAUSES: [&str; 12] = [
    "because",
    "cause",
    "caused",
    "causes",
    "due to",
    "drives",
    "driven",
    "leads to",
    "led to",
    "results in",
    "thanks to",
    "responsible",
];

#[test]
fn every_number_of_every_sentence_stands_in_its_evidence() {
    let mut sentences = 0;
    for case in cases::all() {
        for view in &case.views {
            let names = names(&view.dashboard.processed_data);
            for insight in &view.insights.insights {
                sentences += 1;
                let wrong = ungrounded(insight, &names);
                assert!(
                    wrong.is_empty(),
                    "{}: {wrong:?} in {:?}\n{}",
                    case.name,
                    insight.text,
                    insight.data_points
                );
            }
        }
    }
    for insight in kinds::told().iter().flatten() {
        let wrong = ungrounded(insight, &names(&insight.data_points));
        assert!(wrong.is_empty(), "{wrong:?} in {:?}", insight.text);
    }
    assert!(sentences > 30, "too few sentences to judge: {sentences}");
}

#[test]
fn sentences_are_whole_and_say_nothing_of_causes() {
    for case in cases::all() {
        for insight in case.views.iter().flat_map(|view| &view.insights.insights) {
            let text = &insight.text;
            assert!(
                !text.contains(['{', '}']) && text.ends_with('.') && text.len() < 320,
                "{}: {text}",
                case.name
            );
            let words = format!(" {} ", text.to_lowercase().replace([',', '.', ':'], " "));
            let cause = CAUSES.iter().find(|cause| words.contains(&format!(" {cause} ")));
            assert_eq!(cause, None, "{}: {text}", case.name);
        }
    }
}

#[test]
fn evidence_is_canonical_and_names_are_unique() {
    for case in cases::all() {
        for view in &case.views {
            let mut seen = BTreeSet::new();
            for insight in &view.insights.insights {
                assert_eq!(
                    canonical_json(&insight.data_points).unwrap(),
                    insight.data_points,
                    "{}",
                    case.name
                );
                assert_eq!(
                    canonical_json(&insight.subject).unwrap(),
                    insight.subject,
                    "{}",
                    case.name
                );
                assert!(
                    seen.insert((insight.insight_type, &insight.subject)),
                    "{}: {}",
                    case.name,
                    insight.subject
                );
                let evidence: Value = serde_json::from_str(&insight.data_points).unwrap();
                assert_eq!(evidence["schema"], "insight.evidence/1");
                let is_exact = evidence["claim_class"] == "exact";
                assert_eq!(
                    is_exact,
                    insight.confidence == 100,
                    "{}: {}",
                    case.name,
                    insight.text
                );
                assert!(is_exact || evidence["test"]["q"].as_f64().is_some_and(|q| q <= 0.10));
            }
        }
    }
}

/// Kinds that are arithmetic; every other one is a test's.
const EXACT: [&str; 5] = [
    "change_driver",
    "data_quality",
    "delivery_gap",
    "kpi_tree_driver",
    "mix_vs_rate",
];

#[test]
fn evidence_of_every_kind_holds_to_its_schema() {
    let of_cases = cases::all().iter().flat_map(|case| &case.views);
    let of_cases = of_cases.flat_map(|view| &view.insights.insights);
    let told = kinds::told();
    let of_kinds = told.iter().flatten();
    let mut seen = BTreeSet::new();
    for insight in of_cases.chain(of_kinds) {
        let evidence: Value = serde_json::from_str(&insight.data_points).unwrap();
        let is_exact = EXACT.contains(&insight.insight_type);
        let broken = broken(&evidence, is_exact);
        assert_eq!(broken, None, "{}: {}", insight.insight_type, insight.data_points);
        seen.insert(insight.insight_type);
    }
    assert_eq!(seen.len() + kinds::ELSEWHERE.len(), 24, "only of {seen:?}");
}

/// The first member that is missing from evidence, or of another type than it should be.
fn broken(evidence: &Value, is_exact: bool) -> Option<&'static str> {
    let number = |value: &Value| value.is_number();
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let list = |value: &Value| value.is_array();
    let missing = Value::Null;
    let at = |path: &str| evidence.pointer(path).unwrap_or(&missing);
    let class = if is_exact { "exact" } else { "inferential" };
    let shares = |value: &Value| value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share));
    let values = at("/values").as_object();
    let are_values = values.is_some_and(|values| {
        values
            .values()
            .all(|one| one["v"].is_number() && one["unit"].is_string())
    });
    let mut holds = vec![
        ("schema", at("/schema") == "insight.evidence/1"),
        ("claim_class", at("/claim_class") == class),
        ("subject.measure", at("/subject/measure").is_string()),
        ("subject.filters", list(at("/subject/filters"))),
        ("window.grain", text(at("/window/grain"))),
        ("values", are_values),
        ("effect.name", text(at("/effect/name"))),
        ("effect.v", number(at("/effect/v"))),
        ("effect.floor", number(at("/effect/floor"))),
        ("score.impact", shares(at("/score/impact"))),
        ("score.rank", shares(at("/score/rank"))),
        ("caveats", list(at("/caveats"))),
        ("provenance.executions", list(at("/provenance/executions"))),
        ("provenance.of", number(at("/provenance/of"))),
        ("provenance.series", text(at("/provenance/series"))),
        ("test", evidence.get("test").is_none() == is_exact),
    ];
    if !is_exact {
        holds.extend([
            ("test.name", text(at("/test/name"))),
            ("test.stat", number(at("/test/stat"))),
            ("test.p", shares(at("/test/p"))),
            ("test.q", shares(at("/test/q"))),
            ("test.pi0", shares(at("/test/pi0"))),
            ("test.m", number(at("/test/m"))),
            ("test.n", number(at("/test/n"))),
        ]);
    }
    holds.iter().find(|(_, holds)| !holds).map(|(name, _)| *name)
}

#[test]
fn a_sentence_with_another_number_is_caught() {
    let mut insight = Insight {
        insight_type: "trend",
        subject: "{}".to_owned(),
        text: "Clicks rose 12.3% to 3,560 on 1 Mar 2026.".to_owned(),
        confidence: 90,
        data_points: r#"{"effect":{"v":0.12309},"values":{"cur":{"v":3560.4}},"window":{"cur":["2026-03-01","2026-03-28"]}}"#
            .to_owned(),
    };
    assert_eq!(ungrounded(&insight, &[]), Vec::<String>::new());
    for (from, to) in [
        ("12.3", "12.4"),
        ("3,560", "3,561"),
        ("1 Mar", "2 Mar"),
        ("rose", "rose 7 times"),
    ] {
        let text = insight.text.clone();
        insight.text = text.replace(from, to);
        assert!(!ungrounded(&insight, &[]).is_empty(), "{}", insight.text);
        insight.text = text;
    }
}

/// Labels and values that a sentence may name, the longest first.
fn names(processed_data: &str) -> Vec<String> {
    let mut names = BTreeSet::new();
    collect_texts(&serde_json::from_str(processed_data).unwrap(), &mut names);
    // A name of digits alone stands in the evidence as itself.
    let is_mixed = |name: &String| {
        name.bytes().any(|byte| byte.is_ascii_digit()) && name.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let mut names: Vec<String> = names.into_iter().filter(is_mixed).collect();
    names.retain(|name| name.parse::<chrono::NaiveDate>().is_err());
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
}

fn collect_texts(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(out.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, out)),
        Value::Object(members) => members.values().for_each(|value| collect_texts(value, out)),
        _ => {}
    }
}

/// The numbers and dates of a sentence that its evidence lacks; a number may be off by half of its last digit.
fn ungrounded(insight: &Insight, names: &[String]) -> Vec<String> {
    let evidence: Value = serde_json::from_str(&insight.data_points).unwrap();
    let (mut numbers, mut texts) = (Vec::new(), BTreeSet::new());
    // What a sentence may say of a test, its p or its n, would stand in its values.
    for part in ["values", "effect"] {
        collect_numbers(&evidence[part], &mut numbers);
    }
    for part in ["subject", "window", "names"] {
        collect_texts(&evidence[part], &mut texts);
    }
    // Names with numbers in them: labels and values of the dashboard, and the windows that are compared.
    let mut windows = BTreeSet::new();
    collect_texts(&evidence["names"], &mut windows);
    let is_mixed = |name: &&String| name.chars().any(char::is_alphabetic);
    let windows = windows.iter().filter(is_mixed);
    let text = names
        .iter()
        .chain(windows)
        .fold(insight.text.clone(), |text, name| {
            text.replace(name.as_str(), "…")
        });
    let mut dates: Vec<String> = texts.iter().filter_map(|text| as_written(text)).collect();
    dates.sort_by_key(|date| std::cmp::Reverse(date.len()));
    let text = dates
        .iter()
        .fold(text, |text, date| text.replace(date.as_str(), "…"));
    let tokens = text.split(|c: char| c.is_whitespace() || "():;".contains(c));
    tokens
        .map(|token| token.trim_end_matches(['.', ',']))
        .filter(|token| token.bytes().any(|byte| byte.is_ascii_digit()))
        .filter(|token| !texts.contains(*token) && !stands(token, &numbers))
        .map(str::to_owned)
        .collect()
}

/// A date of the evidence as sentences write it.
fn as_written(text: &str) -> Option<String> {
    let date: chrono::NaiveDate = text.parse().ok()?;
    Some(date.format("%-d %b %Y").to_string())
}

fn stands(token: &str, numbers: &[f64]) -> bool {
    let (plain, scale) = match token.strip_suffix('%') {
        Some(plain) => (plain, 100.0),
        None => (token, 1.0),
    };
    let plain = plain.replace(',', "");
    let Ok(shown) = plain.parse::<f64>() else {
        return false;
    };
    let places = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let half = 0.5 / 10f64.powi(places as i32) + 1e-9 * shown.abs();
    // Points are shown in percent too, their unit apart.
    let near = |scale: f64| {
        numbers
            .iter()
            .any(|number| (number.abs() * scale - shown.abs()).abs() <= half * (1.0 + 1e-6))
    };
    near(scale) || (scale == 1.0 && near(100.0))
}

fn collect_numbers(value: &Value, out: &mut Vec<f64>) {
    match value {
        Value::Number(number) => out.extend(number.as_f64()),
        Value::Array(items) => items.iter().for_each(|item| collect_numbers(item, out)),
        Value::Object(members) => members.values().for_each(|value| collect_numbers(value, out)),
        _ => {}
    }
}

#[test]
fn sentences_can_be_held_against_their_evidence_and_no_other_digit_is_taken() {
    let (mut all, mut fit) = (0, 0);
    for case in cases::all() {
        for insight in case.views.iter().flat_map(|view| &view.insights.insights) {
            all += 1;
            let Ok(grounds) = Grounds::new(&insight.text, &insight.data_points) else {
                println!("{}: {} {}", case.name, insight.text, insight.data_points);
                continue;
            };
            fit += 1;
            for (at, own) in insight.text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
                for digit in ('0'..='9').filter(|digit| *digit != own) {
                    let mutant = format!("{}{digit}{}", &insight.text[..at], &insight.text[at + 1..]);
                    assert!(grounds.check(&mutant).is_err(), "{}: {mutant}", case.name);
                }
            }
        }
    }
    assert!(fit * 10 >= all * 9, "{fit} of {all} can be reworded");
}
