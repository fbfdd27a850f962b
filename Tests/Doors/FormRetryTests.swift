import HTTP
import TestSupport
import Testing

@testable import Doors

/// A form that is sent again with its `Idempotency-Key`: the same when its fields are.
@Suite struct FormRetryTests {
    private static let paths = ["/api/v1/messages", "/v3/one.example/messages"]
    private static let fields = [
        HTTPNode.Part("from", "a@one.example"), HTTPNode.Part("to", "j@x.example"),
        HTTPNode.Part("text", "Hi"), HTTPNode.Part("attachment", file: "a.txt", type: "text/plain", "one"),
        HTTPNode.Part("attachment", file: "b.txt", type: "text/plain", "two"),
    ]

    private let node: HTTPNode

    init() throws { node = try HTTPNode(MemoryIntake()) }

    private func post(
        _ path: String, _ fields: [HTTPNode.Part] = Self.fields, boundary: String = "b"
    ) async throws -> HTTPNode.Answer {
        try await node.form(path, parts: fields, boundary: boundary, headers: ["Idempotency-Key: k"])
    }

    @Test(arguments: paths)
    func `a retry is told the first answer, though its parts are divided otherwise`(
        path: String
    ) async throws {
        let first = try await post(path)
        let second = try await post(path, boundary: "------------------------a94f")
        #expect(first.status < 300, "\(first.body)")
        #expect(second.status == first.status, "\(second.body)")
        #expect(second.body == first.body)
        #expect(second.headers["idempotent-replay"] == "true")
        #expect(node.intake.kept.count == 1)
    }

    @Test(arguments: paths)
    func `a retry may write its values with other escapes`(path: String) async throws {
        for text in [
            "from=a@one.example&to=j@x.example&text=x%20y", "from=a%40one.example&to=j%40x.example&text=x+y",
        ] {
            let answer = try await node.ask(
                "POST", path,
                headers: ["Idempotency-Key: k", "Content-Type: application/x-www-form-urlencoded"],
                body: Array(text.utf8))
            #expect(answer.status < 300, "\(answer.body)")
        }
        #expect(node.intake.kept.count == 1)
    }

    @Test(arguments: paths)
    func `another form under the same key is a conflict`(path: String) async throws {
        _ = try await post(path)
        var others = [Self.fields.dropLast() + [], Self.fields.reversed() + []]
        var other = Self.fields
        other[2] = HTTPNode.Part("text", "Hi.")
        others.append(other)
        for (index, file) in [
            HTTPNode.Part("attachment", file: "c.txt", type: "text/plain", "two"),
            HTTPNode.Part("attachment", file: "b.txt", type: "text/html", "two"),
            HTTPNode.Part("attachment", file: "b.txt", "two"),
            HTTPNode.Part("attachment", file: "b.txt", type: "text/plain", "Two"),
            HTTPNode.Part("inline", file: "b.txt", type: "text/plain", "two"),
        ].enumerated() {
            var other = Self.fields
            other[4] = file
            others.append(other)
            #expect(try await post(path, other).status == 409, "\(index)")
        }
        for other in others {
            let answer = try await post(path, other)
            #expect(answer.status == 409, "\(answer.body)")
        }
        #expect(node.intake.kept.count == 1)
    }

    @Test(arguments: paths)
    func `what is no form is the same when its bytes are`(path: String) async throws {
        for _ in 0..<2 {
            let answer = try await node.ask(
                "POST", path,
                headers: ["Idempotency-Key: k", "Content-Type: multipart/form-data; boundary=b"],
                body: Array("--b\r\nnothing".utf8))
            #expect(answer.status == 400, "\(answer.body)")
        }
    }

    @Test func `nothing can be moved from one field to another`() throws {
        func digest(_ form: String) throws -> [UInt8] {
            try FormData.parse(contentType: "application/x-www-form-urlencoded", body: Array(form.utf8))
                .digest
        }
        let forms = [
            "a=1&b=2", "a=12&b=", "a=&b=12", "a1=&b=2", "a=1&b2=", "a=1b&2=", "b=2&a=1", "a=1", "a=1&b=2&c=",
            "",
            "a=1&a=2", "a=2&a=1", "a=0:&b=", "a=1%3A&b=",
        ]
        #expect(Set(try forms.map(digest)).count == forms.count)
        #expect(try digest("a=1&b=2") == digest("%61=1&b=%32"))
    }
}
