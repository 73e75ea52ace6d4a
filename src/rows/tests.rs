//! The room as a whole: every format gives the same evidence, numbers, dates and texts.

use std::sync::Arc;

use arrow_array::types::{Int32Type, TimestampNanosecondType};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int64Array, ListArray, PrimitiveArray, RecordBatch, StringArray, UInt64Array,
};
use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use chrono::NaiveDate;
use chrono_tz::Tz;
use proptest::prelude::*;

use super::reader::{ColumnReader, Number, Reading};
use super::{Evidence, Limits, Observation, RowsError, Values, observe, read};
use crate::event::{Compression, ResultFormat};
use crate::window::Window;

pub(super) fn readings(batches: &[RecordBatch], window: Option<Window>) -> Vec<Reading> {
    let mut observation = Observation::new(window);
    batches.iter().for_each(|batch| observation.take(batch));
    observation.readings()
}

type Seen = Vec<(String, Values, Vec<String>)>;

/// Every column's label, what its values are and, for each cell, its number, date and text.
fn seen(batches: &[RecordBatch]) -> Seen {
    let evidence = observe(batches);
    let readings = readings(batches, None);
    let columns = readings.iter().enumerate().map(|(index, reading)| {
        let cells = batches.iter().flat_map(|batch| {
            let column = ColumnReader::new(batch.column(index), *reading);
            let cell = |row| {
                format!(
                    "{:?} {:?} {:?}",
                    column.number(row),
                    column.date(row, Tz::UTC),
                    column.text(row)
                )
            };
            (0..column.len()).map(cell).collect::<Vec<_>>()
        });
        (
            batches[0].schema().field(index).name().clone(),
            evidence[index].values(),
            cells.collect(),
        )
    });
    columns.collect()
}

pub(super) fn of(format: ResultFormat, data: impl Into<Vec<u8>>) -> Result<Vec<RecordBatch>, RowsError> {
    read(
        format,
        Compression::None,
        &Bytes::from(data.into()),
        &Limits::default(),
    )
}

fn stream(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(label, array)| (label, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// One column of a result, read; `None` is null.
fn column(cells: &[&str]) -> (Vec<RecordBatch>, Evidence) {
    let array: ArrayRef = Arc::new(StringArray::from(cells.to_vec()));
    let batches = vec![RecordBatch::try_from_iter(vec![("x", array)]).unwrap()];
    let evidence = observe(&batches).remove(0);
    (batches, evidence)
}

fn numbers(cells: &[&str]) -> Vec<String> {
    let (batches, _) = column(cells);
    let reading = readings(&batches, None)[0];
    let reader = ColumnReader::new(batches[0].column(0), reading);
    let number = |row| match reader.number(row) {
        Number::Value(value) | Number::Rounded(value) => value.to_string(),
        Number::Null => "null".to_owned(),
        Number::OutOfRange => "out".to_owned(),
    };
    (0..reader.len()).map(number).collect()
}

fn dates(cells: &[&str], window: Option<Window>, timezone: Tz) -> Vec<String> {
    let (batches, _) = column(cells);
    let reading = readings(&batches, window)[0];
    let reader = ColumnReader::new(batches[0].column(0), reading);
    (0..reader.len())
        .map(|row| {
            reader
                .date(row, timezone)
                .map_or("null".to_owned(), |date| date.to_string())
        })
        .collect()
}

fn values(cells: &[&str]) -> Values {
    column(cells).1.values()
}

#[test]
fn the_same_cells_give_the_same_in_every_format() {
    let csv =
        "date,name,n,x,flag\n2024-01-05,ä,1200,0.1,true\n2024-01-06,,7,-3,false\n2024-01-07,c,,1e-7,true\n";
    let json = r#"[{"date":"2024-01-05","name":"\u00e4","n":1200,"x":0.1,"flag":true},
        {"date":"2024-01-06","name":"","n":"7","x":"-3","flag":false},
        {"date":"2024-01-07","name":"c","n":null,"x":1e-7,"flag":"true"}]"#;
    let lines = json.replace(['[', ']'], "").replace("},\n", "}\n");
    let day = |day| (NaiveDate::from_ymd_opt(2024, 1, day).unwrap() - NaiveDate::default()).num_days() as i32;
    let arrow = stream(vec![
        ("date", Arc::new(Date32Array::from(vec![day(5), day(6), day(7)]))),
        (
            "name",
            Arc::new(DictionaryArray::<Int32Type>::from_iter(["ä", "", "c"])),
        ),
        ("n", Arc::new(Int64Array::from(vec![Some(1200), Some(7), None]))),
        ("x", Arc::new(Float64Array::from(vec![0.1, -3.0, 1e-7]))),
        ("flag", Arc::new(BooleanArray::from(vec![true, false, true]))),
    ]);
    let utf16: Vec<u8> = csv
        .replace('\n', "\r\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let expected = seen(&of(ResultFormat::Csv, csv).unwrap());
    assert_eq!(expected[2].2[0], "Value(Decimal(1200)) None Some(\"1200\")");
    for batches in [
        of(ResultFormat::JsonRows, json),
        of(ResultFormat::Ndjson, lines),
        of(ResultFormat::ArrowStream, arrow),
        of(ResultFormat::Csv, [&b"\xFF\xFE"[..], &utf16].concat()),
    ] {
        assert_eq!(seen(&batches.unwrap()), expected);
    }
    let packed = Bytes::from(zstd::encode_all(csv.as_bytes(), 1).unwrap());
    let batches = read(ResultFormat::Csv, Compression::Zstd, &packed, &Limits::default()).unwrap();
    assert_eq!(seen(&batches), expected);
}

#[test]
fn numbers_are_read_by_what_the_column_shows() {
    assert_eq!(
        numbers(&["1,234", "NA", "", "$5.50"]),
        ["1234", "null", "null", "5.5"]
    );
    assert_eq!(
        numbers(&["1.234", "12,5", "1.234,56"]),
        ["1234", "12.5", "1234.56"]
    );
    assert_eq!(numbers(&["1.234", "12.5"]), ["1.234", "12.5"]);
    assert_eq!(numbers(&["12%", "3.5 %", " 7 "]), ["0.12", "0.035", "7"]);
    assert_eq!(numbers(&["nan", "1e20", "-inf", "1"]), ["out", "out", "out", "1"]);
    assert_eq!(numbers(&["a", "2", "(3)"]), ["null", "2", "-3"]);
    assert_eq!(numbers(&["0.0000000000005", "2024-01-05"]), ["0", "null"]);
}

#[test]
fn the_order_of_day_and_month_is_the_columns() {
    assert_eq!(
        dates(&["25/01/2024", "03/04/2024"], None, Tz::UTC),
        ["2024-01-25", "2024-04-03"]
    );
    assert_eq!(
        dates(&["01/25/2024", "03/04/2024"], None, Tz::UTC),
        ["2024-01-25", "2024-03-04"]
    );
    assert_eq!(
        dates(&["05/01/2024", "06/01/2024", "07/01/2024"], None, Tz::UTC),
        ["2024-01-05", "2024-01-06", "2024-01-07"]
    );
    assert_eq!(
        dates(&["01/05/2024", "01/06/2024", "01/07/2024"], None, Tz::UTC),
        ["2024-01-05", "2024-01-06", "2024-01-07"]
    );
    let february = Window::new(
        NaiveDate::from_ymd_opt(2024, 2, 1).unwrap(),
        NaiveDate::from_ymd_opt(2024, 2, 7).unwrap(),
    );
    assert_eq!(
        dates(&["01/02/2024", "02/02/2024"], february, Tz::UTC),
        ["2024-02-01", "2024-02-02"]
    );
    assert_eq!(values(&["25/01/2024", "01/25/2024"]), Values::Texts);
}

#[test]
fn times_take_the_zone_where_they_have_an_offset() {
    let new_york = Tz::America__New_York;
    assert_eq!(
        dates(&["2024-01-05T03:00:00Z", "2024-01-05 03:00"], None, new_york),
        ["2024-01-04", "2024-01-05"]
    );
    assert_eq!(
        dates(&["1704423600", "1704510000"], None, new_york),
        ["2024-01-04", "2024-01-05"]
    );
    assert_eq!(dates(&["1704423600123456789"], None, Tz::UTC), ["2024-01-05"]);
    assert_eq!(dates(&["20240105", "NA"], None, new_york), ["2024-01-05", "null"]);
    assert_eq!(
        dates(&["Q1 2024", "Q2 2024"], None, new_york),
        ["2024-01-01", "2024-04-01"]
    );
}

#[test]
fn columns_are_what_all_their_values_are() {
    assert_eq!(values(&["1", "2.5", "NA", ""]), Values::Numbers);
    assert_eq!(values(&["NA", "NA"]), Values::Texts);
    assert_eq!(values(&["NaN", ""]), Values::Numbers);
    assert_eq!(values(&["", " "]), Values::Empty);
    assert_eq!(values(&["yes", "no", "NA"]), Values::Booleans);
    assert_eq!(values(&["2024-01-05", "n/a"]), Values::Times);
    assert_eq!(values(&["2024-01", "2024-01-05"]), Values::Texts);
    assert_eq!(values(&["2024-Q1", "2024-W05"]), Values::Texts);
    assert_eq!(values(&["01234", "56789"]), Values::Texts);
    assert_eq!(values(&["1,5", "1.5"]), Values::Texts);
    assert_eq!(values(&["1", "x"]), Values::Texts);
}

#[test]
fn dimension_values_are_kept_as_delivered() {
    let (batches, _) = column(&[" A ", "a", "NA", "", "  "]);
    let reader = ColumnReader::new(batches[0].column(0), readings(&batches, None)[0]);
    let texts: Vec<_> = (0..5).map(|row| reader.text(row)).collect();
    assert_eq!(
        texts,
        [
            Some(" A ".into()),
            Some("a".into()),
            Some("NA".into()),
            None,
            None
        ]
    );
    let (batches, _) = column(&["21.0", "21", "NA", "1e2"]);
    let reader = ColumnReader::new(batches[0].column(0), readings(&batches, None)[0]);
    let texts: Vec<_> = (0..4).map(|row| reader.text(row)).collect();
    assert_eq!(
        texts,
        [Some("21".into()), Some("21".into()), None, Some("100".into())]
    );
}

#[test]
fn arrow_columns_come_down_to_a_few_types() {
    let nanos = PrimitiveArray::<TimestampNanosecondType>::from(vec![1_704_423_600_000_000_999, -1]);
    let decimal = Decimal128Array::from(vec![1250, -5])
        .with_precision_and_scale(10, 2)
        .unwrap();
    let batches = of(
        ResultFormat::ArrowStream,
        stream(vec![
            ("big", Arc::new(UInt64Array::from(vec![u64::MAX, 1]))),
            ("single", Arc::new(Float32Array::from(vec![0.1, 3.0]))),
            ("decimal", Arc::new(decimal)),
            ("naive", Arc::new(nanos.clone())),
            ("zoned", Arc::new(nanos.with_timezone("America/New_York"))),
            ("text", Arc::new(StringArray::from(vec!["a\0b", "c"]))),
            ("nothing", Arc::new(arrow_array::NullArray::new(2))),
        ]),
    );
    let columns = seen(&batches.unwrap());
    let first: Vec<&str> = columns.iter().map(|(_, _, cells)| cells[0].as_str()).collect();
    assert_eq!(
        first,
        [
            "OutOfRange None Some(\"18446744073709551615\")",
            "Value(Decimal(0.1)) None Some(\"0.1\")",
            "Value(Decimal(12.5)) None Some(\"12.5\")",
            "Null Some(2024-01-05) Some(\"2024-01-05T03:00:00\")",
            "Null Some(2024-01-05) Some(\"2024-01-05T03:00:00Z\")",
            "Null None Some(\"a\u{FFFD}b\")",
            "Null None None",
        ]
    );
    assert!(columns[3].2[1].contains("1969-12-31"));
}

#[test]
fn arrow_streams_are_refused_with_a_reason() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]);
    let error = of(ResultFormat::ArrowStream, stream(vec![("tags", Arc::new(list))])).unwrap_err();
    assert!(
        error.to_string().contains("column \"tags\" of Arrow type List"),
        "{error}"
    );
    assert_eq!(error.reason(), "unsupported_result");
    assert!(matches!(
        of(ResultFormat::ArrowStream, &b"ARROW1"[..]),
        Err(RowsError::Malformed { .. })
    ));
    let whole = stream(vec![("x", Arc::new(Int64Array::from(vec![1, 2])))]);
    let limits = Limits {
        rows: 1,
        ..Limits::default()
    };
    let over = read(
        ResultFormat::ArrowStream,
        Compression::None,
        &Bytes::from(whole),
        &limits,
    );
    assert_eq!(
        over,
        Err(RowsError::OverLimit {
            what: "rows",
            limit: 1,
            remedy: "let the query aggregate further or cover a shorter window"
        })
    );
    let error = of(ResultFormat::Parquet, &b"PAR1 nothing PAR1"[..]).unwrap_err();
    assert_eq!(error.reason(), "unreadable_result");
    assert!(error.to_string().contains("not valid Parquet"), "{error}");
}

/// A table with every kind of column that both Arrow and Parquet know, and nulls.
fn mixed(rows: i64) -> RecordBatch {
    let ints = |every: i64| (0..rows).map(move |row| (row % every != 1).then_some(row * 37 - 5));
    let text = |row: i64| (row % 5 != 2).then(|| format!("größe {}", row % 11));
    let decimal = Decimal128Array::from_iter(ints(3).map(|value| value.map(i128::from)));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("n", Arc::new(Int64Array::from_iter(ints(7)))),
        (
            "x",
            Arc::new(Float64Array::from_iter(
                ints(4).map(|value| value.map(|value| value as f64 / 8.0)),
            )),
        ),
        ("s", Arc::new(StringArray::from_iter((0..rows).map(text)))),
        (
            "k",
            Arc::new(
                (0..rows)
                    .map(text)
                    .collect::<Vec<_>>()
                    .iter()
                    .map(Option::as_deref)
                    .collect::<DictionaryArray<Int32Type>>(),
            ),
        ),
        (
            "d",
            Arc::new(Date32Array::from_iter(
                (0..rows).map(|row| Some(19_000 + row as i32)),
            )),
        ),
        (
            "money",
            Arc::new(decimal.with_precision_and_scale(18, 2).unwrap()),
        ),
        (
            "yes",
            Arc::new(BooleanArray::from_iter(
                (0..rows).map(|row| (row % 3 > 0).then_some(row % 2 == 0)),
            )),
        ),
    ];
    let columns = columns.into_iter().map(|(label, array)| (label, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn parquet(batch: &RecordBatch, compression: parquet::basic::Compression) -> Vec<u8> {
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(400))
        .build();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn arrow(batch: &RecordBatch, compression: Option<arrow_ipc::CompressionType>) -> Vec<u8> {
    let options = arrow_ipc::writer::IpcWriteOptions::default()
        .try_with_compression(compression)
        .unwrap();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
    for start in (0..batch.num_rows()).step_by(700) {
        writer
            .write(&batch.slice(start, 700.min(batch.num_rows() - start)))
            .unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn columnar_files_read_alike_however_they_are_compressed() {
    let batch = mixed(1_500);
    let expected = seen(&of(ResultFormat::ArrowStream, arrow(&batch, None)).unwrap());
    assert_eq!(expected[0].2.len(), 1_500);
    let mut file = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    file.finish().unwrap();
    let found = of(ResultFormat::ArrowStream, file.into_inner().unwrap()).unwrap();
    assert_eq!(seen(&found), expected);
    for compression in [
        arrow_ipc::CompressionType::LZ4_FRAME,
        arrow_ipc::CompressionType::ZSTD,
    ] {
        let found = of(ResultFormat::ArrowStream, arrow(&batch, Some(compression))).unwrap();
        assert_eq!(seen(&found), expected, "{compression:?}");
    }
    for compression in [
        parquet::basic::Compression::UNCOMPRESSED,
        parquet::basic::Compression::SNAPPY,
        parquet::basic::Compression::GZIP(Default::default()),
        parquet::basic::Compression::LZ4_RAW,
        parquet::basic::Compression::ZSTD(Default::default()),
    ] {
        let file = parquet(&batch, compression);
        assert_eq!(
            seen(&of(ResultFormat::Parquet, file.clone()).unwrap()),
            expected,
            "{compression:?}"
        );
        let packed = Bytes::from(zstd::encode_all(&file[..], 1).unwrap());
        let found = read(
            ResultFormat::Parquet,
            Compression::Zstd,
            &packed,
            &Limits::default(),
        )
        .unwrap();
        assert_eq!(seen(&found), expected);
    }
}

#[test]
fn columnar_files_are_capped_by_what_they_hold() {
    let batch = mixed(1_500);
    for (format, data) in [
        (
            ResultFormat::Parquet,
            parquet(&batch, parquet::basic::Compression::SNAPPY),
        ),
        (
            ResultFormat::ArrowStream,
            arrow(&batch, Some(arrow_ipc::CompressionType::ZSTD)),
        ),
    ] {
        let data = Bytes::from(data);
        let over = |limits: Limits| {
            read(format, Compression::None, &data, &limits)
                .unwrap_err()
                .to_string()
        };
        let rows = over(Limits {
            rows: 1_499,
            ..Limits::default()
        });
        assert!(rows.contains("more than 1499 rows"), "{rows}");
        let columns = over(Limits {
            columns: 6,
            ..Limits::default()
        });
        assert!(columns.contains("more than 6 columns"), "{columns}");
        let bytes = over(Limits {
            bytes: 20_000,
            ..Limits::default()
        });
        assert!(bytes.contains("more than 20000 bytes"), "{bytes}");
        let cell = over(Limits {
            string_len: 8,
            ..Limits::default()
        });
        assert!(cell.contains("more than 8 bytes in one cell"), "{cell}");
    }
}

#[test]
fn lengths_that_a_stream_only_claims_are_not_believed() {
    let mut claims = arrow(&mixed(10), None);
    let at = claims.windows(4).rposition(|window| window == [0xFF; 4]).unwrap();
    claims.truncate(at);
    claims.extend_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0xF0, 0xFF, 0xFF, 0x00]);
    let error = of(ResultFormat::ArrowStream, claims).unwrap_err().to_string();
    assert!(error.contains("ends in the middle of a message"), "{error}");
    let file = of(ResultFormat::ArrowStream, &b"ARROW1\0\0\xFF\xFF\xFF\xFF"[..]);
    assert!(matches!(file, Err(RowsError::Malformed { .. })), "{file:?}");
}

proptest! {
    #[test]
    fn damaged_arrow_streams_never_panic(damage in proptest::collection::vec((0usize..2000, any::<u8>()), 1..6)) {
        let mut bytes = stream(vec![
            ("n", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]))),
            ("s", Arc::new(StringArray::from(vec![Some("a"), None, Some("ccc")]))),
            ("d", Arc::new(DictionaryArray::<Int32Type>::from_iter(["x", "y", "x"]))),
        ]);
        let length = bytes.len();
        for (at, value) in damage {
            bytes[at % length] = value;
        }
        if let Ok(batches) = of(ResultFormat::ArrowStream, bytes) {
            let _ = seen(&batches);
        }
    }

    #[test]
    fn damaged_columnar_files_never_panic(
        damage in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<u32>()),
        kind in 0usize..4,
    ) {
        let batch = mixed(40);
        let (format, mut bytes) = match kind {
            0 => (ResultFormat::Parquet, parquet(&batch, parquet::basic::Compression::SNAPPY)),
            1 => (ResultFormat::Parquet, parquet(&batch, parquet::basic::Compression::UNCOMPRESSED)),
            2 => (ResultFormat::ArrowStream, arrow(&batch, Some(arrow_ipc::CompressionType::LZ4_FRAME))),
            _ => (ResultFormat::ArrowStream, arrow(&batch, Some(arrow_ipc::CompressionType::ZSTD))),
        };
        let length = bytes.len();
        for (at, value) in damage {
            bytes[at as usize % length] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut as usize % length);
        }
        let limits = Limits { rows: 60, bytes: 1 << 20, ..Limits::default() };
        if let Ok(batches) = read(format, Compression::None, &Bytes::from(bytes), &limits) {
            prop_assert!(batches.iter().map(RecordBatch::num_rows).sum::<usize>() <= 60);
            let _ = seen(&batches);
        }
    }

    #[test]
    fn no_bytes_make_any_decoder_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        packed: bool,
    ) {
        for format in [
            ResultFormat::JsonRows,
            ResultFormat::Ndjson,
            ResultFormat::Csv,
            ResultFormat::ArrowStream,
            ResultFormat::Parquet,
        ] {
            for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
                let limits = Limits { rows: 9, columns: 5, bytes: 4_000, ..Limits::default() };
                let data = match (packed, compression) {
                    (true, Compression::Zstd) => zstd::encode_all(&bytes[..], 1).unwrap(),
                    _ => bytes.clone(),
                };
                if let Ok(batches) = read(format, compression, &Bytes::from(data), &limits) {
                    prop_assert!(batches.iter().map(RecordBatch::num_rows).sum::<usize>() <= 9);
                    let _ = seen(&batches);
                }
            }
        }
    }

    #[test]
    fn evidence_does_not_depend_on_the_order_of_rows(
        cells in proptest::collection::vec("[0-9]{1,3}|[a-c]|1,[0-9]{3}|2024-0[1-9]-1[0-9]|[0-9]/2/2024|NA||true|[0-9]%|\\$[0-9]", 1..60),
        seed in any::<u64>(),
    ) {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let mut shuffled = cells.clone();
        shuffled.sort_by_key(|cell| (cell.len() as u64 ^ seed).wrapping_mul(0x9E37_79B9).rotate_left(seed as u32 % 64));
        shuffled.reverse();
        prop_assert_eq!(column(&cells).1, column(&shuffled).1);
    }

    #[test]
    fn csv_and_json_give_the_same(cells in proptest::collection::vec(proptest::collection::vec("[ -~äß\u{a0}]{0,12}|-?[0-9]{1,9}(\\.[0-9]{1,5})?|20[0-9]{2}-[01][0-9]-[0-3][0-9]", 3), 1..12)) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).unwrap();
        let mut rows = Vec::new();
        for row in &cells {
            writer.write_record(row).unwrap();
            rows.push(serde_json::json!({"a": row[0], "b": row[1], "c": row[2]}));
        }
        let csv = of(ResultFormat::Csv, writer.into_inner().unwrap()).unwrap();
        let json = of(ResultFormat::JsonRows, serde_json::to_vec(&rows).unwrap()).unwrap();
        prop_assert_eq!(seen(&csv), seen(&json));
    }
}
