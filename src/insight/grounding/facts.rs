//! An insight's sentence with the evidence that each of its numbers stands on.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::check::Doubt;
use super::lexicon::{self, Meaning};
use super::tokens::{Number, Token, Vocabulary};
use crate::dashboard::config::Format;
use crate::insight::claim::Show;
use crate::insight::wording::shown;

/// The longest sentence and evidence that are looked at, in bytes.
const LONGEST_SENTENCE: usize = 1_000;
const LONGEST_EVIDENCE: usize = 16_384;

/// What of `data_points` a sentence can stand on.
#[derive(Debug, Deserialize)]
struct Evidence {
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    values: BTreeMap<String, Given>,
    effect: Effect,
    #[serde(default)]
    subject: Subject,
    #[serde(default)]
    window: Window,
}

#[derive(Debug, Deserialize)]
struct Given {
    v: f64,
    #[serde(default)]
    unit: String,
}

#[derive(Debug, Deserialize)]
struct Effect {
    name: String,
    v: f64,
}

#[derive(Debug, Default, Deserialize)]
struct Subject {
    date: Option<NaiveDate>,
}

#[derive(Debug, Default, Deserialize)]
struct Window {
    #[serde(default)]
    cur: Vec<NaiveDate>,
    #[serde(default, rename = "ref")]
    reference: Vec<NaiveDate>,
}

/// A value of the evidence as a sentence may show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its name in the evidence.
    pub id: String,
    /// The number in the unit shown.
    pub value: f64,
}

/// What a rewording of one insight's sentence is held against.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// The names and units it may have.
    pub(super) vocabulary: Vocabulary,
    /// The sentence.
    pub(super) sentence: Vec<Token>,
    /// For each number of the sentence the values it can stand for.
    pub(super) facts: Vec<Vec<Fact>>,
    /// The sign of a relative effect, 0 of any other: the direction where the sentence tells none.
    pub(super) sign: f64,
    /// The sentence's bytes.
    pub(super) length: usize,
}

impl Grounds {
    /// Reads a sentence (`insight_text`) with its evidence (`data_points`).
    ///
    /// # Errors
    /// When the sentence itself is not grounded in the evidence as far as can be told from outside: such a sentence is not
    /// reworded.
    pub fn new(sentence: &str, data_points: &str) -> Result<Self, Doubt> {
        if sentence.len() > LONGEST_SENTENCE || data_points.len() > LONGEST_EVIDENCE {
            return Err(Doubt::Length);
        }
        let evidence: Evidence = serde_json::from_str(data_points).map_err(|_| Doubt::Evidence)?;
        if evidence.names.iter().any(|name| is_ambiguous(name)) {
            return Err(Doubt::Evidence);
        }
        let units: BTreeSet<String> = evidence
            .values
            .values()
            .map(|given| given.unit.clone())
            .filter(|unit| !["", "ratio", "count", "%"].contains(&unit.as_str()))
            .collect();
        let vocabulary = Vocabulary::new(&evidence.names, units.into_iter().collect());
        let tokens = vocabulary.tokens(sentence)?;
        let facts = tokens.iter().filter_map(|token| match token {
            Token::Number(number) => Some(evidence.facts(number)),
            _ => None,
        });
        let facts: Vec<Vec<Fact>> = facts.collect();
        let known = evidence.dates();
        let has_unknown_date = tokens
            .iter()
            .any(|token| matches!(token, Token::Date(date) if !known.contains(date)));
        if has_unknown_date || facts.iter().any(Vec::is_empty) {
            return Err(Doubt::Evidence);
        }
        let is_relative = evidence.effect.name == "relative" && evidence.effect.v != 0.0;
        let grounds = Self {
            vocabulary,
            sentence: tokens,
            facts,
            sign: if is_relative {
                evidence.effect.v.signum()
            } else {
                0.0
            },
            length: sentence.len(),
        };
        grounds.check(sentence)?;
        Ok(grounds)
    }

    /// The names that a rewording has to keep, as they are written.
    pub fn names(&self) -> &[String] {
        &self.vocabulary.names
    }
}

impl Evidence {
    /// The values that a number of the sentence can stand for: those that the sentence would show like this as a measure's
    /// value, else those that it would in another way, else those whose size it is.
    fn facts(&self, number: &Number) -> Vec<Fact> {
        let own = self.values.iter().map(|(id, given)| (id.as_str(), given));
        let effect = Given {
            v: self.effect.v,
            unit: "ratio".to_owned(),
        };
        let all: Vec<(&str, &Given)> = own.chain([("effect", &effect)]).collect();
        let shown = |of: fn(&str, &str) -> &'static [Show]| -> Vec<Fact> {
            let facts = all.iter().filter_map(|(id, given)| {
                let value = given.shown_as(number, of(id, &given.unit))?;
                Some(Fact {
                    id: (*id).to_owned(),
                    value,
                })
            });
            facts.collect()
        };
        let ways = [as_measure, otherwise, as_size].map(shown);
        let found = ways.into_iter().find(|facts| !facts.is_empty());
        found.unwrap_or_default()
    }

    fn dates(&self) -> BTreeSet<NaiveDate> {
        let windows = self.window.cur.iter().chain(&self.window.reference);
        windows.copied().chain(self.subject.date).collect()
    }
}

impl Given {
    /// The value in the number's unit, where one of the ways of showing it gives the number.
    fn shown_as(&self, number: &Number, ways: &[Show]) -> Option<f64> {
        let unit = match number.unit.as_str() {
            "" | "%" => number.unit.clone(),
            unit => format!(" {unit}"),
        };
        let wanted = format!("{}{unit}", number.digits);
        let way = ways.iter().find(|way| {
            let unit = || self.own_unit().to_owned();
            let way = match way {
                Show::Measure(format, _) => &Show::Measure(*format, unit()),
                Show::Size(format, _) => &Show::Size(*format, unit()),
                way => way,
            };
            shown(self.v, way).replace(',', "") == wanted
        })?;
        Some(match way {
            Show::Share | Show::Points | Show::Size(Format::Percent, _) => 100.0 * self.v.abs(),
            Show::Size(..) => self.v.abs(),
            Show::Measure(Format::Percent, _) => 100.0 * self.v,
            _ => self.v,
        })
    }

    /// The unit of a measure's values.
    fn own_unit(&self) -> &str {
        match self.unit.as_str() {
            "ratio" | "count" => "",
            unit => unit,
        }
    }
}

/// Whether a name could be taken for a number or for a word that says something.
fn is_ambiguous(name: &str) -> bool {
    let says = lexicon::meaning(&name.to_lowercase());
    let says_something = says.is_some_and(|meaning| !matches!(meaning, Meaning::Plain | Meaning::Average));
    says_something || !name.chars().any(char::is_alphabetic)
}

/// How values are shown as a measure's, and otherwise; the unit of measures is to be put in.
const PERCENT: &[Show] = &[Show::Measure(Format::Percent, String::new())];
const SHARES: &[Show] = &[Show::Share, Show::Points];
const COUNT: &[Show] = &[Show::Count];
const NUMBER: &[Show] = &[Show::Measure(Format::Number, String::new())];
const WHOLE: &[Show] = &[Show::Measure(Format::Integer, String::new()), Show::Coefficient];
const SIZES: &[Show] = &[
    Show::Size(Format::Number, String::new()),
    Show::Size(Format::Integer, String::new()),
];
const SIZES_IN_PERCENT: &[Show] = &[Show::Size(Format::Percent, String::new())];
/// Values that are differences: a word tells their direction, so that the sentence may show them without their sign.
const DIFFERENCES: [&str; 8] = ["size", "part", "own", "mix", "d1", "d2", "d3", "d4"];

/// How a measure's values of a unit are shown.
fn as_measure(_: &str, unit: &str) -> &'static [Show] {
    match unit {
        "ratio" => PERCENT,
        "count" => COUNT,
        _ => NUMBER,
    }
}

/// The other ways of showing a value of a unit.
fn otherwise(_: &str, unit: &str) -> &'static [Show] {
    match unit {
        "ratio" => SHARES,
        "count" => &[],
        _ => WHOLE,
    }
}

/// How the size of a difference is shown.
fn as_size(id: &str, unit: &str) -> &'static [Show] {
    match unit {
        _ if !DIFFERENCES.contains(&id) => &[],
        "ratio" => SIZES_IN_PERCENT,
        "count" => &[],
        _ => SIZES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_kept_as_they_are_named() {
        let of_days = Grounds::new(
            "CTR fell 12.3%: 1.78% in the 28 days ending 28 Mar 2026, 2.03% in the 28 before.",
            r#"{"names":["CTR"],"values":{"cur":{"v":0.017849,"unit":"ratio"},"ref":{"v":0.0203,"unit":"ratio"},"k":{"v":28,"unit":"count"}},"effect":{"name":"relative","v":-0.12309},"window":{"cur":["2026-03-01","2026-03-28"],"ref":["2026-02-01","2026-02-28"]}}"#,
        )
        .unwrap();
        let said = |days: &str| {
            of_days.check(&format!(
                "CTR is down 12.3%, at 1.78% in the 28 days {days}, from 2.03% in the 28 days before."
            ))
        };
        assert_eq!(said("ending 28 Mar 2026"), Ok(()));
        assert_eq!(said("ending 29 Mar 2026"), Err(Doubt::Date));
        assert_eq!(said("until today"), Err(Doubt::Word("until".to_owned())));
        let of_months = Grounds::new(
            "Sales is up 120 (10%) in 1 – 30 Dec 2026 against 1 – 30 Nov 2026: West (Region) up 90.",
            r#"{"names":["Sales","1 – 30 Dec 2026","1 – 30 Nov 2026","West (Region)"],"values":{"size":{"v":120,"unit":""},"d1":{"v":90,"unit":""}},"effect":{"name":"relative","v":0.1}}"#,
        )
        .unwrap();
        let reworded =
            "Sales rose 120 (10%) in 1 – 30 Dec 2026 against 1 – 30 Nov 2026, with West (Region) up 90.";
        assert_eq!(of_months.check(reworded), Ok(()));
        assert!(of_months.check(&reworded.replace("30 Dec", "31 Dec")).is_err());
    }
}
