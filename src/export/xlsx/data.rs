//! A dataset's sheet: a table with typed cells.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{ExcelDateTime, Format, Table, TableColumn, TableStyle, Worksheet, XlsxError};

use super::super::cell::Cell;
use super::super::report::{Column, Dataset};

/// The longest text of a cell, in UTF-16 units, less room for an ellipsis.
const LONGEST_TEXT: usize = 32_000;
const WIDEST_COLUMN_PIXELS: u32 = 320;

/// Writes a dataset from the first cell on, its head in the first row.
pub fn write(sheet: &mut Worksheet, dataset: &Dataset) -> Result<(), XlsxError> {
    let headings = headings(dataset);
    let formats: Vec<Format> = (0..dataset.columns.len())
        .map(|index| number_format(dataset, index))
        .collect();
    for (index, heading) in headings.iter().enumerate() {
        sheet.write_string(0, index as u16, heading)?;
    }
    for (row, cells) in dataset.rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            write_cell(sheet, row as u32 + 1, column as u16, cell, &formats[column])?;
        }
    }
    if !dataset.rows.is_empty() && !headings.is_empty() {
        let columns: Vec<TableColumn> = headings
            .iter()
            .map(|heading| TableColumn::new().set_header(heading))
            .collect();
        let table = Table::new().set_columns(&columns).set_style(TableStyle::Light1);
        sheet.add_table(0, 0, dataset.rows.len() as u32, headings.len() as u16 - 1, &table)?;
    }
    sheet.set_autofit_max_width(WIDEST_COLUMN_PIXELS).autofit();
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Writes a cell by its type; a text is never taken for anything else.
pub fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    format: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Null => {}
        Cell::Number(number) => match cell.as_f64() {
            Some(value) if value.is_finite() => {
                sheet.write_number_with_format(row, column, value, format)?;
            }
            _ => write_text(sheet, row, column, number)?,
        },
        Cell::Text(text) => write_text(sheet, row, column, text)?,
        Cell::Date(date) => write_date(sheet, row, column, *date)?,
        Cell::Flag(flag) => {
            sheet.write_boolean(row, column, *flag)?;
        }
    }
    Ok(())
}

/// Writes a text, cut where a cell cannot hold it.
pub fn write_text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > LONGEST_TEXT
    });
    match end {
        Some((end, _)) => sheet.write_string(row, column, format!("{}…", &text[..end]))?,
        None => sheet.write_string(row, column, text)?,
    };
    Ok(())
}

/// Spreadsheets have no dates before 1900; those stay texts.
fn write_date(sheet: &mut Worksheet, row: u32, column: u16, date: NaiveDate) -> Result<(), XlsxError> {
    match u16::try_from(date.year())
        .ok()
        .filter(|year| (1900..=9999).contains(year))
    {
        Some(year) => {
            let value = ExcelDateTime::from_ymd(year, date.month() as u8, date.day() as u8)?;
            let format = Format::new().set_num_format("yyyy-mm-dd");
            sheet.write_datetime_with_format(row, column, &value, &format)?;
        }
        None => write_text(sheet, row, column, &date.to_string())?,
    }
    Ok(())
}

/// The headings, made different where two are alike but for case, as a table wants them.
fn headings(dataset: &Dataset) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let distinct = |column: &Column| {
        let heading: String = column.heading().chars().take(240).collect();
        let heading = if heading.trim().is_empty() {
            column.id.clone()
        } else {
            heading
        };
        let mut name = heading.clone();
        let mut number = 2;
        while !taken.insert(name.to_lowercase()) {
            name = format!("{heading} {number}");
            number += 1;
        }
        name
    };
    dataset.columns.iter().map(distinct).collect()
}

/// How a spreadsheet shows a column's numbers.
fn number_format(dataset: &Dataset, index: usize) -> Format {
    let column = &dataset.columns[index];
    let values = || dataset.rows.iter().filter_map(|row| row.get(index)?.as_f64());
    let pattern = match column.format.as_str() {
        "percent" => "0.00%",
        "integer" => "#,##0",
        "currency" => "#,##0.00",
        _ if values().all(|value| value.fract() == 0.0) => "#,##0",
        _ if values().all(|value| value == 0.0 || value.abs() >= 0.01) => "#,##0.00",
        _ => "General",
    };
    Format::new().set_num_format(pattern)
}
