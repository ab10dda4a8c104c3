//! Lists: selected, in pages, from the present or the past.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::{Answer, Failure, Named, Reply};
use super::invalid::FieldError;
use super::json::{parse, quoted};
use super::registry::Resource;
use super::request::{Request, Target};
use super::selectors::Selector;
use super::store::{Key, Stored, range};
use super::views::View;
use super::world::World;

const TOO_OLD: &str = "The resourceVersion for the provided list is too old.";
const TOKEN_TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// Answers GET of a collection.
pub(crate) fn answer(world: &World, request: &Request, target: &Target, resource: &Arc<Resource>) -> Reply {
    let view = View::of_list(request, resource)?;
    let selector = selector(request, resource)?;
    let page = Page::read(world, request)?;
    let namespace = Some(target.object_namespace()).filter(|namespace| !namespace.is_empty());
    let shelf = resource.stored_as();
    let now = world.clock.now();
    if page.revision == world.store.revision() || page.inconsistent {
        let items = world.store.list_after(&shelf, namespace, page.after.as_ref());
        return Ok(page.answer(view, resource, &selector, items, now));
    }
    let past = world.store.at(&shelf, page.revision);
    Ok(page.answer(view, resource, &selector, range(&past, namespace, page.after.as_ref()), now))
}

pub(crate) fn selector(request: &Request, resource: &Resource) -> Result<Selector, Failure> {
    let text = |name: &str| request.query.get(name).unwrap_or_default().to_owned();
    Selector::read(&text("labelSelector"), &text("fieldSelector"), resource)
}

/// A revision in a query; nothing where it is not said.
pub(crate) fn revision(request: &Request) -> Result<Option<u64>, Failure> {
    let Some(text) = request.query.get("resourceVersion") else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        let text = quoted(text);
        let why = format!("resourceVersion: Invalid value: {text}: strconv.ParseUint: parsing {text}: invalid syntax");
        Failure::internal(why)
    })
}

/// Refuses options of lists and watches that contradict each other.
pub(crate) fn check_match(request: &Request, watch: bool) -> Result<(), Failure> {
    let query = &request.query;
    let initial = query.get("sendInitialEvents").is_some();
    let given = query.get("resourceVersionMatch");
    let mut wrong = Vec::new();
    let forbidden = |why: &str| FieldError::forbidden("resourceVersionMatch", why);
    match given {
        None if initial && watch => {
            wrong.push(forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        }
        Some(_) if watch && !initial => {
            wrong.push(forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
        }
        Some("NotOlderThan") if watch => {}
        Some(_) if !watch && query.get("continue").is_some() => {
            wrong.push(forbidden("resourceVersionMatch is forbidden when continue is provided"));
        }
        Some(_) if !watch && query.get("resourceVersion").is_none() => {
            wrong.push(forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"));
        }
        Some("Exact") if !watch && query.get("resourceVersion") == Some("0") => {
            wrong.push(forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
        }
        Some("Exact" | "NotOlderThan") if !watch => {}
        Some(other) => {
            wrong.push(FieldError::unsupported("resourceVersionMatch", &quoted(other), &["Exact", "NotOlderThan", ""]));
        }
        None => {}
    }
    if initial && !watch {
        wrong.push(FieldError::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::invalid(Named { group: "meta.k8s.io", kind: "ListOptions" }, "", &wrong))
}

/// A number in a query.
pub(crate) fn number(request: &Request, name: &str) -> Result<Option<u64>, Failure> {
    let Some(text) = request.query.get(name) else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(number) => Ok(u64::try_from(number).ok().filter(|number| *number > 0)),
        Err(_) => {
            let why = format!("strconv.ParseInt: parsing {}: invalid syntax", quoted(text));
            Err(Failure::bad_request(why))
        }
    }
}

/// Which part of a list, as it was when.
struct Page {
    revision: u64,
    /// The last object of the page before, by namespace and name.
    after: Option<Key>,
    limit: Option<usize>,
    /// Goes on in the present although the list began in the past.
    inconsistent: bool,
}

impl Page {
    fn read(world: &World, request: &Request) -> Result<Self, Failure> {
        let limit = number(request, "limit")?.and_then(|limit| usize::try_from(limit).ok());
        check_match(request, false)?;
        let wanted = revision(request)?;
        let current = world.store.revision();
        let mut page = Self { revision: current, after: None, limit, inconsistent: false };
        if let Some(token) = request.query.get("continue") {
            if wanted.is_some_and(|wanted| wanted != 0) {
                return Err(Failure::bad_request("specifying resource version is not allowed when using continue"));
            }
            page.go_on(world, token)?;
            return Ok(page);
        }
        match (wanted, request.query.get("resourceVersionMatch")) {
            (None, _) => {}
            // from the cache, which has no pages
            (Some(0), _) => page.limit = None,
            (Some(wanted), _) if wanted > current => return Err(Failure::from_the_future(wanted, current)),
            (Some(wanted), Some("Exact")) if wanted < world.store.compacted() => {
                return Err(Failure::expired(TOO_OLD, None));
            }
            (Some(wanted), Some("Exact")) => page.revision = wanted,
            (Some(_), _) => {}
        }
        Ok(page)
    }

    fn go_on(&mut self, world: &World, token: &str) -> Result<(), Failure> {
        let (revision, after) = read_token(token)
            .map_err(|why| Failure::bad_request(format!("invalid continue token: continue key is not valid: {why}")))?;
        self.after = Some(after.clone());
        match revision {
            None => self.inconsistent = true,
            Some(revision) if revision < world.store.compacted() => {
                return Err(Failure::expired(TOKEN_TOO_OLD, Some(write_token(None, &after))));
            }
            Some(revision) => self.revision = revision,
        }
        Ok(())
    }

    fn answer<'a>(
        &self,
        view: View,
        resource: &Resource,
        selector: &Selector,
        objects: impl Iterator<Item = (&'a Key, &'a Arc<Stored>)>,
        now: i64,
    ) -> Answer {
        let mut fitting = objects.filter(|(_, object)| selector.is_empty() || selector.fits(&object.value));
        let items: Vec<(&Key, &Arc<Stored>)> = fitting.by_ref().take(self.limit.unwrap_or(usize::MAX)).collect();
        let mut metadata = json!({"resourceVersion": self.revision.to_string()});
        if let (Some((last, _)), true) = (items.last(), fitting.next().is_some()) {
            metadata["continue"] = write_token(Some(self.revision), last).into();
            if selector.is_empty() {
                metadata["remainingItemCount"] = (1 + fitting.count()).into();
            }
        }
        let body = view.list(resource, items.iter().map(|(_, object)| &***object), metadata, now);
        Answer::new(200, view.content_type, body)
    }
}

fn write_token(revision: Option<u64>, last: &Key) -> String {
    let revision = revision.map_or(Value::from(-1), Value::from);
    let start = format!("{}/{}\0", last.namespace, last.name);
    URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": revision, "start": start}).to_string())
}

fn read_token(token: &str) -> Result<(Option<u64>, Key), Cow<'static, str>> {
    let trimmed = token.trim_end_matches('=');
    // what does not fill a byte is thrown away, as the real server does
    let whole = if trimmed.len() % 4 == 1 { &trimmed[..trimmed.len() - 1] } else { trimmed };
    let lenient = base64::engine::GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);
    let engine = base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, lenient);
    let bytes = engine.decode(whole).map_err(|_| "illegal base64 data at input byte 0")?;
    let token = parse(&bytes).map_err(Cow::Owned)?.value;
    let start = token["start"].as_str().map(|start| start.trim_end_matches('\0'));
    let (namespace, name) = start.and_then(|start| start.split_once('/')).ok_or("continue key is not valid")?;
    Ok((token["rv"].as_u64(), Key::new(namespace, name)))
}

/// The objects that a deletion of a collection is about.
pub(crate) fn selected(
    world: &World,
    target: &Target,
    resource: &Resource,
    selector: &Selector,
) -> BTreeMap<Key, Arc<Stored>> {
    let objects = world.store.list(&resource.stored_as(), Some(target.object_namespace()));
    let fitting = objects.filter(|(_, object)| selector.fits(&object.value));
    fitting.map(|(key, object)| (key.clone(), Arc::clone(object))).collect()
}
