import Admission
import FoundationEssentials
import MailFormat
import NodeProtocol
import SMTPWire
import Testing

@testable import Node

@Suite struct DeliveryNoticesTests {
    private let id = MessageID(milliseconds: 1_700_000_000_000, node: 1, random: (1, 2))
    private let acceptedAt: Int64 = 1_700_000_000_000
    private let unsubscribed = Unsubscribed()
    private let notices: DeliveryNotices

    init() {
        notices = DeliveryNotices(
            ids: MessageIDs(node: 1, random: { 7 }), hostName: "node.example", delayMilliseconds: 1_000,
            unsubscribed: unsubscribed)
    }

    private func message(
        _ notify: [DeliveryNotifications?], sender: String = "a@one.example", isTest: Bool = false
    ) -> OpenMessage {
        let log = Event.Accepted(
            origin: Event.Origin(kind: .credential, id: "k", door: "smtp"), from: "a@one.example",
            envelopeSender: sender, recipients: notify.indices.map { "r\($0)@x.example" }, subject: "s",
            messageIDHeader: "<1@one.example>", bodyBytes: 10, hasAttachments: false, tags: [],
            metadata: [:], isTest: isTest, scheduledAt: nil)
        let entry = MailEntry(
            tenant: TenantID(UUID()), acceptedAt: acceptedAt, deadline: acceptedAt + 9_000_000,
            senderDomain: "one.example", selector: "dispatch", log: log)
        var request = EnvelopeRequest()
        request.envelopeID = "job 7"
        request.recipients = notify.map { notify in
            var parameters = RecipientParameters()
            parameters.notify = notify
            return parameters
        }
        return OpenMessage(id: id, entry: .mail(entry.asking(request)))
    }

    private func event(_ kind: EventKind, _ index: Int = 0, after milliseconds: Int64 = 0) -> Event {
        var event = Event(
            kind, message: id, tenant: TenantID(UUID()), at: acceptedAt + milliseconds, node: 1,
            recipient: "r\(index)@x.example")
        event.response = Event.Response(code: 550, enhancedCode: "5.1.1", text: "no such user")
        event.remoteHost = "mx.x.example"
        return event
    }

    private func action(_ event: Event, of message: OpenMessage, _ index: Int = 0) -> DeliveryNotice.Action? {
        notices.wanted(event, of: message, index: index, isRemoteReply: true)?.action
    }

    @Test func `a sender is told of what it asked for and of nothing else`() {
        let all = message([[.success, .failure, .delay]])
        #expect(action(event(.delivered), of: all) == .relayed)
        for kind in [EventKind.bounced, .expired, .failed] {
            #expect(action(event(kind), of: all) == .failed)
            #expect(action(event(kind), of: message([[.success, .delay]])) == nil)
            #expect(action(event(kind), of: message([[]])) == nil)
            #expect(action(event(kind), of: message([nil])) == nil)
        }
        #expect(action(event(.cancelled), of: all) == nil)
        #expect(action(event(.delivered), of: message([[.failure]])) == nil)
        #expect(action(event(.delivered), of: all, 5) == nil)
    }

    @Test func `nobody is told of a message without a sender, or of a test key's`() {
        #expect(action(event(.bounced), of: message([[.failure]], sender: "")) == nil)
        #expect(action(event(.bounced), of: message([[.failure]], isTest: true)) == nil)
    }

    @Test func `a delay is told of once, when it is long enough`() {
        var message = message([[.delay]])
        #expect(action(event(.deferred, after: 999), of: message) == nil)
        message.apply(event(.deferred, after: 999), to: 0)
        #expect(action(event(.deferred, after: 1_500), of: message) == .delayed)
        message.apply(event(.deferred, after: 1_500), to: 0)
        #expect(action(event(.deferred, after: 9_000), of: message) == nil)
    }

    @Test func `outcomes of one kind share a notice, which is a message of the tenant from the null path`()
        throws
    {
        let message = message([[.failure], [.failure], [.success]])
        let events = [event(.bounced, 0), event(.bounced, 1), event(.delivered, 2)]
        let wanted = events.enumerated().compactMap { index, event in
            notices.wanted(event, of: message, index: index, isRemoteReply: true)
        }
        guard case .mail(let mail) = message.entry else { return }
        let original = Array("Subject: hello\r\nX-Secret: body\r\n\r\nbody\r\n".utf8)
        let made = notices.make(wanted, of: id, mail, original: original, snapshot: nil)
        #expect(made.count == 2)
        let failure = try #require(made.first)
        #expect(failure.entry.log.envelopeSender.isEmpty)
        #expect(failure.entry.log.recipients == ["a@one.example"])
        #expect(failure.entry.senderDomain == "one.example")
        #expect(failure.entry.tenant == mail.tenant)
        #expect(failure.entry.isNotice)
        let report = MIMEParser.parse(failure.body)
        #expect(report.text(of: 2).contains("Original-Envelope-Id: job 7\r\n"))
        #expect(report.text(of: 2).contains("Final-Recipient: rfc822;r1@x.example\r\nAction: failed\r\n"))
        #expect(report.text(of: 2).contains("Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"))
        #expect(report.text(of: 3) == "Subject: hello\r\nX-Secret: body\r\n")
        #expect(report.header("To") == "a@one.example")
    }

    @Test func `a sender who unsubscribed at this node gets no report`() throws {
        let message = message([[.failure]])
        guard case .mail(let mail) = message.entry else { return }
        let wanted = try #require(
            notices.wanted(event(.bounced), of: message, index: 0, isRemoteReply: true))
        unsubscribed.insert("A@one.example", of: TenantID(UUID()), at: acceptedAt)
        #expect(notices.make([wanted], of: id, mail, original: nil, snapshot: nil).count == 1)
        unsubscribed.insert("A@one.example", of: mail.tenant, at: acceptedAt)
        #expect(notices.make([wanted], of: id, mail, original: nil, snapshot: nil).isEmpty)
    }

    @Test func `the whole message comes back where RET asks for it, in a report of failure alone`() throws {
        let message = message([[.failure, .success]])
        guard case .mail(let plain) = message.entry, var request = plain.request else { return }
        request.returnedContent = .full
        let mail = plain.asking(request)
        let original = Array("Subject: hello\r\n\r\nbody\r\n".utf8)
        for (kind, type) in [(EventKind.bounced, "message/rfc822"), (.delivered, "text/rfc822-headers")] {
            let wanted = try #require(
                notices.wanted(event(kind), of: message, index: 0, isRemoteReply: true))
            let made = try #require(
                notices.make([wanted], of: id, mail, original: original, snapshot: nil).first)
            #expect(MIMEParser.parse(made.body).parts.last?.contentType.value == type)
        }
    }

    @Test func `what was asked for comes back from the spool, and older entries ask for nothing`() throws {
        guard case .mail(let plain) = message([[.success, .delay], nil, []]).entry,
            var request = plain.request
        else { return }
        request.returnedContent = .headers
        request.requiresTLS = true
        request.recipients[1].originalRecipient = OriginalRecipient(
            type: "utf-8", address: "ö+x@y.example")
        let mail = plain.asking(request)
        guard case .mail(let read) = try #require(Entry(Entry.mail(mail).encoded())) else { return }
        #expect(read.request == mail.request)
        guard case .mail(let older) = try #require(Entry(Entry.mail(mail.asking(nil)).encoded())) else {
            return
        }
        #expect(older.request == nil)
    }
}

extension MailEntry {
    /// The same entry with another request.
    fileprivate func asking(_ request: EnvelopeRequest?) -> MailEntry {
        MailEntry(
            tenant: tenant, acceptedAt: acceptedAt, deadline: deadline, senderDomain: senderDomain,
            selector: selector, isBulk: isBulk, bodyBytes: bodyBytes, log: log, suppressed: suppressed,
            request: request)
    }
}
