//! Paths and types by which closures and functions of impls are told.

use super::*;

#[test]
fn a_function_of_an_impl_is_named_without_the_crates_of_its_types() {
    let names = [
        ("inv::main", "main"),
        ("inv::shop::Shelf::put", "shop::Shelf::put"),
        ("<inv::Discount as inv::rules::Rule>::apply", "<Discount as Rule>::apply"),
        ("inv::shop::<impl inv::Rule for inv::Own>::apply", "shop::<impl Rule for Own>::apply"),
    ];
    for (path, name) in names {
        assert_eq!(short_function(path), name);
    }
}

#[test]
fn closures_and_bodies_of_async_functions_are_told_by_their_paths_and_types() {
    assert!(is_closure("krate::f::{{closure}}") && is_closure("<krate::T>::f::{closure#0}"));
    assert!(!is_closure("krate::f") && !is_closure("krate::g::<krate::f::{closure#0}>"));
    assert!(is_body("Pin<&mut f::{async fn}>") && is_body("Pin<&mut f::{async block#1}>"));
    assert!(!is_body("&mut f::{closure#0}") && !is_body("Pin<&mut Later>"));
}
