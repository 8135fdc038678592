use super::*;
use std::format;
use std::string::ToString;

/// Texts with the secret in each.
const CANARIES: [(&str, &str); 32] = [
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("key ASIAIOSFODNN7EXAMPLE used", "ASIAIOSFODNN7EXAMPLE"),
    ("aws_secret_access_key=wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY"),
    ("token ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("github_pat_11ABCDEFG0abcdefghij", "github_pat_11ABCDEFG0abcdefghij"),
    ("push with glpat-abcdefghij0123456789", "glpat-abcdefghij0123456789"),
    ("xoxb-123456789012-abcdef", "xoxb-123456789012-abcdef"),
    ("stripe sk_live_4eC39HqLyjWDarjt", "sk_live_4eC39HqLyjWDarjt"),
    ("billing rk_live_0123456789abcdef", "rk_live_0123456789abcdef"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIzaSyA1234567890abcdefghijklmnopqrstuv"),
    ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "npm_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("hf_abcdefghijklmnopqrstuvwx", "hf_abcdefghijklmnopqrstuvwx"),
    ("mail SG.abcdefghijklmnop.qrstuvwxyz", "SG.abcdefghijklmnop.qrstuvwxyz"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl", "eyJzdWIiOiJhbm4ifQ"),
    ("password=hunter2-canary", "hunter2-canary"),
    ("PGPASSWORD=pg-canary psql", "pg-canary"),
    ("\"password\": \"with blanks canary\"", "with blanks canary"),
    ("user ann passwd: sesame-canary", "sesame-canary"),
    ("mysql --password my-canary -h db", "my-canary"),
    ("api_key: k-canary-1", "k-canary-1"),
    ("X-Api-Key: k-canary-2", "k-canary-2"),
    ("client_secret=c-canary&x=1", "c-canary"),
    ("access_token=t-canary", "t-canary"),
    ("refresh-token: r-canary", "r-canary"),
    ("Authorization: Basic YW5uOmNhbmFyeQ==", "YW5uOmNhbmFyeQ"),
    ("sent Bearer abcdef-canary", "abcdef-canary"),
    ("Set-Cookie: sid=s-canary; Secure", "s-canary"),
    ("postgres://ann:url-canary@db:5432/x", "url-canary"),
    ("redis://:redis-canary@cache/0", "redis-canary"),
    ("-----BEGIN PRIVATE KEY-----\nMIIcanary\n-----END PRIVATE KEY-----", "MIIcanary"),
    ("card 4111 1111 1111 1111 declined", "4111 1111 1111 1111"),
    ("card 5500005555555559", "5500005555555559"),
];

fn base64(text: &str, alphabet: &[u8]) -> String {
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for place in 0..=chunk.len() {
            out.push(char::from(alphabet[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

fn encodings(text: &str) -> [String; 6] {
    let letters: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').collect();
    let standard = [&letters[..], b"+/"].concat();
    let for_addresses = [&letters[..], b"-_"].concat();
    let hexadecimal = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let escaped =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let for_json = serde_json::to_string(&serde_json::to_string(text).unwrap()).unwrap();
    [
        text.to_string(),
        base64(text, &standard),
        base64(text, &for_addresses),
        hexadecimal,
        text.bytes().map(escaped).collect(),
        for_json,
    ]
}

#[test]
fn i3_no_secret_is_left_in_whatever_encoding() {
    let masker = Masker::default();
    for (text, secret) in CANARIES {
        let secrets = encodings(secret);
        for (which, encoded) in encodings(text).iter().enumerate() {
            let line = format!("before: {encoded} after");
            let masked = masker.mask(&line).unwrap_or_else(|| panic!("nothing is masked in {line}"));
            assert!(!masked.contains(secret) && !masked.contains(secrets[which].as_str()), "{line} became {masked}");
            assert!(masked.starts_with("before: ") && masked.contains(MASKED), "{masked}");
            assert_eq!(masker.mask(&masked), None, "{masked}");
        }
    }
}

#[test]
fn i3_ids_numbers_and_prose_stay_as_they_are() {
    for text in [
        "",
        "connection refused",
        "expected an identifier, found `}`",
        "run 3f786850e387550fdab836ed7e6dc881de23001b ended",
        "e7f6c011-776e-4d5c-8f4b-0a5a6d9e8f00",
        "at 1763829382123 ms, 4111111111111112 is no card",
        "http://web:8080/health?x=1@2",
        "max_tokens 5, tokens: 7",
        "the password is wrong",
        "password: null",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "usr/share/homeostat/library/actions/database/postgresql",
        "sk-short, AKIA, ghp_",
        "order 3782822463100 shipped",
    ] {
        assert_eq!(Masker::default().mask(text), None, "{text}");
    }
}

#[test]
fn i3_a_policy_adds_names_and_beginnings() {
    let masker = Masker::new(["door_code"], ["acme_"]);
    assert_eq!(masker.mask("front-door-code: 1234, ok").as_deref(), Some("front-door-code: [masked], ok"));
    assert_eq!(masker.mask("use acme_12345678 now").as_deref(), Some("use [masked] now"));
    assert_eq!(Masker::default().mask("front-door-code: 1234, acme_12345678"), None);
}

#[test]
fn attack_16_a_text_that_nearly_fits_again_and_again_comes_to_an_end() {
    let nasty = ["password", "://a:", "-----BEGIN ", "4 ", "%", "\"", "Bearer ", "=", "eyJ"];
    for piece in nasty {
        let text = piece.repeat(65_536 / piece.len());
        // What backtracks would not come to an end here.
        let masked = Masker::default().mask(&text).unwrap_or(text);
        assert_eq!(Masker::default().mask(&masked), None, "{piece}");
    }
}
