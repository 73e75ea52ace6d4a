//! What of a column's values could be read otherwise, and how it was read.

use crate::event::ColumnRole;
use crate::rows::evidence::{Count, Evidence, Values};

/// A sentence for each thing that a column's values leave open.
pub(super) fn guesses(evidence: &Evidence) -> Vec<String> {
    let numbers = (evidence.values() == Values::Numbers).then(|| separators(evidence));
    let dates = (evidence.values() == Values::Times).then(|| order(evidence));
    let found = [
        numbers.flatten(),
        dates.flatten(),
        scaled(evidence),
        missing(evidence),
    ];
    found.into_iter().flatten().collect()
}

/// Numbers written short, and how they were read.
fn scaled(evidence: &Evidence) -> Option<String> {
    match evidence.values() {
        _ if !evidence.has_scaled() => None,
        Values::Numbers => {
            Some("Some of its numbers are written short (1.2K is 1,200, 3.4M is 3,400,000).".to_owned())
        }
        Values::Texts => Some(
            "Some of its values are like 5K or 10M, which may be names: none has a fraction or a currency, or there are \
             others beside them."
                .to_owned(),
        ),
        _ => None,
    }
}

/// Cells of a column of numbers or dates that say in words that there is none.
fn missing(evidence: &Evidence) -> Option<String> {
    let is_meant = matches!(evidence.values(), Values::Numbers | Values::Times);
    let cells = [Count::NotAvailable, Count::NotANumber].map(|count| evidence.count(count));
    let words = cells.iter().sum::<u64>();
    (is_meant && words > 0).then(|| match words {
        1 => format!(
            "One of {} cells says that there is no value (like NA).",
            evidence.cells()
        ),
        _ => format!(
            "{words} of {} cells say that there is no value (like NA).",
            evidence.cells()
        ),
    })
}

/// Values that cannot be read as what the others are, of the time or of numbers, with what becomes of them.
pub fn strays(evidence: &Evidence, role: ColumnRole) -> Option<String> {
    let all = evidence.present();
    let is_measured = matches!(role, ColumnRole::Measure | ColumnRole::Ratio);
    let (strays, kind, remedies) = match evidence.values() {
        _ if role == ColumnRole::Time => (
            evidence.strays(),
            "date",
            [
                "its row is left out of every number and counted",
                "their rows are left out of every number and counted",
            ],
        ),
        Values::Numbers if is_measured => (
            evidence.strays(),
            "number",
            ["it counts as missing", "they count as missing"],
        ),
        Values::Texts if role == ColumnRole::Dimension => (
            evidence.spoilers(),
            "number",
            [
                "leave its cell empty to have the others counted",
                "leave their cells empty to have the others counted",
            ],
        ),
        _ => return None,
    };
    let examples = match evidence.strays.examples() {
        examples if examples.is_empty() => String::new(),
        examples => format!(" ({examples})"),
    };
    let [one, several] = remedies;
    match strays {
        0 => None,
        1 => Some(format!("One of its {all} values is no {kind}{examples}: {one}.")),
        strays => Some(format!(
            "{strays} of its {all} values are no {kind}s{examples}: {several}."
        )),
    }
}

fn separators(evidence: &Evidence) -> Option<String> {
    let [points, commas, thousands] =
        [Count::OpenPoints, Count::OpenCommas, Count::OpenThousands].map(|count| evidence.count(count));
    let example = match (points, commas) {
        (0, 0) => return None,
        (_, 0) => "1.234",
        (0, _) => "1,234",
        _ => "1.234 and 1,234",
    };
    let open = points + commas;
    let how = match thousands {
        0 => "with decimals".to_owned(),
        all if all == open => "as thousands".to_owned(),
        some => format!("as thousands in {some} of {open} cells and with decimals in the others"),
    };
    Some(format!(
        "Nothing settles how its numbers like {example} are meant: they were read {how}."
    ))
}

fn order(evidence: &Evidence) -> Option<String> {
    let [open, day_first] = [Count::OpenDates, Count::OpenDaysFirst].map(|count| evidence.count(count));
    let how = match day_first {
        _ if open == 0 => return None,
        0 => "the month first".to_owned(),
        all if all == open => "the day first".to_owned(),
        some => format!("the day first in {some} of {open} cells and the month first in the others"),
    };
    Some(format!(
        "No date settles whether day or month comes first: read with {how}, as fits its window or else spans the shorter \
         time."
    ))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{decided, evidence, roles};

    /// A table of so many numbers, and these values below.
    fn numbers(label: &str, count: usize, below: &[&str]) -> String {
        let row = |index: usize| {
            format!(
                "2024-{:02}-{:02},{}\n",
                1 + index / 28,
                1 + index % 28,
                40 + 7 * index % 45
            )
        };
        let rows: String = (0..count).map(row).collect();
        let below: String = below
            .iter()
            .map(|value| format!("2024-12-01,{value}\n"))
            .collect();
        format!("date,{label}\n{rows}{below}")
    }

    #[test]
    fn words_in_place_of_numbers_do_not_take_the_numbers_away() {
        let reason = |csv: &str| decided(&evidence(csv))[1].reason.clone();
        let csv = numbers("sales", 9, &["err"]);
        assert_eq!(roles(&csv), "Ts");
        let told = "One of its 10 values is no number (\"err\"): it counts as missing.";
        assert!(reason(&csv).ends_with(told), "{}", reason(&csv));
        let csv = numbers("Besucher", 60, &["zu", "zu", "<5", "siehe unten", "zu"]);
        assert_eq!(roles(&csv), "Ts");
        let told = "5 of its 65 values are no numbers (\"<5\", \"siehe unten\"): they count as missing.";
        assert!(reason(&csv).ends_with(told), "{}", reason(&csv));
        let csv = numbers(
            "visitors",
            60,
            &["~900", "912*", "ca. 1200", "unknown", "k.A.", "ND"],
        );
        assert_eq!(roles(&csv), "Ts");
        assert!(!reason(&csv).contains("no number"), "{}", reason(&csv));
        // Many different words are told from what numbers are called by where they are fewer still.
        let many = ["err", "closed", "nd?", "offen", "zu", "later"];
        assert_eq!(roles(&numbers("sales", 100, &many)), "Td");
        assert_eq!(roles(&numbers("sales", 300, &many)), "Ts");
    }

    #[test]
    fn codes_and_categories_stay_what_they_are() {
        for below in [
            &["B", "B"][..],
            &["12a"],
            &["1.2.3"],
            &["007"],
            &["yes"],
            &["12a", "B7", "err"],
        ] {
            assert_eq!(roles(&numbers("line", 40, below)), "Td", "{below:?}");
        }
        assert_eq!(roles(&numbers("sales", 8, &["err"])), "Td");
        assert_eq!(
            roles("date,hotel\n2024-01-01,4*\n2024-01-02,5*\n2024-01-03,3*\n"),
            "Td"
        );
        let reason = decided(&evidence(&numbers("line", 40, &["12a", "B7"])))[1]
            .reason
            .clone();
        let told = "2 of its 42 values are no numbers (\"12a\", \"B7\"): leave their cells empty to have the others counted.";
        assert!(reason.ends_with(told), "{reason}");
        let names = "date,team\n2024-01-01,1\n2024-01-02,red\n2024-01-03,blue\n";
        assert!(!decided(&evidence(names))[1].reason.contains("no number"));
    }
}
