//! Live tests: real programs, run under control. All of them may run at the same time.

mod attaching;
mod launching;
mod libraries;
mod processes;
mod sites;
mod stepping;
mod stopping;
mod system_calls;
mod watching;
mod writing;
