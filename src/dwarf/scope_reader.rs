//! Reads the scope tree of one function from its dies.
//!
//! Debug builds nest one block for every `let`, so the tree can be hundreds deep: it is built with
//! a stack of its own rather than by recursion.

use gimli::DwTag;

use super::dies::{Die, Entry, Unit, reference, section_offset};
use super::functions::{InlinedCall, Scope, Variable};
use super::image::Image;
use super::types::TypeRef;

/// How deep scopes may nest. Deeper ones are left out, because dropping a tree recurses.
const MAX_DEPTH: usize = 2048;
/// How many dies one function may have.
const MAX_DIES: usize = 1 << 20;
/// How many origins a variable is followed through for its name.
const MAX_ORIGINS: usize = 8;

/// What a die with children means for the tree.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    /// It opened a scope.
    Scope,
    /// It has no code range of its own: what it declares belongs to the scope around it.
    Transparent,
    /// It is no scope: call sites, nested functions, types.
    Skipped,
}

impl Image {
    /// The scopes of the function whose die is at this offset.
    pub(super) fn read_scope(&self, function: usize) -> Option<Scope> {
        let (unit, in_unit) = self.unit_of_die(function)?;
        let mut raw = unit.header.entries_raw(&unit.abbreviations, Some(in_unit)).ok()?;
        let mut entry = Entry::null();
        raw.read_entry(&mut entry).ok()?;
        let mut reader = Reader { image: self, unit: &unit, open: vec![Scope::default()] };
        let mut levels = Vec::new();
        if entry.has_children() {
            levels.push(Level::Transparent);
        }
        for _ in 0..MAX_DIES {
            let Some(around) = levels.last().copied() else { break };
            let offset = raw.next_offset();
            match raw.read_entry(&mut entry) {
                Err(_) => break,
                Ok(false) => {
                    levels.pop();
                    reader.close(around);
                }
                Ok(true) => {
                    let offset = section_offset(&unit, offset)?;
                    let level = match around {
                        Level::Skipped => Level::Skipped,
                        _ => reader.read(&entry, offset),
                    };
                    match entry.has_children() {
                        true => levels.push(level),
                        false => reader.close(level),
                    }
                }
            }
        }
        reader.finish()
    }
}

struct Reader<'a> {
    image: &'a Image,
    unit: &'a Unit,
    /// The scopes that are open, the outermost first.
    open: Vec<Scope>,
}

impl Reader<'_> {
    fn read(&mut self, entry: &Entry, offset: usize) -> Level {
        match entry.tag() {
            tag @ (gimli::DW_TAG_formal_parameter | gimli::DW_TAG_variable) => {
                let variable = self.variable(entry, offset, tag);
                if let Some(scope) = self.open.last_mut() {
                    scope.variables.push(variable);
                }
                Level::Skipped
            }
            gimli::DW_TAG_lexical_block => self.block(entry),
            gimli::DW_TAG_inlined_subroutine => {
                let call = self.inlined_call(entry);
                self.scope(entry, Some(call))
            }
            _ => Level::Skipped,
        }
    }

    fn block(&mut self, entry: &Entry) -> Level {
        let has_code = entry.has_attr(gimli::DW_AT_low_pc) || entry.has_attr(gimli::DW_AT_ranges);
        if has_code { self.scope(entry, None) } else { Level::Transparent }
    }

    fn scope(&mut self, entry: &Entry, inlined: Option<InlinedCall>) -> Level {
        if self.open.len() >= MAX_DEPTH {
            return Level::Skipped;
        }
        let ranges = self.image.ranges(self.unit, entry.attrs());
        self.open.push(Scope { ranges, inlined, ..Scope::default() });
        Level::Scope
    }

    fn close(&mut self, level: Level) {
        if level == Level::Scope
            && let Some(scope) = self.open.pop()
            && let Some(around) = self.open.last_mut()
        {
            around.inner.push(scope);
        }
    }

    /// Closes what a malformed tree left open.
    fn finish(mut self) -> Option<Scope> {
        while self.open.len() > 1 {
            self.close(Level::Scope);
        }
        self.open.pop()
    }

    fn inlined_call(&self, entry: &Entry) -> InlinedCall {
        let origin = entry
            .attr_value(gimli::DW_AT_abstract_origin)
            .and_then(|value| reference(self.unit, value));
        let place = [gimli::DW_AT_call_file, gimli::DW_AT_call_line, gimli::DW_AT_call_column];
        InlinedCall {
            name: match origin {
                Some(origin) => self.image.function_name(origin),
                None => "{unnamed}".into(),
            },
            call_site: self.image.source_line(self.unit, place.map(|at| entry.attr_value(at))),
            declared: origin.and_then(|at| self.image.declared(&self.image.chain(at))),
            origin,
        }
    }

    /// A variable of an inlined call or of an instance says where it is; what it is called and its
    /// type are said by its abstract origin (DWARF 4, section 3.3.8.2).
    fn variable(&self, entry: &Entry, offset: usize, tag: DwTag) -> Variable {
        let find = |at| entry.attr_value(at);
        let mut name = self.image.string(self.unit, find(gimli::DW_AT_name));
        let mut ty = find(gimli::DW_AT_type).and_then(|value| reference(self.unit, value));
        let mut line = find(gimli::DW_AT_decl_line).and_then(|value| value.udata_value());
        let mut align = find(gimli::DW_AT_alignment).and_then(|value| value.udata_value());
        let mut origin =
            find(gimli::DW_AT_abstract_origin).and_then(|value| reference(self.unit, value));
        for _ in 0..MAX_ORIGINS {
            let Some(die) = origin.and_then(|at| self.image.die(at)) else { break };
            name = name.or_else(|| self.image.name(&die));
            ty = ty.or_else(|| die.type_ref().map(|ty| ty.0));
            line = line.or_else(|| die.unsigned(gimli::DW_AT_decl_line));
            align = align.or_else(|| die.unsigned(gimli::DW_AT_alignment));
            origin = Die::origin(&die);
        }
        Variable {
            name: name.unwrap_or("_").into(),
            ty: ty.map(|ty| self.image.item_or(TypeRef(ty), align)),
            parameter: tag == gimli::DW_TAG_formal_parameter,
            line: line.and_then(|line| u32::try_from(line).ok()),
            die: offset,
        }
    }
}
