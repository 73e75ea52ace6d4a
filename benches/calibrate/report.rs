//! The reliability table, as Markdown and as a picture.

use std::fmt::Write;

use dashloom::insight::model_version;

use crate::dashboards::{Noise, VOLUME};
use crate::gates::gates;
use crate::run::{BINS, Bin, Counts};

/// A simulation under one noise.
pub struct Part {
    /// What the noise is called.
    pub name: &'static str,
    /// Which noise.
    pub noise: Noise,
    /// What was counted.
    pub counts: Counts,
}

/// `docs/calibration.md`; `volumes` are simulations under normal noise by the visits a day of a middling segment.
pub fn markdown(parts: &[Part], volumes: &[(f64, Counts)], seed: u64) -> String {
    let mut out = String::from(
        "# Calibration of the insights\n\nWritten by `make calibrate`: claims about synthetic dashboards, held against what was planted in them. What is \
         planted, and how the noise is made, stands in `benches/calibrate/dashboards.rs`; when a claim counts as right in \
         `benches/calibrate/truth.rs`. Every claim that passes false-discovery control counts, not only those that a view \
         has room for.\n\nA confidence is a bound from below: it is the least that the evidence says against chance (Sellke, Bayarri and Berger), \
         and at most what the share of false discoveries leaves. So more claims are right than it says, most of all where it is low, and \
         it is told as \"at least 68% sure\".\n\n",
    );
    let _ = writeln!(
        out,
        "Model `{}`, seed {seed}, {} dashboards for each noise, {} tests.\n",
        model_version(),
        parts.first().map_or(0, |part| part.counts.dashboards),
        parts.iter().map(|part| part.counts.tests).sum::<usize>(),
    );
    out.push_str("![Reliability](calibration.svg)\n\n## Reliability\n\n");
    for part in parts {
        reliability(&mut out, part);
    }
    out.push_str("## Gates\n\nUnder other noises than the normal one errors may be half as many again. A holiday is a change itself: \
         what is truly said of one is no false alarm. Recalls are of half as many dashboards more, in which nothing else is planted.\n\n");
    for part in parts {
        let _ = writeln!(
            out,
            "**{}**\n\n| gate | figure | bound | |\n|---|---|---|---|",
            part.name
        );
        for gate in gates(&part.counts, part.noise) {
            let side = if gate.is_ceiling { "≤" } else { "≥" };
            let verdict = if gate.holds() { "holds" } else { "**broken**" };
            let error = gate
                .planted
                .map_or_else(String::new, |planted| with_error(gate.figure, planted));
            let _ = writeln!(
                out,
                "| {} | {:.4}{error} | {side} {:.3} | {verdict} |",
                gate.name, gate.figure, gate.bound
            );
        }
        out.push('\n');
    }
    by_volume(&mut out, volumes);
    out.push_str("## By kind of claim\n\nUnder normal noise.\n\n| kind | claims | right |\n|---|---|---|\n");
    if let Some(part) = parts.first() {
        for (kind, (right, claims)) in &part.counts.kinds {
            let _ = writeln!(
                out,
                "| `{}` | {claims} | {:.3} |",
                kind.name(),
                *right as f64 / *claims as f64
            );
        }
    }
    out
}

/// A recall's standard error, and how many effects it is a share of.
fn with_error(recall: f64, planted: usize) -> String {
    let error = libm::sqrt(recall * (1.0 - recall) / planted.max(1) as f64);
    format!(" ± {error:.3} ({planted} planted)")
}

fn by_volume(out: &mut String, volumes: &[(f64, Counts)]) {
    let _ = writeln!(
        out,
        "## What the volumes decide\n\nThe gates are for segments of about {} visits and a tenth as many sign-ups a day, one in ten of them nearly empty. What \
         can be found depends on that: the fewer the counts and the more dispersed, the more of a day is chance. What is claimed \
         stays as true. Under normal noise:\n\n\
         | visits a day | false share | silent | recall of trends | of shifts | of rate changes | of single steps |\n|---|---|---|---|---|---|---|",
        VOLUME,
    );
    for (volume, counts) in volumes {
        let figures = counts.figures();
        let recall = |name: &str| {
            let planted = counts.recalls.get(name).map_or(0, |recall| recall.planted);
            format!(
                "{:.2}{}",
                counts.recall(name),
                with_error(counts.recall(name), planted)
            )
        };
        let _ = writeln!(
            out,
            "| {volume} | {:.4} | {:.4} | {} | {} | {} | {} |",
            figures.false_share.0,
            figures.silent,
            recall("trend"),
            recall("shift"),
            recall("rate"),
            recall("anomaly")
        );
    }
    out.push('\n');
}

fn reliability(out: &mut String, part: &Part) {
    let _ = writeln!(
        out,
        "**{}**\n\n| confidence | claims | mean confidence | right |\n|---|---|---|---|",
        part.name
    );
    for (index, bin) in part.counts.bins.iter().enumerate() {
        if let Some((confidence, right)) = means(bin) {
            let high = BINS.get(index + 1).map_or(1.0, |high| *high);
            let _ = writeln!(
                out,
                "| {:.2} to {high:.2} | {} | {confidence:.3} | {right:.3} |",
                BINS[index], bin.claims
            );
        }
    }
    out.push('\n');
}

fn means(bin: &Bin) -> Option<(f64, f64)> {
    let claims = bin.claims as f64;
    (bin.claims > 0).then(|| (bin.confidence / claims, bin.right as f64 / claims))
}

/// The size of the picture's square, and its margin.
const SIZE: f64 = 360.0;
const MARGIN: f64 = 50.0;
/// The colours of the noises.
const COLOURS: [&str; 4] = ["#1b5e9c", "#c2571a", "#3b7d3b", "#7a4b9c"];

/// The reliability diagram: what was confided against what was right, from one half to one.
pub fn picture(parts: &[Part]) -> String {
    let at = |value: f64| (value - 0.5) * 2.0 * SIZE;
    let x = |value: f64| MARGIN + at(value);
    let y = |value: f64| MARGIN + SIZE - at(value);
    let whole = SIZE + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{whole}\" height=\"{whole}\" fill=\"#fff\"/>\n\
         <line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#999\" stroke-dasharray=\"4 3\"/>\n",
        x(0.5),
        y(0.5),
        x(1.0),
        y(1.0)
    );
    for tick in [0.5, 0.6, 0.7, 0.8, 0.9, 1.0] {
        let _ = writeln!(
            out,
            "<line x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\" stroke=\"#ddd\"/><line x1=\"{1}\" y1=\"{3}\" x2=\"{2}\" y2=\"{3}\" stroke=\"#ddd\"/>\
             <text x=\"{0}\" y=\"{4}\" text-anchor=\"middle\">{tick:.1}</text><text x=\"{5}\" y=\"{6}\" text-anchor=\"end\">{tick:.1}</text>",
            x(tick),
            MARGIN,
            MARGIN + SIZE,
            y(tick),
            MARGIN + SIZE + 18.0,
            MARGIN - 6.0,
            y(tick) + 4.0
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\">confidence</text><text x=\"14\" y=\"{0}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {0})\">share of claims that are right</text>",
        whole / 2.0,
        whole - 8.0
    );
    for (index, part) in parts.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points: Vec<(f64, f64, usize)> = part
            .counts
            .bins
            .iter()
            .filter_map(|bin| means(bin).map(|(confidence, right)| (confidence, right.max(0.5), bin.claims)))
            .collect();
        let line: Vec<String> = points
            .iter()
            .map(|(c, r, _)| format!("{:.1},{:.1}", x(*c), y(*r)))
            .collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\"/>",
            line.join(" ")
        );
        for (confidence, right, claims) in points {
            let radius = 2.0 + libm::log10(claims as f64);
            let _ = writeln!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{colour}\"><title>{}: {claims} claims</title></circle>",
                x(confidence),
                y(right),
                part.name
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" fill=\"{colour}\">{}</text>",
            MARGIN + SIZE * 0.45,
            MARGIN + SIZE - 60.0 + 16.0 * index as f64,
            part.name
        );
    }
    out.push_str("</svg>\n");
    out
}
