import Admission
import MailFormat
import NodeProtocol
import Testing

@Suite struct ComposeTests {
    private let world: World

    init() throws { world = try World() }

    @Test func `the message has its id on top, a date, an id of the sender's domain and no Bcc`() throws {
        let admitted = try world.admit(
            composed { composed in
                composed.cc = ["Cy <cy@x.example>"]
                composed.bcc = ["spy@x.example"]
                composed.subject = "Grüße"
                composed.html = "<p>Hi</p>"
            })
        #expect(try admitted.header.first == "X-Dispatch-ID: \(admitted.id)")
        let headers = try MessageHeaders(admitted.message)
        #expect(headers.value("Message-ID") == "<\(admitted.id)@one.example>")
        #expect(admitted.messageIDHeader == "<\(admitted.id)@one.example>")
        #expect(headers.value("Date") == "Fri, 15 Jan 2027 08:00:00 +0000")
        #expect(headers.value("From") == "Ann <ann@one.example>")
        #expect(headers.value("Cc") == "Cy <cy@x.example>")
        #expect(headers.text("Subject") == "Grüße")
        #expect(!admitted.text.contains("spy@"))
        #expect(admitted.recipients == ["joe@x.example", "cy@x.example", "spy@x.example"])
        #expect(admitted.envelopeSender == "ann@one.example")
        #expect(admitted.senderDomain.selector == "dispatch")
        #expect(admitted.id.node == 9)
        #expect(admitted.origin.door == "ingest")
        #expect(admitted.acceptedAt == world.now * 1000)
        #expect(admitted.deadline == (world.now + 72 * 3600) * 1000)
    }

    @Test func `only hidden recipients leave no name in the message`() throws {
        let admitted = try world.admit(composed(to: []) { $0.bcc = ["spy@x.example"] })
        #expect(admitted.recipients == ["spy@x.example"])
        #expect(!admitted.text.contains("spy@"))
    }

    @Test func `a reply address is taken as a field and as a header`() throws {
        let admitted = try world.admit(
            composed { composed in
                composed.replyTo = ["a@y.example"]
                composed.headers = [("reply-to", "B <b@y.example>, c@y.example")]
            })
        #expect(
            try MessageHeaders(admitted.message).values("Reply-To") == [
                "a@y.example, B <b@y.example>, c@y.example"
            ])
        #expect(
            world.refusal(of: composed { $0.headers = [("Reply-To", "nobody")] })?.field == "headers.Reply-To"
        )
    }

    @Test func `own headers are set, a well formed Message-ID among them`() throws {
        let admitted = try world.admit(
            composed {
                $0.headers = [
                    ("X-Campaign", "ünï"), ("Message-ID", "<own@elsewhere.example>"), ("List-Id", "<l.x>"),
                ]
            })
        let headers = try MessageHeaders(admitted.message)
        #expect(headers.text("X-Campaign") == "ünï")
        #expect(headers.values("Message-ID") == ["<own@elsewhere.example>"])
        #expect(admitted.messageIDHeader == "<own@elsewhere.example>")
    }

    @Test(arguments: [
        "Received", "Return-Path", "DKIM-Signature", "ARC-Seal", "arc-message-signature",
        "Authentication-Results", "Bcc",
        "BCC", "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Message-ID", "message-id",
        "X-Dispatch-ID",
        "x-dispatch-anything", "Resent-Bcc", "Date", "date",
    ])
    func `headers of the service may not be set and are named`(name: String) {
        let refusal = world.refusal(of: composed { $0.headers = [(name, "x")] })
        #expect(refusal?.code == .headerNotAllowed)
        #expect(refusal?.field == "headers.\(name)")
    }

    @Test(arguments: ["To", "Cc", "Subject", "From"])
    func `headers that have a field of their own are refused`(name: String) {
        let refusal = world.refusal(of: composed { $0.headers = [(name, "a@one.example")] })
        #expect(refusal?.field == "headers.\(name)")
    }

    @Test func `instructions given as headers are followed and never sent`() throws {
        let admitted = try world.admit(
            composed {
                $0.headers = [
                    ("X-Dispatch-Tag", "a"), ("x-dispatch-tag", "b"), ("X-Dispatch-Stream", "bulk"),
                ]
            })
        #expect(admitted.tags == ["a", "b"])
        #expect(admitted.stream == .bulk)
        #expect(try admitted.header.filter { $0.lowercased().hasPrefix("x-dispatch-") }.count == 1)
        let refusal = world.refusal(of: composed { $0.headers = [("X-Dispatch-Stream", "flood")] })
        #expect(refusal?.code == .invalid)
    }

    @Test(arguments: ["\u{1B}[31m", "a\u{7}", "\u{7F}", "a\u{B}b", "ä\u{1B}"])
    func `a header's value has no control characters`(value: String) {
        let refusal = world.refusal(of: composed { $0.headers = [("X-Note", value)] })
        #expect(refusal?.code == .invalid && refusal?.field == "headers.X-Note")
        #expect(world.refusal(of: composed { $0.headers = [("X-Note", "a\tb")] }) == nil)
    }

    @Test func `a part that is shown in the HTML is named by its file, when that is ASCII`() throws {
        func inline(_ filename: String, _ contentID: String? = nil) -> Submission {
            composed {
                $0.html = "<img src=\"cid:\(contentID ?? filename)\">"
                $0.attachments = [
                    .init(filename: filename, bytes: [1], isInline: true, contentID: contentID)
                ]
            }
        }
        #expect(try world.admit(inline("my logo.png")).text.contains("\r\nContent-ID: <my logo.png>\r\n"))
        #expect(try world.admit(inline("50%.png")).text.contains("\r\nContent-ID: <50%.png>\r\n"))
        #expect(try world.admit(inline("löwe.png", "lion")).text.contains("\r\nContent-ID: <lion>\r\n"))
        for name in ["löwe.png", "<a>.png", " a.png"] {
            let refusal = world.refusal(of: inline(name))
            #expect(refusal?.code == .invalid && refusal?.field == "attachments[0].filename")
            #expect(refusal?.message.contains("content_id") == true)
        }
    }

    @Test func `two Sender headers are refused`() {
        let headers = [("Sender", "a@one.example"), ("sender", "b@one.example")]
        #expect(world.refusal(of: composed { $0.headers = headers })?.code == .invalid)
    }

    @Test func `a message without any body is refused in the words of its dialect`() {
        let refusal = world.refusal(
            of: composed { composed in
                composed.text = nil
                composed.textField = "text_body"
                composed.htmlField = "html_body"
            })
        #expect(refusal?.code == .missing)
        #expect(refusal?.message == "one of text_body and html_body is required")
    }

    @Test func `attachments are told from inline files`() throws {
        let file = Submission.Composed.Attachment(filename: "ä.pdf", bytes: [1, 2, 3])
        var inline = file
        inline.isInline = true
        inline.filename = "a.pdf"
        #expect(try world.admit(composed { $0.attachments = [file] }).hasAttachments)
        let embedded = try world.admit(
            composed {
                $0.html = "x"; $0.attachments = [inline]
            })
        #expect(!embedded.hasAttachments)
    }

    @Test func `what is refused names its field`() {
        #expect(world.refusal(of: composed(to: ["joe@x.example", "nobody"]))?.field == "to[1]")
        #expect(world.refusal(of: composed(to: ["nobody"]))?.field == "to")
        #expect(world.refusal(of: composed { $0.cc = ["a@b@c"] })?.field == "cc")
        #expect(
            world.refusal(of: composed { $0.subject = String(repeating: "x", count: 999) })?.field
                == "subject")
        #expect(world.refusal(of: composed(from: "x"))?.field == "from")
    }

    @Test func `a header's name is looked at before it is repeated`() throws {
        for name in [
            String(repeating: "X", count: 10_000), "X-Dispatch-" + String(repeating: "x", count: 5000), "",
        ] {
            let refusal = try #require(world.refusal(of: composed { $0.headers = [(name, "x")] }))
            #expect(refusal.code == .invalid)
            #expect(refusal.field == "headers.?")
            #expect(refusal.message.utf8.count < 200)
        }
    }
}
