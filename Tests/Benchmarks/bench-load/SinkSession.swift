import EventLoop
import SMTPWire

/// One session of the sink: enough SMTP for a client that makes no mistakes.
struct SinkSession {
    private static let timeout: Duration = .seconds(600)
    private static let offers = Array(
        "250-sink.bench.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n".utf8)

    let stream: ByteStream
    let manners: Sink.Manners
    let isTooMany: Bool
    let counter: LoopBound<Sink.Counter>
    let ledger: LoopBound<Ledger>?

    /// Ends with the connection.
    func run() async {
        do {
            if manners.hangs {
                while try await stream.fill(timeout: .seconds(3_600)) { stream.input.clear() }
                return
            }
            if isTooMany { return try await say("421 4.7.0 Too many connections") }
            try await say("220 sink.bench.example ESMTP")
            try await talk()
        } catch {
            // The client went; it knows why.
        }
    }

    private func talk() async throws {
        var recipients: [[UInt8]] = []
        while let line = try await line() {
            switch String(decoding: line.prefix(4), as: UTF8.self).uppercased() {
            case "EHLO": try await stream.write(Self.offers)
            case "RCPT":
                if ledger != nil { recipients.append(localPart(of: line)) }
                try await say("250 2.1.5 Ok")
            case "DATA":
                try await say("354 Go ahead")
                guard try await take() else { return }
                await answerIsDue()
                try await say("250 2.0.0 Ok")
                let now = MonotonicTime.now()
                for name in recipients { ledger?.value.add(name, at: now) }
                recipients.removeAll()
            case "QUIT": return try await say("221 2.0.0 Bye")
            default: try await say("250 2.0.0 Ok")
            }
        }
    }

    /// Reads a message to its end and forgets it; false when the connection ended first.
    private func take() async throws -> Bool {
        var decoder = DataDecoder(maxMessageBytes: 64 << 20)
        while !decoder.isComplete {
            if stream.input.isEmpty, try await !stream.fill(timeout: Self.timeout) { return false }
            stream.input.consume(stream.input.withUnsafeBytes { decoder.decode($0) })
        }
        return true
    }

    private func answerIsDue() async {
        let delay = manners.delayMilliseconds
        if delay > 0 { await counter.loop.sleep(.milliseconds(delay / 2 + Int.random(in: 0...delay))) }
        guard manners.rate > 0 else { return }
        let now = MonotonicTime.now()
        let due = max(now, counter.value.nextAnswer)
        counter.value.nextAnswer = due.advanced(by: .nanoseconds(1_000_000_000 / manners.rate))
        if due > now { await counter.loop.sleep(due - now) }
    }

    private func line() async throws -> [UInt8]? {
        while true {
            let scanned = stream.input.withUnsafeBytes {
                LineScanner.scan($0, maxBytes: SMTPLimits.maxCommandBytes)
            }
            switch scanned {
            case .line(let length):
                let line = stream.input.take(length)
                stream.input.consume(2)
                return line
            case .needMore: guard try await stream.fill(timeout: Self.timeout) else { return nil }
            default: return nil
            }
        }
    }

    private func localPart(of line: [UInt8]) -> [UInt8] {
        let path = line.drop { $0 != UInt8(ascii: "<") }.dropFirst()
        return Array(path.prefix { $0 != UInt8(ascii: "@") })
    }

    private func say(_ reply: String) async throws { try await stream.write(Array("\(reply)\r\n".utf8)) }
}
