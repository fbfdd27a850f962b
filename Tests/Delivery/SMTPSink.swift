import EventLoop
import SMTPWire

/// A mail host that does what a test tells it. It speaks correct SMTP unless the script has another answer
/// for a step, and keeps all that it was told.
final class SMTPSink: Sendable {
    /// Where the dialogue is: the verb of the command, or one of `connect`, `message` (after the final dot).
    struct Moment: Sendable {
        let verb: String
        let line: String
        /// 1 for the first connection.
        let connection: Int
        /// How often this verb came on this connection, this time included.
        let count: Int
    }

    enum Step: Sendable {
        /// Lines without CRLF, each sent as it is.
        case say([String])
        case bytes([UInt8])
        case hangUp
        case sayAndHangUp([String])
        /// Never answers.
        case stall
        /// One byte at a time, with pauses.
        case drip(String)
    }

    struct Message: Sendable, Equatable {
        var mail: String
        var recipients: [String]
        /// As received, dots still stuffed, without the final dot.
        var content: [UInt8]
        var isEncrypted: Bool

        var text: String { String(decoding: content, as: UTF8.self) }
    }

    struct Ledger: Sendable {
        var connections = 0
        var open = 0
        /// All commands, in order of arrival.
        var commands: [String] = []
        var messages: [Message] = []
        /// What came in one read while a command was awaited, to see what was pipelined.
        var reads: [String] = []
    }

    struct Script: Sendable {
        var extensions = ["PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN"]
        /// Certificate and key, PEM; without them STARTTLS is offered only if `extensions` says so, and
        /// fails.
        var tls: (certificate: [UInt8], key: [UInt8])?
        var answer: @Sendable (Moment) -> Step? = { _ in nil }
    }

    let address: SocketAddress
    private let listener: Listener
    private let script: Script
    private let ledgerBox = Locked(Ledger())

    var ledger: Ledger { ledgerBox.withLock { $0 } }

    init(_ script: Script = Script(), on loop: EventLoop = TestLoops.sink, ip: UInt32 = 0x7F00_0001) throws {
        self.script = script
        listener = try Listener(.ipv4(ip, port: 0))
        address = listener.address
        listener.accept(on: loop, maxConnections: 1_000) { [ledgerBox, script] stream in
            await SinkSession(stream, script, ledgerBox).serve()
        }
    }

    deinit { listener.close() }

    func close() { listener.close() }
}

/// One connection of the sink.
private final class SinkSession {
    private let stream: ByteStream
    private let script: SMTPSink.Script
    private let ledger: Locked<SMTPSink.Ledger>
    private let number: Int
    private var counts: [String: Int] = [:]
    private var mail: String?
    private var recipients: [String] = []

    init(_ stream: ByteStream, _ script: SMTPSink.Script, _ ledger: Locked<SMTPSink.Ledger>) {
        self.stream = stream
        self.script = script
        self.ledger = ledger
        number = ledger.withLock { ledger in
            ledger.connections += 1
            ledger.open += 1
            return ledger.connections
        }
    }

    func serve() async {
        defer { ledger.withLock { $0.open -= 1 } }
        guard await perform("connect", "", normal: ["220 sink.test ESMTP"]) else { return }
        while let line = await readLine() {
            ledger.withLock { $0.commands.append(line) }
            guard await handle(line) else { return }
        }
    }

    private func readLine() async -> String? {
        while true {
            if let end = stream.input.firstIndex(of: 0x0A) {
                let line = stream.input.take(end + 1)
                return String(decoding: line.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
            }
            guard await fill() else { return nil }
        }
    }

    private func fill(keeping isKept: Bool = true) async -> Bool {
        guard (try? await stream.fill(timeout: .seconds(20))) == true else { return false }
        guard isKept else { return true }
        let read = String(decoding: stream.input.prefix(stream.input.count), as: UTF8.self)
        ledger.withLock { $0.reads.append(read) }
        return true
    }

    private func handle(_ line: String) async -> Bool {
        let verb = String(line.prefix { $0 != " " && $0 != ":" }).uppercased()
        switch verb {
        case "EHLO":
            let lines =
                ["sink.test"] + script.extensions
                + (script.tls != nil && stream.tls == nil ? ["STARTTLS"] : [])
            let reply = lines.enumerated().map { $0 == lines.count - 1 ? "250 \($1)" : "250-\($1)" }
            return await perform(verb, line, normal: reply)
        case "STARTTLS": return await startTLS(line)
        case "MAIL":
            mail = line
            recipients = []
            return await perform(verb, line, normal: ["250 2.1.0 Ok"], ifRefused: { mail = nil })
        case "RCPT":
            guard mail != nil else { return await perform(verb, line, normal: ["503 5.5.1 need MAIL"]) }
            recipients.append(line)
            return await perform(
                verb, line, normal: ["250 2.1.5 Ok"], ifRefused: { _ = recipients.popLast() })
        case "DATA": return await data(line)
        case "BDAT": return await chunk(line)
        case "RSET":
            mail = nil
            recipients = []
            return await perform(verb, line, normal: ["250 2.0.0 Ok"])
        case "QUIT":
            _ = await perform(verb, line, normal: ["221 2.0.0 Bye"])
            return false
        default: return await perform(verb, line, normal: ["250 2.0.0 Ok"])
        }
    }

    private func startTLS(_ line: String) async -> Bool {
        var hasRefused = false
        guard await perform("STARTTLS", line, normal: ["220 2.0.0 Ready"], ifRefused: { hasRefused = true })
        else {
            return false
        }
        if hasRefused { return true }
        guard let tls = script.tls,
            let context = try? TLSServerContext(certificateChainPEM: tls.certificate, privateKeyPEM: tls.key)
        else {
            try? await stream.write(Array("this is no handshake\r\n".utf8))
            return false
        }
        return (try? await stream.startTLS(server: context, timeout: .seconds(10))) != nil
    }

    private func data(_ line: String) async -> Bool {
        guard mail != nil, !recipients.isEmpty else {
            return await perform(
                "DATA", line, normal: ["554 5.5.1 no valid recipients"], ifIntermediate: takeMessage)
        }
        return await perform("DATA", line, normal: ["354 go on"], ifIntermediate: takeMessage)
    }

    /// BDAT n LAST: the bytes follow, wanted or not.
    private func chunk(_ line: String) async -> Bool {
        let count = Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
        while stream.input.count < count { guard await fill(keeping: false) else { return false } }
        let content = stream.input.take(count)
        guard let mail, !recipients.isEmpty else {
            return await perform("BDAT", line, normal: ["503 5.5.1 no valid recipients"])
        }
        let message = SMTPSink.Message(
            mail: mail, recipients: recipients, content: content, isEncrypted: stream.tls != nil)
        var isRefused = false
        let goesOn = await perform(
            "message", line, normal: ["250 2.0.0 Ok: queued as Q\(number)"], ifRefused: { isRefused = true })
        if !isRefused {
            ledger.withLock { $0.messages.append(message) }
            (self.mail, recipients) = (nil, [])
        }
        return goesOn
    }

    private func isFinalDot(endingAt lineFeed: Int) -> Bool {
        guard lineFeed >= 2, stream.input[lineFeed - 1] == 0x0D, stream.input[lineFeed - 2] == 0x2E else {
            return false
        }
        return lineFeed == 2
            || (lineFeed >= 4 && stream.input[lineFeed - 3] == 0x0A && stream.input[lineFeed - 4] == 0x0D)
    }

    private func takeMessage() async -> Bool {
        var searched = 0
        var end: Int?
        while end == nil {
            while end == nil, let lineFeed = stream.input.firstIndex(of: 0x0A, from: searched) {
                searched = lineFeed + 1
                if isFinalDot(endingAt: lineFeed) { end = searched }
            }
            if end == nil, !(await fill(keeping: false)) { return false }
        }
        let content = Array(stream.input.take(end ?? 0).dropLast(3))
        let message = SMTPSink.Message(
            mail: mail ?? "", recipients: recipients, content: content, isEncrypted: stream.tls != nil)
        mail = nil
        recipients = []
        // As a host does, the message counts as taken before the reply goes out.
        var isRefused = false
        let goesOn = await perform(
            "message", "", normal: ["250 2.0.0 Ok: queued as Q\(number)"], ifRefused: { isRefused = true })
        if !isRefused { ledger.withLock { $0.messages.append(message) } }
        return goesOn
    }

    /// Says what the script wants, or the normal lines. False when the connection is over.
    private func perform(
        _ verb: String, _ line: String, normal: [String], ifIntermediate: (() async -> Bool)? = nil,
        ifRefused: () -> Void = {}
    ) async -> Bool {
        counts[verb, default: 0] += 1
        let moment = SMTPSink.Moment(verb: verb, line: line, connection: number, count: counts[verb] ?? 1)
        let step = script.answer(moment) ?? .say(normal)
        if case .say = step {} else { ifRefused() }
        switch step {
        case .say(let lines):
            if lines.last.map({ !$0.hasPrefix("2") && !$0.hasPrefix("3") }) ?? false { ifRefused() }
            guard await write(lines) else { return false }
            if let ifIntermediate, lines.last?.hasPrefix("354") == true { return await ifIntermediate() }
            return true
        case .bytes(let bytes): return (try? await stream.write(bytes)) != nil
        case .hangUp: return false
        case .sayAndHangUp(let lines):
            _ = await write(lines)
            return false
        case .stall:
            while (try? await stream.fill(timeout: .seconds(20))) == true { _ = stream.input.takeAll() }
            return false
        case .drip(let text):
            for byte in Array(text.utf8) {
                guard (try? await stream.write([byte])) != nil else { return false }
                await EventLoop.current?.sleep(.milliseconds(5))
            }
            return true
        }
    }

    private func write(_ lines: [String]) async -> Bool {
        let bytes = Array(lines.map { "\($0)\r\n" }.joined().utf8)
        return (try? await stream.write(bytes)) != nil
    }
}
