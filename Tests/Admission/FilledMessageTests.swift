import FoundationEssentials
import MailFormat
import NodeProtocol
import Testing

@testable import Admission

/// Finished messages that name a template, as clients of SMTP send them.
@Suite struct FilledMessageTests {
    private let id = UUID()
    private let world: World
    private let from = "From: Ann <ann@one.example>"
    private let use = "X-Dispatch-Template: welcome"
    private let name = #"X-Dispatch-Variables: {"name": "A & B"}"#

    init() throws {
        world = try World(
            templates: [
                .init(
                    id: id, slug: "welcome", subject: "Welcome, {{name}}!", html: "<h1>{{name}}</h1>",
                    text: "Hi {{name}}"),
                .init(id: UUID(), slug: "plain", subject: "Plain", html: nil, text: "Plain text"),
            ], hasLinks: true)
    }

    private static let parts = [
        "Content-Type: text/plain\r\n\r\nplaceholder",
        "Content-Type: text/html\r\n\r\n<p>placeholder</p>",
        "Content-Type: application/pdf; name=a.pdf\r\n"
            + "Content-Disposition: attachment; filename*=UTF-8''%C3%A4.pdf\r\n"
            + "Content-Transfer-Encoding: base64\r\n\r\nAQID",
        "Content-Type: image/png\r\nContent-ID: <logo@one.example>\r\nContent-Disposition: inline\r\n\r\nPNG",
        "Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\nSubject: inner\r\n\r\nx",
        "Content-Type: text/plain\r\n\r\n-- \r\nfooter",
    ]
    private static let body =
        parts.map { "--b\r\n\($0)\r\n" }.joined() + "--b--\r\n"

    @Test func `subject and texts are the template's, the files and the other fields stay`() throws {
        let admitted = try world.admit(
            raw(
                [
                    from, "To: joe@x.example", "Subject: placeholder", "X-Own: kept", use, name,
                    "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b",
                ], body: Self.body))
        let message = MIMEParser.parse(admitted.message)
        #expect(admitted.subject == "Welcome, A & B!" && message.header("Subject") == admitted.subject)
        #expect(message.html == "<h1>A &amp; B</h1>")
        #expect(message.plainText == "Hi A & B")
        #expect(!admitted.text.contains("placeholder") && !admitted.text.contains("footer"))
        #expect(message.header("X-Own") == "kept" && message.header("To") == "joe@x.example")
        #expect(try MessageHeaders(admitted.message).duplicates().isEmpty)
        #expect(message.attachments.map(\.contentType) == ["image/png", "application/pdf", "message/rfc822"])
        #expect(message.attachments.map(\.filename) == [nil, "ä.pdf", nil])
        #expect(message.attachments.first?.contentID == "logo@one.example")
        #expect(message.attachments.map { message.body(of: $0.part).count } == [3, 3, 19])
        #expect(admitted.hasAttachments && admitted.templateID == id)
        #expect(!admitted.text.lowercased().contains("x-dispatch-template"))
    }

    @Test func `a message without a body of its own gets one`() throws {
        let admitted = try world.admit(raw([from, "X-Dispatch-Template: \(id.uuidString)", name], body: ""))
        #expect(MIMEParser.parse(admitted.message).plainText == "Hi A & B")
        #expect(admitted.subject == "Welcome, A & B!")
    }

    @Test func `what is missing or unknown is refused by the header's name`() {
        let missing = world.refusal(of: raw([from, use]))
        #expect(missing?.code == .missingVariable && missing?.field == "X-Dispatch-Variables.name")
        let unknown = world.refusal(of: raw([from, "X-Dispatch-Template: other", name]))
        #expect(unknown?.code == .templateNotFound && unknown?.field == "X-Dispatch-Template")
        #expect(world.refusal(of: raw([from, name]))?.field == "X-Dispatch-Variables")
        for bad in ["[]", "x", "{"] {
            let refusal = world.refusal(of: raw([from, use, "X-Dispatch-Variables: \(bad)"]))
            #expect(refusal?.field == "X-Dispatch-Variables", "\(bad)")
        }
    }

    @Test func `reading is told of where the template has HTML, and nowhere else`() throws {
        func tracking(_ template: String, _ value: String) throws -> Submission.Tracking {
            try world.admit(
                raw([from, "X-Dispatch-Template: \(template)", name, "X-Dispatch-Track: \(value)"])
            ).tracking
        }
        #expect(try tracking("welcome", "opens, clicks") == .on)
        #expect(try tracking("welcome", "Clicks") == .init(opens: false, clicks: true))
        #expect(try tracking("welcome", "off") == .off)
        #expect(try tracking("plain", "opens") == .off)
        #expect(try world.admit(raw([from, "X-Dispatch-Track: off"])).tracking == .off)
        let finished = world.refusal(of: raw([from, "X-Dispatch-Track: opens"]))
        #expect(finished?.field == "X-Dispatch-Track" && finished?.message.contains("Template") == true)
        #expect(world.refusal(of: raw([from, use, name, "X-Dispatch-Track: all"]))?.code == .invalid)
    }

    @Test func `a template does not let a message pass the plan's size`() throws {
        let world = try World(
            limits: .init(maxMessageBytes: 2_000),
            templates: [.init(id: id, slug: "welcome", subject: "Hi", html: nil, text: "Hi")])
        let file = "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n"
        func message(_ bytes: Int) -> Submission {
            raw(
                [from, use, "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"],
                body: "--b\r\n\(file)\(String(repeating: "x", count: bytes))\r\n--b--\r\n")
        }
        #expect(world.refusal(of: message(500)) == nil)
        #expect(world.refusal(of: message(2_000))?.code == .messageTooLarge)
    }

    @Test func `no value of a variable makes a second header`() {
        let refusal = world.refusal(
            of: raw([from, use, #"X-Dispatch-Variables: {"name": "x\r\nBcc: y@z.example"}"#]))
        #expect(refusal?.code == .invalid && refusal?.field == "subject")
    }
}
