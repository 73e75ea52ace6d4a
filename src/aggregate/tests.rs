//! The room as a whole: a result's rows in any format and order, large and small.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::event::{ColumnRole, Compression, ResultFormat};
use crate::rows::{Batches, Delivered, Limits, RowsError, read};
use crate::window::Window;

fn window() -> Window {
    let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    Window::new(date(1, 1), date(3, 31)).unwrap()
}

fn csv(text: impl Into<Bytes>) -> Delivered<Bytes> {
    Delivered {
        source: text.into(),
        format: ResultFormat::Csv,
        compression: Compression::None,
        limits: Limits::default(),
    }
}

fn partial(result: &impl Batches, spec: &PartialSpec) -> Partial {
    aggregate(result, window(), &[], spec).unwrap()
}

fn of(text: impl Into<Bytes>) -> Partial {
    partial(&csv(text), &PartialSpec::default())
}

fn total(partial: &Partial, label: &str) -> String {
    let column = partial
        .columns
        .iter()
        .position(|column| column.label == label)
        .unwrap();
    let measure = partial
        .cells
        .measures
        .iter()
        .find(|measure| measure.column == column)
        .unwrap();
    measure
        .sum
        .iter()
        .copied()
        .sum::<crate::decimal::Decimal>()
        .to_string()
}

fn dimension<'a>(partial: &'a Partial, label: &str) -> &'a DimensionCells {
    let column = partial
        .columns
        .iter()
        .position(|column| column.label == label)
        .unwrap();
    partial
        .cells
        .dimensions
        .iter()
        .find(|dimension| dimension.column == column)
        .unwrap()
}

/// Rows of `date,name,clicks` with so many different names, each occurring twice.
fn many_names(names: usize) -> String {
    let mut text = String::from("date,name,clicks\n");
    for round in 0..2 {
        for name in 0..names {
            text.push_str(&format!("2026-01-{:02},name {name},{}\n", 1 + round, name % 7));
        }
    }
    text
}

#[test]
fn sums_of_every_numeric_column_are_kept_whatever_its_role() {
    let text =
        "date,order_id,campaign,clicks,ctr,left_out\n2026-01-05,17,a,3,0.5,9\n2026-01-05,18,b,4,0.25,1\n";
    let spec = PartialSpec {
        declared: vec![("left_out".to_owned(), ColumnRole::Ignore)],
        ..PartialSpec::default()
    };
    let partial = partial(&csv(text), &spec);
    assert_eq!(total(&partial, "order_id"), "35");
    assert_eq!(total(&partial, "ctr"), "0.75");
    assert_eq!(total(&partial, "left_out"), "10");
    assert_eq!(partial.cells.dimensions.len(), 1);
}

#[test]
fn what_is_lost_of_numbers_is_counted_by_column() {
    let partial =
        of("date,order_id,clicks\n2026-01-05,12345678901234567890,3\n2026-01-05,12345678901234567891,1e20\n");
    let lost: Vec<u64> = (partial.columns.iter())
        .map(|column| column.lost.out_of_range)
        .collect();
    assert_eq!(lost, [0, 2, 1]);
}

#[test]
fn beyond_the_cap_totals_stay_exact_and_the_same_bytes_give_the_same_partial() {
    let text = many_names(180_000);
    let partial = of(text.clone());
    assert!(partial.cells.summarised && partial.cells.dates.len() <= MAX_CELLS);
    assert_eq!(partial.cells.rows.iter().sum::<u64>(), 360_000);
    assert_eq!(
        total(&partial, "clicks"),
        (0..180_000u64)
            .map(|name| 2 * (name % 7))
            .sum::<u64>()
            .to_string()
    );
    assert!(
        dimension(&partial, "name")
            .values
            .contains(&Some(OTHER.to_owned()))
    );
    assert_eq!(partial.encode(), of(text).encode());
}

#[test]
fn the_most_frequent_values_stay_by_name() {
    let mut text = many_names(120_000);
    for _ in 0..2_000 {
        text.push_str("2026-02-01,name 7,1\n");
    }
    let partial = of(text);
    let names = dimension(&partial, "name");
    assert!(partial.cells.summarised && names.values.contains(&Some("name 7".to_owned())));
}

#[test]
fn a_million_ids_cost_nothing_but_themselves() {
    let mut text = String::from("date,order_id,campaign,clicks\n");
    for order in 0..400_000u32 {
        text.push_str(&format!(
            "2026-01-{:02},o-{order},{},1\n",
            1 + order % 28,
            ["a", "b", "c"][order as usize % 3]
        ));
    }
    let partial = of(text);
    assert!(!partial.cells.summarised);
    assert_eq!(dimension(&partial, "order_id").values, [Some(OTHER.to_owned())]);
    assert_eq!(partial.cells.dates.len(), 28 * 3);
    assert_eq!(total(&partial, "clicks"), "400000");
}

#[test]
fn a_wide_table_stays_bounded() {
    let labels: Vec<String> = (0..200).map(|column| format!("m{column}")).collect();
    let mut text = format!("date,name,{}\n", labels.join(","));
    for row in 0..12_000 {
        let numbers: Vec<String> = (0..200).map(|column| (column + row % 3).to_string()).collect();
        text.push_str(&format!(
            "2026-01-{:02},name {},{}\n",
            1 + row % 28,
            row % 6_000,
            numbers.join(",")
        ));
    }
    let partial = of(text);
    assert!(partial.cells.summarised);
    assert_eq!(total(&partial, "m1"), "24000");
    assert!(partial.cells.dates.len() * 200 * 64 <= MAX_CELL_BYTES);
}

#[test]
fn a_wide_table_of_texts_counts_them_as_they_are_once_finished() {
    let labels: Vec<String> = (0..199).map(|column| format!("t{column}")).collect();
    let mut text = format!("date,{}\n", labels.join(","));
    for row in 0..10_000 {
        let texts: Vec<String> = (0..199).map(|column| format!("v{column} {}", row / 2)).collect();
        text.push_str(&format!("2026-01-{:02},{}\n", 1 + row % 28, texts.join(",")));
    }
    let partial = of(text);
    let bytes = |value: &Option<String>| size_of::<String>() + 2 * value.as_ref().map_or(0, String::len);
    let texts = partial.cells.dimensions.iter().flat_map(|cells| &cells.values);
    assert!(partial.cells.summarised);
    assert!(texts.map(bytes).sum::<usize>() + partial.cells.dates.len() * 200 * 8 <= MAX_CELL_BYTES);
    assert_eq!(partial.cells.rows.iter().sum::<u64>(), 10_000);
}

#[test]
fn two_hundred_columns_of_parquet_stay_bounded_and_say_what_was_folded() {
    let rows = 7_000usize;
    let numbers = |column: usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            (0..rows).map(|row| (column + row % 3) as i64),
        ))
    };
    let texts = |of: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..rows).map(of)))
    };
    let mut columns = vec![(
        "date".to_owned(),
        texts(&|row| format!("2026-01-{:02}", 1 + row % 28)),
    )];
    columns.extend((0..19).map(|column| {
        let kinds = 2 + column * 150;
        (
            format!("kind_{column}"),
            texts(&|row| format!("kind {}", row % kinds)),
        )
    }));
    columns.extend((0..180).map(|column| (format!("m{column}"), numbers(column))));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let result = Delivered {
        format: ResultFormat::Parquet,
        ..csv(writer.into_inner().unwrap())
    };
    let partial = partial(&result, &PartialSpec::default());
    assert_eq!((partial.columns.len(), partial.quality.rows), (200, rows as u64));
    assert!(partial.cells.summarised);
    assert!(partial.cells.dates.len() * 180 * 64 <= MAX_CELL_BYTES);
    assert_eq!(
        total(&partial, "m1"),
        (0..rows).map(|row| 1 + row % 3).sum::<usize>().to_string()
    );
    // What few values tell apart is still told apart.
    assert_eq!(dimension(&partial, "kind_0").values.len(), 2);
    assert!(
        partial
            .cells
            .dimensions
            .iter()
            .any(|dimension| dimension.values.contains(&Some(OTHER.to_owned())))
    );
}

#[test]
fn what_does_not_fit_folded_together_is_refused_in_a_sentence() {
    let labels: Vec<String> = (0..900).map(|column| format!("m{column}")).collect();
    let mut text = format!("date,{}\n", labels.join(","));
    let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    for day in 0..1_500 {
        let date = first + chrono::TimeDelta::days(day);
        text.push_str(&format!("{date},{}\n", vec!["1"; 900].join(",")));
    }
    let window = Window::new(first, first + chrono::TimeDelta::days(1_500)).unwrap();
    let error = aggregate(&csv(text), window, &[], &PartialSpec::default()).unwrap_err();
    assert_eq!(error.reason(), "oversized");
    assert_eq!(
        error.to_string(),
        "the result has more than 67108864 bytes of sums once its rows are grouped by date; let the query select fewer \
         numeric columns, or cover a shorter window with coarser dates"
    );
}

#[test]
fn a_column_that_turns_out_otherwise_is_read_once_more() {
    // The beginning looks like numbers with a point; the end makes them codes.
    let mut text = String::from("date,code2,clicks\n");
    for row in 0..300_000 {
        text.push_str(&format!("2026-01-{:02},{},2\n", 1 + row % 28, 100 + row % 50));
    }
    text.push_str("2026-01-05,007,2\n");
    let partial = of(text);
    assert_eq!(dimension(&partial, "code2").values.len(), 51);
    assert_eq!(partial.cells.measures.len(), 1);
    assert_eq!(total(&partial, "clicks"), "600002");
}

/// Gives batches of so many rows of another result.
struct Cut<'a>(&'a RecordBatch, usize);

impl Batches for Cut<'_> {
    fn each(&self, take: &mut dyn FnMut(&RecordBatch) -> Result<(), RowsError>) -> Result<(), RowsError> {
        (0..self.0.num_rows())
            .step_by(self.1)
            .try_for_each(|start| take(&self.0.slice(start, self.1.min(self.0.num_rows() - start))))
    }
}

fn sketched() -> PartialSpec {
    PartialSpec {
        sketches: vec![
            ("user".to_owned(), Sketch::Distinct),
            ("ms".to_owned(), Sketch::Quantile),
        ],
        ..PartialSpec::default()
    }
}

#[test]
fn a_column_whose_values_are_counted_is_broken_down_by_what_it_has_most_of() {
    let mut text = String::from("date,user,ms\n");
    for row in 0..240_000u32 {
        let user = if row % 3 == 0 { 7 } else { row % 100_000 };
        text.push_str(&format!("2026-01-{:02},user {user},1\n", 1 + row / 8_600));
    }
    let partial = partial(&csv(text), &sketched());
    assert!(partial.cells.summarised && partial.cells.dates.len() <= MAX_CELLS);
    let users = &dimension(&partial, "user").values;
    assert!(users.contains(&Some("user 7".to_owned())) && users.contains(&Some(OTHER.to_owned())));
    assert_eq!(total(&partial, "ms"), "240000");
}

#[test]
fn declared_sketches_are_kept_by_cell() {
    let mut text = String::from("date,page,user,ms\n");
    for row in 0..3_000 {
        text.push_str(&format!(
            "2026-01-0{},p{},u{},{}\n",
            1 + row % 2,
            row % 3,
            row % 700,
            row % 100
        ));
    }
    let partial = partial(&csv(text), &sketched());
    assert_eq!(Partial::decode(&partial.encode()).unwrap(), partial);
    let [users, times] = &partial.cells.sketches[..] else {
        panic!("two sketches")
    };
    let SketchValues::Distinct(cells) = &users.values else {
        panic!("a distinct count")
    };
    let mut all = DistinctSketch::default();
    cells.iter().for_each(|cell| all.merge(cell));
    assert!(all.estimate().abs_diff(700) < 35, "{}", all.estimate());
    let SketchValues::Quantile(cells) = &times.values else {
        panic!("quantiles")
    };
    let mut all = QuantileSketch::default();
    cells.iter().for_each(|cell| all.merge(cell));
    let median = all
        .quantile(crate::decimal::Decimal::parse("0.5").unwrap())
        .unwrap()
        .to_f64();
    assert!((median - 49.0).abs() <= 0.735, "{median}");
    assert!(
        partial
            .cells
            .dimensions
            .iter()
            .any(|dimension| dimension.values.len() == 700)
    );
}

#[test]
fn dimensions_of_few_values_are_folded_to_the_end() {
    let mut text = String::from("date,a,b,c\n");
    for day in 0..80 {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(day);
        for (a, b) in (0..12).flat_map(|a| (0..12).map(move |b| (a, b))) {
            (0..12).for_each(|c| text.push_str(&format!("{day},a{a},b{b},c{c}\n")));
        }
    }
    let partial = partial(&csv(text), &PartialSpec::default());
    assert!(partial.cells.summarised && partial.cells.dates.len() <= MAX_CELLS);
}

proptest! {
    #[test]
    fn neither_the_order_of_rows_nor_the_size_of_batches_shows(
        rows in proptest::collection::vec(("[0-2]", "[a-c]?", "-?[0-9]{1,3}(\\.[0-9])?|NA|"), 1..40),
        seed in any::<u64>(),
        size in 1usize..9,
    ) {
        let text = |rows: &[(String, String, String)]| {
            let line = |(day, user, ms): &(String, String, String)| format!("2026-02-1{day},{user},{ms}\n");
            format!("date,user,ms\n{}", rows.iter().map(line).collect::<String>())
        };
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|row| (row.2.len() as u64 ^ seed).wrapping_mul(0x9E37_79B9).rotate_left(seed as u32 % 64));
        let whole = read(ResultFormat::Csv, Compression::None, &Bytes::from(text(&rows)), &Limits::default()).unwrap();
        let expected = partial(&csv(text(&rows)), &sketched());
        prop_assert_eq!(&partial(&csv(text(&shuffled)), &sketched()), &expected);
        prop_assert_eq!(&partial(&Cut(&whole[0], size), &sketched()), &expected);
        prop_assert_eq!(&Partial::decode(&expected.encode()).unwrap(), &expected);
    }
}
