//! The house keeps its rules: what may import, print, fork, panic and be unsafe, and where.
//!
//! The sources are read as tokens, so that comments and strings do not count. Names that a macro of
//! ours would put together are not seen; there are none.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The folders of `src`, and the floor that each is on.
const FLOORS: &[(&str, u8)] = &[
    ("base", 0),
    ("os", 1),
    ("dwarf", 1),
    ("asm", 1),
    ("inferior", 2),
    ("frame", 2),
    ("value", 2),
    ("track", 3),
    ("expr", 3),
    ("session", 4),
    ("command", 5),
    ("front", 6),
];

/// What is allowed although a rule forbids it: the file, the rule, and why.
const ALLOWED: &[(&str, &str, &str)] =
    &[("dwarf/fixture/program.rs", "unsafe", "a program that unit tests compile")];

const LONGEST: usize = 600;

#[test]
fn the_sources_keep_the_rules_of_the_house() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    assert!(files.len() > 20, "only {} files were found", files.len());
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).expect("below src").to_str().expect("plain names");
        (name.to_owned(), fs::read_to_string(&path).expect("readable"))
    };
    let files: Vec<(String, String)> = files.into_iter().map(read).collect();
    let tests: Vec<String> =
        files.iter().flat_map(|(name, text)| modules_for_tests(name, text)).collect();
    let mut broken = Vec::new();
    for (name, text) in &files {
        let module = module_of(name).join("/");
        let test = tests.iter().any(|test| Path::new(&module).starts_with(test));
        let found = check(name, text, test).into_iter();
        broken.extend(found.filter(|found| !is_allowed(found)).map(|found| found.to_string()));
    }
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        dir.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        // Programs that unit tests compile are no part of the house.
        let data = path.ends_with("testdata");
        if path.is_dir() && !data {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// A rule that is broken.
#[derive(PartialEq, Eq, Debug)]
struct Broken {
    file: String,
    line: usize,
    rule: &'static str,
    what: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "src/{}:{}: {}: {}", self.file, self.line, self.rule, self.what)
    }
}

fn is_allowed(found: &Broken) -> bool {
    ALLOWED.iter().any(|(file, rule, _)| *file == found.file && *rule == found.rule)
}

/// The modules of a file: `["value", "place"]` for `value/place.rs` and `value/place/mod.rs`, none
/// for the roots of the library and of the programs.
fn module_of(name: &str) -> Vec<String> {
    let path = name.trim_end_matches(".rs").trim_end_matches("/mod");
    let root = matches!(path, "lib" | "main") || path.starts_with("bin/");
    if root { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The modules that a file declares for its tests alone, by `#[cfg(test)] mod NAME;`.
fn modules_for_tests(name: &str, text: &str) -> Vec<String> {
    let tokens: Vec<TokenTree> = text.parse::<TokenStream>().into_iter().flatten().collect();
    let declared = |at: usize| {
        // The visibility stands between, `pub` and perhaps `(crate)`.
        let item = tokens.get(at + 2..)?;
        let word = item.iter().take(3).position(|t| t.to_string() == "mod")?;
        let [TokenTree::Ident(module), end] = item.get(word + 1..word + 3)? else { return None };
        let mut path = module_of(name);
        path.push(module.to_string());
        is_punct(Some(end), ';').then(|| path.join("/"))
    };
    (0..tokens.len()).filter(|at| is_cfg_test(&tokens, *at)).filter_map(declared).collect()
}

/// Reads one file and returns what is wrong with it. `name` is its path below `src`, and `test`
/// says whether it belongs to a module that is only there for tests.
fn check(name: &str, text: &str, test: bool) -> Vec<Broken> {
    let mut reader = Reader::new(name);
    if text.lines().count() > LONGEST {
        reader.broken(LONGEST + 1, "length", format!("more than {LONGEST} lines"));
    }
    let needs_header = name.ends_with("mod.rs") || name == "lib.rs";
    if needs_header && !text.starts_with("//! ") {
        reader.broken(1, "header", "a floor begins with `//!` and says what it is for".to_owned());
    }
    match text.parse::<TokenStream>() {
        Ok(tokens) => reader.read(tokens, test),
        Err(error) => reader.broken(1, "syntax", error.to_string()),
    }
    reader.found
}

struct Reader {
    file: String,
    /// The modules around the token: `["value", "place"]`.
    modules: Vec<String>,
    found: Vec<Broken>,
}

impl Reader {
    fn new(name: &str) -> Reader {
        Reader { file: name.to_owned(), modules: module_of(name), found: Vec::new() }
    }

    fn broken(&mut self, line: usize, rule: &'static str, what: String) {
        self.found.push(Broken { file: self.file.clone(), line, rule, what });
    }

    fn floor(&self) -> Option<&str> {
        self.modules.first().map(String::as_str)
    }

    fn read(&mut self, tokens: TokenStream, test: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        // Set by `#[cfg(test)]`, up to the end of the item behind it.
        let mut item_is_test = false;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            item_is_test |= is_cfg_test(&tokens, at);
            let test = test || item_is_test;
            match token {
                TokenTree::Ident(_) => {
                    self.words(&tokens, at, test);
                    let (paths, next) = paths(&tokens, at);
                    for (path, line) in paths {
                        self.path(&path, line, test);
                    }
                    at = next;
                    continue;
                }
                TokenTree::Group(group) => {
                    let module = module_name(&tokens, at);
                    let inside = module.is_some();
                    self.modules.extend(module);
                    self.read(group.stream(), test);
                    if inside {
                        self.modules.pop();
                    }
                    item_is_test &= group.delimiter() != Delimiter::Brace;
                }
                TokenTree::Punct(punct) => item_is_test &= punct.as_char() != ';',
                TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }

    /// Rules about a word and its neighbours.
    fn words(&mut self, tokens: &[TokenTree], at: usize, test: bool) {
        let word = tokens[at].to_string();
        let line = tokens[at].span().start().line;
        let is_macro = is_punct(tokens.get(at + 1), '!') && !is_punct(tokens.get(at + 2), '=');
        let is_method = at > 0
            && is_punct(tokens.get(at - 1), '.')
            && matches!(tokens.get(at + 1), Some(TokenTree::Group(group))
                if group.delimiter() == Delimiter::Parenthesis);
        match word.as_str() {
            "unsafe" if self.floor() != Some("os") => {
                self.broken(line, "unsafe", "only src/os may be unsafe".to_owned());
            }
            "println" | "print" | "eprintln" | "eprint" | "dbg"
                if is_macro && !test && self.floor() != Some("front") =>
            {
                self.broken(line, "print", format!("{word}!: only src/front prints"));
            }
            // An assertion that does not hold ends its test so, with the line of who asserted.
            "panic" if is_macro && self.file.starts_with("front/testing/") => {}
            "panic" | "todo" | "unimplemented" if is_macro && !test => {
                self.broken(line, "panic", format!("{word}!"));
            }
            "unwrap" | "expect" if is_method && !test => {
                self.broken(line, "panic", format!(".{word}(…)"));
            }
            _ => {}
        }
    }

    /// Rules about what a path leads to.
    fn path(&mut self, path: &[String], line: usize, test: bool) {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let floor = self.floor();
        let starts_processes = matches!(floor, Some("os" | "front") | None);
        match words.as_slice() {
            ["std", "process", ..] if !starts_processes && !test => {
                self.broken(line, "process", "only src/os and src/front start processes".into());
            }
            // The names and numbers of signals are words, and nothing is asked of the kernel.
            ["nix", "sys", "signal", "Signal", ..] => {}
            ["nix" | "libc", ..] if path.len() > 1 && floor != Some("os") => {
                self.broken(line, "kernel", "only src/os speaks to the kernel".into());
            }
            _ => {}
        }
        if let Some(target) = self.named_floor(&words) {
            self.import(target, line);
        }
    }

    /// The floor that a path names from the root of the crate: by `crate::`, or by as many
    /// `super::` as it takes to get there.
    fn named_floor<'a>(&self, words: &[&'a str]) -> Option<&'a str> {
        match words {
            ["crate", floor, ..] => Some(floor),
            ["self", rest @ ..] if rest.first() == Some(&"super") => self.named_floor(rest),
            ["super", ..] => {
                let up = words.iter().take_while(|word| **word == "super").count();
                (up == self.modules.len()).then(|| words.get(up).copied()).flatten()
            }
            _ => None,
        }
    }

    fn import(&mut self, target: &str, line: usize) {
        let Some(floor) = self.floor() else { return };
        let level = |name: &str| FLOORS.iter().find(|(other, _)| *other == name).map(|(_, n)| *n);
        let Some(own) = level(floor) else {
            return self.broken(line, "floors", format!("src/{floor} is on no floor"));
        };
        // A name that is not a floor is something that the root itself declares: none of our rules.
        let Some(other) = level(target) else { return };
        if target != floor && other >= own {
            let way = if other == own { "sideways" } else { "up" };
            self.broken(line, "floors", format!("{floor} imports {target}, which is {way}"));
        }
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// Whether `#[cfg(…test…)]` begins here, and not `#[cfg(not(test))]`. What is there for tests and
/// for fuzzing is in no program of ours either.
fn is_cfg_test(tokens: &[TokenTree], at: usize) -> bool {
    let Some(TokenTree::Group(group)) = tokens.get(at + 1) else { return false };
    let text: String = group.stream().to_string().split_whitespace().collect();
    is_punct(tokens.get(at), '#')
        && (text == "cfg(test)"
            || text == "cfg(any(test,fuzzing))"
            || text.starts_with("cfg(all(test,"))
}

/// The name of the module whose body is the group at this place.
fn module_name(tokens: &[TokenTree], at: usize) -> Option<String> {
    let word = |back: usize| tokens.get(at.checked_sub(back)?).map(ToString::to_string);
    (word(2).as_deref() == Some("mod")).then(|| word(1)).flatten()
}

/// The paths that begin with the word at this place, written out (`a::{b, c::d}` is two of them),
/// each with its line, and the place behind them. In front of a group that is no part of a path it
/// stops, so that the group is read by itself.
fn paths(tokens: &[TokenTree], at: usize) -> (Vec<(Vec<String>, usize)>, usize) {
    let mut path = vec![tokens[at].to_string()];
    let line = tokens[at].span().start().line;
    let mut at = at + 1;
    while is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':') {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(word)) => {
                path.push(word.to_string());
                at += 3;
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                return (with_prefix(&path, &inner), at + 3);
            }
            _ => break,
        }
    }
    (vec![(path, line)], at)
}

fn with_prefix(prefix: &[String], tokens: &[TokenTree]) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    for part in tokens.split(|token| is_punct(Some(token), ',')) {
        if !matches!(part.first(), Some(TokenTree::Ident(_))) {
            continue;
        }
        for (path, line) in paths(part, 0).0 {
            found.push((prefix.iter().cloned().chain(path).collect(), line));
        }
    }
    found
}

/// The lines and rules that are broken in a file of this name.
fn rules(name: &str, text: &str) -> Vec<(usize, &'static str)> {
    check(name, text, false).into_iter().map(|found| (found.line, found.rule)).collect()
}

#[test]
fn imports_up_and_sideways_are_found_in_every_spelling() {
    let up = "use crate::base::X;\nuse crate::front::Y;\nuse crate::{base, session::Z};\n";
    assert_eq!(rules("value/place.rs", up), [(2, "floors"), (3, "floors")]);
    let sideways = "use super::super::frame::F;\nfn f() { crate::inferior::g(); }\n";
    assert_eq!(rules("value/place.rs", sideways), [(1, "floors"), (2, "floors")]);
    let in_macro = "fn f() { let x = vec![crate::frame::F]; }";
    assert_eq!(rules("value/place.rs", in_macro), [(1, "floors")]);
    let in_module = "mod a {\n use super::super::super::front::X;\n use super::super::front;\n}";
    assert_eq!(rules("value/place.rs", in_module), [(2, "floors")]);
    assert_eq!(rules("attic/a.rs", "use crate::base::X;"), [(1, "floors")]);
}

#[test]
fn imports_down_and_within_a_floor_are_in_order() {
    let text = "use crate::{asm, base::{A, B}};\nuse super::super::os;\nuse super::other;\n\
                use crate::frame::x;\n// crate::front\nconst S: &str = \"crate::front::X\";\n";
    assert_eq!(rules("frame/slots.rs", text), []);
    assert_eq!(rules("lib.rs", "//! Map.\npub use front::run;"), []);
}

#[test]
fn what_may_panic_is_found_outside_of_tests() {
    let text = "fn f() {\n x.unwrap();\n y.expect(\"\");\n panic!();\n x.unwrap_or(1);\n}\n\
                #[cfg(test)]\nmod tests { fn g() { x.unwrap(); todo!(); } }\n\
                fn h() {\n todo!() }\n";
    let panics = [(2, "panic"), (3, "panic"), (4, "panic"), (10, "panic")];
    assert_eq!(rules("base/a.rs", text), panics);
    assert_eq!(check("base/testing.rs", "fn f() { x.unwrap(); }", true), []);
    let declares = "#[cfg(test)]\nmod testing;\nmod other;\n#[cfg(test)] mod tests { }";
    assert_eq!(modules_for_tests("base/mod.rs", declares), ["base/testing"]);
    let fuzzing = "#[cfg(any(test, fuzzing))]\npub mod garbage;\nmod other;";
    assert_eq!(modules_for_tests("base/mod.rs", fuzzing), ["base/garbage"]);
    let not_test = "#[cfg(test)]\nuse a::b;\nfn f() { x.unwrap(); }";
    assert_eq!(rules("base/a.rs", not_test), [(3, "panic")]);
}

#[test]
fn unsafe_printing_and_processes_have_their_floors() {
    let text = "fn f() { unsafe { g() } }\nfn h() { println!(\"\"); }\n\
                use std::process::Command;\nuse nix::sys::ptrace;\nuse std::{io, process::Child};";
    let broken = [(1, "unsafe"), (2, "print"), (3, "process"), (4, "kernel"), (5, "process")];
    assert_eq!(rules("track/a.rs", text), broken);
    assert_eq!(rules("os/a.rs", text), [(2, "print")]);
    assert_eq!(rules("front/a.rs", text), [(1, "unsafe"), (4, "kernel")]);
    assert_eq!(rules("main.rs", "use std::process::ExitCode;"), []);
}

#[test]
fn long_files_and_floors_without_a_header_are_found() {
    assert_eq!(rules("base/a.rs", &"\n".repeat(601)), [(601, "length")]);
    assert_eq!(rules("base/mod.rs", "mod a;"), [(1, "header")]);
    assert_eq!(rules("base/mod.rs", "//! Floor 0.\nmod a;"), []);
}
