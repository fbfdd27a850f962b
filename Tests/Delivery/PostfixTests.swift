import EventLoop
import SMTPWire
import TestSupport
import Testing

@testable import Delivery

/// A real Postfix takes our mail by BDAT, and knows what its sender asked for.
@Suite struct PostfixTests {
    @Test func `a report that is asked for reaches the queue of the next host`() async throws {
        guard let postfix = try await PostfixServer.start() else { return }
        var asking = attempt(
            to: ["bob@remote.test", "jörg@remote.test"], content: "Subject: dsn\r\n\r\n.\r\n")
        asking.envelope.envelopeID = "job+7"
        asking.envelope.returnedContent = .headers
        var first = RecipientParameters()
        first.notify = [.success, .delay]
        first.originalRecipient = OriginalRecipient(type: "rfc822", address: "old+x@elsewhere.test")
        var second = RecipientParameters()
        second.notify = []
        asking.recipients = [
            .init("bob@remote.test", parameters: first), .init("jörg@remote.test", parameters: second),
        ]
        let attempt = asking
        let outcomes = try await DeliveryBench(postfix.address).run { delivery in
            await delivery.deliver(attempt) + (await delivery.deliver(attempt))
        }
        #expect(outcomes.count == 4 && outcomes.allSatisfy { $0.outcome.delivered?.queueID != nil })
        let queued = try await postfix.queued()
        #expect(queued.count == 2)
        let message = try #require(queued.first)
        for line in [
            "named_attribute: envelope_id=job+7", "named_attribute: ret_flags=2",
            "named_attribute: dsn_orig_rcpt=rfc822;old+x@elsewhere.test",
            "named_attribute: notify_flags=10", "named_attribute: notify_flags=1",
            "recipient: jörg@remote.test",
        ] { #expect(message.contains(line), "\(line) in \(message)") }
        #expect(message.contains("\n\n.\n"))
    }

    @Test(arguments: ["chunking", "pipelining", "dsn, smtputf8", "8bitmime, smtputf8, chunking"])
    func `whatever it leaves out of its EHLO, the message arrives`(keywords: String) async throws {
        guard
            let postfix = try await PostfixServer.start(["smtpd_discard_ehlo_keywords = \(keywords)"])
        else { return }
        let content =
            "Subject: grüße\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Content-Transfer-Encoding: 8bit\r\n\r\nüber alles, was so im Text steht\r\n"
        let outcomes = try await DeliveryBench(postfix.address).deliver(attempt(content: content))
        #expect(outcomes.first?.delivered != nil, "\(outcomes)")
        let message = try #require(try await postfix.queued().first)
        #expect(message.contains(keywords.hasPrefix("8bit") ? "=C3=BCber alles" : "über alles"))
        #expect(message.contains(keywords.contains("smtputf8") ? "Subject: =?UTF-8?" : "Subject: grüße"))
    }
}

extension PostfixServer {
    fileprivate var address: SocketAddress { .ipv4(0x7F00_0001, port: port) }
}
