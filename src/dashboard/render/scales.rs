//! The order of words that people rank by: answers, priorities, sizes, grades, classes of age, and what is numbered.

/// Values with an order of their own, from the least to the most; words of one place are alternatives.
#[rustfmt::skip]
const SCALES: &[&[&[&str]]] = &[
    &[
        &["strongly disagree", "completely disagree", "fully disagree", "stimme gar nicht zu", "stimme überhaupt nicht zu",
          "trifft gar nicht zu", "pas du tout d'accord", "totalmente en desacuerdo"],
        &["disagree", "stimme nicht zu", "trifft nicht zu", "pas d'accord", "en desacuerdo"],
        &["somewhat disagree", "slightly disagree", "rather disagree", "stimme eher nicht zu", "trifft eher nicht zu"],
        &["neutral", "neither agree nor disagree", "neither", "undecided", "teils/teils", "teils teils", "unentschieden", "ni d'accord ni pas d'accord"],
        &["somewhat agree", "slightly agree", "rather agree", "stimme eher zu", "trifft eher zu"],
        &["agree", "stimme zu", "trifft zu", "d'accord", "de acuerdo"],
        &["strongly agree", "completely agree", "fully agree", "stimme voll zu", "stimme voll und ganz zu", "stimme völlig zu",
          "trifft voll zu", "tout à fait d'accord", "totalmente de acuerdo"],
    ],
    &[
        &["very dissatisfied", "very unsatisfied", "sehr unzufrieden"],
        &["dissatisfied", "unsatisfied", "unzufrieden"],
        &["neutral", "neither", "teils/teils"],
        &["satisfied", "zufrieden"],
        &["very satisfied", "sehr zufrieden"],
    ],
    &[
        &["very poor", "terrible", "very bad", "sehr schlecht"],
        &["poor", "bad", "schlecht"],
        &["fair", "average", "ok", "okay", "mittel", "neutral"],
        &["good", "gut"],
        &["very good", "sehr gut"],
        &["excellent", "outstanding", "ausgezeichnet"],
    ],
    &[
        &["very unlikely"], &["unlikely"], &["neutral", "possible"], &["likely"], &["very likely"], &["almost certain"],
    ],
    &[
        &["never", "nie", "jamais", "nunca"], &["rarely", "seldom", "selten", "rarement"],
        &["sometimes", "occasionally", "manchmal", "parfois", "a veces"], &["often", "frequently", "oft", "häufig", "souvent"],
        &["very often", "usually", "sehr oft", "meistens"], &["always", "immer", "toujours", "siempre"],
    ],
    &[
        &["none", "kein", "keine"], &["informational", "info", "trivial", "lowest", "very low", "sehr niedrig"],
        &["low", "minor", "niedrig", "gering", "bas", "basse", "baja", "bajo"],
        &["medium", "normal", "moderate", "mittel", "moyen", "moyenne", "media", "medio"],
        &["high", "major", "hoch", "haut", "haute", "élevé", "alta", "alto"],
        &["highest", "very high", "severe", "sehr hoch"],
        &["critical", "urgent", "kritisch", "dringend", "critique", "crítica", "crítico", "urgente"], &["blocker", "emergency"],
    ],
    &[
        &["xxxs", "3xs"], &["xxs", "2xs"], &["xs", "extra small"], &["s", "small", "klein"], &["m", "medium", "mittel"],
        &["l", "large", "groß", "gross"], &["xl", "extra large"], &["xxl", "2xl"], &["xxxl", "3xl"], &["xxxxl", "4xl"], &["5xl"],
    ],
    &[
        &["intern", "trainee"], &["junior", "entry"], &["mid", "intermediate", "professional"], &["senior"], &["lead", "staff"],
        &["principal"],
    ],
];
/// Answers that stand outside of a scale.
const OUTSIDE: &[&str] = &[
    "unknown",
    "n/a",
    "na",
    "not applicable",
    "don't know",
    "no answer",
    "no opinion",
    "keine angabe",
    "weiß nicht",
    "unbekannt",
];
/// Words before numbers that follow on each other.
#[rustfmt::skip]
const NUMBERED: &[&str] = &[
    "sprint", "phase", "step", "stage", "level", "round", "iteration", "release", "version", "wave", "semester", "term", "grade", "class",
    "year", "week", "day", "schritt", "stufe", "runde", "klasse", "etappe", "jahr", "woche", "tag", "étape", "niveau", "etapa", "nivel", "p", "v",
    "sev", "severity", "tier", "priority", "prio",
];

/// The place of each value on the scale that all of them are of; none where they are of none.
pub fn places(values: &[&str]) -> Option<Vec<i64>> {
    let lower: Vec<String> = values.iter().map(|value| value.trim().to_lowercase()).collect();
    let on = |place: &dyn Fn(&str) -> Option<i64>| -> Option<Vec<i64>> {
        let known = lower.iter().filter(|value| place(value).is_some()).count();
        let all = lower.iter().map(|value| {
            let is_outside = OUTSIDE.contains(&value.as_str());
            place(value).or(is_outside.then_some(i64::MAX))
        });
        all.collect::<Option<Vec<i64>>>().filter(|_| known > 1)
    };
    let scales = SCALES.iter().map(|scale| {
        on(&|value: &str| {
            scale
                .iter()
                .position(|alike| alike.contains(&value))
                .map(|place| place as i64)
        })
    });
    scales
        .flatten()
        .next()
        .or_else(|| on(&numbered).filter(|_| have_one_word(&lower)))
        .or_else(|| on(&class).filter(|_| lower.iter().any(|value| value.contains(['-', '–']))))
}

/// The number behind a word of those that are numbered (`Sprint 42`).
fn numbered(value: &str) -> Option<i64> {
    let (word, number) = worded(value)?;
    NUMBERED.contains(&word).then(|| number.parse().ok()).flatten()
}

fn have_one_word(values: &[String]) -> bool {
    let mut words = values.iter().filter_map(|value| Some(worded(value)?.0));
    let first = words.next();
    words.all(|word| Some(word) == first)
}

fn worded(value: &str) -> Option<(&str, &str)> {
    let end = value.find(|letter: char| !letter.is_alphabetic())?;
    Some((
        &value[..end],
        value[end..].trim_matches([' ', '-', '_', '.', '#']),
    ))
}

/// The least number of a class (`18-24`, `65+`, `under 18`, `<18`).
fn class(value: &str) -> Option<i64> {
    let number = |text: &str| text.trim().parse::<i64>().ok().filter(|number| *number >= 0);
    if let Some(below) = ["<", "under ", "unter ", "bis ", "up to "]
        .iter()
        .find_map(|word| value.strip_prefix(word))
    {
        return number(below).map(|number| number - 1);
    }
    if let Some(above) = value.strip_suffix('+').or_else(|| value.strip_prefix('>')) {
        return number(above);
    }
    let (least, most) = value.split_once(['-', '–'])?;
    number(least).filter(|least| number(most).is_some_and(|most| most > *least))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values in their order.
    fn ordered<'v>(values: &[&'v str]) -> Option<Vec<&'v str>> {
        let mut placed: Vec<(i64, &str)> = places(values)?.into_iter().zip(values.iter().copied()).collect();
        placed.sort();
        Some(placed.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn what_is_ranked_has_an_order() {
        for sorted in [
            &[
                "Strongly disagree",
                "Disagree",
                "Neutral",
                "Agree",
                "Strongly agree",
            ][..],
            &[
                "stimme nicht zu",
                "stimme eher zu",
                "stimme voll zu",
                "keine Angabe",
            ],
            &["Low", "Medium", "High", "Critical"],
            &["niedrig", "normal", "hoch"],
            &["XS", "S", "M", "L", "XL", "XXL"],
            &["Small", "Medium", "Large"],
            &["never", "sometimes", "always"],
            &["Sprint 9", "Sprint 10", "Sprint 42"],
            &["P1", "P2", "P3"],
            &["<18", "18-24", "25-34", "65+", "unknown"],
            &["0–5", "6–10", "100–200"],
        ] {
            let mut turned: Vec<&str> = sorted.to_vec();
            turned.reverse();
            assert_eq!(ordered(&turned).as_deref(), Some(sorted));
        }
    }

    #[test]
    fn other_values_have_none() {
        for values in [
            &["North", "South"][..],
            &["Store 1", "Store 12"],
            &["Agree", "Blue"],
            &["Low", "unknown"],
            &["S", "H"],
            &["Sprint 9", "Phase 2"],
            &["A-1", "B-2"],
            &["65+", "18+"],
        ] {
            assert!(places(values).is_none(), "{values:?}");
        }
    }
}
