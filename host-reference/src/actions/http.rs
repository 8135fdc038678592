use super::value::{Piece, Refusal, Value, Values, fill, find, pieces, text_of};
use super::{Invocation, Outcome, Report};
use crate::web::{Answer, Ask, Web};
use serde_json::Value as Json;

/// Kept of an answer's body.
const OUTPUT_BYTES: usize = 64 * 1024;

/// Sends an HTTP request once, with the command id as `Idempotency-Key` and the host epoch as `Homeostat-Epoch`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HttpAction {
    /// `GET`, `POST` …
    pub method: String,
    /// http or https. Scheme, host and port are literal; path and query may contain `${name}`.
    pub url: String,
    /// Literal headers.
    pub headers: Vec<(String, String)>,
    /// Sent as JSON; texts in it may contain `${name}`, and one that is nothing but `${name}` takes the value's type.
    pub body: Option<Json>,
    /// Statuses that mean success; none given: 200 to 299.
    pub expected_status: Vec<u16>,
}

impl HttpAction {
    pub(super) async fn run(&self, web: &Web, invocation: &Invocation) -> Result<Outcome, Refusal> {
        Ok(send(web, &self.ask(invocation)?, &self.expected_status, invocation).await)
    }

    fn ask(&self, invocation: &Invocation) -> Result<Ask, Refusal> {
        let mut headers = identity(invocation);
        let mut body = Vec::new();
        if let Some(template) = &self.body {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            body = json(template, &invocation.values)?.to_string().into_bytes();
        }
        headers.extend(self.headers.iter().cloned());
        Ok(Ask { method: self.method.clone(), url: url(&self.url, &invocation.values)?, headers, body })
    }
}

/// Sends a request once and judges the answer; no expected status given: 200 to 299.
pub(super) async fn send(web: &Web, ask: &Ask, expected: &[u16], invocation: &Invocation) -> Outcome {
    match web.ask(ask, invocation.time).await {
        Ok(answer) => judge(&answer, expected),
        Err(error) if error.nothing_sent() => Outcome::NotStarted(error.to_string()),
        Err(error) => Outcome::Unknown(Report { detail: error.to_string(), ..Report::default() }),
    }
}

/// The headers by which a receiver knows a repetition, and a host that was replaced.
pub(super) fn identity(invocation: &Invocation) -> Vec<(String, String)> {
    vec![
        ("Idempotency-Key".to_owned(), invocation.command_id.clone()),
        ("Homeostat-Epoch".to_owned(), invocation.epoch.to_string()),
    ]
}

fn judge(answer: &Answer, expected: &[u16]) -> Outcome {
    let expected = match expected {
        [] => (200..300).contains(&answer.status),
        list => list.contains(&answer.status),
    };
    let kept = answer.body.get(..OUTPUT_BYTES).unwrap_or(&answer.body);
    let report = Report {
        detail: format!("http {}", answer.status),
        output: String::from_utf8_lossy(kept).into_owned(),
        cut: answer.cut || kept.len() < answer.body.len(),
    };
    match answer.status {
        _ if expected => Outcome::Succeeded(report),
        // A gateway that lost its upstream does not know what the upstream did.
        502 | 504 => Outcome::Unknown(report),
        _ => Outcome::Failed(report),
    }
}

/// Values stand in path and query only, encoded, so that none can add a segment, a parameter or another host.
fn url(template: &str, values: &Values) -> Result<String, Refusal> {
    let path_at = template.find("://").and_then(|at| Some(at + 3 + template.get(at + 3..)?.find(['/', '?', '#'])?));
    let (origin, rest) = template.split_at(path_at.unwrap_or(template.len()));
    if origin.contains("${") {
        return Err(Refusal::NotLiteral("scheme, host and port of a url"));
    }
    let rest = fill(rest, values, |name, text| {
        if text.chars().all(|c| c == '.') {
            return Err(Refusal::Unsafe { name: name.to_owned(), why: "would climb in the path" });
        }
        Ok(percent_encoded(&text))
    })?;
    Ok(format!("{origin}{rest}"))
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn json(template: &Json, values: &Values) -> Result<Json, Refusal> {
    Ok(match template {
        Json::String(text) => match pieces(text).as_slice() {
            [Piece::Placeholder(name)] => json_of(name, find(values, name)?)?,
            _ => Json::String(fill(text, values, |_, text| Ok(text))?),
        },
        Json::Array(items) => Json::Array(items.iter().map(|item| json(item, values)).collect::<Result<_, _>>()?),
        Json::Object(fields) => {
            let fill_field = |(name, value): (&String, &Json)| Ok((name.clone(), json(value, values)?));
            Json::Object(fields.iter().map(fill_field).collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    })
}

fn json_of(name: &str, value: &Value) -> Result<Json, Refusal> {
    Ok(match value {
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) => Json::from(*value),
        Value::List(items) => Json::Array(items.iter().map(|item| json_of(name, item)).collect::<Result<_, _>>()?),
        Value::Number(value) => Json::from(*value),
        Value::Text(_) => Json::String(text_of(name, value)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as literal;

    fn values(text: &str) -> Values {
        [("a".to_owned(), Value::Text(text.to_owned())), ("n".to_owned(), Value::Int(5))].into()
    }

    #[test]
    fn a_value_in_a_url_stays_where_it_was_put() {
        let filled = url("http://host:1/v1/${a}?n=${n}", &values("a/../b?x=1&y#z %2e")).expect("url");
        assert_eq!(filled, "http://host:1/v1/a%2F..%2Fb%3Fx%3D1%26y%23z%20%252e?n=5");
        assert!(url("http://host/${a}/x", &values("..")).is_err());
        for template in ["http://${a}/", "http://${a}@host/", "${a}://host/", "http://host:${n}/", "http://host${a}"] {
            assert!(matches!(url(template, &values("x")), Err(Refusal::NotLiteral(_))), "{template}");
        }
    }

    #[test]
    fn a_body_keeps_its_shape_and_the_values_their_types() {
        let template = literal!({ "replicas": "${n}", "who": "the ${a}", "list": ["${a}", 1, null] });
        let filled = json(&template, &values("x\",\"admin\":\"yes")).expect("body");
        let text = "x\",\"admin\":\"yes";
        assert_eq!(filled, literal!({ "replicas": 5, "who": format!("the {text}"), "list": [text, 1, null] }));
        assert!(json(&literal!("${none}"), &values("")).is_err());
    }
}
