//! Ports, durations, shares, retries and statuses.

use super::fault::Fault;

/// The longest duration: a day, in milliseconds.
const MAX_DURATION_MS: u64 = 24 * 60 * 60 * 1000;

/// A whole number without sign and without leading zeros.
fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    if digits && (text == "0" || !text.starts_with('0')) { text.parse().ok() } else { None }
}

/// A port, 1 to 65535.
pub(super) fn port(text: &str) -> Result<u16, Fault> {
    whole(text).and_then(|n| u16::try_from(n).ok()).filter(|&n| n > 0).ok_or_else(|| {
        Fault::new(format!("`{text}` is not a port"), "not a port").help("a port is a number from 1 to 65535")
    })
}

/// A duration in milliseconds: `250ms`, `5s`, `10m`, `1h`.
pub(super) fn duration_ms(text: &str) -> Result<u64, Fault> {
    let fault = |label: &'static str| {
        Fault::new(format!("`{text}` is not a duration"), label)
            .help("a duration is a whole number with a unit: `250ms`, `5s`, `10m` or `1h`")
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "" if digits > 0 => return Err(fault("has no unit")),
        _ => return Err(fault("not a number with a unit")),
    };
    let Some(number) = whole(number) else { return Err(fault("not a number with a unit")) };
    match number.checked_mul(factor) {
        Some(0) => Err(fault("must be more than zero")),
        Some(ms) if ms <= MAX_DURATION_MS => Ok(ms),
        _ => Err(fault("longer than `24h`")),
    }
}

/// A duration of whole seconds, in seconds.
pub(super) fn duration_seconds(text: &str) -> Result<u64, Fault> {
    let ms = duration_ms(text)?;
    if ms.is_multiple_of(1000) {
        return Ok(ms / 1000);
    }
    Err(Fault::new(format!("`{text}` is not a number of whole seconds"), "not whole seconds")
        .help("browsers count the time in whole seconds: write `1s`, `2s` and so on"))
}

/// A share, 1 to 100.
pub(super) fn percent(text: &str) -> Result<u8, Fault> {
    whole(text).and_then(|n| u8::try_from(n).ok()).filter(|n| (1..=100).contains(n)).ok_or_else(|| {
        Fault::new(format!("`{text}%` is not a share"), "not a share")
            .help("a share is a whole number from 1 to 100 with `%`")
    })
}

/// How often a failed try is repeated, 0 to 100.
pub(super) fn retries(text: &str) -> Result<u32, Fault> {
    whole(text).and_then(|n| u32::try_from(n).ok()).filter(|&n| n <= 100).ok_or_else(|| {
        Fault::new(format!("`{text}` is not a number of retries"), "not a number of retries")
            .help("write a whole number from 0 to 100")
    })
}

/// The status of a redirect.
pub(super) fn redirect_status(text: &str) -> Result<u16, Fault> {
    whole(text).and_then(|n| u16::try_from(n).ok()).filter(|n| matches!(n, 301 | 302 | 303 | 307 | 308)).ok_or_else(
        || {
            Fault::new(format!("`{text}` is not the status of a redirect"), "not the status of a redirect")
                .help("write 301, 302, 303, 307 or 308")
        },
    )
}

/// The status of an answer, 100 to 599.
pub(super) fn status(text: &str) -> Result<u16, Fault> {
    whole(text).and_then(|n| u16::try_from(n).ok()).filter(|n| (100..=599).contains(n)).ok_or_else(|| {
        Fault::new(format!("`{text}` is not a status"), "not a status").help("a status is a number from 100 to 599")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_have_their_range() {
        assert_eq!(port("1"), Ok(1));
        assert_eq!(port("65535"), Ok(65535));
        for bad in ["", "0", "65536", "080", "+80", "-1", "80a", "8 0", "99999999999999999999"] {
            assert_eq!(port(bad).unwrap_err().message, format!("`{bad}` is not a port"));
        }
    }

    #[test]
    fn durations_have_one_unit_and_at_most_a_day() {
        let good = [("1ms", 1), ("250ms", 250), ("5s", 5000), ("10m", 600_000), ("24h", 86_400_000)];
        for (text, ms) in good {
            assert_eq!(duration_ms(text), Ok(ms));
        }
        let bad = [
            ("5", "has no unit"),
            ("", "not a number with a unit"),
            ("s", "not a number with a unit"),
            ("5sec", "not a number with a unit"),
            ("1m30s", "not a number with a unit"),
            ("1.5s", "not a number with a unit"),
            ("05s", "not a number with a unit"),
            ("0s", "must be more than zero"),
            ("25h", "longer than `24h`"),
            ("999999999999999999h", "longer than `24h`"),
        ];
        for (text, label) in bad {
            let fault = duration_ms(text).unwrap_err();
            assert_eq!((fault.message, fault.label.as_ref()), (format!("`{text}` is not a duration"), label));
        }
    }

    #[test]
    fn the_age_of_a_preflight_is_whole_seconds() {
        assert_eq!(duration_seconds("10m"), Ok(600));
        assert_eq!(duration_seconds("2000ms"), Ok(2));
        assert_eq!(duration_seconds("1500ms").unwrap_err().message, "`1500ms` is not a number of whole seconds");
    }

    #[test]
    fn shares_retries_and_statuses_have_their_ranges() {
        assert_eq!((percent("1"), percent("100")), (Ok(1), Ok(100)));
        assert_eq!(percent("0").unwrap_err().message, "`0%` is not a share");
        assert!(percent("101").is_err() && percent("ten").is_err());
        assert_eq!((retries("0"), retries("100")), (Ok(0), Ok(100)));
        assert_eq!(retries("three").unwrap_err().message, "`three` is not a number of retries");
        assert_eq!(redirect_status("308"), Ok(308));
        assert_eq!(redirect_status("304").unwrap_err().message, "`304` is not the status of a redirect");
    }
}
