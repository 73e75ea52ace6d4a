//! Sentences: templates in which values, dates and words are named in braces, and numbers formatted as the measure is.
//!
//! A template holds no number of its own, so that a sentence says nothing that its evidence does not.

use super::claim::{Claim, Show};
use crate::dashboard::config::Format;
use crate::dashboard::words;

/// The sentence of a claim. What a template names but the claim lacks is left as it is; a test finds such.
pub fn sentence(claim: &Claim) -> String {
    let mut out = String::with_capacity(claim.template.len() * 2);
    let mut rest = claim.template.as_str();
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        let name = &rest[open + 1..open + close];
        match named(claim, name) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&rest[open..=open + close]),
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

/// The names in the sentence of a claim, each once, in the order in which it names them.
pub fn names(claim: &Claim) -> Vec<&str> {
    let mut mentioned: Vec<&str> = Vec::new();
    for slot in claim.template.split('{').skip(1) {
        let id = slot.split('}').next().unwrap_or_default();
        let found = claim.names.iter().find(|(own, _)| *own == id);
        match found {
            Some((_, name)) if !name.is_empty() && !mentioned.contains(&name.as_str()) => {
                mentioned.push(name)
            }
            _ => {}
        }
    }
    mentioned
}

fn named(claim: &Claim, name: &str) -> Option<String> {
    let mut words = claim.words.iter().chain(&claim.names);
    if let Some((_, word)) = words.find(|(id, _)| *id == name) {
        return Some(word.clone());
    }
    if let Some(value) = claim.values.iter().find(|value| value.id == name) {
        return Some(shown(value.v, &value.show));
    }
    match name {
        "effect" => Some(shown(claim.effect.v, &Show::Share)),
        "date" => claim.subject.date.map(words::date),
        _ => None,
    }
}

/// A number in a sentence.
pub fn shown(value: f64, show: &Show) -> String {
    match show {
        Show::Measure(Format::Percent, _) => format!("{}%", decimals(value * 100.0, 2)),
        Show::Measure(Format::Integer, unit) => with_unit(grouped(value, 0), unit),
        Show::Measure(Format::Number | Format::Currency, unit) => with_unit(decimals(value, 2), unit),
        Show::Size(format, unit) => shown(value.abs(), &Show::Measure(*format, unit.clone())),
        Show::Share => format!("{}%", decimals(value.abs() * 100.0, 1)),
        Show::Points => format!("{} pp", decimals(value.abs() * 100.0, 2)),
        Show::Count => grouped(value, 0),
        Show::Coefficient => grouped(value, 2),
        Show::Hidden => String::new(),
    }
}

fn with_unit(number: String, unit: &str) -> String {
    match unit {
        "" => number,
        "%" => format!("{number}%"),
        _ => format!("{number} {unit}"),
    }
}

/// Fewer digits behind the point the larger the number; small ones keep three that count.
fn decimals(value: f64, most: usize) -> String {
    let size = value.abs();
    let places = match size {
        _ if size >= 1000.0 || (size >= 100.0 && size == libm::floor(size)) => 0,
        _ if size >= 100.0 => most.min(1),
        _ if size >= 1.0 || size == 0.0 => most,
        _ => (2 - libm::floor(libm::log10(size)) as i32).clamp(most as i32, 9) as usize,
    };
    let text = grouped(value, places);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// With so many digits behind the point, and commas between thousands.
fn grouped(value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero {
        out.push('-');
    }
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::insight::claim::{Effect, Kind, Subject};

    #[test]
    fn numbers_are_shown_as_the_measure_is() {
        let number = Show::Measure(Format::Number, String::new());
        let euro = Show::Measure(Format::Currency, "EUR".to_owned());
        let percent = Show::Measure(Format::Percent, String::new());
        for (value, show, text) in [
            (2_297_200.86, &euro, "2,297,201 EUR"),
            (-17_725.48, &euro, "-17,725 EUR"),
            (286.397, &number, "286.4"),
            (472.0, &number, "472"),
            (3.5, &number, "3.5"),
            (0.012_345, &number, "0.0123"),
            (0.0, &number, "0"),
            (0.0178, &percent, "1.78%"),
            (-0.123, &Show::Share, "12.3%"),
            (0.005, &Show::Points, "0.5 pp"),
            (12_330.0, &Show::Count, "12,330"),
            (-0.001, &Show::Coefficient, "0.00"),
        ] {
            assert_eq!(shown(value, show), text, "{value}");
        }
    }

    #[test]
    fn a_sentence_is_filled_by_name() {
        let effect = Effect {
            name: "relative",
            v: -0.25,
            ci95: None,
            floor: 0.05,
        };
        let subject = Subject {
            date: NaiveDate::from_ymd_opt(2026, 3, 1),
            ..Subject::default()
        };
        let claim = Claim::new(
            Kind::Trend,
            subject,
            1.0,
            effect,
            "{what} fell {effect} to {cur} on {date}; {gone}",
        )
        .name("what", "Clicks")
        .value("cur", 3560.0, Show::Count);
        assert_eq!(sentence(&claim), "Clicks fell 25% to 3,560 on 1 Mar 2026; {gone}");
    }
}
