//! Numbers that count through the steps of a life: months since a start, weeks of a cohort, periods.

use super::names::Name;
use crate::rows::evidence::Evidence;

/// Steps, one of them.
const STEPS: &[&str] = &[
    "day", "week", "month", "quarter", "year", "period", "monat", "woche", "periode",
];
/// Steps, several.
const SEVERAL: &[&str] = &[
    "days", "weeks", "months", "quarters", "years", "periods", "monate", "wochen",
];
/// Words behind `since` of what comes again, so that the number says how recent it is.
const AGAIN: &[&str] = &["last", "latest", "previous", "prev", "prior", "recent", "most"];
/// Words of the number of a step.
const NUMBERS: &[&str] = &["n", "index", "idx", "offset", "number", "no", "num", "nr"];
/// Words before a step that is counted from a start of each one's own.
const OWN: &[&str] = &[
    "relative",
    "lifetime",
    "age",
    "tenure",
    "elapsed",
    "cohort",
    "retention",
    "subscription",
];
/// The largest number of a step that is one among others, not a measurement.
const MOST: i64 = 120;

/// Whether a column counts the steps of a life.
pub fn counts_steps(label: &str, evidence: &Evidence) -> bool {
    ordinal(&Name::of(label), evidence).is_some()
}

/// The words by which a column counts the steps of a life; its small whole numbers are one category each.
pub(super) fn ordinal(name: &Name, evidence: &Evidence) -> Option<String> {
    let is_small = |(least, most): (i64, i64)| least >= 0 && most <= MOST;
    let is_counted = evidence.all_integers() && evidence.integers.is_some_and(is_small);
    words(name).filter(|_| is_counted)
}

fn words(name: &Name) -> Option<String> {
    let words: Vec<&str> = name.words().iter().map(String::as_str).collect();
    let since = words
        .windows(2)
        .position(|pair| pair[1] == "since" && is_step(pair[0]));
    match words[..] {
        _ if since.is_some_and(|at| !words[at..].iter().any(|word| AGAIN.contains(word))) => {
            Some("since".to_owned())
        }
        ["period" | "periode"] | [.., "cohort", "age" | "period"] => {
            words.last().map(|last| (*last).to_owned())
        }
        [.., step, number] if STEPS.contains(&step) && NUMBERS.contains(&number) => {
            Some(format!("{step} {number}"))
        }
        [.., own, step] if OWN.contains(&own) && STEPS.contains(&step) => Some(format!("{own} {step}")),
        _ => None,
    }
}

fn is_step(word: &str) -> bool {
    STEPS.contains(&word) || SEVERAL.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::super::tests::roles;

    #[test]
    fn steps_of_a_life_are_categories_and_how_recent_something_is_averages() {
        for (csv, expected) in [
            (
                "cohort,months_since_signup,users\n2024-01-01,0,50\n2024-01-01,18,40\n",
                "Tds",
            ),
            (
                "cohort,age_month,orders\n2024-01-01,0,50\n2024-01-01,24,40\n",
                "Tds",
            ),
            (
                "cohort,week_n,retained\n2024-01-01,0,50\n2024-01-01,60,40\n",
                "Tds",
            ),
            ("plan,period,revenue\na,1,50\nb,2,40\n", "dds"),
            ("plan,Period Number,revenue\na,1,50\nb,70,40\n", "dds"),
            (
                "day,customer,days_since_last_order\n2024-01-01,a,3\n2024-01-02,b,17\n",
                "Tdm",
            ),
            ("day,child,age_months\n2024-01-01,a,3\n2024-01-02,b,17\n", "Tdm"),
            (
                "day,plan,days_since_launch\n2024-01-01,a,3\n2024-01-02,b,1700\n",
                "Tdm",
            ),
            (
                "cohort,months_since_start,active_users\n2024-01-01,0,50\n2024-01-01,18,40\n",
                "Tdm",
            ),
        ] {
            assert_eq!(roles(csv), expected, "{csv}");
        }
    }
}
