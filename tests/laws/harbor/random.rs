//! Projects at random: a few names, declared and there, so that the two meet; with settings, members and labels.

use std::collections::BTreeMap;

use evenkeel_engine::export::FinishedExport;
use proptest::{collection::btree_map, option, prelude::*, sample::select};
use reqwest::Method;
use serde_json::{Value, json};

use super::Harbor;
use crate::{bench::Bench, property::AtRandom, subject::Subject};

/// Settings that are true or false: their names in the values and at the server.
const FLAGS: [(&str, &str); 5] = [
    ("public", "public"),
    ("autoScan", "auto_scan"),
    ("autoSbom", "auto_sbom_generation"),
    ("preventVulnerable", "prevent_vul"),
    ("requireSignature", "enable_content_trust_cosign"),
];

/// Roles of members, and their numbers at the server.
const ROLES: [(&str, u8); 4] = [("developer", 2), ("guest", 3), ("maintainer", 4), ("limitedGuest", 5)];

/// What is said of a project, or there of it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// By position in [`FLAGS`].
    flags: BTreeMap<usize, bool>,
    gibibytes: Option<u64>,
    /// By group, the position in [`ROLES`]. Where they are declared they are all.
    members: Option<BTreeMap<String, usize>>,
    /// Colors by name.
    labels: BTreeMap<String, &'static str>,
}

type Projects = BTreeMap<String, Said>;

/// Something declared, and something that is there before.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    declared: Projects,
    there: Projects,
}

fn projects() -> impl Strategy<Value = Projects> {
    let flags = btree_map(0..FLAGS.len(), any::<bool>(), 0..4);
    let members = option::of(btree_map("group-[a-c]", 0..ROLES.len(), 0..3));
    let labels = btree_map("[k-m]", select(vec!["#48960C", "#0065AB"]), 0..3);
    let said = (flags, option::of(1..9_u64), members, labels);
    let said = said.prop_map(|(flags, gibibytes, members, labels)| Said { flags, gibibytes, members, labels });
    // also names of digits, which are no numbers
    btree_map("[a-b7]", said, 0..4)
}

impl Said {
    fn values(&self, name: &str) -> Value {
        let labels: Vec<Value> =
            self.labels.iter().map(|(name, color)| json!({"name": name, "color": color})).collect();
        let mut values = json!({"name": name, "labels": labels});
        for (flag, on) in &self.flags {
            values[FLAGS[*flag].0] = json!(on);
        }
        if let Some(amount) = self.gibibytes {
            values["storageQuota"] = json!(format!("{amount}Gi"));
        }
        if let Some(members) = &self.members {
            let member = |(group, role): (&String, &usize)| json!({"group": group, "role": ROLES[*role].0});
            values["members"] = members.iter().map(member).collect();
        }
        values
    }

    /// What a project that was there lost of what nobody declared.
    fn lost(&self, name: &str, before: &Value, after: &Value) -> Vec<String> {
        let mut lost = Vec::new();
        let mut same = |what: &str, was: &Value, is: &Value| {
            if was != is {
                lost.push(format!("{name}: {what}: {was} -> {is}"));
            }
        };
        for (position, (_, key)) in FLAGS.iter().enumerate() {
            if !self.flags.contains_key(&position) {
                same(key, &before["metadata"][key], &after["metadata"][key]);
            }
        }
        if self.gibibytes.is_none() {
            same("quota", &before["quota"], &after["quota"]);
        }
        match &self.members {
            None => same("members", &before["members"], &after["members"]),
            Some(members) => {
                let is = after["members"].as_object().into_iter().flatten();
                let groups = is.filter(|(name, _)| name.starts_with("group "));
                let groups: BTreeMap<_, _> =
                    groups.map(|(name, member)| (name.clone(), member["role"].clone())).collect();
                let wanted: BTreeMap<_, _> =
                    members.iter().map(|(group, role)| (format!("group {group}"), json!(ROLES[*role].1))).collect();
                same("members", &json!(wanted), &json!(groups));
            }
        }
        lost
    }
}

/// The labels of a project by their names.
fn labels_of(state: &Value, project: &Value) -> BTreeMap<String, Value> {
    let labels = state["harbor"]["labels"].as_array().into_iter().flatten();
    let of_project = labels.filter(|label| label["project_id"] == project["id"]);
    of_project.map(|label| (label["name"].as_str().unwrap_or_default().to_owned(), label.clone())).collect()
}

impl AtRandom for Harbor {
    type Case = Case;

    fn cases() -> BoxedStrategy<Case> {
        (projects(), projects()).prop_map(|(declared, there)| Case { declared, there }).boxed()
    }

    fn values_of(case: &Case, urls: &[String]) -> Vec<(&'static str, String)> {
        let projects: Vec<Value> = case.declared.iter().map(|(name, said)| said.values(name)).collect();
        let harbor = json!({"projects": projects, "robots": [], "registries": [], "replications": []});
        let layer = json!({"teams": {"alpha": null, "beta": null}, "harbor": harbor});
        [Self::values(urls), vec![("90-random.yaml", layer.to_string())]].concat()
    }

    async fn make(&self, case: &Case) {
        self.server.set_configuration("auth_mode", json!("oidc_auth"));
        for (name, said) in &case.there {
            let metadata: BTreeMap<&str, String> =
                said.flags.iter().map(|(flag, on)| (FLAGS[*flag].1, on.to_string())).collect();
            let mut project = json!({"project_name": name, "metadata": metadata});
            if let Some(amount) = said.gibibytes {
                project["storage_limit"] = json!(amount << 30);
            }
            self.send(Method::POST, "/projects", project).await;
            for (group, role) in said.members.iter().flatten() {
                let member = json!({"role_id": ROLES[*role].1, "member_group": {"group_name": group, "group_type": 3}});
                self.send(Method::POST, &format!("/projects/{name}/members"), member).await;
            }
            for (label, color) in &said.labels {
                let id = self.project(name).await;
                let label = json!({"name": label, "color": color, "scope": "p", "project_id": id});
                self.send(Method::POST, "/labels", label).await;
            }
        }
    }

    async fn export(bench: &Bench<Self>) -> Option<FinishedExport> {
        Some(bench.export().await)
    }

    fn lost(case: &Case, before: &Value, after: &Value) -> Vec<String> {
        let mut lost = Vec::new();
        for name in case.there.keys() {
            let of = |state: &Value| state["harbor"]["projects"][name].clone();
            let (was, is) = (of(before), of(after));
            let (labels_were, labels_are) = (labels_of(before, &was), labels_of(after, &is));
            let declared = case.declared.get(name);
            match declared {
                None if was != is => lost.push(format!("{name} is nobody's of ours: {was} -> {is}")),
                None => {}
                Some(said) => lost.extend(said.lost(name, &was, &is)),
            }
            let is_declared = |label: &str| declared.is_some_and(|said| said.labels.contains_key(label));
            let others = labels_were.iter().filter(|(label, _)| !is_declared(label));
            let gone = others.filter(|(label, was)| labels_are.get(*label) != Some(was));
            lost.extend(gone.map(|(label, was)| format!("{name}: label {label} was {was}")));
        }
        lost
    }
}
