//! `maps`: what lies where in memory.

use super::examine::addresses_option;
use super::looked::Looked;
use super::words::nothing;
use super::{Answer, Command, CommandError, Context, Topic};

/// `maps`.
pub(super) static MAPS: Command = Command {
    name: "maps",
    aliases: &["vmmap"],
    topic: Topic::Data,
    usage: "[-a]",
    about: "Show the map of the memory: stacks of threads, heap blocks, sections of files",
    details: "-a adds the addresses. Also `info proc mappings`.",
    run: maps,
};

/// The map of the memory.
pub(super) fn maps(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (addresses, text) = addresses_option(context, text);
    nothing(text, "maps")?;
    let maps = context.session.maps()?;
    Ok(Answer::Looked(Looked::Maps { maps, addresses }))
}

/// The libraries that are loaded.
pub(super) fn libraries(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (addresses, text) = addresses_option(context, text);
    nothing(text, "info sharedlibrary")?;
    let libraries = context.session.libraries()?;
    Ok(Answer::Looked(Looked::Libraries { libraries, addresses }))
}
