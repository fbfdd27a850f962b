import FoundationEssentials
import NodeProtocol
import Testing

@testable import Node

@Suite struct OpenMessageTests {
    private let tenant = TenantID(UUID())
    private let id = MessageID(milliseconds: 1_700_000_000_000, node: 1, random: (1, 2))

    private func message(_ recipients: [String], scheduledAt: Int64? = nil) throws -> OpenMessage {
        let accepted = Event.Accepted(
            origin: Event.Origin(kind: .apiKey, id: "k", door: "ingest"), from: "a@example.com",
            envelopeSender: "a@example.com", recipients: recipients, subject: "s",
            messageIDHeader: "<1@example.com>",
            bodyBytes: 10, hasAttachments: false, tags: [], metadata: [:], isTest: false,
            scheduledAt: scheduledAt)
        return OpenMessage(
            id: id, entry: .mail(MailEntry(tenant: tenant, acceptedAt: 1, deadline: 100, log: accepted)))
    }

    private func event(_ kind: EventKind, _ recipient: String, attempt: Int) -> Event {
        var event = Event(kind, message: id, tenant: tenant, at: 5, node: 1, recipient: recipient)
        event.attempt = attempt
        return event
    }

    @Test func `a message is finished when each of its recipients is`() throws {
        var message = try message(["a@example.org", "b@example.org"])
        #expect(message.pending == [0, 1])
        message.apply(event(.delivered, "a@example.org", attempt: 1), to: 0)
        #expect(message.pending == [1])
        #expect(!message.isFinished)
        message.apply(event(.bounced, "b@example.org", attempt: 1), to: 1)
        #expect(message.isFinished)
        #expect(message.status?.state == .bounced)
    }

    @Test func `whoever is on the suppression list is told of, and holds up nothing`() throws {
        let open = try message(["a@example.org"])
        guard case .mail(let entry) = open.entry else { return }
        var sent = OpenMessage(
            id: id,
            entry: .mail(
                MailEntry(
                    tenant: tenant, acceptedAt: 1, deadline: 100, log: entry.log,
                    suppressed: ["gone@example.org"])))
        #expect(sent.status?.state == .queued && sent.status?.from == "a@example.com")
        sent.apply(event(.delivered, "a@example.org", attempt: 1), to: 0)
        #expect(sent.isFinished && sent.status?.state == .delivered)
        #expect(sent.status?.recipients.map(\.address) == ["a@example.org", "gone@example.org"])
        #expect(sent.status?.recipients.map(\.state) == [.delivered, .suppressed])
    }

    @Test func `a deferred recipient keeps its attempts and the time of the next`() throws {
        var message = try message(["a@example.org"])
        var deferred = event(.deferred, "a@example.org", attempt: 2)
        deferred.nextAttemptAt = 77
        message.apply(deferred, to: 0)
        #expect(message.recipients[0].attempts == 2)
        #expect(message.recipients[0].nextAttemptAt == 77)
        #expect(message.status?.state == .deferred)
    }

    @Test func `what a reader does changes nothing of the delivery`() throws {
        var message = try message(["a@example.org"])
        var deferred = event(.deferred, "a@example.org", attempt: 2)
        deferred.nextAttemptAt = 77
        message.apply(deferred, to: 0)
        for kind in [EventKind.opened, .clicked, .unsubscribed, .complained] {
            message.apply(event(kind, "a@example.org", attempt: 9), to: 0)
        }
        #expect(message.recipients[0].nextAttemptAt == 77 && message.recipients[0].attempts == 2)
        #expect(message.status?.state == .deferred && message.recipients[0].lastEvent == deferred)
    }

    @Test func `a scheduled message waits for its time`() throws {
        let message = try message(["a@example.org"], scheduledAt: 50)
        #expect(message.status?.state == .scheduled)
        #expect(message.recipients[0].nextAttemptAt == 50)
    }

    @Test func `a message that is moved is due, and given up, at its new time`() throws {
        var message = try message(["a@example.org"], scheduledAt: 50)
        #expect(message.due == 50 && message.deadline == 100)
        var moved = event(.rescheduled, "a@example.org", attempt: 0)
        moved.nextAttemptAt = 70
        message.apply(moved, to: 0)
        #expect(message.due == 70 && message.deadline == 120)
        #expect(try self.message(["a@example.org"]).due == 1)
    }

    @Test func `an event of a stranger changes nothing`() throws {
        var message = try message(["a@example.org"])
        #expect(message.index(of: event(.delivered, "x@example.org", attempt: 1)) == nil)
        message.apply(event(.delivered, "x@example.org", attempt: 1), to: 9)
        message.start(9, attempt: 1)
        #expect(message.pending == [0])
    }
}
