use crate::support::{Answering, Demo, free_port};
use hmac::{Hmac, KeyInit, Mac};
use homeostat::notify::{Delivery, Format, Line, LogChannel, Notification, Secret, Tone, Webhook};
use homeostat::web::Web;
use sha2::Sha256;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SECRET: &str = "correct horse";

fn webhook(url: String) -> Webhook {
    Webhook { web: Web::new().expect("client"), url, secret: Some(Secret::new(SECRET)) }
}

fn notification() -> Notification {
    Notification {
        id: "cmd-1/pager".into(),
        at_ms: 5,
        event: "incident.opened".into(),
        subject: "incident 7".into(),
        text: "web-2 · \"down\"".into(),
        details: serde_json::json!({ "severity": "SEV2" }),
    }
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let line = request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {request}"))
}

/// A receiver that checks each signature as the documentation says, and answers with the next of these statuses.
fn receiver(statuses: &'static [&'static str]) -> (Answering, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let server = Answering::start(move |request| {
        let timestamp = header(request, "x-homeostat-timestamp");
        let (_, body) = request.split_once("\r\n\r\n").expect("a body");
        let signature = header(request, "x-homeostat-signature");
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(format!("{timestamp}.{body}").as_bytes());
        let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let signed = signature == format!("v1={expected}");
        let timestamp: u64 = timestamp.parse().expect("a timestamp");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("now").as_secs();
        let mut log = log.lock().expect("log");
        let status = match statuses.get(log.len()) {
            _ if !signed || now.abs_diff(timestamp) > 300 => "401 Unauthorized",
            Some(status) => status,
            None => "200 OK",
        };
        log.push(request.to_owned());
        format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")
    });
    (server, seen)
}

#[tokio::test]
async fn a_receiver_can_verify_what_it_gets() {
    let (server, seen) = receiver(&[]);
    let delivery = webhook(server.url("/hook")).deliver(&notification(), Duration::from_secs(10)).await;
    assert_eq!(delivery, Delivery::Delivered { attempts: 1 });
    let seen = seen.lock().expect("log");
    assert_eq!(header(&seen[0], "idempotency-key"), notification().id);
    let (_, body) = seen[0].split_once("\r\n\r\n").expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("json");
    assert_eq!((&body["event"], &body["text"]), (&"incident.opened".into(), &"web-2 · \"down\"".into()));
}

#[tokio::test]
async fn a_wrong_secret_is_refused_for_good() {
    let (server, seen) = receiver(&[]);
    let webhook = Webhook { secret: Some(Secret::new("wrong")), ..webhook(server.url("/")) };
    let delivery = webhook.deliver(&notification(), Duration::from_secs(10)).await;
    assert_eq!(delivery, Delivery::Failed { attempts: 1, detail: "http 401".into() });
    assert_eq!(seen.lock().expect("log").len(), 1);
}

#[tokio::test]
async fn a_receiver_in_trouble_is_told_again_under_the_same_id() {
    let (server, seen) = receiver(&["500 Internal Server Error", "429 Too Many Requests"]);
    let delivery = webhook(server.url("/")).deliver(&notification(), Duration::from_secs(20)).await;
    assert_eq!(delivery, Delivery::Delivered { attempts: 3 });
    let seen = seen.lock().expect("log");
    let ids: BTreeSet<&str> = seen.iter().map(|request| header(request, "idempotency-key")).collect();
    assert_eq!((seen.len(), ids.len()), (3, 1));
}

#[tokio::test]
async fn a_receiver_that_asks_to_wait_beyond_the_deadline_is_not_waited_for_however_long_it_says() {
    for seconds in ["3600", "18446744073709551615", "99999999999999999999"] {
        let server = Answering::start(move |_| {
            format!("HTTP/1.1 503 Busy\r\nRetry-After: {seconds}\r\nContent-Length: 0\r\n\r\n")
        });
        let delivery = webhook(server.url("/")).deliver(&notification(), Duration::from_millis(600)).await;
        let Delivery::Failed { detail, .. } = delivery else { panic!("{seconds}: delivered") };
        assert_eq!(detail, "http 503", "{seconds}");
    }
}

#[tokio::test]
async fn a_failed_delivery_is_said_within_its_deadline() {
    let started = Instant::now();
    let nobody = webhook(format!("http://127.0.0.1:{}/", free_port()));
    let Delivery::Failed { attempts, detail } = nobody.deliver(&notification(), Duration::from_secs(1)).await else {
        panic!("delivered to nobody")
    };
    assert!(attempts >= 2 && detail == "connection refused", "{attempts} {detail}");
    let hanging = Demo::start(&[]);
    hanging.ask("POST", "/break/hang").expect("break");
    let delivery = webhook(hanging.url("/")).deliver(&notification(), Duration::from_millis(500)).await;
    assert!(matches!(delivery, Delivery::Failed { attempts: 1, .. }), "{delivery:?}");
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("buffer").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_says_each_line_whole() {
    let out = Shared::default();
    let log = LogChannel::new(Format::Plain, 0, Box::new(out.clone()));
    let line = |word: &str| Line {
        at_ms: 43_450_000,
        subject: "incident 7".into(),
        word: word.into(),
        text: "SEV2 · web-2".into(),
        tone: Tone::Bad,
    };
    log.say(&line("opened")).expect("say");
    log.say(&line("RESOLVED")).expect("say");
    let text = String::from_utf8(out.0.lock().expect("buffer").clone()).expect("text");
    assert_eq!(text, "12:04:10  incident 7 opened     SEV2 · web-2\n12:04:10  incident 7 RESOLVED   SEV2 · web-2\n");
}

#[test]
fn a_log_that_cannot_be_written_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let log = LogChannel::new(Format::Json, 0, Box::new(full));
    let line = Line { at_ms: 0, subject: "a".into(), word: "b".into(), text: "c".into(), tone: Tone::Good };
    assert!(log.say(&line).is_err());
}
