//! A machine as an agent sees it: a table that survives the agent as real processes do, and goes down with the power.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pilothouse_agent::host::{Adopted, Host, Incoming, Landing, Origin, Place, Process, Script, Sighting};
use pilothouse_agent::step_runner::{Exit, How};
use pilothouse_document::Platform;
use pilothouse_protocol::{Chunk, CommandId, Facts, Millis, Payload, Stream};

/// What each script prints, in as many pieces as it has lines.
pub const OUTPUT: &str = "one\ntwo\nthree\n";

/// A document that runs a script.
pub fn script_document() -> &'static str {
    r#"{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runShellScript","name":"a","inputs":{"runCommand":"x"}}]}"#
}

/// The machine: what runs on it does not end with the agent.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<Machine>>);

#[derive(Default)]
struct Machine {
    scripts: BTreeMap<PathBuf, Running>,
    /// Every start of each script, by the boot that it was in.
    starts: BTreeMap<PathBuf, Vec<u32>>,
    boot: u32,
    /// It was asked to go down.
    goes_down: bool,
    /// It went down without being asked, so often.
    failures: u32,
    /// How often the scripts of a command are to run, where that is more than once: all runs but the last end with a wish for a reboot.
    wants: BTreeMap<CommandId, usize>,
}

#[derive(Default)]
struct Running {
    /// Which run of the script it is, from 1.
    run: usize,
    lines: usize,
    cancelled: bool,
    ended: bool,
    /// It went down with the machine.
    gone: bool,
}

impl Machine {
    fn runs_in(&self, dir: &Path) -> usize {
        self.wants.iter().find(|(command, _)| is_of(dir, command)).map_or(1, |(_, runs)| *runs)
    }
}

fn is_of(dir: &Path, command: &CommandId) -> bool {
    dir.components().any(|part| part.as_os_str() == command.as_str())
}

impl World {
    /// The scripts of this command are to run so often.
    pub fn wants(&self, command: &CommandId, runs: usize) {
        self.0.lock().unwrap().wants.insert(command.clone(), runs);
    }

    /// Whether it was asked to go down.
    pub fn goes_down(&self) -> bool {
        self.0.lock().unwrap().goes_down
    }

    /// How often it went down without being asked.
    pub fn failures(&self) -> u32 {
        self.0.lock().unwrap().failures
    }

    /// The boots in which scripts of this command were started, one for each start.
    pub fn starts_of(&self, command: &CommandId) -> Vec<u32> {
        let machine = self.0.lock().unwrap();
        let of = machine.starts.iter().filter(|(dir, _)| is_of(dir, command));
        of.flat_map(|(_, boots)| boots.clone()).collect()
    }

    /// Every process does one thing.
    pub fn goes_on(&self) {
        let mut machine = self.0.lock().unwrap();
        for (dir, running) in machine.scripts.iter_mut().filter(|(_, it)| !it.ended && !it.gone) {
            let lines: Vec<_> = OUTPUT.split_inclusive('\n').collect();
            match lines.get(running.lines) {
                Some(line) if !running.cancelled => {
                    let before = (running.run - 1) * OUTPUT.len();
                    let offset = (before + lines[..running.lines].concat().len()) as u64;
                    append(dir.parent().unwrap(), offset, line);
                    running.lines += 1;
                }
                _ => running.ended = true,
            }
        }
    }

    /// The machine goes down with all that runs on it, and comes up again.
    pub fn reboots(&self) {
        let mut machine = self.0.lock().unwrap();
        machine.failures += u32::from(!machine.goes_down);
        machine.boot += 1;
        machine.goes_down = false;
        machine.scripts.values_mut().for_each(|running| running.gone |= !running.ended);
    }
}

/// A record of a spool, as a step runner writes it.
fn append(folder: &Path, offset: u64, line: &str) {
    use std::io::Write;
    let payload = Payload::Data(line.as_bytes().to_vec());
    let body =
        rmp_serde::to_vec_named(&Chunk { offset, step: 0, stream: Stream::Stdout, at: Millis(1), payload })
            .unwrap();
    let path = folder.join(format!("spool-{:020}", 0));
    let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
    file.write_all(&u32::try_from(body.len()).unwrap().to_le_bytes()).unwrap();
    file.write_all(&body).unwrap();
}

struct Seen {
    world: World,
    dir: PathBuf,
}

#[async_trait]
impl Process for Seen {
    fn pid(&self) -> Option<u32> {
        None
    }

    async fn changed(&mut self) {
        tokio::task::yield_now().await;
    }

    fn ended(&mut self) -> Option<Exit> {
        let world = self.world.0.lock().unwrap();
        let running = &world.scripts[&self.dir];
        let how = if running.lines == 3 { How::Exited } else { How::Cancelled };
        let code = match how {
            How::Exited if running.run < world.runs_in(&self.dir) => 194,
            How::Exited => 0,
            _ => 137,
        };
        running.ended.then(|| Exit { how, ..Exit::of(code) })
    }

    fn cancel(&mut self) {
        self.world.0.lock().unwrap().scripts.get_mut(&self.dir).unwrap().cancelled = true;
    }
}

#[async_trait]
impl Host for World {
    fn facts(&self) -> Facts {
        Facts::default()
    }

    fn boot_id(&self) -> String {
        format!("boot {}", self.0.lock().unwrap().boot)
    }

    fn platform(&self) -> Platform {
        Platform::Linux
    }

    fn find_program(&self, _: &str) -> Option<PathBuf> {
        None
    }

    fn is_folder(&self, _: &Path) -> bool {
        false
    }

    async fn read_text(&self, _: &Path, _: usize) -> Result<String, String> {
        tokio::task::yield_now().await;
        Ok(script_document().to_owned())
    }

    async fn receive(&self, _: &Path) -> Result<Box<dyn Incoming>, String> {
        Err(String::from("nothing is received here"))
    }

    async fn download(&self, _: &Origin, _: &Landing) -> Result<PathBuf, String> {
        Err(String::from("nothing is downloaded here"))
    }

    fn say(&self, _: &Place, _: &str) -> u64 {
        0
    }

    async fn start(&self, place: &Place, _: &Script) -> Result<Box<dyn Process>, String> {
        // The agent may die between what the ledger says and the deed, and right after it.
        tokio::task::yield_now().await;
        {
            let mut machine = self.0.lock().unwrap();
            let boot = machine.boot;
            let starts = machine.starts.entry(place.dir.clone()).or_default();
            starts.push(boot);
            let run = starts.len();
            machine.scripts.insert(place.dir.clone(), Running { run, ..Running::default() });
        }
        tokio::task::yield_now().await;
        Ok(Box::new(Seen { world: self.clone(), dir: place.dir.clone() }))
    }

    fn clear(&self, place: &Place) -> Result<(), String> {
        self.0.lock().unwrap().scripts.remove(&place.dir);
        Ok(())
    }

    fn look(&self, _: &Place) -> Option<Sighting> {
        None
    }

    async fn reboot(&self) -> Result<(), String> {
        tokio::task::yield_now().await;
        self.0.lock().unwrap().goes_down = true;
        Ok(())
    }

    async fn adopt(&self, place: &Place, rebooted: bool) -> Adopted {
        tokio::task::yield_now().await;
        match self.0.lock().unwrap().scripts.get(&place.dir) {
            Some(running) if running.gone => Adopted::Lost,
            Some(_) => Adopted::Process(Box::new(Seen { world: self.clone(), dir: place.dir.clone() })),
            // It may not have got to the disk.
            None if rebooted => Adopted::Lost,
            None => Adopted::Untouched,
        }
    }
}
