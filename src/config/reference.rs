//! The configuration reference, generated from the settings themselves.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::setting::{Kind, Setting, all_settings};

const INTRODUCTION: &str = "\
# Configuration

Generated from the code by `dashloom schema config --markdown`; a test compares the two.

A setting is, from weakest to strongest: its default, a line of the TOML file (`--config FILE` or `DASHLOOM_CONFIG`), an
environment variable, a flag (`--set kafka.group=reports`, or the command's own flags). `dashloom check-config` prints each
setting's value and origin and names every problem at once; with `--connect` it also tries the servers.

Secrets come from the environment, or from the file that the variable with `_FILE` behind its name points to
(`DATABASE_URL_FILE=/run/secrets/url`); they are refused on the command line and never printed.

Durations are written `250ms`, `10s`, `15m`, `2h`, `90d`; sizes `512KiB`, `8MiB`, `1GiB`; lists `a,b` (or as TOML arrays).

The table `[kafka.properties]` goes to the Kafka client (librdkafka) as it is, for security and tuning:
`\"security.protocol\" = \"SASL_SSL\"`. Its environment form is `DASHLOOM_KAFKA__PROPERTIES__SASL_PASSWORD` for `sasl.password`, with
`_FILE` for secrets. Properties that dashloom's promises rest on are refused.
";

/// `docs/configuration.md`.
pub fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut section = "";
    for setting in all_settings() {
        let own = setting.path.split('.').next().unwrap_or_default();
        if own != section {
            section = own;
            let _ = write!(
                text,
                "\n## `[{section}]`\n\n| setting | default | takes | what it does |\n|---|---|---|---|\n"
            );
        }
        let _ = writeln!(
            text,
            "| `{}`<br>`{}`{} | {} | {} | {} |",
            setting.path,
            setting.env(),
            setting
                .alias
                .map(|alias| format!("<br>`{alias}`"))
                .unwrap_or_default(),
            if setting.default.is_empty() {
                "unset".to_owned()
            } else {
                format!("`{}`", setting.default)
            },
            takes(setting.kind),
            setting.doc,
        );
    }
    text
}

/// The JSON Schema of the TOML file, for editors.
pub fn json_schema() -> Value {
    let mut root = section_schema();
    for setting in all_settings() {
        insert(&mut root, setting.path, setting);
    }
    if let Some(kafka) = root
        .pointer_mut("/properties/kafka/properties")
        .and_then(Value::as_object_mut)
    {
        let doc = "Properties of the Kafka client, passed on as they are.";
        let value = json!({"type": ["string", "number", "boolean"]});
        kafka.insert(
            "properties".into(),
            json!({"type": "object", "description": doc, "additionalProperties": value}),
        );
    }
    if let Some(object) = root.as_object_mut() {
        object.insert(
            "$schema".into(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        object.insert("title".into(), json!("dashloom configuration"));
    }
    root
}

fn insert(section: &mut Value, path: &str, setting: &Setting) {
    let Some(properties) = section.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    match path.split_once('.') {
        Some((first, rest)) => insert(
            properties.entry(first).or_insert_with(section_schema),
            rest,
            setting,
        ),
        None => drop(properties.insert(path.to_owned(), value_schema(setting))),
    }
}

fn section_schema() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {}})
}

fn value_schema(setting: &Setting) -> Value {
    let mut schema = Map::new();
    schema.insert("description".into(), json!(setting.doc));
    let (kind, default) = match setting.kind {
        Kind::Integer => ("integer", setting.default.parse::<i64>().map(Value::from).ok()),
        Kind::Boolean => ("boolean", setting.default.parse::<bool>().map(Value::from).ok()),
        _ => ("string", Some(json!(setting.default))),
    };
    if let Kind::OneOf(words) = setting.kind {
        schema.insert("enum".into(), json!(words));
    }
    match setting.kind {
        Kind::SomeOf(words) => {
            let list = json!({"type": "array", "items": {"enum": words}});
            schema.insert("anyOf".into(), json!([{"type": "string"}, list]));
        }
        _ => drop(schema.insert("type".into(), json!(kind))),
    }
    if let Some(default) = default.filter(|_| !setting.default.is_empty()) {
        schema.insert("default".into(), default);
    }
    Value::Object(schema)
}

fn takes(kind: Kind) -> String {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Secret => "secret".to_owned(),
        Kind::Integer => "number".to_owned(),
        Kind::Boolean => "`true`, `false`".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Size => "size".to_owned(),
        Kind::Address => "address".to_owned(),
        Kind::OneOf(list) => words(list),
        Kind::SomeOf(list) => format!("some of {}", words(list)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_docs_is_what_the_code_says() {
        let committed =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md"));
        assert!(
            committed.unwrap_or_default() == markdown(),
            "run `dashloom schema config --markdown > docs/configuration.md`"
        );
    }

    #[test]
    fn the_schema_accepts_what_the_loader_accepts() {
        let schema = jsonschema::validator_for(&json_schema()).unwrap();
        let good = json!({"kafka": {"group": "x", "properties": {"security.protocol": "SSL"}}, "serve": {"roles": ["relay"]}});
        assert!(schema.is_valid(&good));
        assert!(!schema.is_valid(&json!({"kafka": {"gruop": "x"}})));
    }
}
