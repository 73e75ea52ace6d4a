//! The words a rewording may use beside those of its sentence, and what they say.
//!
//! No word in here tells a cause, a size, a number, a time of the calendar or a judgement.

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// Nothing by itself.
    Plain,
    /// More.
    Up,
    /// Less.
    Down,
    /// No change.
    Flat,
    /// The other way round.
    Reverse,
    /// The newer of two times.
    Now,
    /// The older of two times.
    Past,
    /// What was to be expected.
    Expected,
    /// What comes next is where something began.
    From,
    /// What comes next is where something ended.
    To,
    /// What comes next is held against what came before.
    Against,
    /// What comes next is a bound, where it is a number.
    Bound,
    /// A mean.
    Average,
}

const WORDS: [(Meaning, &str); 13] = [
    (
        Meaning::Plain,
        "a an the and but while with of in on at by for is was are were be been being has have had having it its this that \
         these those which there then when where whereas during between among within come comes came coming go goes went \
         gone move moves moved moving movement change changes changed changing shift shifts shifted shifting stand stands stood \
         standing show shows showed shown showing see sees saw seen reach reaches reached reaching amount amounts amounted \
         hold holds held holding take takes took taken taking pass passes passed \
         share part portion level levels rate overall period periods window about around roughly approximately remain remains remained remaining \
         stay stays stayed staying namely itself themselves",
    ),
    (
        Meaning::Up,
        "up upward upwards rise rises rose rising risen increase increases increased increasing grow grows grew growing grown \
         growth climb climbs climbed climbing gain gains gained gaining high higher highest more above great greater greatest large \
         larger largest big bigger biggest top ahead exceed exceeds exceeded exceeding",
    ),
    (
        Meaning::Down,
        "down downward downwards fall falls fell falling fallen decrease decreases decreased decreasing decline declines declined \
         declining drop drops dropped dropping shrink shrinks shrank shrinking low lower lowest less fewer below small smaller \
         smallest bottom behind lose loses lost losing trail trails trailed trailing",
    ),
    (
        Meaning::Flat,
        "not no without unchanged stable steady flat same similar",
    ),
    (
        Meaning::Reverse,
        "opposite opposed reverse reverses reversed reversing round contrary inverse inversely",
    ),
    (
        Meaning::Now,
        "last latest recent newest current currently now since",
    ),
    (
        Meaning::Past,
        "before previous previously prior earlier preceding former formerly",
    ),
    (
        Meaning::Expected,
        "expected expectation usual usually normal normally typical typically",
    ),
    (Meaning::From, "from"),
    (Meaning::To, "to"),
    (Meaning::Against, "against versus than compared"),
    (Meaning::Bound, "over most"),
    (Meaning::Average, "average averages averaged averaging mean"),
];

/// What a word of the lexicon says; `None` for a word that is not in it.
pub fn meaning(word: &str) -> Option<Meaning> {
    let is_there = |words: &&(Meaning, &str)| words.1.split_ascii_whitespace().any(|own| own == word);
    WORDS.iter().find(is_there).map(|(meaning, _)| *meaning)
}

/// The steps of time: noun, plural, and what is so each step.
pub const STEPS: [[&str; 3]; 5] = [
    ["day", "days", "daily"],
    ["week", "weeks", "weekly"],
    ["month", "months", "monthly"],
    ["quarter", "quarters", "quarterly"],
    ["year", "years", "yearly"],
];

/// Words before a step that make a number one of each step.
pub const PER: [&str; 4] = ["a", "per", "each", "every"];
