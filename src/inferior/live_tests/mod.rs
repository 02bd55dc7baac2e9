//! Live tests: real programs, run under control. All of them may run at the same time.

mod launching;
mod processes;
mod sites;
mod stepping;
mod stopping;
mod watching;
mod writing;
