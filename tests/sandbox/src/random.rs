//! Random ids and words.

use std::fmt::Write as _;

/// A random UUID (version 4).
pub(crate) fn uuid() -> String {
    let mut bytes = random_bytes::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // writing into a String cannot fail
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A random word of `length` letters and digits, as servers make secrets.
pub(crate) fn random_word(length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut word = String::with_capacity(length);
    while word.len() < length {
        for byte in random_bytes::<32>() {
            // bytes beyond the last whole multiple are thrown away, so that every letter is as likely
            if usize::from(byte) < LETTERS.len() * 4 && word.len() < length {
                word.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
            }
        }
    }
    word
}

/// The end of a generated name, of letters that make no words.
pub(crate) fn suffix() -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    random_bytes::<5>().iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

#[expect(clippy::expect_used, reason = "no random numbers means no operating system to speak of")]
pub(crate) fn random_bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
