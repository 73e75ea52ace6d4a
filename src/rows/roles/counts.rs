//! Names of what happens now and then, so that a column of nothing but 0 and 1 counts it and is no yes or no.

use super::names::Name;

/// Plurals of what happens seldom enough that a row may have none or one.
const EVENTS: &[&str] = &[
    "deaths",
    "births",
    "fatalities",
    "casualties",
    "injuries",
    "accidents",
    "incidents",
    "crashes",
    "errors",
    "failures",
    "faults",
    "outages",
    "breakdowns",
    "stoppages",
    "defects",
    "bugs",
    "exceptions",
    "timeouts",
    "restarts",
    "retries",
    "alarms",
    "alerts",
    "warnings",
    "breaches",
    "violations",
    "complaints",
    "returns",
    "refunds",
    "claims",
    "chargebacks",
    "disputes",
    "orders",
    "purchases",
    "sales",
    "leads",
    "hires",
    "exits",
    "leavers",
    "joiners",
    "absences",
    "shows",
    "goals",
    "assists",
    "cards",
    "penalties",
    "fouls",
    "wins",
    "losses",
    "draws",
    "strikes",
    "misses",
    "sightings",
    "cases",
    "tickets",
    "calls",
    "visits",
    "clicks",
    "signups",
    "todesfälle",
    "unfälle",
    "fehler",
    "störungen",
    "ausfälle",
    "reklamationen",
    "stornos",
    "retouren",
    "tore",
    "gegentore",
    "décès",
    "erreurs",
    "pannes",
    "muertes",
    "errores",
    "fallos",
    "morti",
    "errori",
    "guasti",
];

/// How plurals of what happens end.
const ENDINGS: &[&str] = &["tions", "sions", "ments"];

/// Words of how many there were.
const COUNTS: &[&str] = &[
    "count", "counts", "cnt", "number", "num", "n", "anzahl", "nombre", "cantidad", "aantal",
];

/// Words that make a yes or no of what follows.
const ASKED: &[&str] = &[
    "is", "has", "had", "was", "were", "any", "flag", "can", "does", "did", "accepts", "allows", "with", "no",
];

/// The word by which a name counts what happens, so that 0 and 1 are how often it did.
pub(super) fn counts_events(name: &Name) -> Option<&str> {
    if name.word_of(ASKED).is_some() {
        return None;
    }
    let happens = |word: &&str| EVENTS.contains(word) || ENDINGS.iter().any(|end| word.ends_with(end));
    let words = name.words().iter().map(String::as_str);
    name.word_of(COUNTS)
        .filter(|_| name.words().len() > 1)
        .or_else(|| words.rev().find(happens))
}

#[cfg(test)]
mod tests {
    use super::super::tests::roles;

    /// The letters of these columns beside days and places, where they hold nothing but 0 and 1.
    fn letters(labels: &[&str]) -> String {
        let row = |n: usize| {
            format!(
                "2024-01-0{},p{},{}\n",
                n + 1,
                n % 2,
                vec![["0", "0", "1"][n % 3]; labels.len()].join(",")
            )
        };
        let rows: String = (0..6).map(row).collect();
        roles(&format!("day,place,{}\n{rows}", labels.join(","))).split_off(2)
    }

    #[test]
    fn what_happens_now_and_then_is_counted() {
        let counts = [
            "deaths",
            "errors",
            "goals_conceded",
            "Near misses",
            "readmissions",
            "cancellations",
            "Unfälle",
            "error_count",
            "Anzahl Störungen",
            "n_incidents",
        ];
        assert_eq!(letters(&counts), "s".repeat(counts.len()));
    }

    #[test]
    fn yes_and_no_stay_what_they_are() {
        let flags = [
            "is_holiday",
            "has_complaints",
            "churned",
            "converted",
            "smokes",
            "diabetes",
            "q1_drinks",
            "weekend",
            "error",
            "conversion",
            "notifications_flag",
            "n",
            "x",
        ];
        assert_eq!(letters(&flags), "d".repeat(flags.len()));
    }
}
