//! SHA-256 over length-prefixed fields: the root of every id and content hash.

use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest; in JSON 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of one byte string.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The digest of several fields. Each is prefixed by its length, so no two lists of fields share an encoding.
    pub fn of_fields(fields: &[&[u8]]) -> Digest {
        let mut hasher = Sha256::new();
        for field in fields {
            hasher.update((field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
        Digest(hasher.finalize().into())
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first half, enough to name a thing.
    pub fn short(&self) -> Id {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = self.0;
        Id([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }
}

/// Half a digest, 128 bits; in JSON 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 16]);

impl Id {
    /// The 16 bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

macro_rules! hexadecimal {
    ($type:ident, $length:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl core::str::FromStr for $type {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<$type, &'static str> {
                const EXPECTED: &str = concat!("expected ", stringify!($length), " bytes as hexadecimal digits");
                let mut bytes = [0u8; $length];
                if text.len() != 2 * $length || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return Err(EXPECTED);
                }
                for (i, byte) in bytes.iter_mut().enumerate() {
                    *byte = text
                        .get(2 * i..2 * i + 2)
                        .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                        .ok_or(EXPECTED)?;
                }
                Ok($type(bytes))
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hexadecimal!(Digest, 32);
hexadecimal!(Id, 16);

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn the_digest_is_sha_256() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), empty);
        assert_eq!(empty.parse::<Digest>(), Ok(Digest::of(b"")));
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        assert_ne!(Digest::of_fields(&[b"ab", b"c"]), Digest::of_fields(&[b"a", b"bc"]));
        assert_ne!(Digest::of_fields(&[b"ab"]), Digest::of_fields(&[b"ab", b""]));
    }

    #[test]
    fn what_is_not_hexadecimal_is_refused() {
        for text in ["", "zz", "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1", "é0000000000000000000000000000000"] {
            assert!(text.parse::<Id>().is_err(), "{text}");
        }
    }
}
