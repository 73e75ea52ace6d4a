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
    /// Whether it leaves a quarter of the rows without a date, which would be left out. Fewer are no reason to take another
    /// column: the time is decided for each result, and should be the same in all of a workflow.
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
        has_gaps: evidence.present() * 4 <= evidence.cells() * 3,
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
