//! A last row that sums up the others, as people put it below their tables.

use arrow_array::RecordBatch;

use super::cells::Cells;
use super::value::trim;

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

/// Whether a cell of the batch's last row says that the row is a total.
pub fn ends_in_total(batch: &RecordBatch) -> bool {
    let Some(last) = batch.num_rows().checked_sub(1) else {
        return false;
    };
    batch.columns().iter().any(|column| match Cells::of(column) {
        Cells::Text(column) => !arrow_array::Array::is_null(column, last) && is_total(column.value(last)),
        _ => false,
    })
}

fn is_total(text: &str) -> bool {
    // Most cells are nothing of that length.
    if text.len() > 32 {
        return false;
    }
    let text = std::str::from_utf8(trim(text.as_bytes())).unwrap_or_default();
    let text = text.trim_matches('*').trim_end_matches(':').to_lowercase();
    WORDS.contains(&text.as_str())
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
        ] {
            assert!(is_total(text), "{text}");
        }
        for text in ["", "Totals of March", "Sumo", "5", "Subtotal"] {
            assert!(!is_total(text), "{text}");
        }
    }
}
