//! Fetching a public data set from its publisher.
//!
//! Enters: where it is and what its checksum is. Leaves: the file in the cache directory, under its
//! name only once it is whole and checked; or an error, soon, when there is no network. Without the
//! cargo feature `download` there is only the error.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Told now and then how many bytes have come, and of how many in all if the server says so.
pub type Progress<'a> = dyn FnMut(u64, Option<u64>) + 'a;

/// A file to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remote {
    /// Where it is.
    pub url: String,
    /// What it is called in the cache directory.
    pub file_name: String,
    /// Its MD5 sum, in hexadecimal; publishers of old data sets give no better one. It guards against
    /// accidents; against forgery there is only the `https` of the address.
    pub md5: String,
    /// More is refused.
    pub most_bytes: u64,
    /// How long to wait for a connection, the look-up of the name included.
    pub connect: Duration,
    /// How long to wait for the next bytes.
    pub stall: Duration,
}

impl Default for Remote {
    fn default() -> Self {
        Self {
            url: String::new(),
            file_name: String::new(),
            md5: String::new(),
            most_bytes: 1 << 30,
            connect: Duration::from_secs(8),
            stall: Duration::from_secs(15),
        }
    }
}

impl Remote {
    /// The file at `url`, kept as `file_name`, whose MD5 sum is `md5`.
    ///
    /// ```
    /// use gatewise::datasets::download::Remote;
    /// let remote = Remote::new("https://example.org/toy.tar.gz", "toy.tar.gz", "d41d8cd98f00b204e9800998ecf8427e");
    /// assert_eq!(remote.most_bytes, 1 << 30);
    /// ```
    pub fn new(url: impl Into<String>, file_name: impl Into<String>, md5: impl Into<String>) -> Self {
        Self { url: url.into(), file_name: file_name.into(), md5: md5.into(), ..Self::default() }
    }
}

/// Fetches `remote` into `folder` (made if need be) and returns its path there.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): this build has no downloader.
#[cfg(not(feature = "download"))]
pub fn fetch(_remote: &Remote, _folder: &Path, _progress: &mut Progress<'_>) -> Result<PathBuf> {
    Err(Error::config("this build of gatewise cannot download (it lacks the cargo feature `download`)"))
}

/// Fetches `remote` into `folder` (made if need be) and returns its path there.
///
/// ```no_run
/// use gatewise::datasets::{download::fetch, imdb};
/// let path = fetch(&imdb::remote(), "cache".as_ref(), &mut |done, _| eprint!("\r{done} bytes"))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when there is no network, the server refuses or stalls, or
/// the folder cannot be written; [`ErrorKind::Data`](crate::ErrorKind::Data) when what came is not the
/// file that was asked for. Nothing is left in `folder` then.
#[cfg(feature = "download")]
pub fn fetch(remote: &Remote, folder: &Path, progress: &mut Progress<'_>) -> Result<PathBuf> {
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
        // It may never have been made; then there is nothing to tidy.
        let _ = fs::remove_file(&temporary);
    }
    whole.map(|()| path)
}

#[cfg(feature = "download")]
fn transfer(remote: &Remote, into: &Path, progress: &mut Progress<'_>) -> Result<()> {
    use md5::{Digest, Md5};
    use std::fs::File;
    use std::io::{self, Read, Write};

    let url = &remote.url;
    // The name is looked up first; both together keep within what was asked for.
    let agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(remote.connect / 2))
        .timeout_connect(Some(remote.connect / 2))
        .timeout_send_request(Some(remote.stall))
        .timeout_recv_response(Some(remote.stall))
        .timeout_per_read(Some(remote.stall))
        .max_redirects(3)
        .user_agent(concat!("gatewise/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut response = agent.get(url).call().map_err(|e| refused(remote, e))?;
    let total = response.body().content_length();
    let too_large = |bytes: u64| {
        Error::data(format!("{url} has {bytes} bytes or more; at most {} are expected", remote.most_bytes))
    };
    if let Some(total) = total.filter(|&total| total > remote.most_bytes) {
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
        if done > remote.most_bytes {
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
            "what came from {url} ({done} bytes) has the MD5 sum {sum}, but {} is expected: try again, and if \
             it stays so the file has changed or something on the way alters it",
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

/// Why nothing, or nothing more, came.
#[cfg(feature = "download")]
fn refused(remote: &Remote, error: ureq::Error) -> Error {
    use ureq::Timeout;
    let why = match &error {
        ureq::Error::StatusCode(404) => "the server has no such file (404)".into(),
        ureq::Error::StatusCode(code) => format!("the server answered with status {code}"),
        ureq::Error::HostNotFound => "the name of the server is not known".into(),
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            format!("no connection within {:?}", remote.connect)
        }
        ureq::Error::Timeout(_) => format!("the server sent nothing for {:?}", remote.stall),
        other => other.to_string(),
    };
    Error::new(
        crate::ErrorKind::Io,
        format!("cannot fetch {}: {why}; check the network and try again", remote.url),
    )
}
