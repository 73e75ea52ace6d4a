//! Every chart of every case as files draw it, on paper and as a picture: no text on another, none beyond the edge.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashloom::dashboard::Theme;
use dashloom::export::{Drawing, Format, Paper, Picture, Report, drawings};
use dashloom::render::{ChartRequest, Engine, Limits};
use resvg::usvg::{Group, Node, Rect};

use crate::cases;
use crate::exports::report;

/// What glyphs may share: smoothing of their edges.
const TOUCH: f32 = 0.75;

/// A text as it is seen.
struct Seen {
    text: String,
    glyphs: Rect,
}

#[test]
fn no_text_of_a_chart_meets_another_or_the_edge() {
    let charts = charts();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let engine = Engine::start(Limits::default()).unwrap();
                while let Some((name, request)) = charts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let svg = engine
                        .draw(request)
                        .unwrap_or_else(|error| panic!("{name}: {error}"));
                    let found = faults(&Picture::read(svg).unwrap());
                    let found = found.into_iter().map(|fault| format!("{name}: {fault}"));
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(charts.len() > 100, "only {} charts", charts.len());
    assert!(
        wrong.is_empty(),
        "of {} charts:\n{}",
        charts.len(),
        wrong.join("\n")
    );
}

/// Every chart as it is drawn for paper and for a picture, by name; what is drawn twice is there once.
fn charts() -> Vec<(String, ChartRequest)> {
    let (mut all, mut drawn) = (Vec::new(), HashSet::new());
    for case in cases::all() {
        for view in &case.views {
            let report = report(case, view);
            for format in [Format::Pdf, Format::Png] {
                for drawing in drawings(&report, format, Paper::A4) {
                    let request = request(&report, drawing);
                    if drawn.insert((request.spec.clone(), request.data.clone(), request.width)) {
                        let id = &report.charts[drawing.chart].id;
                        let name = format!("{} {} {id}, {} wide", case.name, view.key, drawing.width);
                        all.push((name, request));
                    }
                }
            }
        }
    }
    all
}

fn request(report: &Report, drawing: Drawing) -> ChartRequest {
    let chart = &report.charts[drawing.chart];
    let rows = report.dataset(&chart.dataset).unwrap().json.get();
    ChartRequest {
        spec: chart.spec.get().to_owned(),
        data: format!("{{{:?}:{rows}}}", chart.dataset),
        theme: Theme::Light.config(),
        width: drawing.width,
    }
}

/// What is wrong with a drawing, a sentence each.
fn faults(picture: &Picture) -> Vec<String> {
    let mut seen = Vec::new();
    texts(picture.tree.root(), &mut seen);
    let mut faults = Vec::new();
    for (index, one) in seen.iter().enumerate() {
        let (right, bottom) = (picture.width() + TOUCH, picture.height() + TOUCH);
        let glyphs = one.glyphs;
        if glyphs.left() < -TOUCH
            || glyphs.top() < -TOUCH
            || glyphs.right() > right
            || glyphs.bottom() > bottom
        {
            faults.push(format!("{:?} is cut at the edge", one.text));
        }
        for other in &seen[index + 1..] {
            if meets(one.glyphs, other.glyphs) {
                faults.push(format!("{:?} lies on {:?}", one.text, other.text));
            }
        }
    }
    faults
}

fn meets(one: Rect, other: Rect) -> bool {
    let across = one.right().min(other.right()) - one.left().max(other.left());
    let down = one.bottom().min(other.bottom()) - one.top().max(other.top());
    across > TOUCH && down > TOUCH
}

/// The texts of a group that are seen, each with the box around its glyphs.
fn texts(group: &Group, seen: &mut Vec<Seen>) {
    if group.opacity().get() == 0.0 {
        return;
    }
    for node in group.children() {
        match node {
            Node::Group(inner) => texts(inner, seen),
            Node::Text(text) => {
                let written: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
                let glyphs = text.flattened().bounding_box().transform(text.abs_transform());
                if let Some(glyphs) =
                    glyphs.filter(|glyphs| glyphs.width() > 0.0 && !written.trim().is_empty())
                {
                    seen.push(Seen {
                        text: written,
                        glyphs,
                    });
                }
            }
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}
