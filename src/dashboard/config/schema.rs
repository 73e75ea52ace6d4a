//! The language as a JSON Schema.

use serde_json::{Map, Value, json};

use super::language::ROOT;
use super::shape::{Field, Shape, Text};

/// The JSON Schema (2020-12) of `visualization_config`. It states what a schema can; references between members are
/// checked by the parser alone.
pub fn json_schema() -> Value {
    let mut schema = of(&ROOT);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("dashloom visualization_config");
    schema["description"] =
        json!("How a workflow's results become dashboards. An empty object means all defaults.");
    schema
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Object(fields) => object(fields),
        Shape::Either(without, member, with) => json!({
            "if": {"required": [member]},
            "then": object(with),
            "else": object(without),
            "type": "object",
        }),
        Shape::Map(key, value, max) => json!({
            "type": "object",
            "propertyNames": text(*key),
            "additionalProperties": of(value),
            "maxProperties": max,
        }),
        Shape::List(item, min, max) => {
            json!({"type": "array", "items": of(item), "minItems": min, "maxItems": max})
        }
        Shape::OneOrMany(item, max) => json!({"oneOf": [of(item), of(&Shape::List(item, 1, *max))]}),
        Shape::Text(kind) => text(*kind),
        Shape::Word(words, _) => json!({"enum": words}),
        Shape::Integer(min, max) => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Fraction => json!({"type": "number", "minimum": 0, "maximum": 1}),
        Shape::Flag => json!({"type": "boolean"}),
    }
}

fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| {
            let mut schema = of(&field.shape);
            schema["description"] = json!(field.doc);
            (field.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn text(kind: Text) -> Value {
    let pattern = match kind {
        Text::Id => "^[a-z0-9_]+$",
        _ => "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
    };
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": kind.max_chars(),
        "pattern": pattern,
        "not": {"pattern": "://"},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the schema is committed.
    const COMMITTED: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/schema/visualization-config.schema.json"
    );

    #[test]
    fn the_committed_schema_is_the_language() {
        let schema = format!("{:#}\n", json_schema());
        let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
        assert!(
            committed == schema,
            "{COMMITTED} is not what `dashloom schema visualization-config` prints"
        );
    }

    #[test]
    fn the_schema_is_a_valid_schema() {
        jsonschema::meta::validate(&json_schema()).unwrap();
    }
}
