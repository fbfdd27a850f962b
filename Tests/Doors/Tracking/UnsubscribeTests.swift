import Admission
import Doors
import EventLoop
import HTTP
import NodeProtocol
import Testing

/// The unsubscribe link: looking changes nothing, posting does.
@Suite struct UnsubscribeTests {
    @Test func `looking at the page changes nothing, however it is done`() async throws {
        let bench = try LinkBench()
        let path = "/u/\(try bench.links.token(.unsubscribe))"
        for method in [HTTPMethod.get, .head, .options] {
            let answer = try await bench.ask(method, path)
            #expect([200, 204].contains(answer.status.code))
        }
        #expect(try await bench.ask(.put, path).status == 404)
        #expect(try await bench.ask(.delete, path).status == 404)
        #expect(bench.links.isUntouched)
    }

    @Test func `the page asks with one button, without scripts, and shows half of the address`() async throws
    {
        let bench = try LinkBench()
        let token = try bench.links.token(.unsubscribe, to: "j<b>\"&'@example.net")
        let page = try await bench.ask(.get, "/u/\(token)")
        #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
        let policy = try #require(page.headers["Content-Security-Policy"])
        #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
        #expect(policy.contains("form-action 'self'; frame-ancestors 'none'"))
        #expect(page.headers["Cache-Control"] == "no-store")
        #expect(page.headers["Referrer-Policy"] == "no-referrer")
        let text = page.text
        #expect(text.contains("<form method=\"post\">") && text.contains("<html lang=\"en\">"))
        #expect(text.components("<button").count == 2 && text.components("<h1>").count == 2)
        #expect(text.contains("<strong>j***@example.net</strong>"))
        #expect(!text.contains("<b>") && !text.contains("<script") && !text.contains("http"))
    }

    @Test(arguments: [
        ("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr;q=0.2, es;q=0.9", "es"), ("nl", "en"), ("", "en"),
        ("en;q=0, fr;q=0.1", "fr"), ("*", "en"), (";;;,,,q=,de;q=x", "en"), ("deutsch", "en"),
    ])
    func `the page speaks the reader's language`(header: String, language: String) async throws {
        let bench = try LinkBench()
        let answer = try await bench.ask(
            .get, "/u/\(try bench.links.token(.unsubscribe))", headers: ["Accept-Language": header])
        #expect(answer.headers["Content-Language"] == language)
        #expect(answer.text.contains("<html lang=\"\(language)\">"))
    }

    /// RFC 8058 §3.1: a POST with `List-Unsubscribe=One-Click`, in either form, without cookies.
    @Test func `a mail program's one click unsubscribes`() async throws {
        let boundary = "----=_b1"
        let multipart =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n"
            + "--\(boundary)--\r\n"
        for (type, body) in [
            ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
            ("application/x-www-form-urlencoded; charset=UTF-8", "List-Unsubscribe=One-Click"),
            ("multipart/form-data; boundary=\"\(boundary)\"", multipart),
            ("multipart/form-data; boundary=\(boundary)", multipart), ("text/plain", ""),
        ] {
            let bench = try LinkBench()
            let path = "/u/\(try bench.links.token(.unsubscribe))"
            let answer = try await bench.ask(
                .post, path, headers: ["Content-Type": type], body: Array(body.utf8))
            #expect(answer.status == 200)
            #expect(answer.headers["Set-Cookie"] == nil && answer.headers["Location"] == nil)
            #expect(answer.text.contains("j***@example.net"))
            let visit = try #require(bench.links.unsubscribed.first)
            #expect(visit.claim.recipient == "jane@example.net" && visit.claim.tenant == MemoryLinks.tenant)
            #expect(!visit.reader.isMachine)
        }
    }

    @Test func `a one click over a real connection, byte by byte as programs send it`() async throws {
        let links = try MemoryLinks()
        let node = try HTTPNode(try MemoryIntake(), links: links)
        let token = try links.token(.unsubscribe)
        let answer = try await node.exchange(
            Array(
                ("POST /u/\(token) HTTP/1.1\r\nHost: track.customer.example\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\n"
                    + "List-Unsubscribe=One-Click").utf8))
        #expect(answer.status == 200)
        #expect(links.unsubscribed.count == 1)
        // A form that is too large is not received.
        let large = try await node.ask(
            "POST", "/u/\(token)", key: nil, body: [UInt8](repeating: 0x61, count: 40_000))
        #expect(large.status == 413)
        #expect(links.unsubscribed.count == 1)
    }

    @Test func `what the disk does not take is not said to be done`() async throws {
        let bench = try LinkBench()
        bench.links.refuse(with: Refusal(.storageFailed, "the disk does not work", retryAfterSeconds: 30))
        let answer = try await bench.ask(.post, "/u/\(try bench.links.token(.unsubscribe))")
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] == "30")
        #expect(!answer.text.contains("disk"))
        #expect(bench.links.outcomes == [.failed])
    }
}

extension String {
    fileprivate func components(_ mark: String) -> [Substring] { split(separator: mark) }
}
