//! The workbook as a whole.

use chrono::{Datelike, NaiveDateTime, Timelike};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::super::error::ExportError;
use super::super::picture::Picture;
use super::super::report::Report;
use super::super::stored::name_in_words;
use super::data;
use super::names::SheetNames;
use super::summary;

/// A report as workbook. `pictures` are the charts in the order of the drawings listed for XLSX: those that a
/// spreadsheet cannot draw by itself.
pub fn xlsx(report: &Report, pictures: &[Result<Picture, String>]) -> Result<Vec<u8>, ExportError> {
    let mut workbook = Workbook::new();
    let mut names = SheetNames::new();
    let summary_name = names.take("Dashboard");
    let data_names: Vec<String> = report
        .datasets
        .iter()
        .map(|dataset| names.take(&name_in_words(&dataset.name)))
        .collect();
    let sheet = workbook.add_worksheet();
    sheet.set_name(&summary_name)?;
    summary::write(sheet, report, &data_names, pictures)?;
    for (dataset, name) in report.datasets.iter().zip(&data_names) {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name)?;
        data::write(sheet, dataset)?;
    }
    workbook.set_properties(&properties(report)?);
    Ok(workbook.save_to_buffer()?)
}

/// Every date follows from the view, so that the same view gives the same bytes.
fn properties(report: &Report) -> Result<DocProperties, XlsxError> {
    let at: NaiveDateTime = report.updated_at.map_or_else(
        || report.last_date().and_hms_opt(0, 0, 0).unwrap_or_default(),
        |at| at.naive_utc(),
    );
    let year = at.year().clamp(1900, 9999) as u16;
    let created = ExcelDateTime::from_ymd(year, at.month() as u8, at.day() as u8)?.and_hms(
        at.hour() as u16,
        at.minute() as u8,
        f64::from(at.second()),
    )?;
    Ok(DocProperties::new()
        .set_title(&report.title)
        .set_comment(format!("Dashboard over {}", report.range()))
        .set_author("dashloom")
        .set_creation_datetime(&created))
}
