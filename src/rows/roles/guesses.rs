//! What of a column's values could be read otherwise, and how it was read.

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

/// Cells of the time that are no dates.
pub(super) fn undated(evidence: &Evidence) -> Option<String> {
    let all = evidence.present();
    match evidence.undated() {
        0 => None,
        1 => Some(format!(
            "One of its {all} values cannot be read as a date: its row is left out of every number and counted."
        )),
        several => Some(format!(
            "{several} of its {all} values cannot be read as dates: their rows are left out of every number and counted."
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
