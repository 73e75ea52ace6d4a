//! Tables: columns as wide as they need, side by side as far as they fit, heads repeated on every page.

use super::super::cell::Cell;
use super::super::font::{self, Weight};
use super::super::number;
use super::super::report::{Column, Dataset};
use super::flow::{Flow, Style};
use super::mark::{Colour, Mark, Place};

const HEAD: Style = Style::new(8.5, Weight::SemiBold, Colour::INK);
const BODY: Style = Style::new(8.5, Weight::Regular, Colour::INK);
const MORE: Style = Style::new(8.0, Weight::Regular, Colour::GREY);
const PADDING: f32 = 5.0;
const LINE: f32 = 11.5;
/// The widest a column of texts gets; longer ones wrap.
const WIDEST: f32 = 170.0;
const NARROWEST: f32 = 34.0;
/// Lines of one cell; what is longer ends in an ellipsis.
const CELL_LINES: usize = 4;
const HEAD_LINES: usize = 3;

/// A column on paper.
struct Placed<'a> {
    /// Its place in the rows.
    index: usize,
    column: &'a Column,
    width: f32,
}

/// Puts a dataset under a title.
pub fn table(flow: &mut Flow, title: &str, dataset: &Dataset) {
    let columns = measured(flow, dataset);
    if columns.is_empty() {
        return;
    }
    for (index, group) in side_by_side(flow, columns).iter().enumerate() {
        let beginning = beginning(flow, group, dataset);
        match index {
            0 => flow.section(title, beginning),
            _ => {
                flow.skip(flow.scaled(10.0));
                flow.need(beginning);
            }
        }
        rows(flow, group, dataset);
    }
    let shown = dataset.rows.len().min(flow.sheet.most_rows);
    let more = dataset.rows.len() - shown;
    if more > 0 {
        flow.skip(flow.scaled(2.0));
        flow.paragraph(0.0, MORE, &format!("{more} more rows are in the other formats."));
    }
    if dataset.rows.is_empty() {
        flow.paragraph(0.0, MORE, "No rows.");
    }
}

/// The columns with the widths that their contents ask for.
fn measured<'a>(flow: &Flow, dataset: &'a Dataset) -> Vec<Placed<'a>> {
    let padding = 2.0 * flow.scaled(PADDING);
    let (narrowest, widest) = (flow.scaled(NARROWEST), flow.scaled(WIDEST));
    let shown = dataset.rows.len().min(flow.sheet.most_rows);
    let columns = dataset.columns.iter().enumerate();
    columns
        .filter(|(_, column)| column.role != "flag")
        .map(|(index, column)| {
            let cells = dataset.rows[..shown].iter().filter_map(|row| row.get(index));
            let body = cells.map(|cell| flow.width(&text(cell, column), BODY));
            // A head may wrap between its words, not within them.
            let heading = column.heading();
            let words = heading
                .split_ascii_whitespace()
                .map(|word| flow.width(word, HEAD));
            let head = words.fold(flow.width(&heading, HEAD) / 2.0, f32::max);
            let content = body.fold(head, f32::max) + padding + 1.0;
            let width = content.clamp(narrowest, widest);
            Placed { index, column, width }
        })
        .collect()
}

/// The columns in groups that fit beside each other; the keys stand in each group, and room left over is shared out.
fn side_by_side<'a>(flow: &Flow, columns: Vec<Placed<'a>>) -> Vec<Vec<Placed<'a>>> {
    let room = flow.sheet.content_width();
    let is_key = |placed: &Placed<'_>| !placed.column.is_number();
    let keys: Vec<&Placed<'_>> = columns.iter().filter(|placed| is_key(placed)).collect();
    let key_width: f32 = keys.iter().map(|placed| placed.width).sum();
    // Too many keys to repeat: every column stands once.
    let repeated = if key_width > room * 0.6 { 0 } else { keys.len() };
    let mut groups: Vec<Vec<Placed<'a>>> = vec![Vec::new()];
    let mut used = 0.0;
    let again = |placed: &Placed<'a>| Placed { ..*placed };
    for placed in &columns {
        if used + placed.width > room && groups.last().is_some_and(|group| !group.is_empty()) {
            let head: Vec<Placed<'a>> = columns
                .iter()
                .filter(|key| is_key(key) && key.index < placed.index)
                .take(repeated)
                .map(again)
                .collect();
            used = head.iter().map(|placed| placed.width).sum();
            groups.push(head);
        }
        used += placed.width;
        if let Some(group) = groups.last_mut() {
            group.push(again(placed));
        }
    }
    for group in &mut groups {
        stretch(group, room);
    }
    groups
}

/// Makes a group as wide as the sheet, or narrower by what no column of few characters needs.
fn stretch(group: &mut [Placed<'_>], room: f32) {
    let used: f32 = group.iter().map(|placed| placed.width).sum();
    let factor = if used > 0.0 { (room / used).min(1.6) } else { 1.0 };
    for placed in group.iter_mut() {
        placed.width = (placed.width * factor).min(room);
    }
}

/// The height of a group's head with its first row, which never stand apart.
fn beginning(flow: &Flow, group: &[Placed<'_>], dataset: &Dataset) -> f32 {
    let head = row_height(flow, &heads(flow, group));
    let first = dataset.rows.first();
    head + first.map_or(0.0, |row| row_height(flow, &cells(flow, group, row)))
}

fn rows(flow: &mut Flow, group: &[Placed<'_>], dataset: &Dataset) {
    head(flow, group);
    for (index, row) in dataset.rows.iter().take(flow.sheet.most_rows).enumerate() {
        let cells = cells(flow, group, row);
        let height = row_height(flow, &cells);
        if flow.need(height) {
            head(flow, group);
        }
        if index % 2 == 1 {
            fill(flow, group, height, Colour::BAND);
        }
        put(flow, group, &cells, BODY);
        flow.skip(height);
    }
}

fn head(flow: &mut Flow, group: &[Placed<'_>]) {
    let cells = heads(flow, group);
    let height = row_height(flow, &cells);
    fill(flow, group, height, Colour::HEAD);
    put(flow, group, &cells, HEAD);
    flow.skip(height);
}

/// Puts a colour behind a row.
fn fill(flow: &mut Flow, group: &[Placed<'_>], height: f32, colour: Colour) {
    let place = Place {
        x: flow.sheet.margin,
        y: flow.y,
        width: group.iter().map(|placed| placed.width).sum(),
        height,
    };
    flow.put(Mark::Fill(place, colour));
}

/// The heads of a group's columns in lines.
fn heads(flow: &Flow, group: &[Placed<'_>]) -> Vec<Vec<String>> {
    let (size, padding) = (flow.scaled(HEAD.size), 2.0 * flow.scaled(PADDING));
    let head = |placed: &Placed<'_>| {
        let most = placed.width - padding;
        font::wrapped_to(&placed.column.heading(), HEAD.weight, size, most, HEAD_LINES)
    };
    group.iter().map(head).collect()
}

/// A row's cells of a group's columns in lines.
fn cells(flow: &Flow, group: &[Placed<'_>], row: &[Cell]) -> Vec<Vec<String>> {
    let cell = |placed: &Placed<'_>| lines(flow, row.get(placed.index), placed);
    group.iter().map(cell).collect()
}

fn row_height(flow: &Flow, cells: &[Vec<String>]) -> f32 {
    let lines = cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
    flow.scaled(LINE) * lines as f32 + flow.scaled(4.0)
}

/// Puts a row's cells at the current place: numbers to the right, the rest to the left.
fn put(flow: &mut Flow, group: &[Placed<'_>], cells: &[Vec<String>], style: Style) {
    let padding = flow.scaled(PADDING);
    let line = flow.scaled(LINE);
    let mut x = flow.sheet.margin;
    for (placed, lines) in group.iter().zip(cells) {
        for (index, text) in lines.iter().enumerate() {
            let y = flow.y + line * (index as f32 + 1.0) - flow.scaled(0.8);
            match placed.column.is_number() {
                true => flow.text_to(x + placed.width - padding, y, style, text.as_str()),
                false => flow.text(x + padding, y, style, text.as_str()),
            }
        }
        x += placed.width;
    }
}

fn lines(flow: &Flow, cell: Option<&Cell>, placed: &Placed<'_>) -> Vec<String> {
    let size = flow.scaled(BODY.size);
    let most = placed.width - 2.0 * flow.scaled(PADDING);
    let text = text(cell.unwrap_or(&Cell::Null), placed.column);
    font::wrapped_to(&text, BODY.weight, size, most, CELL_LINES)
}

/// A cell's text; of a long one as much as four lines could hold.
fn text(cell: &Cell, column: &Column) -> String {
    let text = number::cell(cell, &column.format);
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::Sheet;
    use super::*;

    #[test]
    fn a_text_that_finds_no_room_stands_once_in_the_next_group() {
        let column = |index: usize, kind: &str| Column {
            id: index.to_string(),
            label: index.to_string(),
            role: "measure".to_owned(),
            kind: kind.to_owned(),
            unit: String::new(),
            format: String::new(),
        };
        let kinds = ["string", "number", "number", "string", "number", "number"];
        let columns: Vec<Column> = (0..)
            .zip(kinds)
            .map(|(index, kind)| column(index, kind))
            .collect();
        let sheet = Sheet::screen();
        let flow = Flow::new(sheet);
        let width = sheet.content_width() / 3.5;
        let placed = columns.iter().enumerate();
        let placed = placed.map(|(index, column)| Placed { index, column, width });
        let groups = side_by_side(&flow, placed.collect());
        let of = |group: &Vec<Placed<'_>>| group.iter().map(|placed| placed.index).collect::<Vec<_>>();
        assert_eq!(
            groups.iter().map(of).collect::<Vec<_>>(),
            [vec![0, 1, 2], vec![0, 3, 4], vec![0, 3, 5]]
        );
    }
}
