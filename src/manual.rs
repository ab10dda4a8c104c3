//! Shell completions and manual pages, made from the command line's own definition.

use std::{fs, io, path::Path};

use clap::Command;
use clap_complete::Shell;
use evenkeel_core::report::Failure;
use evenkeel_engine::{command_line::LogFormat, exit_code::ExitCode, output};

/// Completions of a command line for a shell.
pub(crate) fn completions(mut command: Command, shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "evenkeel", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Prints the page of `evenkeel`, or writes one for each command into a folder.
pub(crate) fn pages(command: Command, folder: Option<&Path>) -> ExitCode {
    let Some(folder) = folder else {
        let mut text = Vec::new();
        // Writing into memory cannot fail.
        let _ = clap_mangen::Man::new(command).render(&mut text);
        return output::printed(output::print(&String::from_utf8_lossy(&text)));
    };
    match write(command, folder) {
        Ok(()) => ExitCode::Converged,
        Err(error) => {
            let message = format!("manual pages cannot be written to `{}`: {error}", folder.display());
            let hint = Some("name a folder that can be written".to_owned());
            output::print_failure(&Failure { message, hint }, LogFormat::Text);
            ExitCode::Configuration
        }
    }
}

fn write(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}
