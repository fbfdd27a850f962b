import EventLoop
import TestSupport
import Testing

@testable import Delivery

/// The same client against a host that others wrote.
@Suite struct PostfixSinkTests {
    private func withSink(
        _ options: [String], _ body: (DeliveryBench) async throws -> Void
    ) async throws {
        guard (try? ChildProcess.find("smtp-sink", in: "/usr/sbin:/usr/bin:/usr/local/sbin")) != nil else {
            print("skipped: there is no smtp-sink")
            return
        }
        let port = try FreePort.tcp()
        let path = try ChildProcess.find("smtp-sink", in: "/usr/sbin:/usr/bin:/usr/local/sbin")
        let sink = try ChildProcess([path, "-u", "nobody"] + options + ["127.0.0.1:\(port)", "100"])
        defer { sink.kill(9) }
        let address = SocketAddress.ipv4(0x7F00_0001, port: port)
        _ = try await TestLoops.client.run {
            for _ in 0..<400 {
                if let stream = try? await ByteStream.connect(to: address, timeout: .seconds(1)) {
                    stream.close()
                    return
                }
                await TestLoops.client.sleep(.milliseconds(10))
            }
        }
        try await body(DeliveryBench(address))
    }

    @Test(arguments: [[], ["-p"], ["-e"], ["-8", "-E"], ["-N"]] as [[String]])
    func `takes our mail in every dialect that it knows`(options: [String]) async throws {
        try await withSink(options) { bench in
            let outcomes = try await bench.run { delivery in
                var outcomes: [RecipientOutcome] = []
                for _ in 0..<5 {
                    outcomes += await delivery.deliver(
                        attempt(to: ["a@remote.test", "b@remote.test", "c@remote.test"]))
                }
                return outcomes
            }
            #expect(outcomes.count == 15)
            #expect(outcomes.allSatisfy { $0.outcome.delivered != nil })
        }
    }

    @Test(arguments: ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
    func `refuses softly and for good where it is told to`(verb: String) async throws {
        try await withSink(["-r", verb]) { bench in
            let outcomes = try await bench.deliver()
            #expect(outcomes.first?.deferred != nil, "soft \(verb)")
        }
        try await withSink(["-f", verb]) { bench in
            let outcomes = try await bench.deliver()
            // Without EHLO there is still HELO.
            #expect((outcomes.first?.delivered != nil) == (verb == "EHLO"), "hard \(verb)")
        }
    }

    @Test(arguments: ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
    func `hangs up where it is told to`(verb: String) async throws {
        try await withSink(["-q", verb]) { bench in
            let deferred = try await bench.deliver().first?.deferred
            #expect(deferred?.isAmbiguous == (verb == "."))
        }
    }
}
