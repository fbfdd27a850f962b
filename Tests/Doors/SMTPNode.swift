import Admission
import Crypto
import Doors
import EventLoop
import Testing

/// A node's SMTP listener on loopback, in front of a road that keeps messages in memory.
final class SMTPNode: Sendable {
    let intake: MemoryIntake
    let server: SMTPServer
    private let serverLoop: EventLoop
    private let clientLoop: EventLoop

    /// - Parameter isStarted: without it connections wait in the backlog until `start`.
    init(
        _ intake: MemoryIntake, isStarted: Bool = true,
        _ change: (inout SMTPServerConfiguration) -> Void = { _ in }
    ) throws {
        self.intake = intake
        serverLoop = try EventLoop(name: "test-smtp-server")
        clientLoop = try EventLoop(name: "test-smtp-client")
        serverLoop.start()
        clientLoop.start()
        let authority = try CertificateAuthority(commonName: "test", now: 1_700_000_000)
        let issued = try authority.issue(dnsNames: ["node.example"], now: 1_700_000_000)
        var configuration = SMTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0))
        configuration.certificate = (Array(issued.certificatePEM.utf8), Array(issued.privateKeyPEM.utf8))
        change(&configuration)
        server = try SMTPServer(configuration, intake: intake, log: .init(component: "test"))
        if isStarted { try start() }
    }

    deinit {
        serverLoop.stop()
        clientLoop.stop()
    }

    func start() throws { try server.start(on: [serverLoop]) }

    /// A connection that has read nothing yet.
    func dial() async throws -> SMTPClient {
        let address = server.address
        let stream = try await clientLoop.run {
            try await ByteStream.connect(to: address, timeout: .seconds(10))
        }
        return SMTPClient(stream: stream, loop: clientLoop)
    }

    /// A connection that has read the banner.
    func connect() async throws -> SMTPClient {
        let client = try await dial()
        let banner = try await client.reply()
        try #require(banner.hasPrefix("220 node.example "))
        return client
    }

    /// A connection under TLS, logged in as tenant one.
    func login() async throws -> SMTPClient {
        let client = try await connect()
        try await client.secure()
        // \0one@dispatch.example\0dp_sk_one
        try #require(
            await client.ask("AUTH PLAIN AG9uZUBkaXNwYXRjaC5leGFtcGxlAGRwX3NrX29uZQ==").hasPrefix("235 "))
        return client
    }
}

/// A client that says what a test tells it to.
struct SMTPClient: Sendable {
    let stream: ByteStream
    let loop: EventLoop

    func send(_ text: String) async throws {
        let stream = stream
        try await loop.run { try await stream.write(Array(text.utf8)) }
    }

    /// The next reply with all its lines, or an empty text at the end of the stream.
    func reply() async throws -> String {
        let stream = stream
        return try await loop.run {
            var reply = ""
            while true {
                while let end = stream.input.firstIndex(of: 0x0A, from: 0) {
                    let line = String(decoding: stream.input.take(end + 1), as: UTF8.self)
                    reply += line
                    if line.utf8.count < 4 || Array(line.utf8)[3] != UInt8(ascii: "-") { return reply }
                }
                guard (try? await stream.fill(timeout: .seconds(20))) == true else { return reply }
            }
        }
    }

    /// Sends a line and gives its reply.
    func ask(_ line: String) async throws -> String {
        try await send(line + "\r\n")
        return try await reply()
    }

    /// Sends lines one after the other and gives the codes of their replies.
    func codes(_ lines: String...) async throws -> [String] {
        var codes: [String] = []
        for line in lines { codes.append(String(try await ask(line).prefix(3))) }
        return codes
    }

    /// The codes of this many replies.
    func codes(_ count: Int) async throws -> [String] {
        var codes: [String] = []
        for _ in 0..<count { codes.append(String(try await reply().prefix(3))) }
        return codes
    }

    /// EHLO, STARTTLS, the handshake, and EHLO again.
    func secure() async throws {
        _ = try await ask("EHLO client.example")
        try #require(await ask("STARTTLS").hasPrefix("220 "))
        try await handshake()
        try #require(await ask("EHLO client.example").hasPrefix("250"))
    }

    func handshake() async throws {
        let stream = stream
        try await loop.run {
            let context = try TLSClientContext(verify: .none)
            try await stream.startTLS(client: context, serverName: nil, timeout: .seconds(10))
        }
    }

    /// MAIL and RCPT of a good transaction.
    func open(to recipient: String = "j@x.example") async throws {
        let codes = try await codes("MAIL FROM:<a@one.example>", "RCPT TO:<\(recipient)>")
        try #require(codes == ["250", "250"])
    }
}

/// A message of tenant one, as it stands behind DATA, without the end.
let goodMessage = "From: a@one.example\r\nSubject: Hi\r\n\r\nHello\r\n"
