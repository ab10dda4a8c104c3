//! A secret in every spelling in which it could slip out.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A secret that is looked for.
pub(crate) struct Canary {
    name: String,
    spellings: Vec<(&'static str, Vec<u8>)>,
}

/// How long a piece of a secret must be to be no accident.
const PIECE: usize = 10;
/// How long a half of a secret must be to be no accident.
const HALF: usize = 8;

impl Canary {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let bytes = text.as_bytes();
        let json = serde_json::Value::from(text).to_string();
        let mut spellings = vec![
            ("as JSON writes it", json.trim_matches('"').as_bytes().to_vec()),
            ("as Rust writes it", format!("{text:?}").trim_matches('"').as_bytes().to_vec()),
            ("escaped for HTML", html(text).into_bytes()),
            ("percent-encoded", utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().into_bytes()),
            ("as a list of numbers", format!("{bytes:?}").trim_matches(['[', ']']).as_bytes().to_vec()),
            ("in hexadecimal digits", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()),
        ];
        spellings
            .extend(bytes.chunks(PIECE).filter(|piece| piece.len() == PIECE).map(|piece| ("in part", piece.to_vec())));
        let characters: Vec<char> = text.chars().collect();
        for half in characters.chunks(characters.len().div_ceil(2).max(HALF)).filter(|half| half.len() >= HALF) {
            spellings.push(("in half", half.iter().collect::<String>().into_bytes()));
        }
        // In the middle of a longer text base64 looks different, by how many bytes stand before it.
        for before in 0..3 {
            let padded = [&vec![0; before], bytes].concat();
            for (engine, name) in [(&STANDARD_NO_PAD, "in base64"), (&URL_SAFE_NO_PAD, "in base64 for addresses")] {
                let text = engine.encode(&padded);
                // characters at the ends also depend on the neighbours
                let start = [0, 2, 3][before];
                let end = text.len() - usize::from(padded.len() % 3 != 0);
                spellings.push((name, text.as_bytes()[start..end].to_vec()));
            }
        }
        Self { name: name.to_owned(), spellings }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The spelling in which the secret is there.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Option<&'static str> {
        // Logs hold text; where one does not, the bytes around it do not matter.
        let text = String::from_utf8_lossy(bytes);
        self.spellings
            .iter()
            .find(|(_, spelling)| text.contains(&*String::from_utf8_lossy(spelling)))
            .map(|(name, _)| *name)
    }
}

/// A way in which a server may quote a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Plain,
    /// As it was before it was sent: `user:password`.
    Pair,
    Base64,
    Base64Pair,
    UrlSafeBase64,
    PercentEncoded,
    Json,
    Html,
    FirstHalf,
    SecondHalf,
}

impl Spelling {
    pub(crate) const ALL: [Self; 10] = [
        Self::Plain,
        Self::Pair,
        Self::Base64,
        Self::Base64Pair,
        Self::UrlSafeBase64,
        Self::PercentEncoded,
        Self::Json,
        Self::Html,
        Self::FirstHalf,
        Self::SecondHalf,
    ];

    pub(crate) fn write(self, secret: &str) -> String {
        let characters: Vec<char> = secret.chars().collect();
        let (first, second) = characters.split_at(characters.len() / 2);
        match self {
            Self::Plain => secret.to_owned(),
            Self::Pair => format!("admin:{secret}"),
            Self::Base64 => STANDARD.encode(secret),
            Self::Base64Pair => STANDARD_NO_PAD.encode(format!("admin:{secret}")),
            Self::UrlSafeBase64 => URL_SAFE_NO_PAD.encode(format!("a:{secret}")),
            Self::PercentEncoded => utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            Self::Json => serde_json::Value::from(secret).to_string(),
            Self::Html => html(secret),
            Self::FirstHalf => first.iter().collect(),
            Self::SecondHalf => second.iter().collect(),
        }
    }
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_spelling_and_at_every_place() {
        let secret = "Kanarie \"Zq9\"+/&x%41=";
        let canary = Canary::new("secret", secret);
        let planted = [
            secret.to_owned(),
            serde_json::json!({"a": secret}).to_string(),
            format!("{secret:?}"),
            format!("{:?}", secret.as_bytes()),
            utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            format!("cut off: {}", &secret[..PIECE + 1]),
            STANDARD_NO_PAD.encode(secret),
            STANDARD_NO_PAD.encode(format!("u:{secret}")),
            STANDARD_NO_PAD.encode(format!("user:{secret} and more")),
            URL_SAFE_NO_PAD.encode(format!("user:{secret} and more")),
            secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ];
        let planted = planted.into_iter().chain(Spelling::ALL.map(|spelling| spelling.write(secret)));
        for text in planted {
            assert!(canary.found_in(format!("a log\nwith {text} in it").as_bytes()).is_some(), "{text}");
        }
        assert_eq!(canary.found_in(b"a log with Kanarie in it, and \xff no secret"), None);
    }
}
