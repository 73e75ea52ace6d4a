//! Columns of one family, which are taken alike: the numbered columns of one name, and the questions of a survey.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Agg, ColumnFacts, Decision, told};
use super::names::{Name, zero_or_one};
use crate::event::ColumnRole;
use crate::rows::Values;

/// Beginnings of names of numbered questions.
const QUESTIONS: &[&str] = &["q", "question", "frage", "pregunta", "statement"];
/// Numbers of a year's quarters.
const QUARTERS: usize = 4;
/// The largest answer on a scale.
const MOST_OF_A_SCALE: i64 = 10;

/// What the members of a family have in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    /// The same name but for a number or a letter at its end: `sensor_1`, `score_b`.
    Numbered(Vec<String>),
    /// Numbered questions, whatever they ask: `q1_satisfaction`.
    Questions(String),
}

/// Takes the members of each family like those of them whose names or values tell what they are.
pub(super) fn align(columns: &[ColumnFacts<'_>], names: &[Name], decisions: &mut [Decision]) {
    let mut families: BTreeMap<Family, Vec<usize>> = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        let is_number =
            columns[index].evidence.values() == Values::Numbers && told(&columns[index]).is_none();
        if let Some(family) = family(name).filter(|_| is_number) {
            families.entry(family).or_default().push(index);
        }
    }
    for (family, members) in families.iter().filter(|(_, members)| members.len() > 1) {
        match family {
            Family::Numbered(stem) => {
                let are_questions = matches!(&stem[..], [only] if QUESTIONS.contains(&only.as_str()));
                like_the_measured(columns, members, decisions);
                if are_questions && members.len() > QUARTERS {
                    average_answers(columns, members, decisions);
                }
            }
            Family::Questions(_) => {
                let asked = |index: &usize| &names[*index].words()[1..];
                let numbers: BTreeSet<&str> = members
                    .iter()
                    .filter_map(|index| names[*index].words().first())
                    .map(String::as_str)
                    .collect();
                // Deals of each quarter: nobody asks the same twice.
                let different: BTreeSet<&[String]> = members.iter().map(asked).collect();
                if numbers.len() == members.len() && different.len() == members.len() {
                    average_answers(columns, members, decisions);
                }
            }
        }
    }
}

fn family(name: &Name) -> Option<Family> {
    let is_index = |word: &str| word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let starts = |word: &String| word.starts_with(char::is_alphabetic);
    let stem = |word: &str| {
        word.trim_end_matches(|letter: char| letter.is_ascii_digit())
            .to_owned()
    };
    let words = name.words();
    let first = words.first()?;
    let question = stem(first);
    let is_question = QUESTIONS.contains(&question.as_str()) && question.len() < first.len();
    if is_question && words[1..].iter().any(starts) {
        return Some(Family::Questions(question));
    }
    let (last, before) = words.split_last()?;
    let stem = if is_index(last) { String::new() } else { stem(last) };
    let is_numbered = stem.len() < last.len() && !(stem.is_empty() && before.is_empty());
    let words = before
        .iter()
        .cloned()
        .chain(Some(stem).filter(|stem| !stem.is_empty()));
    is_numbered.then(|| Family::Numbered(words.collect()))
}

/// Of numbered columns those that happen to hold nothing but 0 and 1 are measures as the others are, and all are averaged where
/// some are and the others have numbers of the same size.
fn like_the_measured(columns: &[ColumnFacts<'_>], members: &[usize], decisions: &mut [Decision]) {
    let evidence = |index: &usize| columns[*index].evidence;
    let measures = members
        .iter()
        .filter(|index| decisions[**index].role == ColumnRole::Measure);
    let Some(example) = measures
        .clone()
        .max_by_key(|index| decisions[**index].agg == Agg::Mean)
        .copied()
    else {
        return;
    };
    let are_most = 2 * measures.count() > members.len();
    let (agg, reason) = (decisions[example].agg, alike(&columns[example]));
    for index in members {
        let (is_measure, is_flag) = match decisions[*index].role {
            ColumnRole::Measure => (true, false),
            ColumnRole::Dimension => (false, zero_or_one(evidence(index))),
            _ => (false, false),
        };
        let is_as_small = || evidence(index).within_one_either_way() || zero_or_one(evidence(index));
        let is_other = is_measure && decisions[*index].agg != agg && is_as_small();
        if is_other || (is_flag && are_most) {
            decisions[*index].role = ColumnRole::Measure;
            decisions[*index].agg = agg;
            decisions[*index].is_outcome = false;
            decisions[*index].reason = reason.clone();
        }
    }
}

/// Averages answers on a scale.
fn average_answers(columns: &[ColumnFacts<'_>], members: &[usize], decisions: &mut [Decision]) {
    let is_answered =
        |index: &usize| decisions[*index].role == ColumnRole::Measure && is_answer(&columns[*index]);
    let answers: Vec<usize> = members.iter().copied().filter(is_answered).collect();
    if answers.len() < 2 {
        return;
    }
    for index in answers {
        if decisions[index].agg != Agg::Mean {
            decisions[index].agg = Agg::Mean;
            decisions[index].reason =
                "A measure, averaged: it is one of several numbered questions, answered in whole numbers on a scale.".to_owned();
        }
    }
}

/// Whether its whole numbers are those of a scale.
fn is_answer(facts: &ColumnFacts<'_>) -> bool {
    let range = facts.evidence.integers.filter(|_| facts.evidence.all_integers());
    range.is_some_and(|(least, most)| least >= 0 && most <= MOST_OF_A_SCALE)
}

fn alike(example: &ColumnFacts<'_>) -> String {
    format!(
        "A measure, taken like \"{}\", which is of the same family of columns.",
        example.label
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::roles;

    /// The letters of these columns beside days and places, over twelve rows of these cells in turn.
    fn letters(header: &str, rows: [&str; 3]) -> String {
        let row = |n: usize| format!("2024-01-{:02},p{},{}\n", n + 1, n % 4, rows[n % 3]);
        let all: String = (0..12).map(row).collect();
        roles(&format!("day,place,{header}\n{all}")).split_off(2)
    }

    #[test]
    fn questions_on_one_scale_are_averaged_together() {
        let scale = ["4,5,2", "3,1,5", "5,2,1"];
        assert_eq!(letters("q1_satisfaction,q2_ease,q3_value", scale), "mmm");
        assert_eq!(letters("Q1 Helpful?,Q2 Friendly?,Q3 Again?", scale), "mmm");
        assert_eq!(letters("frage1_preis,frage2_x,frage3_y", scale), "mmm");
        assert_eq!(
            letters("q1,q2,q3,q4,q5", ["4,5,2,3,3", "3,1,5,2,4", "5,2,1,1,1"]),
            "mmmmm"
        );
        // Of quarters, of amounts, and of answers of yes and no.
        assert_eq!(letters("Q1 2023,Q2 2023,Q1 2024", scale), "sss");
        assert_eq!(letters("q1_wins,q2_wins,q1_losses", scale), "sss");
        assert_eq!(letters("Q1 deals,Q2 deals,Q3 pipeline", scale), "sss");
        assert_eq!(letters("q1,q2,q3", scale), "sss");
        assert_eq!(letters("q1_goals,q2_goals,q3_goals", scale), "sss");
        assert_eq!(
            letters("q1_sales,q2_costs,q3_units", ["40,50,20", "3,1,5", "5,2,1"]),
            "sss"
        );
        assert_eq!(
            letters("q1_smokes,q2_drinks,q3_visits", ["1,0,2", "0,1,5", "1,1,9"]),
            "dds"
        );
    }

    #[test]
    fn numbered_columns_are_taken_alike() {
        let readings = ["41.5,0,39.8", "40.1,1,37.5", "43.0,0,38.2"];
        assert_eq!(letters("sensor_1,sensor_2,sensor_3", readings), "mmm");
        assert_eq!(letters("score_a,score_b,score_c", readings), "mmm");
        assert_eq!(letters("sold1,sold2,sold3", ["4,0,7", "2,1,9", "5,0,3"]), "sss");
        let shares = ["0.1,0.15,4", "0.25,0.4,9", "0.1,0.3,2"];
        assert_eq!(letters("discount_1,discount_2,discount_3", shares), "mms");
        // Flags stay flags, and other names are no family.
        assert_eq!(letters("flag_1,flag_2,units", ["1,0,5", "0,1,6", "1,1,7"]), "dds");
        assert_eq!(
            letters("sensor_1,active,units", ["4.5,0,5", "3.5,1,6", "4.1,1,7"]),
            "mds"
        );
    }
}
