//! A store of objects that speaks as much of S3 as it takes to be written to: it checks every signature, and can be made to refuse
//! for a while.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::{digest, hmac};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The access key that may write.
pub const KEY: &str = "AKIABUCKETWRITER0000";
/// Its secret.
pub const SECRET: &str = "bucket/secret+key";

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<String, Vec<u8>>,
    /// Parts of uploads that are not complete.
    parts: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    problems: Vec<String>,
}

/// A running store.
pub struct Bucket {
    url: String,
    shelf: Arc<Mutex<Shelf>>,
    refuses: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Bucket {
    /// Listens.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (shelf, refuses) = (Arc::<Mutex<Shelf>>::default(), Arc::new(AtomicBool::new(false)));
        let (kept, off) = (shelf.clone(), refuses.clone());
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, kept.clone(), off.clone()));
            }
        });
        Self { url, shelf, refuses, task }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether everything is refused from now on.
    pub fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Objects by bucket and key.
    ///
    /// # Panics
    /// When a signature was wrong.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let shelf = self.shelf.lock().unwrap();
        assert_eq!(shelf.problems, [""; 0], "requests are signed as S3 wants them");
        shelf.objects.clone()
    }
}

struct Request {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

async fn read(socket: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|it| !it.is_empty());
    let query =
        pairs.map(|it| it.split_once('=').unwrap_or((it, ""))).map(|(k, v)| (k.to_owned(), v.to_owned()));
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    Some(Request { method, path: path.to_owned(), query: query.collect(), headers, body })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

/// What is wrong with a request's signature.
fn wrong(request: &Request) -> Option<String> {
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let authorization = header("authorization");
    let part = |name: &str| {
        let found = authorization.split([' ', ',']).find_map(|it| it.trim().strip_prefix(name));
        found.unwrap_or_default().to_owned()
    };
    let (scope, signed, given) = (part("Credential="), part("SignedHeaders="), part("Signature="));
    let Some(scope) = scope.strip_prefix(&format!("{KEY}/")) else { return Some(format!("key: {scope}")) };
    let sum = header("x-amz-content-sha256");
    if sum != "UNSIGNED-PAYLOAD" && sum != hex(digest::digest(&digest::SHA256, &request.body).as_ref()) {
        return Some(String::from("the body is another one"));
    }
    let query: Vec<String> = request.query.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let headers: String = signed.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let canonical =
        format!("{}\n{}\n{}\n{headers}\n{signed}\n{sum}", request.method, request.path, query.join("&"));
    let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hashed}", header("x-amz-date"));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = sign(&key, part);
    }
    (hex(&sign(&key, &text)) != given).then(|| format!("signature of {canonical}"))
}

async fn serve(mut socket: TcpStream, shelf: Arc<Mutex<Shelf>>, refuses: Arc<AtomicBool>) {
    while let Some(request) = read(&mut socket).await {
        let (status, headers, body) = if refuses.load(Ordering::SeqCst) {
            (403, String::new(), String::from("<Error><Code>AccessDenied</Code></Error>"))
        } else {
            answered(request, &mut shelf.lock().unwrap())
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} So\r\n{headers}content-length: {length}\r\n\r\n{body}");
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answered(request: Request, shelf: &mut Shelf) -> (u16, String, String) {
    let plain = |body: &str| (200, String::new(), body.to_owned());
    if let Some(problem) = wrong(&request) {
        shelf.problems.push(problem);
        return (403, String::new(), String::from("<Error><Code>SignatureDoesNotMatch</Code></Error>"));
    }
    let path = request.path.trim_start_matches('/').to_owned();
    let upload = request.query.get("uploadId").cloned();
    let part = request.query.get("partNumber").and_then(|it| it.parse().ok());
    match (request.method.as_str(), upload, part) {
        ("POST", None, _) => {
            let id = format!("upload-{}", shelf.parts.len());
            shelf.parts.insert(id.clone(), BTreeMap::new());
            plain(&format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        ("PUT", Some(id), Some(part)) => {
            shelf.parts.entry(id).or_default().insert(part, request.body);
            (200, format!("etag: \"{part}\"\r\n"), String::new())
        }
        ("POST", Some(id), _) => {
            let whole = shelf.parts.remove(&id).unwrap_or_default().into_values().flatten().collect();
            shelf.objects.insert(path, whole);
            plain("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>")
        }
        ("PUT", ..) => {
            shelf.objects.insert(path, request.body);
            (200, String::from("etag: \"whole\"\r\n"), String::new())
        }
        _ => (400, String::new(), String::new()),
    }
}
