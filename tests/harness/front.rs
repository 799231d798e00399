//! An address that stays, in front of a server that may be another one tomorrow.

use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Passes connections on.
pub struct Front {
    url: String,
    behind: Arc<Mutex<String>>,
    passing: Arc<Mutex<Vec<AbortHandle>>>,
    accepting: AbortHandle,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut(1);
    }
}

impl Front {
    /// In front of what listens at `address`.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn of(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behind = Arc::new(Mutex::new(address.to_owned()));
        let passing = Arc::new(Mutex::new(Vec::new()));
        let (to, handles) = (behind.clone(), passing.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let to = to.lock().unwrap().clone();
                let passes = tokio::spawn(async move {
                    if let Ok(mut to) = TcpStream::connect(to).await {
                        // How it ends is the business of the two ends.
                        let _ = copy_bidirectional(&mut from, &mut to).await;
                    }
                });
                handles.lock().unwrap().push(passes.abort_handle());
            }
        });
        Self { url, behind, passing, accepting: accepting.abort_handle() }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on connections go to another address.
    ///
    /// # Panics
    /// When a test has panicked in it.
    pub fn turn_to(&self, address: &str) {
        address.clone_into(&mut self.behind.lock().unwrap());
    }

    /// Breaks one of so many connections.
    ///
    /// # Panics
    /// When a test has panicked in it.
    pub fn cut(&self, one_of: usize) {
        self.passing.lock().unwrap().iter().step_by(one_of).for_each(AbortHandle::abort);
    }
}
