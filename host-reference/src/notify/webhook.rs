use crate::web::{Answer, Ask, Web};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const PAUSE_AT_MOST: Duration = Duration::from_secs(15);
const ATTEMPT_TIME: Duration = Duration::from_secs(10);

/// A signing secret, which shows itself nowhere.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// What to tell.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Notification {
    /// The same for each attempt and each repetition after a restart.
    pub id: String,
    /// When it was decided, in milliseconds since 1970.
    pub at_ms: i64,
    /// Such as `incident.opened`.
    pub event: String,
    /// What it is about.
    pub subject: String,
    /// The sentence for a person.
    pub text: String,
    /// The rest, for machines.
    pub details: serde_json::Value,
}

/// How telling went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver took it.
    Delivered {
        /// Requests made.
        attempts: u32,
    },
    /// It did not; why the last attempt failed.
    Failed {
        /// Requests made.
        attempts: u32,
        /// Such as `http 500`.
        detail: String,
    },
}

/// A receiver of signed JSON.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The client.
    pub web: Web,
    /// http or https.
    pub url: String,
    /// Shared with the receiver; without it nothing is signed.
    pub secret: Option<Secret>,
}

impl Webhook {
    /// Tells until the receiver takes it, refuses it for good, or the deadline is over.
    pub async fn deliver(&self, notification: &Notification, deadline: Duration) -> Delivery {
        let body = match serde_json::to_vec(notification) {
            Ok(body) => body,
            Err(error) => return Delivery::Failed { attempts: 0, detail: error.to_string() },
        };
        let end = Instant::now() + deadline;
        let mut attempts = 0;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            attempts += 1;
            let ask = self.ask(&notification.id, &body);
            let (detail, wait) = match self.web.ask(&ask, left.min(ATTEMPT_TIME)).await {
                Ok(answer) if (200..300).contains(&answer.status) => return Delivery::Delivered { attempts },
                Ok(answer) if is_final(answer.status) => {
                    return Delivery::Failed { attempts, detail: format!("http {}", answer.status) };
                }
                Ok(answer) => (format!("http {}", answer.status), asked_to_wait(&answer)),
                Err(error) => (error.to_string(), None),
            };
            let pause = pause(attempts, &notification.id).max(wait.unwrap_or_default());
            // How long to wait is the receiver's to say, and may be longer than any time there is.
            if pause >= end.saturating_duration_since(Instant::now()) {
                return Delivery::Failed { attempts, detail };
            }
            sleep(pause).await;
        }
    }

    /// Signed anew for each attempt: receivers refuse old timestamps.
    fn ask(&self, id: &str, body: &[u8]) -> Ask {
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("Idempotency-Key", id.to_owned()),
            ("X-Homeostat-Timestamp", timestamp.to_string()),
        ];
        headers.extend(self.secret.as_ref().map(|secret| ("X-Homeostat-Signature", sign(secret, timestamp, body))));
        Ask {
            method: "POST".to_owned(),
            url: self.url.clone(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: body.to_vec(),
        }
    }
}

/// The `X-Homeostat-Signature` of a body: `v1=` and the hex of HMAC-SHA256 over `timestamp.body`.
fn sign(secret: &Secret, timestamp: u64, body: &[u8]) -> String {
    format!("v1={}", hex(&mac(secret, timestamp, body).finalize().into_bytes()))
}

fn mac(secret: &Secret, timestamp: u64, body: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length: longer ones than a block are hashed first, as the standard says.
    let mut key = [0; 64];
    let hashed = Sha256::digest(&secret.0);
    let bytes = if secret.0.len() > key.len() { &hashed[..] } else { &secret.0[..] };
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

/// A refusal that a repetition will not change.
fn is_final(status: u16) -> bool {
    (300..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

fn asked_to_wait(answer: &Answer) -> Option<Duration> {
    answer.retry_after_s.map(Duration::from_secs)
}

/// Doubles; up to a quarter more by the id, so that many do not come back at once.
fn pause(attempts: u32, id: &str) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(PAUSE_AT_MOST);
    let share = Sha256::digest(id).iter().next().copied().unwrap_or(0);
    doubled + doubled.mul_f64(f64::from(share) / 1_024.0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT_KEY: &str = "v1=64089aa581edb495748bb7a47e979f6a761baedb9e06713d14122ec6b656948e";
    const LONG_KEY: &str = "v1=cd7101d48526e04add3b325082ce836d5a8c0dce21e6f82e43f4c9c23e7f49bf";

    #[test]
    fn the_signature_is_the_standard_hmac() {
        // Computed with another implementation: printf 7.body | openssl dgst -sha256 -hmac KEY
        assert_eq!(sign(&Secret::new("key"), 7, b"body"), SHORT_KEY);
        assert_eq!(sign(&Secret::new("k".repeat(100)), 7, b"body"), LONG_KEY);
    }

    #[test]
    fn the_secret_hides() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        assert!(pause(1, "a") >= FIRST_PAUSE && pause(2, "a") == pause(1, "a") * 2);
        assert!(pause(60, "a") <= PAUSE_AT_MOST.mul_f64(1.25));
    }
}
