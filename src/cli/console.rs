//! Standard output and standard error.

use std::io::{self, BufWriter, Write as _};

use anstream::{AutoStream, ColorChoice};

use super::arguments::{Color, MessageFormat};
use super::failure::Failure;
use super::load::Program;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::{self, Format, View, printable};

/// How much goes to standard output at once: as much as a pipe usually holds.
const PIECE_BYTES: usize = 64 * 1024;

/// Where a verb writes, and how.
pub(super) struct Console {
    format: MessageFormat,
    color: Color,
}

/// Which stream findings go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Findings {
    /// They stand beside the output.
    Aside,
    /// They are the output: what a machine reads goes to standard output.
    Output,
}

impl Console {
    pub fn new(format: MessageFormat, color: Color) -> Self {
        Console { format, color }
    }

    /// Writes to standard output, all at once.
    pub fn output(text: &str) -> Result<(), Failure> {
        Console::output_parts([text])
    }

    /// Writes many parts to standard output, in large pieces.
    pub fn output_parts(parts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<(), Failure> {
        let mut stdout = BufWriter::with_capacity(PIECE_BYTES, io::stdout().lock());
        let mut parts = parts.into_iter();
        let written = parts.try_for_each(|part| stdout.write_all(part.as_ref().as_bytes()));
        written.and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::new(format!("cannot write to standard output: {error}")),
        })
    }

    /// Whether standard output takes colours.
    pub fn colours_output(&self) -> bool {
        self.choice(&io::stdout()) != ColorChoice::Never
    }

    /// A line for people on standard error, where findings are written for people.
    pub fn note(&self, text: &str) {
        if self.format == MessageFormat::Human {
            Console::error_line(text);
        }
    }

    /// Says which directories of a program were not read since they are programs of their own.
    pub fn note_what_was_left_out(&self, program: &Program) {
        for directory in &program.left_out {
            self.note(&format!("`{directory}` is a program of its own and was left out"));
        }
    }

    /// A line that must be seen, whatever the format: on standard error, beside what machines read.
    pub fn notice(&self, text: &str) {
        match self.format {
            MessageFormat::Github => {
                Console::error_line(&format!("::notice::{}", render::github_data(&printable(text))));
            }
            _ => Console::error_line(&printable(text)),
        }
    }

    /// Says what kept a verb from its work.
    pub fn failure(&self, message: &str) {
        match self.format {
            MessageFormat::Github => {
                Console::error_line(&format!("::error::{}", render::github_data(&printable(message))));
            }
            _ => Console::error_line(&format!("error: {}", printable(message))),
        }
    }

    /// Writes a line to standard error. If nobody is there to read it, nothing can be done about it.
    pub fn error_line(text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Writes findings.
    pub fn findings(&self, diagnostics: &[Diagnostic], program: &Program, stream: Findings) -> Result<(), Failure> {
        let choice = self.choice(&io::stderr());
        let colour = choice != ColorChoice::Never;
        let view = View { sources: &program.sources, base: &program.base, colour };
        let format = Format::from(self.format);
        let text = render::render(format, diagnostics, &view);
        let for_machines = matches!(format, Format::Json | Format::Sarif);
        if for_machines && stream == Findings::Output {
            return Console::output(&text);
        }
        // On an old Windows console the colours are translated.
        let _ = AutoStream::new(io::stderr().lock(), choice).write_all(text.as_bytes());
        Ok(())
    }

    /// `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM` and the terminal decide where the caller does not.
    fn choice<S: anstream::stream::RawStream>(&self, stream: &S) -> ColorChoice {
        match self.color {
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
            Color::Auto => AutoStream::choice(stream),
        }
    }
}
