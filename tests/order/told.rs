//! What Freehold tells of drops: events, or the text of a snapshot.

use std::path::Path;

use serde_json::Value;

use super::built::Drop;
use super::names::{function, short_type};

/// The drops of types that print, or the calls of their own `drop`, of some events.
pub fn of_events<'a>(events: impl Iterator<Item = &'a Value>, part: &str) -> Vec<Drop> {
    let prints = |event: &&Value| {
        event["implements_drop"] == true && event["whose"] == "user" && event["part"] == part
    };
    let drop = |event: &Value| Drop {
        ty: short_type(event["type_path"].as_str().unwrap_or_default()),
        function: function(event["at"]["function"].as_str().unwrap_or("?")),
        line: event["at"]["line"].as_u64().unwrap_or(0),
        thread: event["thread"].to_string(),
    };
    events.filter(prints).map(drop).collect()
}

/// The drops of types that print in a snapshot with lines, thread by thread.
pub fn of_snapshot(file: &Path) -> Vec<Drop> {
    let text = std::fs::read_to_string(file).expect("a snapshot");
    let (mut drops, mut thread, mut function) = (Vec::<Drop>::new(), String::new(), String::new());
    // The indentation of what is in a round, how often it happened and where it begins.
    let mut rounds: Vec<(usize, usize, usize)> = Vec::new();
    let mut threads = 0;
    // What follows the threads ends the last round, too.
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines.chain(["never freed"]) {
        let indent = line.len() - line.trim_start().len();
        while let Some((_, times, from)) = rounds.pop_if(|(inside, ..)| *inside > indent) {
            let round = drops[from..].to_vec();
            (1..times).for_each(|_| drops.extend_from_slice(&round));
        }
        let content = line.trim();
        if let Some(name) = content.strip_prefix("thread ").filter(|_| indent == 0) {
            threads += 1;
            thread = format!("{name} {threads}");
        } else if content == "never freed" && indent == 0 {
            break;
        } else if indent == 0 {
            content.clone_into(&mut function);
        } else if let Some(times) = content.strip_suffix(" times") {
            rounds.push((indent + 2, times.parse().expect("a number"), drops.len()));
        } else {
            drops.extend(drop(content, &function, &thread));
        }
    }
    drops
}

fn drop(content: &str, function: &str, thread: &str) -> Option<Drop> {
    let others = ["std ", "fields ", "crate "].iter().any(|mark| content.starts_with(mark));
    let (rest, line) = content.rsplit_once(" at ").unwrap_or((content, "?:0"));
    let rest = rest.strip_suffix(" unwinding").unwrap_or(rest);
    let ty = rest.split_once(" (").map_or(rest, |(ty, _)| ty);
    (!others).then(|| Drop {
        ty: short_type(ty),
        function: function.to_owned(),
        line: line.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(0),
        thread: thread.to_owned(),
    })
}
