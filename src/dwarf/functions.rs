//! Functions with their scopes: blocks, variables, inlined calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::image::Image;
use super::types::TypeRef;
use super::unit_index::UnitIndex;
use super::units::UnitId;
use crate::base::{FileAddr, Range};

/// What was read of the functions so far.
#[derive(Default)]
pub(super) struct Cache {
    pub indices: Mutex<HashMap<UnitId, Arc<OnceLock<UnitIndex>>>>,
    pub names: Mutex<HashMap<usize, Arc<str>>>,
    pub files: Mutex<Files>,
    functions: Mutex<HashMap<usize, Option<Arc<Function>>>>,
}

/// The files of line tables by unit and index; nothing for an index that names none.
type Files = HashMap<(UnitId, u64), Option<Arc<str>>>;

/// A function that has code of its own: one monomorphised instance.
#[derive(Clone, Debug)]
pub struct Function {
    /// The demangled path without hash, as in the symbol table: `krate::module::f`.
    pub name: Arc<str>,
    /// `DW_AT_linkage_name`, where there is one.
    pub linkage_name: Option<&'static str>,
    /// The code. The first is where it is entered; cold parts follow.
    pub ranges: Vec<Range<FileAddr>>,
    /// The file and line of its declaration.
    pub declared: Option<super::SourceLine>,
    /// The type it returns; none for `()` and `!`.
    pub returns: Option<TypeRef>,
    /// Whether the die says that it does not return (`DW_AT_noreturn`).
    pub noreturn: bool,
    /// `DW_AT_frame_base`, a DWARF expression.
    pub frame_base: Option<&'static [u8]>,
    /// The unit, to read locations in.
    pub unit: UnitId,
    /// What is declared in it.
    pub scope: Scope,
}

/// A lexical block, the outermost of a function, or that of an inlined call.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Where it is in force. Empty for the outermost scope, which is in force in all of the function.
    pub ranges: Vec<Range<FileAddr>>,
    /// Set where the scope is an inlined call (`DW_TAG_inlined_subroutine`).
    pub inlined: Option<InlinedCall>,
    /// Parameters and variables, in the order of declaration.
    pub variables: Vec<Variable>,
    /// The scopes within.
    pub inner: Vec<Scope>,
}

/// A call that was inlined.
#[derive(Clone, Debug)]
pub struct InlinedCall {
    /// The demangled path without hash of the function that was inlined.
    pub name: Arc<str>,
    /// The line of the call, in the function that surrounds it.
    pub call_site: Option<super::SourceLine>,
    /// Where the inlined function was declared.
    pub declared: Option<super::SourceLine>,
    /// The offset of the die that describes the function for all of its calls.
    pub origin: Option<usize>,
}

/// A parameter or variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name; `_` for a parameter that has none.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Option<TypeRef>,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// The line of its declaration.
    pub line: Option<u32>,
    /// The offset of its die, to ask for its location.
    pub die: usize,
}

impl Image {
    /// The function whose code contains the address. Parses that function's dies, once.
    pub fn function_at(&self, at: FileAddr) -> Option<Arc<Function>> {
        let (_, unit) = self.unit_at(at)?;
        let die = self.unit_index(&unit)?.get()?.function_at(at)?;
        let cached = self.functions.functions.lock().ok()?.get(&die).cloned();
        cached.unwrap_or_else(|| {
            let function = self.read_function(die).map(Arc::new);
            let mut functions = self.functions.functions.lock().ok()?;
            functions.entry(die).or_insert(function).clone()
        })
    }

    fn read_function(&self, offset: usize) -> Option<Function> {
        let chain = self.chain(offset);
        let die = chain.first()?;
        let frame_base = die.value(gimli::DW_AT_frame_base).and_then(|value| value.exprloc_value());
        Some(Function {
            name: self.function_name(offset),
            linkage_name: self.linkage_name(&chain),
            ranges: self.ranges(&die.unit, die.entry.attrs()),
            declared: self.declared(&chain),
            returns: chain
                .iter()
                .find_map(|die| die.type_ref())
                .filter(|ty| !self.carries_nothing(*ty)),
            noreturn: chain.iter().any(|die| die.flag(gimli::DW_AT_noreturn)),
            frame_base: frame_base.map(|expression| expression.0.slice()),
            unit: super::dies::unit_id(&die.unit)?,
            scope: self.read_scope(offset)?,
        })
    }

    /// Whether a type is `()` or `!`: rustc describes them as base types of those names.
    fn carries_nothing(&self, ty: TypeRef) -> bool {
        self.die(ty.0).is_some_and(|die| {
            die.tag() == gimli::DW_TAG_base_type && matches!(self.name(&die), Some("()" | "!"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{addresses, builds, debug_builds};

    #[test]
    fn a_function_is_found_from_every_address_of_its_code_and_not_behind_it() {
        for build in builds() {
            let function = build.function("program::six");
            for at in addresses(&function) {
                assert_eq!(build.image.function_at(at).expect("six").name, function.name);
            }
            let behind = build.image.function_at(function.ranges[0].end);
            assert!(behind.is_none_or(|other| other.name != function.name));
        }
    }

    #[test]
    fn a_function_knows_its_declaration_and_what_it_returns() {
        for build in builds() {
            let function = build.function("program::inlining");
            let declared = function.declared.as_ref().expect("a declaration");
            let line = include_str!("fixture/program.rs")
                .lines()
                .position(|line| line.starts_with("pub fn inlining"));
            assert_eq!(Some(declared.line as usize), line.map(|index| index + 1));
            assert!(declared.file.starts_with('/') && declared.file.ends_with("/program.rs"));
            assert_eq!(&*build.ty(function.returns.expect("a type")).name, "i32");
            assert!(function.linkage_name.is_some_and(|name| name.starts_with("_")));
            assert!(!function.noreturn);
            assert_eq!(build.function("program::main").returns, None);
            let never = build.function("program::types");
            assert!(never.noreturn && never.returns.is_none());
        }
    }

    #[test]
    fn the_frame_base_is_the_stack_pointer() {
        for build in debug_builds() {
            // DW_OP_reg7, DWARF 4, section 7.7.1.
            assert_eq!(build.function("program::six").frame_base, Some([0x57].as_slice()));
        }
    }

    #[test]
    fn parameters_come_in_order_and_one_without_a_name_is_an_underscore() {
        for build in builds() {
            let function = build.function("program::six");
            let parameters = function.scope.variables.iter().filter(|v| v.parameter);
            let found: Vec<_> = parameters
                .map(|v| (v.name.to_string(), build.ty(v.ty.expect("typed")).name.to_string()))
                .collect();
            let names = [("a", "u64"), ("b", "u32"), ("_", "u8")];
            let expected = names.map(|(name, ty)| (name.to_owned(), ty.to_owned()));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_generic_of_another_crate_is_found_with_the_types_it_was_made_for() {
        for build in builds() {
            let names: Vec<_> = build.functions().map(|f| f.name.to_string()).collect();
            let name = names.iter().find(|name| name.starts_with("other::swap")).expect("swap");
            let function = build.function(name);
            let pair = build.variable(&function, "pair");
            let ty = build.ty(pair.ty.expect("typed"));
            assert_eq!(&*ty.name, "other::Pair<u8, &str>");
            assert_eq!(&*build.ty(ty.param("B").expect("B")).name, "&str");
            assert!(function.declared.as_ref().expect("declared").file.ends_with("/other.rs"));
        }
    }

    #[test]
    fn a_closure_is_a_function_with_its_environment() {
        for build in debug_builds() {
            let closure = build.function("program::types::{{closure}}");
            assert!(closure.scope.variables.iter().any(|variable| &*variable.name == "x"));
        }
    }
}
