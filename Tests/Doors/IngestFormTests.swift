import MailFormat
import TestSupport
import Testing

/// `POST /api/v1/messages` with forms.
@Suite struct IngestFormTests {
    private let node: HTTPNode

    init() throws { node = try HTTPNode(MemoryIntake()) }

    private func post(form: String) async throws -> HTTPNode.Answer {
        try await node.ask(
            headers: ["Content-Type: application/x-www-form-urlencoded"], body: Array(form.utf8))
    }

    private func part(_ name: String, _ value: String, more: String = "") -> String {
        "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\(more)\r\n\r\n\(value)\r\n"
    }

    @Test func `the multipart request of the reference is queued with its file`() async throws {
        let body =
            part("from", "sender@one.example") + part("to", "alice@x.example") + part("subject", "Hello")
            + part("text", "See the attached report.") + part("h:Reply-To", "support@y.example")
            + part("o:tag", "report")
            + part("attachment", "%PDF", more: "; filename=\"report.pdf\"\r\nContent-Type: application/pdf")
            + part("attachment", "two", more: "; filename=\"b.txt\"") + "--b--\r\n"
        let answer = try await node.ask(
            headers: ["Content-Type: multipart/form-data; boundary=b"], body: Array(body.utf8))
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(message.tags == ["report"])
        #expect(try MessageHeaders(message.message).value("Reply-To") == "support@y.example")
        #expect(message.text.contains("report.pdf"))
        #expect(message.text.contains("b.txt"))
    }

    @Test func `fields may be repeated and joined with commas`() async throws {
        let answer = try await post(
            form:
                "from=a%40one.example&to=j%40x.example&to=k%40x.example,%20l%40x.example"
                + "&cc=%22D,%20M%22%20%3Cm%40x.example%3E"
                + "&bcc=n%40x.example&subject=Hi+there&text=x&o%3Atag=one,%20two&o%3Atag=three")
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(message.recipients == ["j", "k", "l", "m", "n"].map { "\($0)@x.example" })
        #expect(message.tags == ["one", "two", "three"])
        #expect(message.subject == "Hi there")
        #expect(!message.text.contains("n@x.example"))
    }

    @Test func `the options of Mailgun's forms mean the same here`() async throws {
        let answer = try await post(
            form:
                "from=a%40one.example&to=j%40x.example&text=x&html=y&o%3Atracking=yes"
                + "&o%3Atracking-clicks=no&o%3Adeliverytime=Fri,%2015%20Jan%202027%2009:00:00%20%2B0000"
                + "&v%3Aorder=4711&o%3Astream=bulk&o%3Arequire-tls=true&o%3Atestmode=yes")
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(message.tracking == .init(opens: true, clicks: false))
        #expect(message.scheduledAt == 1_800_003_600_000)
        #expect(message.metadata == ["order": "4711"])
        #expect(message.stream == .bulk)
        #expect(message.request?.requiresTLS == true)
        #expect(message.isTest)
    }

    @Test(arguments: [
        ("to=j%40x.example&text=x", "from"), ("from=a%40one.example&text=x", "to"),
        ("from=a%40one.example&to=j%40x.example&text=x&attachments=1", "attachments"),
        ("from=a%40one.example&to=j%40x.example&text=x&o%3Adkim=yes", "o:dkim"),
        ("from=a%40one.example&from=b%40one.example&to=j%40x.example&text=x", "from"),
        ("from=a%40one.example&to=j%40x.example&text=x&subject=a&subject=b", "subject"),
        ("from=a%40one.example&to=j%40x.example&text=x&subject=%FF", "subject"),
        ("from=a%40one.example&to=j%40x.example&text=%FF", "text"),
        ("from=a%40one.example&to=j%40x.example&text=x&h%3AX-A=a%0D%0ABcc%3A%20b", "headers.X-A"),
        ("from=a%40one.example&to=j%40x.example&text=x&h%3ABcc=b%40x.example", "headers.Bcc"),
    ])
    func `a refusal names the field`(form: String, field: String) async throws {
        let answer = try await post(form: form)
        #expect(answer.status == 400)
        #expect(answer.json["field"] == .string(field), "\(answer.body)")
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `another type of body is told so`() async throws {
        let answer = try await node.ask(headers: ["Content-Type: text/plain"], body: Array("from=a".utf8))
        #expect(answer.status == 415)
        #expect(answer.json.names == ["code", "error", "request_id"])
    }

    @Test(arguments: ["", "--b", "--b\r\n", "--b--", "--b\r\n\r\nx\r\n--b--", "\r\n\r\n"])
    func `a broken multipart body is refused`(body: String) async throws {
        let answer = try await node.ask(
            headers: ["Content-Type: multipart/form-data; boundary=b"], body: Array(body.utf8))
        #expect(answer.status == 400)
    }
}
