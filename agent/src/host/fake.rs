//! A machine that only plays its part: it understands a handful of commands, and has a temper.

mod played;
mod profile;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pilothouse_document::Platform;
use pilothouse_protocol::chunk::MAX_CHUNK;
use pilothouse_protocol::{Chunk, Facts, LockHolder, Payload, ProcessState, Stream};
use tokio::sync::{Notify, watch};

use super::{Adopted, Host, Incoming, Landing, Origin, Place, Process, Script, Sighting};
use crate::clock;
use played::{Nowhere, Played, Stage, perform};
pub use profile::{Profile, Temper};

/// Bytes that a script prints, about; it says nothing after that.
const MAX_SAID: usize = 1024 * 1024;

/// Something that a script prints.
struct Line {
    /// Before it.
    pause: Duration,
    stream: Stream,
    text: String,
}

fn seconds(text: Option<&&str>) -> Duration {
    let seconds: f64 = text.and_then(|text| text.parse().ok()).unwrap_or(1.0);
    Duration::try_from_secs_f64(seconds.clamp(0.0, 3600.0)).unwrap_or_default()
}

/// What is printed without a pause between is one piece.
fn gathered(lines: Vec<Line>) -> Vec<Line> {
    let mut pieces: Vec<Line> = Vec::new();
    for line in lines {
        match pieces.last_mut() {
            Some(last)
                if line.pause.is_zero()
                    && last.stream == line.stream
                    && last.text.len() + line.text.len() <= MAX_CHUNK =>
            {
                last.text.push_str(&line.text);
            }
            _ => pieces.push(line),
        }
    }
    pieces
}

/// How long a simulated machine takes to go down once it was asked to.
const GOES_DOWN: Duration = Duration::from_secs(1);

/// A simulated machine.
#[derive(Debug)]
pub struct Fake {
    profile: Profile,
    /// Boots after the first one.
    boots: watch::Sender<u32>,
}

impl Fake {
    /// A machine with this profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { profile, boots: watch::channel(0).0 }
    }

    /// Resolves when the machine has gone down; it is up again at once, with another boot.
    pub(crate) async fn goes_down(&self) {
        let mut boots = self.boots.subscribe();
        if boots.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn kernel(&self) -> &'static str {
        match self.profile.platform {
            Platform::Linux => "6.1.0-28-amd64",
            Platform::MacOS => "24.1.0",
            Platform::Windows => "10.0.20348",
        }
    }

    /// What a script prints, and its exit code.
    fn play(&self, script: &str) -> (Vec<Line>, i32) {
        let mut lines = Vec::new();
        let mut code = 0;
        let mut pause = Duration::ZERO;
        let mut bytes = 0;
        for line in
            script.lines().flat_map(|line| line.split(';')).map(str::trim).filter(|line| !line.is_empty())
        {
            let mut words = line.split_whitespace();
            let (verb, rest) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
            match verb {
                "sleep" => pause += seconds(rest.first()),
                "exit" => {
                    code = rest.first().and_then(|s| s.parse().ok()).unwrap_or(0);
                    break;
                }
                _ if bytes > MAX_SAID => {}
                _ => {
                    for text in self.answer(verb, &rest) {
                        bytes += text.len();
                        lines.push(Line { pause: std::mem::take(&mut pause), stream: Stream::Stdout, text });
                    }
                }
            }
        }
        if !pause.is_zero() {
            lines.push(Line { pause, stream: Stream::Stdout, text: String::new() });
        }
        match self.profile.temper {
            Temper::Slow => lines.iter_mut().for_each(|line| line.pause += Duration::from_millis(700)),
            Temper::Failing => {
                lines.truncate(1);
                let text = String::from("E: Could not get lock /var/lib/dpkg/lock-frontend\n");
                lines.push(Line { pause: Duration::from_millis(300), stream: Stream::Stderr, text });
                code = 100;
            }
            Temper::Calm | Temper::Offline => {}
        }
        (gathered(lines), code)
    }

    fn answer(&self, verb: &str, rest: &[&str]) -> Vec<String> {
        let name = &self.profile.name;
        let n = self.profile.number;
        match verb {
            "echo" => {
                let said: String = rest.join(" ").trim_matches(['"', '\'']).chars().take(4096).collect();
                vec![format!("{said}\n")]
            }
            "hostname" => vec![format!("{name}\n")],
            "uptime" => vec![format!(
                " 09:41:{:02} up {} days,  3:07,  0 users,  load average: 0.{:02}, 0.05, 0.01\n",
                n % 60,
                3 + n % 90,
                n % 100
            )],
            "uname" => vec![format!("Linux {name} {} #1 SMP x86_64 GNU/Linux\n", self.kernel())],
            "whoami" | "id" => vec![String::from("root\n")],
            "seq" => {
                let last: u32 = rest.last().and_then(|s| s.parse().ok()).unwrap_or(1);
                (1..=last.min(100_000)).map(|i| format!("{i}\n")).collect()
            }
            "df" => vec![
                String::from("Filesystem      Size  Used Avail Use% Mounted on\n"),
                format!("/dev/vda1        40G   {}G   {}G  {}% /\n", 8 + n % 20, 30 - n % 20, 20 + n % 60),
            ],
            "free" => vec![
                String::from("               total        used        free\n"),
                format!(
                    "Mem:            7972        {}        {}\n",
                    1200 + n * 13 % 4000,
                    5000 - n * 13 % 4000
                ),
            ],
            "systemctl" => vec![format!("{} is active (running)\n", rest.last().unwrap_or(&"system"))],
            other => vec![format!("{name}: {other:.64}: done\n")],
        }
    }
}

#[async_trait]
impl Host for Fake {
    fn facts(&self) -> Facts {
        let (platform_name, platform_version) = self.profile.system;
        let n = self.profile.number;
        Facts {
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: Some(super::told(self.profile.platform)),
            platform_name: platform_name.to_owned(),
            platform_version: platform_version.to_owned(),
            architecture: String::from(if n % 5 == 4 { "aarch64" } else { "x86_64" }),
            computer_name: self.profile.name.clone(),
            ip_address: format!("10.{}.{}.{}", n / 62_500 % 250, n / 250 % 250, n % 250 + 4),
            kernel: self.kernel().to_owned(),
            boot_id: self.boot_id(),
            cpus: if n.is_multiple_of(3) { 8 } else { 2 },
            memory_bytes: (4 << 30) << (n % 3),
            tags: self.profile.tags.clone(),
        }
    }

    fn boot_id(&self) -> String {
        match *self.boots.borrow() {
            0 => String::from("simulated"),
            boots => format!("simulated-{boots}"),
        }
    }

    fn platform(&self) -> Platform {
        self.profile.platform
    }

    fn find_program(&self, name: &str) -> Option<PathBuf> {
        Some(Path::new("/usr/bin").join(name))
    }

    fn is_folder(&self, _: &Path) -> bool {
        false
    }

    async fn read_text(&self, path: &Path, _: usize) -> Result<String, String> {
        Err(format!("{} cannot be read: a simulated node has no files", path.display()))
    }

    async fn receive(&self, _: &Path) -> Result<Box<dyn Incoming>, String> {
        Ok(Box::new(Nowhere))
    }

    async fn download(&self, from: &Origin, to: &Landing) -> Result<PathBuf, String> {
        match self.profile.temper {
            Temper::Failing => Err(format!("{from} could not be downloaded: connection refused")),
            Temper::Slow => {
                tokio::time::sleep(Duration::from_secs(3)).await;
                Ok(to.folder.join(&to.wanted))
            }
            Temper::Calm | Temper::Offline => Ok(to.folder.join(&to.wanted)),
        }
    }

    fn say(&self, place: &Place, line: &str) -> u64 {
        let payload = Payload::Data(format!("{line}\n").into_bytes());
        let at = clock::now();
        place.spool.push(Chunk { offset: 0, step: place.step, stream: Stream::Stdout, at, payload });
        place.carry_lost
    }

    async fn start(&self, place: &Place, script: &Script) -> Result<Box<dyn Process>, String> {
        let (lines, code) = self.play(&script.text);
        let grown = Arc::new(Notify::new());
        let (cancel, cancelled) = watch::channel(false);
        let (end, ended) = watch::channel(None);
        tokio::spawn(perform(
            place.clone(),
            lines,
            code,
            script.timeout,
            Stage { grown: grown.clone(), cancelled, end },
        ));
        Ok(Box::new(Played { grown, cancel, ended }))
    }

    fn clear(&self, _: &Place) -> Result<(), String> {
        Ok(())
    }

    fn look(&self, _: &Place) -> Option<Sighting> {
        let lock = String::from("/var/lib/dpkg/lock-frontend");
        let command = String::from("/usr/bin/unattended-upgrade");
        let waits_for =
            (self.profile.temper == Temper::Slow).then_some(LockHolder { lock, pid: Some(812), command });
        Some(Sighting { pid: None, state: ProcessState::Sleeping, processes: 1, waits_for })
    }

    async fn reboot(&self) -> Result<(), String> {
        tokio::time::sleep(GOES_DOWN).await;
        self.boots.send_modify(|boots| *boots += 1);
        Ok(())
    }

    async fn adopt(&self, _: &Place, _: bool) -> Adopted {
        // Nothing of a simulated node outlives its agent.
        Adopted::Lost
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn node(temper: Temper) -> Fake {
        Fake::new(Profile {
            name: String::from("web-01"),
            platform: Platform::Linux,
            system: ("Debian GNU/Linux", "12"),
            tags: BTreeMap::new(),
            temper,
            number: 0,
        })
    }

    #[test]
    fn what_is_said_at_once_is_one_piece_and_a_pause_begins_another() {
        let (lines, code) = node(Temper::Calm).play("echo a; echo b\nsleep 2\nhostname; exit 3; echo never");
        let said: Vec<_> = lines.iter().map(|line| (line.pause.as_secs(), line.text.as_str())).collect();
        assert_eq!(said, [(0, "a\nb\n"), (2, "web-01\n")]);
        assert_eq!(code, 3);
    }

    #[test]
    fn a_simulated_node_does_not_say_without_end() {
        let (lines, _) = node(Temper::Calm).play(&"seq 100000;".repeat(1000));
        assert!(lines.iter().map(|line| line.text.len()).sum::<usize>() < 2 * MAX_SAID);
        assert!(lines.iter().all(|line| line.text.len() <= MAX_CHUNK));
    }

    #[test]
    fn nonsense_after_sleep_is_no_panic() {
        for given in ["sleep NaN", "sleep -5", "sleep inf", "sleep"] {
            node(Temper::Calm).play(given);
        }
    }

    #[test]
    fn a_failing_node_fails_whatever_it_is_told() {
        let (lines, code) = node(Temper::Failing).play("uptime");
        assert_eq!((code, lines.last().unwrap().stream), (100, Stream::Stderr));
    }
}
