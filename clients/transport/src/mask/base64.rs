//! What may be base64 in a text, of either alphabet, padded or not.

use std::ops::Range;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Fewer characters hold no secret.
const SHORTEST: usize = 8;
/// Fewer hold none when their beginning is cut off, or something else stands before it.
const SHORTEST_CUT: usize = 20;

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The parts that have only characters of base64, with their padding.
pub(super) fn runs(text: &[u8]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let length = text[start..].iter().take_while(|byte| is_digit(**byte)).count();
        let padding = text[start + length..].iter().take_while(|byte| **byte == b'=').take(2).count();
        if length >= SHORTEST {
            runs.push(start..start + length + padding);
        }
        start += length + padding.max(1);
    }
    runs
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// What the run may stand for: something else may stand directly before it, or its beginning may be cut off.
pub(super) fn decodings(run: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let digits: Vec<u8> = run.iter().filter(|byte| **byte != b'=').map(|byte| standard(*byte)).collect();
    let cuts = if digits.len() < SHORTEST_CUT { 1 } else { 4 };
    (0..cuts).filter_map(move |before| {
        let digits = digits.get(before..)?;
        // One digit alone is no byte.
        let whole = digits.len() - usize::from(digits.len() % 4 == 1);
        ENGINE.decode(&digits[..whole]).ok()
    })
}

const fn standard(digit: u8) -> u8 {
    match digit {
        b'-' => b'+',
        b'_' => b'/',
        digit => digit,
    }
}
