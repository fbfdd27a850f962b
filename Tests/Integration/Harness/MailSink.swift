import EventLoop
import SMTPWire
import TestSupport

/// A mail host that takes what it is given and keeps it. Local parts that begin with `refuse` get 550, those
/// with `defer` 451, those with `throttle` a 451 that names a rule of Yahoo; while `holds` is set the answer
/// to a final dot is kept back.
final class MailSink: Sendable {
    struct Delivery: Sendable {
        let sender: String
        let recipients: [String]
        /// With dots unstuffed.
        let message: [UInt8]
        /// Without the blank line behind it.
        let header: String
        let body: String
        let subject: String?
        /// The name in EHLO, and the address that it came from.
        let hello: String
        let client: String

        init(sender: String, recipients: [String], message: [UInt8], hello: String, client: String) {
            self.hello = hello
            self.client = client
            self.sender = sender
            self.recipients = recipients
            self.message = message
            let text = String(decoding: message, as: UTF8.self)
            let end = text.utf8.firstRange(ofBlankLine: ())
            header = end.map { String(text[..<$0.lowerBound]) } ?? text
            body = end.map { String(text[$0.upperBound...]) } ?? ""
            subject = Self.field("subject", of: header)
        }

        /// The value of a header field of one line; nil when there is none.
        func field(_ name: String) -> String? { Self.field(name.lowercased(), of: header) }

        private static func field(_ name: String, of header: String) -> String? {
            for line in header.utf8.split(separator: 0x0D) {
                let line = line.first == 0x0A ? line.dropFirst() : line
                guard let colon = line.firstIndex(of: 0x3A) else { continue }
                let found = line[..<colon]
                guard found.count == name.utf8.count, String(Substring(found)).lowercased() == name else {
                    continue
                }
                return String(Substring(line[line.index(after: colon)...].drop { $0 == 0x20 }))
            }
            return nil
        }
    }

    private struct Ledger {
        var deliveries: [Delivery] = []
        var copiesBySubject: [String: Int] = [:]
        var refused = 0
        var deferred = 0
        var holds = false
        var held = 0
    }

    let address: SocketAddress
    private let listener: Listener
    private let ledger = Locked(Ledger())

    /// - Parameters:
    ///   - address: port 0 for any.
    ///   - extensions: what it offers besides.
    init(
        _ address: SocketAddress = .ipv4(0x7F00_0001, port: 0), offering extensions: [String] = []
    ) throws {
        listener = try Listener(address)
        self.address = listener.address
        let loop = try TestLoops.sinks()
        listener.accept(on: loop, maxConnections: 1_000) { [ledger] stream in
            try? await Session(stream, ledger, loop, extensions).serve()
        }
    }

    deinit { listener.close() }

    var deliveries: [Delivery] { ledger.withLock { $0.deliveries } }
    var deliveryCount: Int { ledger.withLock { $0.deliveries.count } }
    var refusedCount: Int { ledger.withLock { $0.refused } }
    var deferredCount: Int { ledger.withLock { $0.deferred } }
    /// How many copies of each subject arrived.
    var copiesBySubject: [String: Int] { ledger.withLock { $0.copiesBySubject } }
    /// Messages whose answer is kept back now.
    var heldCount: Int { ledger.withLock { $0.held } }

    var holds: Bool {
        get { ledger.withLock { $0.holds } }
        set { ledger.withLock { $0.holds = newValue } }
    }

    /// The setting that sends all mail here.
    var route: String { "*=\(address)" }

    /// Waits until `count` messages have arrived.
    func wait(for count: Int, deadline: Duration = .seconds(30)) async throws {
        try await Waiting.until(
            "\(count) deliveries, of which \(deliveryCount) were there", deadline: deadline
        ) {
            self.deliveryCount >= count ? true : nil
        }
    }

    /// Waits for the message with this subject.
    func wait(forSubject subject: String, deadline: Duration = .seconds(30)) async throws -> Delivery {
        try await Waiting.until("a message with the subject \(subject)", deadline: deadline) {
            self.deliveries.first { $0.subject == subject }
        }
    }

    /// One connection.
    private final class Session {
        private let stream: ByteStream
        private let ledger: Locked<Ledger>
        private let loop: EventLoop
        private let extensions: [String]
        private var hello = ""
        private var sender = ""
        private var recipients: [String] = []

        init(_ stream: ByteStream, _ ledger: Locked<Ledger>, _ loop: EventLoop, _ extensions: [String]) {
            self.extensions = extensions
            self.stream = stream
            self.ledger = ledger
            self.loop = loop
        }

        func serve() async throws(StreamError) {
            try await say("220 sink ESMTP")
            while let line = try await readLine() {
                switch line.prefix(4).uppercased() {
                case "EHLO":
                    hello = String(line.dropFirst(5))
                    let offered = ["sink", "PIPELINING", "8BITMIME"] + extensions
                    try await say(offered.map { "250-\($0)" } + ["250 SMTPUTF8"])
                case "MAIL":
                    (sender, recipients) = (Self.path(line), [])
                    try await say("250 2.1.0 Ok")
                case "RCPT": try await say(take(recipient: Self.path(line)))
                case "DATA":
                    if recipients.isEmpty {
                        try await say("554 5.5.1 No valid recipients")
                    } else {
                        try await say("354 Go on")
                        try await takeMessage()
                    }
                case "QUIT":
                    try await say("221 2.0.0 Bye")
                    return
                default: try await say("250 2.0.0 Ok")
                }
            }
        }

        private func take(recipient: String) -> String {
            if recipient.hasPrefix("refuse") {
                ledger.withLock { $0.refused += 1 }
                return "550 5.1.1 No such user here"
            }
            if recipient.hasPrefix("defer") {
                ledger.withLock { $0.deferred += 1 }
                return "451 4.3.0 Try again later"
            }
            if recipient.hasPrefix("throttle") {
                ledger.withLock { $0.deferred += 1 }
                return "451 4.7.0 [TSS04] Messages temporarily deferred"
            }
            recipients.append(recipient)
            return "250 2.1.5 Ok"
        }

        /// As a host does, it counts the message as taken before the answer leaves.
        private func takeMessage() async throws(StreamError) {
            var decoder = DataDecoder(maxMessageBytes: 64 << 20, maxLineBytes: 4_096)
            while !decoder.isComplete {
                if stream.input.isEmpty, try await !stream.fill(timeout: .seconds(60)) { return }
                let used = stream.input.withUnsafeBytes { decoder.decode($0) }
                stream.input.consume(used)
            }
            if decoder.violation != nil {
                try await say("550 5.6.0 Not a message")
                return
            }
            let delivery = Delivery(
                sender: sender, recipients: recipients, message: decoder.takeMessage(), hello: hello,
                client: stream.remoteAddress.ip)
            let subject = delivery.subject ?? ""
            let number = ledger.withLock { ledger in
                ledger.deliveries.append(delivery)
                ledger.copiesBySubject[subject, default: 0] += 1
                ledger.held += 1
                return ledger.deliveries.count
            }
            while ledger.withLock({ $0.holds }) { await loop.sleep(.milliseconds(5)) }
            ledger.withLock { $0.held -= 1 }
            try await say("250 2.0.0 Ok: queued as S\(number)")
        }

        private func say(_ lines: String...) async throws(StreamError) { try await say(lines) }

        private func say(_ lines: [String]) async throws(StreamError) {
            try await stream.write(Array((lines.joined(separator: "\r\n") + "\r\n").utf8))
        }

        private func readLine() async throws(StreamError) -> String? {
            while true {
                if let end = stream.input.firstIndex(of: 0x0A) {
                    return String(decoding: stream.input.take(end + 1).dropLast(2), as: UTF8.self)
                }
                guard try await stream.fill(timeout: .seconds(300)) else { return nil }
            }
        }

        /// What stands between `<` and `>`.
        private static func path(_ line: String) -> String {
            guard let open = line.firstIndex(of: "<"), let close = line.firstIndex(of: ">"), open < close
            else { return "" }
            return String(line[line.index(after: open)..<close])
        }
    }
}

extension String.UTF8View {
    /// Where CRLF CRLF is.
    func firstRange(ofBlankLine: Void) -> Range<Index>? {
        let blank: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        var start = startIndex
        while let candidate = self[start...].firstIndex(of: 0x0D) {
            if self[candidate...].prefix(4).elementsEqual(blank) {
                return candidate..<index(candidate, offsetBy: 4)
            }
            start = index(after: candidate)
        }
        return nil
    }
}
