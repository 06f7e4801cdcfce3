//! Downloads public data sets.
//!
//! Input: a URL and a checksum. Output: the file in the cache directory. The file gets its name after it is
//! complete and its checksum is verified. Without a network, or without the cargo feature `download`, the
//! result is an error.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A progress callback. Its arguments are the number of bytes received and, if the server reports it, the
/// total.
pub type DownloadProgress<'a> = dyn FnMut(u64, Option<u64>) + 'a;

/// A remote file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remote {
    /// The URL of the file.
    pub url: String,
    /// The name of the file in the cache directory.
    pub file_name: String,
    /// The MD5 checksum in hexadecimal, which publishers of old data sets provide. It detects damage. Against
    /// forgery, the only protection is `https`.
    pub md5: String,
    /// The maximum size in bytes. Default: 1 GiB.
    pub max_bytes: u64,
    /// The timeout for a connection, name resolution included. Default: 8 s.
    pub connect_timeout: Duration,
    /// The timeout for the next bytes. Default: 15 s.
    pub read_timeout: Duration,
}

impl Remote {
    /// Returns the file at `url`, with its name in the cache directory and its MD5 checksum.
    ///
    /// ```
    /// use gatewise::datasets::download::Remote;
    /// let md5 = "d41d8cd98f00b204e9800998ecf8427e";
    /// let remote = Remote::new("https://example.org/toy.tar.gz", "toy.tar.gz", md5).max_bytes(1_000_000);
    /// assert_eq!(remote.connect_timeout.as_secs(), 8);
    /// ```
    pub fn new(url: impl Into<String>, file_name: impl Into<String>, md5: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            file_name: file_name.into(),
            md5: md5.into(),
            max_bytes: 1 << 30,
            connect_timeout: Duration::from_secs(8),
            read_timeout: Duration::from_secs(15),
        }
    }

    /// Sets the maximum size in bytes.
    pub fn max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    /// Sets the timeout for a connection, name resolution included.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// Sets the timeout for the next bytes.
    pub fn read_timeout(self, read_timeout: Duration) -> Self {
        Self { read_timeout, ..self }
    }
}

/// Downloads `remote` into `folder`, which is created if it does not exist, and returns the path of the file.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): this build has no downloader.
#[cfg(not(feature = "download"))]
pub fn fetch(_remote: &Remote, _folder: &Path, _progress: &mut DownloadProgress<'_>) -> Result<PathBuf> {
    Err(Error::config("this build of gatewise cannot download (it lacks the cargo feature `download`)"))
}

/// Downloads `remote` into `folder`, which is created if it does not exist, and returns the path of the file.
///
/// ```no_run
/// use gatewise::datasets::{download::fetch, imdb};
/// let path = fetch(&imdb::remote(), "cache".as_ref(), &mut |done, _| eprint!("\r{done} bytes"))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no network, if the server fails or stalls, or if the
/// folder cannot be written; [`ErrorKind::Data`](crate::ErrorKind::Data) if the size or the checksum is
/// wrong. An error leaves no file in `folder`.
#[cfg(feature = "download")]
pub fn fetch(remote: &Remote, folder: &Path, progress: &mut DownloadProgress<'_>) -> Result<PathBuf> {
    use std::fs;
    let path = folder.join(&remote.file_name);
    if Path::new(&remote.file_name).file_name().is_none_or(|name| *name != *remote.file_name) {
        return Err(Error::config(format!("{:?} is not a file name", remote.file_name)));
    }
    fs::create_dir_all(folder).map_err(|e| Error::io("cannot make the cache directory", folder, e))?;
    let temporary = folder.join(format!("{}.part-{}", remote.file_name, std::process::id()));
    let whole = transfer(remote, &temporary, progress).and_then(|()| {
        fs::rename(&temporary, &path).map_err(|e| Error::io("cannot give its name to", &path, e))
    });
    if whole.is_err() {
        // The file may not exist.
        let _ = fs::remove_file(&temporary);
    }
    whole.map(|()| path)
}

#[cfg(feature = "download")]
fn transfer(remote: &Remote, into: &Path, progress: &mut DownloadProgress<'_>) -> Result<()> {
    use md5::{Digest, Md5};
    use std::fs::File;
    use std::io::{self, Read, Write};

    let url = &remote.url;
    // Half of the timeout for name resolution and half for the connection.
    let agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(remote.connect_timeout / 2))
        .timeout_connect(Some(remote.connect_timeout / 2))
        .timeout_send_request(Some(remote.read_timeout))
        .timeout_recv_response(Some(remote.read_timeout))
        .timeout_per_read(Some(remote.read_timeout))
        .max_redirects(3)
        .user_agent(concat!("gatewise/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut response = agent.get(url).call().map_err(|e| refused(remote, e))?;
    let total = response.body().content_length();
    let too_large = |bytes: u64| {
        Error::data(format!("{url} has {bytes} bytes or more; at most {} are expected", remote.max_bytes))
    };
    if let Some(total) = total.filter(|&total| total > remote.max_bytes) {
        return Err(too_large(total));
    }
    let mut file = File::create(into).map_err(|e| Error::io("cannot write", into, e))?;
    let mut from = response.body_mut().as_reader();
    let (mut md5, mut done, mut buffer) = (Md5::new(), 0, vec![0; 1 << 16]);
    progress(done, total);
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(cut(url, done, total)),
            Err(e) => return Err(refused(remote, e.into())),
        };
        done += n as u64;
        if done > remote.max_bytes {
            return Err(too_large(done));
        }
        md5.update(&buffer[..n]);
        file.write_all(&buffer[..n]).map_err(|e| Error::io("cannot write", into, e))?;
        progress(done, total);
    }
    if total.is_some_and(|total| done < total) {
        return Err(cut(url, done, total));
    }
    file.sync_all().map_err(|e| Error::io("cannot write", into, e))?;
    let sum: String = md5.finalize().iter().map(|b| format!("{b:02x}")).collect();
    if !sum.eq_ignore_ascii_case(&remote.md5) {
        return Err(Error::data(format!(
            "the file from {url} ({done} bytes) has the MD5 checksum {sum}, but {} is expected: try again; if \
             the checksum stays the same, the file has changed or is altered in transit",
            remote.md5
        )));
    }
    Ok(())
}

#[cfg(feature = "download")]
fn cut(url: &str, done: u64, total: Option<u64>) -> Error {
    let total = total.map_or("an unknown number".into(), |n| n.to_string());
    Error::new(
        crate::ErrorKind::Io,
        format!("{url} broke off after {done} bytes of {total}: check the network and try again"),
    )
}

/// Returns the error of a failed request.
#[cfg(feature = "download")]
fn refused(remote: &Remote, error: ureq::Error) -> Error {
    use ureq::Timeout;
    let why = match &error {
        ureq::Error::StatusCode(404) => "the server has no such file (404)".into(),
        ureq::Error::StatusCode(code) => format!("the server returned status {code}"),
        ureq::Error::HostNotFound => "the name of the server is not known".into(),
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            format!("no connection within {:?}", remote.connect_timeout)
        }
        ureq::Error::Timeout(_) => format!("the server sent nothing for {:?}", remote.read_timeout),
        other => other.to_string(),
    };
    Error::new(
        crate::ErrorKind::Io,
        format!("cannot fetch {}: {why}; check the network and try again", remote.url),
    )
}
