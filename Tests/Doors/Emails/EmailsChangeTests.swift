import Crypto
import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import SMTPWire
import TestSupport
import Testing

@testable import Admission
@testable import Doors

/// What happens to an e-mail after it was accepted: it is withdrawn, moved, or sent again.
@Suite struct EmailsChangeTests {
    private let node: HTTPNode
    private let path = "/api/v1/emails"

    init() throws { node = try HTTPNode(MemoryIntake()) }

    private func hold(_ state: RecipientState, tenant: String = MemoryIntake.one) throws -> String {
        let id = MessageID(milliseconds: 1_799_999_999_000, node: 9, random: (1, 2))
        try node.intake.set(
            MessageStatus(
                id: id, acceptedAt: 1_799_999_999_000,
                recipients: [.init(address: "j@x.example", state: state)]), tenant: tenant)
        return id.description
    }

    @Test func `a scheduled email is cancelled once`() async throws {
        let id = try hold(.scheduled)
        let answer = try await node.ask("POST", "\(path)/\(id)/cancel", json: "{}")
        #expect(answer.status == 200, "\(answer.body)")
        #expect(answer.json == ["object": "email", "id": .string(id), "status": "cancelled"])
        let again = try await node.ask("POST", "\(path)/\(id)/cancel")
        #expect(again.status == 409)
        #expect(again.json["code"] == "not_scheduled")
    }

    @Test func `a scheduled email is moved to another time ahead`() async throws {
        let id = try hold(.scheduled)
        let answer = try await node.ask(
            "PATCH", "\(path)/\(id)", json: #"{"id":"\#(id)","scheduled_at":"2027-02-01T00:00:00.500Z"}"#)
        #expect(answer.status == 200, "\(answer.body)")
        #expect(
            answer.json == [
                "object": "email", "id": .string(id), "status": "scheduled",
                "scheduled_at": "2027-02-01T00:00:00.500Z",
            ])
        for (json, field) in [
            ("{}", "scheduled_at"), (#"{"scheduled_at":"2020-01-01T00:00:00Z"}"#, "scheduled_at"),
            (#"{"scheduled_at":1}"#, "scheduled_at"),
            (#"{"id":"x","scheduled_at":"2027-02-01T00:00:00Z"}"#, "id"),
            (#"{"scheduled_at":"2027-02-01T00:00:00Z","subject":"s"}"#, "subject"),
        ] {
            let refused = try await node.ask("PATCH", "\(path)/\(id)", json: json)
            #expect(refused.status == 400, "\(json)")
            #expect(refused.json["field"].text == field, "\(json)")
        }
    }

    @Test func `what waits for no time is neither cancelled nor moved`() async throws {
        let id = try hold(.queued)
        let cancelled = try await node.ask("POST", "\(path)/\(id)/cancel")
        let moved = try await node.ask(
            "PATCH", "\(path)/\(id)", json: #"{"scheduled_at":"2027-02-01T00:00:00Z"}"#)
        for answer in [cancelled, moved] {
            #expect(answer.status == 409)
            #expect(answer.json["code"] == "not_scheduled")
        }
    }

    @Test func `another tenant's email is not there`() async throws {
        let id = try hold(.scheduled, tenant: MemoryIntake.two)
        for answer in [
            try await node.ask("POST", "\(path)/\(id)/cancel"),
            try await node.ask("POST", "\(path)/none/cancel"),
            try await node.ask("PATCH", "\(path)/\(id)", json: #"{"scheduled_at":"2027-02-01T00:00:00Z"}"#),
        ] {
            #expect(answer.status == 404)
            #expect(answer.json["code"] == "email_not_found")
        }
    }

    // MARK: Again

    private let original = MessageID(milliseconds: 1_799_999_999_000, node: 9, random: (5, 6))

    private func kept(
        _ message: String, composed: Bool = true, original: MessageID? = nil, again: KeptMessage.Again? = nil
    ) -> String {
        let content = Base64.encode(Array(message.utf8))
        let again = again.map { "\"again\":\"\(Base64.encode($0.encoded()))\"," } ?? ""
        return #"""
            {"original":"\#(original ?? self.original)","to":["j@x.example"],"cc":["c@x.example"],
             "bcc":["b@x.example"],"message":"\#(content)","is_composed":\#(composed),"is_test":false,
             \#(again)"tags":["t"],"metadata":{"a":"b"},"track_opens":true,
             "track_clicks":false,"offers_unsubscribe":true}
            """#
    }

    private var message: String {
        "X-Dispatch-ID: \(original)\r\nFrom: a@one.example\r\nTo: j@x.example\r\nCc: c@x.example\r\n"
            + "Subject: Hi\r\nDate: Fri, 01 Jan 2021 00:00:00 +0000\r\nMessage-ID: <old@one.example>\r\n"
            + "\r\nHello.\r\n"
    }

    private func sendAgain(_ json: String, key: String = "dsp_live_one", headers: [String] = []) async throws
        -> HTTPNode.Answer
    {
        try await node.ask(
            "POST", "\(path)/\(original)/resend", key: key,
            headers: ["X-Dispatch-Relayed: 192.0.2.1"] + headers, json: json)
    }

    @Test func `what is sent again is equal but for its date and its ids, and Bcc gets it too`() async throws
    {
        let answer = try await sendAgain(kept(message))
        #expect(answer.status == 202, "\(answer.body)")
        let again = try #require(node.intake.kept.first)
        #expect(
            again.text
                == message.replacing("\(original)", with: "\(again.id)")
                .replacing("01 Jan 2021 00:00:00", with: "15 Jan 2027 08:00:00")
                .replacing("<old@one.example>", with: "<\(again.id)@one.example>"))
        #expect(again.recipients == ["j@x.example", "c@x.example", "b@x.example"])
        #expect(again.cc == ["c@x.example"] && again.bcc == ["b@x.example"])
        // An earlier version kept no places for links.
        #expect(again.tracking == .off && again.offersUnsubscribe)
        #expect(again.resentFrom == original && again.id != original)
        #expect(again.tags == ["t"] && again.metadata == ["a": "b"])
        #expect(answer.json["resent_from"].text == original.description)
        #expect(answer.json["to"] == ["j@x.example"] && answer.json["subject"] == "Hi")
    }

    @Test func `what was tracked, asked for and bulk is so again, with links of its own`() async throws {
        let text = message.replacing("Hello.", with: "Leave: {{unsubscribe_url}}")
        let range = try #require(text.firstRange(of: "{{unsubscribe_url}}"))
        let start = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
        var first = KeptMessage.Again(envelopeSender: "bounce@one.example")
        first.links = LinkPlaces([LinkPlace(.unsubscribe, start..<start + 19)]).packed
        first.isBulk = true
        var asked = EnvelopeRequest()
        asked.requiresTLS = true
        asked.envelopeID = "e1"
        var wish = RecipientParameters()
        wish.notify = .success
        asked.recipients = [RecipientParameters(), RecipientParameters(), wish]
        var writer = ProtobufWriter()
        asked.write(to: &writer)
        first.request = writer.bytes
        first.recipients = ["b@x.example", "c@x.example", "j@x.example"]
        let answer = try await sendAgain(kept(text, again: first))
        #expect(answer.status == 202, "\(answer.body)")
        let again = try #require(node.intake.kept.first)
        #expect(again.envelopeSender == "bounce@one.example" && again.stream == .bulk)
        #expect(again.tracking == .init(opens: true, clicks: false) && again.offersUnsubscribe)
        #expect(again.recipients == ["j@x.example", "c@x.example", "b@x.example"])
        #expect(again.request?.requiresTLS == true && again.request?.envelopeID == "e1")
        #expect(again.request?.recipients.map(\.notify) == [.success, nil, nil])
        let places = try #require(again.links.places(in: again.message.count))
        #expect(
            places.map { String(decoding: again.message[$0.range], as: UTF8.self) } == ["{{unsubscribe_url}}"]
        )
        let wrong = kept(text, again: nil).replacing("\"tags\"", with: "\"again\":\"AQ==\",\"tags\"")
        #expect(try await sendAgain(wrong).status == 400)
    }

    @Test func `the trace of the first way is gone, that of others stays`() async throws {
        let trace =
            "X-Dispatch-ID: \(original)\r\nReceived: by n.example with ESMTPSA\r\n"
            + "\tid \(original.hexadecimal); x\r\n"
            + "Received: by other.example id 7; x\r\n"
        let rest = message.split(separator: "\r\n", maxSplits: 1, omittingEmptySubsequences: false)[1]
        #expect(try await sendAgain(kept(trace + rest, composed: false)).status == 202)
        let again = try #require(node.intake.kept.first)
        #expect(!again.text.contains("n.example with"))
        #expect(again.text.contains("Received: by other.example id 7"))
        #expect(again.tracking == .off && !again.offersUnsubscribe)
    }

    @Test func `sender, scope and key count as with any other send`() async throws {
        let foreign = kept(message.replacing("a@one.example", with: "a@two.example"))
        let refused = try await sendAgain(foreign)
        #expect(refused.status == 403)
        #expect(refused.json["code"] == "domain_not_verified")
        #expect(try await sendAgain(kept(message), key: "dsp_live_one_none").status == 403)
        #expect(try await sendAgain(kept(message), key: "dsp_test_one").status == 202)
        #expect(node.intake.kept.last?.isTest == true)
        let headers = ["Idempotency-Key: again"]
        #expect(try await sendAgain(kept(message), headers: headers).status == 202)
        #expect(try await sendAgain(kept(message), headers: headers).status == 200)
        #expect(node.intake.kept.count == 2)
    }

    @Test func `a customer's own request to send again never reaches the door`() async throws {
        let answer = try await node.ask("POST", "\(path)/\(original)/resend", json: kept(message))
        #expect(answer.status == 404)
        let other = MessageID(milliseconds: 1_799_999_999_000, node: 9, random: (7, 8))
        #expect(try await sendAgain(kept(message, original: other)).status == 404)
        #expect(node.intake.kept.isEmpty)
    }
}
