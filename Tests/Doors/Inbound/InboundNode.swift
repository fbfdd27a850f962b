import Admission
import Crypto
import Doors
import EventLoop
import FoundationEssentials
import NodeProtocol
import Testing

/// A node's listener for reports on loopback, in front of a node that keeps notices in memory.
final class InboundNode: Sendable {
    let intake: MemoryInbound
    let server: SMTPServer
    private let serverLoop: EventLoop
    private let clientLoop: EventLoop

    init(
        _ intake: MemoryInbound, limits: InboundLimits = InboundLimits(),
        _ change: (inout SMTPServerConfiguration) -> Void = { _ in }
    ) throws {
        self.intake = intake
        serverLoop = try EventLoop(name: "test-inbound-server")
        clientLoop = try EventLoop(name: "test-inbound-client")
        serverLoop.start()
        clientLoop.start()
        let authority = try CertificateAuthority(commonName: "test", now: 1_700_000_000)
        let issued = try authority.issue(dnsNames: ["node.example"], now: 1_700_000_000)
        var configuration = SMTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0))
        configuration.certificate = (Array(issued.certificatePEM.utf8), Array(issued.privateKeyPEM.utf8))
        configuration.maxRecipients = 10
        configuration.maxMessageBytes = 1 << 20
        change(&configuration)
        server = try SMTPServer(configuration, inbound: intake, limits: limits, log: .init(component: "test"))
        try server.start(on: [serverLoop])
    }

    deinit {
        serverLoop.stop()
        clientLoop.stop()
    }

    /// A connection that has said EHLO.
    func connect() async throws -> SMTPClient {
        let address = server.address
        let stream = try await clientLoop.run {
            try await ByteStream.connect(to: address, timeout: .seconds(10))
        }
        let client = SMTPClient(stream: stream, loop: clientLoop)
        try #require(await client.reply().hasPrefix("220 node.example "))
        try #require(await client.ask("EHLO mx.example").hasPrefix("250"))
        return client
    }

    /// Sends a report from the null path and gives the reply to RCPT, or to the message.
    func report(_ message: String, to recipient: String) async throws -> String {
        let client = try await connect()
        try #require(await client.ask("MAIL FROM:<>").hasPrefix("250"))
        let answer = try await client.ask("RCPT TO:<\(recipient)>")
        guard answer.hasPrefix("250") else { return answer }
        try #require(await client.ask("DATA").hasPrefix("354"))
        return try await client.ask(message.replacing("\n", with: "\r\n") + "\r\n.")
    }
}

/// A node that proves return paths as a real one does, and keeps what it is told.
final class MemoryInbound: InboundIntake {
    private struct State {
        var notices: [InboundNotice] = []
        var outcomes: [InboundOutcome] = []
        var refusal: Refusal?
        var remembered: Set<String>?
        var passedOn: [ReportedOutcome] = []
        var wishes = 0
    }

    static let tenant = TenantID(UUID())
    let hostName = "node.example"
    let complaintHost: String? = "dispatch.example"
    let message = MessageID(milliseconds: 1_800_000_000_000, node: 3, random: (1, 2))
    private let path: ReturnPath
    private let state = Locked(State())

    init() throws { path = try ReturnPath(clusterKeys: [[UInt8](repeating: 7, count: 32)]) }

    var notices: [InboundNotice] { state.withLock { $0.notices } }
    var outcomes: [InboundOutcome] { state.withLock { $0.outcomes } }

    /// From now on the disk takes nothing.
    func refuse(with refusal: Refusal) { state.withLock { $0.refusal = refusal } }

    /// From now on the node remembers these recipients of messages whose address does not tell them.
    func remember(_ recipients: [String]) { state.withLock { $0.remembered = Set(recipients) } }

    func returnPath(_ recipients: [String], domain: String = "one.example") -> String {
        path.address(message: message, domain: domain, tenant: Self.tenant, recipients: recipients)
    }

    func proof(of address: String) throws(Refusal) -> ReturnPath.Proof? {
        path.proof(of: address) { $0 == "one.example" ? Self.tenant : nil }
    }

    func names(_ recipient: String, in proof: ReturnPath.Proof) async -> Bool? {
        path.names(recipient, in: proof) ?? state.withLock { $0.remembered }.map { $0.contains(recipient) }
    }

    func record(_ notices: [InboundNotice]) async throws(Refusal) {
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
        state.withLock { $0.notices += notices }
    }

    /// What the sender was to be told, if it wished for it.
    var passedOn: [ReportedOutcome] { state.withLock { $0.passedOn } }

    /// From now on the sender wishes for as many reports.
    func wish(for count: Int) { state.withLock { $0.wishes = count } }

    func passOn(
        _ outcomes: [ReportedOutcome], to address: String, _ proof: ReturnPath.Proof
    ) async throws(Refusal) -> Int {
        state.withLock { state in
            state.passedOn += outcomes
            return min(state.wishes, outcomes.count)
        }
    }

    func note(_ outcome: InboundOutcome) { state.withLock { $0.outcomes.append(outcome) } }
}

/// Reports about the message of `MemoryInbound`.
enum InboundReports {
    static func bounce(
        of recipient: String?, action: String = "failed", status: String = "5.1.1",
        original: String = "To: jane@example.org"
    ) -> String {
        let name = recipient.map { "Final-Recipient: rfc822; \($0)\n" } ?? ""
        return """
            From: MAILER-DAEMON@mx.example
            Subject: Undelivered Mail
            Content-Type: multipart/report; report-type=delivery-status; boundary=b

            --b
            Content-Type: message/delivery-status

            Reporting-MTA: dns; mx.example

            \(name)Action: \(action)
            Status: \(status)
            Diagnostic-Code: smtp; 550 \(status) no such user

            --b
            Content-Type: text/rfc822-headers

            \(original)

            --b--
            """
    }

    static func complaint(_ type: String = "abuse", fields: String = "", original: String) -> String {
        """
        From: feedback@isp.example
        Content-Type: multipart/report; report-type=feedback-report; boundary=b

        --b
        Content-Type: message/feedback-report

        Feedback-Type: \(type)
        User-Agent: Loop/1
        \(fields)

        --b
        Content-Type: message/rfc822

        \(original)

        Hello
        --b--
        """
    }
}
