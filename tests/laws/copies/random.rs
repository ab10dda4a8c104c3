//! Copies at random: Secrets of two teams, rules that take some of them, and Secrets that are in the way: copies of before, in any
//! state, and those of other people.

use std::collections::BTreeMap;

use proptest::{collection::btree_map, prelude::*, sample::select};
use serde_json::{Value, json};

use super::Copies;
use crate::{property::AtRandom, subject::Subject};

/// What a Secret is made of.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    secret_type: &'static str,
    data: BTreeMap<String, String>,
}

/// Who a Secret in the way belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// This platform, by its labels.
    Ours,
    /// Another platform's copies.
    OtherPlatform,
    /// Somebody who knows nothing of copies.
    Nobody,
}

/// A Secret by its namespace and its name.
type Place = (&'static str, String);

#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Whether rules take all types.
    all_types: bool,
    sources: BTreeMap<Place, Content>,
    in_the_way: BTreeMap<Place, (Owner, Content)>,
}

const TEAMS: [&str; 2] = ["team-alpha", "team-beta"];
const TARGET: &str = "argocd";
const TYPES: [&str; 2] = ["Opaque", "example.com/other"];

fn content() -> impl Strategy<Value = Content> {
    // texts in base64 of three letters each; a Secret may hold nothing yet
    let data = btree_map("[k-n]", select(vec!["YWFh", "YmJi", ""]).prop_map(str::to_owned), 0..4);
    (select(&TYPES), data).prop_map(|(secret_type, data)| Content { secret_type, data })
}

fn copy_of((namespace, name): &Place) -> Place {
    (TARGET, format!("copy-{namespace}-{name}"))
}

impl Content {
    fn is_filled(&self) -> bool {
        self.data.values().any(|value| !value.is_empty())
    }

    fn object(&self, metadata: Value) -> Value {
        json!({"metadata": metadata, "type": self.secret_type, "data": self.data})
    }

    /// Whether a Secret of the cluster holds just this.
    fn is_in(&self, secret: &Value) -> bool {
        let none = json!({});
        let data = secret.get("data").filter(|data| !data.is_null()).unwrap_or(&none);
        secret["type"] == self.secret_type && *data == json!(self.data)
    }
}

impl Owner {
    fn labels(self) -> Value {
        let of = |platform: &str| {
            json!({
                "app.kubernetes.io/managed-by": "evenkeel", "evenkeel.dev/platform": platform,
                "evenkeel.dev/task": "copy-certs", "theirs": "yes",
            })
        };
        match self {
            Self::Ours => of("demo"),
            Self::OtherPlatform => of("other"),
            Self::Nobody => json!({"theirs": "yes"}),
        }
    }
}

impl Case {
    /// What becomes a copy, with what it holds.
    fn copies(&self) -> impl Iterator<Item = (Place, &Content)> {
        let taken = |content: &Content| (self.all_types || content.secret_type == TYPES[0]) && content.is_filled();
        self.sources.iter().filter(move |(_, content)| taken(content)).map(|(place, content)| (copy_of(place), content))
    }

    /// Whether somebody else's Secret is where a copy would be.
    fn is_taken(&self, copy: &Place) -> bool {
        self.in_the_way.get(copy).is_some_and(|(owner, _)| *owner != Owner::Ours)
    }
}

impl AtRandom for Copies {
    type Case = Case;

    fn cases() -> BoxedStrategy<Case> {
        let place = (select(&TEAMS), "[a-c]").prop_map(|(team, name)| (team, name));
        let sources = btree_map(place.clone(), content(), 0..5);
        let owner = select(vec![Owner::Ours, Owner::Ours, Owner::OtherPlatform, Owner::Nobody]);
        let in_the_way = btree_map(place.prop_map(|place| copy_of(&place)), (owner, content()), 0..5);
        (any::<bool>(), sources, in_the_way)
            .prop_map(|(all_types, sources, in_the_way)| Case { all_types, sources, in_the_way })
            .boxed()
    }

    fn values_of(case: &Case, urls: &[String]) -> Vec<(&'static str, String)> {
        let mut from = json!({"namespaces": "team-*"});
        if !case.all_types {
            from["type"] = json!(TYPES[0]);
        }
        let rule = json!({"from": from, "to": {"namespace": TARGET, "name": "copy-{namespace}-{name}"}});
        [Self::values(urls), vec![("90-random.yaml", json!({"copies": [rule]}).to_string())]].concat()
    }

    async fn make(&self, case: &Case) {
        for team in TEAMS {
            for name in ["pull", "settings"] {
                self.server.remove("secrets", team, name);
            }
        }
        for ((namespace, name), content) in &case.sources {
            self.server.insert("secrets", namespace, name, content.object(json!({})));
        }
        for ((namespace, name), (owner, content)) in &case.in_the_way {
            let metadata = json!({"labels": owner.labels(), "annotations": {"theirs": "yes"}});
            self.server.insert("secrets", namespace, name, content.object(metadata));
        }
    }

    fn refused(case: &Case) -> Vec<String> {
        let differs = |copy: &Place, content: &Content| {
            case.in_the_way
                .get(copy)
                .is_some_and(|(_, there)| there.secret_type != content.secret_type || there.data != content.data)
        };
        let refused = case.copies().filter(|(copy, content)| case.is_taken(copy) && differs(copy, content));
        refused.map(|((namespace, name), _)| format!("secret/{namespace}/{name}")).collect()
    }

    fn lost(case: &Case, before: &Value, after: &Value) -> Vec<String> {
        let of = |state: &Value, (namespace, name): &Place| {
            state["kubernetes"]["secrets"][format!("{namespace}/{name}")].clone()
        };
        let copies: BTreeMap<Place, &Content> = case.copies().collect();
        let mut lost = Vec::new();
        let others = case.in_the_way.keys().filter(|place| case.is_taken(place) || !copies.contains_key(*place));
        for place in case.sources.keys().chain(others) {
            if of(before, place) != of(after, place) {
                lost.push(format!("{place:?}: {} -> {}", of(before, place), of(after, place)));
            }
        }
        for (copy, content) in copies.iter().filter(|(copy, _)| !case.is_taken(copy)) {
            let is = of(after, copy);
            if !content.is_in(&is) {
                lost.push(format!("{copy:?} should hold {content:?} and is {is}"));
            }
            let metadata = &is["metadata"];
            let kept = metadata["labels"]["theirs"] == "yes" && metadata["annotations"]["theirs"] == "yes";
            if case.in_the_way.contains_key(copy) && !kept {
                lost.push(format!("{copy:?} lost what others had noted on it: {is}"));
            }
        }
        lost
    }
}
