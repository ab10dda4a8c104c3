//! What CI's own programs tell: a step that was not done must not pass for one that was.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Output},
};

/// Programs that the steps need beside Java and Maven, or Go.
const BESIDE: [&str; 11] =
    ["bash", "basename", "cat", "dirname", "grep", "head", "mkdir", "mktemp", "rm", "sed", "tail"];

fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// `.ci/keycloak prepare` on a machine with nothing but these programs.
fn prepare(programs: &[(&str, &str)]) -> Output {
    step(["keycloak", "prepare"], programs)
}

/// A step of CI on a machine with nothing but these programs.
fn step([script, argument]: [&str; 2], programs: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for name in BESIDE {
        let places = ["/usr/bin", "/bin"].map(|place| Path::new(place).join(name));
        let there = places.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("there is no `{name}`"));
        symlink(there, bin.join(name)).unwrap();
    }
    for (name, script) in programs {
        program(&bin, name, script);
    }
    let mut command = Command::new(bin.join("bash"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci").join(script)).arg(argument).env_clear();
    command.env("PATH", &bin).env("XDG_CACHE_HOME", folder.path()).output().unwrap()
}

const JAVA: (&str, &str) = ("java", "echo 'openjdk version \"17.0.1\"' >&2");
const UNZIP: (&str, &str) = ("unzip", "exit 1");

#[test]
fn a_keycloak_that_cannot_be_had_is_a_failure_and_a_missing_maven_is_a_skip() {
    let refused = prepare(&[JAVA, UNZIP, ("mvn", "echo '[ERROR] repository is away'; exit 1")]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("repository is away") && said.contains("the artifact could not be had"), "{said}");
    for (programs, missing) in [(&[JAVA, UNZIP][..], "no mvn"), (&[UNZIP][..], "no java")] {
        let skipped = prepare(programs);
        let said = String::from_utf8_lossy(&skipped.stderr);
        assert_eq!(skipped.status.code(), Some(75), "{said}");
        assert!(said.contains(missing), "{said}");
    }
}

#[test]
fn a_tool_of_deploy_that_cannot_be_had_is_a_failure_and_a_missing_go_is_a_skip() {
    let refused = step(["deploy", "tools"], &[("go", "echo 'proxy is away'; exit 1")]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("proxy is away") && said.contains("could not be built"), "{said}");
    let skipped = step(["deploy", "tools"], &[]);
    let said = String::from_utf8_lossy(&skipped.stderr);
    assert_eq!(skipped.status.code(), Some(75), "{said}");
    assert!(said.contains("there is no go"), "{said}");
}
