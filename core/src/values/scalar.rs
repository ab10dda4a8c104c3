//! Plain scalars by the core schema of YAML 1.2 (section 10.3.2): `true` is a boolean, `yes` and `no` are strings.

use serde_json::Number;

/// What a plain scalar means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    Text,
}

/// A number that JSON cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotFinite;

/// Resolves a plain (unquoted) scalar.
pub(crate) fn resolve(text: &str) -> Result<Scalar, NotFinite> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Scalar::Null),
        "true" | "True" | "TRUE" => return Ok(Scalar::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Scalar::Bool(false)),
        _ => {}
    }
    if !text.starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        return Ok(Scalar::Text);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(NotFinite);
    }
    Ok(number(text, unsigned)?.map_or(Scalar::Text, Scalar::Number))
}

fn number(text: &str, unsigned: &str) -> Result<Option<Number>, NotFinite> {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let valid = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
            return Ok(if valid { u64::from_str_radix(digits, radix).ok().map(Number::from) } else { None });
        }
    }
    if !is_decimal(unsigned) {
        return Ok(None);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(value) = text.parse::<u64>() {
        return Ok(Some(Number::from(value)));
    }
    if let Ok(value) = text.parse::<i64>() {
        return Ok(Some(Number::from(value)));
    }
    // an overflow of f64 becomes infinite, which JSON cannot carry
    text.parse::<f64>().ok().and_then(Number::from_f64).map(Some).ok_or(NotFinite)
}

/// `[0-9]+`, or `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_fits = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_and_false_are_booleans() {
        for text in ["yes", "no", "on", "off", "y", "n", "tRUE"] {
            assert_eq!(resolve(text), Ok(Scalar::Text), "{text}");
        }
        assert_eq!(resolve("True"), Ok(Scalar::Bool(true)));
    }

    #[test]
    fn numbers_follow_the_core_schema() {
        for (text, expected) in [("12", 12), ("-3", -3), ("+4", 4), ("0o17", 15), ("0xff", 255), ("012", 12)] {
            assert_eq!(resolve(text), Ok(Scalar::Number(Number::from(expected))), "{text}");
        }
        for text in ["1.2.3", "12ab", "-", ".", "1e", "0x", "0xzz", "1_000", "10:30", "--1", "+-1", "1e+"] {
            assert_eq!(resolve(text), Ok(Scalar::Text), "{text}");
        }
        assert_eq!(resolve("1.5e3"), Ok(Scalar::Number(Number::from_f64(1500.0).expect("finite"))));
    }

    #[test]
    fn a_number_that_json_cannot_carry_is_refused() {
        for text in [".inf", "-.Inf", ".nan", "1e999"] {
            assert_eq!(resolve(text), Err(NotFinite), "{text}");
        }
    }
}
