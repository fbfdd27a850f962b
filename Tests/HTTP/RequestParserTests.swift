import EventLoop
import Testing

@testable import HTTP

/// Parses one request that is expected to be complete.
func parse(_ text: String, limits: HTTPLimits = HTTPLimits()) throws(HTTPParseError) -> HTTPRequestHead? {
    var input = ByteBuffer()
    input.append(text.utf8)
    var parser = HTTPRequestParser(limits: limits)
    return try parser.next(in: &input)
}

/// The status with which the parser refuses a text, or nil when it takes it.
func refusal(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Int? {
    do throws(HTTPParseError) {
        return try parse(text, limits: limits) == nil ? 0 : nil
    } catch {
        return error.apiError.status.code
    }
}

@Suite struct RequestParserTests {
    @Test func `a request line and its fields are read as they were sent`() throws {
        let head = try #require(
            try parse(
                "POST /v1/messages?limit=5 HTTP/1.1\r\nHost: a.example:8025\r\n"
                    + "X-Two:  b c\t\r\nx-two: d\r\n\r\n"))
        #expect(head.method == .post)
        #expect(head.isVersion11)
        #expect(head.rawTarget == "/v1/messages?limit=5")
        #expect(head.path.description == "/v1/messages")
        #expect(head.query["limit"] == "5")
        #expect(head.host == "a.example:8025")
        #expect(head.headers["X-TWO"] == "b c")
        #expect(head.headers.values("x-Two") == ["b c", "d"])
        #expect(head.headers["absent"] == nil)
        #expect(head.framing == .none)
        #expect(!head.wantsClose)
    }

    @Test func `the answer is the same wherever the bytes are split`() throws {
        let text =
            "\r\nPUT /a%2Fb/c?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
        let bytes = Array(text.utf8)
        for split in 0...bytes.count {
            var input = ByteBuffer()
            var parser = HTTPRequestParser()
            input.append(bytes[..<split])
            var head = try parser.next(in: &input)
            #expect((head == nil) == (split < bytes.count))
            input.append(bytes[split...])
            if head == nil { head = try parser.next(in: &input) }
            let found = try #require(head)
            #expect(found.framing == .length(3))
            #expect(found.wantsClose)
            #expect(found.path[0] == "a/b")
            #expect(input.isEmpty)
        }
    }

    @Test func `bytes that come one at a time make one request, and a second one behind it is left`() throws {
        var input = ByteBuffer()
        var parser = HTTPRequestParser()
        var heads: [HTTPRequestHead] = []
        let text = "GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n"
        for byte in text.utf8 {
            input.append([byte])
            if let head = try parser.next(in: &input) { heads.append(head) }
        }
        #expect(heads.map(\.path.description) == ["/one", "/two"])
    }

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\rHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX y: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\u{e9}: b\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/11\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", "GET x HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}", "\n", "\rX",
    ])
    func `what is not exactly the grammar is refused`(text: String) {
        #expect(refusal(text) == 400)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    ])
    func `a request whose host is missing, doubled or malformed is refused`(text: String) {
        #expect(refusal(text) == 400)
    }

    @Test func `other versions are told that they are not supported`() {
        for version in ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.0"] {
            #expect(refusal("GET / \(version)\r\nHost: a\r\n\r\n") == 505)
        }
        #expect(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505)
    }

    @Test func `HTTP 1_0 needs no host and is closed`() throws {
        let head = try #require(try parse("GET / HTTP/1.0\r\n\r\n"))
        #expect(!head.isVersion11)
        #expect(head.wantsClose)
    }

    @Test func `an absolute target gives the host and the path`() throws {
        let head = try #require(try parse("GET HTTP://b.example:80/x/y?q HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(head.host == "b.example:80")
        #expect(head.path.description == "/x/y")
        #expect(head.rawPathAndQuery == "/x/y?q")
        let bare = try #require(try parse("GET https://b?q=1 HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(bare.path.count == 0)
        #expect(bare.query["q"] == "1")
        #expect(bare.rawPathAndQuery == "/?q=1")
    }

    @Test func `OPTIONS may ask for everything`() throws {
        let head = try #require(try parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(head.isAsterisk)
    }

    @Test func `an expectation other than 100-continue is refused`() throws {
        #expect(refusal("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n") == 417)
        #expect(
            try parse("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n")?.expectsContinue == true)
        #expect(try parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")?.expectsContinue == false)
    }

    @Test func `a head is refused as soon as it passes a limit`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        let lines = String(repeating: "X: y\r\n", count: 99)
        #expect(refusal(start + lines + "\r\n") == nil)
        #expect(refusal(start + lines + "X: y\r\n") == 431)
        let long = String(repeating: "x", count: 16 * 1024)
        #expect(refusal(start + "X: " + long.dropLast(3) + "\r\n\r\n") == nil)
        #expect(refusal(start + "X: " + long.dropLast(2) + "\r\n\r\n") == 431)
        #expect(refusal(start + "X: " + long) == 431)
        let wide = String(repeating: "X: \(long.dropLast(100))\r\n", count: 5)
        #expect(refusal(start + wide) == 431)
        #expect(refusal("GET /" + long.prefix(8 * 1024 - 1) + " HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
        #expect(refusal("GET /" + long.prefix(8 * 1024) + " HTTP/1.1\r\nHost: a\r\n\r\n") == 414)
        #expect(refusal("GET /" + long + long) == 414)
        #expect(refusal(String(repeating: "A", count: 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n") == 400)
    }
}
