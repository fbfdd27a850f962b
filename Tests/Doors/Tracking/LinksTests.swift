import Admission
import Doors
import EventLoop
import HTTP
import NodeProtocol
import Testing

/// Tracking links: what is answered, and what the node is told.
@Suite struct LinksTests {
    @Test func `an open is one transparent pixel that nobody keeps`() async throws {
        let bench = try LinkBench()
        let answer = try await bench.open(try bench.links.token(.open))
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "image/gif")
        #expect(answer.headers["Cache-Control"] == "no-store")
        #expect(answer.body.count == 43 && answer.body.starts(with: Array("GIF89a".utf8)))
        let visit = try #require(bench.links.visits.first)
        #expect(visit.claim.act == .open && visit.claim.recipient == "jane@example.net")
        #expect(visit.reader.userAgent == LinkBench.browser)
        #expect(visit.reader.network == "203.0.113.0/24")
        #expect(!visit.reader.isMachine)
    }

    @Test(arguments: [
        ("https://shop.example/a?b=c&d=%20#e", "https://shop.example/a?b=c&d=%20#e"),
        ("HTTP://shop.example", "HTTP://shop.example"),
        ("https://shop.example/ü x", "https://shop.example/%C3%BC%20x"),
        ("https://shop.example/\r\nSet-Cookie: a=b", "https://shop.example/%0D%0ASet-Cookie:%20a=b"),
        ("https://shop.example/\"<>\\", "https://shop.example/%22%3C%3E%5C"),
    ])
    func `a click leads to its target and tells it of nothing`(target: String, location: String) async throws
    {
        let bench = try LinkBench()
        let answer = try await bench.ask(.get, "/t/c/\(try bench.links.token(.click, target: target))")
        #expect(answer.status == 302)
        #expect(answer.headers["Location"] == location)
        #expect(answer.headers["Referrer-Policy"] == "no-referrer")
        #expect(answer.headers["Cache-Control"] == "no-store")
        #expect(bench.links.visits.first?.reader.url == target)
    }

    @Test(arguments: [
        "javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x.example/", "https://",
        "https:///x", "https://\\evil", "mailto:a@b.example", "x", " https://x.example",
    ])
    func `a click leads nowhere but to http and https`(target: String) async throws {
        let bench = try LinkBench()
        let answer = try await bench.ask(.get, "/t/c/\(try bench.links.token(.click, target: target))")
        #expect(answer.status == 404)
        #expect(answer.headers["Location"] == nil)
        #expect(bench.links.isUntouched)
    }

    @Test func `a token of which one character is another proves nothing, wherever it is`() async throws {
        let bench = try LinkBench()
        let target = "https://shop.example/"
        for (act, path) in [(TrackingClaim.Act.open, "/t/o/"), (.click, "/t/c/"), (.unsubscribe, "/u/")] {
            let whole = try bench.links.token(act, target: act == .click ? target : nil)
            let suffix = act == .open ? ".gif" : ""
            let token = Array(whole.utf8)
            for index in token.indices {
                for byte in [UInt8(ascii: "A"), UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "7")]
                where byte != token[index] {
                    var changed = token
                    changed[index] = byte
                    let text = String(decoding: changed, as: UTF8.self)
                    let answer = try await bench.ask(.get, path + text + suffix)
                    #expect(answer.status == 404, "\(act) at \(index)")
                }
                let cut = String(decoding: token[..<index], as: UTF8.self)
                #expect(try await bench.ask(.get, path + cut + suffix).status == 404)
            }
            for more in [whole + "A", whole + "=", whole + whole] {
                #expect(try await bench.ask(.get, path + more + suffix).status == 404)
            }
        }
        #expect(bench.links.isUntouched)
    }

    @Test func `a token is good for its own kind of link alone, and every miss looks the same`() async throws
    {
        let bench = try LinkBench()
        let (open, click) = (
            try bench.links.token(.open), try bench.links.token(.click, target: "https://x.example/")
        )
        let leave = try bench.links.token(.unsubscribe)
        let paths = [
            "/t/o/\(open)", "/t/o/\(open).png", "/t/o/\(click).gif", "/t/o/\(leave).gif", "/t/o/.gif",
            "/t/c/\(open)", "/t/c/\(leave)", "/t/c/", "/t/c/\(click)/x", "/u/\(open)", "/u/\(click)",
            "/u/\(leave)/x", "/u", "/u/", "/t", "/t/x", "/t/x/\(open)", "/u/%2e%2e%2f", "/t/c/%F0%9F%98%80",
            "/t/o/\(String(repeating: "A", count: 8_000)).gif",
            "/t/c/\(String(repeating: "%41", count: 900))",
        ]
        let first = try await bench.ask(.get, "/u/nothing")
        for path in paths {
            let answer = try await bench.ask(.get, path)
            #expect(answer.status == 404, "\(path)")
            #expect(answer.body == first.body, "\(path)")
        }
        for method in [HTTPMethod.post, .put, .delete, .patch] {
            for path in ["/t/o/\(open).gif", "/t/c/\(click)"] {
                #expect(try await bench.ask(method, path).body == first.body, "\(method) \(path)")
            }
        }
        #expect(bench.links.isUntouched)
    }

    @Test func `paths of random bytes neither stop the node nor tell it anything`() async throws {
        let bench = try LinkBench()
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for _ in 0..<3_000 {
            var text = ["/t/o/", "/t/c/", "/u/", "/t/", "/u"][Int(next() % 5)]
            for _ in 0..<(next() % 90) {
                let byte = UInt8(truncatingIfNeeded: next() % 94 + 33)
                text += next() % 9 == 0 ? "%\(String(next() % 256, radix: 16))" : String(UnicodeScalar(byte))
            }
            guard let request = try? HTTPRequest(next() % 2 == 0 ? .get : .post, text) else { continue }
            let answer = await bench.router.respond(to: request)
            #expect(answer.status.code >= 300, "seed \(seed): \(text)")
        }
        #expect(bench.links.isUntouched, "seed \(seed)")
    }

    @Test func `who hammers a link makes one event a minute, and gets the same answers`() async throws {
        let bench = try LinkBench()
        let token = try bench.links.token(.open)
        for _ in 0..<50 { #expect(try await bench.open(token).status == 200) }
        // A minute may turn while this runs.
        #expect(bench.links.visits.count <= 2)
        #expect(bench.links.outcomes.count { $0 == .repeated } >= 48)
    }

    @Test func `what a scanner did first does not hide the reader, nor the reader what a scanner does`()
        async throws
    {
        let bench = try LinkBench()
        let token = try bench.links.token(.open)
        #expect(try await bench.open(token, headers: [:]).status == 200)
        #expect(bench.links.visits.map(\.reader.isMachine) == [true])
        #expect(try await bench.open(token).status == 200)
        #expect(bench.links.visits.map(\.reader.isMachine) == [true, false])
        let other = try bench.links.token(.open, to: "joe@example.net")
        #expect(try await bench.open(other).status == 200)
        #expect(try await bench.open(other, headers: [:]).status == 200)
        #expect(bench.links.visits.map(\.reader.isMachine) == [true, false, false, true])
        #expect(bench.links.visits.last?.claim.recipient == "joe@example.net")
    }

    @Test func `beyond its rate a client is answered and not counted`() async throws {
        var limits = LinkLimits()
        limits.maxVisitsPerMinute = 3
        let bench = try LinkBench(limits: limits)
        for number in 0..<20 {
            let token = try bench.links.token(.open, to: "reader-\(number)@example.net")
            #expect(try await bench.open(token).status == 200)
        }
        #expect((3...6).contains(bench.links.visits.count))
        #expect(bench.links.outcomes.contains(.limited))
        let leave = try bench.links.token(.unsubscribe)
        #expect(try await bench.ask(.post, "/u/\(leave)").status == 200)
        #expect(bench.links.unsubscribed.count == 1)
    }

    @Test func `what is hung behind a link, and who says what host it is, changes nothing`() async throws {
        let bench = try LinkBench()
        let token = try bench.links.token(.click, target: "https://x.example/a?b=c")
        let leave = try bench.links.token(.unsubscribe)
        let long = String(repeating: "x", count: 6_000)
        for more in ["?", "?utm_source=a&url=https://evil.example/", "?\(long)", "?%0d%0aSet-Cookie:a=b"] {
            let answer = try await bench.ask(.get, "/t/c/\(token)\(more)")
            #expect(answer.status == 302, "\(more.prefix(40))")
            #expect(answer.headers["Location"] == "https://x.example/a?b=c")
            #expect(answer.headers["Set-Cookie"] == nil)
            let host: HTTPHeaders = ["Host": "evil.example", "X-Forwarded-Host": "evil.example"]
            let page = try await bench.ask(.get, "/u/\(leave)\(more)", headers: host)
            #expect(page.status == 200 && !page.text.contains("evil") && !page.text.contains(long))
        }
        #expect(bench.links.unsubscribed.isEmpty)
    }

    @Test func `links work on any host`() async throws {
        let bench = try LinkBench()
        let token = try bench.links.token(.click, target: "https://x.example/")
        for host in ["track.customer.example", "127.0.0.1:8025", "TRACK.customer.example."] {
            let answer = try await bench.ask(.get, "/t/c/\(token)", headers: ["Host": host])
            #expect(answer.status == 302)
        }
    }

    @Test func `the network of a reader is kept and no more of the address`() async throws {
        for (ip, network) in [
            ("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
            ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ] {
            let bench = try LinkBench()
            _ = try await bench.ask(.get, "/t/o/\(try bench.links.token(.open)).gif", from: ip)
            #expect(bench.links.visits.first?.reader.network == network)
        }
    }
}
