import EventLoop
import SMTPWire
import Testing

@testable import Delivery

@Suite struct SessionReuseTests {
    @Test func `messages of a lane follow each other on one connection`() async throws {
        let sink = try SMTPSink()
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            var outcomes: [RecipientOutcome] = []
            for number in 0..<5 {
                outcomes += await delivery.deliver(attempt(to: ["r\(number)@remote.test"]))
            }
            return outcomes
        }
        #expect(outcomes.allSatisfy { $0.outcome.delivered != nil })
        #expect(sink.ledger.connections == 1)
        #expect(!sink.ledger.commands.contains("RSET"))
    }

    @Test func `a connection carries no more messages than it may`() async throws {
        let sink = try SMTPSink()
        _ = try await DeliveryBench(sink.address).run { delivery in
            for _ in 0..<5 {
                var attempt = attempt()
                attempt.maxMessagesPerConnection = 2
                _ = await delivery.deliver(attempt)
            }
        }
        #expect(sink.ledger.connections == 3)
        #expect(sink.ledger.messages.count == 5)
    }

    @Test func `another lane or another TLS policy gets a connection of its own`() async throws {
        let sink = try SMTPSink()
        _ = try await DeliveryBench(sink.address).run { delivery in
            var other = attempt()
            other.lane = "other.test"
            _ = await delivery.deliver(attempt())
            _ = await delivery.deliver(other)
            _ = await delivery.deliver(attempt(policy: .never))
        }
        #expect(sink.ledger.connections == 3)
    }

    @Test func `a refused transaction is cleared with RSET before the next one`() async throws {
        var script = SMTPSink.Script()
        script.answer = { $0.verb == "DATA" && $0.count == 1 ? .say(["451 4.3.0 not now"]) : nil }
        let sink = try SMTPSink(script)
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            await delivery.deliver(attempt()) + (await delivery.deliver(attempt()))
        }
        #expect(outcomes.map { $0.outcome.delivered != nil } == [false, true])
        #expect(sink.ledger.connections == 1)
        #expect(sink.ledger.commands.filter { $0 == "RSET" }.count == 1)
    }

    @Test(arguments: [true, false])
    func `an idle connection that the host has given up is replaced at once`(says421: Bool) async throws {
        var script = SMTPSink.Script()
        script.answer = { moment in
            guard moment.verb == "MAIL", moment.connection == 1, moment.count == 2 else { return nil }
            return says421 ? .sayAndHangUp(["421 4.4.2 idle for too long"]) : .hangUp
        }
        let sink = try SMTPSink(script)
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            await delivery.deliver(attempt()) + (await delivery.deliver(attempt()))
        }
        #expect(outcomes.allSatisfy { $0.outcome.delivered != nil })
        #expect(sink.ledger.connections == 2)
        #expect(sink.ledger.messages.count == 2)
    }

    @Test func `a message whose final dot went unanswered is not sent again within the attempt`() async throws
    {
        var script = SMTPSink.Script()
        script.answer = { $0.verb == "message" && $0.count == 2 ? .hangUp : nil }
        let sink = try SMTPSink(script)
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            await delivery.deliver(attempt()) + (await delivery.deliver(attempt()))
        }
        #expect(outcomes.last?.outcome.deferred?.isAmbiguous == true)
        #expect(sink.ledger.connections == 1)
    }

    @Test func `an idle connection is closed with QUIT when its time is over`() async throws {
        let sink = try SMTPSink()
        var bench = DeliveryBench(sink.address)
        bench.settings.pool.idleTimeout = .milliseconds(20)
        let idle = try await bench.run { delivery in
            _ = await delivery.deliver(attempt())
            let before = delivery.idleSessionCount
            for _ in 0..<500 where delivery.idleSessionCount > 0 || sink.ledger.open > 0 {
                await TestLoops.client.sleep(.milliseconds(10))
            }
            return [before, delivery.idleSessionCount]
        }
        #expect(idle == [1, 0])
        #expect(sink.ledger.commands.last == "QUIT")
    }

    @Test func `a session on which anything was in doubt is not used again`() async throws {
        var script = SMTPSink.Script()
        script.answer = { moment in
            moment.connection == 1 && moment.verb == "message"
                ? .say(["550 5.7.1 no", "250 2.0.0 or maybe"]) : nil
        }
        let sink = try SMTPSink(script)
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            await delivery.deliver(attempt()) + (await delivery.deliver(attempt()))
        }
        #expect(outcomes.map { $0.outcome.delivered != nil } == [false, true])
        #expect(sink.ledger.connections == 2)
    }
}
