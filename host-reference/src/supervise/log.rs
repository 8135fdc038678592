use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What an instance prints, kept to a size.
///
/// The process writes to the file itself, so that it can go on without Homeostat. The cap is applied while Homeostat
/// runs: beyond it the content moves to `.1` and the file is emptied; a line written in that instant may be lost.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    path: PathBuf,
    cap_bytes: u64,
}

impl LogFile {
    pub(super) fn new(directory: &Path, instance: &str, cap_bytes: u64) -> Self {
        Self { path: directory.join(format!("{}.log", file_name(instance))), cap_bytes }
    }

    /// Two handles that append: after the file is emptied, writing goes on at its beginning.
    pub(super) fn for_child(&self) -> io::Result<(File, File)> {
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        self.keep_to_size()?;
        let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        Ok((file.try_clone()?, file))
    }

    /// The last whole lines among the last `bytes`; none where nothing was written since `since`.
    pub(super) fn last_lines(&self, bytes: u64, since: SystemTime) -> io::Result<Vec<String>> {
        let mut file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.modified()? < since {
            return Ok(Vec::new());
        }
        // One byte more tells whether the first line is whole.
        let from = metadata.len().saturating_sub(bytes.saturating_add(1));
        file.seek(SeekFrom::Start(from))?;
        let mut read = Vec::new();
        file.take(bytes.saturating_add(1)).read_to_end(&mut read)?;
        let text = String::from_utf8_lossy(&read);
        let lines = text.lines().skip(usize::from(from > 0));
        Ok(lines.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
    }

    pub(super) fn keep_to_size(&self) -> io::Result<()> {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.len() > self.cap_bytes => {
                let mut old = self.path.as_os_str().to_owned();
                old.push(".1");
                fs::copy(&self.path, old)?;
                OpenOptions::new().write(true).open(&self.path)?.set_len(0)
            }
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Letters, digits, `-`, `_` and inner dots stay, all else becomes its code: no name leaves the directory.
fn file_name(instance: &str) -> String {
    let mut name = String::new();
    for byte in instance.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i3_the_last_whole_lines_are_read_and_an_old_log_says_nothing() {
        let directory = std::env::temp_dir().join(format!("homeostat-log-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        let log = LogFile::new(&directory, "web", 1_000);
        assert!(log.last_lines(100, SystemTime::UNIX_EPOCH).is_err(), "there is none");
        fs::write(directory.join("web.log"), "one\ntwo\n\nthree\n").expect("written");
        let last = |bytes, since| log.last_lines(bytes, since).expect("read");
        assert_eq!(last(100, SystemTime::UNIX_EPOCH), ["one", "two", "three"]);
        assert_eq!(last(11, SystemTime::UNIX_EPOCH), ["two", "three"]);
        assert_eq!(last(10, SystemTime::UNIX_EPOCH), ["three"], "half a line is none");
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        assert!(last(100, later).is_empty());
        fs::remove_dir_all(&directory).expect("removed");
    }

    #[test]
    fn no_name_leaves_the_directory() {
        assert_eq!(file_name("web-1.eu"), "web-1.eu");
        assert_eq!(file_name("../a/b"), "%2e.%2fa%2fb");
    }
}
