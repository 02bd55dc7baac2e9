//! `freehold asm`: the machine code of a function. The program is built, and not run.

use std::io::Write;
use std::sync::Arc;

use serde::Serialize;

use super::args::{AsmArgs, Format};
use super::errors::{Outcome, UserError};
use super::narrator::width;
use super::text;
use crate::base::{ExitStatus, nearest};
use crate::command::{CodeListing, CodeStyle, with_source};
use crate::dwarf::Image;
use crate::os::map_file;
use crate::session::{PlaceError, Where, disassemble_file};

/// The version of the JSON form.
const SCHEMA: u32 = 1;

/// What is written as JSON.
#[derive(Serialize)]
struct Told<'a> {
    v: u32,
    #[serde(flatten)]
    listing: &'a CodeListing,
}

/// Shows every instance of a function.
pub(super) fn run(args: &AsmArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let path = resolved.executable.as_path();
    let bytes = map_file(path).map_err(|error| UserError::io("open", path, &error))?;
    let image = Image::parse(path, bytes).map_err(|error| UserError::image(path, &error))?;
    let image = Arc::new(image);
    let place = Where::parse(&args.function).map_err(|error| UserError::new(error.to_string()))?;
    let pieces = disassemble_file(&image, &place).map_err(|error| explain(&error, &image))?;
    let style = CodeStyle {
        bytes: args.bytes,
        source: !args.no_source,
        by_line: false,
        addresses: args.addresses,
    };
    let listing = with_source(pieces, style);
    let mut out = anstream::stdout().lock();
    // Where the reader has gone, nobody is told that nothing can be written.
    let _ = match args.format {
        Format::Json => serde_json::to_writer(&mut out, &Told { v: SCHEMA, listing: &listing })
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n")),
        Format::Text => out.write_all(text::code(&listing, width(args.width, true)).as_bytes()),
    };
    Ok(ExitStatus::Code(0))
}

fn explain(error: &PlaceError, image: &Image) -> UserError {
    let plain = UserError::nothing_matched(error.to_string());
    let (name, known) = match error {
        PlaceError::NoFunction { name, known } | PlaceError::NoFile { name, known } => {
            (name, known)
        }
        _ => return plain,
    };
    let last = |path: &String| path.rsplit("::").next().unwrap_or(path).to_owned();
    let short: Vec<String> = known.iter().map(last).collect();
    match nearest(name, known.iter().chain(&short).map(String::as_str)) {
        Some(near) => plain.hint(format!("did you mean `{near}`?")),
        None if !image.has_symbol_table() => {
            plain.hint("the program has no symbol table: build it without -C strip=symbols")
        }
        None => plain.hint("a function that is inlined everywhere, or never used, has no code"),
    }
}
