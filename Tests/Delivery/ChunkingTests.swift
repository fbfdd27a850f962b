import EventLoop
import SMTPWire
import Testing

@testable import Delivery

/// BDAT in place of DATA, and the limits that a host names.
@Suite struct ChunkingTests {
    private func sink(
        extensions: [String] = ["PIPELINING", "SIZE", "CHUNKING"],
        _ answer: @escaping @Sendable (SMTPSink.Moment) -> SMTPSink.Step? = { _ in nil }
    ) throws -> SMTPSink {
        var script = SMTPSink.Script()
        script.extensions = extensions
        script.answer = answer
        return try SMTPSink(script)
    }

    @Test(arguments: [true, false])
    func `a host that knows CHUNKING gets the message by BDAT, its dots as they are`(pipelining: Bool)
        async throws
    {
        let sink = try sink(extensions: pipelining ? ["PIPELINING", "CHUNKING"] : ["CHUNKING"])
        var attempt = attempt(content: "Subject: dots\r\n\r\n.\r\n..\r\nend")
        attempt.sign = { _ in Array("X-Signed: yes\r\n".utf8) }
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt)
        #expect(outcomes.first?.delivered?.queueID == "Q1")
        #expect(
            sink.ledger.messages.map(\.text)
                == ["X-Signed: yes\r\nSubject: dots\r\n\r\n.\r\n..\r\nend\r\n"])
        #expect(sink.ledger.commands.contains("BDAT 44 LAST"))
        #expect(!sink.ledger.commands.contains("DATA"))
    }

    @Test func `a large message arrives whole by BDAT`() async throws {
        let sink = try sink()
        let line = String(repeating: "0123456789", count: 7) + "\r\n"
        let content = "Subject: large\r\n\r\n" + String(repeating: line, count: 30_000)
        #expect(
            try await DeliveryBench(sink.address).deliver(attempt(content: content)).first?.delivered != nil)
        #expect(sink.ledger.messages.first?.text == content)
    }

    @Test func `a message for nobody is not sent, and the session goes on`() async throws {
        let sink = try sink { $0.line.contains("<no@") ? .say(["550 5.1.1 no such user"]) : nil }
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            await delivery.deliver(attempt(to: ["no@remote.test"]))
                + (await delivery.deliver(attempt(to: ["no@remote.test", "yes@remote.test"])))
        }
        #expect(outcomes.map { $0.outcome.delivered != nil } == [false, false, true])
        #expect(sink.ledger.commands.filter { $0.hasPrefix("BDAT") }.count == 1)
        #expect(sink.ledger.connections == 1)
        #expect(sink.ledger.messages.map(\.recipients) == [["RCPT TO:<yes@remote.test>"]])
    }

    @Test func `a chunk that is refused is cleared with RSET before the next message`() async throws {
        let sink = try sink {
            $0.verb == "message" && $0.count == 1 ? .say(["451 4.3.0 not now"]) : nil
        }
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            await delivery.deliver(attempt()) + (await delivery.deliver(attempt()))
        }
        #expect(outcomes.map { $0.outcome.delivered != nil } == [false, true])
        #expect(outcomes.first?.outcome.deferred?.isAmbiguous == false)
        #expect(sink.ledger.commands.filter { $0 == "RSET" }.count == 1)
        #expect(sink.ledger.connections == 1)
    }

    @Test func `a connection that breaks behind the last chunk leaves the message in doubt`() async throws {
        let sink = try sink { $0.verb == "message" ? .hangUp : nil }
        let deferred = try await DeliveryBench(sink.address).deliver().first?.deferred
        #expect(deferred?.isAmbiguous == true)
    }

    @Test func `bare line ends are no more sent by BDAT than by DATA`() async throws {
        let sink = try sink()
        for bad in ["a\n.\r\nb", "a\r.\r\nb\r\n", "x\n"] {
            let outcomes = try await DeliveryBench(sink.address).deliver(attempt(content: bad))
            #expect(outcomes.first?.bounced?.isRemoteReply == false)
        }
        #expect(sink.ledger.messages.isEmpty)
    }

    @Test func `a host gets no more messages over a connection than it says it takes`() async throws {
        let sink = try sink(extensions: ["PIPELINING", "LIMITS MAILMAX=2 RCPTMAX=1"])
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            await delivery.deliver(attempt()) + (await delivery.deliver(attempt()))
                + (await delivery.deliver(attempt()))
        }
        #expect(outcomes.allSatisfy { $0.outcome.delivered != nil })
        #expect(sink.ledger.connections == 2)
    }

    @Test func `no more than a hundred recipients are asked for in one transaction`() async throws {
        let sink = try sink()
        let addresses = (0..<250).map { "r\($0)@remote.test" }
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt(to: addresses))
        #expect(outcomes.allSatisfy { $0.delivered != nil })
        #expect(sink.ledger.messages.map(\.recipients.count) == [100, 100, 50])
        #expect(sink.ledger.connections == 1)
    }

    @Test(arguments: [true, false])
    func `mixed answers at RCPT reach each recipient, whichever way the message goes`(chunking: Bool)
        async throws
    {
        let sink = try sink(extensions: chunking ? ["PIPELINING", "CHUNKING"] : ["PIPELINING"]) { moment in
            if moment.line.contains("<no") { return .say(["550 5.1.1 no such user"]) }
            if moment.line.contains("<later") { return .say(["450 4.2.1 mailbox busy"]) }
            if moment.line.contains("<many"), moment.count < 5 { return .say(["452 4.5.3 too many"]) }
            return nil
        }
        let addresses = ["no1", "yes1", "later1", "many1", "yes2"].map { "\($0)@remote.test" }
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt(to: addresses))
        #expect(outcomes.map { $0.delivered != nil } == [false, true, false, true, true])
        #expect(outcomes[0].bounced != nil && outcomes[2].deferred?.reply.code == 450)
        #expect(sink.ledger.messages.map(\.recipients.count) == [2, 1])
    }
}
