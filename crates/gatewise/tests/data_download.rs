//! Downloading, from a server of our own on 127.0.0.1 that behaves well or badly.
#![cfg(feature = "download")]

use gatewise::datasets::download::{Remote, fetch};
use gatewise::datasets::imdb;
use gatewise::{ErrorKind, Result};
use md5::{Digest, Md5};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BODY: &[u8] = &[42; 200_000];

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Serves one request with `answer`, and gives the address.
fn serve(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
            request.extend(byte);
        }
        answer(&mut stream);
    });
    format!("http://{address}/toy.tar.gz")
}

fn head(length: usize) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n").into_bytes()
}

/// Sends what it can: the client may hang up first.
fn send(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

fn remote(url: String) -> Remote {
    Remote::new(url, "toy.tar.gz", md5(BODY))
        .max_bytes(1_000_000)
        .connect_timeout(Duration::from_secs(2))
        .read_timeout(Duration::from_millis(300))
}

/// Bytes done and bytes in all, as reported.
type Reports = Vec<(u64, Option<u64>)>;

/// The folder fetched into, what came of it, and the progress reported.
fn attempt(remote: &Remote) -> (TempDir, Result<PathBuf>, Reports) {
    let dir = tempfile::tempdir().unwrap();
    let mut progress = Vec::new();
    let result = fetch(remote, &dir.path().join("cache"), &mut |done, total| progress.push((done, total)));
    (dir, result, progress)
}

/// The message; nothing may be left behind.
fn refusal(remote: &Remote, kind: ErrorKind) -> String {
    let (dir, result, _) = attempt(remote);
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let left: Vec<_> = fs::read_dir(dir.path().join("cache")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    error.to_string()
}

#[test]
fn a_good_file_arrives_and_is_reported_on() {
    let url = serve(|stream| send(stream, &[head(BODY.len()), BODY.to_vec()].concat()));
    let (dir, result, progress) = attempt(&remote(url));
    assert_eq!(result.unwrap(), dir.path().join("cache/toy.tar.gz"));
    assert_eq!(fs::read(dir.path().join("cache/toy.tar.gz")).unwrap(), BODY);
    assert_eq!(fs::read_dir(dir.path().join("cache")).unwrap().count(), 1);
    let all = Some(BODY.len() as u64);
    assert_eq!((progress[0], *progress.last().unwrap()), ((0, all), (BODY.len() as u64, all)));
    assert!(progress.windows(2).all(|p| p[0].0 < p[1].0));
}

#[test]
fn a_server_that_does_not_say_how_much() {
    let url = serve(|stream| {
        send(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        send(stream, format!("{:x}\r\n", BODY.len()).as_bytes());
        send(stream, &[BODY, b"\r\n0\r\n\r\n"].concat());
    });
    let (_dir, result, progress) = attempt(&remote(url));
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(progress[0], (0, None));
}

#[test]
fn a_wrong_checksum() {
    let url = serve(|stream| send(stream, &[head(5), b"other".to_vec()].concat()));
    let says = refusal(&remote(url), ErrorKind::Data);
    assert!(says.contains(&md5(b"other")) && says.contains(&md5(BODY)), "{says}");
}

#[test]
fn a_body_cut_short() {
    let url = serve(|stream| send(stream, &[head(BODY.len()), BODY[..1000].to_vec()].concat()));
    let says = refusal(&remote(url), ErrorKind::Io);
    assert!(says.contains("broke off after 1000 bytes of 200000"), "{says}");
}

#[test]
fn a_server_that_stalls() {
    for start in [vec![], [head(BODY.len()), BODY[..1000].to_vec()].concat()] {
        let url = serve(move |stream| {
            send(stream, &start);
            thread::sleep(Duration::from_secs(5));
        });
        let begun = Instant::now();
        let says = refusal(&remote(url), ErrorKind::Io);
        assert!(says.contains("sent nothing for 300ms"), "{says}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}

#[test]
fn refusals_of_the_server() {
    let gone = serve(|stream| send(stream, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    let says = refusal(&remote(gone), ErrorKind::Io);
    assert!(says.contains("no such file (404)"), "{says}");
    let broken = serve(|stream| send(stream, b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
    let says = refusal(&remote(broken), ErrorKind::Io);
    assert!(says.contains("status 503"), "{says}");
    let garbage = serve(|stream| send(stream, b"SSH-2.0\r\n\r\n"));
    refusal(&remote(garbage), ErrorKind::Io);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    refusal(&remote(format!("http://{nobody}/toy.tar.gz")), ErrorKind::Io);
}

#[test]
fn more_than_was_agreed() {
    let declared = serve(|stream| send(stream, &head(2_000_000)));
    let says = refusal(&remote(declared), ErrorKind::Data);
    assert!(says.contains("2000000 bytes or more; at most 1000000"), "{says}");
    let undeclared = serve(|stream| {
        send(stream, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        send(stream, &vec![0; 2_000_000]);
    });
    let says = refusal(&remote(undeclared), ErrorKind::Data);
    assert!(says.contains("or more; at most 1000000"), "{says}");
}

#[test]
fn no_network_is_noticed_within_ten_seconds() {
    // An address that routers drop (RFC 5737), or that is refused at once where there is no route.
    let mut remote = imdb::remote();
    remote.url = "http://192.0.2.1/toy.tar.gz".into();
    let begun = Instant::now();
    let says = refusal(&remote, ErrorKind::Io);
    assert!(begun.elapsed() < Duration::from_secs(10), "{says} after {:?}", begun.elapsed());
}

#[test]
fn file_names_stay_in_the_cache() {
    for name in ["../toy", "a/b", "", "..", "/tmp/toy"] {
        let mut remote = remote("http://127.0.0.1:9/".into());
        remote.file_name = name.into();
        let (_dir, result, _) = attempt(&remote);
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Config, "{name:?}");
    }
}

#[test]
fn imdb_downloads_only_when_asked_and_says_what_failed() {
    if std::env::var_os("GATEWISE_DATA").is_some() {
        println!("skipped: the reviews in $GATEWISE_DATA would be used");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let url = serve(|stream| send(stream, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    let mut progress = |_, _| {};
    let options = || imdb::ImdbOptions::default().cache_dir(dir.path()).remote(remote(url.clone()));
    let says = imdb::load(options()).unwrap_err().to_string();
    assert!(says.contains("Downloading was not asked for"), "{says}");
    let says = imdb::load(options().download(&mut progress)).unwrap_err().to_string();
    assert!(says.contains("no such file (404)") && says.contains("(the cache)"), "{says}");
}
