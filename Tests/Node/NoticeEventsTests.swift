import Doors
import FoundationEssentials
import NodeProtocol
import Testing

@testable import Node

@Suite struct NoticeEventsTests {
    private let tenant = TenantID(UUID())
    private let message = MessageID(milliseconds: 1_800_000_000_000, node: 1, random: (1, 2))
    private let events = NoticeEvents(node: 4)

    private func notice(
        _ kind: InboundNotice.Kind, recipient: String? = "jane@example.org", namesOthers: Bool = false
    ) throws -> InboundNotice {
        let path = try ReturnPath(clusterKeys: [[UInt8](repeating: 1, count: 32)])
        let address = path.address(
            message: message, domain: "one.example", tenant: tenant, recipients: ["jane@example.org"])
        let proof = try #require(path.proof(of: address) { _ in tenant })
        return InboundNotice(
            proof: proof, kind: kind, recipient: recipient, isCertain: true, namesOthers: namesOthers,
            reporter: "mx.example")
    }

    @Test func `a bounce has the host's answer and what it means`() throws {
        let notice = try notice(.bounced(code: 550, status: "5.1.1", text: "550 5.1.1 no such user"))
        let event = events.event(notice, nil, only: nil, now: 7)
        #expect(event.kind == .bounced)
        #expect(event.isLate)
        #expect(event.message == message)
        #expect(event.tenant == tenant)
        #expect(event.at == 7)
        #expect(event.node == 4)
        #expect(event.recipient == "jane@example.org")
        #expect(event.remoteHost == "mx.example")
        #expect(event.response?.code == 550)
        #expect(event.response?.enhancedCode == "5.1.1")
        #expect(event.classification?.action == "suppress")
    }

    @Test(
        arguments: [
            (nil, "4.4.7", "expired"), (452, "4.2.2", "mailbox full"), (421, nil, "try again later"),
            (nil, nil, "something went wrong"), (550, "5.7.1", "spam"),
        ] as [(Int?, String?, String)])
    func `what the host gave up is a bounce that suppresses nobody, whatever it said`(
        code: Int?, status: String?, text: String
    ) throws {
        let event = events.event(
            try notice(.bounced(code: code, status: status, text: text)), nil, only: nil, now: 1)
        #expect(event.classification?.action == "bounce")
        #expect((400...599).contains(event.response?.code ?? 0))
    }

    @Test func `an address to which somebody forwards is held against nobody`() throws {
        let notice = try notice(
            .bounced(code: 550, status: "5.1.1", text: "no such user"), namesOthers: true)
        #expect(events.event(notice, nil, only: nil, now: 1).classification?.action == "bounce")
    }

    @Test func `a complaint suppresses`() throws {
        let event = events.event(try notice(.complained("abuse")), nil, only: nil, now: 1)
        #expect(event.kind == .complained)
        #expect(event.isLate)
        #expect(event.classification?.rule == "feedback.abuse")
        #expect(event.response == nil)
    }

    @Test func `a recipient is written as the message had him, and the only one is meant by none`() throws {
        let log = Event.Accepted(
            origin: .init(kind: .apiKey, id: "", door: ""), from: "", envelopeSender: "",
            recipients: ["Jane@example.org"], subject: "", messageIDHeader: "", bodyBytes: 0,
            hasAttachments: false, tags: [], metadata: [:], isTest: false, scheduledAt: nil)
        let mail = MailEntry(tenant: tenant, acceptedAt: 1, deadline: 2, log: log)
        let complaint = try notice(.complained("abuse"))
        #expect(events.event(complaint, mail, only: nil, now: 1).recipient == "Jane@example.org")
        let unnamed = try notice(.complained("abuse"), recipient: nil)
        #expect(events.event(unnamed, mail, only: "Jane@example.org", now: 1).recipient == "Jane@example.org")
        #expect(events.event(unnamed, nil, only: nil, now: 1).recipient == nil)
    }
}
