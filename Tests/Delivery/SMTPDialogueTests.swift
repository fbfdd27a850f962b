import EventLoop
import SMTPWire
import Testing

@testable import Delivery

@Suite struct SMTPDialogueTests {
    private func sink(
        extensions: [String]? = nil,
        _ answer: @escaping @Sendable (SMTPSink.Moment) -> SMTPSink.Step? = { _ in nil }
    ) throws -> SMTPSink {
        var script = SMTPSink.Script()
        if let extensions { script.extensions = extensions }
        script.answer = answer
        return try SMTPSink(script)
    }

    @Test func `a message is delivered and the host's queue id is read from its reply`() async throws {
        let sink = try sink()
        let outcomes = try await DeliveryBench(sink.address).deliver()
        let delivered = try #require(outcomes.first?.delivered)
        #expect(delivered.queueID == "Q1")
        #expect(delivered.reply.code == 250)
        #expect(delivered.host.address == sink.address)
        #expect(delivered.host.tlsVersion == nil)
        let message = try #require(sink.ledger.messages.first)
        #expect(message.text == "Subject: hello\r\n\r\nHello.\r\n")
        #expect(message.mail == "MAIL FROM:<alice@sender.test> SIZE=26")
        #expect(message.recipients == ["RCPT TO:<bob@remote.test>"])
        #expect(sink.ledger.commands.first == "EHLO node.test")
    }

    @Test func `MAIL, RCPT and DATA travel in one write when PIPELINING is offered`() async throws {
        let sink = try sink()
        _ = try await DeliveryBench(sink.address).deliver(attempt(to: ["a@remote.test", "b@remote.test"]))
        let read = sink.ledger.reads.first { $0.hasPrefix("MAIL") }
        #expect(read?.hasSuffix("RCPT TO:<a@remote.test>\r\nRCPT TO:<b@remote.test>\r\nDATA\r\n") == true)
    }

    @Test func `one command at a time where PIPELINING is not offered`() async throws {
        let sink = try sink(extensions: ["SIZE"])
        let outcomes = try await DeliveryBench(sink.address).deliver(
            attempt(to: ["a@remote.test", "b@remote.test"]))
        #expect(outcomes.allSatisfy { $0.delivered != nil })
        #expect(
            sink.ledger.reads.allSatisfy { $0.split(separator: "\r\n").count == 1 || !$0.contains("RCPT") })
    }

    @Test func `a host that knows no EHLO is greeted with HELO, and gets no parameters`() async throws {
        let sink = try sink { $0.verb == "EHLO" ? .say(["502 what?"]) : nil }
        let outcomes = try await DeliveryBench(sink.address).deliver()
        #expect(outcomes.first?.delivered != nil)
        #expect(sink.ledger.commands.contains("HELO node.test"))
        #expect(sink.ledger.messages.first?.mail == "MAIL FROM:<alice@sender.test>")
    }

    @Test func `each recipient gets the answer that it was given`() async throws {
        let sink = try sink { moment in
            if moment.line.contains("<no@") { return .say(["550 5.1.1 no such user"]) }
            if moment.line.contains("<later@") { return .say(["450 4.2.1 mailbox busy"]) }
            return nil
        }
        let addresses = ["yes@remote.test", "no@remote.test", "later@remote.test", "also@remote.test"]
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt(to: addresses))
        try #require(outcomes.count == 4)
        #expect(outcomes[0].delivered != nil)
        #expect(outcomes[1].bounced?.classification.category == .invalidRecipient)
        #expect(outcomes[1].bounced?.classification.action == .suppress)
        #expect(outcomes[2].deferred?.reply.code == 450)
        #expect(outcomes[3].delivered != nil)
        #expect(sink.ledger.messages.first?.recipients.count == 2)
    }

    @Test func `a 354 without any recipient gets an empty message, and the session goes on`() async throws {
        let sink = try sink { moment in
            if moment.line.contains("<no@") { return .say(["550 5.1.1 no such user"]) }
            return moment.verb == "DATA" && moment.count == 1 ? .say(["354 go on"]) : nil
        }
        let results = try await DeliveryBench(sink.address).run { delivery in
            let first = await delivery.deliver(attempt(to: ["no@remote.test"]))
            return first + (await delivery.deliver(attempt(to: ["yes@remote.test"])))
        }
        #expect(results.first?.outcome.bounced != nil)
        #expect(results.last?.outcome.delivered != nil)
        #expect(sink.ledger.connections == 1)
        #expect(sink.ledger.messages.map(\.text) == ["", "Subject: hello\r\n\r\nHello.\r\n"])
    }

    @Test(arguments: ["connect", "EHLO", "MAIL", "RCPT", "DATA", "message"], [421, 450, 550, 554])
    func `a refusal at any verb is an outcome that says so`(verb: String, code: Int) async throws {
        let sink = try sink { moment in
            let isRefused = moment.verb == verb || (verb == "EHLO" && moment.verb == "HELO")
            return isRefused ? .say(["\(code) refused here"]) : nil
        }
        let outcomes = try await DeliveryBench(sink.address).deliver()
        let outcome = try #require(outcomes.first)
        let undelivered = try #require(outcome.deferred ?? outcome.bounced)
        #expect(undelivered.reply.code == code)
        #expect(undelivered.isRemoteReply)
        #expect(!undelivered.isAmbiguous)
        let isAboutTheSession = verb == "connect" || verb == "EHLO"
        #expect((outcome.bounced != nil) == (code >= 500 && !isAboutTheSession))
        #expect(sink.ledger.messages.isEmpty)
    }

    @Test(arguments: ["connect", "EHLO", "MAIL", "RCPT", "DATA", "message"], [true, false])
    func `a host that hangs up at any verb defers; only behind the final dot is it ambiguous`(
        verb: String, pipelining: Bool
    ) async throws {
        let sink = try sink(extensions: pipelining ? nil : ["SIZE"]) { $0.verb == verb ? .hangUp : nil }
        let outcomes = try await DeliveryBench(sink.address).deliver()
        let deferred = try #require(outcomes.first?.deferred)
        #expect(deferred.isAmbiguous == (verb == "message"))
        #expect(deferred.classification.category == .connectionFailure)
        #expect(!deferred.isRemoteReply)
    }

    @Test(arguments: ["connect", "EHLO", "MAIL", "RCPT", "DATA", "message"])
    func `a host that falls silent at any verb defers when its time is over`(verb: String) async throws {
        let sink = try sink { $0.verb == verb ? .stall : nil }
        var bench = DeliveryBench(sink.address)
        bench.settings.timeouts = SMTPTimeouts(all: .seconds(1))
        let deferred = try #require(try await bench.deliver().first?.deferred)
        #expect(deferred.reply.status == EnhancedStatusCode(4, 4, 1))
        #expect(deferred.isAmbiguous == (verb == "message"))
    }

    @Test func `a reply that comes drop by drop does not outlive its time`() async throws {
        let sink = try sink {
            $0.verb == "connect" ? .drip("220-" + String(repeating: "a", count: 4_000)) : nil
        }
        var bench = DeliveryBench(sink.address)
        bench.settings.timeouts = SMTPTimeouts(all: .milliseconds(300))
        #expect(try await bench.deliver().first?.deferred != nil)
    }

    private static let garbage = [
        "garbage\r\n", "99 too short\r\n", "999 no such code\r\n", "250-one\r\n350 other code\r\n", "\r\n",
        "250 \u{0}\u{1}\u{2}\r\n250 a reply too many\r\n",
    ]

    @Test(arguments: Self.garbage.indices)
    func `garbage in place of a reply ends the connection and defers`(index: Int) async throws {
        let garbage = Self.garbage[index]
        for verb in ["connect", "MAIL", "RCPT", "DATA"] {
            let sink = try sink { $0.verb == verb ? .bytes(Array(garbage.utf8)) : nil }
            let outcomes = try await DeliveryBench(sink.address).deliver()
            let told = "\(verb): \(outcomes)"
            #expect(outcomes.first?.deferred != nil, Comment(rawValue: told))
            #expect(outcomes.first?.deferred?.isAmbiguous == false, "\(verb)")
            #expect(sink.ledger.messages.isEmpty, "\(verb)")
        }
    }

    @Test func `a reply too many is never taken for the answer to the message`() async throws {
        let sink = try sink { moment in
            switch moment.verb {
            case "DATA": .say(["354 go on", "250 2.0.0 injected"])
            case "message": .say(["550 5.7.1 refused"])
            default: nil
            }
        }
        let outcomes = try await DeliveryBench(sink.address).deliver()
        #expect(outcomes.first?.delivered == nil)
        #expect(sink.ledger.messages.isEmpty)
    }

    @Test func `a reply of a megabyte is cut off`() async throws {
        let line = "550-" + String(repeating: "x", count: 500) + "\r\n"
        let flood = Array(String(repeating: line, count: 2_000).utf8)
        let sink = try sink { $0.verb == "MAIL" ? .bytes(flood) : nil }
        #expect(try await DeliveryBench(sink.address).deliver().first?.deferred != nil)
    }

    @Test func `a long refusal is kept in part`() async throws {
        let sink = try sink { moment in
            moment.verb == "RCPT"
                ? .say(
                    (0..<50).map {
                        "550\($0 == 49 ? " " : "-")5.1.1 line \($0) " + String(repeating: "y", count: 100)
                    }) : nil
        }
        let bounced = try #require(try await DeliveryBench(sink.address).deliver().first?.bounced)
        #expect(bounced.reply.text.utf8.count <= SMTPReply.maxKeptTextBytes)
        #expect(bounced.reply.text.hasPrefix("line 0"))
    }

    @Test func `the words of a host that hangs up in the middle of the message are heard`() async throws {
        let sink = try sink { moment in
            moment.verb == "DATA" ? .sayAndHangUp(["354 go on", "552 5.3.4 too big after all"]) : nil
        }
        let outcomes = try await DeliveryBench(sink.address).deliver()
        #expect(outcomes.first?.delivered == nil)
    }

    @Test func `the message leaves with dots stuffed and CRLF only`() async throws {
        let sink = try sink()
        let body = "Subject: dots\r\n\r\n.\r\n..\r\n.leading\r\nend"
        #expect(try await DeliveryBench(sink.address).deliver(attempt(content: body)).first?.delivered != nil)
        #expect(sink.ledger.messages.first?.text == "Subject: dots\r\n\r\n..\r\n...\r\n..leading\r\nend\r\n")
        for bad in ["a\n.\r\nb", "a\r.\r\nb\r\n", "x\r\n.\n", "x\n"] {
            let outcomes = try await DeliveryBench(sink.address).deliver(attempt(content: bad))
            #expect(outcomes.first?.bounced?.isRemoteReply == false)
        }
        #expect(sink.ledger.messages.count == 1)
    }

    @Test func `what signing makes stands in front of the message, and counts for SIZE`() async throws {
        let sink = try sink()
        var attempt = attempt()
        attempt.sign = { _ in Array("DKIM-Signature: x\r\n".utf8) }
        _ = try await DeliveryBench(sink.address).deliver(attempt)
        #expect(sink.ledger.messages.first?.text == "DKIM-Signature: x\r\nSubject: hello\r\n\r\nHello.\r\n")
        #expect(sink.ledger.messages.first?.mail == "MAIL FROM:<alice@sender.test> SIZE=45")
        attempt.sign = { _ in throw StreamError.closed }
        let failed = try await DeliveryBench(sink.address).deliver(attempt)
        #expect(failed.first?.deferred?.classification.ruleID == "own")
        #expect(sink.ledger.messages.count == 1)
    }

    @Test func `8BITMIME, SMTPUTF8 and DSN parameters are sent where they are offered and needed`()
        async throws
    {
        let sink = try sink()
        var attempt = attempt(to: ["jörg@remote.test"], from: nil, content: "Subject: grüße\r\n\r\nß\r\n")
        attempt.envelope.envelopeID = "id+1"
        attempt.envelope.returnedContent = .headers
        var parameters = RecipientParameters()
        parameters.notify = [.success, .failure]
        attempt.recipients = [.init("jörg@remote.test", parameters: parameters)]
        #expect(try await DeliveryBench(sink.address).deliver(attempt).first?.delivered != nil)
        let message = try #require(sink.ledger.messages.first)
        #expect(message.mail == "MAIL FROM:<> SIZE=24 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B1")
        #expect(
            message.recipients == [
                "RCPT TO:<jörg@remote.test> NOTIFY=SUCCESS,FAILURE ORCPT=utf-8;j\\x{F6}rg@remote.test"
            ])
    }

    @Test func `a non-ASCII address bounces where SMTPUTF8 is not offered`() async throws {
        let sink = try sink(extensions: ["PIPELINING"])
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt(to: ["jörg@remote.test"]))
        #expect(outcomes.first?.bounced?.reply.status == EnhancedStatusCode(5, 6, 7))
        #expect(outcomes.first?.bounced?.classification.action == .bounce)
        let domain = try await DeliveryBench(sink.address).deliver(attempt(to: ["joerg@bücher.test"]))
        #expect(domain.first?.delivered != nil)
        #expect(sink.ledger.commands.contains("RCPT TO:<joerg@xn--bcher-kva.test>"))
    }

    @Test func `a message that is larger than the host takes bounces without being sent`() async throws {
        let sink = try sink(extensions: ["SIZE 10"])
        let outcomes = try await DeliveryBench(sink.address).deliver()
        #expect(outcomes.first?.bounced?.reply.status == EnhancedStatusCode(5, 3, 4))
        #expect(!sink.ledger.commands.contains { $0.hasPrefix("MAIL") })
    }

    @Test func `recipients beyond what the host takes at once go in further transactions`() async throws {
        let sink = try sink { moment in
            moment.verb == "RCPT" && moment.count == 3 ? .say(["452 4.5.3 too many recipients"]) : nil
        }
        let addresses = (0..<5).map { "r\($0)@remote.test" }
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt(to: addresses))
        #expect(outcomes.allSatisfy { $0.delivered != nil })
        #expect(sink.ledger.messages.flatMap(\.recipients).count == 5)
        #expect(sink.ledger.messages.count > 1)
        let limited = try self.sink(extensions: ["PIPELINING", "LIMITS RCPTMAX=2"])
        #expect(
            try await DeliveryBench(limited.address).deliver(attempt(to: addresses)).allSatisfy {
                $0.delivered != nil
            })
        #expect(limited.ledger.messages.map(\.recipients.count) == [2, 2, 1])
    }

    @Test func `malformed addresses are refused here and cannot carry a second command`() async throws {
        let sink = try sink()
        let bad = ["a@b\r\nRCPT TO:<evil@x>", "no-at-sign", "<a@remote.test> SIZE=1", "", "good@remote.test"]
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt(to: bad))
        #expect(outcomes.map { $0.delivered != nil } == [false, false, false, false, true])
        #expect(sink.ledger.commands.filter { $0.hasPrefix("RCPT") } == ["RCPT TO:<good@remote.test>"])
        let sender = try await DeliveryBench(sink.address).deliver(attempt(from: "x@y>\r\nDATA"))
        #expect(sender.first?.bounced?.classification.action == .bounce)
    }

    @Test func `the attempt is recorded before the message leaves, or it does not leave`() async throws {
        let sink = try sink()
        var attempt = attempt()
        attempt.beforeContent = { throw StreamError.closed }
        #expect(try await DeliveryBench(sink.address).deliver(attempt).first?.deferred?.isAmbiguous == false)
        #expect(sink.ledger.messages.isEmpty)
        let recorded = Locked(0)
        attempt.beforeContent = { recorded.withLock { $0 += 1 } }
        #expect(try await DeliveryBench(sink.address).deliver(attempt).first?.delivered != nil)
        #expect(recorded.withLock { $0 } == 1)
    }

    @Test func `a host that asks to come back later says when`() async throws {
        let sink = try sink {
            $0.verb == "RCPT" ? .say(["451 4.7.1 Greylisted, please try again in 300 seconds"]) : nil
        }
        let deferred = try #require(try await DeliveryBench(sink.address).deliver().first?.deferred)
        #expect(deferred.classification.category == .greylisted)
        #expect(deferred.retryAfter == .seconds(300))
    }

    @Test func `a message of ten megabytes arrives whole`() async throws {
        let sink = try sink(extensions: ["PIPELINING", "SIZE"])
        let line = String(repeating: "0123456789", count: 7) + "\r\n"
        let content = "Subject: large\r\n\r\n" + String(repeating: line, count: 140_000)
        #expect(
            try await DeliveryBench(sink.address).deliver(attempt(content: content)).first?.delivered != nil)
        #expect(sink.ledger.messages.first?.content.count == content.utf8.count)
    }
}
