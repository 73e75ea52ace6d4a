//! What people are shown of results without dates: none of those that were made up for them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Result, Value, from_str, to_string};

/// What two results without dates are called, the older first.
const RESULTS: [&str; 2] = ["the result before", "the newest result"];

/// The members of a JSON object as they are written.
type Members = BTreeMap<String, Box<RawValue>>;

#[derive(Deserialize)]
struct Compared {
    comparison: Option<Comparison>,
}

#[derive(Deserialize)]
struct Comparison {
    /// Both sides in words, the base first.
    sides: Option<[String; 2]>,
    /// Which comparison it is.
    with: Option<String>,
}

#[derive(Deserialize)]
struct Column {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Chart {
    dataset: String,
}

/// `processed_data` whose sides of a comparison are not called by dates.
pub fn renamed(data: &str) -> Result<String> {
    let stored: Compared = from_str(data)?;
    let comparison = stored.comparison;
    let of_time = comparison.filter(|comparison| comparison.with.as_deref() != Some("segment"));
    let quoted = |text: &str| Value::from(text).to_string();
    let rename = |data: String, (label, name): (&String, &str)| data.replace(&quoted(label), &quoted(name));
    Ok(match of_time.and_then(|comparison| comparison.sides) {
        Some(sides) => sides.iter().zip(RESULTS).fold(data.to_owned(), rename),
        None => data.to_owned(),
    })
}

/// `processed_data` and `charts_config` without what lies over time.
pub fn without_time(data: &str, charts: &str) -> Result<(String, String)> {
    let (mut data, mut charts): (Members, Members) = (from_str(data)?, from_str(charts)?);
    let columns: BTreeMap<String, Vec<Column>> = member(&data, "columns")?;
    let lies_over_time = |dataset: &str| {
        let first = columns.get(dataset).and_then(|columns| columns.first());
        first.is_some_and(|column| column.kind == "date")
    };
    for key in ["columns", "datasets"] {
        let mut datasets: Members = member(&data, key)?;
        datasets.retain(|dataset, _| !lies_over_time(dataset));
        data.insert(key.to_owned(), to_raw_value(&datasets)?);
    }
    let mut drawn: Vec<Box<RawValue>> = member(&charts, "charts")?;
    drawn.retain(|chart| from_str::<Chart>(chart.get()).is_ok_and(|chart| !lies_over_time(&chart.dataset)));
    charts.insert("charts".to_owned(), to_raw_value(&drawn)?);
    Ok((to_string(&data)?, to_string(&charts)?))
}

fn member<T: DeserializeOwned>(members: &Members, key: &str) -> Result<T> {
    from_str(members.get(key).map_or("null", |value| value.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_of_time_are_results_and_values_stay_what_they_are() {
        let data = |with: &str| {
            format!(
                r#"{{"comparison":{{"sides":["1 Jan 2000","2 Jan 2000"],"with":"{with}"}},"rows":[{{"side":"2 Jan 2000","n":1}}]}}"#
            )
        };
        let told = renamed(&data("previous_period")).unwrap();
        assert!(
            told.contains(r#"{"side":"the newest result","n":1}"#) && !told.contains("2000"),
            "{told}"
        );
        assert_eq!(renamed(&data("segment")).unwrap(), data("segment"));
        assert_eq!(
            renamed(r#"{"comparison":{"with":null}}"#).unwrap(),
            r#"{"comparison":{"with":null}}"#
        );
    }

    #[test]
    fn what_lies_over_time_is_left_out_with_its_charts() {
        let data = r#"{"columns":{"by_team":[{"type":"string"}],"trend":[{"type":"date"}]},"datasets":{"by_team":[{"n":1.50}],"trend":[{"date":"2000-01-01"}]},"grain":"day"}"#;
        let charts = r#"{"charts":[{"id":"a","dataset":"trend"},{"id":"b","dataset":"by_team"}],"layout":{"blocks":[]}}"#;
        let (data, charts) = without_time(data, charts).unwrap();
        assert_eq!(
            data,
            r#"{"columns":{"by_team":[{"type":"string"}]},"datasets":{"by_team":[{"n":1.50}]},"grain":"day"}"#
        );
        assert_eq!(
            charts,
            r#"{"charts":[{"id":"b","dataset":"by_team"}],"layout":{"blocks":[]}}"#
        );
    }
}
