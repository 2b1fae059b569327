//! A mail server on this machine: it speaks SMTP over a real connection, takes letters, or does to them what mail servers
//! do on bad days.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How the server treats one letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// "451 try again later".
    Busy,
    /// "550 5.1.1 no such user".
    NoSuchUser,
    /// "550 5.7.1 relaying denied".
    NoRelaying,
    /// Closes the connection before it says hello.
    Closed,
    /// Takes the letter, and the connection breaks before it can say so.
    TakenInSilence,
}

/// A letter as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) to: String,
    pub(crate) raw: String,
}

impl Received {
    /// A header, unfolded; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let of = |line: &str| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        head.lines().find_map(of).unwrap_or_default()
    }

    /// The whole letter with quoted-printable undone, so that words can be looked for.
    pub(crate) fn text(&self) -> String {
        let joined = self.raw.replace("=\r\n", "");
        let bytes = joined.as_bytes();
        let (mut out, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            let hex = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
            let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| bytes[at] == b'=');
            out.push(byte.unwrap_or(bytes[at]));
            at += if byte.is_some() { 3 } else { 1 };
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// The server; it stops when it is dropped.
pub(crate) struct MailServer {
    pub(crate) url: String,
    taken: Arc<Mutex<Vec<Received>>>,
    moods: Arc<Mutex<VecDeque<Mood>>>,
    _serving: JoinSet<()>,
}

impl MailServer {
    /// A server that takes everything.
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (taken, moods) =
            (Arc::<Mutex<Vec<Received>>>::default(), Arc::<Mutex<VecDeque<Mood>>>::default());
        let mut serving = JoinSet::new();
        let (its_taken, its_moods) = (Arc::clone(&taken), Arc::clone(&moods));
        serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mood = its_moods.lock().expect("no panic").pop_front();
                // A connection that breaks is the client's business.
                let _ = converse(stream, mood, &its_taken).await;
            }
        });
        Self { url, taken, moods, _serving: serving }
    }

    /// The next connections are treated so, one each.
    pub(crate) fn will(&self, moods: &[Mood]) {
        self.moods.lock().expect("no panic").extend(moods);
    }

    /// Every letter that came.
    pub(crate) fn letters(&self) -> Vec<Received> {
        self.taken.lock().expect("no panic").clone()
    }

    /// The letters to somebody.
    pub(crate) fn to(&self, address: &str) -> Vec<Received> {
        self.letters().into_iter().filter(|letter| letter.to == address).collect()
    }
}

async fn converse(
    stream: TcpStream,
    mood: Option<Mood>,
    taken: &Mutex<Vec<Received>>,
) -> std::io::Result<()> {
    if mood == Some(Mood::Closed) {
        return Ok(());
    }
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let mut to = String::new();
    write.write_all(b"220 mail.test ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.trim().to_uppercase();
        let answer: &[u8] = if verb.starts_with("EHLO") {
            b"250-mail.test\r\n250 8BITMIME\r\n"
        } else if verb.starts_with("RCPT") {
            line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
            match mood {
                Some(Mood::Busy) => b"451 4.3.0 try again later\r\n",
                Some(Mood::NoSuchUser) => b"550 5.1.1 no such user\r\n",
                Some(Mood::NoRelaying) => b"550 5.7.1 relaying denied\r\n",
                _ => b"250 ok\r\n",
            }
        } else if verb == "DATA" {
            write.write_all(b"354 go on\r\n").await?;
            let mut raw = String::new();
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line).await? == 0 || line == ".\r\n" {
                    break;
                }
                raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            }
            taken.lock().expect("no panic").push(Received { to: to.clone(), raw });
            if mood == Some(Mood::TakenInSilence) {
                return Ok(());
            }
            b"250 taken\r\n"
        } else if verb == "QUIT" {
            write.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            b"250 ok\r\n"
        };
        write.write_all(answer).await?;
    }
}
