//! The suite's result, as a table in plain text.

use std::fmt;
use std::io::{self, Write};

use crate::scenario::Row;

/// Writes one line for each row, then what went wrong, then a line with the totals.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let width = rows.iter().map(|row| row.name.chars().count()).max();
    let width = width.unwrap_or_default().max("scenario".len());
    writeln!(out, "{:<width$}  {:>5}  {:>8}  {:>7}  result", "scenario", "steps", "findings", "seconds")?;
    for row in rows {
        writeln!(
            out,
            "{:<width$}  {:>5}  {:>8}  {:>7.1}  {}",
            row.name,
            row.steps,
            row.findings.len(),
            row.took.as_secs_f64(),
            Verdict(row.passed())
        )?;
    }
    for row in rows {
        for remark in &row.remarks {
            writeln!(out, "{}: {remark}", row.name)?;
        }
        for finding in &row.findings {
            writeln!(out, "{}: {finding}", row.name)?;
        }
    }
    let failed = rows.iter().filter(|row| !row.passed()).count();
    writeln!(
        out,
        "conformance result: {}. {} passed; {failed} failed; {} steps; finished in {:.2}s",
        Verdict(failed == 0 && !rows.is_empty()),
        rows.len() - failed,
        rows.iter().map(|row| row.steps).sum::<usize>(),
        rows.iter().map(|row| row.took).sum::<std::time::Duration>().as_secs_f64()
    )
}

struct Verdict(bool);

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0 { "ok" } else { "FAILED" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn row(name: &str, findings: &[&str]) -> Row {
        Row {
            name: name.to_owned(),
            steps: 7,
            findings: findings.iter().map(|&finding| finding.to_owned()).collect(),
            remarks: Vec::new(),
            took: Duration::from_millis(1500),
        }
    }

    fn written(rows: &[Row]) -> String {
        let mut out = Vec::new();
        write(&mut out, rows).expect("a table");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_table_has_a_line_for_each_scenario_and_one_for_each_finding() {
        assert_eq!(
            written(&[row("contract a", &[]), row("b", &["step `x`: status"])]),
            "scenario    steps  findings  seconds  result\n\
             contract a      7         0      1.5  ok\n\
             b               7         1      1.5  FAILED\n\
             b: step `x`: status\n\
             conformance result: FAILED. 1 passed; 1 failed; 14 steps; finished in 3.00s\n"
        );
    }

    #[test]
    fn a_suite_that_ran_nothing_has_not_passed() {
        assert!(written(&[]).ends_with("conformance result: FAILED. 0 passed; 0 failed; 0 steps; finished in 0.00s\n"));
    }
}
