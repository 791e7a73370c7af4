//! The program: parse, run, exit code; all of it in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cmr::cli::main(std::env::args_os())
}
