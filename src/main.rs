//! The `meshc` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    meshc::cli::main()
}
