//! The umbrella command of evenkeel.
fn main() {}
