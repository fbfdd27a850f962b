import MailFormat
import TestSupport
import Testing

/// `recipient-variables`: one message for each recipient.
@Suite struct MailgunBatchTests {
    private let node: HTTPNode
    private let path = "/v3/one.example/messages"

    init() throws { node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    @Test func `each recipient gets a message of his own, and all have one id`() async throws {
        let answer = try await node.form(
            path,
            [
                "from": "a@one.example", "to": "Joe <J@x.example>, k@x.example", "to": "j@X.example",
                "subject": "Hi %recipient.first%", "text": "%recipient.id% %recipient.none% 100%",
                "html": "<p>%recipient_email% %recipient_name% %recipient.list%</p>",
                "h:X-Who": "%recipient.v:who%", "v:who": "%recipient.v:who%",
                "recipient-variables":
                    #"{"j@x.example":{"first":"Jörg","id":7,"v:who":"a","list":[1]},"#
                    + #""k@x.example":{"first":"K","id":"8","v:who":"b"}}"#,
            ])
        #expect(answer.status == 200, "\(answer.body)")
        let kept = node.intake.kept
        #expect(kept.map(\.recipients) == [["J@x.example"], ["k@x.example"]])
        #expect(kept.map(\.subject) == ["Hi Jörg", "Hi K"])
        #expect(kept.map(\.metadata) == [["who": "a"], ["who": "b"]])
        let headers = try kept.map { try MessageHeaders($0.message) }
        #expect(headers.map { $0.value("To") } == ["Joe <J@x.example>", "k@x.example"])
        #expect(headers.map { $0.value("X-Who") } == ["a", "b"])
        #expect(Set(kept.map(\.messageIDHeader)) == [answer.json["id"].text])
        #expect(Set(kept.map(\.id)).count == 2)
        #expect(kept[0].text.contains("7 %recipient.none% 100%"))
        #expect(kept[0].text.contains("<p>J@x.example Joe [1]</p>"))
    }

    @Test func `a Message-ID of the caller stays`() async throws {
        let answer = try await node.form(
            path,
            [
                "from": "a@one.example", "to": "j@x.example,k@x.example", "text": "x",
                "h:Message-Id": "<mine@one.example>", "recipient-variables": "{}",
            ])
        #expect(answer.json["id"] == "<mine@one.example>")
        #expect(node.intake.kept.map(\.messageIDHeader) == ["<mine@one.example>", "<mine@one.example>"])
    }

    @Test func `a template is filled in for each by what is his`() async throws {
        let answer = try await node.form(
            path,
            [
                "from": "a@one.example", "to": "j@x.example,k@x.example", "template": "welcome",
                "t:variables": #"{"name":"%recipient.name%","city":"Rome"}"#,
                "recipient-variables": #"{"j@x.example":{"name":"J"},"k@x.example":{"name":"K"}}"#,
            ])
        #expect(answer.status == 200, "\(answer.body)")
        #expect(node.intake.kept.map(\.subject) == ["Welcome J", "Welcome K"])
    }

    @Test func `who gets nothing is told, and the others get theirs`() async throws {
        let answer = try await node.form(
            path,
            [
                "from": "a@one.example", "to": "gone@x.example, j@x.example", "text": "x",
                "recipient-variables": "{}",
            ])
        #expect(answer.status == 200)
        #expect(node.intake.kept.map(\.recipients) == [["j@x.example"]])
        #expect(answer.json["refused"].elements.map { $0["recipient"].text } == ["gone@x.example"])
        #expect(answer.json["refused"].elements.map { $0["code"].text } == ["recipient_suppressed"])
    }

    @Test func `a line end in a value reaches no header`() async throws {
        let answer = try await node.form(
            path,
            [
                "from": "a@one.example", "to": "j@x.example, k@x.example", "text": "x",
                "subject": "%recipient.s%",
                "recipient-variables":
                    #"{"j@x.example":{"s":"a\r\nBcc: b@x.example"},"k@x.example":{"s":"b"}}"#,
            ])
        #expect(answer.status == 200)
        #expect(answer.json["refused"].elements.map { $0["recipient"].text } == ["j@x.example"])
        #expect(node.intake.kept.map(\.subject) == ["b"])
    }

    @Test func `a thousand recipients are a batch and one more is none`() async throws {
        let list = (0...1000).map { "r\($0)@x.example" }
        // A password of the tenant's, whose rate has no limit.
        let most = try await node.ask(
            "POST", path, key: nil,
            headers: [
                "Authorization: Basic b25lQGRpc3BhdGNoLmV4YW1wbGU6ZHBfc2tfb25l",
                "Content-Type: application/x-www-form-urlencoded",
            ],
            body: Array(
                ("from=a@one.example&text=x&recipient-variables={}&to="
                    + list.dropLast().joined(separator: ",")).utf8))
        #expect(most.status == 200, "\(most.body)")
        #expect(node.intake.kept.count == 1000)
        let more = try await node.form(
            path,
            [
                "from": "a@one.example", "to": list.joined(separator: ","), "text": "x",
                "recipient-variables": "{}",
            ])
        #expect(more.status == 400)
        #expect(more.json["code"] == "too_many_recipients")
        #expect(node.intake.kept.count == 1000)
    }

    @Test func `a domain of the path in Unicode is told in its A-labels`() async throws {
        let path = "/v3/b%C3%BCcher.one.example/messages"
        let answer = try await node.form(
            path, ["from": "a@one.example", "to": "j@x.example", "text": "x", "recipient-variables": "{}"])
        #expect(answer.status == 200, "\(answer.body)")
        let id = try #require(node.intake.kept.first).messageIDHeader
        #expect(answer.json["id"].text == id)
        #expect(id.hasSuffix("@xn--bcher-kva.one.example>"), "\(id)")
        let foreign = try await node.form(
            path.replacing(".one.", with: "."), ["from": "a@one.example", "to": "j@x.example", "text": "x"])
        #expect(foreign.status == 404)
        #expect(foreign.json["message"] == "Domain not found: bücher.example")
    }

    @Test func `a text that grows beyond all bounds is refused`() async throws {
        let value = String(repeating: "x", count: 1_000_000)
        let answer = try await node.form(
            path,
            [
                "from": "a@one.example", "to": "j@x.example",
                "text": String(repeating: "%recipient.a%", count: 1000),
                "recipient-variables": #"{"j@x.example":{"a":"\#(value)"}}"#,
            ])
        #expect(answer.status == 413)
        #expect(answer.json["code"] == "message_too_large")
    }
}
