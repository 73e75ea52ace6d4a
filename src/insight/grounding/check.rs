//! A rewording held against the facts of its sentence.

use std::collections::BTreeSet;

use super::facts::{Fact, Grounds};
use super::lexicon::{self, Meaning, PER, STEPS};
use super::tokens::Token;

/// A rewording may be longer than its sentence by this factor and these bytes.
const LONGER: usize = 2;
const LONGER_BYTES: usize = 60;
/// A punctuation mark keeps a word of time as far from a number as so many words.
const MARK_DISTANCE: usize = 5;
/// Values that stand for where something began, and for where it ended.
const STARTS: [&str; 3] = ["ref", "first", "before"];
const ENDS: [&str; 3] = ["cur", "last", "after"];
/// Values that others are held against, beside where something began.
const OTHERS: [&str; 6] = ["rest", "next", "share2", "rate2", "even2", "expected"];
/// Directions that hold something against the number after them.
const COMPARING: [&str; 6] = ["above", "below", "more", "less", "fewer", "exceeding"];
/// Words that count as one with their number.
const BY_THE_NUMBER: [&str; 10] = [
    "a",
    "an",
    "the",
    "of",
    "about",
    "around",
    "roughly",
    "approximately",
    "with",
    "average",
];

/// Why a rewording is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// A character that no sentence has.
    #[error("the character {0:?}")]
    Character(char),
    /// A word that is neither the sentence's nor the lexicon's.
    #[error("the word `{0}`")]
    Word(String),
    /// A number that cannot be read, is not the evidence's, is one too many, missing, or out of place.
    #[error("a number")]
    Number,
    /// A number said to be more or less than it is, or to be the other of two.
    #[error("what is said of a number")]
    Relation,
    /// A name too many, missing, or out of place.
    #[error("a name")]
    Name,
    /// A date too many or missing.
    #[error("a date")]
    Date,
    /// A direction too many, missing, or the other.
    #[error("a direction")]
    Direction,
    /// A point in time too many, missing, or the other.
    #[error("a point in time")]
    Time,
    /// A unit that is not the sentence's.
    #[error("a unit")]
    Unit,
    /// Too long.
    #[error("the length")]
    Length,
    /// The sentence itself does not show where it is grounded.
    #[error("the evidence")]
    Evidence,
}

/// A sentence taken apart into what has to be the same in a rewording.
#[derive(Debug, PartialEq)]
struct Reading {
    names: Vec<usize>,
    dates: Vec<chrono::NaiveDate>,
    /// Names and directions in their order.
    course: Vec<Turn>,
    ups: usize,
    downs: usize,
    /// Points in time, each with the number it stands by.
    times: BTreeSet<(Meaning, usize)>,
    /// No change; the other way round.
    flats: usize,
    is_reverse: bool,
    is_per_step: bool,
    percents: usize,
}

/// A name or a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Name(usize),
    Up,
    Down,
}

impl Grounds {
    /// Whether a rewording says what the sentence says.
    ///
    /// # Errors
    /// The first reason to doubt it.
    pub fn check(&self, rewording: &str) -> Result<(), Doubt> {
        if rewording.len() > LONGER * self.length + LONGER_BYTES {
            return Err(Doubt::Length);
        }
        let tokens = self.vocabulary.tokens(rewording)?;
        self.words(&tokens)?;
        self.numbers(&tokens)?;
        self.agree(&reading(&self.sentence), &reading(&tokens))
    }

    /// Every word is known.
    fn words(&self, tokens: &[Token]) -> Result<(), Doubt> {
        let own: BTreeSet<&str> = self.sentence.iter().filter_map(word).collect();
        for word in tokens.iter().filter_map(word) {
            let is_average = lexicon::meaning(word) == Some(Meaning::Average);
            let is_known = match lexicon::meaning(word) {
                None => false,
                Some(_) => !is_average || own.contains("average") || is_per_step(&self.sentence),
            };
            if !is_known && !own.contains(word) && !is_other_form(word, &own) {
                return Err(Doubt::Word(word.to_owned()));
            }
        }
        Ok(())
    }

    /// The numbers are those of the sentence, in its order, and said to be what they are.
    fn numbers(&self, tokens: &[Token]) -> Result<(), Doubt> {
        let (mine, theirs) = (numbers(&self.sentence), numbers(tokens));
        if mine.len() != theirs.len() {
            return Err(Doubt::Number);
        }
        for ((facts, own), other) in self.facts.iter().zip(mine).zip(theirs) {
            let (Token::Number(shown), Token::Number(said)) = (&self.sentence[own], &tokens[other]) else {
                return Err(Doubt::Number);
            };
            if shown.unit != said.unit {
                return Err(Doubt::Unit);
            }
            let facts: Vec<&Fact> = facts.iter().filter(|fact| said.shows(fact.value)).collect();
            if facts.is_empty() {
                return Err(Doubt::Number);
            }
            let said = cue(tokens, other);
            if said != cue(&self.sentence, own) && !facts.iter().any(|fact| fits(said, fact)) {
                return Err(Doubt::Relation);
            }
        }
        Ok(())
    }

    fn agree(&self, mine: &Reading, theirs: &Reading) -> Result<(), Doubt> {
        if mine.names != theirs.names {
            return Err(Doubt::Name);
        }
        if mine.dates != theirs.dates {
            return Err(Doubt::Date);
        }
        if mine.times != theirs.times {
            return Err(Doubt::Time);
        }
        if mine.is_per_step != theirs.is_per_step || mine.percents != theirs.percents {
            return Err(Doubt::Unit);
        }
        let is_same = (mine.flats > 0) == (theirs.flats > 0) && theirs.flats <= mine.flats.max(1);
        if is_same && mine.is_reverse == theirs.is_reverse && self.same_directions(mine, theirs) {
            Ok(())
        } else {
            Err(Doubt::Direction)
        }
    }

    /// A sentence of one direction may tell it in other places, one of both may not.
    fn same_directions(&self, mine: &Reading, theirs: &Reading) -> bool {
        match (mine.ups > 0, mine.downs > 0) {
            (true, true) => mine.course == theirs.course,
            (true, false) => theirs.ups > 0 && theirs.downs == 0,
            (false, true) => theirs.downs > 0 && theirs.ups == 0,
            (false, false) => {
                let is_told = mine.flats == 0 && self.sign != 0.0;
                let (with, against) = match self.sign > 0.0 {
                    true => (theirs.ups, theirs.downs),
                    false => (theirs.downs, theirs.ups),
                };
                against == 0 && (is_told || with == 0)
            }
        }
    }
}

fn word(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) => Some(word),
        _ => None,
    }
}

fn meaning(token: &Token) -> Option<Meaning> {
    word(token).and_then(lexicon::meaning)
}

fn numbers(tokens: &[Token]) -> Vec<usize> {
    (0..tokens.len())
        .filter(|index| matches!(tokens[*index], Token::Number(_)))
        .collect()
}

/// Whether a word is a step of time of which the sentence has another form: `days` for `day`.
fn is_other_form(word: &str, own: &BTreeSet<&str>) -> bool {
    STEPS
        .iter()
        .any(|forms| forms.contains(&word) && forms.iter().any(|form| own.contains(form)))
}

/// Whether a number is one of each step of time: `a day`, `daily`.
fn is_per_step(tokens: &[Token]) -> bool {
    let words: Vec<&str> = tokens
        .iter()
        .map(|token| word(token).unwrap_or_default())
        .collect();
    let is_adverb = |word: &&str| STEPS.iter().any(|forms| forms[2] == *word);
    let is_noun = |word: &str| STEPS.iter().any(|forms| forms[0] == word);
    let mut pairs = words.windows(2);
    words.iter().any(is_adverb) || pairs.any(|pair| PER.contains(&pair[0]) && is_noun(pair[1]))
}

/// What the word before a number says of it: from, to, against, or a bound.
fn cue(tokens: &[Token], number: usize) -> Option<Meaning> {
    let mut before = tokens[..number].iter().rev().map_while(word).peekable();
    let mut is_of_time = false;
    while let Some(word) = before.next_if(|word| BY_THE_NUMBER.contains(word) || is_time(word)) {
        is_of_time |= is_time(word);
    }
    let word = before.next()?;
    match lexicon::meaning(word)? {
        Meaning::To if before.peek() == Some(&"compared") => Some(Meaning::Against),
        // `over 28` is a bound, `over the last 28` is not.
        Meaning::Bound if is_of_time => None,
        cue @ (Meaning::From | Meaning::To | Meaning::Against | Meaning::Bound) => Some(cue),
        // `above 5` holds something against 5; `up 5` is a change by it.
        Meaning::Up | Meaning::Down if COMPARING.contains(&word) => Some(Meaning::Against),
        _ => None,
    }
}

fn is_time(word: &str) -> bool {
    matches!(lexicon::meaning(word), Some(Meaning::Now | Meaning::Past))
}

/// Whether a value may be said to be where something began, ended, or what others are held against.
fn fits(cue: Option<Meaning>, fact: &Fact) -> bool {
    let is = |ids: &[&str]| ids.contains(&fact.id.as_str());
    match cue {
        None => true,
        Some(Meaning::From) => is(&STARTS),
        Some(Meaning::To) => is(&ENDS),
        Some(Meaning::Against) => is(&STARTS) || is(&OTHERS),
        Some(_) => false,
    }
}

fn reading(tokens: &[Token]) -> Reading {
    let count = |wanted: Meaning| {
        tokens
            .iter()
            .filter(|token| meaning(token) == Some(wanted))
            .count()
    };
    let names = tokens.iter().filter_map(|token| match token {
        Token::Name(name) => Some(*name),
        _ => None,
    });
    let dates = tokens.iter().filter_map(|token| match token {
        Token::Date(date) => Some(*date),
        _ => None,
    });
    Reading {
        names: names.collect(),
        dates: dates.collect(),
        course: course(tokens),
        ups: count(Meaning::Up),
        downs: count(Meaning::Down),
        times: times(tokens),
        flats: count(Meaning::Flat),
        is_reverse: count(Meaning::Reverse) > 0,
        is_per_step: is_per_step(tokens),
        percents: tokens
            .iter()
            .filter(|token| word(token) == Some("percent"))
            .count(),
    }
}

/// Names and directions in their order; the same direction twice in a row is one.
fn course(tokens: &[Token]) -> Vec<Turn> {
    let mut course: Vec<Turn> = tokens
        .iter()
        .filter_map(|token| match (token, meaning(token)) {
            (Token::Name(name), _) => Some(Turn::Name(*name)),
            (_, Some(Meaning::Up)) => Some(Turn::Up),
            (_, Some(Meaning::Down)) => Some(Turn::Down),
            _ => None,
        })
        .collect();
    course.dedup();
    course
}

/// The points in time with the place of the number each stands nearest to; where there are no numbers, with none.
fn times(tokens: &[Token]) -> BTreeSet<(Meaning, usize)> {
    let mut place = 0;
    let places: Vec<usize> = tokens
        .iter()
        .map(|token| {
            place += if *token == Token::Mark { MARK_DISTANCE } else { 1 };
            place
        })
        .collect();
    let numbers = numbers(tokens);
    let nearest = |at: usize| {
        let distance = |index: &usize| places[numbers[*index]].abs_diff(places[at]);
        (0..numbers.len()).min_by_key(distance).unwrap_or(usize::MAX)
    };
    let is_time = |at: &usize| {
        matches!(
            meaning(&tokens[*at]),
            Some(Meaning::Now | Meaning::Past | Meaning::Expected)
        )
    };
    let times = (0..tokens.len()).filter(is_time);
    times
        .filter_map(|at| Some((meaning(&tokens[at])?, nearest(at))))
        .collect()
}
