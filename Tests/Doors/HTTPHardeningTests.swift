import NodeProtocol
import TestSupport
import Testing

/// What a node's HTTP doors do with requests that mean no good.
@Suite struct HTTPHardeningTests {
    private let node: HTTPNode
    private let route = "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    private let key = "Authorization: Bearer dsp_live_one\r\n"

    init() throws { node = try HTTPNode(MemoryIntake()) }

    @Test(arguments: [
        "", "Authorization: Bearer\r\n", "Authorization: Bearer \r\n", "Authorization: Basic\r\n",
        "Authorization: Basic ***\r\n", "Authorization: Basic bm9jb2xvbg==\r\n",
        "Authorization: Basic /w==\r\n",
        "Authorization: Digest x\r\n", "Authorization: dsp_live_one\r\n",
        "Authorization: Bearer dsp_live_nobody\r\n",
        "Authorization: Bearer a.b.c\r\n",
    ])
    func `who has no key hears so before the body is read`(field: String) async throws {
        let answer = try await node.exchange(Array("\(route)\(field)Content-Length: 1000000\r\n\r\n".utf8))
        #expect(answer.status == 401)
        #expect(answer.json["code"] == "unauthenticated")
        #expect(answer.headers["www-authenticate"] != nil)
    }

    @Test func `a body that is announced too large is refused unread`() async throws {
        let answer = try await node.exchange(Array("\(route)\(key)Content-Length: 900000000\r\n\r\n".utf8))
        #expect(answer.status == 413)
        #expect(answer.json.names.contains("error") == true)
    }

    @Test func `a message larger than the plan allows is 413`() async throws {
        let node = try HTTPNode(MemoryIntake(limits: .init(maxMessageBytes: 4096)))
        let text = String(repeating: "x", count: 5000)
        let answer = try await node.ask(
            json: #"{"from":"a@one.example","to":"j@x.example","text":"\#(text)"}"#)
        #expect(answer.status == 413)
        #expect(answer.json["code"] == "message_too_large")
    }

    @Test func `a text of 26 MiB is 413`() async throws {
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: 26 * 1024 * 1024)
        let body =
            Array(#"{"from":"a@one.example","to":"j@x.example","text":""#.utf8) + text + Array(#""}"#.utf8)
        let answer = try await node.ask(body: body)
        #expect(answer.status == 413)
        #expect(node.intake.kept.isEmpty)
    }

    @Test(arguments: [
        "Transfer-Encoding: chunked\r\n\r\nZZ\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nab\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "Content-Length: -1\r\n\r\n",
        "Content-Length: +5\r\n\r\nabcde",
        "Content-Length : 5\r\n\r\nabcde", " Folded: x\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\n\n",
    ])
    func `a body whose end is in doubt is refused and the connection ends`(rest: String) async throws {
        let answer = try await node.exchange(Array("\(route)\(key)\(rest)".utf8))
        #expect((400...501).contains(answer.status), "\(answer.status)")
        #expect(answer.headers["connection"] == "close")
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `200 header lines are refused`() async throws {
        let answer = try await node.ask(headers: (0..<200).map { "X-\($0): y" }, json: "{}")
        #expect(answer.status == 431)
    }

    @Test func `paths between the planes are nobody's business, and other methods are told`() async throws {
        #expect(try await node.ask("POST", "/api/v1/nodes/join", json: "{}").status == 404)
        #expect(try await node.ask("GET", "/control/v1/status").status == 404)
        let answer = try await node.ask("PUT", "/api/v1/messages", json: "{}")
        #expect(answer.status == 405)
        #expect(answer.headers["allow"]?.contains("POST") == true)
    }

    @Test func `the order of refusals tells a stranger nothing`() async throws {
        let broken = "{"
        #expect(try await node.ask(key: "dsp_live_nobody", json: broken).status == 401)
        #expect(try await node.ask(key: "dsp_live_one_none", json: broken).status == 403)
        #expect(try await node.ask(json: broken).status == 400)
    }
}
