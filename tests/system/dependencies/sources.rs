//! What the files of a crate name of each other, read from their tokens.
//!
//! A path that begins with `crate`, `self` or `super` counts, in `use` and everywhere else, and leads to the file that holds what it
//! names: a re-export is followed. A parent that names its child as `child::…` does not count, nor what is compiled for tests only,
//! nor the crate's root.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The path of a module in its crate; that of the root is empty.
pub(super) type Module = Vec<String>;

/// Every module that has a file of its own, with the others that it names.
pub(super) type Graph = BTreeMap<Module, BTreeSet<Module>>;

/// More re-exports than this do not follow each other.
const MOST_REEXPORTS: usize = 8;

/// The texts of the files below a crate's `src`.
pub(super) fn texts_of(src: &Path) -> BTreeMap<Module, String> {
    let mut texts = BTreeMap::new();
    read(src, &mut Vec::new(), &mut texts);
    texts
}

fn read(folder: &Path, module: &mut Module, texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            module.push(name);
            read(&path, module, texts);
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_own = ["lib", "main", "mod"].contains(&name.as_str());
            let own = (!is_own).then_some(name);
            texts.insert(module.iter().cloned().chain(own).collect(), fs::read_to_string(&path).unwrap());
        }
    }
}

/// The graph of modules with these texts.
pub(super) fn graph(texts: &BTreeMap<Module, String>) -> Graph {
    let mut sources = Sources::default();
    for (module, text) in texts {
        sources.current.clone_from(module);
        sources.scan(text.parse().unwrap(), module);
    }
    let is_of_tests = |module: &Module| sources.for_tests.iter().any(|test| module.starts_with(test));
    let files: BTreeSet<&Module> = texts.keys().filter(|module| !is_of_tests(module)).collect();
    let mut graph: Graph =
        files.iter().filter(|module| !module.is_empty()).map(|&module| (module.clone(), BTreeSet::new())).collect();
    for (module, path) in &sources.named {
        let target = sources.file_of(path, &files, MOST_REEXPORTS);
        if let Some(named) = graph.get_mut(module)
            && target != *module
            && !target.is_empty()
        {
            named.insert(target);
        }
    }
    graph
}

#[derive(Default)]
struct Sources {
    /// The module whose file is scanned.
    current: Module,
    /// Each path that a file names, from the crate's root.
    named: Vec<(Module, Module)>,
    /// What a name that `use` brings into a module stands for.
    imported: BTreeMap<Module, BTreeMap<String, Module>>,
    /// Modules that are compiled for tests only.
    for_tests: BTreeSet<Module>,
}

impl Sources {
    /// Looks at the tokens of a module, which may stand inside of the current file.
    fn scan(&mut self, tokens: TokenStream, module: &Module) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            at = match (tree, trees.get(at + 1)) {
                (TokenTree::Punct(hash), Some(TokenTree::Group(attribute))) if hash.as_char() == '#' => {
                    if is_for_tests(attribute) { self.skip_item(&trees, at + 2, module) } else { at + 2 }
                }
                // A visibility such as `pub(super)` names nothing.
                (TokenTree::Ident(word), Some(TokenTree::Group(group)))
                    if word == "pub" && group.delimiter() == Delimiter::Parenthesis =>
                {
                    at + 2
                }
                (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "mod" => {
                    if let Some(TokenTree::Group(body)) = trees.get(at + 2) {
                        self.scan(body.stream(), &below(module, &name.to_string()));
                    }
                    at + 3
                }
                (TokenTree::Ident(word), _) if word == "use" => self.import(&trees, at + 1, module),
                (TokenTree::Ident(_), _) if is_path(&trees, at + 1) => {
                    let (path, end) = path(&trees, at);
                    self.name(&path, module);
                    end
                }
                (TokenTree::Group(group), _) => {
                    self.scan(group.stream(), module);
                    at + 1
                }
                _ => at + 1,
            };
        }
    }

    /// The place behind an item that is compiled for tests only.
    fn skip_item(&mut self, trees: &[TokenTree], start: usize, module: &Module) -> usize {
        let is_end = |tree: &TokenTree| match tree {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        let end = trees[start..].iter().position(is_end).map_or(trees.len(), |length| start + length + 1);
        let item = &trees[start..end];
        if let Some(at) = item.iter().position(|tree| matches!(tree, TokenTree::Ident(word) if word == "mod"))
            && let Some(TokenTree::Ident(name)) = item.get(at + 1)
        {
            self.for_tests.insert(below(module, &name.to_string()));
        }
        end
    }

    /// A whole `use`; the place behind it.
    fn import(&mut self, trees: &[TokenTree], start: usize, module: &Module) -> usize {
        let is_end = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';');
        let end = trees[start..].iter().position(is_end).map_or(trees.len(), |length| start + length);
        let mut leaves = Vec::new();
        leaves_of(&trees[start..end], &[], &mut leaves);
        for (path, name) in leaves {
            self.name(&path, module);
            let imported = self.imported.entry(module.clone()).or_default();
            imported.insert(name, absolute(&path, module).unwrap_or_else(|| [module.as_slice(), &path].concat()));
        }
        end + 1
    }

    fn name(&mut self, path: &[String], module: &Module) {
        if let Some(path) = absolute(path, module) {
            self.named.push((self.current.clone(), path));
        }
    }

    /// The file in which what a path names is.
    fn file_of(&self, path: &[String], files: &BTreeSet<&Module>, most: usize) -> Module {
        let lengths = (0..=path.len()).rev();
        let length = lengths.into_iter().find(|length| files.contains(&path[..*length].to_vec())).unwrap_or_default();
        let (module, rest) = path.split_at(length);
        let imported = rest.first().and_then(|name| self.imported.get(module)?.get(name));
        match imported {
            Some(target) if most > 0 && target != path => {
                let found = self.file_of(&[target.as_slice(), &rest[1..]].concat(), files, most - 1);
                // What comes from another crate is where it is imported.
                if found.is_empty() { module.to_vec() } else { found }
            }
            _ => module.to_vec(),
        }
    }
}

fn is_for_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string().replace(' ', "");
    text.starts_with("cfg(") && text.contains("test") && !text.contains("not(test)") && !text.contains('"')
}

fn below(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Whether `::` stands here.
fn is_path(trees: &[TokenTree], at: usize) -> bool {
    let is_colon = |tree: Option<&TokenTree>| matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    is_colon(trees.get(at)) && is_colon(trees.get(at + 1))
}

/// The names of a path, and the place behind it.
fn path(trees: &[TokenTree], start: usize) -> (Module, usize) {
    let (mut names, mut at) = (Vec::new(), start);
    while let Some(TokenTree::Ident(name)) = trees.get(at) {
        names.push(name.to_string());
        at += 1;
        if !is_path(trees, at) {
            break;
        }
        at += 2;
    }
    (names, at)
}

/// Every path of a `use`, with the name by which it is known then.
fn leaves_of(trees: &[TokenTree], before: &[String], leaves: &mut Vec<(Module, String)>) {
    for tree in trees.split(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',')) {
        let start = if is_path(tree, 0) { 2 } else { 0 };
        let (names, end) = path(tree, start);
        let mut names: Module = before.iter().cloned().chain(names).collect();
        match tree.get(end) {
            Some(TokenTree::Group(group)) => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                leaves_of(&inside, &names, leaves);
            }
            other => {
                names.pop_if(|last| *last == "self");
                let alias =
                    matches!(other, Some(TokenTree::Ident(word)) if word == "as").then(|| tree[end + 1].to_string());
                if let Some(name) = alias.or_else(|| names.last().cloned()) {
                    leaves.push((names, name));
                }
            }
        }
    }
}

/// A path from the crate's root; `None` for one that begins with another crate or with a name of its module.
fn absolute(path: &[String], module: &Module) -> Option<Module> {
    let (first, rest) = path.split_first()?;
    let supers = rest.iter().take_while(|name| *name == "super").count();
    let above = |levels: usize| module.get(..module.len().saturating_sub(levels)).map(<[String]>::to_vec);
    let (base, rest) = match first.as_str() {
        "crate" => (Vec::new(), rest),
        "self" => (above(supers)?, &rest[supers..]),
        "super" => (above(supers + 1)?, &rest[supers..]),
        _ => return None,
    };
    Some([base.as_slice(), rest].concat())
}
