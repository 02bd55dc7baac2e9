//! Starting a program under control.

use std::collections::{HashMap, VecDeque};
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::marker::PhantomData;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Inferior;
use super::error::{InferiorError, LaunchError, unless_gone};
use super::following::Following;
use super::memory::LiveMemory;
use super::modules::{Modules, parse_once};
use super::news::News;
use super::pin::Pin;
use super::scratch::Scratch;
use super::stop::{Stop, Stopped};
use super::threads::Threads;
use super::watches::Watches;
use crate::base::{Tid, VirtAddr};
use crate::dwarf::{Image, ImageError, ImageKind};
use crate::os::{self, Group, SignalInfo, SpawnError, SpawnStage, Spec, Terminal, map_file};

/// What to start, and how.
#[derive(Debug, Default)]
pub struct Launch {
    /// The path of the executable. It is not searched for in `PATH`.
    pub program: PathBuf,
    /// The arguments, without the program's own name.
    pub args: Vec<OsString>,
    /// The environment; none means the debugger's own.
    pub env: Option<Vec<(OsString, OsString)>>,
    /// The working directory; none means the debugger's own.
    pub cwd: Option<PathBuf>,
    /// Whether the kernel may randomise addresses.
    pub aslr: bool,
    /// Standard input, output and error; none means the debugger's own.
    pub stdio: [Option<OwnedFd>; 3],
    /// Where it sits beside the debugger.
    pub seat: Seat,
}

/// Where a program sits beside the debugger: in which process group, and at which terminal.
#[derive(Clone, Debug, Default)]
pub enum Seat {
    /// In the debugger's group: the terminal sends Ctrl-C to both of them.
    #[default]
    Shared,
    /// In a group of its own, which this terminal lets read from the start.
    Foreground(Arc<Terminal>),
    /// In a session of its own, at the terminal that is its standard input.
    Apart,
}

impl Seat {
    fn group(&self) -> Group {
        match self {
            Seat::Shared => Group::Ours,
            Seat::Foreground(_) => Group::Own,
            Seat::Apart => Group::OwnSession,
        }
    }
}

impl Launch {
    /// A program with the debugger's environment, working directory, input and output.
    pub fn new(program: impl Into<PathBuf>) -> Launch {
        Launch { program: program.into(), ..Launch::default() }
    }

    /// The same launch once more.
    ///
    /// # Errors
    /// [`LaunchError::Other`] where an input or output cannot be shared.
    pub fn again(&self) -> Result<Launch, LaunchError> {
        let share = |file: &Option<OwnedFd>| file.as_ref().map(OwnedFd::try_clone).transpose();
        let [input, output, errors] = &self.stdio;
        let stdio =
            (|| Ok([share(input)?, share(output)?, share(errors)?]))().map_err(|error| {
                let doing = "sharing its input and output";
                LaunchError::Other { program: self.program.clone(), doing, error }
            })?;
        Ok(Launch {
            program: self.program.clone(),
            args: self.args.clone(),
            env: self.env.clone(),
            cwd: self.cwd.clone(),
            aslr: self.aslr,
            stdio,
            seat: self.seat.clone(),
        })
    }

    /// The executable, checked and parsed; once, however often it is asked for.
    ///
    /// # Errors
    /// [`LaunchError`] says what is wrong with the file.
    pub fn image(&self) -> Result<Arc<Image>, LaunchError> {
        open_program(&self.path()?)
    }

    fn path(&self) -> Result<PathBuf, LaunchError> {
        std::path::absolute(&self.program).map_err(|_| LaunchError::NotFound(self.program.clone()))
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Launch {
        self.args.push(arg.into());
        self
    }
}

impl Inferior {
    /// Starts a program and returns it with its first thread, which stands at the end of the exec:
    /// nothing of the program, nor of the dynamic linker, has run.
    ///
    /// The calling thread traces the program, and must live as long.
    ///
    /// # Errors
    /// [`LaunchError`] says what is in the way.
    pub fn launch(launch: Launch) -> Result<(Inferior, Stopped), LaunchError> {
        let path = launch.path()?;
        let image = open_program(&path)?;
        let cwd = launch.cwd.clone();
        let seat = launch.seat.clone();
        let spec = spec_of(launch, &path)?;
        let process = os::spawn(&spec).map_err(|error| explain(error, &path, cwd))?;
        if let Seat::Foreground(terminal) = seat {
            // A terminal that is gone cannot be read, and that the program finds out itself.
            let _ = terminal.give(process);
        }
        Inferior::take(process, image).map_err(|error| {
            let _ = os::kill_process(process);
            let _ = os::wait(Some(process));
            let doing = "taking control";
            LaunchError::Other { program: path, doing, error: io::Error::other(error) }
        })
    }

    fn take(process: Tid, image: Arc<Image>) -> Result<(Inferior, Stopped), InferiorError> {
        let mut inferior = Inferior::of(process, image, false)?;
        inferior.threads.add(process);
        let stopped = inferior.held(process)?.ok_or(InferiorError::Ended)?;
        Ok((inferior, stopped))
    }

    /// A process of which no thread is known yet.
    pub(super) fn of(
        process: Tid,
        image: Arc<Image>,
        attached: bool,
    ) -> Result<Inferior, InferiorError> {
        let memory = LiveMemory::open(process)?;
        let modules = Modules::of_main(process, memory.witness(), image);
        Ok(Inferior {
            process,
            epoch: 0,
            threads: Threads::default(),
            memory,
            modules,
            scratch: Scratch::default(),
            pin: Pin::default(),
            watches: Watches::default(),
            linker_site: None,
            system_calls: false,
            attached,
            early: HashMap::new(),
            untold: VecDeque::new(),
            following: Following::default(),
            ended: None,
            detached: false,
            not_send: PhantomData,
        })
    }

    /// Lets the dynamic linker do its work, up to the first instruction of the program's own file:
    /// all libraries that the file names are loaded then.
    ///
    /// Returns [`Stop::Site`] there, or whatever came first: the end of a program whose libraries
    /// are missing, a fault of the dynamic linker. A signal that somebody sends meanwhile is told
    /// when the program goes on from its entry point.
    ///
    /// # Errors
    /// [`InferiorError`].
    pub fn run_to_entry(&mut self, stopped: Stopped) -> Result<Stop, InferiorError> {
        let main = self.modules.main();
        let entry = main.bias.to_virt(main.image.entry());
        if stopped.registers().pc() == entry {
            // Linked statically: there is no dynamic linker.
            return Ok(Stop::Site { thread: stopped, at: entry });
        }
        let had_site = self.has_site(entry);
        if let Err(error) = self.insert_site(entry)
            && !self.is_gone(stopped.tid())
        {
            return Err(error);
        }
        let stop = self.run_past_signals(stopped);
        if !had_site {
            self.remove_site(entry);
        }
        self.modules.refresh();
        stop
    }

    /// Lets a thread run until something other than a signal from elsewhere happens. At a site, a
    /// signal that came meanwhile is its news; where there were several, the others are sent again.
    fn run_past_signals(&mut self, stopped: Stopped) -> Result<Stop, InferiorError> {
        self.resume(stopped, None)?;
        let mut came: Vec<SignalInfo> = Vec::new();
        loop {
            match self.wait()? {
                Stop::Signal { thread, info } if self.is_from_elsewhere(&info) => {
                    // Each of them waits once, as in the kernel.
                    came.retain(|other| other.number != info.number);
                    came.push(info);
                    self.resume(thread, None)?;
                }
                Stop::Site { thread, at } => {
                    let Some(news) = came.pop() else { return Ok(Stop::Site { thread, at }) };
                    for other in came {
                        unless_gone(os::send_signal(self.process, thread.tid, other.number))
                            .map_err(InferiorError::when("sending a signal"))?;
                    }
                    return self.stand_before(thread.tid, at, news);
                }
                other => return Ok(other),
            }
        }
    }

    fn is_from_elsewhere(&self, info: &SignalInfo) -> bool {
        !info.is_fault() && info.sender != Some(self.process.0)
    }

    /// A thread that has hit a site is to be told of a signal when it goes on.
    fn stand_before(
        &mut self,
        tid: Tid,
        at: VirtAddr,
        info: SignalInfo,
    ) -> Result<Stop, InferiorError> {
        self.put_back(tid)?;
        let Some(thread) = self.held(tid)? else { return self.wait() };
        if let Some(known) = self.threads.get_mut(tid) {
            known.news = Some(News::Signal(info));
        }
        Ok(Stop::Site { thread, at })
    }
}

/// Opens and checks the executable before anything is started.
fn open_program(path: &Path) -> Result<Arc<Image>, LaunchError> {
    let program = || path.to_owned();
    let bytes = map_file(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LaunchError::NotFound(program()),
        io::ErrorKind::PermissionDenied => LaunchError::NotPermitted(program()),
        io::ErrorKind::InvalidInput => LaunchError::NotAFile(program()),
        _ => LaunchError::Other { program: program(), doing: "opening it", error },
    })?;
    if let Some(line) = bytes.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let shown = line.get(..line.len().min(256)).unwrap_or_default().trim_ascii();
        let interpreter = String::from_utf8_lossy(shown).into_owned();
        return Err(LaunchError::Script { program: program(), interpreter });
    }
    let refuse = |reason| LaunchError::Image { program: program(), reason };
    let image = parse_once(path, bytes).map_err(refuse)?;
    match image.kind() {
        ImageKind::Library => Err(LaunchError::Library(program())),
        _ => Ok(image),
    }
}

fn spec_of(launch: Launch, path: &Path) -> Result<Spec, LaunchError> {
    let args = std::iter::once(launch.program.as_os_str()).chain(launch.args.iter().map(|a| &**a));
    let args = args.map(c_string).collect::<Result<_, _>>()?;
    let env: Vec<(OsString, OsString)> =
        launch.env.unwrap_or_else(|| std::env::vars_os().collect());
    let env = env.into_iter().map(|(name, value)| {
        let mut both = name.into_vec();
        both.push(b'=');
        both.extend(value.as_bytes());
        c_string(&OsString::from_vec(both))
    });
    Ok(Spec {
        program: c_string(path.as_os_str())?,
        args,
        env: env.collect::<Result<_, _>>()?,
        cwd: launch.cwd.map(|cwd| c_string(cwd.as_os_str())).transpose()?,
        aslr: launch.aslr,
        stdio: launch.stdio,
        group: launch.seat.group(),
    })
}

fn c_string(text: &OsStr) -> Result<CString, LaunchError> {
    CString::new(text.as_bytes())
        .map_err(|_| LaunchError::NullByte(text.to_string_lossy().into_owned()))
}

fn explain(error: SpawnError, path: &Path, cwd: Option<PathBuf>) -> LaunchError {
    let SpawnError { stage, error } = error;
    let program = path.to_owned();
    let doing = match stage {
        SpawnStage::WorkingDirectory => {
            let cwd = cwd.unwrap_or_default();
            return LaunchError::WorkingDirectory { cwd, error };
        }
        SpawnStage::Trace => return LaunchError::Trace(error),
        SpawnStage::Exec if error.kind() == io::ErrorKind::PermissionDenied => {
            return LaunchError::NotPermitted(program);
        }
        // The file itself was opened a moment ago: what is missing is its dynamic linker.
        SpawnStage::Exec if error.kind() == io::ErrorKind::NotFound => {
            let reason = "the dynamic linker that it names does not exist".to_owned();
            return LaunchError::Image { program, reason: ImageError::NotRunnable(reason) };
        }
        SpawnStage::Exec => "executing it",
        SpawnStage::Fork => "creating a process",
        SpawnStage::Stdio => "attaching its input and output",
    };
    LaunchError::Other { program, doing, error }
}
