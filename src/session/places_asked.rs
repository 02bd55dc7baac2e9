//! Where things are: lines, symbols, variables of a scope.

use serde::Serialize;

use super::address_names::{near_symbol, short_with_offset};
use super::code_asked::functions_at;
use super::debugger::Session;
use super::error::SessionError;
use super::places::{self, BreakPlace, PlaceError, Where};
use super::symbolize::file_name;
use crate::base::{FileAddr, VirtAddr};
use crate::dwarf::{LineSearch, Loaded, Scope, StaticAt, short_type_name};

/// Code of a line, from one address to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LineCodeView {
    /// The path of the file.
    pub file: String,
    /// The line that has the code.
    pub line: u32,
    /// The function that the code is in.
    pub function: String,
    /// The name of the first address: `f+4`.
    pub from: String,
    /// The name of the first address behind it.
    pub to: String,
    /// The first address, in the process or else in the file.
    pub address: VirtAddr,
}

/// A symbol at an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SymbolView {
    /// The demangled path.
    pub name: String,
    /// Bytes from its beginning.
    pub offset: u64,
    /// The section that it lies in.
    pub section: Option<String>,
    /// The name of the file.
    pub file: String,
}

/// A variable of a scope, and where it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ScopeVariable {
    /// Its name.
    pub name: String,
    /// Its type, without module paths.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// The line of its declaration.
    pub line: Option<u32>,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// How many blocks it lies within.
    pub depth: usize,
}

impl Session {
    /// The code of a line, of a function's first line, or of the line of an address.
    ///
    /// # Errors
    /// [`SessionError::Place`].
    pub fn line_code(&mut self, wanted: &Where) -> Result<Vec<LineCodeView>, SessionError> {
        if let Where::Address(at) = wanted {
            let loaded = self.loaded_at(*at).ok_or(PlaceError::NoCode(*at))?;
            let view = line_view(&loaded, loaded.bias.to_file(*at));
            return Ok(vec![view.ok_or(PlaceError::NoCode(*at))?]);
        }
        let here = self.frame().ok().and_then(|frame| frame.at.file);
        let wanted = wanted.in_file(here.as_deref());
        let loaded = self.executable();
        // Asked for its errors, which name what there is.
        let places = places::places(&loaded.image, &wanted)?;
        let starts: Vec<FileAddr> = match &wanted {
            Where::Line { file, line } => {
                let file = file.as_deref();
                match loaded.image.code_of_line(file.unwrap_or_default(), *line) {
                    LineSearch::Found(found) => {
                        let functions = found.into_iter().flat_map(|code| code.functions);
                        functions.flat_map(|function| function.starts).collect()
                    }
                    _ => Vec::new(),
                }
            }
            // The line at which a function begins, and not that behind its prologue.
            _ => {
                let start = |place: &BreakPlace| match place.inlined {
                    true => Some(place.address),
                    false => Some(loaded.image.symbols().at(place.address)?.range.start),
                };
                places.iter().filter_map(start).collect()
            }
        };
        Ok(starts.into_iter().filter_map(|at| line_view(&loaded, at)).collect())
    }

    /// The symbol at an address.
    ///
    /// # Errors
    /// [`SessionError::NoSymbol`].
    pub fn symbol_at(&self, at: VirtAddr) -> Result<SymbolView, SessionError> {
        let none = || SessionError::NoSymbol(at);
        let loaded = self.loaded_at(at).ok_or_else(none)?;
        let file = loaded.bias.to_file(at);
        let near = near_symbol(&loaded.image, file).ok_or_else(none)?;
        Ok(SymbolView {
            name: near.name,
            offset: near.offset,
            section: loaded.image.section_at(file).map(|section| section.name.to_owned()),
            file: file_name(loaded.image.path()),
        })
    }

    /// Where functions and statics of a name lie, each in a sentence.
    pub fn addresses_of(&self, name: &str) -> Vec<String> {
        let loaded = self.executable();
        let image = &loaded.image;
        let section = |at| match image.section_at(at) {
            Some(section) => format!("{}+{}", section.name, at - section.range.start),
            None => "no section".to_owned(),
        };
        let functions = image.functions_called(name).into_iter().map(|symbol| {
            let path = crate::dwarf::demangle(symbol.name);
            let bytes = symbol.range.end - symbol.range.start;
            format!("`{path}` is a function at {}, {bytes} bytes long", section(symbol.range.start))
        });
        let statics = image.statics_named(name, None).into_iter().map(|found| match found.at {
            StaticAt::Address(at) => format!("`{}` is a static at {}", found.name, section(at)),
            StaticAt::ThreadLocal(offset) => {
                format!("`{}` is thread-local, at offset {offset} of each thread's", found.name)
            }
        });
        functions.chain(statics).collect()
    }

    /// The variables of the functions that have code at a place, in the order of their declaration.
    ///
    /// # Errors
    /// [`SessionError::Place`].
    pub fn scope_of(
        &mut self,
        wanted: &Where,
    ) -> Result<Vec<(String, Vec<ScopeVariable>)>, SessionError> {
        let here = self.frame().ok().and_then(|frame| frame.at.file);
        let loaded = self.executable();
        let ranges = functions_at(&loaded.image, &wanted.in_file(here.as_deref()))?;
        let functions = ranges.into_iter().filter_map(|range| {
            let function = loaded.image.function_at(range.start)?;
            let mut variables = Vec::new();
            collect(&loaded, &function.scope, 0, &mut variables);
            Some((function.name.to_string(), variables))
        });
        Ok(functions.collect())
    }
}

fn collect(loaded: &Loaded, scope: &Scope, depth: usize, into: &mut Vec<ScopeVariable>) {
    use crate::dwarf::Types;
    for variable in &scope.variables {
        let ty = variable.ty.and_then(|ty| loaded.image.get(ty).ok());
        into.push(ScopeVariable {
            name: variable.name.to_string(),
            type_name: ty.as_ref().map(|ty| short_type_name(&ty.name)),
            size: ty.and_then(|ty| ty.size),
            line: variable.line,
            parameter: variable.parameter,
            depth,
        });
    }
    // What was inlined has variables of its own, that nobody declared here.
    for inner in scope.inner.iter().filter(|inner| inner.inlined.is_none()) {
        collect(loaded, inner, depth.saturating_add(1), into);
    }
}

/// The row of the line table that is in force at an address, and where the next one begins.
fn line_view(loaded: &Loaded, at: FileAddr) -> Option<LineCodeView> {
    let image = &loaded.image;
    let line = image.line_at(at)?;
    let function = image.symbols().at(at)?;
    let rows = image.line_rows(function.range);
    let same = |row: &&crate::dwarf::LineRow| row.line.as_ref().is_some_and(|row| *row == line);
    let start = rows.iter().rfind(|row| row.at <= at).filter(same).map_or(at, |row| row.at);
    let next = rows.iter().find(|row| row.at > at).map_or(function.range.end, |row| row.at);
    let name = |at| {
        let near = near_symbol(image, function.range.start)?;
        let offset = at - function.range.start;
        Some(short_with_offset(&super::address_names::NearSymbol { offset, ..near }))
    };
    Some(LineCodeView {
        file: line.file.to_string(),
        line: line.line,
        function: near_symbol(image, at)?.name,
        from: name(start)?,
        to: name(next)?,
        address: loaded.bias.to_virt(start),
    })
}
