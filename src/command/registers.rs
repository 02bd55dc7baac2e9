//! `registers`: what the processor holds.

use super::looked::Looked;
use super::{Answer, Command, CommandError, Context, Topic};

/// `registers`.
pub(super) static REGISTERS: Command = Command {
    name: "registers",
    aliases: &["regs"],
    topic: Topic::Data,
    usage: "[-a] [all | NAME ...]",
    about: "Show the registers of the frame, those marked that changed since the last stop",
    details: "In the frame of a caller only those are known that its callees have saved. `all` adds \
              the vector registers. Where a register holds an address, what lies there is named; -a \
              prints the number, too. Also `info registers`, `info vector`, `info all-registers`.",
    run: |context, text| registers(context, text, false),
};

/// The registers, with the vector registers or without.
pub(super) fn registers(
    context: &mut Context<'_>,
    text: &str,
    vectors: bool,
) -> Result<Answer, CommandError> {
    let mut addresses = context.session.settings.addresses;
    let (mut wanted, mut vectors) = (Vec::new(), vectors);
    for word in text.split_whitespace() {
        match word {
            "-a" => addresses = true,
            "all" => vectors = true,
            name => wanted.push(name.trim_start_matches('$')),
        }
    }
    vectors |= wanted.iter().any(|name| name.starts_with("xmm"));
    let mut view = context.session.registers(vectors)?;
    if !wanted.is_empty() {
        let names: Vec<_> = view
            .general
            .iter()
            .map(|r| r.name)
            .chain(view.vectors.iter().map(|v| v.name))
            .collect();
        if let Some(unknown) = wanted.iter().find(|name| !names.contains(*name)) {
            return Err(CommandError::new(format!("there is no register `{unknown}` here"))
                .did_you_mean(unknown, names.iter().copied()));
        }
        view.general.retain(|register| wanted.contains(&register.name));
        view.vectors.retain(|register| wanted.contains(&register.name));
    }
    Ok(Answer::Looked(Looked::Registers { view, addresses }))
}

/// The vector registers alone.
pub(super) fn vectors(context: &mut Context<'_>) -> Result<Answer, CommandError> {
    let mut view = context.session.registers(true)?;
    view.general.clear();
    Ok(Answer::Looked(Looked::Registers { view, addresses: false }))
}
