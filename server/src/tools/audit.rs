//! `audit`: verifies the audit trail, and writes it out, beside a running server or without one.

use std::io::{self, BufWriter, Write as _};
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use pilothouse_protocol::Millis;
use pilothouse_store::{Store, StoreError};

use super::{Bench, Outcome};
use crate::audit::{Anchor, AnchorFile, ChainError, Span, export, verify};
use crate::secrets::KeyFileError;

/// How often an export that follows looks for more.
const PERIOD: Duration = Duration::from_secs(1);

/// What can be done with the trail.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Reads the whole trail and says whether a record is missing, changed, inserted or out of its place
    #[command(
        long_about = "Reads the whole trail and says whether a record is missing, changed, inserted or out of its place; \
        ends with status 1 if so. Prints an anchor: keep it where nobody who can write to the database can reach it, and give it to \
        a later verification, which then also finds that the newest records were cut off. The anchor that the server wrote last \
        (DATA_DIR/audit.anchor) is always used"
    )]
    Verify {
        /// An anchor that was printed or logged earlier; may be given several times
        #[arg(long, value_name = "SEQ:HASH")]
        anchor: Vec<Anchor>,
    },
    /// Writes records to stdout, oldest first
    Export {
        /// From then on, such as 2026-11-24 or 2026-11-24T13:00:00Z
        #[arg(long, value_name = "TIME", value_parser = instant)]
        from: Option<Millis>,
        /// Until then, which is not included
        #[arg(long, value_name = "TIME", value_parser = instant)]
        to: Option<Millis>,
        /// Goes on with what is recorded from now on, until it is interrupted
        #[arg(long, conflicts_with = "to")]
        follow: bool,
        /// One record in a line, or one document as CloudTrail writes its log files
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
    },
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A record in a line.
    Jsonl,
    /// `{"Records": [..]}`.
    Cloudtrail,
}

/// Why the trail cannot be verified or exported.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The master keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The trail cannot be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A document has an end.
    #[error("a document of CloudTrail's form has an end: --follow goes with --format jsonl")]
    Endless,
    /// The anchor of the data directory cannot be read, or lines cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Does what is asked.
///
/// # Errors
/// When it cannot be done.
pub async fn run(verb: Verb, bench: &mut Bench<'_>) -> Result<Outcome, AuditError> {
    let store = Store::attach(&bench.settings.database_url()).await?;
    let done = match verb {
        Verb::Verify { anchor } => verified(&store, anchor, bench).await,
        Verb::Export { follow: true, format: Format::Cloudtrail, .. } => Err(AuditError::Endless),
        Verb::Export { from, to, follow, format } => {
            let span = Span { from: from.unwrap_or(Millis(i64::MIN)), to: to.unwrap_or(Millis(i64::MAX)) };
            exported(&store, span, follow, format, bench).await
        }
    };
    store.close().await;
    match done {
        // Whoever read along has seen enough.
        Err(AuditError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Well),
        done => done,
    }
}

async fn verified(
    store: &Store,
    mut anchors: Vec<Anchor>,
    bench: &mut Bench<'_>,
) -> Result<Outcome, AuditError> {
    let secrets = bench.secrets()?;
    anchors.extend(AnchorFile::of(bench.data_dir()).read()?);
    match verify(store, &secrets, &anchors).await? {
        Ok(verified) => {
            let last = verified.anchor.seq;
            if verified.records == 0 {
                bench.say("the audit trail is empty")?;
            } else {
                let (records, first) = (verified.records, verified.first);
                bench.say(format!(
                    "{records} records, {first} to {last}: none is missing, changed or out of its place"
                ))?;
            }
            bench.say(format!("anchor {}", verified.anchor))?;
            Ok(Outcome::Well)
        }
        Err(defect) => {
            bench.say(format!("THE AUDIT TRAIL IS NOT AS IT WAS WRITTEN: {defect}"))?;
            Ok(Outcome::NotWell)
        }
    }
}

async fn exported(
    store: &Store,
    span: Span,
    follow: bool,
    format: Format,
    bench: &mut Bench<'_>,
) -> Result<Outcome, AuditError> {
    let mut out = BufWriter::new(&mut *bench.out);
    let mut after = 0;
    if format == Format::Cloudtrail {
        out.write_all(b"{\"Records\":[")?;
    }
    let mut is_first = true;
    loop {
        let done = export(store, span, after, |record| -> Result<(), AuditError> {
            match format {
                Format::Jsonl => writeln!(out, "{record}")?,
                Format::Cloudtrail if is_first => write!(out, "\n{record}")?,
                Format::Cloudtrail => write!(out, ",\n{record}")?,
            }
            is_first = false;
            Ok(())
        });
        after = done.await?;
        if !follow {
            break;
        }
        out.flush()?;
        tokio::time::sleep(PERIOD).await;
    }
    if format == Format::Cloudtrail {
        out.write_all(b"\n]}\n")?;
    }
    out.flush()?;
    Ok(Outcome::Well)
}

/// An instant, or the beginning of a day in UTC.
fn instant(text: &str) -> Result<Millis, String> {
    let at = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse());
    at.map(|at| Millis(at.as_millisecond()))
        .map_err(|_| String::from("a time is 2026-11-24, or 2026-11-24T13:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(instant("1970-01-02"), Ok(Millis(86_400_000)));
        assert_eq!(instant("1970-01-01T02:00:01+02:00"), Ok(Millis(1_000)));
        for wrong in ["yesterday", "1970-13-01", "1970-01-01T00:00:00"] {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
    }
}
