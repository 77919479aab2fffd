//! Proxies over loopback sockets: what they are asked, and what becomes of their refusals.

mod loopback;

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::channel;

use atomic_transport::{Failure, Proxy, Request};
use bytes::Bytes;
use loopback::{client, read_request, send, server, told};

fn through(port: u16, url: &str) -> Request {
    let proxy = Proxy::new(&format!("http://127.0.0.1:{port}")).expect("an address");
    let request = Request::new("POST", url, Bytes::new()).expect("an address");
    request.through(Arc::new(proxy.authorized("me", "secret")))
}

#[test]
fn a_plain_request_is_forwarded_whole() {
    let (tell, heads) = channel();
    let port = server(move |_, mut stream| {
        tell.send(read_request(&mut stream)).expect("a test");
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    let (status, body, _) = send(&client(), through(port, "http://model.example:81/v1?x")).whole();
    assert_eq!((status, &body[..]), (Some(200), &b"ok"[..]));
    let head = told(&heads);
    assert!(
        head.starts_with("post http://model.example:81/v1?x http/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("proxy-authorization: basic bwu6c2vjcmv0\r\n"),
        "{head}"
    );
}

#[test]
fn a_tunnel_is_asked_for_and_its_refusal_told() {
    for (answer, expected) in [
        (&b"HTTP/1.1 407 No\r\n\r\n"[..], Failure::Proxy(407)),
        (b"HTTP/1.1 502 \r\nX: y\r\n\r\n", Failure::Proxy(502)),
        (b"nonsense\r\n\r\n", Failure::Proxy(0)),
        (b"HTTP/1.1 200", Failure::Proxy(0)),
    ] {
        let (tell, heads) = channel();
        let port = server(move |_, mut stream| {
            tell.send(read_request(&mut stream)).expect("a test");
            let _ = stream.write_all(answer);
        });
        let (_, _, how) = send(&client(), through(port, "https://model.example/v1")).whole();
        assert_eq!(how, Err(expected));
        let head = told(&heads);
        assert!(
            head.starts_with("connect model.example:443 http/1.1\r\nhost: model.example:443\r\n")
        );
        assert!(head.contains("proxy-authorization: basic"));
    }
}

#[test]
fn an_answer_without_end_is_bounded() {
    let port = server(|_, mut stream| {
        read_request(&mut stream);
        while stream
            .write_all(b"HTTP/1.1 200 OK\r\nX-More: and more")
            .is_ok()
        {}
    });
    let (_, _, how) = send(&client(), through(port, "https://model.example/v1")).whole();
    assert_eq!(how, Err(Failure::Proxy(0)));
}
