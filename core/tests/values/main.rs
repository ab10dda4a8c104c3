//! Values as people write them.

mod loading;
mod problems;
