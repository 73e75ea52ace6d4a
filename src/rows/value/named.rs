//! Dates whose month is named.

use chrono::NaiveDate;

use super::clock::letters;
use super::date::{DateText, Form, digits, full_year, with_time};
use super::moment::Moment;

/// `5 Jan 2024`, `05-Jan-24`, `January 5th, 2024`, `2024 Jan 5`, `Jan 2024`, `2002 Jan`, `Jan-24`, with an optional
/// time of day after.
pub(super) fn named(text: &[u8]) -> Option<DateText> {
    if !may_begin(text) {
        return None;
    }
    let mut parts = [Part::Number(0, 0); 3];
    let mut count = 0;
    let mut rest = text;
    let mut dashed = false;
    let mut is_code = false;
    while count < 3 {
        let Some((part, after)) = part(rest) else { break };
        is_code |= matches!(part, Part::Month(_)) && is_short_elsewhere(letters(rest).0);
        parts[count] = part;
        count += 1;
        dashed |= matches!(after.first(), Some(b'-' | b'\''));
        rest = after;
        if complete(&parts[..count]) {
            break;
        }
        rest = skip_separators(rest);
    }
    let year_of = |value: u32, width: usize| {
        (width == 4)
            .then_some(value)
            .or((width == 2).then(|| full_year(value)))
    };
    match parts[..count] {
        [
            Part::Month(month),
            Part::Number(day, 1 | 2),
            Part::Number(year, 4),
        ]
        | [
            Part::Number(year, 4),
            Part::Month(month),
            Part::Number(day, 1 | 2),
        ] => with_time(year as i32, month, day, rest, Form::Clear),
        [
            Part::Number(day, 1 | 2),
            Part::Month(month),
            Part::Number(year, width),
        ] => with_time(year_of(year, width)? as i32, month, day, rest, Form::Clear),
        [Part::Month(month), Part::Number(year, width)] | [Part::Number(year, width), Part::Month(month)] => {
            let is_whole = width == 4;
            let year = (is_whole || dashed).then(|| year_of(year, width))??;
            let date = NaiveDate::from_ymd_opt(year as i32, month, 1)?;
            rest.is_empty().then_some(DateText {
                moment: Moment::day(date),
                form: match is_whole || !is_code {
                    true => Form::Month,
                    false => Form::MonthLike,
                },
            })
        }
        _ => None,
    }
}

/// A piece of a date with a named month: the month, or a number and its width in digits.
#[derive(Clone, Copy)]
enum Part {
    Month(u32),
    Number(u32, usize),
}

fn complete(parts: &[Part]) -> bool {
    matches!(parts, [_, _, _] | [Part::Month(_), Part::Number(_, 4)])
}

fn part(text: &[u8]) -> Option<(Part, &[u8])> {
    if let Some((value, rest)) = digits(text, 1, 4) {
        let (suffix, after) = letters(rest);
        let ordinal = [&b"st"[..], b"nd", b"rd", b"th", b"er"]
            .iter()
            .any(|end| suffix.eq_ignore_ascii_case(end));
        return Some((
            Part::Number(value, text.len() - rest.len()),
            if ordinal { after } else { rest },
        ));
    }
    let (name, rest) = letters(text);
    Some((Part::Month(month(name)?), rest.strip_prefix(b".").unwrap_or(rest)))
}

/// What stands between the parts of a date, a Spanish or Portuguese `de` among it.
fn skip_separators(text: &[u8]) -> &[u8] {
    let text = text
        .strip_prefix(b" de")
        .filter(|rest| rest.starts_with(b" "))
        .unwrap_or(text);
    let end = text
        .iter()
        .take(2)
        .take_while(|byte| matches!(byte, b' ' | b',' | b'.' | b'-' | b'/' | b'\''))
        .count();
    &text[end..]
}

/// Months as they are named: whole in English, German, French, Spanish, Italian, Portuguese and Dutch, and how they are
/// shortened there.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "jan", "januar", "janvier", "janv", "enero", "ene", "gennaio", "gen", "janeiro", "januari",
    ],
    &[
        "february",
        "feb",
        "februar",
        "février",
        "fevrier",
        "févr",
        "fév",
        "febrero",
        "febbraio",
        "fevereiro",
        "fev",
        "februari",
    ],
    &[
        "march", "mar", "märz", "maerz", "mär", "mrz", "mars", "marzo", "março", "maart", "mrt",
    ],
    &["april", "apr", "avril", "avr", "abril", "abr", "aprile"],
    &["may", "mai", "mayo", "maggio", "mag", "maio", "mei"],
    &["june", "jun", "juni", "juin", "junio", "giugno", "giu", "junho"],
    &[
        "july", "jul", "juli", "juillet", "juil", "julio", "luglio", "lug", "julho",
    ],
    &["august", "aug", "août", "aout", "agosto", "ago", "augustus"],
    &[
        "september",
        "sep",
        "sept",
        "septembre",
        "septiembre",
        "settembre",
        "set",
        "setembro",
    ],
    &[
        "october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro", "out",
    ],
    &["november", "nov", "novembre", "noviembre", "novembro"],
    &[
        "december",
        "dec",
        "dezember",
        "dez",
        "décembre",
        "decembre",
        "déc",
        "diciembre",
        "dic",
        "dicembre",
        "dezembro",
    ],
];

/// How months are shortened in languages other than English.
const SHORT_ELSEWHERE: [&str; 23] = [
    "janv", "ene", "gen", "févr", "fév", "fev", "mär", "mrz", "mrt", "avr", "abr", "mag", "giu", "juil",
    "lug", "ago", "set", "okt", "ott", "out", "dez", "déc", "dic",
];

/// Whether a text shortens a month as no English does and with a capital: `SET-12` is an article, where spreadsheets write
/// `set-12` for a month.
fn is_short_elsewhere(name: &[u8]) -> bool {
    let is_short = |name: &str| SHORT_ELSEWHERE.contains(&name.to_lowercase().as_str());
    std::str::from_utf8(name).is_ok_and(|name| name.starts_with(char::is_uppercase) && is_short(name))
}

/// Weekdays as they are named in the same languages, Monday first.
const WEEKDAYS: [&[&str]; 7] = [
    &[
        "monday",
        "mon",
        "montag",
        "mo",
        "lundi",
        "lun",
        "lunes",
        "lunedì",
        "lunedi",
        "segunda-feira",
        "segunda",
        "seg",
        "maandag",
        "ma",
    ],
    &[
        "tuesday",
        "tue",
        "tues",
        "dienstag",
        "di",
        "mardi",
        "mar",
        "martes",
        "martedì",
        "martedi",
        "terça-feira",
        "terça",
        "terca",
        "ter",
        "dinsdag",
    ],
    &[
        "wednesday",
        "wed",
        "mittwoch",
        "mi",
        "mercredi",
        "mer",
        "miércoles",
        "miercoles",
        "mié",
        "mie",
        "mercoledì",
        "mercoledi",
        "quarta-feira",
        "quarta",
        "qua",
        "woensdag",
        "wo",
    ],
    &[
        "thursday",
        "thu",
        "thur",
        "thurs",
        "donnerstag",
        "do",
        "jeudi",
        "jeu",
        "jueves",
        "jue",
        "giovedì",
        "giovedi",
        "gio",
        "quinta-feira",
        "quinta",
        "qui",
        "donderdag",
    ],
    &[
        "friday",
        "fri",
        "freitag",
        "fr",
        "vendredi",
        "ven",
        "viernes",
        "vie",
        "venerdì",
        "venerdi",
        "sexta-feira",
        "sexta",
        "sex",
        "vrijdag",
        "vr",
    ],
    &[
        "saturday",
        "sat",
        "samstag",
        "sonnabend",
        "sa",
        "samedi",
        "sam",
        "sábado",
        "sabado",
        "sáb",
        "sab",
        "sabato",
        "zaterdag",
        "za",
    ],
    &[
        "sunday", "sun", "sonntag", "so", "dimanche", "dim", "domingo", "dom", "domenica", "zondag", "zo",
    ],
];

/// What follows the weekday that a text begins with, in any of these languages, and a comma, point or blank.
pub(super) fn without_weekday(text: &[u8]) -> Option<&[u8]> {
    // Most texts begin otherwise, which is quick to see.
    let begin = [
        text.first()?.to_ascii_lowercase(),
        text.get(1)?.to_ascii_lowercase(),
    ];
    if !(begin == [b's', 0xC3] || BEGINNINGS.as_chunks().0.contains(&begin)) {
        return None;
    }
    let (name, rest) = letters(text);
    let rest = match rest.get(..6) {
        Some(ending) if ending.eq_ignore_ascii_case(b"-feira") => &rest[6..],
        _ => rest,
    };
    let day = rest.trim_ascii_start();
    let day = day.strip_prefix(b".").unwrap_or(day);
    let day = day.strip_prefix(b",").unwrap_or(day).trim_ascii_start();
    let is_apart = day.len() < rest.len();
    (is_apart && weekday_named(std::str::from_utf8(name).ok()?).is_some())
        .then(|| day.strip_prefix(b"den ").unwrap_or(day))
}

/// The first two letters of weekdays.
const BEGINNINGS: &[u8; 52] = b"molumasetuditewemimequwothdojejugifrvevivrsazasusozo";

/// The number of a month's name from 1, in any of these languages and in any case, with or without a point.
pub fn month_named(name: &str) -> Option<u32> {
    month(name.trim_end_matches('.').to_lowercase().as_bytes())
}

/// The number of a weekday's name from 1, Monday, in any of these languages and in any case, with or without a point.
pub fn weekday_named(name: &str) -> Option<u32> {
    let name = name.trim_end_matches('.').to_lowercase();
    let found = WEEKDAYS.iter().position(|names| names.contains(&name.as_str()));
    found.map(|index| index as u32 + 1)
}

/// Whether a text begins with a digit, or with the first two letters of a month: most do not.
fn may_begin(text: &[u8]) -> bool {
    let [first, second, ..] = text else { return false };
    match [first.to_ascii_lowercase(), second.to_ascii_lowercase()] {
        [b'0'..=b'9', _] | [b'f' | b'm' | b'd', 0xC3] => true,
        pair => matches!(
            &pair,
            b"ja"
                | b"en"
                | b"ge"
                | b"fe"
                | b"ma"
                | b"mr"
                | b"me"
                | b"ap"
                | b"av"
                | b"ab"
                | b"ju"
                | b"gi"
                | b"lu"
                | b"au"
                | b"ao"
                | b"ag"
                | b"se"
                | b"oc"
                | b"ok"
                | b"ot"
                | b"ou"
                | b"no"
                | b"de"
                | b"di"
        ),
    }
}

/// The number of a month's name.
fn month(name: &[u8]) -> Option<u32> {
    if !(3..=11).contains(&name.len()) {
        return None;
    }
    if !name.is_ascii() {
        let lower = std::str::from_utf8(name).ok()?.to_lowercase();
        let is = |known: &&str| *known == lower;
        let found = MONTHS.iter().position(|names| names.iter().any(is));
        return found.map(|index| index as u32 + 1);
    }
    let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    let found = MONTHS.iter().position(|names| names.iter().any(is));
    found.map(|index| index as u32 + 1)
}
