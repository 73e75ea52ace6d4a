//! A point in time as a cell gives it, and whole numbers that stand for one.

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;

/// A date, perhaps with a time of day and an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) struct Moment {
    /// The date as written.
    pub date: NaiveDate,
    /// The time of day as written.
    pub time: Option<NaiveTime>,
    /// Seconds east of UTC.
    pub offset: Option<i32>,
}

impl Moment {
    /// A date alone.
    pub(in crate::rows) fn day(date: NaiveDate) -> Self {
        Self {
            date,
            time: None,
            offset: None,
        }
    }

    /// Its date: in `timezone` where it has an offset, else as written.
    pub(in crate::rows) fn date_in(self, timezone: Tz) -> NaiveDate {
        let (Some(time), Some(offset)) = (self.time, self.offset) else {
            return self.date;
        };
        let shifted = self
            .date
            .and_time(time)
            .checked_sub_signed(TimeDelta::seconds(i64::from(offset)));
        shifted.map_or(self.date, |utc| utc_date_in(utc, timezone))
    }
}

/// The date in `timezone` of a point in time in UTC.
pub(in crate::rows) fn utc_date_in(utc: NaiveDateTime, timezone: Tz) -> NaiveDate {
    match timezone {
        Tz::UTC => utc.date(),
        // At the ends of what can be counted an offset could lead past them.
        _ if utc.year().abs() > 100_000 => utc.date(),
        _ => timezone.from_utc_datetime(&utc).date_naive(),
    }
}

/// What whole numbers in a column of times count or spell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) enum IntegerTimes {
    /// `2024`.
    Years,
    /// `202401`.
    YearMonths,
    /// `202405`, an ISO week; its Monday.
    YearWeeks,
    /// `20240105`.
    YearMonthDays,
    /// Days as spreadsheets count them: 45296 is the 5th of January 2024.
    SerialDays,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
    /// Nanoseconds since 1970.
    Nanos,
}

impl IntegerTimes {
    /// What integers between `least` and `most` can be, going by their size: 1973 to 2103 for counts since 1970.
    pub(in crate::rows) fn of_range(least: i64, most: i64) -> Option<Self> {
        let within = |unit: i64| least >= 100_000_000 * unit && most / unit < 4_200_000_000;
        match () {
            () if least >= 1_000 && most <= 2_999 => Some(Self::Years),
            () if year_month(least).is_some() && year_month(most).is_some() => Some(Self::YearMonths),
            () if year_month_day(least).is_some() && year_month_day(most).is_some() => {
                Some(Self::YearMonthDays)
            }
            () if within(1) => Some(Self::Seconds),
            () if within(1_000) => Some(Self::Millis),
            () if within(1_000_000) => Some(Self::Micros),
            () if within(1_000_000_000) => Some(Self::Nanos),
            () => None,
        }
    }

    /// Whether they name a date rather than count from some moment on.
    pub(in crate::rows) fn is_spelt(self) -> bool {
        matches!(
            self,
            Self::Years | Self::YearMonths | Self::YearWeeks | Self::YearMonthDays | Self::SerialDays
        )
    }

    /// The date `value` stands for; counts since 1970 are points in time, so `timezone` decides.
    pub(in crate::rows) fn date(self, value: i64, timezone: Tz) -> Option<NaiveDate> {
        let utc: DateTime<Utc> = match self {
            Self::Years => return NaiveDate::from_ymd_opt(i32::try_from(value).ok()?, 1, 1),
            Self::YearMonths => return year_month(value),
            Self::YearWeeks => return year_week(value),
            Self::YearMonthDays => return year_month_day(value),
            Self::SerialDays => return serial_day(value),
            Self::Seconds => DateTime::from_timestamp_secs(value)?,
            Self::Millis => DateTime::from_timestamp_millis(value)?,
            Self::Micros => DateTime::from_timestamp_micros(value)?,
            Self::Nanos => DateTime::from_timestamp_nanos(value),
        };
        Some(utc_date_in(utc.naive_utc(), timezone))
    }
}

/// The first day of the month that `202401` spells, between 1800 and 2199.
pub(in crate::rows) fn year_month(value: i64) -> Option<NaiveDate> {
    year_month_day(value.checked_mul(100)?.checked_add(1)?)
}

/// The Monday of the ISO week that `202405` spells, between 1800 and 2199.
pub(in crate::rows) fn year_week(value: i64) -> Option<NaiveDate> {
    let year = i32::try_from(value / 100)
        .ok()
        .filter(|year| (1800..=2199).contains(year))?;
    NaiveDate::from_isoywd_opt(year, (value % 100) as u32, Weekday::Mon)
}

/// The day that spreadsheets count so, between 1954 and 2119.
pub(in crate::rows) fn serial_day(value: i64) -> Option<NaiveDate> {
    let days = u64::try_from(value)
        .ok()
        .filter(|days| (20_000..=80_000).contains(days))?;
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(days))
}

/// The day that `20240105` spells, between 1800 and 2199.
pub(in crate::rows) fn year_month_day(value: i64) -> Option<NaiveDate> {
    if !(18_000_101..=21_991_231).contains(&value) {
        return None;
    }
    let value = value as u32;
    NaiveDate::from_ymd_opt((value / 10_000) as i32, value / 100 % 100, value % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_known_by_their_size() {
        for (value, expected, date) in [
            (2024, IntegerTimes::Years, "2024-01-01"),
            (202_402, IntegerTimes::YearMonths, "2024-02-01"),
            (20_240_229, IntegerTimes::YearMonthDays, "2024-02-29"),
            (1_704_067_199, IntegerTimes::Seconds, "2023-12-31"),
            (1_704_067_200_000, IntegerTimes::Millis, "2024-01-01"),
            (1_704_067_200_000_000, IntegerTimes::Micros, "2024-01-01"),
            (1_704_067_200_000_000_000, IntegerTimes::Nanos, "2024-01-01"),
        ] {
            assert_eq!(IntegerTimes::of_range(value, value), Some(expected));
            assert_eq!(expected.date(value, Tz::UTC).unwrap().to_string(), date);
        }
        for (times, value, date) in [
            (IntegerTimes::YearWeeks, 202_401, "2024-01-01"),
            (IntegerTimes::YearWeeks, 202_053, "2020-12-28"),
            (IntegerTimes::SerialDays, 45_296, "2024-01-05"),
        ] {
            assert_eq!(times.date(value, Tz::UTC).unwrap().to_string(), date);
        }
        assert_eq!(
            (year_week(202_453), year_week(202_400), serial_day(19_999)),
            (None, None, None)
        );
        assert_eq!(IntegerTimes::of_range(1, 31), None);
        assert_eq!(IntegerTimes::of_range(-5, 2024), None);
        assert_eq!(IntegerTimes::of_range(20_240_230, 20_240_230), None);
    }

    #[test]
    fn points_in_time_take_the_zone_and_naive_ones_keep_their_date() {
        let date = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        let time = NaiveTime::from_hms_opt(3, 0, 0);
        let naive = Moment {
            date,
            time,
            offset: None,
        };
        assert_eq!(naive.date_in(Tz::America__New_York), date);
        let instant = Moment {
            offset: Some(0),
            ..naive
        };
        assert_eq!(instant.date_in(Tz::America__New_York).to_string(), "2023-12-31");
        assert_eq!(instant.date_in(Tz::UTC), date);
        let east = Moment {
            offset: Some(5 * 3600 + 1800),
            ..naive
        };
        assert_eq!(east.date_in(Tz::UTC).to_string(), "2023-12-31");
        assert_eq!(
            IntegerTimes::Seconds
                .date(1_704_067_200, Tz::America__New_York)
                .unwrap()
                .to_string(),
            "2023-12-31"
        );
    }
}
