//! A dashboard as text for a terminal.

mod stored;

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::value::RawValue;

use self::stored::{Charts, Column, Data, Metric, Metrics};
use super::super::error::AppError;
use super::{Preview, confidence, number, unreadable};
use crate::dashboard::words;
use crate::decimal::Decimal;
use crate::window::Window;

/// The most rows of a table that are shown, of one that has more than [`WHOLE_ROWS`].
const MAX_ROWS: usize = 10;
/// Up to how many rows a table is shown whole: steps from one total to another have this many at most, and lead nowhere
/// without the last.
const WHOLE_ROWS: usize = 16;
/// The most columns of numbers that are shown.
const MAX_NUMBERS: usize = 5;
/// The most measures of which a change is shown.
const MAX_CHANGES: usize = 2;
/// The most characters of a text in a table.
const MAX_TEXT: usize = 32;
/// Columns that only help to draw a chart.
const DRAWING: [&str; 4] = ["end", "kind", "label", "start"];
/// The dataset of a funnel's stages.
const STAGES: &str = "stages";
/// What stands for no value.
const NOTHING: &str = "–";
/// How high a number is, in eighths.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The preview as text; `styled` makes headings bold.
///
/// # Errors
/// When what was rendered cannot be read again.
pub fn write(preview: &Preview, styled: bool) -> Result<String, AppError> {
    let dashboard = &preview.dashboard;
    let metrics: Metrics = serde_json::from_str(&dashboard.metrics_summary).map_err(unreadable)?;
    let mut data: Data = serde_json::from_str(&preview.shown_data()?).map_err(unreadable)?;
    let charts: Charts = serde_json::from_str(&dashboard.charts_config).map_err(unreadable)?;
    data.format_as(&metrics.metrics);
    data.name_sides();
    let mut page = Page {
        out: String::new(),
        styled,
        dates: preview.dates,
    };
    let executions = words::count(dashboard.execution_ids.len() as u64, "execution", "executions");
    let dates = preview.dates.map_or("no time column".to_owned(), words::window);
    page.heading(&match preview.named(&preview.key) {
        Some(key) => format!(
            "{} dashboard of {executions}, {key}: {dates}",
            preview.dashboard_type
        ),
        None => format!("{} dashboard of {executions}: {dates}", preview.dashboard_type),
    });
    if !preview.others.is_empty() {
        let others: Option<Vec<String>> = preview.others.iter().map(|key| preview.named(key)).collect();
        let others = others.map_or(String::new(), |keys| format!("; the others: {}", keys.join(", ")));
        page.line(&format!(
            "The newest of {} views{others}",
            preview.others.len() + 1
        ));
    }
    page.metrics(&metrics.metrics);
    page.insights(preview);
    page.blocks(&charts, &data);
    page.quality(&data);
    page.roles(preview);
    Ok(page.out)
}

struct Page {
    out: String,
    styled: bool,
    /// The dates of the results, where they have any.
    dates: Option<Window>,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        match self.styled {
            true => self.line(&format!("\x1b[1m{text}\x1b[0m")),
            false => self.line(text),
        }
    }

    fn metrics(&mut self, metrics: &[Metric]) {
        self.heading("Metrics");
        let rows: Vec<[String; 4]> = metrics
            .iter()
            .map(|metric| {
                [
                    short(&metric.label),
                    said(metric),
                    changed(metric),
                    against(metric, self.dates),
                ]
            })
            .collect();
        let width = |column: usize| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths = [width(0), width(1), width(2)];
        for [label, value, change, against] in &rows {
            let line = format!(
                "  {label:<0$}  {value:>1$}  {change:>2$}  {against}",
                widths[0], widths[1], widths[2]
            );
            self.line(line.trim_end());
        }
        let uncompared = metrics.iter().find(|metric| metric.compare.is_none());
        if let Some(reason) = uncompared.and_then(|metric| metric.compare_reason.as_ref()) {
            self.line(&format!("  Nothing is compared: {reason}."));
        }
    }

    fn insights(&mut self, preview: &Preview) {
        self.heading("Insights");
        if preview.insights.is_empty() {
            self.line(&format!("  None that holds: {}.", preview.silence));
        }
        for insight in &preview.insights {
            let text = on_one_line(&insight.text);
            let confidence = Decimal::parse(&confidence(insight)).unwrap_or_default();
            self.line(&format!("  {text} ({})", words::sure(confidence)));
        }
    }

    /// Every dataset once, in the order of the page, under the title of its first chart.
    fn blocks(&mut self, charts: &Charts, data: &Data) {
        let mut shown: Vec<&str> = Vec::new();
        for block in &charts.layout.blocks {
            if let Some(text) = &block.text {
                self.heading(text);
                continue;
            }
            let chart = charts
                .charts
                .iter()
                .find(|chart| Some(&chart.id) == block.chart.as_ref());
            let dataset = chart.map(|chart| &chart.dataset).or(block.dataset.as_ref());
            let Some(dataset) = dataset.filter(|name| !shown.contains(&name.as_str())) else {
                continue;
            };
            shown.push(dataset);
            let (Some(columns), Some(rows)) = (data.columns.get(dataset), data.datasets.get(dataset)) else {
                continue;
            };
            let usual = if block.kind == "table" { "Table" } else { dataset };
            let title = chart
                .map(|chart| chart.title.as_str())
                .or(block.title.as_deref())
                .unwrap_or(usual);
            match columns.first() {
                Some(first) if first.kind == "date" && dataset == "trend" => self.trend(data, columns, rows),
                Some(first) if first.kind == "date" => {}
                _ => {
                    let sides = data.comparison.as_ref().and_then(|of| of.sides.as_ref());
                    match sides.filter(|_| dataset.starts_with("change_by_")) {
                        Some([base, current]) => self.heading(&format!("{title}: {current} against {base}")),
                        None => self.heading(title),
                    }
                    if let Some(funnel) = data.funnel.as_ref().filter(|_| dataset == STAGES) {
                        self.line(&format!("  {}", on_one_line(&funnel.counting_text)));
                    }
                    self.rows(columns, rows);
                }
            }
        }
    }

    fn trend(&mut self, data: &Data, columns: &[Column], rows: &[BTreeMap<String, Box<RawValue>>]) {
        if rows.len() < 2 {
            return;
        }
        let step = self.dates.map_or("file", |_| data.grain.as_str());
        self.heading(&format!("By {step}"));
        let numbers = || columns.iter().filter(|column| column.kind == "number");
        let measures: Vec<&Column> = numbers().take(MAX_NUMBERS).collect();
        let more = numbers().count() - measures.len();
        let width = measures
            .iter()
            .map(|column| short(&column.label).chars().count())
            .max();
        for column in measures {
            let values: Vec<Option<Decimal>> = rows
                .iter()
                .map(|row| row.get(&column.id).and_then(|value| number(value)))
                .collect();
            let line = format!(
                "  {:<1$}  {2}",
                short(&column.label),
                width.unwrap_or(0),
                sparkline(&values)
            );
            self.line(line.trim_end());
        }
        self.more(more, "measure more", "measures more");
    }

    /// Says that there are more than are shown.
    fn more(&mut self, count: usize, one: &str, several: &str) {
        if count > 0 {
            self.line(&format!("  … {}", words::count(count as u64, one, several)));
        }
    }

    fn rows(&mut self, columns: &[Column], rows: &[BTreeMap<String, Box<RawValue>>]) {
        let keys = columns
            .iter()
            .filter(|column| column.role == "dimension" || column.role == "time");
        let drawing = |column: &&Column| DRAWING.contains(&column.id.as_str());
        let shown: Vec<&Column> = keys
            .chain(numbers_of(columns))
            .filter(|column| !drawing(column))
            .collect();
        let mut table: Vec<Vec<String>> = vec![shown.iter().map(|column| short(&column.label)).collect()];
        let most = if rows.len() <= WHOLE_ROWS {
            WHOLE_ROWS
        } else {
            MAX_ROWS
        };
        for row in rows.iter().take(most) {
            table.push(
                shown
                    .iter()
                    .map(|column| cell(column, row.get(&column.id).map(AsRef::as_ref)))
                    .collect(),
            );
        }
        let width = |index: usize| {
            table
                .iter()
                .map(|row| row[index].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..shown.len()).map(width).collect();
        for row in &table {
            let mut line = String::new();
            for ((text, column), width) in row.iter().zip(&shown).zip(&widths) {
                // Writing to a String cannot fail.
                let _ = match column.kind == "number" {
                    true => write!(line, "  {text:>width$}"),
                    false => write!(line, "  {text:<width$}"),
                };
            }
            self.line(line.trim_end());
        }
        self.more(rows.len().saturating_sub(most), "row more", "rows more");
        let told = columns
            .iter()
            .filter(|column| column.kind == "number" && !drawing(column));
        let shown = shown.iter().filter(|column| column.kind == "number");
        self.more(told.count() - shown.count(), "column more", "columns more");
    }

    fn quality(&mut self, data: &Data) {
        let told = |key: &str| data.data_quality.get(key)?.get().parse::<u64>().ok();
        let counts = [
            (
                "rows_outside_window",
                "row outside its window, left out",
                "rows outside their window, left out",
            ),
            (
                "rows_without_date",
                "row without a readable date, left out",
                "rows without a readable date, left out",
            ),
            (
                "rows_of_totals",
                "row of totals of other rows, left out",
                "rows of totals of other rows, left out",
            ),
            (
                "lines_above_header",
                "line of titles above the header, left out",
                "lines of titles above the header, left out",
            ),
            (
                "results_in_windows_1252",
                "file that is no UTF-8, read as Windows-1252",
                "files that are no UTF-8, read as Windows-1252",
            ),
            (
                "duplicate_rows",
                "row that repeats another, counted",
                "rows that repeat another, counted",
            ),
            (
                "values_out_of_range",
                "value too large or no number, counts as missing",
                "values too large or no numbers, count as missing",
            ),
            (
                "values_rounded",
                "number rounded to 12 digits behind the point",
                "numbers rounded to 12 digits behind the point",
            ),
        ];
        let counts = counts.into_iter().filter_map(|(key, one, several)| {
            let count = told(key).filter(|count| *count > 0)?;
            Some(words::count(count, one, several))
        });
        let counts: Vec<String> = counts.collect();
        let notes = data.data_quality.get("notes");
        let notes: Vec<String> = notes
            .map_or(Ok(Vec::new()), |notes| serde_json::from_str(notes.get()))
            .unwrap_or_default();
        if counts.is_empty() && notes.is_empty() {
            return;
        }
        self.heading("Data quality");
        for told in counts {
            self.line(&format!("  {told}"));
        }
        for note in notes {
            self.line(&format!("  {}.", on_one_line(&note)));
        }
    }

    fn roles(&mut self, preview: &Preview) {
        self.heading("Columns");
        let labels = preview
            .roles
            .iter()
            .map(|role| short(&role.column).chars().count());
        let width = labels.max().unwrap_or(0);
        for role in &preview.roles {
            self.line(&format!("  {:<width$}  {}", short(&role.column), role.reason));
        }
    }
}

/// The columns of numbers that are shown: of a change for each of the first measures the value before, the one now and their
/// difference, else the first.
fn numbers_of(columns: &[Column]) -> Vec<&Column> {
    let numbers = || columns.iter().filter(|column| column.kind == "number");
    let named = |id: String| numbers().find(|column| column.id == id);
    let changes = numbers().filter_map(|column| {
        let [before, difference] =
            ["before", "difference"].map(|suffix| named(format!("{}__{suffix}", column.id)));
        Some([before?, column, difference?])
    });
    let changes: Vec<&Column> = changes.take(MAX_CHANGES).flatten().collect();
    match changes[..] {
        [] => numbers().take(MAX_NUMBERS).collect(),
        _ => changes,
    }
}

fn said(metric: &Metric) -> String {
    match metric.value.as_deref().and_then(number) {
        Some(value) if metric.unit.is_empty() || metric.format == "percent" => written(value, &metric.format),
        Some(value) => format!("{} {}", written(value, &metric.format), metric.unit),
        None => NOTHING.to_owned(),
    }
}

/// A value in a metric's or column's format, without its unit.
fn written(value: Decimal, format: &str) -> String {
    match format {
        "percent" => words::percent(value),
        _ => words::amount(value),
    }
}

fn changed(metric: &Metric) -> String {
    let change = metric
        .compare
        .as_ref()
        .and_then(|compare| number(&compare.change));
    change.map_or(String::new(), |change| {
        let sign = if change > Decimal::ZERO { "+" } else { "" };
        format!("{sign}{}", words::percent(change))
    })
}

/// What a change compares, with the values of both windows; or why there is no value, or no change.
fn against(metric: &Metric, dates: Option<Window>) -> String {
    let missing = metric.reason.as_ref().filter(|_| said(metric) == NOTHING);
    if let Some(reason) = missing {
        return on_one_line(reason);
    }
    let Some(compare) = &metric.compare else {
        return String::new();
    };
    let numbers = [&compare.change, &compare.value, &compare.previous].map(|value| number(value));
    let [Some(_), Some(value), Some(previous)] = numbers else {
        return metric
            .compare_reason
            .as_deref()
            .map_or(String::new(), on_one_line);
    };
    let unequal = compare
        .unequal()
        .map_or(String::new(), |told| format!(" ({told})"));
    format!(
        "{}: {} vs {}{unequal}",
        compare.windows(dates),
        written(value, &metric.format),
        written(previous, &metric.format)
    )
}

fn cell(column: &Column, value: Option<&RawValue>) -> String {
    let Some(value) = value.map(RawValue::get).filter(|value| *value != "null") else {
        return "–".to_owned();
    };
    match column.kind.as_str() {
        "number" => Decimal::parse(value).map_or(value.to_owned(), |value| written(value, &column.format)),
        _ => serde_json::from_str(value).map_or(value.to_owned(), |text: String| short(&text)),
    }
}

/// A text on one line; what would steer the terminal is left out.
fn on_one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The same, cut where it is long.
fn short(text: &str) -> String {
    let text = on_one_line(text);
    match text.char_indices().nth(MAX_TEXT) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// One character a value, blank where there is none; the lowest is the lower of 0 and the least value.
fn sparkline(values: &[Option<Decimal>]) -> String {
    let present = || values.iter().flatten().copied();
    let least = present().min().unwrap_or_default().min(Decimal::ZERO);
    let height = present().max().unwrap_or_default() - least;
    let step = (height.steps() / 7).max(1);
    let level = |value: &Option<Decimal>| match value {
        None => ' ',
        Some(value) => {
            let level = (*value - least).steps() / step;
            LEVELS[usize::try_from(level).unwrap_or(0).min(LEVELS.len() - 1)]
        }
    };
    values.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_stands_on_zero_and_leaves_gaps() {
        let value = |text: &str| Decimal::parse(text);
        assert_eq!(sparkline(&[value("0"), None, value("7"), value("3.5")]), "▁ █▄");
        assert_eq!(sparkline(&[value("-7"), value("0")]), "▁█");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn texts_cannot_steer_the_terminal() {
        assert_eq!(short("a\x1b[2Jb"), "a [2Jb");
        assert_eq!(short(&"é".repeat(40)).chars().count(), MAX_TEXT + 1);
    }
}
