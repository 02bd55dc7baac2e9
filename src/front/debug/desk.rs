//! The desk: takes a command, has it done, tells what came of it, and takes the next one.

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::Rc;

use super::reading::{Lines, Next, Source, names};
use super::repeating::repeated;
use super::telling::Teller;
use super::transcript::Transcript;
use crate::base::ExitStatus;
use crate::command::{Answer, CommandError, Context, Program, ScriptLine, opened};
use crate::front::args::SessionArgs;
use crate::front::errors::{Outcome, UserError};
use crate::front::exit::{EXPECTATION_FAILED, TOOL_ERROR};
use crate::front::program;
use crate::front::script::{DefinedCommands, Scripts};
use crate::session::Session;

/// The command for which the output of the program must be kept.
const NEEDS_OUTPUT: &str = "expect-output";

/// What the functions have in their names by which a program of Rhai reads it.
const READS_OUTPUT: &str = "output(";

/// One session, from its first command to its last.
pub(super) struct Desk {
    session: Rc<RefCell<Session>>,
    lines: Lines,
    teller: Teller,
    scripts: Scripts,
    defined: DefinedCommands,
    transcript: Transcript,
    /// What an empty line at the prompt stands for.
    again: Option<String>,
    batch: bool,
    keep_going: bool,
    /// The code that commands of scripts ended with that failed.
    failed: Option<u8>,
}

/// Whether there is more to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Next,
    End,
}

impl Desk {
    /// A desk with everything on it.
    ///
    /// # Errors
    /// Where the output of the program cannot be kept.
    pub fn new(
        args: &SessionArgs,
        session: Rc<RefCell<Session>>,
        lines: Lines,
        (teller, defined): (Teller, DefinedCommands),
        capture: bool,
    ) -> Result<Desk, UserError> {
        let scripts = Scripts::new(&session, &teller, &defined);
        let mut desk = Desk {
            session,
            lines,
            teller,
            scripts,
            defined,
            transcript: Transcript::default(),
            again: None,
            batch: args.batch,
            keep_going: args.keep_going,
            failed: None,
        };
        let runs = desk.session.borrow().is_alive();
        let wanted = desk.lines.mention(NEEDS_OUTPUT) || desk.lines.programs_mention(READS_OUTPUT);
        if capture || !runs && wanted {
            desk.capture()?;
        }
        if desk.lines.has_prompt() {
            desk.session.borrow_mut().share_terminal();
        }
        Ok(desk)
    }

    /// Does everything that there is to do.
    pub fn work(mut self) -> Outcome {
        self.tell_where_it_stands();
        loop {
            let after = match self.lines.next() {
                Next::Line(source, line) => self.line(&source, &line),
                Next::Leave => self.leave(),
                Next::GivenUp => After::Next,
                Next::End => After::End,
            };
            if after == After::End {
                break;
            }
        }
        let mut session = self.session.borrow_mut();
        session.pass_output_on();
        match self.failed {
            Some(code) if self.batch => Err(UserError::told(code)),
            _ if self.lines.has_prompt() => Ok(ExitStatus::Code(0)),
            _ => Ok(self.teller.ended().unwrap_or(ExitStatus::Code(0))),
        }
    }

    /// What was attached to or opened stands somewhere already.
    fn tell_where_it_stands(&mut self) {
        let mut session = self.session.borrow_mut();
        self.teller.fit(&mut session);
        let mut observer = self.teller.observer(&session);
        let answer = opened(&mut Context { session: &mut session, observer: &mut observer });
        self.teller.look(&session);
        drop(session);
        if let Some(answer) = answer {
            self.teller.answer(&answer);
        }
    }

    fn line(&mut self, source: &Source, line: &str) -> After {
        if let Source::Program(file) = source {
            let program = Program { file: file.clone(), text: line.to_owned() };
            return self.program(source, &program);
        }
        let at_prompt = *source == Source::Prompt && self.lines.has_prompt();
        let line = match &self.again {
            Some(again) if at_prompt && line.trim().is_empty() => again.clone(),
            _ => line.to_owned(),
        };
        if at_prompt && !line.trim().is_empty() {
            self.again = repeated(&line);
        }
        let anew = names(&line, "run") || names(&line, "start");
        if at_prompt && anew && !self.may_end("Start it anew?") {
            return After::Next;
        }
        match self.scripts.line(&line) {
            Ok(answer) => {
                let wrote = matches!(answer, Answer::Transcript(_) | Answer::Quit);
                if *source == Source::Prompt && !wrote {
                    self.transcript.done(&line);
                }
                self.answer(source, answer)
            }
            Err(error) => self.error(source, &line, &error),
        }
    }

    fn answer(&mut self, source: &Source, answer: Answer) -> After {
        match answer {
            Answer::Quit if *source == Source::Prompt => self.leave(),
            Answer::Quit => After::End,
            Answer::Script(script) => self.script(source, script),
            Answer::Program(program) => self.program(source, &program),
            Answer::Transcript(path) => {
                self.write_transcript(&path);
                After::Next
            }
            answer => {
                let due = self.session.borrow_mut().take_due_commands();
                if self.lines.after_answer(&answer, due).silent {
                    return After::Next;
                }
                let paginate = self.session.borrow().settings.pagination;
                let lines = &mut self.lines;
                match paginate && lines.has_prompt() && *source == Source::Prompt {
                    true => self.teller.pages(&answer, |question| lines.question(question)),
                    false => self.teller.answer(&answer),
                }
                self.tell_of_defined(&answer);
                After::Next
            }
        }
    }

    /// Behind the list of commands, those that scripts have added.
    fn tell_of_defined(&self, answer: &Answer) {
        let defined = self.defined.borrow();
        if matches!(answer, Answer::Commands) && !defined.is_empty() {
            let rows = defined.iter().map(|command| (command.name.clone(), command.about.clone()));
            self.teller.answer(&Answer::Said("commands of scripts".to_owned()));
            self.teller.answer(&Answer::Rows(rows.collect()));
        }
    }

    /// Runs a program of Rhai.
    fn program(&mut self, source: &Source, program: &Program) -> After {
        let kept = self.capture_if(program.text.contains(READS_OUTPUT));
        if let Err(error) = kept {
            self.teller.note(&error);
            return self.fail(source, TOOL_ERROR);
        }
        match self.scripts.run(program) {
            Ok(Answer::Quit) => self.answer(source, Answer::Quit),
            Ok(_) => After::Next,
            Err(error) => self.error(source, &format!("source {}", program.file), &error),
        }
    }

    /// Keeps the output of the program from its start, where something wants that.
    fn capture_if(&mut self, wanted: bool) -> Result<(), UserError> {
        let can_keep = {
            let session = self.session.borrow();
            !session.captures_output() && !session.is_alive()
        };
        if wanted && can_keep { self.capture() } else { Ok(()) }
    }

    /// Does a script next. What it demands of the program's output must be kept from its start.
    fn script(&mut self, source: &Source, script: Vec<ScriptLine>) -> After {
        let kept = self.capture_if(script.iter().any(|line| names(&line.text, NEEDS_OUTPUT)));
        if let Err(error) = kept.and_then(|()| self.lines.insert(source, script)) {
            self.teller.note(&error);
            return self.fail(source, TOOL_ERROR);
        }
        After::Next
    }

    fn error(&mut self, source: &Source, line: &str, error: &CommandError) -> After {
        if *source == Source::Prompt {
            self.transcript.failed(line, &error.what);
            self.teller.error(error, None);
            return After::Next;
        }
        self.teller.error(error, Some((source, line)));
        if source.is_breakpoint() && !self.batch {
            self.lines.drop_breakpoint_commands();
            return After::Next;
        }
        self.fail(source, if error.unmet { EXPECTATION_FAILED } else { TOOL_ERROR })
    }

    /// A script failed: in batch that is the end, and otherwise the person decides what comes.
    fn fail(&mut self, source: &Source, code: u8) -> After {
        if *source == Source::Prompt {
            return After::Next;
        }
        self.failed = self.failed.max(Some(code));
        match (self.keep_going, self.batch) {
            (true, _) => After::Next,
            (false, true) => After::End,
            (false, false) => {
                self.lines.forget();
                After::Next
            }
        }
    }

    fn leave(&mut self) -> After {
        if self.may_end("End it?") { After::End } else { After::Next }
    }

    /// Asks whether the program may end, where it lives and a person can be asked. Ctrl-C and Ctrl-D
    /// are second thoughts.
    fn may_end(&mut self, question: &str) -> bool {
        let ask = {
            let session = self.session.borrow();
            session.ends_process() && session.settings.confirm && self.lines.has_prompt()
        };
        let question = format!("The program is still running. {question} (y or n) ");
        let answer = ask.then(|| self.lines.question(&question));
        let yes = |text: &str| matches!(text.trim(), "y" | "Y" | "yes");
        answer.is_none_or(|text| text.as_deref().is_some_and(yes))
    }

    fn write_transcript(&mut self, path: &Path) {
        let shown = path.display();
        match self.transcript.write(path) {
            Ok(count) => {
                let commands = if count == 1 { "command" } else { "commands" };
                let said = format!("{count} {commands} in {shown}; `source {shown}` runs them.");
                self.teller.answer(&Answer::Said(said));
            }
            Err(error) => self.teller.note(&UserError::io("write", path, &error)),
        }
    }

    fn capture(&mut self) -> Result<(), UserError> {
        let kept = self.session.borrow_mut().capture_output(Box::new(io::stdout()));
        kept.map_err(|error| program::explain(&error))
    }
}
