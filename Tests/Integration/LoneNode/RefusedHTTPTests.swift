import EventLoop
import FoundationEssentials
import TestSupport
import Testing

/// Bad requests at a live node: each gets a refusal with a name, none changes anything, none stops the
/// process.
@Suite struct RefusedHTTPTests {
    /// What a refused request may cost: bodies that are being received, and what the allocator keeps of them.
    private static let maxGrowthBytes = 192 << 20

    @Test func `bad requests get refusals with names and the node serves on in bounded memory`() async throws
    {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        let process = try await node.start()
        let address = try process.address(of: "http")
        try await node.caller().must("POST", "/api/v1/messages", node.message("before"))
        let before = try process.residentBytes()

        for _ in 1...3 {
            for request in Self.requests(node) {
                let answer = try #require(
                    try await RawHTTP.exchange(address, request.pieces), "\(request.name)")
                #expect(answer.status == request.status, "\(request.name): \(answer.body)")
                #expect(answer.code == request.code, "\(request.name): \(answer.body)")
                #expect(answer.requestID?.isEmpty == false, "\(request.name): \(answer.body)")
            }
        }

        try await node.caller().must("POST", "/api/v1/messages", node.message("after"))
        try await sink.wait(for: 2)
        let grown = try process.residentBytes() - before
        print(
            "\(Self.requests(node).count) bad requests, three times each: \(grown >> 20) MiB more memory"
        )
        #expect(grown < Self.maxGrowthBytes)
        #expect(Set(sink.copiesBySubject.keys) == ["before", "after"])
        #expect(try await process.metric("dispatch_messages_accepted_total{door=\"ingest\"}") == 2)
        #expect(process.logLines("request failed").isEmpty)
        #expect(process.child.poll() == nil)
    }

    @Test func `clients that never finish their request are sent away and do not keep others waiting`()
        async throws
    {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        let process = try await node.start()
        let address = try process.address(of: "http")
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await RawHTTP.exchange(
                        address, ["POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nX-Sl"])?.status
                }
            }
            let caller = try await node.caller()
            for number in 1...20 {
                try await caller.must("POST", "/api/v1/messages", node.message("quick-\(number)"))
            }
            for try await status in group { #expect(status == 408) }
        }
        try await sink.wait(for: 20)
    }

    struct BadRequest {
        let name: String
        let pieces: [String]
        let status: Int
        let code: String
    }

    private static func requests(_ node: LoneNode) -> [BadRequest] {
        let key = "Authorization: Bearer \(node.fixture.apiKey)"
        let json = "Content-Type: application/json"
        func post(_ headers: [String], _ body: [String]) -> [String] {
            [
                "POST /api/v1/messages HTTP/1.1\r\n"
                    + (["Host: node.test"] + headers + ["", ""]).joined(separator: "\r\n")
            ]
                + body
        }
        func posted(_ body: String) -> [String] {
            post([key, json, "Content-Length: \(body.utf8.count)"], [body])
        }
        let mebibyte = String(repeating: "a", count: 1 << 20)
        let head =
            "{\"from\":\"a@\(node.fixture.domain)\",\"to\":\"b@example.net\",\"subject\":\"s\",\"text\":\""
        let large = [head] + Array(repeating: mebibyte, count: 26) + ["\"}"]
        return [
            BadRequest(name: "no JSON", pieces: posted("{\"from\":"), status: 400, code: "invalid_json"),
            BadRequest(
                name: "depth", pieces: posted(String(repeating: "[", count: 100_000)), status: 400,
                code: "invalid_json"),
            BadRequest(
                name: "unknown field", pieces: posted(head + "x\",\"attachment\":[]}"), status: 400,
                code: "unknown_field"),
            BadRequest(
                name: "wrong type", pieces: posted("{\"from\":5}"), status: 400, code: "invalid_field"),
            BadRequest(
                name: "header injection", pieces: posted(head + "x\",\"subject\":\"a\\r\\nBcc: b@c.de\"}"),
                status: 400, code: "invalid_json"),
            BadRequest(
                name: "message of 26 MiB",
                pieces: post(
                    [key, json, "Content-Length: \(large.reduce(0) { $0 + $1.utf8.count })"], large),
                status: 413,
                code: "message_too_large"),
            BadRequest(
                name: "body of 37 MiB",
                pieces: post(
                    [key, json, "Content-Length: \(37 << 20)"], Array(repeating: mebibyte, count: 37)),
                status: 413, code: "payload_too_large"),
            BadRequest(
                name: "37 MiB in chunks",
                pieces: post(
                    [key, json, "Transfer-Encoding: chunked"],
                    Array(repeating: "100000\r\n\(mebibyte)\r\n", count: 37) + ["0\r\n\r\n"]), status: 413,
                code: "payload_too_large"),
            BadRequest(
                name: "200 headers", pieces: post([key] + (1...200).map { "X-Number-\($0): 1" }, []),
                status: 431,
                code: "headers_too_large"),
            BadRequest(
                name: "a header of 100 kB", pieces: post([key, "X-Long: \(mebibyte.prefix(100_000))"], []),
                status: 431,
                code: "headers_too_large"),
            BadRequest(
                name: "chunked garbage",
                pieces: post([key, json, "Transfer-Encoding: chunked"], ["zz\r\nabc\r\n0\r\n\r\n"]),
                status: 400, code: "bad_request"),
            BadRequest(
                name: "length and chunks",
                pieces: post([key, json, "Content-Length: 5", "Transfer-Encoding: chunked"], ["0\r\n\r\n"]),
                status: 400,
                code: "bad_request"),
            BadRequest(
                name: "two lengths",
                pieces: post([key, json, "Content-Length: 5", "Content-Length: 6"], ["aaaaa"]),
                status: 400, code: "bad_request"),
            BadRequest(
                name: "length of 2^64",
                pieces: post([key, json, "Content-Length: 18446744073709551616"], []), status: 400,
                code: "bad_request"),
            BadRequest(
                name: "negative length", pieces: post([key, json, "Content-Length: -1"], []), status: 400,
                code: "bad_request"),
            BadRequest(
                name: "bare line feeds", pieces: ["POST /api/v1/messages HTTP/1.1\nHost: x\n\n"], status: 400,
                code: "bad_request"),
            BadRequest(
                name: "no key", pieces: post([json, "Content-Length: 2"], ["{}"]), status: 401,
                code: "unauthenticated"),
            BadRequest(
                name: "a wrong key",
                pieces: post(["Authorization: Bearer dsp_live_wrong", "Content-Length: 2"], ["{}"]),
                status: 401, code: "unauthenticated"),
            BadRequest(
                name: "version 3", pieces: ["GET /api/v1/messages HTTP/3.0\r\nHost: x\r\n\r\n"], status: 505,
                code: "version_not_supported"),
        ]
    }
}
