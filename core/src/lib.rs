//! Values, diff, plan and report: the pure part of evenkeel.
