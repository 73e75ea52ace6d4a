//! One snapshot a case.

use dashloom::dashboard::{Dashboard, canonical_json};

use crate::cases::{self, Rendered};

#[test]
fn cases_render_as_their_snapshots_say() {
    for case in cases::all() {
        insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../fixtures/snapshots" }, {
            insta::assert_snapshot!(case.name.clone(), text(case));
        });
    }
}

#[test]
fn what_is_written_is_canonical() {
    for case in cases::all() {
        for view in &case.views {
            for json in columns(&view.dashboard) {
                assert_eq!(canonical_json(json).unwrap(), *json, "{} {}", case.name, view.key);
            }
        }
    }
}

fn columns(dashboard: &Dashboard) -> [&String; 3] {
    [
        &dashboard.metrics_summary,
        &dashboard.processed_data,
        &dashboard.charts_config,
    ]
}

fn text(case: &Rendered) -> String {
    let mut text = format!("{}\n", case.about);
    for view in &case.views {
        let dashboard = &view.dashboard;
        text += &format!(
            "\n== {} from {:?} to {:?}\n",
            view.key, dashboard.start, dashboard.end
        );
        text += &format!("executions: {}\n", dashboard.execution_ids.len());
        for headline in &dashboard.headline {
            let value = headline.value.as_deref().unwrap_or("null");
            text += &format!("{}: {value} {}\n", headline.id, headline.unit);
        }
        for json in columns(dashboard) {
            text += &readable(json);
        }
        let found = &view.insights;
        text += &format!("insights: {} of {} tests\n", found.insights.len(), found.tests);
        for insight in &found.insights {
            let confidence = f64::from(insight.confidence) / 100.0;
            text += &format!("{confidence:.2} {}: {}\n", insight.insight_type, insight.text);
            text += &format!("  {}\n", insight.data_points);
        }
    }
    text
}

/// One line an object of a list, and one a member of an outer object.
fn readable(json: &str) -> String {
    json.replace("},{", "},\n  {")
        .replace("],\"", "],\n\"")
        .replace(":[{", ":[\n  {")
        + "\n"
}
