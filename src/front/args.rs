//! The command line: the subcommands, their options and their help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use regex::Regex;

use super::target::{TargetArgs, TestTargets};

/// The command line of `freehold` and of `cargo freehold`.
#[derive(Parser, Debug)]
#[command(
    name = "freehold",
    bin_name = "freehold",
    version,
    about = "The debugger that knows who owns every byte of a running Rust program",
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Colours: where the output is a terminal, always, or never (NO_COLOR is obeyed)
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColourArg,
}

/// What Freehold can do.
#[derive(Subcommand, Debug)]
pub(super) enum Command {
    Debug(DebugArgs),
    Attach(AttachArgs),
    Core(CoreArgs),
    Watch(WatchArgs),
    Trace(TraceArgs),
    Drops(DropsArgs),
    Test(TestArgs),
    Layout(LayoutArgs),
    Asm(AsmArgs),
    #[command(hide = true)]
    Completions(CompletionsArgs),
    #[command(hide = true)]
    Man(ManArgs),
}

/// Print what a shell needs to complete this command line
///
/// bash: `freehold completions bash > ~/.local/share/bash-completion/completions/freehold`;
/// other shells have a folder of their own for such files.
#[derive(Args, Clone, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Print the manual page, or write one for each command into a folder
#[derive(Args, Clone, Debug)]
pub struct ManArgs {
    /// The folder to write `freehold.1`, `freehold-debug.1` and so on into
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

const DEBUG_EXAMPLES: &str = "\
Examples:
  freehold debug                               the default binary of the package here
  freehold debug --bin server -- --port 80     a binary of the package, with arguments
  freehold debug --batch -e 'break parse' -e run -e locals demo.rs
  freehold debug --batch -x session.fh tool    the commands of a file, then the end";

/// Debug a program at a prompt, or with the commands of a file
#[derive(Args, Clone, Debug)]
#[command(after_help = DEBUG_EXAMPLES)]
pub struct DebugArgs {
    /// Do not follow the heap: the program allocates at full speed, and blocks have no names
    #[arg(long)]
    pub no_ledger: bool,

    /// Record the entries and returns of your functions too, for `goto` and `back` (slower)
    #[arg(long)]
    pub record: bool,

    /// Do not keep debugger and program on one core while the program has one thread (slower)
    #[arg(long, help_heading = "Output")]
    pub no_pin: bool,

    /// Give the program another terminal, as /dev/pts/3
    #[arg(long, value_name = "FILE")]
    pub tty: Option<String>,

    /// Keep what the program writes to its standard output, for `expect-output`
    #[arg(long, conflicts_with = "tty")]
    pub capture: bool,

    /// What to do in the session.
    #[command(flatten)]
    pub session: SessionArgs,

    /// What to run.
    #[command(flatten)]
    pub target: TargetArgs,
}

const TEST_EXAMPLES: &str = "\
Examples:
  freehold test                          all tests of the package here
  freehold test parser::                 those whose path has this in it
  freehold test --deny-leaks -p core     fail where a block is lost
  CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER='freehold test --runner' cargo test
  cargo nextest run --debugger 'freehold test --runner' NAME";

/// Run the tests of a package, each under the ledger: what it allocated, dropped and lost
#[derive(Args, Clone, Debug)]
#[command(after_help = TEST_EXAMPLES)]
pub struct TestArgs {
    /// Run the tests whose path has this in it
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,

    /// FILTER, and what is skipped, are whole paths of tests
    #[arg(long)]
    pub exact: bool,

    /// Leave out the tests whose path has this in it (may be repeated)
    #[arg(long, value_name = "TEXT")]
    pub skip: Vec<String>,

    /// Run the tests that are marked #[ignore] too
    #[arg(long)]
    pub include_ignored: bool,

    /// Exit with 1 where a block is lost: nothing leads to it at the end
    #[arg(long)]
    pub deny_leaks: bool,

    /// Run this test executable with libtest's arguments, as cargo's runner is called
    #[arg(
        long,
        value_name = "EXECUTABLE ARGS",
        num_args = 1..,
        allow_hyphen_values = true,
        conflicts_with = "filter"
    )]
    pub runner: Vec<OsString>,

    /// Which tests.
    #[command(flatten)]
    pub targets: TestTargets,

    /// How it is told.
    #[command(flatten)]
    pub page: PageArgs,
}

const ATTACH_EXAMPLES: &str = "\
Examples:
  freehold attach 1234                         all threads stop; `continue` lets them run
  freehold attach server                       the only process of that name
  freehold attach --batch -e bt -e detach server
  freehold attach --ledger 1234                follow the blocks it allocates from now on";

/// Take control of a process that runs already
///
/// All of its threads stop, and the session is the same as that of `debug`. At its end the process
/// is let go, and runs on as it was.
#[derive(Args, Clone, Debug)]
#[command(after_help = ATTACH_EXAMPLES)]
pub struct AttachArgs {
    /// The id of the process, or the name of its executable
    #[arg(value_name = "PID|NAME")]
    pub process: String,

    /// Follow the blocks that it allocates from now on: each is a stop, which makes it slow
    #[arg(long)]
    pub ledger: bool,

    /// What to do in the session.
    #[command(flatten)]
    pub session: SessionArgs,
}

const CORE_EXAMPLES: &str = "\
Examples:
  freehold core core.1234                      with the executable that the process had
  freehold core core.1234 ./server             with the same executable from elsewhere
  freehold core --batch -e bt -e locals core.1234";

/// Look at a core file: a process as it was when it died, or when `gcore` wrote it
///
/// Everything works that needs no running process: frames, variables, expressions, memory.
#[derive(Args, Clone, Debug)]
#[command(after_help = CORE_EXAMPLES)]
pub struct CoreArgs {
    /// The core file
    #[arg(value_name = "FILE")]
    pub core: PathBuf,

    /// The executable, where it is not, or not any more, where the process had it
    #[arg(value_name = "TARGET")]
    pub executable: Option<PathBuf>,

    /// What to do in the session.
    #[command(flatten)]
    pub session: SessionArgs,
}

/// What to do in a session, and how to print it: the same wherever its program comes from.
#[derive(Args, Clone, Debug)]
pub struct SessionArgs {
    /// Run the commands of a file first (may be repeated)
    #[arg(short = 'x', value_name = "FILE")]
    pub commands: Vec<PathBuf>,

    /// Run a command, after those of files (may be repeated)
    #[arg(short = 'e', value_name = "COMMAND")]
    pub execute: Vec<String>,

    /// End after these commands, with the program's own exit code
    #[arg(long)]
    pub batch: bool,

    /// Go on after a command that failed
    #[arg(long)]
    pub keep_going: bool,

    /// Run no init file: neither yours nor the project's
    #[arg(long, conflicts_with = "trust")]
    pub no_init: bool,

    /// Trust the project's init file (.freehold) as it is now, and run it
    #[arg(long)]
    pub trust: bool,

    /// How and where to print.
    #[command(flatten)]
    pub page: PageArgs,
}

const WATCH_EXAMPLES: &str = "\
Examples:
  freehold watch                               the default binary of the package here
  freehold watch demo.rs                       one source file, built with rustc -g
  freehold watch --release --bin server -- -v  a binary of the package, with an argument
  freehold watch ./target/debug/tool -- input  an executable that exists
  freehold watch --function '^parse' --full    only some functions, every call of them";

/// Run a program and print how its memory splits between stack and heap, at each call and return
///
/// Every function of the program itself is watched (not those of std and of dependencies), and each
/// picture shows the frames with their variables, the blocks that they own, and what changed.
///
/// The other threads run on meanwhile. What their variables have borrowed of those in a picture is
/// not in it: `locals` of `freehold debug` tells that, where all threads stand still.
#[derive(Args, Clone, Debug)]
#[command(after_help = WATCH_EXAMPLES)]
pub struct WatchArgs {
    /// Watch only functions whose path matches (may be repeated)
    #[arg(long, value_name = "REGEX")]
    pub function: Vec<Regex>,

    /// Watch the functions of this crate instead of the program's own (may be repeated)
    #[arg(long = "crate", value_name = "NAME")]
    pub crates: Vec<String>,

    /// Watch every function that has debug information, std and dependencies included
    #[arg(long, conflicts_with = "crates")]
    pub all: bool,

    /// How and where to print.
    #[command(flatten)]
    pub output: OutputArgs,

    /// What to run.
    #[command(flatten)]
    pub target: TargetArgs,
}

const TRACE_EXAMPLES: &str = "\
Examples:
  freehold trace '^demo::' demo.rs             every call of the functions of one file
  freehold trace 'parse|lex' --bin tool -- in  two functions of a binary of the package
  freehold trace main --format json            one event per line, for programs";

/// Print each call and return of some functions, with arguments, values and stack depth
#[derive(Args, Clone, Debug)]
#[command(after_help = TRACE_EXAMPLES)]
pub struct TraceArgs {
    /// The functions to trace: those whose path (krate::module::name) matches
    #[arg(value_name = "REGEX")]
    pub pattern: Regex,

    /// Stop at the very first instruction of a function instead of behind its prologue
    #[arg(long)]
    pub first_instruction: bool,

    /// Leave out calls that are nested deeper than this among the traced ones
    #[arg(long, value_name = "N")]
    pub limit_depth: Option<u32>,

    /// How and where to print.
    #[command(flatten)]
    pub output: OutputArgs,

    /// What to run.
    #[command(flatten)]
    pub target: TargetArgs,
}

const DROPS_EXAMPLES: &str = "\
Examples:
  freehold drops demo.rs                       who allocated, received, lent and dropped what
  freehold drops --only Guard --bin server     the drops of one type, and what encloses them
  freehold drops --check order.drops demo.rs   compare with a snapshot; exit code 1 if it differs
  freehold drops --check order.drops --accept demo.rs    write the snapshot";

/// Run a program and report what each function allocated, received, lent, gave away and dropped
///
/// With --check, the order of its drops is compared with a snapshot: a text file that holds types
/// and places, and no addresses, no line numbers and nothing of std's own.
#[derive(Args, Clone, Debug)]
#[command(after_help = DROPS_EXAMPLES)]
pub struct DropsArgs {
    /// Only what concerns a type, a function or a file, by a part of its name (may be repeated)
    #[arg(long, value_name = "TYPE|FUNCTION|FILE")]
    pub only: Vec<String>,

    /// Compare the order of drops with the snapshot in a file
    #[arg(long, value_name = "FILE", help_heading = "Regression test")]
    pub check: Option<PathBuf>,

    /// Write the snapshot instead of comparing with it
    #[arg(long, requires = "check", conflicts_with = "review", help_heading = "Regression test")]
    pub accept: bool,

    /// Show how the drops differ from the snapshot, and ask whether to write it
    #[arg(long, requires = "check", help_heading = "Regression test")]
    pub review: bool,

    /// Write line numbers into the snapshot, and compare them
    #[arg(long, requires = "check", help_heading = "Regression test")]
    pub lines: bool,

    /// Fail also for drops that optimised code can have hidden, and for what only std decides
    #[arg(long, requires = "check", help_heading = "Regression test")]
    pub strict: bool,

    /// How and where to print.
    #[command(flatten)]
    pub output: OutputArgs,

    /// What to run.
    #[command(flatten)]
    pub target: TargetArgs,
}

const LAYOUT_EXAMPLES: &str = "\
Examples:
  freehold layout Config                       a type of the package here, wherever its module is
  freehold layout parse::Token demo.rs         a type of one source file
  freehold layout 'Option<Box<Node>>' demo.rs  one instance of a generic type
  freehold layout Vec ./target/debug/tool      all instances of one, with their sizes
  freehold layout Token --format json --depth 3";

/// Show where the fields of a type lie, its padding, and what tells its variants apart
///
/// The program is not run: its debug information says it all. A type is named by its path or the
/// end of it, with or without generic arguments.
#[derive(Args, Clone, Debug)]
#[command(after_help = LAYOUT_EXAMPLES)]
pub struct LayoutArgs {
    /// The type: `Point`, `module::Point`, `Vec<String>`, `(u8, u32)`, `&str`
    #[arg(value_name = "TYPE")]
    pub name: String,

    /// Text for people, or one JSON object for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub format: Format,

    /// How deep to open fields that have fields of their own
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Output")]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=16))]
    pub depth: u8,

    /// Columns of the text view, instead of those of the terminal
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=1000))]
    #[arg(help_heading = "Output")]
    pub width: Option<u16>,

    /// The program that has the type.
    #[command(flatten)]
    pub target: TargetArgs,
}

const ASM_EXAMPLES: &str = "\
Examples:
  freehold asm parse                           a function of the package here, with its source
  freehold asm '<Tree as Drop>::drop' demo.rs  a method of one source file
  freehold asm --release main.rs:12 --bin tool the function that has code of a line";

/// Show the machine code of a function: source, names, variables, prologue and epilogues
///
/// The program is not run. A function is named by its path or the end of it, and every instance of
/// a generic one is shown.
#[derive(Args, Clone, Debug)]
#[command(after_help = ASM_EXAMPLES)]
pub struct AsmArgs {
    /// The function, FILE:LINE, or *ADDRESS in the file
    #[arg(value_name = "FUNCTION")]
    pub function: String,

    /// Text for people, or one JSON object for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub format: Format,

    /// Without the source between the instructions
    #[arg(long, help_heading = "Output")]
    pub no_source: bool,

    /// With the bytes of each instruction
    #[arg(long, help_heading = "Output")]
    pub bytes: bool,

    /// With the address of each instruction in the file
    #[arg(long, help_heading = "Output")]
    pub addresses: bool,

    /// Columns of the text view, instead of those of the terminal
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=1000))]
    #[arg(help_heading = "Output")]
    pub width: Option<u16>,

    /// The program that has the function.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// How and where a run is printed.
#[derive(Args, Clone, PartialEq, Eq, Debug)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// In which form, and where.
    #[command(flatten)]
    pub page: PageArgs,

    /// Show every call, also those that repeat thousands of times
    #[arg(long)]
    pub full: bool,

    /// Do not keep debugger and program on one core while the program has one thread (slower)
    #[arg(long)]
    pub no_pin: bool,
}

/// In which form and where something is printed: the same for every command.
#[derive(Args, Clone, PartialEq, Eq, Debug)]
#[command(next_help_heading = "Output")]
pub struct PageArgs {
    /// Text for people, or one JSON object per line for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

    /// Write to a file instead of stderr
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Columns of the text view, instead of those of the terminal
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=1000))]
    pub width: Option<u16>,
}

/// How events are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: one versioned JSON object per line.
    Json,
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColourArg {
    /// Where the output is a terminal that has them, unless `NO_COLOR` is set.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// The `--color` of a command line that may not be a valid one; automatic where there is none.
pub(super) fn colour_choice(args: &[OsString]) -> anstream::ColorChoice {
    let mut ours = args.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str());
    let mut choice = anstream::ColorChoice::Auto;
    while let Some(word) = ours.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => ours.next(),
            Some(rest) => rest.strip_prefix('='),
            None => continue,
        };
        choice = match value {
            Some("always") => anstream::ColorChoice::Always,
            Some("never") => anstream::ColorChoice::Never,
            _ => anstream::ColorChoice::Auto,
        };
    }
    choice
}

/// The same choice in the words of clap.
pub(super) fn clap_colour(choice: anstream::ColorChoice) -> clap::ColorChoice {
    match choice {
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => {
            clap::ColorChoice::Always
        }
        anstream::ColorChoice::Never => clap::ColorChoice::Never,
        anstream::ColorChoice::Auto => clap::ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests;
