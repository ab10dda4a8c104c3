//! Lists of indexes as texts: `0,1`, `0-2,4`.

/// Ascending indexes in short.
pub(super) fn written(indexes: &[i64]) -> String {
    let mut parts: Vec<(i64, i64)> = Vec::new();
    for index in indexes {
        match parts.last_mut() {
            Some((_, end)) if *end + 1 == *index => *end = *index,
            _ => parts.push((*index, *index)),
        }
    }
    let shown = parts.iter().map(|(start, end)| match end - start {
        0 => start.to_string(),
        1 => format!("{start},{end}"),
        _ => format!("{start}-{end}"),
    });
    shown.collect::<Vec<_>>().join(",")
}

/// How many of the indexes are in the text.
pub(super) fn counted(text: &str, indexes: &[i64]) -> usize {
    let ranges: Vec<(i64, i64)> = text.split(',').filter_map(range).collect();
    indexes.iter().filter(|index| ranges.iter().any(|(start, end)| (start..=end).contains(index))).count()
}

/// How many indexes the text names.
pub(super) fn length(text: &str) -> usize {
    let lengths = text.split(',').filter_map(range).map(|(start, end)| usize::try_from(end - start + 1));
    lengths.filter_map(Result::ok).sum()
}

fn range(part: &str) -> Option<(i64, i64)> {
    let (start, end) = part.split_once('-').unwrap_or((part, part));
    Some((start.trim().parse().ok()?, end.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_written_in_short() {
        assert_eq!(written(&[0, 1]), "0,1");
        assert_eq!(written(&[0, 1, 2, 4]), "0-2,4");
        assert_eq!(written(&[]), "");
    }

    #[test]
    fn indexes_in_short_are_read() {
        assert_eq!(counted("0-2,4", &[1, 3, 4]), 2);
        assert_eq!((length("0-2,4"), length("7"), length("")), (4, 1, 0));
    }
}
