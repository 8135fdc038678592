use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// Hashes fields so that no two different lists of fields hash the same bytes: each is preceded by its length.
pub(super) fn hash_of(fields: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field);
    }
    hasher.finalize().into()
}

pub(super) fn event_hash(seq: i64, at_ms: i64, source: &str, source_event_id: Option<&str>, bytes: &[u8]) -> Hash {
    let id = source_event_id.map_or_else(Vec::new, |id| [b"=", id.as_bytes()].concat());
    hash_of(&[&seq.to_be_bytes(), &at_ms.to_be_bytes(), source.as_bytes(), &id, bytes])
}

pub(super) fn audit_hash(previous: &[u8], seq: i64, at_ms: i64, bytes: &[u8]) -> Hash {
    hash_of(&[previous, &seq.to_be_bytes(), &at_ms.to_be_bytes(), bytes])
}

pub(super) fn snapshot_hash(seq: i64, bytes: &[u8]) -> Hash {
    hash_of(&[&seq.to_be_bytes(), bytes])
}
