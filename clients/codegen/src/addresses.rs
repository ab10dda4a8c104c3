//! How each operation is addressed: as data, and in the code that sends it.
//!
//! progenitor writes an address with `format!` and hands the session nothing but the operation's id. Here each of its `send`
//! is made to build the path from the operation's description and to give that along, so that the session can refuse a
//! request that would reach something else. Code of another form than expected fails the build: no operation is left out.

use heck::ToShoutySnakeCase;
use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{
    Block, Expr, File, ImplItem, Item, ItemImpl, ItemMod, Lit, Local, Stmt, Token, parse::Parser, parse_quote,
    punctuated::Punctuated,
};

use crate::{
    nothing,
    operations::{Place, operations},
};

/// The extension of an operation that says how an answer names what it is about: field of the answer to parameter.
pub(crate) const ANSWER: &str = "x-answer";

/// The fields of an answer that name what was asked for, each with its parameter.
pub(crate) fn answers<'a>(place: &Place<'a>) -> Vec<(&'a str, &'a str)> {
    let fields = place.operation.extensions.get(ANSWER).and_then(Value::as_object);
    fields.into_iter().flatten().filter_map(|(field, parameter)| Some((field.as_str(), parameter.as_str()?))).collect()
}

/// Every operation as a static, and the list of them.
pub(crate) fn statics(document: &OpenAPI) -> TokenStream {
    let (mut rows, mut names) = (Vec::new(), Vec::new());
    for place in operations(document) {
        let Some(id) = place.operation.operation_id.as_deref() else { continue };
        let (name, path, method) = (constant(id), place.path, place.method.to_uppercase());
        let (fields, parameters): (Vec<&str>, Vec<&str>) = answers(&place).into_iter().unzip();
        let nothing = nothing::answer(document, &place);
        rows.push(quote! {
            pub static #name: Operation = Operation {
                id: #id, method: #method, path: #path, answers: &[#((#fields, #parameters)),*], nothing: #nothing,
            };
        });
        names.push(name);
    }
    quote! {
        /// The operations as the document describes them.
        pub mod operation {
            use ::evenkeel_transport::Operation;
            #(#rows)*
            /// All of them.
            pub static ALL: &[&Operation] = &[#(&#names),*];
        }
    }
}

fn constant(id: &str) -> syn::Ident {
    format_ident!("{}", id.to_shouty_snake_case())
}

/// Makes every operation of the generated code send through its session with the path that it is about.
pub(crate) fn rewrite(file: &mut File, document: &OpenAPI) -> Result<(), String> {
    let mut missing: Vec<&str> =
        operations(document).filter_map(|place| place.operation.operation_id.as_deref()).collect();
    for block in file.items.iter_mut().filter_map(builders).flatten().filter_map(sending) {
        let id = operation_id(block).ok_or("an operation without its id")?;
        let other_form = || format!("`{id}`: the generator writes its request in another form than expected");
        address(block, &id).ok_or_else(other_form)?;
        execution(block).ok_or_else(other_form)?;
        missing.retain(|known| *known != id);
    }
    match missing.first() {
        None => Ok(()),
        Some(id) => Err(format!("`{id}`: the generator writes no request for it")),
    }
}

/// What is inside the module of the builders.
fn builders(item: &mut Item) -> Option<&mut Vec<Item>> {
    match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == "builder" => Some(items),
        _ => None,
    }
}

/// The body of a builder's `send`.
fn sending(item: &mut Item) -> Option<&mut Block> {
    let Item::Impl(ItemImpl { items, .. }) = item else { return None };
    items.iter_mut().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "send" => Some(&mut function.block),
        _ => None,
    })
}

/// `OperationInfo { operation_id: "…" }`.
fn operation_id(block: &Block) -> Option<String> {
    block.stmts.iter().find_map(|statement| match initial(statement)? {
        Expr::Struct(info) if info.path.is_ident("OperationInfo") => match &info.fields.first()?.expr {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

/// `format!("{}/a/{}", client.baseurl, encode_path(&id.to_string()))` becomes the address of the operation's path.
fn address(block: &mut Block, id: &str) -> Option<()> {
    let (position, base, names) = block
        .stmts
        .iter()
        .enumerate()
        .find_map(|(position, statement)| formatted(statement).map(|(base, names)| (position, base, names)))?;
    let operation = constant(id);
    let local = local_mut(block.stmts.get_mut(position)?)?;
    *local.init.as_mut()?.expr = parse_quote! { operation_path.url(&#base) };
    let path = parse_quote! { let operation_path = super::operation::#operation.with(::std::vec![#(#names),*]); };
    block.stmts.insert(position, path);
    Some(())
}

/// The base address and the names in the order of the template.
fn formatted(statement: &Stmt) -> Option<(Expr, Vec<Expr>)> {
    let Expr::Macro(call) = initial(statement)? else { return None };
    if !call.mac.path.is_ident("format") {
        return None;
    }
    let arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.mac.tokens.clone()).ok()?;
    let mut arguments = arguments.into_iter().skip(1);
    let base = arguments.next()?;
    let is_base =
        matches!(&base, Expr::Field(field) if matches!(&field.member, syn::Member::Named(name) if name == "baseurl"));
    let names: Option<Vec<Expr>> = arguments.map(name).collect();
    Some((base, names?)).filter(|_| is_base)
}

/// `encode_path(&id.to_string())` without its encoding, which leaves too much as it is.
fn name(argument: Expr) -> Option<Expr> {
    let Expr::Call(call) = argument else { return None };
    let is_encoding = matches!(call.func.as_ref(), Expr::Path(path) if path.path.is_ident("encode_path"));
    match call.args.into_iter().next()? {
        Expr::Reference(reference) if is_encoding => Some(*reference.expr),
        _ => None,
    }
}

/// `client.exec(request, &info).await` sends through the session instead, with the path.
fn execution(block: &mut Block) -> Option<()> {
    let found = block.stmts.iter_mut().filter_map(local_mut).find_map(|local| {
        let expression = local.init.as_mut()?.expr.as_mut();
        let Expr::Await(waiting) = &*expression else { return None };
        let Expr::MethodCall(call) = waiting.base.as_ref() else { return None };
        if call.method != "exec" {
            return None;
        }
        let (client, request) = (call.receiver.clone(), call.args.first()?.clone());
        Some((expression, client, request))
    });
    let (expression, client, request) = found?;
    *expression = parse_quote! { #client.inner.exec(&#client.baseurl, #request, &operation_path).await };
    Some(())
}

fn initial(statement: &Stmt) -> Option<&Expr> {
    match statement {
        Stmt::Local(local) => Some(local.init.as_ref()?.expr.as_ref()),
        _ => None,
    }
}

fn local_mut(statement: &mut Stmt) -> Option<&mut Local> {
    match statement {
        Stmt::Local(local) => Some(local),
        _ => None,
    }
}
