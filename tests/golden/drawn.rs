//! Every chart of every case as wide as files and a phone draw it: no text on another, none beyond the edge.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashloom::dashboard::Theme;
use dashloom::export::{Drawing, Format, Paper, Picture, Report, drawings};
use dashloom::render::{ChartRequest, Engine, Limits};
use resvg::usvg::{Group, Node, Rect, Transform};

use crate::cases;
use crate::exports::report;

/// The width that the page leaves a chart on a screen of 390 pixels.
const PHONE_WIDTH: u32 = 328;
/// What glyphs may share: smoothing of their edges.
const TOUCH: f32 = 0.75;

/// A text as it is seen.
struct Seen {
    text: String,
    /// The box around its glyphs before they are turned and moved.
    glyphs: Rect,
    /// How they are turned and moved.
    placed: Transform,
}

impl Seen {
    /// The box around its glyphs, upright in a frame.
    fn in_frame(&self, frame: Transform) -> Option<Rect> {
        self.glyphs.transform(frame.pre_concat(self.placed))
    }

    /// Whether two texts share more than a touch: unless seen along one of the two they stand apart.
    fn meets(&self, other: &Self) -> bool {
        [self, other].into_iter().all(|along| {
            let frame = along.placed.invert().unwrap_or_default();
            let boxes = self.in_frame(frame).zip(other.in_frame(frame));
            boxes.is_some_and(|(one, other)| overlap(one, other))
        })
    }
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

/// Every chart as it is drawn for each paper, for a picture and for a phone, by name; what is drawn twice is there once. (The themes
/// differ in colours alone, as a test beside them holds.)
fn charts() -> Vec<(String, ChartRequest)> {
    let (mut all, mut drawn) = (Vec::new(), HashSet::new());
    for case in cases::all() {
        for view in &case.views {
            let report = report(case, view);
            for drawing in widths(&report) {
                let request = request(&report, drawing);
                if drawn.insert((request.spec.clone(), request.data.clone(), request.width)) {
                    let id = &report.charts[drawing.chart].id;
                    let name = format!("{} {} {id}, {} wide", case.name, view.key, drawing.width);
                    all.push((name, request));
                }
            }
        }
    }
    all
}

fn widths(report: &Report) -> Vec<Drawing> {
    let files = [
        (Format::Pdf, Paper::A4),
        (Format::Pdf, Paper::Letter),
        (Format::Png, Paper::A4),
    ];
    let files = files
        .into_iter()
        .flat_map(|(format, paper)| drawings(report, format, paper));
    let phone = (0..report.charts.len()).map(|chart| Drawing {
        chart,
        width: PHONE_WIDTH,
    });
    files.chain(phone).collect()
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
        let Some(glyphs) = one.in_frame(Transform::identity()) else {
            continue;
        };
        if glyphs.left() < -TOUCH
            || glyphs.top() < -TOUCH
            || glyphs.right() > right
            || glyphs.bottom() > bottom
        {
            faults.push(format!("{:?} is cut at the edge", one.text));
        }
        for other in &seen[index + 1..] {
            if one.meets(other) {
                faults.push(format!("{:?} lies on {:?}", one.text, other.text));
            }
        }
    }
    faults
}

fn overlap(one: Rect, other: Rect) -> bool {
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
                let glyphs = text.flattened().bounding_box();
                if glyphs.width() > 0.0 && !written.trim().is_empty() {
                    seen.push(Seen {
                        text: written,
                        glyphs,
                        placed: text.abs_transform(),
                    });
                }
            }
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}
