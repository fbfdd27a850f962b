import Crypto
import EventLoop
import SMTPWire
import TestSupport

/// An SMTP client that says exactly what a test tells it. Made and used inside one task of a loop.
final class SMTPClient {
    let stream: ByteStream

    /// Connects; the banner is not read yet.
    init(connectingTo address: SocketAddress) async throws {
        stream = try await ByteStream.connect(to: address, timeout: .seconds(10))
    }

    /// Connects, reads the banner and says EHLO.
    static func greeted(by address: SocketAddress) async throws -> SMTPClient {
        let client = try await SMTPClient(connectingTo: address)
        try await client.demand(220)
        try await client.say("EHLO client.test", demand: 250)
        return client
    }

    /// The next reply; nil when the server closed the connection instead.
    func reply() async throws -> SMTPReply? {
        var parser = SMTPReplyParser()
        while true {
            let (step, consumed) = parser.parse(stream.input.prefix(stream.input.count))
            stream.input.consume(consumed)
            switch step {
            case .reply(let reply): return reply
            case .malformed(let what): throw TestSupportError("not a reply: \(what)")
            case .needMore:
                guard try await stream.fillUnlessEnded() else { return nil }
            }
        }
    }

    /// Says a line and gives the reply.
    func say(_ line: String) async throws -> SMTPReply? {
        try await write("\(line)\r\n")
        return try await reply()
    }

    @discardableResult
    func say(_ line: String, demand code: Int) async throws -> SMTPReply {
        try await write("\(line)\r\n")
        return try await demand(code)
    }

    @discardableResult
    func demand(_ code: Int) async throws -> SMTPReply {
        guard let reply = try await reply() else { throw TestSupportError("closed in place of \(code)") }
        guard reply.code == code else { throw TestSupportError("\(reply) in place of \(code)") }
        return reply
    }

    func write(_ text: String) async throws { try await stream.write(Array(text.utf8)) }

    /// STARTTLS and EHLO again.
    func startTLS(_ context: TLSClientContext, serverName: String) async throws {
        try await say("STARTTLS", demand: 220)
        try await stream.startTLS(client: context, serverName: serverName, timeout: .seconds(10))
        try await say("EHLO client.test", demand: 250)
    }

    func authenticate(username: String, password: String) async throws -> SMTPReply? {
        try await say("AUTH PLAIN \(Base64.encode(Array("\0\(username)\0\(password)".utf8)))")
    }

    /// Sends one message; gives the reply that decided: of MAIL, RCPT, DATA or the final dot.
    func send(_ message: String, from: String, to recipients: [String]) async throws -> SMTPReply? {
        for line in ["MAIL FROM:<\(from)>"] + recipients.map({ "RCPT TO:<\($0)>" }) {
            guard let reply = try await say(line), reply.isPositive else { return nil }
        }
        guard let reply = try await say("DATA"), reply.isIntermediate else { return nil }
        try await stream.write(try DataEncoder.encode(Array(message.utf8)))
        return try await self.reply()
    }

    func close() { stream.close() }
}
