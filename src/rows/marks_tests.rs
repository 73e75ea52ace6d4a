//! What stands before decimals, told by what stands beside the numbers.

use super::reader::{ColumnReader, Number};
use super::tests::{of, readings};
use crate::event::ResultFormat;

/// The numbers of a column of a result as CSV.
fn csv_numbers(csv: &str, index: usize) -> Vec<String> {
    let batches = of(ResultFormat::Csv, csv).unwrap();
    let column = ColumnReader::new(batches[0].column(index), readings(&batches, None)[index]);
    let number = |row| match column.number(row) {
        Number::Value(value) => value.to_string(),
        other => format!("{other:?}"),
    };
    (0..column.len()).map(number).collect()
}

#[test]
fn thousands_without_decimals_are_known_by_what_stands_beside_them() {
    let german =
        "Datum;Klicks;Impressionen;Preis\n05.01.2024;1.234;12.345;1.799\n06.01.2024;980;9.870;1.809\n";
    assert_eq!(csv_numbers(german, 1), ["1234", "980"]);
    assert_eq!(csv_numbers(german, 2), ["12345", "9870"]);
    assert_eq!(csv_numbers(german, 3), ["1.799", "1.809"]);
    // Beside whole numbers of three digits, whatever the file; not beside longer ones.
    assert_eq!(csv_numbers("n,x\n1.234,a\n980,b\n", 0), ["1234", "980"]);
    assert_eq!(csv_numbers("n,x\n1.234,a\n1980,b\n", 0), ["1.234", "1980"]);
    // A comma before decimals where semicolons stand between cells.
    assert_eq!(csv_numbers("n;x\n1,234;a\n2,345;b\n", 0), ["1.234", "2.345"]);
}

#[test]
fn numbers_that_came_as_numbers_have_a_decimal_point() {
    let json = r#"[{"n":1.234,"x":"1,5"},{"n":980,"x":"2,5"}]"#;
    let batches = of(ResultFormat::JsonRows, json).unwrap();
    let column = ColumnReader::new(batches[0].column(0), readings(&batches, None)[0]);
    assert_eq!(format!("{:?}", column.number(0)), "Value(Decimal(1.234))");
}

#[test]
fn separators_that_a_column_leaves_open_are_read_as_in_the_others() {
    let clicks = |csv: &str| {
        let batches = of(ResultFormat::Csv, csv).unwrap();
        let reading = readings(&batches, None)[1];
        let column = ColumnReader::new(batches[0].column(1), reading);
        (0..2)
            .map(|row| format!("{:?}", column.number(row)))
            .collect::<Vec<_>>()
    };
    let comma = "spend;clicks\n1.234,56;1.200\n99,90;980\n";
    assert_eq!(clicks(comma), ["Value(Decimal(1200))", "Value(Decimal(980))"]);
    let point = "spend;clicks\n1,234.56;1.200\n99.90;980\n";
    assert_eq!(clicks(point), ["Value(Decimal(1.2))", "Value(Decimal(980))"]);
    let open = "spend;clicks\n12;1,200\n99;980\n";
    assert_eq!(clicks(open), ["Value(Decimal(1200))", "Value(Decimal(980))"]);
}
