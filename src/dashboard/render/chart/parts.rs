//! Pieces of specs that several charts share.

use crate::dashboard::Cadence;
use crate::dashboard::render::fields::Field;
use crate::dashboard::render::grain::Grain;
use crate::dashboard::render::json;
use crate::dashboard::render::measures::Measure;

/// Okabe-Ito blue: 5.2:1 on white, 3.6:1 on #121212.
pub const COLOUR: &str = "#0072B2";

/// Writes a spec into a text with room for it.
pub fn spec(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::with_capacity(1024);
    write(&mut out);
    out
}

/// Appends the parts in turn; those in odd places are quoted as JSON strings.
pub fn fill(out: &mut String, parts: &[&str]) {
    for (index, part) in parts.iter().enumerate() {
        match index % 2 {
            0 => out.push_str(part),
            _ => json::string(out, part),
        }
    }
}

/// A measure's label with its unit, as an axis title.
pub fn with_unit(measure: &Measure) -> String {
    match measure.field.unit.is_empty() {
        true => measure.field.label.clone(),
        false => format!("{} ({})", measure.field.label, measure.field.unit),
    }
}

/// The number format of an axis as a JSON member with a comma behind it; empty for Vega's own, which suits its ticks.
pub fn axis_format(measure: &Measure) -> &'static str {
    if measure.is_percent() {
        "\"format\":\"~%\","
    } else {
        ""
    }
}

/// The number format of a tooltip: 12 significant digits, so that no noise of binary floats shows.
pub fn tooltip_format(measure: &Measure) -> &'static str {
    if measure.is_percent() { ".6~p" } else { ",.12~r" }
}

/// Appends a tooltip entry for a measure.
pub fn measure_tooltip(out: &mut String, measure: &Measure) {
    let format = tooltip_format(measure);
    fill(
        out,
        &[
            "{\"field\":",
            &measure.field.id,
            ",\"format\":",
            format,
            ",\"title\":",
            &with_unit(measure),
            ",\"type\":\"quantitative\"}",
        ],
    );
}

/// Appends a tooltip entry for a dimension.
pub fn dimension_tooltip(out: &mut String, field: &Field) {
    fill(
        out,
        &[
            "{\"field\":",
            &field.id,
            ",\"title\":",
            &field.label,
            ",\"type\":\"nominal\"}",
        ],
    );
}

/// The UTC time unit that a grain's steps start on.
pub fn time_unit(grain: Grain) -> &'static str {
    match grain {
        Grain::Step(Cadence::Day | Cadence::Week) => "utcyearmonthdate",
        Grain::Step(Cadence::Month) => "utcyearmonth",
        Grain::Step(Cadence::Quarter) => "utcyearquarter",
        Grain::Step(Cadence::Year) | Grain::Decade | Grain::Century => "utcyear",
    }
}

/// How a step's first day is written.
pub fn time_format(grain: Grain) -> &'static str {
    match grain {
        Grain::Step(Cadence::Day | Cadence::Week) => "%-d %b %Y",
        Grain::Step(Cadence::Month) => "%b %Y",
        Grain::Step(Cadence::Quarter) => "Q%q %Y",
        Grain::Step(Cadence::Year) | Grain::Decade | Grain::Century => "%Y",
    }
}

/// What a step is called in a tooltip.
pub fn step_title(grain: Grain) -> &'static str {
    match grain {
        Grain::Step(Cadence::Day) => "Day",
        Grain::Step(Cadence::Week) => "Week from",
        Grain::Step(Cadence::Month) => "Month",
        Grain::Step(Cadence::Quarter) => "Quarter",
        Grain::Step(Cadence::Year) => "Year",
        Grain::Decade => "Decade from",
        Grain::Century => "Century from",
    }
}
