//! The build script of every crate under `clients/` that is generated: each links here
//! (`clients/<application>/build.rs`) and to its part of `openapi-specs/`, so that both stay
//! single sources and a packaged client still carries them. Nothing generated is committed.

fn main() {
    evenkeel_codegen::build_script();
}
