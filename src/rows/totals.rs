//! A last row that sums up the others, as people put it below their tables.

use arrow_array::{Array, RecordBatch};

use super::cells::Cells;
use super::value::{blank, trim};

/// What stands in such a row, in lower case.
const WORDS: &[&str] = &[
    "total",
    "totals",
    "grand total",
    "sum",
    "overall",
    "overall total",
    "all total",
    "summe",
    "gesamt",
    "gesamtsumme",
    "gesamtergebnis",
    "insgesamt",
    "total général",
    "somme",
    "total general",
    "suma",
    "totale",
    "totale complessivo",
    "somma",
    "total geral",
    "totaal",
    "eindtotaal",
    "razem",
    "celkem",
    "итого",
    "всего",
    "合计",
    "总计",
    "合計",
    "総計",
];

/// The batch's last row that is not wholly blank, where one of its cells says that it is a total.
pub fn total_at_end(batch: &RecordBatch) -> Option<usize> {
    let last = (0..batch.num_rows())
        .rev()
        .find(|row| any_cell(batch, *row, |text| !blank(text.as_bytes()), true))?;
    any_cell(batch, last, is_total, false).then_some(last)
}

/// Whether no cell of the batch holds anything.
pub fn is_blank(batch: &RecordBatch) -> bool {
    (0..batch.num_rows()).all(|row| !any_cell(batch, row, |text| !blank(text.as_bytes()), true))
}

/// Whether that holds of one of the row's texts; numbers and times have `others`.
fn any_cell(batch: &RecordBatch, row: usize, holds: fn(&str) -> bool, others: bool) -> bool {
    let mut columns = batch.columns().iter().filter(|column| column.is_valid(row));
    columns.any(|column| match Cells::of(column) {
        Cells::Text(column) => holds(column.value(row)),
        _ => others,
    })
}

fn is_total(text: &str) -> bool {
    // Most cells are nothing of that length.
    if text.len() > 32 {
        return false;
    }
    let text = std::str::from_utf8(trim(text.as_bytes())).unwrap_or_default();
    // `Total: Account` is one of what it names.
    let text = text.split(':').next().unwrap_or_default().trim_matches('*');
    WORDS.contains(&text.trim_end().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_called_so() {
        for text in [
            "Total",
            " GRAND TOTAL ",
            "Summe:",
            "Gesamt",
            "**Total**",
            "Totale",
            "Total: Account",
            "Gesamt: Suchnetzwerk",
        ] {
            assert!(is_total(text), "{text}");
        }
        for text in [
            "",
            "Totals of March",
            "Sumo",
            "5",
            "Subtotal",
            "Sumo: x",
            ": total",
        ] {
            assert!(!is_total(text), "{text}");
        }
    }
}
