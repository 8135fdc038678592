//! Times as the reader's clock shows them, in the time zone that the machine has.

use homeostat_core::primitives::time::Time;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many seconds the machine's clock is ahead of UTC now; 0 where that is not known.
#[must_use]
pub fn utc_offset_s() -> i32 {
    let zone = match std::env::var("TZ") {
        Ok(zone) if !zone.is_empty() => format!("/usr/share/zoneinfo/{}", zone.trim_start_matches(':')),
        _ => "/etc/localtime".to_owned(),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let offset = fs::read(zone).ok().and_then(|bytes| offset_at(&bytes, i64::try_from(now).ok()?));
    offset.unwrap_or(0)
}

/// `12:04:10`, in the reader's time.
#[must_use]
pub fn time_of_day(at: Time) -> String {
    let (_, seconds) = local(at);
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// `11-03 12:04:10`, in the reader's time.
#[must_use]
pub fn day_and_time(at: Time) -> String {
    let (days, _) = local(at);
    let (month, day) = month_and_day(days);
    format!("{month:02}-{day:02} {}", time_of_day(at))
}

fn local(at: Time) -> (i64, i64) {
    let seconds = at.ms().div_euclid(1_000) + i64::from(utc_offset_s());
    (seconds.div_euclid(86_400), seconds.rem_euclid(86_400))
}

/// Month and day of a day counted from 1970-01-01, in the Gregorian calendar, whose 400 years have 146,097 days.
fn month_and_day(days: i64) -> (i64, i64) {
    let of_era = (days + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Years begin in March here, so that the leap day is their last.
    let month = (5 * of_year + 2) / 153;
    (if month < 10 { month + 3 } else { month - 9 }, of_year - (153 * month + 2) / 5 + 1)
}

/// The offset at an instant from a time zone file (RFC 8536), from its second part with 64-bit times.
fn offset_at(bytes: &[u8], at: i64) -> Option<i32> {
    let first = Header::read(bytes)?;
    let rest = bytes.get(44 + first.data_bytes(4)..)?;
    let header = Header::read(rest)?;
    let data = rest.get(44..)?;
    let (times, data) = data.split_at_checked(header.times * 8)?;
    let (kinds_of, data) = data.split_at_checked(header.times)?;
    let (kinds, _) = data.split_at_checked(header.kinds * 6)?;
    let passed = times.chunks_exact(8).take_while(|time| {
        let time: Result<[u8; 8], _> = (*time).try_into();
        time.is_ok_and(|time| i64::from_be_bytes(time) <= at)
    });
    let kind = passed.count().checked_sub(1).and_then(|last| kinds_of.get(last)).copied().unwrap_or(0);
    let offset = kinds.chunks_exact(6).nth(usize::from(kind))?.first_chunk::<4>()?;
    Some(i32::from_be_bytes(*offset))
}

struct Header {
    counts: [usize; 6],
    times: usize,
    kinds: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        if !bytes.starts_with(b"TZif") {
            return None;
        }
        let mut counts = [0; 6];
        for (count, field) in counts.iter_mut().zip(bytes.get(20..44)?.chunks_exact(4)) {
            *count = usize::try_from(u32::from_be_bytes(field.try_into().ok()?)).ok()?;
        }
        let [.., times, kinds, _] = counts;
        Some(Header { counts, times, kinds })
    }

    /// The bytes of a part whose times have `width` bytes.
    fn data_bytes(&self, width: usize) -> usize {
        let [of_utc, of_standard, leaps, times, kinds, letters] = self.counts;
        times * (width + 1) + kinds * 6 + letters + leaps * (width + 4) + of_standard + of_utc
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_the_one_in_force() {
        let part = |width: usize| {
            let mut bytes = b"TZif2".to_vec();
            bytes.extend([0; 15]);
            for count in [0u32, 0, 0, 1, 2, 4] {
                bytes.extend(count.to_be_bytes());
            }
            bytes.extend(&1_000i64.to_be_bytes()[8 - width..]);
            bytes.push(1);
            for (offset, summer) in [(3_600i32, 0), (7_200, 1)] {
                bytes.extend(offset.to_be_bytes());
                bytes.extend([summer, 0]);
            }
            bytes.extend(*b"CET\0");
            bytes
        };
        let file = [part(4), part(8)].concat();
        assert_eq!((offset_at(&file, 999), offset_at(&file, 1_000)), (Some(3_600), Some(7_200)));
        assert_eq!(offset_at(&file[..60], 0), None);
        assert_eq!(offset_at(b"", 0), None);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, expected) in
            [(0, (1, 1)), (58, (2, 28)), (59, (3, 1)), (789, (2, 29)), (20_759, (11, 2)), (-1, (12, 31))]
        {
            assert_eq!(month_and_day(days), expected, "{days}");
        }
    }
}
