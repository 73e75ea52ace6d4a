//! What a column's values looked like: counts that merge over executions, from which roles are decided without rows.

use super::strays::Strays;
use super::value::currency;
use super::value::date::Order;
use super::value::moment::IntegerTimes;

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Values {
    /// There are none.
    Empty,
    /// Numbers (also with separators, currency or percent signs), but for a few cells with a word in place of one.
    Numbers,
    /// Dates or timestamps, but for a few cells that cannot be read as such.
    Times,
    /// Booleans in words.
    Booleans,
    /// Anything else.
    Texts,
}

/// A step of time that a text or a column's values name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedStep {
    /// A day (`2024-01-05`).
    Day,
    /// An ISO week (`2024-W05`).
    Week,
    /// A month (`2024-01`).
    Month,
    /// A quarter (`2024-Q1`).
    Quarter,
    /// A year (`2024`).
    Year,
}

/// What is counted, in cells. The order is the encoding's: append, never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// All cells.
    Cells,
    /// Null or blank.
    Empty,
    /// `NA` and its like.
    NotAvailable,
    /// NaN or infinite.
    NotANumber,
    /// Numbers.
    Numbers,
    /// Whole numbers.
    Integers,
    /// Whole numbers that are 0 or 1.
    ZeroOrOne,
    /// Whole numbers with leading zeros.
    Padded,
    /// Numbers with a percent sign.
    Percents,
    /// Numbers whose decimal separator can only be a comma.
    DecimalComma,
    /// Numbers whose decimal separator can only be a point.
    DecimalPoint,
    /// Whole numbers that spell a day (`20240105`).
    SpeltDays,
    /// Whole numbers that spell a month (`202401`).
    SpeltMonths,
    /// Dates in text, of any form.
    Dates,
    /// Those with a time of day.
    Timestamps,
    /// Those with an offset.
    Offsets,
    /// Those with the month before the day, and no other way.
    MonthFirst,
    /// Those with the day before the month, and no other way.
    DayFirst,
    /// Those that leave the order open.
    OpenOrder,
    /// Those that are months.
    Months,
    /// Those that are quarters.
    Quarters,
    /// Those that are ISO weeks.
    Weeks,
    /// Booleans in words.
    Booleans,
    /// Whole numbers that are 0.
    Zeros,
    /// Numbers like `1.234` in a column that does not tell what their point means.
    OpenPoints,
    /// Numbers like `1,234` in such a column.
    OpenCommas,
    /// Those of both that were read as thousands.
    OpenThousands,
    /// Dates that leave the order open, in a column where none settles it.
    OpenDates,
    /// Those of them that were read with the day first.
    OpenDaysFirst,
    /// Whole numbers that spell an ISO week (`202405`), under the name of a week.
    SpeltWeeks,
    /// Whole numbers that are days as spreadsheets count them, under the name of a date.
    SerialDays,
    /// Numbers with a fraction that are seconds since 1970, under the name of a point in time.
    EpochFractions,
    /// Texts like `Okt-24`, which are months where the column is of months, and are not among the dates.
    MonthLikes,
    /// Texts of two or three letters, as countries, currencies and languages have them for codes.
    LetterCodes,
    /// Numbers between 0 and 1 that are neither.
    Fractions,
    /// Numbers that end in a sign of thousands (`1.2K`).
    Thousands,
    /// Of millions.
    Millions,
    /// Of billions.
    Billions,
    /// Of trillions.
    Trillions,
    /// Those of the four that show to be amounts: by a currency, or their column's name.
    ScaledAmounts,
    /// Those of the four with a fraction (`1.2K`).
    ScaledFractions,
    /// Numbers between -1 and 0 that are neither.
    NegativeFractions,
    /// Numbers between 0 and 1 that are halves and quarters.
    QuarterFractions,
    /// Numbers with a fraction in results that an older build took in, which do not tell whether they lie between 0 and 1.
    Unsized,
    /// Texts without a digit that say neither yes or no nor that there is nothing.
    Words,
    /// Texts that say a number is less or more than one (`<5`).
    Bounds,
    /// Numbers with a sign that they are about so much, or have a note (`~900`, `912*`).
    Noted,
    /// Results whose numbers show a decimal comma as well as a decimal point.
    MixedMarks,
}

/// The counts of numbers that end in a sign of what they are scaled by.
const SCALED: [Count; 4] = [
    Count::Thousands,
    Count::Millions,
    Count::Billions,
    Count::Trillions,
];

/// A column of times has at least so many dates for each value that is none.
const DATES_TO_ONE_OTHER: u64 = 10;

/// A column of numbers has at least so many of them for each word, whatever the words are.
const NUMBERS_TO_ONE_WORD: u64 = 50;

/// It has at least so many of them where the words are few different ones.
const NUMBERS_TO_ONE_OF_FEW: u64 = 9;

/// The highest answer on the scales that people are asked for.
const HIGHEST_ANSWER: i64 = 11;

/// Numbers for each text beside which it is said that they could be counted.
const NUMBERS_TO_ONE_SPOILER: u64 = 4;

/// The most bits of [`Evidence::levels`] that few numbers set: about as many numbers.
const FEW_LEVELS: u64 = 16;

pub(super) const COUNTS: usize = Count::MixedMarks as usize + 1;

/// Mergeable evidence about one column's values.
///
/// Merging is associative and commutative; the evidence of one result does not depend on the order of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub(super) counts: [u64; COUNTS],
    /// Least and greatest of the whole numbers, capped to 64 bits.
    pub(super) integers: Option<(i64, i64)>,
    /// Currency signs, a bit each.
    pub(super) currencies: u64,
    /// Whether some value occurred twice within one result.
    pub(super) repeats: bool,
    /// Whether some result's whole numbers were not consecutive.
    pub(super) scattered: bool,
    /// Values in the largest result in which none occurred twice.
    pub(super) distinct: u64,
    /// The months of the texts that are like months, a bit each.
    pub(super) months: u64,
    /// The numbers between 0 and 1 and those written short, each one's bit that its hash says: few bits are few numbers.
    pub(super) levels: u64,
    /// What stands among numbers or dates and is neither.
    pub(super) strays: Strays,
}

impl Default for Evidence {
    /// That of no values.
    fn default() -> Self {
        Self {
            counts: [0; COUNTS],
            integers: None,
            currencies: 0,
            repeats: false,
            scattered: false,
            distinct: 0,
            months: 0,
            levels: 0,
            strays: Strays::default(),
        }
    }
}

impl Evidence {
    /// Takes in another result's evidence about the same column.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        self.integers = match (self.integers, other.integers) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, another) => one.or(another),
        };
        self.currencies |= other.currencies;
        self.repeats |= other.repeats;
        self.scattered |= other.scattered;
        self.distinct = self.distinct.max(other.distinct);
        self.months |= other.months;
        self.levels |= other.levels;
        self.strays.merge(&other.strays);
    }

    /// What the values are, taken together. `NA` is a value only where nothing shows that numbers or times are meant.
    pub fn values(&self) -> Values {
        let present = self.present();
        // Each result has a notation of its own.
        let separators_agree = self.count(Count::MixedMarks) == 0;
        match () {
            () if present == 0 && self.count(Count::NotAvailable) > 0 => Values::Texts,
            () if present == 0 && self.count(Count::NotANumber) > 0 => Values::Numbers,
            () if present == 0 => Values::Empty,
            () if self.are_numbers(present)
                && self.count(Count::Padded) == 0
                && separators_agree
                && self.scales_are_clear() =>
            {
                Values::Numbers
            }
            () if self.are_dates(present) && self.dates_agree() => Values::Times,
            () if self.has_month_likes() => Values::Times,
            () if self.count(Count::Booleans) == present => Values::Booleans,
            () => Values::Texts,
        }
    }

    /// Whether so many values are dates that the others can only be mistakes.
    fn are_dates(&self, present: u64) -> bool {
        let dates = self.count(Count::Dates);
        let others = present.checked_sub(dates);
        others.is_some_and(|others| others.saturating_mul(DATES_TO_ONE_OTHER) <= dates)
    }

    /// Whether all values are numbers, but for so few words (`err`, `closed`) that nothing is called so. What has digits (`12a`) is a
    /// code, and so may the numbers beside it be; so is a letter (`B`), and what mostly has a star (`4*`).
    fn are_numbers(&self, present: u64) -> bool {
        let (numbers, others) = (self.count(Count::Numbers), self.no_numbers());
        let least = match self.strays.are_few_words() {
            true => NUMBERS_TO_ONE_OF_FEW,
            false => NUMBERS_TO_ONE_WORD,
        };
        numbers.checked_add(others) == Some(present)
            && others.saturating_mul(least) <= numbers
            && self.count(Count::Noted).saturating_mul(2) <= numbers
    }

    /// Values that may stand in place of a number.
    fn no_numbers(&self) -> u64 {
        self.count(Count::Words).saturating_add(self.count(Count::Bounds))
    }

    /// Whether other results may show that its values are numbers: nothing but words speaks against it, and they are fewer.
    pub fn may_be_numbers(&self) -> bool {
        let (numbers, others) = (self.count(Count::Numbers), self.no_numbers());
        let are_plain = self.count(Count::Padded) == 0;
        are_plain && (1..numbers).contains(&others) && numbers.checked_add(others) == Some(self.present())
    }

    /// Marks the evidence of one result whose numbers show both separators before decimals.
    pub(crate) fn settle_marks(&mut self) {
        if self.count(Count::DecimalComma) > 0 && self.count(Count::DecimalPoint) > 0 {
            self.counts[Count::MixedMarks as usize] = 1;
        }
    }

    /// Keeps no examples of what texts there are, where they are no exceptions.
    pub(super) fn forget_texts(&mut self) {
        let usual = self.count(Count::Numbers).max(self.count(Count::Dates));
        if usual.saturating_mul(2) < self.present() {
            self.strays = Strays::default();
        }
    }

    /// Values of a column of times or numbers that cannot be read as such.
    pub fn strays(&self) -> u64 {
        let usual = match self.values() {
            Values::Times if self.has_month_likes() => return 0,
            Values::Times => Count::Dates,
            Values::Numbers => Count::Numbers,
            Values::Empty | Values::Booleans | Values::Texts => return 0,
        };
        self.present().saturating_sub(self.count(usual))
    }

    /// Texts without which a column would be one of numbers.
    pub(super) fn spoilers(&self) -> u64 {
        let (present, numbers) = (self.present(), self.count(Count::Numbers));
        let others = present.saturating_sub(numbers);
        let are_exceptions = others.saturating_mul(NUMBERS_TO_ONE_SPOILER) <= numbers;
        if are_exceptions && self.count(Count::Padded) == 0 {
            others
        } else {
            0
        }
    }

    /// Cells, over all results.
    pub fn cells(&self) -> u64 {
        self.count(Count::Cells)
    }

    /// The currency signs seen, in a fixed order; never add numbers up when there are two.
    pub fn currencies(&self) -> Vec<&'static str> {
        currency::signs(self.currencies)
    }

    /// Whether every number has a percent sign, bare zeros aside.
    pub fn all_percents(&self) -> bool {
        let percents = self.count(Count::Percents);
        percents > 0 && percents + self.count(Count::Zeros) == self.count(Count::Numbers)
    }

    /// Whether some numbers have a percent sign.
    pub fn some_percents(&self) -> bool {
        self.count(Count::Percents) > 0
    }

    /// Whether the time zone decides the dates of its values: of points in time, not of dates as written.
    pub fn depends_on_timezone(&self) -> bool {
        let counts_instants = |times: IntegerTimes| !times.is_spelt();
        self.count(Count::Offsets) > 0 || self.integer_times().is_some_and(counts_instants)
    }

    /// Whether its values are points in time within a day, or may be.
    pub(super) fn has_times_of_day(&self) -> bool {
        self.count(Count::Timestamps) > 0 || self.depends_on_timezone()
    }

    /// The step longer than a day that all of its values name; `None` where they are dates or no times.
    pub fn named_step(&self) -> Option<NamedStep> {
        let all = |count| self.count(count) > 0 && self.count(count) == self.count(Count::Dates);
        match self.values() {
            Values::Times if self.has_month_likes() => Some(NamedStep::Month),
            Values::Times if all(Count::Weeks) => Some(NamedStep::Week),
            Values::Times if all(Count::Months) => Some(NamedStep::Month),
            Values::Times if all(Count::Quarters) => Some(NamedStep::Quarter),
            Values::Numbers => match self.integer_times()? {
                IntegerTimes::YearWeeks => Some(NamedStep::Week),
                IntegerTimes::YearMonths => Some(NamedStep::Month),
                IntegerTimes::Years => Some(NamedStep::Year),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether texts like `Okt-24` are months: all values are months, of several of the year. An article is one thing, and
    /// others do not happen to be called like other months.
    pub(super) fn has_month_likes(&self) -> bool {
        let (likes, dates) = (self.count(Count::MonthLikes), self.count(Count::Dates));
        let are_several = self.months.count_ones() > 1 || dates > 0;
        likes > 0 && are_several && likes + dates == self.present() && self.count(Count::Months) == dates
    }

    /// Whether all values are codes of two or three letters, like those of countries, currencies and languages.
    pub(super) fn all_letter_codes(&self) -> bool {
        // `NO` is Norway where the column's name says so.
        matches!(self.values(), Values::Texts | Values::Booleans)
            && self.count(Count::LetterCodes) == self.present()
    }

    /// Cells that hold neither nothing, nor `NA`, nor NaN.
    pub(super) fn present(&self) -> u64 {
        let missing = [Count::Empty, Count::NotAvailable, Count::NotANumber].map(|count| self.count(count));
        self.count(Count::Cells) - missing.iter().sum::<u64>()
    }

    pub(super) fn count(&self, count: Count) -> u64 {
        self.counts[count as usize]
    }

    pub(super) fn add(&mut self, count: Count) {
        self.counts[count as usize] += 1;
    }

    /// Whether all numbers are whole; `None` of them is not enough.
    pub fn all_integers(&self) -> bool {
        self.values() == Values::Numbers
            && self.integers.is_some()
            && self.count(Count::Integers) == self.count(Count::Numbers)
    }

    /// Whether all numbers may be answers on a scale that people are asked for.
    pub fn may_be_answers(&self) -> bool {
        let range = self.integers.filter(|_| self.all_integers());
        range.is_some_and(|(least, most)| least >= 0 && most <= HIGHEST_ANSWER)
    }

    /// Whether numbers lie between 0 and 1, some of them neither, but for one in a hundred of those that are not 0. Results that
    /// an older build took in say nothing of those with a fraction: the others decide.
    pub(super) fn within_one(&self) -> bool {
        self.are_within(self.count(Count::Fractions), self.sized())
    }

    /// Whether numbers lie between -1 and 1 in the same way.
    pub(super) fn within_one_either_way(&self) -> bool {
        let fractions = self.count(Count::Fractions) + self.count(Count::NegativeFractions);
        self.are_within(fractions, self.sized())
    }

    /// Whether nothing but results that an older build took in could say whether the numbers lie between 0 and 1.
    pub(super) fn may_be_within_one(&self) -> bool {
        self.count(Count::Fractions) == 0
            && self.are_within(self.count(Count::Unsized), self.count(Count::Numbers))
    }

    /// How many numbers are known to lie between 0 and 1 or not to.
    fn sized(&self) -> u64 {
        self.count(Count::Numbers)
            .saturating_sub(self.count(Count::Unsized))
    }

    fn are_within(&self, fractions: u64, numbers: u64) -> bool {
        let outside = numbers.saturating_sub(fractions + self.count(Count::ZeroOrOne));
        let ones = self.ones();
        self.values() == Values::Numbers && fractions > 0 && outside.saturating_mul(100) <= fractions + ones
    }

    /// How many numbers are 1.
    pub(super) fn ones(&self) -> u64 {
        self.count(Count::ZeroOrOne)
            .saturating_sub(self.count(Count::Zeros))
    }

    /// Whether the numbers between 0 and 1 are few that come again and again.
    pub(super) fn has_few_levels(&self) -> bool {
        let levels = u64::from(self.levels.count_ones());
        levels <= FEW_LEVELS && 2 * levels <= self.count(Count::Fractions)
    }

    /// Marks what a build did not count that knew no numbers between 0 and 1.
    pub fn leave_sizes_open(&mut self) {
        let whole = self.count(Count::Integers);
        self.counts[Count::Unsized as usize] = self.count(Count::Numbers).saturating_sub(whole);
    }

    /// What the whole numbers stand for if they stand for times.
    pub(super) fn integer_times(&self) -> Option<IntegerTimes> {
        let by_size = self
            .integers
            .and_then(|(least, most)| IntegerTimes::of_range(least, most));
        let fractions = self.count(Count::EpochFractions);
        if fractions > 0 {
            let all = self.count(Count::Integers) + fractions == self.count(Count::Numbers);
            let agree = self.integers.is_none() || by_size == Some(IntegerTimes::Seconds);
            return (self.values() == Values::Numbers && all && agree).then_some(IntegerTimes::Seconds);
        }
        if !self.all_integers() {
            return None;
        }
        let all = |count| self.count(count) == self.count(Count::Integers);
        match by_size {
            _ if all(Count::SpeltWeeks) => Some(IntegerTimes::YearWeeks),
            _ if all(Count::SerialDays) => Some(IntegerTimes::SerialDays),
            Some(IntegerTimes::YearMonths) if !all(Count::SpeltMonths) => None,
            Some(IntegerTimes::YearMonthDays) if !all(Count::SpeltDays) => None,
            by_size => by_size,
        }
    }

    /// The order of day and month in dates that leave it open; `None` when no date settles it.
    pub(super) fn date_order(&self) -> Option<Order> {
        match (self.count(Count::MonthFirst), self.count(Count::DayFirst)) {
            (0, 1..) => Some(Order::DayFirst),
            (1.., _) => Some(Order::MonthFirst),
            (0, 0) => None,
        }
    }

    /// Whether letters behind numbers scale them, where there are any. Races of 5K and 10K are names, and a lone `T` may be a
    /// tonne; amounts show by a currency or their column's name, or by a fraction or several scales where they hardly repeat, as
    /// the classes of things do (`4.7K`, `1M`).
    fn scales_are_clear(&self) -> bool {
        let scales = SCALED.iter().filter(|scale| self.count(**scale) > 0).count();
        let levels = u64::from(self.levels.count_ones());
        let scaled: u64 = SCALED.iter().map(|scale| self.count(*scale)).sum();
        let vary = levels > FEW_LEVELS || 2 * levels >= scaled;
        let are_likely = vary && (self.count(Count::ScaledFractions) > 0 || scales > 1);
        let are_told = self.count(Count::ScaledAmounts) > 0 || are_likely;
        let is_lone_t = scales == 1 && self.count(Count::Trillions) > 0 && self.currencies == 0;
        scales == 0 || (are_told && !is_lone_t)
    }

    /// Whether some numbers are written short, with a sign of what they are scaled by.
    pub(super) fn has_scaled(&self) -> bool {
        SCALED.iter().any(|scale| self.count(*scale) > 0)
    }

    /// Whether all dates can be read one way: one order of day and month, and no months among days.
    fn dates_agree(&self) -> bool {
        let dates = self.count(Count::Dates);
        let uniform = |count| matches!(self.count(count), found if found == 0 || found == dates);
        let one_order = self.count(Count::MonthFirst) == 0 || self.count(Count::DayFirst) == 0;
        one_order
            && [Count::Months, Count::Quarters, Count::Weeks]
                .into_iter()
                .all(uniform)
    }
}
