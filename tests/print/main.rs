//! What a person gets who asks for values at a stop. What is expected is what the sources of the test
//! programs say.

#[path = "../support/mod.rs"]
mod support;

mod expressions;
mod formats;
mod frames;
mod peers;
mod places;
mod writing;

use support::debug::{answers, refused};
use support::{Program, Variant};

/// Builds in which every value is there: with `-O` too, because the program takes its address.
const BUILDS: [Variant; 2] = [Variant::Debug, Variant::Opt];

/// That expressions have values of these types, at a marker of a program.
#[track_caller]
fn values(program: &Program, marker: &str, expected: &[(&str, &str, &str)]) {
    let commands: Vec<_> = expected.iter().map(|row| format!("print {}", row.0)).collect();
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    let (told, _) = answers(program, marker, &commands);
    let mut wrong = Vec::new();
    for (answer, (expression, ty, value)) in told.iter().zip(expected) {
        let found = (answer["data"]["data"]["type"].as_str(), answer["data"]["pretty"].as_str());
        if found != (Some(*ty), Some(format!("{value}\n").as_str())) {
            wrong.push(format!("{expression}: {answer}, and not {ty} = {value}"));
        }
    }
    assert!(wrong.is_empty(), "{}: {}", program.name, wrong.join("\n"));
}

/// That expressions are refused, with these words among the error and its hints.
#[track_caller]
fn errors(program: &Program, marker: &str, expected: &[(&str, &[&str])]) {
    let commands: Vec<_> = expected.iter().map(|(command, _)| *command).collect();
    let (told, _) = answers(program, marker, &commands);
    for (answer, (command, words)) in told.iter().zip(expected) {
        let said = refused(answer);
        assert!(words.iter().all(|word| said.contains(word)), "{command}: {said}");
    }
}
