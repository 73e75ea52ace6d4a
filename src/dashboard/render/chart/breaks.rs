//! Where lines break: a stretch of time without rows is not drawn over.

use chrono::NaiveDate;

use super::parts::{object, text};
use crate::dashboard::render::dataset::{Dataset, Key};

/// The field that numbers the stretches of a line, as a channel.
pub const STRETCH: &str = "{\"field\":\"_stretch\",\"type\":\"nominal\"}";

/// The transforms, each a JSON object, that number the stretches between which a line breaks: where a step is more than
/// twice as far from the one before as nine of ten are, such as days that nobody covers, but no weekends. None where no step is.
pub fn stretches(dataset: &Dataset) -> Option<String> {
    let limit = limit_days(gaps(dataset))?;
    let time = &dataset.axes[0].id;
    let sort = format!("[{}]", object(&[("field", &text(time))]));
    let by: Vec<String> = dataset.axes[1..].iter().map(|split| text(&split.id)).collect();
    let by = format!("[{}]", by.join(","));
    let window = |op: &str, field: &str, name: &str| {
        let of = object(&[("as", &text(name)), ("field", &text(field)), ("op", &text(op))]);
        object(&[("groupby", &by), ("sort", &sort), ("window", &format!("[{of}]"))])
    };
    let is_far = format!(
        "isValid(datum._before) && toDate(datum['{time}']) - toDate(datum._before) > {limit} * 864e5 ? 1 : 0"
    );
    let calculate = object(&[("as", "\"_far\""), ("calculate", &text(&is_far))]);
    Some(format!(
        "{},{calculate},{}",
        window("lag", time, "_before"),
        window("sum", "_far", "_stretch")
    ))
}

/// Days from each step to the one before of the same series.
fn gaps(dataset: &Dataset) -> Vec<i64> {
    let mut series: Vec<(&[Key], Vec<NaiveDate>)> = Vec::new();
    for keys in dataset.keys.chunks_exact(dataset.axes.len()) {
        let Key::Date(date) = keys[0] else { continue };
        match series.iter_mut().find(|(name, _)| *name == &keys[1..]) {
            Some((_, dates)) => dates.push(date),
            None => series.push((&keys[1..], vec![date])),
        }
    }
    let gaps = |(_, mut dates): (&[Key], Vec<NaiveDate>)| {
        dates.sort_unstable();
        let pairs = dates.windows(2).map(|pair| (pair[1] - pair[0]).num_days());
        pairs.collect::<Vec<_>>()
    };
    series.into_iter().flat_map(gaps).collect()
}

/// Beyond how many days between steps a line breaks; none where it does nowhere.
fn limit_days(mut gaps: Vec<i64>) -> Option<i64> {
    gaps.sort_unstable();
    let usual = gaps.get((gaps.len() * 9).div_ceil(10).checked_sub(1)?)?;
    let limit = usual * 2;
    (gaps.last()? > &limit).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_break_no_line_but_missing_weeks_do() {
        let days = |pattern: &[i64], times: usize| pattern.repeat(times);
        assert_eq!(limit_days(days(&[1], 20)), None);
        assert_eq!(limit_days(days(&[1, 1, 1, 1, 3], 8)), None);
        assert_eq!(
            limit_days([days(&[1, 1, 1, 1, 3], 8), vec![4]].concat()),
            None,
            "a holiday"
        );
        assert_eq!(
            limit_days([days(&[1, 1, 1, 1, 3], 8), vec![17]].concat()),
            Some(6)
        );
        assert_eq!(limit_days([days(&[1], 20), vec![2]].concat()), None);
        assert_eq!(limit_days([days(&[1], 20), vec![8]].concat()), Some(2));
        assert_eq!(limit_days(days(&[28, 31, 30], 9)), None);
        assert_eq!(limit_days(Vec::new()), None);
        assert_eq!(limit_days(vec![400]), None, "two steps are all there is to read");
    }
}
