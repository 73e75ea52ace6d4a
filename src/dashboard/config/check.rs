//! Holds a JSON value against the language and lists every difference.

use std::str::FromStr;

use chrono_tz::{TZ_VARIANTS, Tz};
use serde_json::{Map, Value};

use super::problem::{Problem, child, did_you_mean};
use super::shape::{Field, Shape, Text};

/// Adds to `problems` whatever is wrong with `value` at `path`.
pub(super) fn check(shape: &Shape, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    match (shape, value) {
        (Shape::Object(fields), Value::Object(members)) => check_object(fields, members, path, problems),
        (Shape::Either(without, member, with), Value::Object(members)) => {
            let fields = if members.contains_key(*member) {
                with
            } else {
                without
            };
            check_object(fields, members, path, problems);
        }
        (Shape::Map(key, value, max), Value::Object(members)) => {
            check_count(members.len(), 0, *max, "members", path, problems);
            for (name, member) in members.iter().take(*max) {
                let path = child(path, name);
                if let Some(problem) = text_problem(*key, name) {
                    problems.push(Problem::new(&path, format!("has a name that {problem}")));
                }
                check(value, member, &path, problems);
            }
        }
        (Shape::List(item, min, max), Value::Array(items)) => {
            check_count(items.len(), *min, *max, "items", path, problems);
            for (index, value) in items.iter().take(*max).enumerate() {
                check(item, value, &child(path, &index.to_string()), problems);
            }
        }
        (Shape::OneOrMany(item, max), Value::Array(_)) => {
            check(&Shape::List(item, 1, *max), value, path, problems);
        }
        (Shape::OneOrMany(item, _), _) => check(item, value, path, problems),
        (Shape::Text(kind), Value::String(text)) => check_text(*kind, text, path, problems),
        (Shape::Word(words, later), Value::String(word)) => check_word(words, later, word, path, problems),
        (Shape::Integer(min, max), Value::Number(number)) => {
            if !number
                .as_i64()
                .is_some_and(|number| (*min..=*max).contains(&number))
            {
                let wanted = if min == max {
                    min.to_string()
                } else {
                    format!("a whole number from {min} to {max}")
                };
                problems.push(Problem::new(path, format!("must be {wanted}, not {number}")));
            }
        }
        (Shape::Fraction, Value::Number(number)) => {
            if !number
                .as_f64()
                .is_some_and(|number| (0.0..=1.0).contains(&number))
            {
                problems.push(Problem::new(
                    path,
                    format!("must be a number from 0 to 1, not {number}"),
                ));
            }
        }
        (Shape::Flag, Value::Bool(_)) => {}
        _ => problems.push(Problem::new(
            path,
            format!("must be {}, not {}", kind_of(shape), name_of(value)),
        )),
    }
}

fn check_object(fields: &[Field], members: &Map<String, Value>, path: &str, problems: &mut Vec<Problem>) {
    for (name, value) in members {
        let path = child(path, name);
        match fields.iter().find(|field| field.name == name) {
            Some(field) => check(&field.shape, value, &path, problems),
            None => problems.push(unknown_member(fields, members, name, &path)),
        }
    }
    for field in fields
        .iter()
        .filter(|field| field.required && !members.contains_key(field.name))
    {
        problems.push(Problem::new(path, format!("lacks \"{}\"", field.name)));
    }
}

fn unknown_member(fields: &[Field], members: &Map<String, Value>, name: &str, path: &str) -> Problem {
    let free = fields
        .iter()
        .map(|field| field.name)
        .filter(|name| !members.contains_key(*name));
    let known = || {
        fields
            .iter()
            .map(|field| field.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let hint = did_you_mean(name, free).unwrap_or_else(|| format!("known here: {}", known()));
    Problem::new(path, "is not known here").hinting(Some(hint))
}

fn check_count(count: usize, min: usize, max: usize, what: &str, path: &str, problems: &mut Vec<Problem>) {
    if count < min {
        problems.push(Problem::new(
            path,
            format!("needs at least {min} {what}, not {count}"),
        ));
    }
    if count > max {
        problems.push(Problem::new(
            path,
            format!("may have at most {max} {what}, not {count}"),
        ));
    }
}

fn check_text(kind: Text, text: &str, path: &str, problems: &mut Vec<Problem>) {
    if let Some(problem) = text_problem(kind, text) {
        problems.push(Problem::new(path, problem));
    } else if kind == Text::Timezone && Tz::from_str(text).is_err() {
        let hint = did_you_mean(text, TZ_VARIANTS.iter().map(|zone| zone.name()));
        let hint = hint.or_else(|| Some("use an IANA name such as Europe/Berlin".to_owned()));
        problems.push(Problem::new(path, format!("names no time zone: \"{text}\"")).hinting(hint));
    }
}

/// What is wrong with a text, as the rest of a sentence.
fn text_problem(kind: Text, text: &str) -> Option<String> {
    let max = kind.max_chars();
    let in_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.is_empty() {
        Some("is empty".to_owned())
    } else if text.chars().count() > max {
        Some(format!("is longer than {max} characters"))
    } else if text.chars().any(char::is_control) {
        Some("holds a control character".to_owned())
    } else if text.contains("://") {
        Some("holds a URL".to_owned())
    } else if kind == Text::Id && !text.chars().all(in_id) {
        Some("is no id: only a-z, 0-9 and _ are allowed".to_owned())
    } else {
        None
    }
}

fn check_word(words: &[&str], later: &[&str], word: &str, path: &str, problems: &mut Vec<Problem>) {
    if words.contains(&word) {
        return;
    }
    if later.contains(&word) {
        problems.push(Problem::new(
            path,
            format!("is \"{word}\", which this version does not support"),
        ));
        return;
    }
    let hint = did_you_mean(word, words.iter().copied());
    let shown: String = word.chars().take(40).collect();
    problems.push(
        Problem::new(
            path,
            format!("must be one of {}, not \"{shown}\"", words.join(", ")),
        )
        .hinting(hint),
    );
}

fn kind_of(shape: &Shape) -> &'static str {
    match shape {
        Shape::Object(_) | Shape::Either(..) | Shape::Map(..) => "an object",
        Shape::List(..) => "a list",
        Shape::OneOrMany(..) => "a text or a list of texts",
        Shape::Text(_) | Shape::Word(..) => "a text",
        Shape::Integer(..) => "a whole number",
        Shape::Fraction => "a number",
        Shape::Flag => "true or false",
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
