//! `freehold layout`: where the fields of a type lie. The program is built, and not run.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::args::{Format, LayoutArgs};
use super::errors::{Outcome, UserError};
use super::narrator::width;
use super::text;
use crate::base::ExitStatus;
use crate::dwarf::{Image, TypeRef, Types, short_type_name};
use crate::os::map_file;
use crate::value::layout::{Kind, TypeLayout, layout_of};

/// The version of the JSON form.
const SCHEMA: u32 = 1;

/// Shows a type, or the instances of a generic one.
pub(super) fn run(args: &LayoutArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let path = resolved.executable.as_path();
    let bytes = map_file(path).map_err(|error| UserError::io("open", path, &error))?;
    let image = Image::parse(path, bytes).map_err(|error| UserError::image(path, &error))?;
    let found = image.types_named(&args.name, None);
    if found.is_empty() {
        return Err(unknown(&args.name, &image, path));
    }
    let layouts = read(&image, &found, usize::from(args.depth));
    if layouts.iter().all(is_hidden) {
        return Err(hidden(&args.name, &layouts, path));
    }
    print(args, &layouts);
    Ok(ExitStatus::Code(0))
}

/// What is written as JSON where a name means several types.
#[derive(Serialize)]
struct Instances<'a> {
    v: u32,
    name: &'a str,
    instances: &'a [TypeLayout],
}

/// What is written as JSON for one type.
#[derive(Serialize)]
struct One<'a> {
    v: u32,
    #[serde(flatten)]
    layout: &'a TypeLayout,
}

/// The layouts of types, by name; of several, without those of their fields.
fn read(image: &Image, found: &[TypeRef], depth: usize) -> Vec<TypeLayout> {
    let depth = if found.len() > 1 { 0 } else { depth };
    let types: &dyn Types = image;
    let mut layouts: Vec<TypeLayout> =
        found.iter().filter_map(|ty| layout_of(types, *ty, depth).ok()).collect();
    layouts.sort_by(|a, b| a.name.cmp(&b.name));
    layouts.dedup();
    layouts
}

fn print(args: &LayoutArgs, layouts: &[TypeLayout]) {
    let mut out = anstream::stdout().lock();
    // Where the reader has gone, nobody is told that nothing can be written.
    let _ = match args.format {
        Format::Json => json(&args.name, layouts, &mut out),
        Format::Text => {
            let width = width(args.width, true);
            let same = layouts.windows(2).all(|pair| match pair {
                [one, other] => one.name == other.name,
                _ => true,
            });
            let text = match layouts {
                // Types of one name that differ cannot be told apart by it: all are shown.
                _ if same => layouts.iter().map(|one| text::type_layout(one, width)).collect(),
                several => vec![text::instances(&args.name, several, width)],
            };
            out.write_all(text.join("\n").as_bytes())
        }
    };
}

fn json(name: &str, layouts: &[TypeLayout], out: &mut impl Write) -> io::Result<()> {
    match layouts {
        [layout] => serde_json::to_writer(&mut *out, &One { v: SCHEMA, layout })?,
        instances => serde_json::to_writer(&mut *out, &Instances { v: SCHEMA, name, instances })?,
    }
    out.write_all(b"\n")
}

/// Whether a type has no size of its own: what is only declared, a trait object, a slice.
fn is_hidden(layout: &TypeLayout) -> bool {
    layout.kind == Kind::Opaque || (layout.kind == Kind::Array && layout.size.is_none())
}

/// A type that has no layout here.
fn hidden(name: &str, layouts: &[TypeLayout], path: &Path) -> UserError {
    let first = layouts.first();
    let full = first.map_or(name, |layout| layout.name.as_str());
    if full.contains("dyn ") || first.is_some_and(|layout| layout.kind == Kind::Array) {
        return UserError::nothing_matched(format!(
            "`{full}` has no layout: its size is not fixed"
        ))
        .hint("name a pointer to it, or the type that is behind one");
    }
    UserError::nothing_matched(format!("`{full}` is only declared, and not described"))
        .at(path.display().to_string())
        .hint("the debug information of the library that defines it has its layout")
}

fn unknown(name: &str, image: &Image, path: &Path) -> UserError {
    let names: Vec<String> = image.type_names().collect();
    if names.is_empty() {
        let what = match image.has_debug_info() {
            true => "has debug information for lines, and none for types",
            false => "has no debug information",
        };
        return UserError::new(format!("{} {what}", path.display()))
            .hint("build it with -g (cargo: `debug = true` in its profile)");
    }
    let known = suggestions(name, &names);
    UserError::nothing_matched(format!("no type `{name}`"))
        .at(path.display().to_string())
        .did_you_mean(name, known.iter().map(String::as_str))
        .hint("a type that the program does not use has no debug information")
}

/// The names that a slip of the fingers may have been meant for: each type's full name, its short
/// one, and that without arguments. What is much longer than the name that was asked for is not
/// among them: to compare hundreds of thousands of long names takes seconds.
fn suggestions(wanted: &str, names: &[String]) -> BTreeSet<String> {
    let most = wanted.len().saturating_mul(2).saturating_add(8);
    let spellings = |name: &String| {
        let short = short_type_name(name);
        let bare = short.split('<').next().unwrap_or_default().to_owned();
        [name.clone(), short, bare]
    };
    let near = |name: &String| !name.is_empty() && name.len() <= most;
    names.iter().flat_map(spellings).filter(near).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_may_be_of_the_full_the_short_or_the_bare_name() {
        let names = ["demo::Pair<alloc::string::String>".to_owned(), "u8".to_owned()];
        let known = suggestions("demo::Piar<String>", &names);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        assert_eq!(known, ["Pair", "Pair<String>", "demo::Pair<alloc::string::String>", "u8"]);
        assert_eq!(suggestions("u9", &names).len(), 3, "the longest is left out");
    }
}
