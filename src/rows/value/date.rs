//! Dates, timestamps, months, quarters and weeks in text.

use chrono::{NaiveDate, Weekday};

use super::clock::{letters, offset, time_of_day};
use super::moment::Moment;
use super::named::{named, without_weekday};

/// Which of day and month comes first in a date like `03/04/2024`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::rows) enum Order {
    /// March the 4th.
    #[default]
    MonthFirst,
    /// The 3rd of April.
    DayFirst,
}

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) enum Form {
    /// Only one reading: the year comes first, or the month is named.
    Clear,
    /// Month before day, and no other way.
    MonthFirst,
    /// Day before month, and no other way.
    DayFirst,
    /// Day and month in an order that this text alone leaves open.
    Open,
    /// A month of a year; its first day.
    Month,
    /// The same, written as codes of other things are, too (`Okt-24`): a month where the whole column is of months.
    MonthLike,
    /// A quarter of a year; its first day.
    Quarter,
    /// An ISO week; its Monday.
    Week,
}

/// A date's text, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) struct DateText {
    /// The point in time.
    pub moment: Moment,
    /// How it is written.
    pub form: Form,
}

/// Reads a trimmed text as a date; `order` decides where it is open. Bare numbers are not dates here.
pub(in crate::rows) fn read(text: &[u8], order: Order) -> Option<DateText> {
    if text.len() < 4 || text.len() > 48 {
        return None;
    }
    if let Some(date) = iso_day(text) {
        return Some(DateText {
            moment: Moment::day(date),
            form: Form::Clear,
        });
    }
    year_first(text)
        .or_else(|| numeric(text, order))
        .or_else(|| period(text))
        .or_else(|| named(text))
        .or_else(|| behind_weekday(text, order))
}

/// `Mon, 08 Jan 2024`, `Montag, den 5. Januar 2024`, `lundi 5 janvier 2024`, `Fr 05.01.2024`: a day behind its weekday's name.
fn behind_weekday(text: &[u8], order: Order) -> Option<DateText> {
    let day = without_weekday(text)?;
    let found = year_first(day)
        .or_else(|| numeric(day, order))
        .or_else(|| named(day));
    found.filter(|found| {
        matches!(
            found.form,
            Form::Clear | Form::MonthFirst | Form::DayFirst | Form::Open
        )
    })
}

/// `2024-01-05`, the usual case.
fn iso_day(text: &[u8]) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return None;
    };
    if ![y1, y2, y3, y4, m1, m2, d1, d2]
        .into_iter()
        .all(u8::is_ascii_digit)
    {
        return None;
    }
    let pair = |tens: &u8, ones: &u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    let year = pair(y1, y2) * 100 + pair(y3, y4);
    NaiveDate::from_ymd_opt(year as i32, pair(m1, m2), pair(d1, d2)).filter(|_| year > 0)
}

/// `2024-01-05`, `2024/1/5`, `2024.01.05` and these with a time of day; `2024-01`, `2024/01`.
fn year_first(text: &[u8]) -> Option<DateText> {
    let (year, rest) = digits(text, 4, 4)?;
    let separator = *rest.first().filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let (month, rest) = digits(&rest[1..], 1, 2)?;
    if rest.is_empty() && separator != b'.' {
        let first = NaiveDate::from_ymd_opt(year as i32, month, 1)?;
        return (text.len() == 7).then_some(DateText {
            moment: Moment::day(first),
            form: Form::Month,
        });
    }
    let (day, rest) = digits(rest.strip_prefix(&[separator])?, 1, 2)?;
    with_time(year as i32, month, day, rest, Form::Clear)
}

/// `3/4/2024`, `03-04-2024`, `31.12.2024`, `3/4/24`, `31.12.24` and these with a time of day; `01/2024`, `01-2024`.
fn numeric(text: &[u8], order: Order) -> Option<DateText> {
    let (first, rest) = digits(text, 1, 2)?;
    let separator = *rest.first().filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    if let Some((year @ 1800..=2199, [])) = digits(&rest[1..], 4, 4).filter(|_| separator != b'.') {
        return month_of(year, first);
    }
    let is_padded = text.len() >= 8
        && matches!(
            text[..6],
            [b'0'..=b'9', b'0'..=b'9', _, b'0'..=b'9', b'0'..=b'9', _]
        );
    let (second, rest) = digits(&rest[1..], 1, 2)?;
    let rest = rest.strip_prefix(&[separator])?;
    let (year, rest) = match digits(rest, 4, 4) {
        Some(found) => found,
        // Without the zeros `1.2.10` is a version.
        None if separator == b'/' || (separator == b'.' && is_padded && second <= 12) => {
            let (short, rest) = digits(rest, 2, 2)?;
            (full_year(short), rest)
        }
        None => return None,
    };
    let form = match (first, second) {
        (13.., 1..=12) => Form::DayFirst,
        (1..=12, 13..) => Form::MonthFirst,
        // Points are written between day and month wherever days come first, and nowhere else.
        _ if separator == b'.' => Form::DayFirst,
        _ => Form::Open,
    };
    let day_first = form == Form::DayFirst || (form == Form::Open && order == Order::DayFirst);
    let (day, month) = if day_first {
        (first, second)
    } else {
        (second, first)
    };
    with_time(year as i32, month, day, rest, form)
}

/// `2024-W05`, `2024W05`, `2024-W05-3`, `2024M01`, `2024-Q1`, `2024 Q1`, `2024 KW 5` and the other way round: `Q1 2024`,
/// `Q1'24`, `1Q24`, `T1 2024`, `1. Quartal 2024`, `1er trimestre 2024`, `KW 5 2024`, `Week 5, 2024`.
fn period(text: &[u8]) -> Option<DateText> {
    if let Some((year, rest)) = digits(text, 4, 4) {
        return period_of(year, after_separators(rest));
    }
    let (unit, number, rest) = match letters(text) {
        ([], _) => {
            let (number, rest) = digits(text, 1, 1)?;
            let (name, rest) = letters(after_ordinal(rest));
            let unit = Unit::of(name).filter(|unit| *unit == Unit::Quarter)?;
            (unit, number, rest)
        }
        (name, rest) => {
            let unit = Unit::of(name)?;
            let (number, rest) = digits(unit.before_number(rest), 1, 2)?;
            (unit, number, rest)
        }
    };
    let (year, rest) = match (digits(after_separators(rest), 4, 4), unit) {
        (Some(found), _) => found,
        (None, Unit::Quarter) => {
            let (short, rest) = digits(after_separators(rest), 2, 2)?;
            (full_year(short), rest)
        }
        (None, Unit::Month | Unit::Week) => return None,
    };
    // `M5 2024` is anything.
    (rest.is_empty() && unit != Unit::Month).then(|| unit.step(year, number))?
}

/// What follows the sign of an ordinal: `. Quartal`, `º trimestre`, `er trimestre`.
fn after_ordinal(text: &[u8]) -> &[u8] {
    let signs: [&[u8]; 6] = [
        b".",
        "º".as_bytes(),
        "ª".as_bytes(),
        "°".as_bytes(),
        b"er ",
        b"e ",
    ];
    let behind = signs.iter().find_map(|sign| text.strip_prefix(*sign));
    behind.unwrap_or(text).trim_ascii_start()
}

/// What follows a year.
fn period_of(year: u32, text: &[u8]) -> Option<DateText> {
    let (name, rest) = letters(text);
    let unit = Unit::of(name)?;
    let (number, rest) = digits(unit.before_number(rest), 1, 2)?;
    match rest {
        [] => unit.step(year, number),
        [b'-', digit @ b'1'..=b'7'] if unit == Unit::Week => {
            let day = Weekday::try_from(digit - b'1').ok()?;
            let date = NaiveDate::from_isoywd_opt(year as i32, number, day)?;
            Some(DateText {
                moment: Moment::day(date),
                form: Form::Clear,
            })
        }
        _ => None,
    }
}

/// The steps of time that periods count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Quarter,
    Month,
    Week,
}

impl Unit {
    /// The unit of a name before a number.
    fn of(name: &[u8]) -> Option<Self> {
        let is = |names: &[&str]| {
            names
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        };
        match () {
            () if is(&["q", "quarter", "quartal", "t", "trim", "trimestre"]) => Some(Self::Quarter),
            () if is(&["m"]) => Some(Self::Month),
            () if is(&["w", "wk", "week", "kw", "cw", "woche"]) => Some(Self::Week),
            () => None,
        }
    }

    /// A text without what may stand between the unit's name and its number.
    fn before_number(self, text: &[u8]) -> &[u8] {
        match self {
            Self::Month => text,
            Self::Quarter | Self::Week => text.trim_ascii_start(),
        }
    }

    /// The `number`-th one of a year.
    fn step(self, year: u32, number: u32) -> Option<DateText> {
        match self {
            Self::Quarter => quarter_of(year, number),
            Self::Month => month_of(year, number),
            Self::Week => Some(DateText {
                moment: Moment::day(NaiveDate::from_isoywd_opt(year as i32, number, Weekday::Mon)?),
                form: Form::Week,
            }),
        }
    }
}

/// What follows the one or two separators that a text may begin with.
fn after_separators(text: &[u8]) -> &[u8] {
    let separators = text
        .iter()
        .take(2)
        .take_while(|byte| matches!(byte, b' ' | b'-' | b'/' | b',' | b'\''));
    &text[separators.count()..]
}

fn month_of(year: u32, month: u32) -> Option<DateText> {
    Some(DateText {
        moment: Moment::day(NaiveDate::from_ymd_opt(year as i32, month, 1)?),
        form: Form::Month,
    })
}

fn quarter_of(year: u32, quarter: u32) -> Option<DateText> {
    let month = (1..=4).contains(&quarter).then(|| quarter * 3 - 2)?;
    let date = NaiveDate::from_ymd_opt(year as i32, month, 1)?;
    Some(DateText {
        moment: Moment::day(date),
        form: Form::Quarter,
    })
}

/// Two-digit years lie between 1970 and 2069.
pub(super) fn full_year(short: u32) -> u32 {
    if short >= 70 { 1900 + short } else { 2000 + short }
}

/// A whole number of `least` to `most` digits that no further digit follows.
pub(super) fn digits(text: &[u8], least: usize, most: usize) -> Option<(u32, &[u8])> {
    let count = text
        .iter()
        .take(most + 1)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if !(least..=most).contains(&count) {
        return None;
    }
    let value = text[..count]
        .iter()
        .fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    Some((value, &text[count..]))
}

/// The date, with the time of day and offset that follow it.
pub(super) fn with_time(year: i32, month: u32, day: u32, rest: &[u8], form: Form) -> Option<DateText> {
    let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| year > 0)?;
    if rest.is_empty() {
        return Some(DateText {
            moment: Moment::day(date),
            form,
        });
    }
    let is_iso = matches!(rest, [b'T' | b't', ..]);
    let rest = match rest {
        [b'T' | b't' | b' ', digit @ ..] => digit,
        [b',', b' ', digit @ ..] => digit,
        // As web servers log it.
        [b':', digit @ ..] => digit,
        _ => return None,
    };
    let (time, rest) = time_of_day(rest.trim_ascii_start(), is_iso)?;
    let offset = match rest.trim_ascii_start() {
        [] => None,
        rest => Some(offset(rest)?),
    };
    Some(DateText {
        moment: Moment {
            date,
            time: Some(time),
            offset,
        },
        form,
    })
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str, order: Order) -> Option<(String, Form)> {
        let date = read(text.as_bytes(), order)?;
        Some((date.moment.date_in(Tz::UTC).to_string(), date.form))
    }

    #[test]
    fn reads_dates_as_people_write_them() {
        for (text, expected, form) in [
            ("2024-01-05", "2024-01-05", Form::Clear),
            ("2024/1/5", "2024-01-05", Form::Clear),
            ("2024.01.05", "2024-01-05", Form::Clear),
            ("2024-01-05 10:30", "2024-01-05", Form::Clear),
            ("2024-01-05T23:30:00.123456789Z", "2024-01-05", Form::Clear),
            ("2024-01-05T23:30:00-05:00", "2024-01-06", Form::Clear),
            ("2024-01-05 00:30:00+0200", "2024-01-04", Form::Clear),
            ("2024-01-05 00:30:00+02", "2024-01-04", Form::Clear),
            ("2024-01-05 00:30:00 UTC", "2024-01-05", Form::Clear),
            ("2024-01", "2024-01-01", Form::Month),
            ("1/25/2024", "2024-01-25", Form::MonthFirst),
            ("25/1/2024", "2024-01-25", Form::DayFirst),
            ("3/4/2024", "2024-03-04", Form::Open),
            ("3/4/24 3:30 PM", "2024-03-04", Form::Open),
            ("03-04-2024", "2024-03-04", Form::Open),
            ("03.04.2024", "2024-04-03", Form::DayFirst),
            ("2024-W05", "2024-01-29", Form::Week),
            ("2024W05", "2024-01-29", Form::Week),
            ("2024-W05-3", "2024-01-31", Form::Clear),
            ("2024-Q2", "2024-04-01", Form::Quarter),
            ("Q4 2024", "2024-10-01", Form::Quarter),
            ("31.12.24", "2024-12-31", Form::DayFirst),
            ("05.01.24 10:30", "2024-01-05", Form::DayFirst),
            ("01/2024", "2024-01-01", Form::Month),
            ("7-2024", "2024-07-01", Form::Month),
            ("Q1'24", "2024-01-01", Form::Quarter),
            ("q2-24", "2024-04-01", Form::Quarter),
            ("2024 Q1", "2024-01-01", Form::Quarter),
            ("2024Q3", "2024-07-01", Form::Quarter),
            ("1Q24", "2024-01-01", Form::Quarter),
            ("T4 2025", "2025-10-01", Form::Quarter),
            ("2025-T4", "2025-10-01", Form::Quarter),
            ("4. Quartal 2025", "2025-10-01", Form::Quarter),
            ("4º trimestre 2025", "2025-10-01", Form::Quarter),
            ("1er trimestre 2025", "2025-01-01", Form::Quarter),
            ("KW 5 2024", "2024-01-29", Form::Week),
            ("KW05/2024", "2024-01-29", Form::Week),
            ("2024-KW05", "2024-01-29", Form::Week),
            ("Week 5, 2024", "2024-01-29", Form::Week),
            ("10/Oct/2000:13:55:36 -0700", "2000-10-10", Form::Clear),
            ("10/Oct/2000:23:55:36 -0700", "2000-10-11", Form::Clear),
            ("2024-01-05T10", "2024-01-05", Form::Clear),
            ("2024-01-05T10Z", "2024-01-05", Form::Clear),
            ("2024-01-05T00+02", "2024-01-04", Form::Clear),
            ("2024-01-05 22:00 PST", "2024-01-06", Form::Clear),
            ("2024-01-05 00:30 CEST", "2024-01-04", Form::Clear),
            ("2024M03", "2024-03-01", Form::Month),
            ("März 2024", "2024-03-01", Form::Month),
            ("MÄRZ 2024", "2024-03-01", Form::Month),
            ("FÉVRIER 2024", "2024-02-01", Form::Month),
            ("12 AOÛT 2024", "2024-08-12", Form::Clear),
            ("DÉCEMBRE 2024", "2024-12-01", Form::Month),
            ("déc-24", "2024-12-01", Form::Month),
            ("Mai-24", "2024-05-01", Form::Month),
            ("SEP-24", "2024-09-01", Form::Month),
            ("SET 2024", "2024-09-01", Form::Month),
            ("5. Mai 2024", "2024-05-05", Form::Clear),
            ("12 févr. 2024", "2024-02-12", Form::Clear),
            ("3 de enero de 2024", "2024-01-03", Form::Clear),
            ("2024/01/05 10:12:33 AM GMT+1", "2024-01-05", Form::Clear),
            ("2024-01-05 23:30 UTC-05:00", "2024-01-06", Form::Clear),
            ("2002 Jan", "2002-01-01", Form::Month),
            ("January 2002", "2002-01-01", Form::Month),
            ("Jan-24", "2024-01-01", Form::Month),
            ("5 Jan 2024", "2024-01-05", Form::Clear),
            ("05-Jan-24", "2024-01-05", Form::Clear),
            ("January 5th, 2024", "2024-01-05", Form::Clear),
            ("Sept. 5, 2024", "2024-09-05", Form::Clear),
            ("2024-Jan-05", "2024-01-05", Form::Clear),
            ("Mon, 08 Jan 2024 23:00:00 -0500", "2024-01-09", Form::Clear),
            ("Montag, 5. Januar 2024", "2024-01-05", Form::Clear),
            ("Freitag, den 5. Januar 2024", "2024-01-05", Form::Clear),
            ("lundi 1er janvier 2024", "2024-01-01", Form::Clear),
            ("LUNDI 5 FÉVRIER 2024", "2024-02-05", Form::Clear),
            ("ven. 5 janv. 2024", "2024-01-05", Form::Clear),
            ("viernes, 5 de enero de 2024", "2024-01-05", Form::Clear),
            ("sexta-feira, 5 de janeiro de 2024", "2024-01-05", Form::Clear),
            ("venerdì 5 gennaio 2024", "2024-01-05", Form::Clear),
            ("Fr 05.01.2024", "2024-01-05", Form::DayFirst),
            ("Mo., 05.01.24 10:30", "2024-01-05", Form::DayFirst),
            ("Friday 2024-01-05", "2024-01-05", Form::Clear),
            ("Okt-24", "2024-10-01", Form::MonthLike),
            ("SET-12", "2012-09-01", Form::MonthLike),
            ("12-SET", "2012-09-01", Form::MonthLike),
            ("Jan 5, 2024, 12:10 AM", "2024-01-05", Form::Clear),
        ] {
            assert_eq!(
                shown(text, Order::MonthFirst),
                Some((expected.to_owned(), form)),
                "{text}"
            );
        }
        assert_eq!(
            shown("3/4/2024", Order::DayFirst),
            Some(("2024-04-03".to_owned(), Form::Open))
        );
        assert_eq!(
            shown("1/25/2024", Order::DayFirst)
                .map(|(date, _)| date)
                .as_deref(),
            Some("2024-01-25")
        );
    }

    #[test]
    fn leaves_other_texts_alone() {
        for text in [
            "",
            "Jan",
            "Jan 24",
            "2024",
            "2024-13",
            "2024-02-30",
            "13/13/2024",
            "1.2.10",
            "10.13.12",
            "10-11-12",
            "Q5'24",
            "M5 2024",
            "W5 24",
            "KW 54 2024",
            "13/2024",
            "5/1000",
            "2024 Qa",
            "192.168.0.1",
            "2024-W54",
            "2024-Q5",
            "2024-01-05x",
            "2024-01-05 25:00",
            "2024-01-05 10:30 Paris",
            "1-2-3",
            "555-1234",
            "May the fourth",
            "2015-2016",
            "12:30",
            "v2024-01-05",
            "March 2024 report",
            "0000-00-00",
            "Mo-05-01-2024",
            "Sat 12/2024",
            "So 2024",
            "Sunset, 5. Januar 2024",
            "SO-2024-01",
            "Mon",
            "2024-01-05 14-16",
            "2024-01-05 14+02",
            "INC0000001",
        ] {
            assert_eq!(shown(text, Order::MonthFirst), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,50}", digits in "[0-9TWQ/:., +-]{0,30}") {
            let _ = read(text.as_bytes(), Order::MonthFirst);
            let _ = read(digits.as_bytes(), Order::DayFirst);
        }

        #[test]
        fn every_date_reads_back(days in 0i32..80_000) {
            let date = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + chrono::TimeDelta::days(i64::from(days));
            for format in ["%Y-%m-%d", "%d %B %Y", "%b %d, %Y", "%Y-%m-%dT%H:%M:%S", "%G-W%V-%u", "%d.%m.%Y"] {
                let text = date.and_time(NaiveTime::MIN).format(format).to_string();
                prop_assert_eq!(shown(&text, Order::MonthFirst).map(|(date, _)| date), Some(date.to_string()));
            }
            let text = date.format("%d/%m/%Y").to_string();
            prop_assert_eq!(shown(&text, Order::DayFirst).map(|(date, _)| date), Some(date.to_string()));
        }
    }
}
