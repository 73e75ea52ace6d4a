//! Pieces of specs that several charts share.

use crate::dashboard::Cadence;
use crate::dashboard::render::fields::Field;
use crate::dashboard::render::grain::Grain;
use crate::dashboard::render::json;
use crate::dashboard::render::measures::Measure;

/// Okabe-Ito blue: 5.2:1 on white, 3.6:1 on #121212.
pub const COLOUR: &str = "#0072B2";

/// Grey: 4.5:1 on white, 4.1:1 on #121212; for what others are held against.
pub const GREY: &str = "#767676";

/// Colours of series, in their order: at least 3:1 on white, on #121212 and on the page's dark paper, and told apart under
/// every kind of colour blindness (distance in CIELAB at least 23 under simulated protanopia, deuteranopia and tritanopia,
/// about as much as six colours of that lightness can have). The sixth, grey and dashed, is that of "Other".
pub const SERIES: [&str; 6] = ["#0072B2", "#D55E00", "#7F3FFF", "#C07854", "#B46CFF", GREY];

/// A JSON object of members in any order.
pub fn object(members: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(128);
    json::object(&mut out, members.to_vec());
    out
}

/// A JSON array of JSON values.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    format!("[{}]", items.join(","))
}

/// A JSON string.
pub fn text(text: &str) -> String {
    json::quoted(text)
}

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

/// A measure's label with its unit.
pub fn with_unit(measure: &Measure) -> String {
    match measure.field.unit.is_empty() {
        true => measure.field.label.clone(),
        false => format!("{} ({})", measure.field.label, measure.field.unit),
    }
}

/// The title of an axis or a legend as JSON: in lines that fit along the lowest chart, which is 240 pixels high. What does
/// not fit into three is in the tooltip.
pub fn guide_title(title: &str) -> String {
    let mut lines = wrapped(title, 34);
    if lines.len() > 3 {
        lines.truncate(3);
        lines[2].push('…');
    }
    match &lines[..] {
        [line] => text(line),
        _ => list(&lines.iter().map(|line| text(line)).collect::<Vec<_>>()),
    }
}

/// A text in lines of at most so many characters (wide ones are two), broken behind spaces and underscores, in words only
/// where one is longer than a line; never empty.
pub fn wrapped(sentence: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for piece in sentence.split_inclusive([' ', '_']) {
        let length: usize = piece.trim_end().chars().map(breadth).sum();
        let mut is_full = used > 0 && used + length > width;
        for character in piece.chars() {
            if is_full || (used + breadth(character) > width && character != ' ') {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                (used, is_full) = (0, false);
            }
            line.push(character);
            used += breadth(character);
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// How many columns a character takes: two from where the scripts begin whose signs are as wide as high.
fn breadth(character: char) -> usize {
    if character >= '\u{1100}' && !('\u{2000}'..'\u{2e80}').contains(&character) {
        2
    } else {
        1
    }
}

/// How ticks are written, as members of an axis or a legend: as many digits as their step needs, millions and more with a
/// letter (1.5M, 2B); tooltips are exact.
pub fn tick_format(is_percent: bool) -> Vec<(&'static str, &'static str)> {
    if is_percent {
        return vec![("format", "\"~%\"")];
    }
    vec![
        ("format", "\",~f\""),
        (
            "labelExpr",
            "\"abs(datum.value) < 1e6 ? datum.label : replace(format(datum.value,'.9~s'),'G','B')\"",
        ),
    ]
}

/// The axis of a measure.
pub fn value_axis(measure: &Measure) -> String {
    axis_of_numbers(&with_unit(measure), measure.is_percent())
}

fn axis_of_numbers(title: &str, is_percent: bool) -> String {
    let title = guide_title(title);
    let mut members = tick_format(is_percent);
    members.extend([("title", title.as_str()), ("titleLimit", "240")]);
    object(&members)
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

/// The tooltip entry of a dimension.
pub fn tooltip_of(field: &Field) -> String {
    let mut out = String::new();
    dimension_tooltip(&mut out, field);
    out
}

/// The tooltip entry of a measure.
pub fn tooltip_of_measure(measure: &Measure) -> String {
    let mut out = String::new();
    measure_tooltip(&mut out, measure);
    out
}

/// The tooltip entry of a number that is no measure.
pub fn tooltip_of_number(id: &str, title: &str, format: &str) -> String {
    object(&[
        ("field", &text(id)),
        ("format", &text(format)),
        ("title", &text(title)),
        ("type", "\"quantitative\""),
    ])
}

/// The channel of values in the order of the rows, without a title, labels cut where they are long.
pub fn in_row_order(field: &Field) -> String {
    object(&[
        ("axis", "{\"labelLimit\":180,\"title\":null}"),
        ("field", &text(&field.id)),
        ("sort", "null"),
        ("type", "\"nominal\""),
    ])
}

/// The channel of numbers on a scale; `is_percent` writes ticks in percent.
pub fn quantity(id: &str, title: &str, is_percent: bool, scale: &str) -> String {
    object(&[
        ("axis", &axis_of_numbers(title, is_percent)),
        ("field", &text(id)),
        ("scale", scale),
        ("type", "\"quantitative\""),
    ])
}

/// The axis of time across a chart of so many steps. Of few weeks it is their Mondays that are labelled, where Vega would put
/// Sundays; of more it labels months by itself.
pub fn time_axis(grain: Grain, steps: usize) -> String {
    let format = text(time_format(grain));
    let mut members = vec![
        ("format", format.as_str()),
        ("labelOverlap", "true"),
        ("title", "null"),
    ];
    if grain == Grain::Step(Cadence::Week) && steps <= FEW_WEEKS {
        members.push(("values", MONDAYS));
    }
    object(&members)
}

/// Weeks up to which Vega puts a tick at each.
const FEW_WEEKS: usize = 20;
/// Every Monday of an axis: the first one since 1970 was on its fifth day.
const MONDAYS: &str = "{\"expr\":\"sequence(ceil((domain('x')[0]-345600000)/604800000)*604800000+345600000,+domain('x')[1]+1,604800000)\"}";

/// The channel of time across a chart of so many steps.
pub fn time_across(time: &Field, grain: Grain, steps: usize) -> String {
    let axis = time_axis(grain, steps);
    object(&[
        ("axis", &axis),
        ("field", &text(&time.id)),
        ("scale", "{\"type\":\"utc\"}"),
        ("timeUnit", &text(time_unit(grain))),
        ("type", "\"temporal\""),
    ])
}

/// The channel of steps of time across a chart, each in its own place.
pub fn steps_across(time: &Field, grain: Grain) -> String {
    let label = format!("utcFormat(datum.value,'{}')", time_format(grain));
    let axis = object(&[
        ("labelAngle", "0"),
        ("labelExpr", &text(&label)),
        ("labelOverlap", "true"),
        ("title", "null"),
    ]);
    object(&[
        ("axis", &axis),
        ("field", &text(&time.id)),
        ("timeUnit", &text(time_unit(grain))),
        ("type", "\"ordinal\""),
    ])
}

/// A legend above the chart, also of one that is no wider than a telephone.
pub const LEGEND: &str =
    "{\"columns\":{\"expr\":\"width < 440 ? 2 : 3\"},\"labelLimit\":140,\"orient\":\"top\",\"title\":null}";

/// The colour channel of a series' field, in the order of the rows.
pub fn series_colour(field: &Field) -> String {
    object(&[
        ("field", &text(&field.id)),
        ("legend", LEGEND),
        ("scale", &object(&[("range", &series_range())])),
        ("sort", "null"),
        ("type", "\"nominal\""),
    ])
}

/// The colours of series as a JSON array.
pub fn series_range() -> String {
    let colours: Vec<String> = SERIES.iter().map(|colour| text(colour)).collect();
    list(&colours)
}

/// The whole spec of a chart over a dataset: `members` are what only it has.
pub fn whole(dataset: &str, title: &str, description: &str, members: &[(&str, &str)]) -> String {
    let (data, title, description) = (
        object(&[("name", &text(dataset))]),
        text(title),
        text(description),
    );
    let mut all = vec![
        ("data", data.as_str()),
        ("description", description.as_str()),
        ("title", title.as_str()),
        ("width", "\"container\""),
    ];
    // A member given here stands instead of the usual one.
    all.retain(|(key, _)| members.iter().all(|(given, _)| given != key));
    all.extend_from_slice(members);
    object(&all)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stand_in_lines() {
        for (name, lines) in [
            ("", vec![""]),
            ("short", vec!["short"]),
            ("net result after taxes", vec!["net result", "after", "taxes"]),
            ("money_spent_on_ads", vec!["money_", "spent_on_", "ads"]),
            ("abcdefghijklm no", vec!["abcdefghij", "klm no"]),
            ("0123456789 next", vec!["0123456789", "next"]),
            ("名前名前名前", vec!["名前名前名", "前"]),
        ] {
            assert_eq!(wrapped(name, 10), lines, "{name}");
        }
    }
}
