import Admission
import MailFormat
import Testing

/// CR, LF and NUL in any text of a caller never become a second header line.
@Suite struct HeaderInjectionTests {
    private let world: World
    private static let evils = [
        "\r\nBcc: spy@x.example", "\nX-Evil: 1", "\rX-Evil: 1", "\0", "\r\n\r\nbody", "\n\n", "\r",
    ]

    init() throws { world = try World() }

    /// The places of the API, each with the harmless text that the evil one is put behind.
    private static let places: [String: @Sendable (inout Submission.Composed, String) -> Void] = [
        "from": { $0.from = "ann@one.example\($1)" },
        "from name": { $0.from = "\"Ann\($1)\" <ann@one.example>" },
        "to": { $0.to = ["joe@x.example\($1)"] },
        "to name": { $0.to = ["\"Joe\($1)\" <joe@x.example>"] },
        "to local part": { $0.to = ["\"joe\($1)\"@x.example"] },
        "cc": { $0.cc = ["Joe\($1) <joe@x.example>"] },
        "bcc": { $0.bcc = ["joe@x.example\($1)"] },
        "reply_to": { $0.replyTo = ["\"Joe\($1)\" <joe@x.example>"] },
        "subject": { $0.subject = "Hello\($1)" },
        "header name": { $0.headers = [("X-A\($1)", "b")] },
        "header value": { $0.headers = [("X-A", "b\($1)")] },
        "Reply-To header": { $0.headers = [("Reply-To", "joe@x.example\($1)")] },
        "Message-ID header": { $0.headers = [("Message-ID", "<a@b>\($1)")] },
        "Sender header": { $0.headers = [("Sender", "ann@one.example\($1)")] },
        "filename": { $0.attachments = [.init(filename: "a.txt\($1)", bytes: [1])] },
        "content type": {
            $0.attachments = [.init(filename: "a", contentType: "text/plain\($1)", bytes: [1])]
        },
        "parameter": {
            $0.attachments = [.init(filename: "a", contentType: "text/plain; x=\"\($1)\"", bytes: [1])]
        },
        "content id": {
            $0.html = "x"
            $0.attachments = [.init(filename: "a", bytes: [1], isInline: true, contentID: "c\($1)")]
        },
    ]

    @Test(arguments: places.keys.sorted(), evils)
    func `line ends and NUL are refused or stay inside their value`(place: String, evil: String) throws {
        let put = try #require(Self.places[place])
        let admitted: Admitted
        do throws(Refusal) { admitted = try world.admit(composed { put(&$0, evil) }) } catch {
            #expect([.invalid, .headerNotAllowed].contains(error.code), "\(error)")
            return
        }
        let headers = try MessageHeaders(admitted.message)
        #expect(!headers.fields.contains { $0.isNamed("Bcc") || $0.isNamed("X-Evil") }, "\(place)")
        #expect(!admitted.text.contains("\0"))
        #expect(!admitted.text.split(separator: "\r\n").contains { $0.contains("\r") || $0.contains("\n") })
        // Only what is cleaned by its own rule may pass.
        #expect(["filename", "content id"].contains(place), "\(place) let \(evil.debugDescription) pass")
    }

    @Test func `line ends in a body are a body's`() throws {
        let admitted = try world.admit(composed { $0.text = "a\nb\rc\r\n.\r\nFrom: x@two.example\r\n" })
        let headers = try MessageHeaders(admitted.message)
        #expect(headers.all("From").count == 1)
        let bytes = admitted.message
        for (index, byte) in bytes.enumerated() where byte == 0x0A { #expect(bytes[index - 1] == 0x0D) }
    }
}
