//! Command lines, and what they mean.

use clap::CommandFactory;

use super::*;

fn parse(words: &[&str]) -> Result<Command, clap::Error> {
    let words = ["freehold"].iter().chain(words);
    Cli::try_parse_from(words).map(|cli| cli.command)
}

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

#[test]
fn the_declaration_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn watch_takes_filters_a_target_and_the_programs_arguments() {
    let parsed = parse(&[
        "watch",
        "--function",
        "^a",
        "--function",
        "b$",
        "--crate",
        "one",
        "demo.rs",
        "--",
        "-x",
    ]);
    let Ok(Command::Watch(args)) = parsed else { panic!("{parsed:?}") };
    let patterns: Vec<&str> = args.function.iter().map(Regex::as_str).collect();
    assert_eq!(patterns, ["^a", "b$"]);
    assert_eq!(args.crates, ["one"]);
    assert_eq!(args.target.target, Some(PathBuf::from("demo.rs")));
    assert_eq!(args.target.args, ["-x"]);
    assert_eq!(args.output.page.format, Format::Text);
}

#[test]
fn trace_takes_its_pattern_before_the_target() {
    let parsed = parse(&["trace", "^f$", "demo", "--limit-depth", "3", "--format", "json"]);
    let Ok(Command::Trace(args)) = parsed else { panic!("{parsed:?}") };
    assert_eq!(args.pattern.as_str(), "^f$");
    assert_eq!(args.target.target, Some(PathBuf::from("demo")));
    assert_eq!(args.limit_depth, Some(3));
    assert_eq!(args.output.page.format, Format::Json);
}

#[test]
fn a_wrong_pattern_a_narrow_page_and_a_double_target_are_refused() {
    assert!(parse(&["watch", "--function", "("]).is_err());
    assert!(parse(&["watch", "--width", "10"]).is_err());
    assert!(parse(&["watch", "demo", "--bin", "demo"]).is_err());
    assert!(parse(&["watch", "--all", "--crate", "one"]).is_err());
    assert!(parse(&["trace"]).is_err());
    assert!(parse(&["layout"]).is_err());
}

#[test]
fn layout_takes_a_type_before_the_target() {
    let parsed = parse(&["layout", "a::B<u8>", "demo.rs", "--format", "json", "--depth", "3"]);
    let Ok(Command::Layout(args)) = parsed else { panic!("{parsed:?}") };
    assert_eq!((args.name.as_str(), args.depth, args.format), ("a::B<u8>", 3, Format::Json));
    assert_eq!(args.target.target, Some(PathBuf::from("demo.rs")));
}

#[test]
fn colour_is_known_before_the_line_is_parsed() {
    use anstream::ColorChoice::{Always, Auto, Never};
    assert_eq!(colour_choice(&words("freehold watch --color never --what")), Never);
    assert_eq!(colour_choice(&words("freehold --color=always")), Always);
    assert_eq!(colour_choice(&words("freehold watch demo -- --color=always")), Auto);
    assert_eq!(colour_choice(&words("freehold watch --color")), Auto);
}
