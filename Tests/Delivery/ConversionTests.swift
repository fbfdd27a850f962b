import EventLoop
import SMTPWire
import Testing

@testable import Delivery

/// What a host cannot take as it is: converted where that keeps the meaning, else given back with the reason.
@Suite struct ConversionTests {
    private func sink(_ extensions: [String]) throws -> SMTPSink {
        var script = SMTPSink.Script()
        script.extensions = extensions
        return try SMTPSink(script)
    }

    private let text =
        "From: App <app@sender.test>\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
        + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + "Grüße an alle, die das lesen\r\n"

    @Test func `8-bit content goes as it is to a host with 8BITMIME`() async throws {
        let sink = try sink(["PIPELINING", "8BITMIME", "SIZE"])
        _ = try await DeliveryBench(sink.address).deliver(attempt(content: text))
        let message = try #require(sink.ledger.messages.first)
        #expect(message.text == text)
        #expect(message.mail.hasSuffix(" BODY=8BITMIME"))
    }

    @Test func `8-bit content is converted for a host without 8BITMIME, and signed as it leaves`()
        async throws
    {
        let sink = try sink(["PIPELINING", "SIZE"])
        var attempt = attempt(content: text)
        attempt.sign = { content in Array("X-Signed-Bytes: \(content.count)\r\n".utf8) }
        #expect(try await DeliveryBench(sink.address).deliver(attempt).first?.delivered != nil)
        let message = try #require(sink.ledger.messages.first)
        #expect(message.content.allSatisfy { $0 < 0x80 })
        #expect(
            message.text.contains(
                "Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe an alle"))
        let unsigned = message.text.drop { $0 != "\r\n" }.dropFirst()
        #expect(message.text.hasPrefix("X-Signed-Bytes: \(unsigned.utf8.count)\r\n"))
        #expect(message.mail == "MAIL FROM:<alice@sender.test> SIZE=\(message.content.count)")
    }

    @Test func `the same message is converted for one host and not for another`() async throws {
        let plain = try sink(["PIPELINING"])
        let modern = try sink(["PIPELINING", "8BITMIME"])
        for sink in [plain, modern] {
            _ = try await DeliveryBench(sink.address).deliver(attempt(content: text))
        }
        #expect(plain.ledger.messages.first?.text.contains("=C3=BC") == true)
        #expect(modern.ledger.messages.first?.text.contains("ü") == true)
    }

    @Test func `a signed part is not broken: the message bounces and says why`() async throws {
        let sink = try sink(["PIPELINING"])
        let signed =
            "Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n"
            + "ü\r\n--b\r\n\r\nsignature\r\n--b--\r\n"
        let bounced = try await DeliveryBench(sink.address).deliver(attempt(content: signed)).first?.bounced
        #expect(bounced?.reply.status == EnhancedStatusCode(5, 6, 3))
        #expect(bounced?.reply.text.contains("127.0.0.1 takes no 8-bit content") == true)
        #expect(bounced?.reply.text.contains("multipart/signed would lose its validity") == true)
        #expect(bounced?.classification.action == .bounce)
        #expect(bounced?.isRemoteReply == false)
        #expect(!sink.ledger.commands.contains { $0.hasPrefix("MAIL") })
    }

    @Test func `a header in UTF-8 becomes encoded-words where SMTPUTF8 is not known`() async throws {
        let sink = try sink(["PIPELINING", "8BITMIME"])
        let content = text.replacing("Subject: hello", with: "Subject: Grüße")
        #expect(
            try await DeliveryBench(sink.address).deliver(attempt(content: content)).first?.delivered != nil)
        let message = try #require(sink.ledger.messages.first)
        #expect(message.text.contains("Subject: =?UTF-8?"))
        #expect(message.text.hasSuffix("\r\n\r\nGrüße an alle, die das lesen\r\n"))
        #expect(message.mail == "MAIL FROM:<alice@sender.test> BODY=8BITMIME")
        let modern = try self.sink(["8BITMIME", "SMTPUTF8"])
        _ = try await DeliveryBench(modern.address).deliver(attempt(content: content))
        #expect(modern.ledger.messages.first?.text == content)
        #expect(modern.ledger.messages.first?.mail.hasSuffix(" BODY=8BITMIME SMTPUTF8") == true)
    }

    @Test func `an address in the header that has no ASCII form bounces, naming the host and the field`()
        async throws
    {
        let sink = try sink(["PIPELINING", "8BITMIME"])
        let content = text.replacing("<app@sender.test>", with: "<äpp@sender.test>")
        let bounced = try await DeliveryBench(sink.address).deliver(attempt(content: content)).first?.bounced
        #expect(bounced?.reply.status == EnhancedStatusCode(5, 6, 7))
        #expect(
            bounced?.reply.text == "127.0.0.1 does not support SMTPUTF8, which the field From needs")
    }

    @Test func `one recipient whose address needs SMTPUTF8 does not stop the others`() async throws {
        let sink = try sink(["PIPELINING"])
        let outcomes = try await DeliveryBench(sink.address).deliver(
            attempt(to: ["a@remote.test", "jörg@remote.test", "b@bücher.test"]))
        #expect(outcomes.map { $0.delivered != nil } == [true, false, true])
        #expect(
            outcomes[1].bounced?.reply.text
                == "127.0.0.1 does not support SMTPUTF8, which jörg@remote.test needs")
        #expect(sink.ledger.messages.first?.recipients.count == 2)
    }

    @Test func `the size that counts is that of the message as it leaves`() async throws {
        let long = text + String(repeating: "ü", count: 2_000) + "\r\n"
        let sink = try sink(["PIPELINING", "SIZE 5000"])
        let bounced = try await DeliveryBench(sink.address).deliver(attempt(content: long)).first?.bounced
        #expect(bounced?.reply.status == EnhancedStatusCode(5, 3, 4))
        #expect(bounced?.reply.text.hasSuffix("127.0.0.1 takes 5000") == true)
        let modern = try self.sink(["PIPELINING", "SIZE 5000", "8BITMIME"])
        #expect(
            try await DeliveryBench(modern.address).deliver(attempt(content: long)).first?.delivered != nil)
    }
}

/// DSN and REQUIRETLS are passed on.
@Suite struct EnvelopeOptionsTests {
    private func asking() -> DeliveryAttempt {
        var attempt = attempt(to: ["a@remote.test", "b@remote.test"])
        attempt.envelope.envelopeID = "job+7"
        attempt.envelope.returnedContent = .full
        var named = RecipientParameters()
        named.notify = [.success, .delay]
        named.originalRecipient = OriginalRecipient(type: "rfc822", address: "old+x@elsewhere.test")
        var never = RecipientParameters()
        never.notify = []
        attempt.recipients = [
            .init("a@remote.test", parameters: named), .init("b@remote.test", parameters: never),
        ]
        return attempt
    }

    @Test func `a host that knows DSN is told what the sender asked for, and the first address`() async throws
    {
        let sink = try SMTPSink()
        #expect(try await DeliveryBench(sink.address).deliver(asking()).allSatisfy { $0.delivered != nil })
        let message = try #require(sink.ledger.messages.first)
        #expect(message.mail == "MAIL FROM:<alice@sender.test> SIZE=26 RET=FULL ENVID=job+2B7")
        #expect(
            message.recipients == [
                "RCPT TO:<a@remote.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;old+2Bx@elsewhere.test",
                "RCPT TO:<b@remote.test> NOTIFY=NEVER ORCPT=rfc822;b@remote.test",
            ])
    }

    @Test func `a host that does not is told nothing of it`() async throws {
        var script = SMTPSink.Script()
        script.extensions = ["PIPELINING"]
        let sink = try SMTPSink(script)
        #expect(try await DeliveryBench(sink.address).deliver(asking()).allSatisfy { $0.delivered != nil })
        #expect(
            sink.ledger.messages.first?.recipients == ["RCPT TO:<a@remote.test>", "RCPT TO:<b@remote.test>"])
    }

    @Test func `REQUIRETLS goes with MAIL to a host that offers it and is who it says`() async throws {
        let certificates = try await Certificates.make()
        for offers in [true, false] {
            var script = SMTPSink.Script()
            script.extensions = offers ? ["PIPELINING", "REQUIRETLS"] : ["PIPELINING"]
            script.tls = (certificates.certificatePEM, certificates.keyPEM)
            let sink = try SMTPSink(script)
            var bench = DeliveryBench(sink.address)
            bench.roots = .roots(pem: certificates.authorityPEM)
            var attempt = attempt(policy: .verified(hostPatterns: []))
            attempt.envelope.requiresTLS = true
            let asked = attempt
            let outcomes = try await bench.run { delivery in
                await delivery.deliver(asked) + (await delivery.deliver(asked))
            }
            guard offers else {
                #expect(
                    outcomes.first?.outcome.bounced?.reply.text == "127.0.0.1 does not offer REQUIRETLS")
                #expect(outcomes.last?.outcome.bounced?.reply.status == EnhancedStatusCode(5, 7, 30))
                #expect(sink.ledger.messages.isEmpty)
                continue
            }
            #expect(outcomes.allSatisfy { $0.outcome.delivered != nil })
            #expect(sink.ledger.messages.allSatisfy { $0.mail.hasSuffix(" REQUIRETLS") && $0.isEncrypted })
        }
    }
}
