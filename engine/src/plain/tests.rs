//! An invented application: shelves, each of which holds books; a book has a secret note that is never shown. And one clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use evenkeel_core::{
    cause::Cause,
    declared::Declared,
    diff::{Rule, Rules},
    memory::{DigestKey, Memory, Ownership, Secrets, Sight, Written, WrittenFields},
    object::{Kind, ObjectId},
    plan::{Action, Change, Plan, PlanBuilder},
};
use secrecy::SecretString;
use serde::Serialize;

use super::{
    AnyKind, DeclaredObject, ObservedObjects, Only, Parent, PlainKind, Refusal, Server, Singleton, Write, left_behind,
    plan, prune,
};

const SHELF: Kind = Kind::new("shelf");
const BOOK: Kind = Kind::new("book");
const CLOCK: Kind = Kind::new("clock");

/// The application, and the requests that it was sent.
#[derive(Debug, Default)]
struct Library(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    books: BTreeMap<String, Vec<Book>>,
    time: String,
    requests: Vec<String>,
}

impl Library {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    fn with(books: &[(&str, Vec<Book>)]) -> Self {
        let books = books.iter().map(|(shelf, books)| ((*shelf).to_owned(), books.clone())).collect();
        Self(Mutex::new(Content { books, time: "noon".to_owned(), requests: Vec::new() }))
    }

    /// The requests since the last look.
    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.content().requests)
    }

    fn request(&self, request: String) -> MutexGuard<'_, Content> {
        let mut content = self.content();
        content.requests.push(request);
        content
    }
}

impl Server for Library {
    type Error = String;
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Book {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip)]
    number: Option<u32>,
}

impl Book {
    fn new(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    fn by(author: &str, title: &str) -> Self {
        Self { author: Some(author.to_owned()), ..Self::new(title) }
    }

    fn numbered(self, number: u32) -> Self {
        Self { number: Some(number), ..self }
    }
}

#[derive(Debug)]
struct Books;

impl PlainKind<Library> for Books {
    type Object = Book;
    const KIND: Kind = BOOK;
    const RULES: Rules = Rules(&[("note", Rule::Hidden)]);

    fn name(book: &Book) -> Option<String> {
        (!book.title.is_empty()).then(|| book.title.clone())
    }

    fn sight(there: &Book, shelf: &Parent) -> Sight {
        match (there.number, shelf.sight()) {
            (Some(number), Sight::This(shelf)) => Sight::of(Some(format!("{number} on {shelf}"))),
            _ => Sight::There,
        }
    }

    fn without_built_in(declared: &Book, built_in: &BTreeSet<String>) -> Option<Book> {
        let pages = declared.pages.filter(|_| !built_in.contains("pages"));
        Some(Book { pages, ..declared.clone() })
    }

    fn refusal(declared: &Book, there: Option<&Book>) -> Option<Refusal> {
        (there.is_none() && declared.author.is_none()).then(|| Refusal {
            message: format!("book `{}` has no author", declared.title),
            hint: "name one".to_owned(),
        })
    }

    async fn list(server: &Library, shelf: &Parent) -> Result<Vec<Book>, String> {
        let books = server.request(format!("list {}", shelf.name())).books.get(shelf.name()).cloned();
        let books = books.ok_or_else(|| format!("there is no shelf {}", shelf.name()))?;
        Ok(books.into_iter().map(|book| Book { note: None, ..book }).collect())
    }

    async fn create(server: &Library, object: &ObjectId, declared: &Book) -> Result<(), String> {
        let (shelf, _) = object.in_parent().unwrap();
        let mut content = server.request(format!("create {object}"));
        content.books.entry(shelf.to_owned()).or_default().push(declared.clone());
        Ok(())
    }

    async fn update(
        server: &Library,
        object: &ObjectId,
        there: &Book,
        declared: &Book,
        secrets: &[String],
    ) -> Result<(), String> {
        let (shelf, title) = object.in_parent().unwrap();
        let mut content = server.request(format!("update {object}"));
        let book = content.books.get_mut(shelf).unwrap().iter_mut().find(|book| book.title == title).unwrap();
        let note = declared.note.clone().filter(|_| secrets.contains(&"note".to_owned())).or(book.note.take());
        *book = Book {
            author: declared.author.clone().or(there.author.clone()),
            pages: declared.pages.or(there.pages),
            note,
            ..there.clone()
        };
        Ok(())
    }

    async fn delete(server: &Library, object: &ObjectId, there: &Book) -> Result<(), String> {
        let (shelf, _) = object.in_parent().unwrap();
        let mut content = server.request(format!("delete {object}"));
        content.books.get_mut(shelf).unwrap().retain(|book| book.number != there.number);
        Ok(())
    }
}

#[derive(Debug)]
struct Clock;

static CLOCKS: Only<Clock> = Only(Clock);

#[derive(Clone, Debug, Serialize)]
struct Time {
    time: String,
}

impl Singleton<Library> for Clock {
    type Object = Time;
    const KIND: Kind = CLOCK;
    const NAME: &'static str = "wall-clock";

    async fn read(server: &Library) -> Result<Time, String> {
        Ok(Time { time: server.request("read clock".to_owned()).time.clone() })
    }

    async fn write(server: &Library, _: &Time, declared: &Time) -> Result<(), String> {
        server.request("write clock".to_owned()).time.clone_from(&declared.time);
        Ok(())
    }
}

fn cause() -> Cause {
    Cause { value: "library".to_owned(), file: None, line: None }
}

fn shelf(name: &str) -> ObjectId {
    ObjectId::new(SHELF, name)
}

fn book(title: &str) -> ObjectId {
    ObjectId::within(BOOK, "north", title)
}

fn declared(book: Book) -> Arc<DeclaredObject<Library>> {
    Arc::new(DeclaredObject::new(&Books, Declared::new(book, cause())).within(&shelf("north")))
}

async fn observed(library: &Library, shelves: &[&str]) -> ObservedObjects {
    let parent = |name: &&str| Parent::new(*name, Sight::of(Some(format!("shelf {name}"))));
    let lists = shelves.iter().map(|name| (&Books as &dyn AnyKind<Library>, parent(name)));
    ObservedObjects::read(library, lists.collect::<Vec<_>>()).await.unwrap()
}

/// The plan of these books, after those on the given shelves were read.
async fn planned(library: &Library, books: &[Arc<DeclaredObject<Library>>], memory: &Memory) -> Plan<Write<Library>> {
    let there = observed(library, &["north"]).await;
    let mut builder = PlanBuilder::new(memory);
    plan(&mut builder, books, &there, |_| None);
    builder.finish().unwrap()
}

fn ours(objects: impl IntoIterator<Item = ObjectId>) -> Memory {
    objects.into_iter().collect::<Ownership>().into()
}

/// Sends all changes of a plan, and names the requests that this took.
async fn sent(library: &Library, plan: &Plan<Write<Library>>) -> Vec<String> {
    library.requests();
    for change in plan.changes() {
        change.operation.send(library).await.unwrap();
    }
    library.requests()
}

fn fields(change: &Change<Write<Library>>) -> Vec<&str> {
    change.fields.iter().map(|field| &*field.path).collect()
}

mod planning {
    use super::*;

    #[tokio::test]
    async fn an_object_that_is_not_there_is_made_after_what_it_lives_in() {
        let library = Library::with(&[("north", vec![])]);
        let plan = planned(&library, &[declared(Book::by("Ada", "Engines"))], &Memory::default()).await;
        let [change] = plan.changes() else { panic!("{:?}", plan.changes()) };
        assert_eq!((&change.object, change.action), (&book("Engines"), Action::Create));
        assert_eq!(*change.waits_for, [shelf("north")]);
        assert_eq!(sent(&library, &plan).await, ["create book/north/Engines"]);
        let again = planned(&library, &[declared(Book::by("Ada", "Engines"))], &Memory::default()).await;
        assert!(again.is_empty(), "{:?}", again.changes());
    }

    #[tokio::test]
    async fn only_declared_fields_are_compared_and_changed() {
        let there = Book { pages: Some(7), ..Book::by("Bob", "Engines").numbered(1) };
        let library = Library::with(&[("north", vec![there.clone()])]);
        let plan = planned(&library, &[declared(Book::by("Ada", "Engines"))], &Memory::default()).await;
        let [change] = plan.changes() else { panic!("{:?}", plan.changes()) };
        assert_eq!((change.action, super::fields(change)), (Action::Update, vec!["author"]));
        sent(&library, &plan).await;
        assert_eq!(library.content().books["north"], [Book { author: Some("Ada".to_owned()), ..there }]);
    }

    #[tokio::test]
    async fn a_change_says_which_value_asks_for_each_field_and_whose_it_is() {
        let library = Library::with(&[("north", vec![Book::new("Engines")])]);
        let of_field = |field: &str| Cause { value: format!("books[0].{field}"), file: None, line: None };
        let value = Declared::new(Book::by("Ada", "Engines"), cause()).of_team(Some("alpha".into()));
        let declared = DeclaredObject::new(&Books, value).within(&shelf("north")).caused(of_field).needed();
        let plan = planned(&library, &[declared.into()], &Memory::default()).await;
        let [change] = plan.changes() else { panic!("{:?}", plan.changes()) };
        assert_eq!((change.team.as_deref(), change.is_needed, &change.cause), (Some("alpha"), true, &cause()));
        assert_eq!(change.fields[0].cause.as_deref(), Some(&of_field("author")));
    }

    #[tokio::test]
    async fn what_nobody_wrote_is_left_alone_in_an_object_of_others_and_told() {
        let there = Book { pages: Some(7), ..Book::by("Bob", "Engines").numbered(1) };
        let value = Book { pages: Some(100), ..Book::by("Ada", "Engines") };
        let value = Declared { built_in: ["pages".to_owned()].into(), ..Declared::new(value, cause()) };
        let books = [Arc::new(DeclaredObject::new(&Books, value).within(&shelf("north")))];
        for (memory, changed) in
            [(Memory::default(), vec!["author"]), (ours([book("Engines")]), vec!["author", "pages"])]
        {
            let library = Library::with(&[("north", vec![there.clone()])]);
            let plan = planned(&library, &books, &memory).await;
            assert_eq!(super::fields(&plan.changes()[0]), changed);
            sent(&library, &plan).await;
            let pages = if changed.len() == 1 { Some(7) } else { Some(100) };
            assert_eq!(library.content().books["north"][0].pages, pages);
        }
        let library = Library::with(&[("north", vec![])]);
        let plan = planned(&library, &books, &Memory::default()).await;
        assert_eq!(super::fields(&plan.changes()[0]), ["author", "pages", "title"], "a new one gets all");
    }

    #[tokio::test]
    async fn what_can_never_be_made_is_told_and_not_planned() {
        let library = Library::with(&[("north", vec![])]);
        let plan = planned(&library, &[declared(Book::new("Engines"))], &Memory::default()).await;
        assert!(plan.is_empty());
        assert_eq!(plan.unjudged()[0].message, "book `Engines` has no author");
        assert_eq!(plan.unjudged()[0].objects, [book("Engines")]);
    }

    #[tokio::test]
    async fn what_an_application_does_not_allow_at_the_moment_is_told_where_it_differs() {
        let library = Library::with(&[("north", vec![Book::by("Ada", "Engines")])]);
        let there = observed(&library, &["north"]).await;
        let closed = |book: &DeclaredObject<Library>| {
            let message = format!("`{}` cannot be changed now", book.object);
            Some(Refusal { message, hint: "wait".to_owned() })
        };
        let memory = Memory::default();
        let mut builder = PlanBuilder::<Write<Library>>::new(&memory);
        let books = [declared(Book::by("Ada", "Engines")), declared(Book::by("Ada", "Notes"))];
        plan(&mut builder, &books, &there, closed);
        let plan = builder.finish().unwrap();
        assert!(plan.is_empty());
        let told: Vec<&str> = plan.unjudged().iter().map(|unjudged| unjudged.message.as_str()).collect();
        assert_eq!(told, ["`book/north/Notes` cannot be changed now"]);
    }

    #[tokio::test]
    async fn a_hidden_secret_is_written_only_when_it_is_another_than_the_one_written_last() {
        let key = DigestKey::new(&[7; 32]);
        let digest = key.digest(&book("Engines"), "note", &SecretString::from("old"));
        let fields = WrittenFields::from([("note".into(), Written::Digest(digest))]);
        let secrets = Secrets::new(Some(key), BTreeMap::from([(book("Engines"), fields)]));
        let memory = Memory { secrets, ..Memory::default() };
        let there = || Book { note: Some("old".to_owned()), ..Book::by("Bob", "Engines") };
        let noted =
            |note: &str, author: &str| [declared(Book { note: Some(note.to_owned()), ..Book::by(author, "Engines") })];
        let library = Library::with(&[("north", vec![there()])]);
        assert!(planned(&library, &noted("old", "Bob"), &memory).await.is_empty());

        // Another field differs: the secret stays, and is not sent.
        let plan = planned(&library, &noted("old", "Ada"), &memory).await;
        assert_eq!(super::fields(&plan.changes()[0]), ["author"]);
        library
            .content()
            .books
            .insert("north".to_owned(), vec![Book { note: Some("of others".to_owned()), ..there() }]);
        sent(&library, &plan).await;
        assert_eq!(library.content().books["north"][0].note.as_deref(), Some("of others"));

        let plan = planned(&library, &noted("new", "Ada"), &memory).await;
        assert_eq!(super::fields(&plan.changes()[0]), ["note"]);
        assert!(plan.changes()[0].writes_secret("note"));
        sent(&library, &plan).await;
        assert_eq!(library.content().books["north"][0].note.as_deref(), Some("new"));
    }
}

mod lists {
    use super::*;

    #[tokio::test]
    async fn each_parent_has_a_list_of_its_own() {
        let library = Library::with(&[("north", vec![Book::new("Engines")]), ("south", vec![Book::new("Engines")])]);
        let there = observed(&library, &["north", "south"]).await;
        let books =
            |shelf: &str| there.objects_in::<Book>("book", shelf).map(|(object, _)| object.clone()).collect::<Vec<_>>();
        assert_eq!(books("north"), [ObjectId::within(BOOK, "north", "Engines")]);
        assert_eq!(books("south"), [ObjectId::within(BOOK, "south", "Engines")]);
        assert_eq!(there.objects::<Book>("book").count(), 0, "none lives in nothing");
    }

    #[tokio::test]
    async fn an_object_in_a_parent_that_nobody_looked_into_is_unknown_and_not_absent() {
        let library = Library::with(&[("north", vec![Book::new("Engines").numbered(1)]), ("south", vec![])]);
        let there = observed(&library, &["north"]).await;
        assert_eq!(there.sight(&book("Engines")), Some(Sight::of(Some("1 on shelf north"))));
        assert_eq!(there.sight(&book("Notes")), Some(Sight::Absent));
        assert_eq!(there.sight(&ObjectId::within(BOOK, "south", "Engines")), None);
        assert_eq!(there.sight(&ObjectId::new(BOOK, "Engines")), None);
        assert_eq!(library.requests(), ["list north"]);
    }

    #[tokio::test]
    async fn of_several_objects_of_one_name_the_first_counts() {
        let twins = vec![Book::by("Ada", "Engines").numbered(1), Book::by("Bob", "Engines").numbered(2), Book::new("")];
        let library = Library::with(&[("north", twins)]);
        let there = observed(&library, &["north"]).await;
        let books: Vec<u32> = there.objects_in::<Book>("book", "north").filter_map(|(_, book)| book.number).collect();
        assert_eq!(books, [1]);
    }

    #[test]
    fn a_kind_is_looked_at_where_it_is_declared_or_ours_or_serves_another() {
        let kinds = || [&Books as &'static dyn AnyKind<Library>, &CLOCKS];
        let needed = |declared: &[Arc<DeclaredObject<Library>>], memory: &Memory, serves: bool| -> Vec<Kind> {
            let needed =
                super::super::needed(kinds(), declared, &memory.ownership, |kind| serves && kind.kind() == BOOK);
            needed.into_iter().map(AnyKind::kind).collect()
        };
        assert!(needed(&[], &Memory::default(), false).is_empty());
        assert_eq!(needed(&[declared(Book::new("Engines"))], &Memory::default(), false), [BOOK]);
        assert_eq!(needed(&[], &ours([book("Engines")]), false), [BOOK]);
        assert_eq!(needed(&[], &Memory::default(), true), [BOOK]);
        // What is always there is never ours.
        assert!(needed(&[], &ours([ObjectId::new(CLOCK, "wall-clock")]), false).is_empty());
    }
}

mod writing {
    use super::*;

    #[tokio::test]
    async fn what_is_replaced_as_a_whole_is_read_again_right_before() {
        let library = Library::with(&[("north", vec![Book::by("Bob", "Engines").numbered(1)])]);
        let plan = planned(&library, &[declared(Book::by("Ada", "Engines"))], &Memory::default()).await;
        // Somebody else is faster.
        library.content().books.get_mut("north").unwrap()[0].pages = Some(9);
        assert_eq!(sent(&library, &plan).await, ["list north", "update book/north/Engines"]);
        assert_eq!(library.content().books["north"][0].pages, Some(9));
    }

    #[tokio::test]
    async fn an_object_that_was_replaced_meanwhile_is_not_taken_for_the_one_that_was_seen() {
        let library = Library::with(&[("north", vec![Book::by("Bob", "Engines").numbered(1)])]);
        let plan = planned(&library, &[declared(Book::by("Ada", "Engines"))], &Memory::default()).await;
        library.content().books.get_mut("north").unwrap()[0] =
            Book { pages: Some(9), ..Book::new("Engines").numbered(2) };
        sent(&library, &plan).await;
        // The update is about what was seen; a server that knows numbers refuses it.
        assert_eq!(library.content().books["north"][0].number, Some(1));
    }

    #[tokio::test]
    async fn the_only_object_of_a_kind_is_changed_and_never_made_or_deleted() {
        let library = Library::with(&[]);
        let read = || ObservedObjects::read(&library, [(&CLOCKS as &dyn AnyKind<Library>, Parent::NONE)]);
        let time = Declared::new(Time { time: "midnight".to_owned() }, cause());
        let declared: [Arc<DeclaredObject<Library>>; 1] = [DeclaredObject::new(&CLOCKS, time).into()];
        let there = read().await.unwrap();
        let memory = ours([ObjectId::new(CLOCK, "wall-clock")]);
        let mut builder = PlanBuilder::new(&memory);
        plan(&mut builder, &declared, &there, |_| None);
        let plan = builder.finish().unwrap();
        assert_eq!(plan.changes()[0].action, Action::Update);
        assert_eq!(sent(&library, &plan).await, ["read clock", "write clock"]);
        let there = read().await.unwrap();
        let kinds = [&CLOCKS as &dyn AnyKind<Library>];
        assert!(left_behind(kinds, &there, &memory.ownership, &BTreeSet::new()).is_empty());
    }
}

mod pruning {
    use super::*;

    async fn pruned(declared: &[&str], memory: &Memory) -> Plan<Write<Library>> {
        let books = ["Engines", "Notes"].map(|title| Book::new(title).numbered(1));
        let library = Library::with(&[("north", books.to_vec())]);
        let there = observed(&library, &["north"]).await;
        let declared = declared.iter().map(|title| book(title)).collect();
        let kinds = [&Books as &dyn AnyKind<Library>];
        let left_behind = left_behind(kinds, &there, &memory.ownership, &declared);
        let mut builder = PlanBuilder::new(memory);
        prune(
            &mut builder,
            left_behind,
            |_| vec![shelf("first")],
            |there| vec![ObjectId::within(BOOK, there.object.name(), "leaf")],
        );
        builder.finish().unwrap()
    }

    #[tokio::test]
    async fn what_is_there_and_ours_and_not_declared_any_more_is_deleted() {
        let plan = pruned(&["Notes"], &ours([book("Engines"), book("Notes"), book("Gone")])).await;
        let [change] = plan.changes() else { panic!("{:?}", plan.changes()) };
        assert_eq!((&change.object, change.action), (&book("Engines"), Action::Delete));
        assert_eq!(*change.waits_for, [shelf("first")]);
        assert_eq!(change.takes_along, [ObjectId::within(BOOK, "Engines", "leaf")]);
        let library =
            Library::with(&[("north", vec![Book::new("Engines").numbered(1), Book::new("Notes").numbered(2)])]);
        assert_eq!(sent(&library, &plan).await, ["delete book/north/Engines"]);
        assert_eq!(library.content().books["north"].len(), 1);
    }

    #[tokio::test]
    async fn what_others_made_is_never_deleted() {
        assert!(pruned(&[], &Memory::default()).await.is_empty());
    }
}
