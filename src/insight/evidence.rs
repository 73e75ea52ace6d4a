//! `data_points`: the evidence of an insight as canonical JSON.

use super::claim::{Claim, Show, Subject, Test, Value};
use super::find::Judged;
use super::judge::Verdict;
use super::{number, wording};
use crate::window::Window;

/// The most executions that are named.
const MAX_EXECUTIONS: usize = 3;

/// Where the evidence comes from.
#[derive(Debug, Clone)]
pub struct Provenance<'a> {
    /// The executions of the view, sorted.
    pub executions: &'a [crate::ids::ExecutionId],
    /// The names of the dashboard's datasets.
    pub datasets: &'a [String],
    /// The step's name.
    pub grain: &'static str,
    /// How many series and comparisons were left out because the budget of tests was spent.
    pub skipped: usize,
}

/// The evidence of a judged claim.
pub fn data_points(judged: &Judged, provenance: &Provenance<'_>) -> String {
    let (claim, verdict) = (&judged.claim, judged.verdict.as_ref());
    let class = if claim.test.is_some() {
        "inferential"
    } else {
        "exact"
    };
    let mut members = vec![
        ("schema", string("insight.evidence/1")),
        ("claim_class", string(class)),
        ("subject", subject(&claim.subject)),
        ("window", window(claim, provenance.grain)),
        ("values", values(&claim.values)),
        ("effect", effect(claim)),
        (
            "score",
            object(vec![
                ("confidence", number::text(f64::from(judged.confidence) / 100.0)),
                ("impact", number::text(claim.impact)),
                ("rank", number::text(judged.rank)),
            ]),
        ),
        ("names", array(wording::names(claim).into_iter().map(string))),
        (
            "caveats",
            array(claim.caveats.iter().map(|caveat| string(caveat))),
        ),
        ("provenance", origin(claim, provenance)),
    ];
    if let Some(test) = &claim.test {
        members.push(("test", tested(test, verdict, provenance.skipped)));
    }
    object(members)
}

/// The subject as canonical JSON: what the insight is known by.
pub fn subject(subject: &Subject) -> String {
    let filter = |(dimension, value): &(String, String)| {
        object(vec![("dim", string(dimension)), ("eq", string(value))])
    };
    let mut members = vec![
        ("filters", array(subject.filters.iter().map(filter))),
        ("measure", string(&subject.measure)),
    ];
    if let Some(date) = subject.date {
        members.push(("date", string(&date.to_string())));
    }
    if let Some(dimension) = &subject.dimension {
        members.push(("dim", string(dimension)));
    }
    if let Some(with) = &subject.with {
        members.push(("with", string(with)));
    }
    object(members)
}

fn window(claim: &Claim, grain: &str) -> String {
    let span = |window: Window| {
        array(
            [window.start(), window.end()]
                .iter()
                .map(|date| string(&date.to_string())),
        )
    };
    let mut members = vec![("grain", string(grain))];
    if let Some(current) = claim.span.current {
        members.push(("cur", span(current)));
    }
    if let Some(reference) = claim.span.reference {
        members.push(("ref", span(reference)));
    }
    if claim.span.is_aligned {
        members.push(("aligned", string("weekday")));
    }
    object(members)
}

fn values(values: &[Value]) -> String {
    let value = |value: &Value| {
        let v = value
            .exact
            .map_or_else(|| number::text(value.v), |exact| exact.to_string());
        let mut members = vec![("v", v), ("unit", string(unit(&value.show)))];
        if let Some((num, den)) = value.parts {
            members.push(("num", number::text(num)));
            members.push(("den", number::text(den)));
        }
        (value.id, object(members))
    };
    object(values.iter().map(value).collect())
}

fn unit(show: &Show) -> &str {
    use crate::dashboard::config::Format;
    match show {
        Show::Measure(Format::Percent, _) | Show::Size(Format::Percent, _) | Show::Share | Show::Points => {
            "ratio"
        }
        Show::Measure(_, unit) | Show::Size(_, unit) => unit,
        Show::Count => "count",
        Show::Coefficient | Show::Hidden => "",
    }
}

fn effect(claim: &Claim) -> String {
    let effect = &claim.effect;
    let mut members = vec![
        ("name", string(effect.name)),
        ("v", number::text(effect.v)),
        ("floor", number::text(effect.floor)),
    ];
    if let Some((low, high)) = effect.ci95 {
        members.push(("ci95", array([number::text(low), number::text(high)])));
    }
    object(members)
}

fn tested(test: &Test, verdict: Option<&Verdict>, skipped: usize) -> String {
    let mut members = vec![
        ("name", string(test.name)),
        ("stat", number::text(test.stat)),
        ("p", number::text(test.p)),
        ("p_any", number::text(test.p_any)),
        ("n", test.n.to_string()),
    ];
    if !test.scale.is_empty() {
        members.push(("scale", string(test.scale)));
    }
    for (key, estimate) in [("df", test.df), ("phi", test.phi), ("rho", test.rho)] {
        if let Some(estimate) = estimate {
            members.push((key, number::text(estimate)));
        }
    }
    if let Some(verdict) = verdict {
        members.push(("q", number::text(verdict.q)));
        members.push(("m", verdict.standing.m.to_string()));
        members.push(("pi0", number::text(verdict.standing.pi0)));
    }
    if skipped > 0 {
        members.push(("skipped", skipped.to_string()));
    }
    object(members)
}

/// The first executions by id, how many there are, and the dataset that shows the numbers.
fn origin(claim: &Claim, provenance: &Provenance<'_>) -> String {
    let named = provenance.executions.iter().take(MAX_EXECUTIONS);
    let filters = claim.subject.filters.iter().map(|(dimension, _)| dimension);
    let mut dimensions: Vec<&String> = filters.chain(&claim.subject.dimension).collect();
    dimensions.dedup();
    let wished = match dimensions[..] {
        [] => vec!["trend".to_owned()],
        [one] => vec![format!("by_{one}"), format!("change_by_{one}")],
        _ => Vec::new(),
    };
    let is_there = |name: &String| provenance.datasets.contains(name);
    let dataset = wished.into_iter().find(is_there);
    let dataset = format!("/datasets/{}", dataset.as_deref().unwrap_or("table"));
    object(vec![
        ("executions", array(named.map(|id| string(&id.to_string())))),
        ("of", provenance.executions.len().to_string()),
        ("series", string(&dataset)),
    ])
}

fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn array(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    format!("[{}]", items.join(","))
}

/// An object, its members sorted bytewise by key.
fn object(mut members: Vec<(&str, String)>) -> String {
    members.sort_unstable();
    let members: Vec<String> = members
        .into_iter()
        .map(|(key, value)| format!("{}:{value}", string(key)))
        .collect();
    format!("{{{}}}", members.join(","))
}
