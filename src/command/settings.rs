//! What `set NAME VALUE` and `show NAME` know, in one table.

use super::error::CommandError;
use super::following;
use super::launching;
use super::print::set_limit;
use super::words::{first, number};
use super::{Answer, Command, Context, Topic};
use crate::session::Session;

/// Something that can be set and shown.
pub(super) struct Setting {
    /// Its name, gdb's where it has one.
    pub name: &'static str,
    /// Another name.
    pub alias: &'static str,
    /// What it is, for `show` and `help set`.
    pub about: &'static str,
    /// Sets it.
    pub set: fn(&mut Session, &str) -> Result<(), CommandError>,
    /// Its value now.
    pub show: fn(&Session) -> String,
}

/// All of them, in the order of `show`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "args",
        alias: "",
        about: "the arguments and redirections of the program",
        set: launching::set_args,
        show: launching::show_args,
    },
    Setting {
        name: "env",
        alias: "environment",
        about: "the environment of the program",
        set: launching::set_env,
        show: launching::show_env,
    },
    Setting {
        name: "cwd",
        alias: "",
        about: "the folder that the program starts in",
        set: |session, text| {
            session.set_folder(text).map_err(|error| CommandError::io("enter", text, &error))
        },
        show: |session| session.folder().display().to_string(),
    },
    Setting {
        name: "tty",
        alias: "inferior-tty",
        about: "the terminal of the program, where it has one of its own",
        set: launching::set_tty,
        show: |session| session.tty().map(|tty| tty.display().to_string()).unwrap_or_default(),
    },
    Setting {
        name: "elements",
        alias: "",
        about: "how many elements of a value are shown",
        set: |session, text| limit(session, "elements", text),
        show: |session| session.settings.limits.elements.to_string(),
    },
    Setting {
        name: "depth",
        alias: "",
        about: "how deep values are shown",
        set: |session, text| limit(session, "depth", text),
        show: |session| session.settings.limits.depth.to_string(),
    },
    Setting {
        name: "bytes",
        alias: "",
        about: "how many bytes of a text are shown",
        set: |session, text| limit(session, "bytes", text),
        show: |session| session.settings.limits.text_bytes.to_string(),
    },
    Setting {
        name: "width",
        alias: "",
        about: "columns that a value may take; as many as the terminal has, unless it is set",
        set: |session, text| limit(session, "width", text),
        show: |session| session.settings.width.to_string(),
    },
    Setting {
        name: "addresses",
        alias: "",
        about: "whether addresses are printed beside the names of what lies there",
        set: |session, text| switch(text).map(|on| session.settings.addresses = on),
        show: |session| on_or_off(session.settings.addresses),
    },
    Setting {
        name: "context-at-stop",
        alias: "",
        about: "whether `context` is shown at each stop",
        set: |session, text| switch(text).map(|on| session.settings.context_at_stop = on),
        show: |session| on_or_off(session.settings.context_at_stop),
    },
    Setting {
        name: "record",
        alias: "",
        about: "whether entries and returns of your functions are recorded, with pictures, for \
                `goto` and `back`: each is a stop",
        set: |session, text| Ok(session.record_calls(switch(text)?)?),
        show: |session| on_or_off(session.settings.record),
    },
    Setting {
        name: "step-into-all",
        alias: "",
        about: "whether steps enter std and dependencies",
        set: |session, text| switch(text).map(|on| session.settings.step_into_all = on),
        show: |session| on_or_off(session.settings.step_into_all),
    },
    Setting {
        name: "follow-fork-mode",
        alias: "",
        about: "which process to go on with after a fork: parent or child",
        set: following::set_fork_mode,
        show: following::fork_mode,
    },
    Setting {
        name: "detach-on-fork",
        alias: "",
        about: "whether the other process of a fork is let go: it always is",
        set: following::set_detach_on_fork,
        show: |_| on_or_off(true),
    },
    Setting {
        name: "follow-exec-mode",
        alias: "",
        about: "which program `run` starts after an exec: same, which executed last, or new, which \
                the session began with",
        set: following::set_exec_mode,
        show: following::exec_mode,
    },
    Setting {
        name: "drops",
        alias: "",
        about: "whether drops are followed from now on, for `drops`: each is a stop then",
        set: |session, text| switch(text).map(|on| session.follow_drops(on)),
        show: |session| on_or_off(session.settings.drops),
    },
    Setting {
        name: "stop-on-bad-free",
        alias: "",
        about: "whether the program stops before it frees a block twice, or what is no block",
        set: |session, text| switch(text).map(|on| session.settings.stop_on_bad_free = on),
        show: |session| on_or_off(session.settings.stop_on_bad_free),
    },
    Setting {
        name: "pagination",
        alias: "",
        about: "whether long output waits for a key",
        set: |session, text| switch(text).map(|on| session.settings.pagination = on),
        show: |session| on_or_off(session.settings.pagination),
    },
    Setting {
        name: "confirm",
        alias: "",
        about: "whether you are asked before the program is ended",
        set: |session, text| switch(text).map(|on| session.settings.confirm = on),
        show: |session| on_or_off(session.settings.confirm),
    },
];

/// `show`.
pub(super) static SHOW: Command = Command {
    name: "show",
    aliases: &[],
    topic: Topic::Session,
    usage: "[NAME]",
    about: "Show a setting, or all of them",
    details: "`show args`, `show env`, `show width` and so on; `set` changes them.",
    run: show,
};

/// The names of all settings.
pub fn setting_names() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.name)
}

/// The setting of a name; the beginning is not enough, because `set x = 1` assigns to a variable.
pub(super) fn setting(name: &str) -> Option<&'static Setting> {
    let named = |setting: &&Setting| setting.name == name || setting.alias == name;
    SETTINGS.iter().find(named).filter(|_| !name.is_empty())
}

fn show(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (name, rest) = first(text);
    if name.is_empty() {
        let all = SETTINGS.iter().filter(|setting| setting.name != "env");
        let row = |setting: &Setting| (setting.name.to_owned(), (setting.show)(context.session));
        return Ok(Answer::Rows(all.map(row).collect()));
    }
    let Some(setting) = setting(name) else {
        let names: Vec<_> = setting_names().collect();
        return Err(CommandError::new(format!("there is no setting `{name}`"))
            .did_you_mean(name, names.iter().copied())
            .hint(format!("there are {}", names.join(", "))));
    };
    let shown = (setting.show)(context.session);
    if setting.name == "env" {
        let pairs = shown.lines().filter_map(|line| line.split_once('='));
        let wanted = pairs.filter(|(name, _)| rest.is_empty() || *name == rest);
        return Ok(Answer::Rows(wanted.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()));
    }
    Ok(Answer::Said(shown))
}

fn limit(session: &mut Session, name: &str, text: &str) -> Result<(), CommandError> {
    let value = number(text, "a number of things")?
        .ok_or_else(|| CommandError::new(format!("`set {name}` needs a number")))?;
    set_limit(name, value, &mut session.settings.limits, &mut session.settings.width);
    Ok(())
}

/// Reads `on` or `off`; nothing is `on`, as in gdb.
///
/// # Errors
/// Anything else.
pub(super) fn switch(text: &str) -> Result<bool, CommandError> {
    match text {
        "on" | "" | "1" | "yes" => Ok(true),
        "off" | "0" | "no" => Ok(false),
        other => Err(CommandError::new(format!("`{other}` is neither on nor off"))),
    }
}

fn on_or_off(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}
