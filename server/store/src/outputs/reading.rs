//! Reading what a command's folder holds.

use std::fs::File;
use std::sync::Arc;

use pilothouse_api::commands::Place;
use pilothouse_protocol::{Chunk, InstanceId, JobId};

use super::folder::{Folder, Kept};
use super::own::OwnFile;
use super::pick::{Extent, Limits, Mark, Picker, Start};
use super::segment::{Piece, read_pieces};
use super::{Excerpt, OutputError, corrupt};

/// What is read of many outputs.
pub(super) type Read = Vec<(JobId, Vec<Chunk>)>;

/// What is to be read, each output by its number.
#[derive(Default)]
struct Plan {
    pickers: Vec<Option<Picker>>,
    pieces: Vec<(usize, Piece)>,
    own: Vec<(usize, Arc<OwnFile>)>,
    segment: Option<File>,
}

impl Folder {
    /// The end of an output; 0 if there is none.
    pub(super) fn end(&self, instance: &InstanceId) -> Result<u64, OutputError> {
        let file = match self.state()?.jobs.get(instance) {
            None => return Ok(0),
            Some(Kept::Small(small)) => return Ok(small.extent.end),
            Some(Kept::Own(file)) => file.clone(),
        };
        file.end()
    }

    /// Chunks of many outputs, each from an offset on and about `max_bytes` of it.
    pub(super) fn read_many(&self, wanted: Vec<(JobId, u64)>, max_bytes: usize) -> Result<Read, OutputError> {
        let Plan { mut pickers, pieces, own, segment } = self.plan(&wanted, max_bytes)?;
        if let (Some(mut file), Some((job, _))) = (segment, wanted.first()) {
            let mut full = vec![false; pickers.len()];
            read_pieces(&mut file, pieces, |number, chunk| {
                if let Some(picker) = pickers[number].as_mut().filter(|_| !full[number]) {
                    full[number] = !picker.take(chunk);
                }
            })
            .map_err(|error| corrupt(job, &error))?;
        }
        let mut read: Read = wanted
            .iter()
            .zip(pickers)
            .map(|((job, _), picker)| (job.clone(), picker.map_or_else(Vec::new, |it| it.finish().1)))
            .collect();
        for (number, file) in own {
            read[number].1 = file.read(wanted[number].1, max_bytes)?;
        }
        Ok(read)
    }

    /// Finds out where what is wanted stands, and opens the segment if any of it stands there: it is the file that the state speaks
    /// of, whatever comes in its place.
    fn plan(&self, wanted: &[(JobId, u64)], max_bytes: usize) -> Result<Plan, OutputError> {
        let limits = Limits { lines: u64::MAX, bytes: max_bytes };
        let mut plan = Plan::default();
        let state = self.state()?;
        for (number, (job, from)) in wanted.iter().enumerate() {
            let mut picker = None;
            match state.jobs.get(&job.instance) {
                Some(Kept::Own(file)) => plan.own.push((number, file.clone())),
                Some(Kept::Small(small)) if *from < small.extent.end => {
                    picker = Some(Picker::new(Mark::default(), Start::Offset(*from), limits));
                    plan.pieces.extend(small.pieces.iter().map(|piece| (number, *piece)));
                }
                _ => {}
            }
            plan.pickers.push(picker);
        }
        if !plan.pieces.is_empty() {
            plan.segment = Some(File::open(self.segment())?);
        }
        Ok(plan)
    }

    /// A piece of an output from any place of it.
    pub(super) fn read_at(&self, job: &JobId, place: Place, limits: Limits) -> Result<Excerpt, OutputError> {
        let (extent, pieces, mut segment) = {
            let state = self.state()?;
            match state.jobs.get(&job.instance) {
                None => return Ok(Excerpt::default()),
                Some(Kept::Own(file)) => {
                    let file = file.clone();
                    drop(state);
                    return file.read_at(place, limits);
                }
                Some(Kept::Small(small)) if small.pieces.is_empty() => return Ok(Excerpt::default()),
                Some(Kept::Small(small)) => (small.extent, small.pieces.clone(), File::open(self.segment())?),
            }
        };
        let mut picker = Picker::new(Mark::default(), Start::of(place, extent), limits);
        let mut is_full = false;
        let pieces = pieces.into_iter().map(|piece| (0, piece)).collect();
        read_pieces(&mut segment, pieces, |_, chunk| {
            if !is_full {
                is_full = !picker.take(chunk);
            }
        })
        .map_err(|error| corrupt(job, &error))?;
        let (first_line, chunks) = picker.finish();
        Ok(Excerpt { first_line, chunks, end: extent.end, lines: extent.total_lines() })
    }

    /// Where every output ends that is not empty.
    pub(super) fn extents(&self) -> Result<Vec<(InstanceId, Extent)>, OutputError> {
        let (mut extents, mut own) = (Vec::new(), Vec::new());
        for (instance, kept) in &self.state()?.jobs {
            match kept {
                Kept::Small(small) => extents.push((instance.clone(), small.extent)),
                Kept::Own(file) => own.push((instance.clone(), file.clone())),
            }
        }
        for (instance, file) in own {
            extents.push((instance, file.extent()?));
        }
        extents.retain(|(_, extent)| extent.end > 0);
        Ok(extents)
    }
}
