//! HTTP to where the policy points, and never to where it must not.
//!
//! Only http and https; no redirects, no proxies; names are resolved once, each address is tested, and the connection
//! goes to a tested one. Link-local and cloud metadata addresses are refused in every spelling.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, Url, redirect};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Read of an answer, at most; the rest is not waited for.
pub const ANSWER_BYTES: usize = 1024 * 1024;

const CONNECT_TIME: Duration = Duration::from_secs(10);

/// The one client of the host.
#[derive(Debug, Clone)]
pub struct Web {
    client: Client,
}

/// What to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// `GET`, `POST` …
    pub method: String,
    /// http or https.
    pub url: String,
    /// Name and value.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Its `Retry-After` in seconds, where it has one.
    pub retry_after_s: Option<u64>,
    /// The body, up to [`ANSWER_BYTES`].
    pub body: Vec<u8>,
    /// Whether there was more.
    pub cut: bool,
    /// From the start to the last byte read.
    pub latency: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebError {
    /// The request itself is wrong; nothing was sent.
    #[error("{0}")]
    BadRequest(String),
    /// The connection broke after the request may have been sent.
    #[error("{0}")]
    Broken(String),
    /// No connection (refused, unreachable, bad certificate); nothing was sent.
    #[error("{0}")]
    NotConnected(String),
    /// The name has no address; nothing was sent.
    #[error("`{0}` cannot be resolved")]
    NotResolved(String),
    /// The destination is one that must not be asked; nothing was sent.
    #[error("`{0}` is a link-local or metadata address, which is never asked")]
    Refused(IpAddr),
    /// The time was up; the request may have been sent.
    #[error("no answer in {} ms", .0.as_millis())]
    TimedOut(Duration),
}

impl WebError {
    /// Whether it is certain that the other side saw nothing.
    #[must_use]
    pub fn nothing_sent(&self) -> bool {
        !matches!(self, Self::Broken(_) | Self::TimedOut(_))
    }
}

impl Web {
    /// Makes the client. Without the machine's certificates https fails, http works.
    ///
    /// # Errors
    /// Where the TLS library cannot be set up.
    pub fn new() -> Result<Self, WebError> {
        let builder = || {
            let builder = Client::builder().redirect(redirect::Policy::none()).no_proxy().http1_only();
            builder.connect_timeout(CONNECT_TIME).pool_max_idle_per_host(0).dns_resolver(Arc::new(TestedAddresses))
        };
        let client = builder().build().or_else(|_| builder().tls_certs_only([]).build());
        client.map(|client| Self { client }).map_err(|error| WebError::BadRequest(root_cause(&error)))
    }

    /// Asks once.
    ///
    /// # Errors
    /// See [`WebError`]; a status of any kind is an answer.
    pub async fn ask(&self, ask: &Ask, time: Duration) -> Result<Answer, WebError> {
        let request = self.request(ask)?;
        let started = Instant::now();
        let answer = timeout_at(started + time, async {
            let mut response = self.client.execute(request).await.map_err(|error| classify(&error))?;
            let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            let (mut body, mut cut) = (Vec::new(), false);
            while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
                let room = ANSWER_BYTES.saturating_sub(body.len());
                body.extend(chunk.iter().take(room));
                if chunk.len() > room {
                    cut = true;
                    break;
                }
            }
            let status = response.status().as_u16();
            Ok(Answer { status, retry_after_s: retry_after, body, cut, latency: started.elapsed() })
        });
        answer.await.unwrap_or(Err(WebError::TimedOut(time)))
    }

    fn request(&self, ask: &Ask) -> Result<reqwest::Request, WebError> {
        let bad = |what: String| Err(WebError::BadRequest(what));
        let url = match Url::parse(&ask.url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            Ok(url) => return bad(format!("expected http or https, found `{}`", url.scheme())),
            Err(error) => return bad(format!("`{}` is no url: {error}", ask.url)),
        };
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if let Ok(address) = host.parse()
            && is_forbidden(address)
        {
            return Err(WebError::Refused(address));
        }
        let Ok(method) = Method::from_bytes(ask.method.as_bytes()) else {
            return bad(format!("`{}` is no method", ask.method));
        };
        let mut request = reqwest::Request::new(method, url);
        for (name, value) in &ask.headers {
            let (Ok(header), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
            else {
                return bad(format!("header `{name}` has a name or value that HTTP does not allow"));
            };
            request.headers_mut().insert(header, value);
        }
        if !ask.body.is_empty() {
            *request.body_mut() = Some(ask.body.clone().into());
        }
        Ok(request)
    }
}

/// Looks a name up and refuses it if any of its addresses is forbidden.
///
/// # Errors
/// [`WebError::NotResolved`], [`WebError::Refused`].
pub async fn resolve(name: &str, port: u16) -> Result<Vec<SocketAddr>, WebError> {
    let found = tokio::net::lookup_host((name, port)).await;
    let addresses: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
    match addresses.iter().find(|address| is_forbidden(address.ip())) {
        Some(address) => Err(WebError::Refused(address.ip())),
        None if addresses.is_empty() => Err(WebError::NotResolved(name.to_owned())),
        None => Ok(addresses),
    }
}

struct TestedAddresses;

impl Resolve for TestedAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = resolve(name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Metadata services that do not live on a link-local address: Alibaba, Oracle, Azure.
const METADATA: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_AWS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether this is a link-local or metadata address, also when it is wrapped into an IPv6 one.
#[must_use]
pub fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local() || METADATA.contains(&v4),
        IpAddr::V6(v6) => {
            let wrapped = embedded_v4(v6).is_some_and(|v4| is_forbidden(IpAddr::V4(v4)));
            wrapped || v6.is_unicast_link_local() || v6 == METADATA_AWS
        }
    }
}

/// The IPv4 address inside a mapped, compatible, NAT64 or 6to4 one.
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(last(high, low)),
        [0x2002, high, low, ..] => Some(last(high, low)),
        _ => None,
    }
}

fn classify(error: &reqwest::Error) -> WebError {
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if let Some(ours) = cause.downcast_ref::<WebError>() {
            return ours.clone();
        }
        source = cause.source();
    }
    if error.is_connect() {
        WebError::NotConnected(root_cause(error))
    } else if error.is_builder() {
        WebError::BadRequest(root_cause(error))
    } else {
        WebError::Broken(root_cause(error))
    }
}

/// The innermost error is the one that a person understands.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    let os_code = text.find(" (os error").unwrap_or(text.len());
    text.get(..os_code).unwrap_or(&text).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_addresses_are_known_in_every_spelling() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
        ] {
            assert!(is_forbidden(address.parse().expect("address")), "{address}");
        }
        for address in ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "::ffff:127.0.0.1", "8.8.8.8", "fd00::1"] {
            assert!(!is_forbidden(address.parse().expect("address")), "{address}");
        }
    }

    #[test]
    fn a_bad_request_is_refused_before_it_is_sent() {
        let web = Web::new().expect("client");
        let refused = |url: &str| {
            let ask = Ask { method: "GET".into(), url: url.into(), headers: vec![], body: vec![] };
            web.request(&ask).expect_err(url)
        };
        for url in ["http://169.254.169.254/", "http://2852039166/", "http://0xa9fea9fe/", "http://[::ffff:a9fe:a9fe]/"]
        {
            assert!(matches!(refused(url), WebError::Refused(_)), "{url}");
        }
        for url in ["ftp://host/", "file:///etc/passwd", "no url", "http://"] {
            assert!(matches!(refused(url), WebError::BadRequest(_)), "{url}");
        }
        let ask = Ask {
            method: "GET".into(),
            url: "http://localhost/".into(),
            headers: vec![("x".into(), "a\r\nb".into())],
            body: vec![],
        };
        assert!(matches!(web.request(&ask), Err(WebError::BadRequest(_))));
    }
}
