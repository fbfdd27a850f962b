import Admission
import MailFormat
import Testing

@Suite struct AdoptTests {
    private let world: World
    private let from = "From: ann@one.example"

    init() throws { world = try World() }

    @Test func `a missing date and id are added, and a trace on top`() throws {
        let admitted = try world.admit(
            raw([from, "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?="], body: "one\r\n.\r\ntwo\r\n"))
        let header = try admitted.header
        #expect(header[0] == "X-Dispatch-ID: \(admitted.id)")
        #expect(
            header[1] == "Received: by node.example with ESMTPSA\tid \(admitted.id.hexadecimal); "
                + "Fri, 15 Jan 2027 08:00:00 +0000")
        #expect(header.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"))
        #expect(header.contains("Message-ID: <\(admitted.id)@one.example>"))
        #expect(admitted.subject == "Grüße")
        #expect(admitted.text.hasSuffix("\r\n\r\none\r\n.\r\ntwo\r\n"))
    }

    @Test func `what is there stays, byte for byte`() throws {
        let fields = [
            "Date: Thu, 1 Jan 2026 00:00:00 +0100", "message-id:  <own@x.example>", from, "Subject: a\r\n b",
            "X-Own:  spaced ", "Content-Type: multipart/mixed; boundary=x",
        ]
        let admitted = try world.admit(raw(fields))
        #expect(admitted.text.hasSuffix(fields.joined(separator: "\r\n") + "\r\n\r\nHi\r\n"))
        #expect(admitted.messageIDHeader == "<own@x.example>")
        #expect(admitted.hasAttachments)
    }

    @Test(arguments: ["Message-ID: own", "Message-ID: <a b@c>", "Message-ID: <a@b> <c@d>", "Message-ID:"])
    func `a malformed id is refused`(field: String) {
        #expect(world.refusal(of: raw([from, field]))?.field == "Message-ID")
    }

    @Test func `Bcc, foreign signatures and instructions are removed`() throws {
        let admitted = try world.admit(
            raw([
                "Return-Path: <x@y.example>", from, "Bcc: spy@x.example,\r\n spy2@x.example",
                "Resent-Bcc: spy3@x.example",
                "X-Dispatch-ID: forged", "x-dispatch-tag: one", "X-Dispatch-Tag: two",
                "X-Dispatch-Stream: BULK",
                "X-Dispatch-Idempotency-Key: k", "DKIM-Signature: v=1", "Subject: x",
            ]))
        #expect(!admitted.text.contains("spy"))
        #expect(!admitted.text.contains("forged"))
        #expect(try admitted.header.filter { $0.lowercased().hasPrefix("x-dispatch-") }.count == 1)
        #expect(!admitted.text.contains("DKIM-Signature"))
        #expect(!admitted.text.contains("Return-Path"))
        #expect(admitted.tags == ["one", "two"])
        #expect(admitted.stream == .bulk)
        #expect(admitted.recipients == ["joe@x.example"])
    }

    @Test func `metadata is read from its header as an object of texts`() throws {
        let admitted = try world.admit(raw([from, #"X-Dispatch-Metadata: {"order":"7","who":"\u00e9"}"#]))
        #expect(admitted.metadata == ["order": "7", "who": "é"])
        for bad in ["x", "[]", #"{"a":1}"#] {
            #expect(
                world.refusal(of: raw([from, "X-Dispatch-Metadata: \(bad)"]))?.field == "X-Dispatch-Metadata")
        }
    }

    @Test func `instructions are read as people wrote them, encoded-words and all`() throws {
        let admitted = try world.admit(
            raw([
                from, "X-Dispatch-Tag: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
                "X-Dispatch-Metadata: =?utf-8?b?eyJhIjoiw6QifQ==?=",
            ]))
        #expect(admitted.tags == ["Grüße"])
        #expect(admitted.metadata == ["a": "ä"])
    }

    @Test func `an instruction that there is not, or that stands there twice, is refused by its name`() {
        let unknown = world.refusal(of: raw([from, "X-Dispatch-Tags: x"]))
        #expect(unknown?.code == .headerNotAllowed && unknown?.field == "X-Dispatch-Tags")
        for name in ["X-Dispatch-Stream", "X-Dispatch-Track"] {
            let value = name.hasSuffix("Track") ? "off" : "bulk"
            let refusal = world.refusal(of: raw([from, "\(name): \(value)", "\(name): \(value)"]))
            #expect(refusal?.code == .invalid && refusal?.field == name)
        }
    }

    @Test func `the log tells Cc and Bcc apart as the message names them`() throws {
        let admitted = try world.admit(
            raw(
                [from, "To: a@x.example", "Cc: B <b@x.example>, other@x.example", "Bcc: c@x.example"],
                to: ["a@x.example", "b@x.example", "c@x.example", "d@x.example"]))
        #expect(admitted.recipients.count == 4)
        #expect(admitted.cc == ["b@x.example"])
        #expect(admitted.bcc == ["c@x.example"])
    }

    @Test func `an instruction that makes no sense is refused`() {
        #expect(world.refusal(of: raw([from, "X-Dispatch-Stream: flood"]))?.field == "X-Dispatch-Stream")
        let tags = (0...20).map { "X-Dispatch-Tag: t\($0)" }
        #expect(world.refusal(of: raw([from] + tags))?.field == "X-Dispatch-Tag")
        #expect(world.refusal(of: raw([from, "X-Dispatch-Tag:"]))?.field == "X-Dispatch-Tag")
    }

    @Test func `over HTTP the key of a request is no header of the message`() {
        let message = Array("\(from)\r\nX-Dispatch-Idempotency-Key: k\r\n\r\nHi\r\n".utf8)
        func refusal(_ name: String) -> Refusal? {
            world.refusal(
                of: Submission(
                    door: "mailgun",
                    content: .raw(
                        .init(
                            envelopeSender: nil, recipients: ["joe@x.example"], message: message,
                            withProtocol: name))))
        }
        #expect(refusal("HTTP")?.code == .headerNotAllowed)
        #expect(refusal("HTTP")?.field == "X-Dispatch-Idempotency-Key")
        #expect(refusal("ESMTPSA") == nil)
    }

    @Test func `a message that runs in a circle is refused`() {
        let hops = (0...100).map { "Received: by host\($0).example; date" }
        #expect(world.refusal(of: raw(hops + [from]))?.code == .mailLoop)
        #expect(world.refusal(of: raw(Array(hops.dropFirst()) + [from])) == nil)
    }

    @Test func `what has come through this service before is not ours to send again`() throws {
        let first = try world.admit(raw([from, "Subject: x"]))
        let again = Submission(
            door: "smtp",
            content: .raw(
                .init(
                    envelopeSender: "ann@one.example", recipients: ["joe@x.example"], message: first.message,
                    withProtocol: "ESMTPSA")))
        let second = try world.admit(again)
        #expect(try second.header.filter { $0.hasPrefix("X-Dispatch-ID") }.count == 1)
        #expect(try second.header.filter { $0.hasPrefix("Received") }.count == 2)
    }

    @Test func `the envelope decides who gets it`() throws {
        let admitted = try world.admit(
            raw(
                [from, "To: shown@x.example", "Cc: also@x.example"],
                to: ["hidden@x.example", "\"odd one\"@x.example"]))
        #expect(admitted.recipients == ["hidden@x.example", "\"odd one\"@x.example"])
        #expect(world.refusal(of: raw([from], to: ["nobody"]))?.field == "RCPT TO")
        #expect(world.refusal(of: raw([from], to: []))?.code == .missing)
    }

    @Test(arguments: [
        "", "\r\n", "no header\r\n\r\n", "From: ann@one.example", "From: ann@one.example\r\n", "\0",
        "\r\n\r\n\r\n",
    ])
    func `odd messages are refused or completed, never a trap`(text: String) throws {
        let submission = Submission(
            door: "smtp",
            content: .raw(
                .init(
                    envelopeSender: nil, recipients: ["joe@x.example"], message: Array(text.utf8),
                    withProtocol: "SMTP")))
        if text.hasPrefix("From") {
            #expect(try world.admit(submission).text.contains("\r\n\r\n"))
        } else {
            #expect(world.refusal(of: submission) != nil)
        }
    }
}
