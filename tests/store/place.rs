//! Where a story takes place: an empty database of one of the two kinds.

use pilothouse_store::{Store, StoreError, Tx};
use pilothouse_tests::{database, postgres, skip::skip};
use tempfile::TempDir;

pub struct Place {
    pub url: String,
    pub store: Store,
    _dir: Option<TempDir>,
}

impl Place {
    pub async fn on_sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/store.db", dir.path().display());
        Self { store: Store::open(&url).await.unwrap(), url, _dir: Some(dir) }
    }

    pub async fn on_postgres() -> Option<Self> {
        match postgres::cluster() {
            Ok(cluster) => {
                let url = cluster.database().unwrap();
                Some(Self { store: Store::open(&url).await.unwrap(), url, _dir: None })
            }
            Err(why) => {
                skip("the store on PostgreSQL", why);
                None
            }
        }
    }

    pub async fn read(&self) -> Tx {
        self.store.read().await.unwrap()
    }

    /// Does something in a transaction of its own.
    pub async fn write<T>(&self, work: impl AsyncFnOnce(&mut Tx) -> Result<T, StoreError>) -> T {
        let mut tx = self.store.write().await.unwrap();
        let done = work(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        done
    }

    /// Runs a statement past the store.
    pub async fn sql(&self, statement: &'static str) {
        database::sql(&self.url, statement).await;
    }
}

/// Tells stories twice.
macro_rules! stories {
    ($($story:ident)*) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    super::$story(crate::place::Place::on_sqlite().await).await;
                }
            )*
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    if let Some(place) = crate::place::Place::on_postgres().await {
                        super::$story(place).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use stories;
