//! How long a drive has room: growth from what was read of it day by day, and what the planned classes will add.

use chrono::{Days, NaiveDate};

/// Bytes of an hour of recording where no recording tells better: Microsoft's own figure.
pub const USUAL_BYTES_PER_HOUR: i64 = 400_000_000;

/// How far a forecast looks.
const HORIZON_DAYS: u64 = 730;

/// Readings of fewer days say nothing of growth.
const FEWEST_DAYS: i64 = 3;

/// What was read of a drive on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayReading {
    /// The day.
    pub day: NaiveDate,
    /// Bytes in use.
    pub used_bytes: i64,
}

/// Bytes by which a drive grows each day: the slope through all readings, so that one clean-up does not turn it. `None`
/// where they span too few days.
pub fn growth(readings: &[DayReading]) -> Option<i64> {
    let first = readings.iter().map(|reading| reading.day).min()?;
    let last = readings.iter().map(|reading| reading.day).max()?;
    if (last - first).num_days() < FEWEST_DAYS {
        return None;
    }
    let n = readings.len() as f64;
    let points =
        readings.iter().map(|reading| ((reading.day - first).num_days() as f64, reading.used_bytes as f64));
    let (sum_x, sum_y) = points.clone().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (above, below) = points.fold((0.0, 0.0), |sum, (x, y)| {
        (sum.0 + (x - mean_x) * (y - mean_y), sum.1 + (x - mean_x) * (x - mean_x))
    });
    Some((above / below).round() as i64)
}

/// What is known of a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes in all.
    pub total_bytes: i64,
    /// Bytes in use.
    pub used_bytes: i64,
    /// Growth in bytes each day.
    pub growth: Option<i64>,
}

/// The day on which the drive is full: each day adds what is planned for it, or the usual growth if that is more. `None`
/// if that is not to be seen.
pub fn full_on(today: NaiveDate, room: Room, planned: &[(NaiveDate, i64)]) -> Option<NaiveDate> {
    let growth = room.growth.unwrap_or_default().max(0);
    let mut used = room.used_bytes;
    if room.total_bytes <= 0 {
        return None;
    }
    for ahead in 0..=HORIZON_DAYS {
        let day = today.checked_add_days(Days::new(ahead))?;
        if used >= room.total_bytes {
            return Some(day);
        }
        let of_day: i64 = planned.iter().filter(|(on, _)| *on == day).map(|(_, bytes)| *bytes).sum();
        used = used.saturating_add(of_day.max(growth));
    }
    None
}

/// Bytes that a class of so many minutes is expected to need.
pub fn of_class(minutes: i64, bytes_per_hour: i64) -> i64 {
    minutes.max(0).saturating_mul(bytes_per_hour) / 60
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: i64 = 1_000_000_000;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, number).unwrap()
    }

    fn readings(used: &[i64]) -> Vec<DayReading> {
        (1..).zip(used).map(|(number, used)| DayReading { day: day(number), used_bytes: used * GB }).collect()
    }

    #[test]
    fn growth_is_the_slope_and_needs_some_days() {
        assert_eq!(growth(&readings(&[10, 12, 14, 16, 18])), Some(2 * GB));
        assert_eq!(growth(&readings(&[10, 10, 10, 10])), Some(0));
        assert_eq!(growth(&readings(&[10, 12, 14])), None);
        assert_eq!(growth(&[]), None);
    }

    #[test]
    fn a_drive_is_full_when_growth_or_plans_say_so() {
        let room = Room { total_bytes: 100 * GB, used_bytes: 90 * GB, growth: Some(2 * GB) };
        assert_eq!(full_on(day(1), room, &[]), Some(day(6)));
        assert_eq!(full_on(day(1), room, &[(day(2), 8 * GB)]), Some(day(3)));
        let still = Room { growth: None, ..room };
        assert_eq!(full_on(day(1), still, &[(day(2), GB)]), None);
        assert_eq!(full_on(day(1), Room { used_bytes: 100 * GB, ..still }, &[]), Some(day(1)));
        assert_eq!(full_on(day(1), Room { total_bytes: 0, ..still }, &[]), None);
    }

    #[test]
    fn a_class_needs_what_its_length_says() {
        assert_eq!(of_class(90, 400_000_000), 600_000_000);
        assert_eq!(of_class(-5, 400_000_000), 0);
    }
}
