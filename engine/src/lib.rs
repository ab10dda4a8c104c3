//! Command line, run loop, executor and inventory shared by every task.
