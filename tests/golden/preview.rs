//! `dashloom preview` as a process: the bytes it prints are those that rendering gives.

use std::fs;
use std::process::{Command, Output};

use dashloom::dashboard::{DashboardType, VisualizationConfig};
use serde_json::Value;

use crate::cases;

fn preview(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dashloom"))
        .arg("preview")
        .args(arguments)
        .current_dir(cases::root())
        .env("DASHLOOM_CONFIG", "/there/is/no/such/file.toml")
        .output()
        .unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = preview(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

const CAMPAIGNS: &str = "tests/fixtures/campaigns/rows.csv";

#[test]
fn json_holds_the_bytes_that_the_service_would_store() {
    let json = printed(&[CAMPAIGNS, "--type", "comparison", "--json"]);
    let config = VisualizationConfig::parse(r#"{"period":"all"}"#).unwrap();
    let rows = fs::read(cases::root().join(CAMPAIGNS)).unwrap();
    let window = ("2026-03-01".parse().unwrap(), "2026-04-03".parse().unwrap());
    let result = cases::executed(rows, 0, window, "2026-04-04T00:00:01Z", &[], &config);
    let views = cases::views(DashboardType::Comparison, &config, &[result]);
    let dashboard = &views[0].dashboard;
    for (member, bytes) in [
        ("charts_config", &dashboard.charts_config),
        ("metrics_summary", &dashboard.metrics_summary),
        ("processed_data", &dashboard.processed_data),
    ] {
        assert!(json.contains(&format!("\"{member}\":{bytes}")), "{member}");
    }
    let parsed: Value = serde_json::from_str(&json).unwrap();
    let members: Vec<&String> = parsed.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "charts_config",
            "insights",
            "metrics_summary",
            "processed_data",
            "roles"
        ]
    );
    let found = &views[0].insights.insights;
    let told = parsed["insights"].as_array().unwrap();
    assert_eq!(told.len(), found.len());
    for (told, found) in told.iter().zip(found) {
        assert_eq!(told["insight_type"], found.insight_type);
        assert_eq!(told["insight_text"], found.text);
        assert!(
            json.contains(&format!("\"data_points\":{}", found.data_points)),
            "{}",
            found.text
        );
    }
    assert_eq!(parsed["roles"][0]["column"], "date");
    assert_eq!(parsed["roles"][0]["role"], "time");
    assert!(parsed["roles"][1]["reason"].as_str().unwrap().contains("texts"));
}

#[test]
fn out_writes_what_files_would_become_in_the_format_that_its_name_tells() {
    let folder = tempfile::tempdir().unwrap();
    let formats: [(&str, &[u8]); 5] = [
        ("pdf", b"%PDF-"),
        ("png", b"\x89PNG"),
        ("xlsx", b"PK"),
        ("csv", "\u{feff}".as_bytes()),
        ("html", b"<!doctype html>"),
    ];
    for (format, begins) in formats {
        let out = folder.path().join(format!("report.{format}"));
        printed(&[CAMPAIGNS, "--out", out.to_str().unwrap()]);
        assert!(fs::read(&out).unwrap().starts_with(begins), "{format}");
    }
    let unknown = folder.path().join("report.doc");
    let refused = preview(&[CAMPAIGNS, "--out", unknown.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains(".pdf, .png, .csv, .xlsx or .html"),
        "{said}"
    );
    assert!(!unknown.exists());
}

#[test]
fn text_shows_metrics_tables_and_why_columns_were_taken_so() {
    let text = printed(&[CAMPAIGNS]);
    for part in [
        "standard dashboard of 1 execution, all: 1 Mar – 3 Apr 2026",
        "474,052",
        "impressions by campaign",
        "generic",
        "The time: every value is a date",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains('\x1b'), "a pipe gets no colours");
}

#[test]
fn text_of_a_funnel_says_how_it_counts() {
    let text = printed(&[CAMPAIGNS, "--type", "funnel"]);
    assert!(
        text.contains("Each stage is the sum of a column of its own"),
        "{text}"
    );
}

#[test]
fn a_long_table_is_shown_as_its_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kpis.csv");
    let rows: String = (1..29)
        .map(|day| format!("2026-02-{day:02},visits,{},count\n2026-02-{day:02},orders,{},count\n2026-02-{day:02},revenue,{}.5,EUR\n", 90 + day, day % 7, 10 * day))
        .collect();
    fs::write(&path, format!("date,metric,value,unit\n{rows}")).unwrap();
    let parsed: Value = serde_json::from_str(&printed(&[path.to_str().unwrap(), "--json"])).unwrap();
    let metrics = parsed["metrics_summary"]["metrics"].as_array().unwrap();
    let shown: Vec<(&str, String, &str)> = metrics
        .iter()
        .map(|metric| {
            let text = |member: &str| metric[member].as_str().unwrap();
            (text("id"), metric["value"].to_string(), text("unit"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("orders", "84".to_owned(), ""),
            ("revenue", "4074".to_owned(), "EUR"),
            ("visits", "2926".to_owned(), "")
        ]
    );
    let role = |column: &str| {
        let roles = parsed["roles"].as_array().unwrap();
        let role = roles.iter().find(|role| role["column"] == column).unwrap();
        role["role"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ["date", "metric", "value", "unit", "orders"].map(role),
        ["time", "dimension", "measure", "dimension", "measure"]
    );
}

#[test]
fn insights_are_told_with_their_evidence() {
    let flights = "examples/flights/daily_origin_carrier.csv";
    let parsed: Value = serde_json::from_str(&printed(&[flights, "--json"])).unwrap();
    let insights = parsed["insights"].as_array().unwrap();
    let text = printed(&[flights]);
    assert!(!insights.is_empty());
    for insight in insights {
        let confidence = insight["confidence_score"].as_f64().unwrap();
        assert!((0.5..=1.0).contains(&confidence), "{insight}");
        assert_eq!(insight["data_points"]["schema"], "insight.evidence/1");
        assert!(text.contains(insight["insight_text"].as_str().unwrap()));
    }
}

#[test]
fn several_files_without_dates_add_up_and_later_files_win() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rows: &str| {
        let path = folder.path().join(name);
        fs::write(&path, rows).unwrap();
        path.to_string_lossy().into_owned()
    };
    let value = |json: &str| {
        serde_json::from_str::<Value>(json).unwrap()["metrics_summary"]["metrics"][0]["value"].clone()
    };
    let (a, b) = (
        write("a.csv", "shop,orders\nx,2\n"),
        write("b.json", r#"[{"shop":"y","orders":3}]"#),
    );
    assert_eq!(value(&printed(&[&a, &b, "--json"])), 5);
    let text = printed(&[&a, &b]);
    assert!(text.contains("2 executions, all: no time column"), "{text}");
    assert!(text.contains("vs the result before: 3 vs 2"), "{text}");
    assert!(!text.contains("2000"), "dates are made up:\n{text}");
    let old = write("old.csv", "date,n\n2026-01-01,1\n2026-01-02,1\n2026-01-03,1\n");
    let new = write(
        "new.ndjson",
        "{\"date\":\"2026-01-02\",\"n\":5}\n{\"date\":\"2026-01-03\",\"n\":5}\n",
    );
    assert_eq!(value(&printed(&[&old, &new, "--json"])), 11);
    assert_eq!(value(&printed(&[&new, &old, "--json"])), 3);
}

#[test]
fn sides_have_names_and_shares_are_written_as_their_metric_is() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rows: &str| {
        let path = folder.path().join(name);
        fs::write(&path, rows).unwrap();
        path.to_string_lossy().into_owned()
    };
    let rows = "team,variant,impressions,clicks,ctr\na,old,200,200,100%\na,new,300,300,100%\nb,old,400,100,25%\nb,new,500,200,40%\nc,new,50,5,10%\n";
    let text = printed(&[&write("variants.csv", rows), "--type", "comparison"]);
    assert!(text.contains("impressions, old  impressions, new"), "{text}");
    assert!(text.contains("100%"), "all of them clicked:\n{text}");
    let results = ["one", "two"].map(|name| {
        let (x, y) = (name.len() + 40, if name == "one" { 50 } else { 70 });
        write(
            &format!("{name}.csv"),
            &format!("team,role,visits\na,x,{x}\na,y,{y}\nb,x,30\nb,y,{x}\n"),
        )
    });
    let text = printed(&[&results[0], &results[1], "--type", "comparison"]);
    assert!(
        text.contains("the newest result against the result before"),
        "{text}"
    );
    assert!(text.contains("visits, before  visits, after"), "{text}");
    assert!(!text.contains("2000"), "dates are made up:\n{text}");
    for kind in ["standard", "comparison"] {
        let page = folder
            .path()
            .join(format!("{kind}.html"))
            .to_string_lossy()
            .into_owned();
        printed(&[&results[0], &results[1], "--type", kind, "--out", &page]);
        let page = fs::read_to_string(page).unwrap();
        assert!(
            page.contains("visits by team") || page.contains("in visits, by team"),
            "{kind}"
        );
        assert!(
            !page.contains("Jan 2000") && !page.contains("2000-01"),
            "{kind}: dates are made up"
        );
    }
}

#[test]
fn cards_compare_with_the_year_before_where_the_dashboard_does() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let from = |first: &str| {
        let days = chrono::NaiveDate::parse_from_str(first, "%Y-%m-%d")
            .unwrap()
            .iter_days();
        let until = "2024-11-30".parse().unwrap();
        let rows = days
            .take_while(|day| *day <= until)
            .map(|day| format!("{day},5\n"));
        write(
            &format!("{first}.csv"),
            &format!("date,sales\n{}", rows.collect::<String>()),
        )
    };
    let config = write("year.json", r#"{"comparison":{"with":"previous_year"}}"#);
    let card = |file: &str, kind: &str| {
        let text = printed(&[file, "--type", kind, "--config", &config]);
        let metrics = text.lines().skip_while(|line| *line != "Metrics");
        metrics
            .skip(1)
            .take_while(|line| !line.is_empty())
            .collect::<String>()
    };
    let long = from("2023-10-01");
    assert!(card(&long, "comparison").contains("3 – 30 Nov 2024 vs 5 Nov – 2 Dec 2023"));
    assert!(card(&long, "standard").contains("last 28 days vs the 28 before"));
    let why = card(&from("2024-01-01"), "comparison");
    assert!(
        why.contains("5 Nov 2023") || why.contains("2023-11-05 of the window a year before"),
        "{why}"
    );
}

#[test]
fn what_is_no_table_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, told) in [
        (
            "page.html",
            &b"<!doctype html>\n<html><body>Log in</body></html>"[..],
            "is a page of HTML",
        ),
        (
            "logo.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10",
            "is a binary file",
        ),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let output = preview(&[CAMPAIGNS, &path.to_string_lossy()]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && output.stdout.is_empty(), "{name}");
        assert!(error.contains(&format!("{name} {told}")), "{error}");
    }
}

#[test]
fn files_without_rows_are_refused_only_where_none_has_any() {
    let folder = tempfile::tempdir().unwrap();
    let whole = printed(&[CAMPAIGNS, "--json"]);
    for (name, bytes, told) in [
        ("empty.csv", &b""[..], "is empty"),
        ("header.csv", b"date,clicks\n", "has no rows"),
        ("none.json", b"[]", "has no rows"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let path = path.to_string_lossy();
        let alone = preview(&[&path, &path]);
        let with_another = preview(&[CAMPAIGNS, &path, "--json"]);
        assert!(!alone.status.success() && alone.stdout.is_empty(), "{name}");
        assert_eq!(
            String::from_utf8_lossy(&with_another.stdout),
            whole,
            "{name} changes nothing"
        );
        for output in [alone, with_another] {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(error.contains(&format!("{name} {told}")), "{error}");
        }
    }
}

#[test]
fn files_whose_dates_later_ones_hold_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, days: std::ops::RangeInclusive<u32>| {
        let rows: String = days.map(|day| format!("2026-01-{day:02},7\n")).collect();
        let path = folder.path().join(name);
        fs::write(&path, format!("date,clicks\n{rows}")).unwrap();
        path.to_string_lossy().into_owned()
    };
    let (north, south, later) = (file("n.csv", 1..=4), file("s.csv", 1..=4), file("l.csv", 3..=6));
    let told = |files: &[&str]| {
        let output = preview(files);
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let both = told(&[&north, &south]);
    assert!(
        both.contains("n.csv counts nowhere: a later file holds all its dates"),
        "{both}"
    );
    assert!(!both.contains("s.csv"), "{both}");
    let partly = told(&[&north, &later]);
    assert!(partly.contains("n.csv counts on 2 of its 4 dates"), "{partly}");
    assert_eq!(told(&[&later]), "");
}

#[test]
fn files_in_utf_16_and_of_one_column_are_tables_in_any_script() {
    let folder = tempfile::tempdir().unwrap();
    let utf16: Vec<u8> = "\u{feff}дата;клики\n2026-01-01;5\n2026-01-02;7\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes, label) in [
        ("clicks.csv", &utf16[..], "клики"),
        ("cities.csv", "城市\n北京\n上海\n".as_bytes(), "城市"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let text = printed(&[&path.to_string_lossy()]);
        assert!(text.contains(label), "{text}");
    }
}

#[test]
fn a_wrong_configuration_or_file_is_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    fs::write(&config, r#"{"perid":"all"}"#).unwrap();
    let output = preview(&[CAMPAIGNS, "--config", &config.to_string_lossy()]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && error.contains("/perid") && error.contains("did you mean \"period\"?"),
        "{error}"
    );
    let output = preview(&["no-such-file.csv"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file.csv cannot be read"));
}
