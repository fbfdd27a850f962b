import Admission
import FoundationEssentials
import NodeProtocol
import SMTPWire
import Spool
import TestSupport
import Testing

@testable import Node

@Suite struct ReportWishesTests {
    private let tenant = TenantID(UUID())

    private func id(_ number: UInt64) -> MessageID {
        MessageID(milliseconds: 1_700_000_000_000, node: 1, random: (number, 2))
    }

    private func mail(
        _ notify: DeliveryNotifications?, sender: String = "a@one.example", isTest: Bool = false
    )
        -> MailEntry
    {
        let log = Event.Accepted(
            origin: Event.Origin(kind: .credential, id: "k", door: "smtp"), from: "a@one.example",
            envelopeSender: sender, recipients: ["r@x.example"], subject: "s",
            messageIDHeader: "<1@one.example>", bodyBytes: 10, hasAttachments: false, tags: [], metadata: [:],
            isTest: isTest, scheduledAt: nil)
        var parameters = RecipientParameters()
        parameters.notify = notify
        var request = EnvelopeRequest()
        request.recipients = [parameters]
        return MailEntry(
            tenant: tenant, acceptedAt: 1_700_000_000_000, deadline: 1_700_009_000_000,
            senderDomain: "one.example", selector: "dispatch", log: log, request: request)
    }

    @Test func `only messages whose senders asked are remembered, and for their tenant alone`() {
        let wishes = ReportWishes(log: nil)
        wishes.note(id(1), mail([.success]))
        wishes.note(id(2), mail([]))
        wishes.note(id(3), mail(nil))
        wishes.note(id(4), mail([.failure], sender: ""))
        wishes.note(id(5), mail([.failure], isTest: true))
        #expect(wishes.mail(id(1), of: tenant)?.log.recipients == ["r@x.example"])
        #expect(wishes.mail(id(1), of: TenantID(UUID())) == nil)
        for number in 2...5 { #expect(wishes.mail(id(UInt64(number)), of: tenant) == nil) }
    }

    @Test func `what was told is not told again, what failed is`() {
        let wishes = ReportWishes(log: nil)
        wishes.note(id(1), mail([.success]))
        let told = ReportWishes.Told(message: id(1), index: 0, action: 4)
        #expect(wishes.claim(told))
        #expect(!wishes.claim(told))
        wishes.settle([told], at: nil)
        #expect(wishes.claim(told))
        wishes.settle([told], at: 1)
        #expect(!wishes.claim(told))
        #expect(wishes.claim(ReportWishes.Told(message: id(1), index: 0, action: 1)))
        #expect(!wishes.claim(ReportWishes.Told(message: id(9), index: 0, action: 1)))
    }

    @Test func `the oldest are forgotten when there are too many`() {
        let one = Entry.mail(mail([.success])).encoded().count
        let wishes = ReportWishes(log: nil, maxBytes: 3 * one)
        for number in 1...5 { wishes.note(id(UInt64(number)), mail([.success])) }
        #expect((1...5).map { wishes.mail(id($0), of: tenant) != nil } == [false, false, true, true, true])
    }

    @Test func `wishes and what was told are there after a restart`() async throws {
        let folder = try TemporaryDirectory()
        let now: @Sendable () -> Int64 = { 1_700_000_000_000 }
        func open() throws -> (ReportWishes, KeyLog) {
            var records: [KeyRecord] = []
            let (log, _) = try KeyLog.open(
                directory: folder.file("wishes"), configuration: ReportWishes.logConfiguration, now: now
            ) { records.append($0) }
            return (ReportWishes(records, log: log), log)
        }
        let told = ReportWishes.Told(message: id(1), index: 0, action: 4)
        let (wishes, log) = try open()
        wishes.note(id(1), mail([.success, .delay]))
        #expect(wishes.claim(told))
        wishes.settle([told], at: now())
        await log.close()
        let (again, second) = try open()
        #expect(again.mail(id(1), of: tenant)?.request?.recipients.first?.notify == [.success, .delay])
        #expect(!again.claim(told))
        await second.close()
    }
}
