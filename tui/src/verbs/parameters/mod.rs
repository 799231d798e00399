//! `pilothouse parameters`: parameters as a text and back, compared, blamed, copied and rolled back.
//!
//! In: names, paths, files. Out: the text itself, or tables for people and, with `--output json`, the server's answer. What an
//! import puts comes from a file or from standard input, so that no value ever stands on a command line, where others see it.
//! Never here: what a format means, which is the server's.

mod moment;
mod told;

use std::io::{Read, Write};
use std::path::Path;

use pilothouse_api::parameters::{
    BrowseParameters, BrowseParametersResult, ChangeKind, CopyParameters, DiffParameters, ExportParameters,
    FindParameters, GetParameterBlame, ImportParameters, MOST_EXCHANGED, ParameterChanges, RollBackParameter,
};
use pilothouse_api::protocol::Millis;
use pilothouse_api::timestamp::Timestamp;
use pilothouse_client::Client;
use zeroize::Zeroizing;

use super::{FAILED, VerbError};
use crate::arguments::parameters::{Copy, Export, Format, Import, Output, Parameters};

/// Does what is asked for; times are so long before `now`. `notes` is for people: what is to be known beside what is printed.
///
/// # Errors
/// When the arguments cannot be meant, a file cannot be read, or the server says no.
pub async fn parameters(
    client: &Client,
    verb: Parameters,
    now: Millis,
    input: &mut impl Read,
    out: &mut impl Write,
    notes: &mut impl Write,
) -> Result<u8, VerbError> {
    let status = match verb {
        Parameters::List { path, at, output } => {
            list(client, path, moment::read(at.as_deref(), now)?, output, out).await?
        }
        Parameters::Find { text, output } => {
            let found = client.call(&FindParameters { text, max_results: Some(100) }).await?;
            told::answer(out, output, &found, |out| told::names(&found.names, out))?;
            0
        }
        Parameters::Export(export) => exported(client, export, now, out, notes).await?,
        Parameters::Import(import) => imported(client, import, input, out).await?,
        Parameters::Copy(copy) => copied(client, copy, out).await?,
        Parameters::Diff { left, right, reveal, output } => {
            let (left, right) = (moment::side(&left, now)?, moment::side(&right, now)?);
            let found = client.call(&DiffParameters { left, right, reveal: reveal.then_some(true) }).await?;
            told::answer(out, output, &found, |out| told::differences(&found, out))?;
            u8::from(!found.differences.is_empty())
        }
        Parameters::Blame { name, output } => {
            let found = client.call(&GetParameterBlame { name }).await?;
            told::answer(out, output, &found, |out| told::blame(&found, out))?;
            0
        }
        Parameters::Rollback { name, version, output } => {
            let done = client.call(&RollBackParameter { name: name.clone(), version }).await?;
            told::answer(out, output, &done, |out| told::rolled_back(&name, version, &done, out))?;
            0
        }
    };
    out.flush()?;
    Ok(status)
}

async fn exported(
    client: &Client,
    export: Export,
    now: Millis,
    out: &mut impl Write,
    notes: &mut impl Write,
) -> Result<u8, VerbError> {
    let Export { path, format, reveal, at, output } = export;
    let at = moment::read(at.as_deref(), now)?;
    let (format, reveal) = (format.name().to_owned(), reveal.then_some(true));
    let found = client.call(&ExportParameters { path, format, reveal, at }).await?;
    told::answer(out, output, &found, |out| out.write_all(found.content.as_bytes()))?;
    told::export_notes(&found, notes)?;
    Ok(0)
}

async fn imported(
    client: &Client,
    import: Import,
    input: &mut impl Read,
    out: &mut impl Write,
) -> Result<u8, VerbError> {
    let Import { path, file, format, dry_run, overwrite, secure, key_id, output } = import;
    let format = format.or_else(|| Format::of(&file)).ok_or_else(|| {
        let what = "does not say by its name what it is: give --format json, yaml or dotenv";
        VerbError::Usage(format!("{file} {what}"))
    })?;
    let import = ImportParameters {
        path,
        format: format.name().to_owned(),
        content: content(&file, input)?.to_string(),
        dry_run: dry_run.then_some(true),
        overwrite: overwrite.then_some(true),
        secure_names: secure,
        key_id,
    };
    changes(&client.call(&import).await?, dry_run, output, out)
}

async fn copied(client: &Client, copy: Copy, out: &mut impl Write) -> Result<u8, VerbError> {
    let Copy { from, to, recursive, r#move, dry_run, output } = copy;
    let copy = CopyParameters {
        from,
        to,
        recursive: recursive.then_some(true),
        r#move: r#move.then_some(true),
        dry_run: dry_run.then_some(true),
    };
    changes(&client.call(&copy).await?, dry_run, output, out)
}

async fn list(
    client: &Client,
    path: String,
    at: Option<Timestamp>,
    output: Output,
    out: &mut impl Write,
) -> Result<u8, VerbError> {
    let mut all = BrowseParametersResult::default();
    let mut browse = BrowseParameters { path, at, max_results: Some(200), next_token: None };
    loop {
        let page = client.call(&browse).await?;
        all.folders.extend(page.folders);
        all.parameters.extend(page.parameters);
        all.lost.extend(page.lost);
        browse.next_token = page.next_token;
        if browse.next_token.is_none() {
            break;
        }
    }
    told::answer(out, output, &all, |out| told::level(&all, out))?;
    Ok(0)
}

/// Prints changes; the exit status tells whether one is refused.
fn changes(
    found: &ParameterChanges,
    is_try: bool,
    output: Output,
    out: &mut impl Write,
) -> Result<u8, VerbError> {
    told::answer(out, output, found, |out| told::changes(found, is_try, out))?;
    let is_refused = found.changes.iter().any(|it| it.change == ChangeKind::Refused);
    Ok(if is_refused { FAILED } else { 0 })
}

/// What is imported: a file, or standard input.
fn content(file: &str, input: &mut impl Read) -> Result<Zeroizing<String>, VerbError> {
    let unreadable = |error| VerbError::Usage(format!("{file} cannot be read: {error}"));
    let mut content = Zeroizing::new(String::new());
    // Characters have up to four bytes.
    let most = 4 * MOST_EXCHANGED as u64;
    if file == "-" {
        input.take(most).read_to_string(&mut content).map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(Path::new(file)).map_err(unreadable)?;
        file.take(most).read_to_string(&mut content).map_err(unreadable)?;
    }
    Ok(content)
}
