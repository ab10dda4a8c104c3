//! A text in small parts of whole lines.

use std::collections::BTreeMap;

use evenkeel_kubernetes_client::secret::SecretBytes;

/// What the keys of pages begin with. The number after it has so many digits that their order is that of the pages.
const PREFIX: &str = "page-";

/// The pages of the head, in their order. Its `Debug` shows none: the first line of an inventory holds a key.
#[derive(Default)]
pub(super) struct Pages(Vec<String>);

impl std::fmt::Debug for Pages {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Pages({} bytes)", self.bytes())
    }
}

impl Pages {
    /// The pages in a Secret's data; `None` when one is missing or no text.
    pub(super) fn of(data: &BTreeMap<String, SecretBytes>) -> Option<Self> {
        let pages = data.iter().filter(|(key, _)| key.starts_with(PREFIX));
        let texts = pages.enumerate().map(|(index, (found, value))| {
            let text = std::str::from_utf8(value.expose()).ok()?;
            (*found == key(index)).then(|| text.to_owned())
        });
        texts.collect::<Option<Vec<String>>>().map(Self)
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(String::len).sum()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn text(&self) -> String {
        self.0.concat()
    }

    /// Removes all pages. Returns their keys, each with nothing.
    pub(super) fn clear(&mut self) -> BTreeMap<String, Option<String>> {
        (0..std::mem::take(&mut self.0).len()).map(|index| (key(index), None)).collect()
    }

    /// Adds whole lines. Returns the pages that are new or have changed, by their keys.
    pub(super) fn append(&mut self, lines: &str, most: usize) -> BTreeMap<String, Option<String>> {
        let first = self.0.len().saturating_sub(1);
        for line in lines.split_inclusive('\n') {
            match self.0.last_mut() {
                Some(page) if page.len() + line.len() <= most => page.push_str(line),
                _ => self.0.push(line.to_owned()),
            }
        }
        self.0.iter().enumerate().skip(first).map(|(index, page)| (key(index), Some(page.clone()))).collect()
    }
}

fn key(index: usize) -> String {
    format!("{PREFIX}{index:06}")
}

/// Cuts a text into parts of whole lines, each of at most so many bytes, but for a line that is longer by itself.
pub(super) fn cut(text: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        if end > start && end + line.len() - start > most {
            parts.push(&text[start..end]);
            start = end;
        }
        end += line.len();
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_lines() {
        assert_eq!(cut("aa\nbb\nccccccc\nd\n", 6), ["aa\nbb\n", "ccccccc\n", "d\n"]);
        assert_eq!(cut("", 6), [""]);
    }

    #[test]
    fn a_line_more_changes_the_last_page_only() {
        let mut pages = Pages::default();
        let changed = pages.append("aa\nbb\ncc\n", 6);
        assert_eq!(changed.len(), 2);
        let changed = pages.append("d\n", 6);
        assert_eq!(changed, BTreeMap::from([(key(1), Some("cc\nd\n".to_owned()))]));
        assert_eq!(pages.text(), "aa\nbb\ncc\nd\n");
        assert_eq!(pages.clear(), BTreeMap::from([(key(0), None), (key(1), None)]));
        assert!(pages.is_empty());
    }

    #[test]
    fn a_missing_page_is_noticed() {
        let page = |index| (key(index), SecretBytes::from(b"a\n".to_vec()));
        assert!(Pages::of(&BTreeMap::from([page(0), page(1)])).is_some());
        assert!(Pages::of(&BTreeMap::from([page(0), page(2)])).is_none());
    }
}
