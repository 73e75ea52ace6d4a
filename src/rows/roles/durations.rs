//! Names of how long one case took, which averages: what is added up of it is no time that anybody spent.

use super::money::is_amount;
use super::names::Name;

/// Abbreviations of means in service and operations: of handling, answering, waiting, repairing, between failures, to the first
/// byte, of a stay.
const ABBREVIATIONS: &[&str] = &[
    "aht", "asa", "awt", "acht", "frt", "mttr", "mttd", "mtta", "mttf", "mtbf", "ttfb", "rtt", "alos",
];

/// What takes each case a time of its own, whatever rows are.
const PROCESSES: &[&str] = &[
    "response",
    "resolution",
    "handle",
    "handling",
    "turnaround",
    "reaction",
    "processing",
    "fulfillment",
    "fulfilment",
    "latency",
    "lead",
    "cycle",
    "transit",
    "antwortzeit",
    "reaktionszeit",
    "bearbeitungszeit",
    "durchlaufzeit",
    "lieferzeit",
    "wartezeit",
];

/// What takes each case a time of its own where each row is a case; elsewhere rows add it up.
const OF_CASES: &[&str] = &[
    "delay",
    "delayed",
    "late",
    "lateness",
    "tardiness",
    "wait",
    "waiting",
    "hold",
    "queue",
    "duration",
    "elapsed",
    "travel",
    "trip",
    "ride",
    "session",
    "call",
    "visit",
    "delivery",
    "length",
    "runtime",
    "verspätung",
    "verzögerung",
    "dauer",
    "laufzeit",
    "retard",
    "durée",
    "attente",
    "retraso",
    "duración",
    "espera",
    "ritardo",
    "durata",
    "attesa",
    "vertraging",
    "duur",
];

/// Those that need no unit beside them.
const UNITLESS: &[&str] = &[
    "delay",
    "lateness",
    "tardiness",
    "duration",
    "runtime",
    "verspätung",
    "verzögerung",
    "dauer",
    "retard",
    "durée",
    "retraso",
    "duración",
    "ritardo",
    "durata",
    "vertraging",
    "duur",
];

/// Units of time.
const UNITS: &[&str] = &[
    "ms", "s", "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "h", "hr", "hrs",
    "hour", "hours", "day", "days", "millis", "sek", "sekunden", "minuten", "std", "stunden", "tage",
    "secondes", "heures", "jours", "segundos", "minutos", "horas", "días", "secondi", "minuti", "ore",
    "giorni",
];

/// Words of time that somebody spent, or that is paid or lost, which adds up.
const SPENT: &[&str] = &[
    "worked", "work", "labor", "labour", "billed", "billable", "paid", "watched", "watch", "played",
    "logged", "spent", "saved", "lost", "overtime", "downtime", "uptime", "talk", "training", "total",
];

/// The word by which a name says how long one case took. Where `are_cases`, each row is one.
pub(super) fn of_one_case(name: &Name, are_cases: bool) -> Option<&str> {
    let is_spent = name.word_of(SPENT).is_some() || name.words().iter().any(|word| is_amount(word));
    if is_spent || name.words().iter().any(|word| word == "per") {
        return None;
    }
    let is_in_time = UNITS.contains(&name.last());
    let (process, case) = (name.word_of(PROCESSES), name.word_of(OF_CASES));
    let stay = || {
        name.word_of(&["stay"])
            .filter(|_| name.word_of(&["length", "days"]).is_some())
    };
    name.word_of(ABBREVIATIONS)
        .or(process.filter(|_| is_in_time))
        .or(case.filter(|_| are_cases && is_in_time))
        .or(Some(name.last()).filter(|last| are_cases && UNITLESS.contains(last)))
        .or_else(stay)
}

#[cfg(test)]
mod tests {
    use super::super::tests::roles;

    /// The letters of these columns beside days and queues, each row with an id where rows are cases.
    fn letters(labels: &[&str], are_cases: bool) -> String {
        let row = |n: usize| {
            let id = if are_cases {
                format!("T-{n},")
            } else {
                String::new()
            };
            format!(
                "{id}2024-01-0{},q{},{}\n",
                n + 1,
                n % 2,
                vec![["7.5", "12", "90"][n % 3]; labels.len()].join(",")
            )
        };
        let rows: String = (0..6).map(row).collect();
        let id = if are_cases { "ticket_id," } else { "" };
        let found = roles(&format!("{id}day,queue,{}\n{rows}", labels.join(",")));
        found.split_at(if are_cases { 3 } else { 2 }).1.to_owned()
    }

    #[test]
    fn how_long_one_case_took_is_averaged() {
        let always = [
            "first_response_minutes",
            "resolution_hours",
            "aht_sec",
            "ASA (s)",
            "lead_days",
            "Bearbeitungszeit Minuten",
            "mttr_hours",
            "length_of_stay",
        ];
        assert_eq!(letters(&always, false), "m".repeat(always.len()));
        let of_cases = [
            "delay_minutes",
            "duration_min",
            "wait_seconds",
            "Dauer",
            "call_duration",
            "arrival_delay",
        ];
        assert_eq!(letters(&of_cases, true), "m".repeat(of_cases.len()));
        assert_eq!(
            letters(&of_cases, false),
            "s".repeat(of_cases.len()),
            "a row may be of many"
        );
    }

    #[test]
    fn what_runs_under_a_number_and_what_is_one_of_many_are_cases() {
        for (csv, expected) in [
            (
                "day,train_number,delay_minutes\n2024-01-01,7,5\n2024-01-02,7,9\n",
                "Tim",
            ),
            (
                "day,episode,duration_min\n2024-01-01,1,50\n2024-01-02,2,49\n",
                "Tim",
            ),
            (
                "day,line,delay_minutes\n2024-01-01,S1,500\n2024-01-02,S1,490\n",
                "Tds",
            ),
            (
                "day,store_id,delay_minutes\n2024-01-01,7,5\n2024-01-02,7,9\n",
                "Tis",
            ),
        ] {
            assert_eq!(roles(csv), expected, "{csv}");
        }
    }

    #[test]
    fn time_that_somebody_spent_adds_up() {
        let spent = [
            "minutes_watched",
            "hours_worked",
            "downtime_minutes",
            "total_minutes",
            "total_wait_minutes",
            "talk_minutes",
            "overtime_hours",
            "billable_hours",
            "call_cost",
            "sick_days",
            "responses",
            "delays",
            "leads",
            "wait_list",
        ];
        for are_cases in [false, true] {
            assert_eq!(letters(&spent, are_cases), "s".repeat(spent.len()));
        }
    }
}
