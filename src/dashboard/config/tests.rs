//! What the language takes and refuses, and that its JSON Schema says the same.

use super::*;
use crate::aggregate::Sketch;
use crate::dashboard::Period;
use crate::decimal::Decimal;
use crate::event::ColumnRole;

/// The example of the documentation.
const EXAMPLE: &str = r#"{"version":1,"period":"rolling","timezone":"UTC",
 "measures":{"clicks":{"agg":"sum","column":"clicks"},"impressions":{"agg":"sum","column":"impressions"},
             "ctr":{"ratio":["clicks","impressions"],"format":"percent","good":"up"}},
 "dimensions":{"day":{"column":"date","type":"time"},"campaign":{"column":"campaign_name"}},
 "panels":[{"id":"ctr","title":"CTR by campaign","mark":"line","x":"day","y":"ctr","color":"campaign",
            "top":{"n":5,"by":"impressions","other":true}},
           {"id":"funnel","mark":"funnel","stages":["impressions","clicks"]},
           {"id":"kpi","mark":"kpi","y":"ctr","compare":"previous_period"}],
 "insights":{"min_confidence":0.80}}"#;

fn parse(json: &str) -> VisualizationConfig {
    VisualizationConfig::parse(json).unwrap()
}

fn problems(json: &str) -> Vec<String> {
    let error = VisualizationConfig::parse(json).unwrap_err();
    error.problems.iter().map(Problem::to_string).collect()
}

fn schema_accepts(json: &str) -> bool {
    jsonschema::is_valid(&json_schema(), &serde_json::from_str(json).unwrap())
}

#[test]
fn an_empty_object_means_the_defaults() {
    let config = parse("{}");
    assert_eq!(config, VisualizationConfig::default());
    assert_eq!(config.period(), Period::Rolling);
    assert_eq!(config.timezone(), chrono_tz::Tz::UTC);
    assert_eq!(config.min_confidence(), Decimal::parse("0.5").unwrap());
    assert_eq!(config.partial_spec().declared, []);
}

#[test]
fn the_documented_example_is_read_completely() {
    let config = parse(EXAMPLE);
    assert!(schema_accepts(EXAMPLE));
    let ids: Vec<&str> = config
        .measures()
        .iter()
        .map(|measure| measure.id.as_str())
        .collect();
    assert_eq!(ids, ["clicks", "ctr", "impressions"]);
    assert_eq!(config.measures()[1].format, Some(Format::Percent));
    assert_eq!(config.measures()[1].good, Good::Up);
    assert_eq!(
        config.measures()[1].source,
        MeasureSource::Ratio {
            numerator: "clicks".into(),
            denominator: "impressions".into(),
            factor: Decimal::ONE
        }
    );
    assert_eq!(config.declared_role("date"), Some(ColumnRole::Time));
    assert_eq!(config.declared_role("campaign_name"), Some(ColumnRole::Dimension));
    assert_eq!(config.declared_role("clicks"), Some(ColumnRole::Measure));
    assert_eq!(config.declared_role("ctr"), None);
    let panels = config.panels();
    assert_eq!(
        panels[0].top,
        Some(Top {
            n: 5,
            by: Some("impressions".into()),
            other: true
        })
    );
    assert_eq!(panels[1].stages, ["impressions", "clicks"]);
    assert_eq!(
        (panels[2].mark, panels[2].compare),
        (Mark::Kpi, Some(PanelCompare::PreviousPeriod))
    );
    assert_eq!(config.min_confidence(), Decimal::parse("0.8").unwrap());
}

#[test]
fn members_follow_their_order_then_their_id() {
    let config = parse(
        r#"{"measures":{"b":{"agg":"sum","column":"B"},"a":{"agg":"mean","column":"A"},
            "z":{"agg":"count","order":1},"y":{"agg":"max","column":"Y","order":0}}}"#,
    );
    let ids: Vec<&str> = config
        .measures()
        .iter()
        .map(|measure| measure.id.as_str())
        .collect();
    assert_eq!(ids, ["y", "z", "a", "b"]);
    assert_eq!(config.measures()[1].source, MeasureSource::Rows);
}

#[test]
fn columns_may_be_given_other_roles() {
    let config = parse(r#"{"columns":{"zip":{"role":"id"},"a/b":{"role":"ignore"}}}"#);
    let expected = [
        ("a/b".to_owned(), ColumnRole::Ignore),
        ("zip".to_owned(), ColumnRole::Id),
    ];
    assert_eq!(config.partial_spec().declared, expected);
}

#[test]
fn every_problem_is_told_at_once_with_its_path_and_a_hint() {
    let found = problems(
        r#"{"perid":"rolling","timezone":"Europe/Berln","measures":{"Clicks":{"agg":"summ","column":"clicks"},
            "x":{"agg":"quantil","column":"c"}},"panels":[{"id":"p","mark":"pie","top":{"n":0}}],
            "insights":{"min_confidence":2},"columns":{"a/b~c":{"role":"idd"}},"version":2}"#,
    );
    assert_eq!(
        found,
        [
            "/columns/a~1b~0c/role must be one of time, dimension, measure, ratio, id, stage, ignore, not \"idd\" \
             (did you mean \"id\"?)",
            "/insights/min_confidence must be a number from 0 to 1, not 2",
            "/measures/Clicks has a name that is no id: only a-z, 0-9 and _ are allowed",
            "/measures/Clicks/agg must be one of sum, mean, min, max, count, distinct, quantile, not \"summ\" \
             (did you mean \"sum\"?)",
            "/measures/x/agg must be one of sum, mean, min, max, count, distinct, quantile, not \"quantil\" \
             (did you mean \"quantile\"?)",
            "/panels/0/mark must be one of line, bar, area, scatter, heatmap, funnel, waterfall, kpi, table, not \"pie\"",
            "/panels/0/top/n must be a whole number from 1 to 50, not 0",
            "/perid is not known here (did you mean \"period\"?)",
            "/timezone names no time zone: \"Europe/Berln\" (did you mean \"Europe/Berlin\"?)",
            "/version must be 1, not 2",
        ]
    );
}

#[test]
fn time_zones_are_found_by_their_city() {
    assert_eq!(
        problems(r#"{"timezone":"berlin"}"#),
        ["/timezone names no time zone: \"berlin\" (did you mean \"Europe/Berlin\"?)"]
    );
}

#[test]
fn sketches_are_asked_for_once_and_quantiles_need_their_share() {
    let config = parse(
        r#"{"measures":{"users":{"agg":"distinct","column":"user"},"p50":{"agg":"quantile","column":"ms","q":0.5},
            "p95":{"agg":"quantile","column":"ms","q":0.95},"per_user":{"ratio":["p50","users"]}}}"#,
    );
    let expected = [
        ("ms".to_owned(), Sketch::Quantile),
        ("user".to_owned(), Sketch::Distinct),
    ];
    assert_eq!(config.partial_spec().sketches, expected);
    assert_eq!(config.declared_role("user"), None);
    assert_eq!(config.declared_role("ms"), Some(ColumnRole::Measure));
    let found = problems(
        r#"{"measures":{"a":{"agg":"quantile","column":"x"},"b":{"agg":"sum","column":"x","q":0.5}}}"#,
    );
    assert_eq!(
        found,
        [
            "/measures/a lacks \"q\", which agg quantile needs",
            "/measures/b/q belongs to agg quantile alone",
        ]
    );
}

#[test]
fn what_belongs_to_stages_and_segments_is_refused_elsewhere() {
    let found = problems(
        r#"{"columns":{"a":{"role":"id","stages":["x","y"]},"b":{"role":"stage","counting":"furthest"}},
            "comparison":{"with":"previous_year","dimension":"d"}}"#,
    );
    assert_eq!(
        found,
        [
            "/columns/a/stages belongs to the role stage alone",
            "/comparison/dimension belongs to the comparison with a segment alone",
        ]
    );
}

#[test]
fn one_number_is_not_compared_with_the_year_before() {
    let found = problems(
        r#"{"measures":{"a":{"agg":"count"}},
            "panels":[{"id":"k","mark":"kpi","y":"a","compare":"previous_year"}]}"#,
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("/panels/0/compare is previous_year"),
        "{found:?}"
    );
}

#[test]
fn references_must_lead_somewhere() {
    let found = problems(
        r#"{"measures":{"clicks":{"agg":"sum","column":"clicks"},"ctr":{"ratio":["click","ctr"]},"m":{"agg":"sum"}},
            "dimensions":{"clicks":{"column":"clicks"},"a":{"column":"a","type":"time"},"b":{"column":"b","type":"time"}},
            "panels":[{"id":"p","mark":"line","x":"a","y":"clics"},{"id":"p","mark":"kpi","stages":["clicks","rows"]}]}"#,
    );
    assert_eq!(
        found,
        [
            "/dimensions/b/type is time a second time: one column places rows in time",
            "/dimensions/clicks has the id of a measure",
            "/dimensions/clicks/column makes \"clicks\" a dimension, which is a measure too",
            "/measures/ctr/ratio/0 names no measure declared here: \"click\" (did you mean \"clicks\"?)",
            "/measures/ctr/ratio/1 is a ratio itself: \"ctr\"",
            "/measures/m lacks \"column\", which every agg but count needs",
            "/panels/0/y names no declared measure: \"clics\" (did you mean \"clicks\"?)",
            "/panels/1 lacks \"y\", which its mark needs",
            "/panels/1/id is used twice: \"p\"",
            "/panels/1/stages belongs to the mark funnel alone",
        ]
    );
}

#[test]
fn what_the_language_refuses_the_schema_refuses_too() {
    let long = format!(
        r#"{{"panels":[{{"id":"a","mark":"kpi","y":"b","title":"{}"}}]}}"#,
        "x".repeat(121)
    );
    let many = format!(
        r#"{{"panels":[{}]}}"#,
        vec![r#"{"id":"a","mark":"kpi","y":"b"}"#; 25].join(",")
    );
    for json in [
        "null",
        "[]",
        r#"{"version":"1"}"#,
        r#"{"period":"hourly"}"#,
        r#"{"measures":{"a":{"agg":"sum","column":"a","expression":"a*2"}}}"#,
        r#"{"measures":{"a":{}}}"#,
        r#"{"measures":{"a":{"ratio":["b"]}}}"#,
        r#"{"measures":{"a":{"ratio":["b","c"],"column":"d"}}}"#,
        r#"{"measures":{"a":{"agg":"quantile","column":"d","q":1.5}}}"#,
        r#"{"measures":{"A":{"agg":"count"}}}"#,
        r#"{"dimensions":{"a":{"column":""}}}"#,
        r#"{"dimensions":{"a":{"column":"a","label":"see https://example.com"}}}"#,
        r#"{"dimensions":{"a":{"column":"a","label":"line\nbreak"}}}"#,
        r#"{"panels":[{"id":"a","mark":"kpi","y":[]}]}"#,
        r#"{"panels":[{"id":"a","mark":"kpi","y":"b","compare":"last_year"}]}"#,
        r#"{"comparison":{}}"#,
        r#"{"comparison":{"with":"segment","segments":["a"]}}"#,
        r#"{"columns":{"a":{"role":"stage","counting":"twice"}}}"#,
        r#"{"panels":{"id":"a"}}"#,
        r#"{"insights":{"min_confidence":"0.8"}}"#,
        r#"{"insights":null}"#,
        &long,
        &many,
    ] {
        assert!(VisualizationConfig::parse(json).is_err(), "{json}");
        assert!(!schema_accepts(json), "{json}");
    }
}

#[test]
fn what_the_language_takes_the_schema_takes_too() {
    let words = ["line", "bar", "area", "scatter", "waterfall", "table", "kpi"];
    let panel = |mark| format!(r#"{{"id":"{mark}","mark":"{mark}","x":"a","y":["b","c"]}}"#);
    let panels: Vec<String> = words.into_iter().map(panel).collect();
    let all_marks = format!(
        r#"{{"panels":[{},{{"id":"heat","mark":"heatmap","x":"a","y":"b","color":"c"}}]}}"#,
        panels.join(",")
    );
    let mut configs = vec![all_marks];
    for period in [
        "rolling",
        "all",
        "execution",
        "day",
        "week",
        "month",
        "quarter",
        "year",
    ] {
        configs.push(format!(
            r#"{{"period":"{period}","timezone":"America/New_York"}}"#
        ));
    }
    for agg in ["sum", "mean", "min", "max", "count", "distinct"] {
        configs.push(format!(
            r#"{{"measures":{{"a":{{"agg":"{agg}","column":"Ä b","format":"currency"}}}}}}"#
        ));
    }
    for q in ["0", "0.5", "0.95", "1"] {
        configs.push(format!(
            r#"{{"measures":{{"a":{{"agg":"quantile","column":"ms","q":{q}}}}}}}"#
        ));
    }
    configs.push(r#"{"columns":{"c":{"role":"stage","stages":["a","b"],"counting":"furthest"}}}"#.to_owned());
    configs.push(r#"{"comparison":{"with":"segment","dimension":"d","segments":["a","b"]}}"#.to_owned());
    for role in ["time", "dimension", "measure", "ratio", "id", "stage", "ignore"] {
        configs.push(format!(r#"{{"columns":{{"c":{{"role":"{role}"}}}}}}"#));
    }
    for format in ["number", "integer", "percent", "currency"] {
        for good in ["up", "down", "neutral"] {
            let measure = format!(r#"{{"agg":"count","format":"{format}","good":"{good}"}}"#);
            configs.push(format!(r#"{{"measures":{{"a":{measure}}}}}"#));
        }
    }
    for json in configs {
        assert!(schema_accepts(&json), "{json}");
        VisualizationConfig::parse(&json).unwrap();
    }
}

#[test]
fn what_is_no_json_or_too_large_is_refused() {
    assert_eq!(
        problems("{")[0].split(':').next(),
        Some("the configuration is no JSON")
    );
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(problems(&large), ["the configuration is larger than 65536 bytes"]);
}

#[test]
fn the_hash_sees_the_content_and_the_type_alone() {
    let hash = |json| config_sha256(json, DashboardType::Standard);
    assert_eq!(hash(r#"{"a":1,"b":2}"#), hash(r#" { "b": 2.0, "a": 1 }"#));
    assert_ne!(hash("{}"), hash(r#"{"period":"all"}"#));
    assert_ne!(hash("{}"), config_sha256("{}", DashboardType::Funnel));
    assert_ne!(hash("{"), hash("{}"));
    for name in ["standard", "funnel", "comparison", "custom"] {
        assert_eq!(name.parse::<DashboardType>().unwrap().to_string(), name);
    }
    assert_eq!("Standard".parse::<DashboardType>(), Err(()));
}
