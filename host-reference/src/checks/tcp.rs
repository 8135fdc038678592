use super::{Finding, Verdict};
use crate::web::{WebError, resolve};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Connects and hangs up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpCheck {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl TcpCheck {
    pub(super) async fn run(&self, time: Duration) -> Finding {
        let connected = timeout(time, async {
            let addresses = resolve(&self.host, self.port).await?;
            let refused = |error: std::io::Error| WebError::NotConnected(error.kind().to_string());
            TcpStream::connect(addresses.as_slice()).await.map_err(refused)
        });
        match connected.await.unwrap_or(Err(WebError::TimedOut(time))) {
            Ok(_) => Finding::new(Verdict::Pass, format!("tcp {} open", self.port)),
            Err(error) => error.into(),
        }
    }
}
