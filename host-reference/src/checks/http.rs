use super::{Finding, Verdict};
use crate::web::{ANSWER_BYTES, Answer, Ask, Web};
use std::time::Duration;

/// Asks a url and judges the answer. Redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpCheck {
    /// `GET` where none is given.
    pub method: Option<String>,
    /// http or https.
    pub url: String,
    /// Sent along; a `Host` here replaces the url's.
    pub headers: Vec<(String, String)>,
    /// Statuses that are good; none given: 200 to 399.
    pub expected_status: Vec<u16>,
    /// Must stand in the first 1 MiB of the body.
    pub body_contains: Option<String>,
    /// A slower answer is bad.
    pub latency_at_most: Option<Duration>,
}

impl HttpCheck {
    pub(super) async fn run(&self, web: &Web, time: Duration) -> Finding {
        let method = self.method.clone().unwrap_or_else(|| "GET".to_owned());
        let ask = Ask { method, url: self.url.clone(), headers: self.headers.clone(), body: Vec::new() };
        match web.ask(&ask, time).await {
            Ok(answer) => self.judge(&answer),
            Err(error) => error.into(),
        }
    }

    fn judge(&self, answer: &Answer) -> Finding {
        match self.objection(answer) {
            None => Finding::new(Verdict::Pass, format!("http {} in {} ms", answer.status, answer.latency.as_millis())),
            Some(objection) => Finding::new(Verdict::Fail, objection),
        }
    }

    fn objection(&self, answer: &Answer) -> Option<String> {
        let status = answer.status;
        let expected = match self.expected_status.as_slice() {
            [] => (200..400).contains(&status),
            list => list.contains(&status),
        };
        if !expected {
            return Some(format!("http {status}"));
        }
        if let Some(text) = &self.body_contains
            && !contains(&answer.body, text.as_bytes())
        {
            let place = if answer.cut { format!("in the first {ANSWER_BYTES} bytes") } else { "in the body".into() };
            return Some(format!("http {status}, but `{text}` is not {place}"));
        }
        let limit = self.latency_at_most.filter(|limit| answer.latency > *limit)?;
        Some(format!("http {status} took {} ms, at most {} ms allowed", answer.latency.as_millis(), limit.as_millis()))
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}
