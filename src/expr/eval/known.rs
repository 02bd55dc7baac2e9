//! Which methods are known: their names, and how many arguments each takes.

use super::super::scalar::Scalar;
use super::View;
use super::view::is_raw;

/// Methods by what they are for: their names, and how many arguments each takes.
pub(super) type Methods = &'static [(&'static str, usize)];

pub(super) const TEXT: Methods = &[
    ("len", 0),
    ("is_empty", 0),
    ("contains", 1),
    ("starts_with", 1),
    ("ends_with", 1),
    ("eq_ignore_ascii_case", 1),
    ("is_char_boundary", 1),
    ("capacity", 0),
    ("as_ptr", 0),
    ("as_str", 0),
];
pub(super) const ELEMENTS: Methods = &[
    ("len", 0),
    ("is_empty", 0),
    ("first", 0),
    ("last", 0),
    ("front", 0),
    ("back", 0),
    ("get", 1),
    ("contains", 1),
    ("starts_with", 1),
    ("ends_with", 1),
    ("count", 0),
    ("capacity", 0),
    ("as_ptr", 0),
    ("as_slice", 0),
];
pub(super) const ENTRIES: Methods = &[
    ("len", 0),
    ("is_empty", 0),
    ("contains_key", 1),
    ("contains", 1),
    ("get", 1),
    ("count", 0),
    ("keys", 0),
    ("values", 0),
    ("first", 0),
    ("front", 0),
];
pub(super) const ENUM: Methods = &[
    ("is_some", 0),
    ("is_none", 0),
    ("is_ok", 0),
    ("is_err", 0),
    ("unwrap", 0),
    ("expect", 1),
    ("unwrap_err", 0),
    ("unwrap_or", 1),
];
/// An `AtomicBool` is seen as the `bool` in it.
pub(super) const BOOL: Methods = &[("load", 1)];
pub(super) const INT: Methods = &[
    ("abs", 0),
    ("signum", 0),
    ("min", 1),
    ("max", 1),
    ("pow", 1),
    ("abs_diff", 1),
    ("count_ones", 0),
    ("count_zeros", 0),
    ("leading_zeros", 0),
    ("trailing_zeros", 0),
    ("is_power_of_two", 0),
    ("is_positive", 0),
    ("is_negative", 0),
    ("wrapping_add", 1),
    ("wrapping_sub", 1),
    ("wrapping_mul", 1),
];
pub(super) const FLOAT: Methods = &[
    ("abs", 0),
    ("min", 1),
    ("max", 1),
    ("floor", 0),
    ("ceil", 0),
    ("round", 0),
    ("trunc", 0),
    ("sqrt", 0),
    ("is_nan", 0),
    ("is_finite", 0),
    ("is_infinite", 0),
];
pub(super) const CHAR: Methods = &[
    ("is_alphabetic", 0),
    ("is_numeric", 0),
    ("is_alphanumeric", 0),
    ("is_whitespace", 0),
    ("is_uppercase", 0),
    ("is_lowercase", 0),
    ("is_ascii", 0),
    ("is_ascii_digit", 0),
    ("len_utf8", 0),
];
pub(super) const POINTER: Methods = &[("strong_count", 0), ("weak_count", 0)];
pub(super) const RAW: Methods = &[("is_null", 0), ("addr", 0), ("as_ptr", 0)];
pub(super) const INSIDE: Methods = &[
    ("get", 0),
    ("load", 1),
    ("borrow", 0),
    ("borrow_mut", 0),
    ("lock", 0),
    ("read", 0),
    ("write", 0),
    ("is_poisoned", 0),
];

/// Methods that give the value itself, or something that stands for it here.
pub(super) const SAME: [&str; 14] = [
    "clone",
    "as_ref",
    "as_mut",
    "as_deref",
    "deref",
    "borrow",
    "borrow_mut",
    "to_owned",
    "iter",
    "into_iter",
    "copied",
    "cloned",
    "to_string",
    "into",
];

/// The methods of a value, the nearest first.
pub(super) fn methods_of(view: &View) -> Vec<Methods> {
    match view {
        View::Text(_) => vec![TEXT],
        View::Elements(_) | View::List(_) => vec![ELEMENTS],
        View::Entries(..) => vec![ENTRIES],
        View::Enum(variant, _) if matches!(&**variant, "Some" | "None" | "Ok" | "Err") => {
            vec![ENUM]
        }
        View::Scalar(Scalar::Bool(_)) => vec![BOOL],
        View::Scalar(Scalar::Int(_)) => vec![INT],
        View::Scalar(Scalar::Float(_)) => vec![FLOAT],
        View::Scalar(Scalar::Char(_)) => vec![CHAR],
        View::Pointer(pointee) if is_raw(pointee.flavour) => vec![RAW],
        View::Pointer(pointee) if !pointee.counts.is_empty() => vec![POINTER],
        View::Inside(..) => vec![INSIDE],
        _ => Vec::new(),
    }
}
