//! Numbers that count through: the steps of a life (months since a start, weeks of a cohort, periods), and which one of many that
//! follow on each other (rounds, terms, episodes, stages).

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
/// The largest numbers of steps that are one among others, not measurements: some years of days, weeks and months.
const MOST: &[(&str, i64)] = &[("day", 400), ("week", 260)];
/// That of steps of other lengths.
const MOST_OTHERS: i64 = 120;

/// Last words for one of many that follow on each other, whose numbers tell which one and never how many.
const ONE_OF_MANY: &[&str] = &[
    "matchday",
    "gameweek",
    "round",
    "lap",
    "inning",
    "term",
    "semester",
    "trimester",
    "season",
    "saison",
    "episode",
    "issue",
    "edition",
    "chapter",
    "lesson",
    "sprint",
    "iteration",
    "wave",
    "spieltag",
    "runde",
    "halbjahr",
    "staffel",
    "folge",
    "kapitel",
    "lektion",
    "journée",
    "épisode",
    "chapitre",
    "jornada",
    "ronda",
    "episodio",
    "capítulo",
    "temporada",
    "giornata",
    "capitolo",
    "stagione",
    "speelronde",
    "aflevering",
];
/// Words before them that make them something else (`short term` debt, goals `per round`).
const OTHERWISE: &[&str] = &[
    "per", "long", "short", "mid", "medium", "near", "total", "avg", "average",
];
/// The largest such number.
const MOST_OF_MANY: i64 = 999;
/// Last words for one stage of a process.
pub(super) const STAGES: &[&str] = &[
    "stage",
    "step",
    "phase",
    "funnel",
    "milestone",
    "schritt",
    "etappe",
    "étape",
    "etapa",
    "fase",
];
/// The largest number of a stage.
const MOST_STAGES: i64 = 50;

/// Whether a column numbers the stages of a process.
pub fn numbers_stages(label: &str, evidence: &Evidence) -> bool {
    stage_number(&Name::of(label), evidence).is_some()
}

/// Whether a label is that of numbers which follow on each other: of steps of a life, of stages, of one of many.
pub fn names_ordinals(label: &str) -> bool {
    let name = Name::of(label);
    words(&name).is_some() || which_of_many(&name).is_some() || STAGES.contains(&name.last())
}

/// The last word for a stage, where small whole numbers tell which one.
pub(super) fn stage_number<'n>(name: &'n Name, evidence: &Evidence) -> Option<&'n str> {
    Some(name.last()).filter(|last| STAGES.contains(last) && are_whole(evidence, MOST_STAGES))
}

/// The last word for one of many that follow on each other, where small whole numbers tell which one.
pub(super) fn one_of_many<'n>(name: &'n Name, evidence: &Evidence) -> Option<&'n str> {
    which_of_many(name).filter(|_| are_whole(evidence, MOST_OF_MANY))
}

/// The last word for one of many that follow on each other.
pub(super) fn which_of_many(name: &Name) -> Option<&str> {
    let is_otherwise = name.words().len() > 2 || name.word_of(OTHERWISE).is_some();
    Some(name.last()).filter(|last| ONE_OF_MANY.contains(last) && !is_otherwise)
}

/// Whether the values are whole numbers from 0 to `most`.
fn are_whole(evidence: &Evidence, most: i64) -> bool {
    let is_small = |(least, greatest): (i64, i64)| least >= 0 && greatest <= most;
    evidence.all_integers() && evidence.integers.is_some_and(is_small)
}

/// Whether a column counts the steps of a life.
pub fn counts_steps(label: &str, evidence: &Evidence) -> bool {
    ordinal(&Name::of(label), evidence).is_some()
}

/// The words by which a column counts the steps of a life; its small whole numbers are one category each.
pub(super) fn ordinal(name: &Name, evidence: &Evidence) -> Option<String> {
    let is_step = |word: &String, step: &str| word == step || word.strip_suffix('s') == Some(step);
    let length = |(step, _): &&(&str, i64)| name.words().iter().any(|word| is_step(word, step));
    let most = MOST.iter().find(length).map_or(MOST_OTHERS, |(_, most)| *most);
    words(name).filter(|_| are_whole(evidence, most))
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
                "cohort,day_n,retained\n2024-01-01,0,50\n2024-01-01,365,40\n",
                "Tds",
            ),
            (
                "cohort,months_since_start,active_users\n2024-01-01,0,50\n2024-01-01,18,40\n",
                "Tdm",
            ),
        ] {
            assert_eq!(roles(csv), expected, "{csv}");
        }
    }

    /// The letters of a table of days, these columns and goals, over twelve rows of two a day with these cells.
    fn letters(header: &str, cells: impl Fn(usize) -> String) -> String {
        let row = |n: usize| format!("2024-01-{:02},{},{n}\n", n / 2 + 1, cells(n));
        let rows: String = (0..12).map(row).collect();
        roles(&format!("day,{header},goals\n{rows}"))
    }

    #[test]
    fn numbers_of_one_of_many_tell_which_one() {
        for label in [
            "matchday",
            "Term",
            "round",
            "sprint",
            "season",
            "Spieltag",
            "tv_season",
            "podcast episode",
        ] {
            assert_eq!(letters(label, |n| (n / 4 + 1).to_string()), "Tds", "{label}");
        }
        // Each row has its own beside its date.
        for label in ["issue", "episode"] {
            assert_eq!(letters(label, |n| (201 + n).to_string()), "Tis", "{label}");
        }
        let undated = "episode,downloads\n1,500\n2,480\n3,470\n";
        assert_eq!(roles(undated), "ds");
        for label in ["rounds", "issues", "short_term", "laps", "terms", "seasonal"] {
            assert!(
                letters(label, |n| (n / 4 + 1).to_string()).starts_with("Ts"),
                "{label}"
            );
        }
        assert_eq!(
            letters("round", |n| (5_000 * n).to_string()),
            "Tss",
            "rounds of money"
        );
    }

    #[test]
    fn numbers_of_stages_tell_which_one() {
        let steps = |n: usize| format!("{},{}", n % 3 + 1, ["Visit", "Cart", "Order"][n % 3]);
        assert_eq!(letters("step,stage", steps), "Tdds");
        assert_eq!(letters("phase", |n| (n % 3 + 1).to_string()), "Tds");
        assert_eq!(letters("steps", |n| (n % 3 + 1).to_string()), "Tss");
        assert_eq!(letters("step", |n| (900 * n).to_string()), "Tss", "walked");
    }
}
