//! Which column is the time.

use super::names::{Name, within};
use crate::rows::evidence::{Evidence, Values};
use crate::rows::value::moment::IntegerTimes;

/// Names that mark the time among several candidates, the best first.
const TIME_WORDS: [&[&str]; 5] = [
    &["date", "datum", "fecha", "data"],
    &["day", "tag", "jour", "día", "giorno", "dia", "dag"],
    &["week", "woche", "semaine", "semana", "settimana"],
    &["month", "monat", "mois", "mes", "mese", "mês", "maand"],
    &["time", "zeit", "zeitpunkt", "heure", "hora"],
];
/// Last words of names under which bare whole numbers may be times.
const CALENDAR_NAMES: &[&str] = &[
    "date",
    "dt",
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "time",
    "timestamp",
    "datetime",
    "ts",
    "epoch",
    "unixtime",
    "period",
    "at",
    "on",
    "datum",
    "fecha",
    "monat",
    "mois",
    "zeit",
    "zeitstempel",
];
/// Words before `time` in names of points in time; others name durations (`response_time`).
const POINTS_IN_TIME: &[&str] = &[
    "event",
    "start",
    "end",
    "created",
    "updated",
    "local",
    "utc",
    "server",
    "unix",
    "log",
    "order",
    "date",
    "visit",
    "click",
    "arrival",
    "departure",
    "epoch",
    "local",
];
/// Last words of names of what happened at a point in time, which counts since 1970 may tell.
const HAPPENED: &[&str] = &[
    "created",
    "updated",
    "modified",
    "deleted",
    "changed",
    "occurred",
    "received",
    "sent",
    "logged",
    "recorded",
    "started",
    "finished",
    "ended",
    "completed",
    "published",
    "ingested",
    "observed",
];
/// Last words that are units of counts since 1970, or say from where they count.
const COUNT_UNITS: &[&str] = &[
    "s",
    "sec",
    "secs",
    "second",
    "seconds",
    "ms",
    "msec",
    "millis",
    "millisecond",
    "milliseconds",
    "us",
    "usec",
    "micros",
    "microsecond",
    "microseconds",
    "ns",
    "nanos",
    "nanosecond",
    "nanoseconds",
    "utc",
    "gmt",
    "unix",
    "epoch",
];
/// Words of weeks.
const WEEK_WORDS: &[&str] = &[
    "week",
    "weeks",
    "yearweek",
    "isoweek",
    "wk",
    "yw",
    "yyyyww",
    "woche",
    "kalenderwoche",
    "kw",
    "semaine",
    "semana",
    "settimana",
];
/// Names under which bare whole numbers may be years.
const YEAR_NAMES: &[&str] = &[
    "year", "yr", "date", "period", "jahr", "année", "annee", "año", "anno", "jaar", "datum", "fecha",
];

/// How well a column can be the time; the lower the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// 0 for dates and points in time, 1 for bare years, which other columns may make a mere part of a date.
    pub weak: u8,
    /// Whether it leaves a quarter of the rows without a date, which would be left out, or more than one in a hundred with
    /// something else. Fewer are no reason to take another column: the time is decided for each result, and should be the
    /// same in all of a workflow.
    pub has_gaps: bool,
    /// By name: exact ones first, then containing ones, each in their order, then all others.
    pub rank: u8,
}

/// Whether a column can be the time, and how well. One that leaves most rows without a date cannot: they would all be
/// left out.
pub(super) fn candidate(name: &Name, evidence: &Evidence) -> Option<Candidate> {
    if evidence.present() < evidence.cells().div_ceil(2) {
        return None;
    }
    let weak = match evidence.values() {
        Values::Times => 0,
        Values::Numbers => match evidence.integer_times()? {
            IntegerTimes::Years => {
                if !(name.is(&["time"]) || YEAR_NAMES.contains(&name.last())) {
                    return None;
                }
                1
            }
            IntegerTimes::SerialDays => 0,
            times if named_time(name) || !times.is_spelt() && names_instants(name) => 0,
            IntegerTimes::YearWeeks => 0,
            _ => return None,
        },
        _ => return None,
    };
    Some(Candidate {
        weak,
        has_gaps: evidence.present() * 4 <= evidence.cells() * 3
            || evidence.strays() * 100 > evidence.present(),
        rank: rank(name),
    })
}

/// Whether a column next to a bare year shows that the year is only a part of a date.
pub(super) fn is_part_of_date(name: &Name, evidence: &Evidence) -> bool {
    match name.calendar_part() {
        Some(("year", _)) | None => false,
        Some((_, range)) => within(evidence, &range) || evidence.values() == Values::Texts,
    }
}

/// The column of a year that lies beside other parts of a date, and a sentence on what they would make together.
pub(super) fn parted(columns: &[(&Name, &str, &Evidence)]) -> Option<(usize, String)> {
    let has = |part: &str| {
        columns.iter().position(|(name, _, evidence)| {
            let found = name.calendar_part().filter(|(found, _)| *found == part);
            found.is_some_and(|(_, range)| within(evidence, &range) || evidence.values() == Values::Texts)
        })
    };
    let year = has("year")?;
    let parts: Vec<&str> = ["quarter", "month", "week", "day of the month"]
        .into_iter()
        .filter_map(|part| Some(columns[has(part)?].1))
        .collect();
    (!parts.is_empty()).then(|| {
        let parts = parts.join("\", \"");
        let told = format!(
            "With \"{parts}\" it makes a date, which would be the time in a column of its own (2024-01-31)."
        );
        (year, told)
    })
}

fn rank(name: &Name) -> u8 {
    let exact = (TIME_WORDS.iter()).position(|words| words.iter().any(|word| name.is(&[word])));
    let contained = || TIME_WORDS.iter().position(|words| name.word_of(words).is_some());
    let rank = exact.or_else(|| contained().map(|place| place + TIME_WORDS.len()));
    rank.unwrap_or(2 * TIME_WORDS.len()) as u8
}

/// Whether it names weeks, so that `202405` is one.
pub(super) fn names_weeks(name: &Name) -> bool {
    name.word_of(WEEK_WORDS).is_some()
}

/// Whether it is exactly that of dates, so that 45296 is one.
pub(super) fn names_dates(name: &Name) -> bool {
    TIME_WORDS[..2]
        .iter()
        .flat_map(|words| words.iter())
        .any(|word| name.is(&[word]))
}

/// Whether it names points in time, with or without the unit they are counted in.
pub(super) fn names_instants(name: &Name) -> bool {
    let words = name.words();
    let units = words
        .iter()
        .rev()
        .take_while(|word| COUNT_UNITS.contains(&word.as_str()))
        .count();
    match &words[..words.len() - units] {
        [] => name.word_of(&["epoch", "unix"]).is_some(),
        [.., before, last] if last == "time" => POINTS_IN_TIME.contains(&before.as_str()),
        [only] if only == "time" => true,
        [.., last] => {
            HAPPENED.contains(&last.as_str())
                || matches!(
                    last.as_str(),
                    "timestamp" | "ts" | "datetime" | "unixtime" | "date" | "at"
                )
        }
    }
}

fn named_time(name: &Name) -> bool {
    match name.words() {
        [.., before, last] if last == "time" => POINTS_IN_TIME.contains(&before.as_str()),
        [.., _, unit] if matches!(unit.as_str(), "id" | "key") => name.word_of(&["date"]).is_some(),
        [.., last] => CALENDAR_NAMES.contains(&last.as_str()),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{decided, evidence, roles};

    /// A table of so many days, and these rows below.
    fn days(count: usize, below: &str) -> String {
        let day = |day: usize| format!("2024-{:02}-{:02},{}\n", 1 + day / 28, 1 + day % 28, 5 * day % 7);
        let days: String = (0..count).map(day).collect();
        format!("date,n\n{days}{below}")
    }

    #[test]
    fn a_few_cells_that_are_no_dates_do_not_take_the_time_away() {
        let orders: String = (1..=25)
            .map(|day| format!("{day:02}.03.2024 08:15;{day},5;x\n"))
            .collect();
        for csv in [
            days(10, "n/a?,1\n"),
            days(100, "2024-13-01,1\n0000-00-00,2\n"),
            days(100, "31.04.2024,1\n"),
            format!("Bestellt am;Betrag;Weg\n{orders}kein Datum;5,5;y\n32.03.2024;5,5;y\n"),
        ] {
            assert!(roles(&csv).starts_with('T'), "{csv}");
        }
        let reason = |csv: &str| decided(&evidence(csv))[0].reason.clone();
        assert_eq!(
            reason(&days(10, "n/a?,1\n")),
            "The time: nearly every value is a date or timestamp, and its name has \"date\". One of its 11 values is no date \
             (\"n/a?\"): its row is left out of every number and counted."
        );
        assert!(reason(&days(40, "x,1\ny,2\n")).contains("2 of its 42 values are no dates (\"x\", \"y\")"));
        assert!(
            !reason(&days(40, ",1\nNA,2\n")).contains("no date"),
            "nothing is no mistake"
        );
    }

    #[test]
    fn parts_of_a_date_are_told_to_make_one() {
        let told = |csv: &str| {
            let decisions = decided(&evidence(csv));
            decisions
                .iter()
                .any(|decision| decision.reason.contains("it makes a date"))
        };
        let weather = "year,month,day,rain\n2023,1,30,5.5\n2023,2,1,0.5\n2024,2,28,0\n";
        assert!(decided(&evidence(weather))[0].reason.ends_with(
            "With \"month\", \"day\" it makes a date, which would be the time in a column of its own (2024-01-31)."
        ));
        assert!(told(
            "Jahr,Monat,Umsatz\n2023,Januar,5\n2023,Februar,7\n2024,Januar,9\n"
        ));
        for csv in [
            "date,year,month,n\n2023-01-30,2023,1,5\n2023-02-01,2023,2,6\n",
            "model,year,n\na,2023,5\nb,2024,6\n",
            "month,weekday,n\n1,2,5\n2,3,6\n",
        ] {
            assert!(!told(csv), "{csv}");
        }
    }

    #[test]
    fn what_is_no_date_more_often_is_a_text() {
        let cohorts = |others: usize| {
            let known: String = (1..=12)
                .map(|month| format!("2024-{month:02},{month}\n"))
                .collect();
            format!("cohort,n\n{known}{}", "before,5\n".repeat(others))
        };
        assert_eq!(roles(&cohorts(1)), "Ts");
        assert_eq!(roles(&cohorts(2)), "ds");
        assert_eq!(roles(&days(9, "n/a?,1\n")), "ds");
        // Both orders of day and month cannot be right, however few have one of them.
        assert_eq!(
            roles(&format!("{}25/04/2024,1\n04/25/2024,2\n", days(40, ""))),
            "ds"
        );
    }

    #[test]
    fn another_column_is_the_time_where_more_than_a_few_are_no_dates() {
        let row = |day: usize, shipped: &str| format!("2024-03-{:02},{shipped},5\n", 1 + day % 28);
        let table = |pending: usize| {
            let rows: String = (0..100 - pending).map(|day| row(day, "2024-04-01")).collect();
            let open: String = (0..pending).map(|day| row(day, "pending")).collect();
            format!("created,shipped_date,n\n{rows}{open}")
        };
        assert_eq!(roles(&table(5)), "Tds");
        assert_eq!(
            roles(&table(1)),
            "dTs",
            "by its name, as in the workflow's other results"
        );
    }
}
