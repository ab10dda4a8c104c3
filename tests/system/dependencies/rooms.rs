//! The rooms of the workspace, and what each may know: the table in `docs/design.md`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The root of the workspace.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What cargo prints about the workspace. Nothing is built, and nothing is got from anywhere.
pub(super) fn cargo(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO")).args(arguments).args(["--locked", "--offline"]).current_dir(root()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A crate of the workspace.
pub(super) struct Member {
    /// The room in which it is, such as `clients/keycloak`.
    pub(super) room: String,
    /// The rooms that it depends on, each with whether its tests alone do.
    pub(super) knows: Vec<(String, bool)>,
}

impl Member {
    /// Where its sources are.
    pub(super) fn sources(&self) -> PathBuf {
        if self.room == "src" { root().join("src") } else { root().join(&self.room).join("src") }
    }
}

/// All crates of the workspace.
pub(super) fn members() -> Vec<Member> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let member = |package: &Value| {
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let knows = dependencies.filter_map(|dependency| {
            Some((room(Path::new(dependency["path"].as_str()?)), dependency["kind"] == "dev"))
        });
        Member { room: room(folder), knows: knows.collect() }
    };
    packages.iter().map(member).collect()
}

/// The room that a folder is: the crate at the root is that in `src`.
fn room(folder: &Path) -> String {
    let folder = folder.strip_prefix(root()).unwrap().to_str().unwrap();
    if folder.is_empty() { "src".to_owned() } else { folder.to_owned() }
}

/// What a room may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    Everybody,
    /// These, each by the whole name of its room or by the end of it.
    These(Vec<String>),
}

impl Allowed {
    pub(super) fn allows(&self, room: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::These(names) => names.iter().any(|name| room == name || room.rsplit('/').next() == Some(name)),
        }
    }
}

/// The table, by room.
pub(super) fn table() -> BTreeMap<String, Allowed> {
    let design = std::fs::read_to_string(root().join("docs/design.md")).unwrap();
    let section = design.split("\n## ").find(|section| section.starts_with("The rooms\n")).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let mut table = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [rooms, _, knows] = cells[..] else { panic!("a row of three cells: {row}") };
        for room in quoted(rooms) {
            let mut allowed = if knows == "everybody" { Allowed::Everybody } else { Allowed::These(quoted(knows)) };
            if let Allowed::These(names) = &mut allowed
                && knows.contains("its client")
            {
                names.push(format!("clients/{}", room.rsplit('/').next().unwrap()));
            }
            table.insert(room, allowed);
        }
    }
    table
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
