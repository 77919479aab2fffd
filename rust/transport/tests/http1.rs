//! HTTP/1.1 over loopback sockets: answers in any split, faults at every stage, and what closing does where.

mod loopback;

use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::sync::mpsc::channel;

use atomic_transport::{Failure, Reactor};
use loopback::{
    Heard, always, client, post, read_request, send, send_with_room, server, told, until_closed,
};

const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    3;ext=\"a;b\"\r\nhel\r\n02\r\nlo\r\n0\r\nTrailer: x\r\n\r\n";

#[test]
fn an_answer_is_told_however_it_is_sent() {
    for answer in [WHOLE, CHUNKED] {
        for step in [1, 2, 7, answer.len()] {
            let port = server(move |_, mut stream| {
                stream.set_nodelay(true).expect("an option");
                read_request(&mut stream);
                for part in answer.chunks(step) {
                    stream.write_all(part).expect("a client");
                }
            });
            let (status, body, how) = send(&client(), post(port)).whole();
            assert_eq!((status, &body[..], how), (Some(200), &b"hello"[..], Ok(())));
        }
    }
}

#[test]
fn a_request_says_what_it_was_told_to() {
    let (tell, requests) = channel();
    let port = server(move |_, mut stream| {
        tell.send(read_request(&mut stream)).expect("a test");
        stream.write_all(WHOLE).expect("a client");
    });
    let request = post(port).header("X-Key", "k").expect("a header");
    send(&client(), request).whole().2.expect("an answer");
    let head = told(&requests);
    assert!(head.starts_with("post /v1/chat?a=b http/1.1\r\n"), "{head}");
    assert!(
        head.contains(&format!("host: 127.0.0.1:{port}\r\n")),
        "{head}"
    );
    assert!(head.contains("x-key: k\r\n"), "{head}");
}

#[test]
fn connections_are_used_again() {
    let (tell, connections) = channel();
    let port = server(move |number, stream| {
        tell.send(number).expect("a test");
        always(CHUNKED)(number, stream);
    });
    let client = client();
    for _ in 0..20 {
        send(&client, post(port)).whole().2.expect("an answer");
    }
    assert_eq!(connections.try_iter().count(), 1);
}

#[test]
fn a_kept_connection_that_was_closed_is_replaced() {
    let (tell, closed) = channel();
    let port = server(move |_, mut stream| {
        read_request(&mut stream);
        stream.write_all(WHOLE).expect("a client");
        if read_request(&mut stream).is_empty() {
            return;
        }
        // The second request on a connection is never answered.
        drop(stream);
        tell.send(()).expect("a test");
    });
    let client = client();
    send(&client, post(port)).whole().2.expect("an answer");
    let (status, _, how) = send(&client, post(port)).whole();
    assert_eq!((status, how), (Some(200), Ok(())));
    told(&closed);
}

#[test]
fn a_request_that_was_answered_with_nonsense_is_not_sent_again() {
    let (tell, connections) = channel();
    let port = server(move |number, mut stream| {
        tell.send(number).expect("a test");
        read_request(&mut stream);
        stream.write_all(WHOLE).expect("a client");
        read_request(&mut stream);
        let _ = stream.write_all(b"no protocol of ours\r\n\r\n");
    });
    let client = client();
    send(&client, post(port)).whole().2.expect("an answer");
    let (status, _, how) = send(&client, post(port)).whole();
    assert_eq!((status, how), (None, Err(Failure::Protocol)));
    assert_eq!(connections.try_iter().count(), 1);
}

#[test]
fn a_refused_connection_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let (status, _, how) = send(&client(), post(port)).whole();
    assert_eq!(status, None);
    assert!(matches!(how, Err(Failure::Connect(words)) if words.contains("refused")));
}

#[test]
fn what_breaks_before_an_answer_is_told() {
    let stages: [&'static [u8]; 5] = [
        b"",
        b"HTTP/1.",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"no protocol of ours\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    ];
    for answer in stages {
        let port = server(move |_, mut stream| {
            read_request(&mut stream);
            stream.write_all(answer).expect("a client");
            let _ = stream.shutdown(Shutdown::Both);
        });
        let (status, _, how) = send(&client(), post(port)).whole();
        assert_eq!((status, how), (None, Err(Failure::Protocol)), "{answer:?}");
    }
}

#[test]
fn a_body_that_ends_too_soon_is_no_end() {
    let cuts: [&'static [u8]; 4] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nno number\r\n",
    ];
    for answer in cuts {
        let port = server(move |_, mut stream| {
            read_request(&mut stream);
            stream.write_all(answer).expect("a client");
        });
        let (status, body, how) = send(&client(), post(port)).whole();
        assert_eq!((status, &body[..]), (Some(200), &b"hello"[..]));
        assert!(
            matches!(how, Err(Failure::Protocol | Failure::Read)),
            "{how:?} {answer:?}"
        );
    }
}

#[test]
fn a_body_without_a_length_ends_with_its_connection() {
    let port = server(|_, mut stream| {
        read_request(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\nhello")
            .expect("a client");
    });
    let (_, body, how) = send(&client(), post(port)).whole();
    assert_eq!((&body[..], how), (&b"hello"[..], Ok(())));
}

#[test]
fn a_head_without_end_and_a_body_without_end_are_bounded() {
    let port = server(|_, mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream
            .write_all(b"X-More: and more and more and more\r\n")
            .is_ok()
        {}
    });
    assert_eq!(
        send(&client(), post(port)).whole().2,
        Err(Failure::Protocol)
    );
    let port = server(|_, mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let (_, body, how) = send(&client(), post(port).limited(100_000)).whole();
    assert_eq!(how, Err(Failure::TooLong(100_000)));
    assert!(body.len() <= 100_000);
}

#[test]
fn closing_before_the_head_closes_the_socket() {
    let (tell, closed) = channel();
    let (arrive, arrived) = channel();
    let port = server(move |_, mut stream| {
        read_request(&mut stream);
        arrive.send(()).expect("a test");
        until_closed(&mut stream, &tell);
    });
    let client = client(); // kept: a client that is dropped sends nothing more
    let call = send(&client, post(port));
    told(&arrived);
    call.exchange.as_ref().expect("it runs").close();
    told(&closed);
    assert_eq!(call.whole().2, Err(Failure::Closed));
}

#[test]
fn dropping_in_the_body_closes_the_socket() {
    let (tell, closed) = channel();
    let port = server(move |_, mut stream| {
        read_request(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
            .expect("a client");
        until_closed(&mut stream, &tell);
    });
    let client = client();
    let mut call = send(&client, post(port));
    while !matches!(call.next(), Heard::Body(_)) {}
    drop(call.exchange.take());
    told(&closed);
    assert_eq!(call.whole().2, Err(Failure::Closed));
}

#[test]
fn closing_while_it_connects_ends_the_attempt() {
    let full = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = full.local_addr().expect("an address");
    let reactor = Reactor::start().expect("a thread");
    let client = atomic_transport::Client::new(
        std::sync::Arc::new(reactor),
        atomic_transport::Trust::usual().expect("roots"),
    );
    // Nobody accepts: whether the connection stands or waits, no answer comes.
    let call = send(&client, post(address.port()));
    call.exchange.as_ref().expect("it runs").close();
    assert_eq!(call.whole().2, Err(Failure::Closed));
}

#[test]
fn without_room_nothing_more_is_read() {
    let port = server(|_, mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n");
        let _ = stream.write_all(&vec![b'x'; 8_000_000]);
    });
    let client = client();
    let call = send_with_room(&client, post(port), 1);
    let mut size = 0;
    loop {
        match call.next() {
            Heard::Head(status) => assert_eq!(status, 200),
            Heard::Body(data) => {
                size += data.len();
                assert!(call.is_quiet(), "one piece at a time");
                call.make_room(1);
            }
            Heard::End(how) => break assert_eq!((size, how), (8_000_000, Ok(()))),
        }
    }
}

#[test]
fn closing_the_reactor_ends_everything() {
    let (tell, closed) = channel();
    let port = server(move |_, mut stream| {
        read_request(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\n")
            .expect("a client");
        until_closed(&mut stream, &tell);
    });
    let reactor = std::sync::Arc::new(Reactor::start().expect("a thread"));
    let trust = atomic_transport::Trust::usual().expect("roots");
    let client = atomic_transport::Client::new(std::sync::Arc::clone(&reactor), trust);
    let call = send(&client, post(port));
    assert!(matches!(call.next(), Heard::Head(200)));
    assert_eq!(reactor.descriptors().len(), 1);
    drop(reactor.pause());
    reactor.close();
    told(&closed);
    assert_eq!(call.whole().2, Err(Failure::Closed));
    assert_eq!(reactor.descriptors(), []);
    assert_eq!(send(&client, post(port)).whole().2, Err(Failure::Closed));
}

#[test]
fn warm_connections_wait_for_their_request() {
    let (tell, connections) = channel();
    let port = server(move |number, stream| {
        tell.send(number).expect("a test");
        always(WHOLE)(number, stream);
    });
    let client = client();
    client.warm(&post(port), 3);
    let mut all: Vec<usize> = (0..3).map(|_| told(&connections)).collect();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2]);
    client.close();
    assert_eq!(send(&client, post(port)).whole().2, Err(Failure::Closed));
}

#[test]
fn connections_that_will_be_lost_are_made_ahead() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello";
    let (tell, connections) = channel();
    let port = server(move |number, mut stream| {
        tell.send(number).expect("a test");
        read_request(&mut stream);
        stream.write_all(HEAD).expect("a client");
        let mut rest = [0; 16];
        let _ = std::io::Read::read(&mut stream, &mut rest);
    });
    let client = client();
    let begun = |share: f64| {
        let call = send(&client, post(port).at_risk(share));
        while !matches!(call.next(), Heard::Body(_)) {}
        call
    };
    let race: Vec<_> = (0..3).map(|_| begun(2.0 / 3.0)).collect();
    // Three run, of which two are expected to be lost: two more come, and no third.
    let mut seen: Vec<usize> = (0..5).map(|_| told(&connections)).collect();
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    let waited = client.waited();
    drop(race);
    let single = begun(0.0);
    assert_eq!(client.waited(), waited, "it had to wait for no connection");
    drop(single);
    assert_eq!(connections.try_iter().count(), 0);
}
