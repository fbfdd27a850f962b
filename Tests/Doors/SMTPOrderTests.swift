import NodeProtocol
import TestSupport
import Testing

/// Every row of the table "Order" of the documentation.
@Suite struct SMTPOrderTests {
    private let node: SMTPNode

    init() throws { node = try SMTPNode(MemoryIntake()) { $0.maxErrors = 100 } }

    /// How a session stands when the line of a row comes.
    enum Start: Sendable { case banner, hello, helo, encrypted, loggedIn }

    struct Row: Sendable, CustomTestStringConvertible {
        let start: Start
        /// What was said and answered before.
        var before: [(line: String, code: String)] = []
        let line: String
        let code: String
        let lives: Bool

        var testDescription: String { "\(start) \(before.map(\.line)) \(line)" }

        init(
            _ start: Start, _ before: [(line: String, code: String)] = [], _ line: String, _ code: String,
            lives: Bool
        ) {
            self.start = start
            self.before = before
            self.line = line
            self.code = code
            self.lives = lives
        }
    }

    private static let mail = "MAIL FROM:<a@one.example>"
    private static let rcpt = "RCPT TO:<j@x.example>"
    private static let open = [(line: mail, code: "250"), (line: rcpt, code: "250")]
    private static let refusedMail = [(line: "MAIL FROM:<a@one.example> SIZE=99999999", code: "552")]
    private static let malformedMail = [(line: "MAIL FROM:a b", code: "501")]
    private static let refusedRcpt = [
        (line: mail, code: "250"), (line: "RCPT TO:<ü@x.example>", code: "553"),
    ]
    private static let chunk = open + [(line: "BDAT 0", code: "250")]
    private static let sent = open + [(line: "DATA", code: "354"), (line: goodMessage + ".", code: "250")]
    private static let badSent = open + [(line: "DATA", code: "354"), (line: "a\nb\r\n.", code: "550")]

    /// Nothing explains the command: the session ends.
    static let lost: [Row] = [
        Row(.banner, mail, "503", lives: false), Row(.banner, rcpt, "503", lives: false),
        Row(.banner, "DATA", "503", lives: false), Row(.banner, "BDAT 3\r\nabc", "503", lives: false),
        Row(.banner, "STARTTLS", "503", lives: false), Row(.helo, "STARTTLS", "503", lives: false),
        Row(.hello, rcpt, "503", lives: false), Row(.hello, "DATA", "503", lives: false),
        Row(.encrypted, "AUTH PLAIN AGEAYg==", "503", lives: false),
        Row(.encrypted, mail, "503", lives: false), Row(.loggedIn, "STARTTLS", "503", lives: false),
        Row(.loggedIn, rcpt, "503", lives: false), Row(.loggedIn, "DATA", "503", lives: false),
        Row(.loggedIn, "BDAT 3 LAST\r\nabc", "503", lives: false),
        Row(.loggedIn, open, mail, "503", lives: false),
        Row(.loggedIn, [(mail, "250")], "DATA", "503", lives: false),
        Row(.loggedIn, [(mail, "250")], "BDAT 3\r\nabc", "503", lives: false),
        Row(.loggedIn, open, "AUTH PLAIN AGEAYg==", "503", lives: false),
        Row(.loggedIn, chunk, "DATA", "503", lives: false), Row(.loggedIn, chunk, rcpt, "503", lives: false),
        Row(.loggedIn, chunk, mail, "503", lives: false),
        Row(.loggedIn, sent, "BDAT 0 LAST", "503", lives: false),
        Row(.loggedIn, sent, rcpt, "503", lives: false), Row(.loggedIn, sent, "DATA", "503", lives: false),
        Row(.loggedIn, refusedMail + [("RSET", "250")], rcpt, "503", lives: false),
        Row(.loggedIn, refusedMail + [("EHLO again", "250")], rcpt, "503", lives: false),
        Row(.loggedIn, refusedMail + sent, "DATA", "503", lives: false),
        Row(.loggedIn, refusedRcpt + [("RSET", "250"), (mail, "250")], "DATA", "503", lives: false),
        Row(.loggedIn, [("NONSENSE", "500")], "DATA", "503", lives: false),
    ]

    /// A refusal before explains it: the rest of the group is refused too, and the session lives.
    static let pipelined: [Row] = [
        Row(.hello, [(mail, "530")], rcpt, "503", lives: true),
        Row(.hello, [(mail, "530"), (rcpt, "503")], "DATA", "503", lives: true),
        Row(.loggedIn, refusedMail, rcpt, "503", lives: true),
        Row(.loggedIn, refusedMail, "DATA", "503", lives: true),
        Row(.loggedIn, refusedMail, "BDAT 3 LAST\r\nabc", "503", lives: true),
        Row(.loggedIn, refusedMail, mail, "250", lives: true),
        Row(.loggedIn, malformedMail, rcpt, "503", lives: true),
        Row(.loggedIn, malformedMail, "DATA", "503", lives: true),
        Row(.loggedIn, refusedRcpt, "DATA", "554", lives: true),
        Row(.loggedIn, refusedRcpt, "BDAT 3 LAST\r\nabc", "554", lives: true),
        Row(.loggedIn, refusedRcpt + [("BDAT 3\r\nabc", "554")], "BDAT 0 LAST", "554", lives: true),
        Row(.loggedIn, refusedRcpt, mail, "503", lives: true),
        Row(.loggedIn, refusedRcpt + [("DATA", "554")], mail, "250", lives: true),
        Row(.loggedIn, refusedRcpt + [("BDAT 0 LAST", "554")], mail, "250", lives: true),
        Row(.loggedIn, refusedRcpt, rcpt, "250", lives: true),
        Row(.loggedIn, open + [("BDAT 3\r\na\nb", "550")], "BDAT 0 LAST", "503", lives: true),
        Row(.loggedIn, badSent, mail, "250", lives: true),
    ]

    /// In order everywhere.
    static let free: [Row] = [
        Row(.banner, "NOOP", "250", lives: true), Row(.banner, "RSET", "250", lives: true),
        Row(.banner, "HELP", "214", lives: true), Row(.banner, "VRFY j", "252", lives: true),
        Row(.loggedIn, open, "NOOP", "250", lives: true), Row(.loggedIn, open, "RSET", "250", lives: true),
        Row(.loggedIn, chunk, "RSET", "250", lives: true), Row(.loggedIn, open, "EHLO x", "250", lives: true),
        Row(.loggedIn, "AUTH PLAIN AGEAYg==", "503", lives: true),
        Row(.hello, "AUTH PLAIN AGEAYg==", "538", lives: true), Row(.hello, mail, "530", lives: true),
        Row(.loggedIn, sent, mail, "250", lives: true),
    ]

    @Test(arguments: lost + pipelined + free)
    func `a command is answered by what was said before it`(row: Row) async throws {
        let client = try await client(row.start)
        for (line, code) in row.before {
            let reply = try await say(line, to: client)
            try #require(reply.hasPrefix(code), "\(line): \(reply)")
        }
        let reply = try await say(row.line, to: client)
        #expect(reply.hasPrefix(row.code), "\(reply)")
        if row.code == "503" { #expect(reply.hasPrefix("503 5.5.1 ")) }
        #expect(try await row.lives == (client.ask("NOOP").hasPrefix("250")))
        #expect(node.intake.kept.count <= 1)
    }

    /// The bytes of a chunk have no line end behind them.
    private func say(_ line: String, to client: SMTPClient) async throws -> String {
        try await client.send(line.hasPrefix("BDAT 3") ? line : line + "\r\n")
        return try await client.reply()
    }

    private func client(_ start: Start) async throws -> SMTPClient {
        guard start != .loggedIn else { return try await node.login() }
        let client = try await node.connect()
        guard start != .banner else { return client }
        _ = try await client.ask(start == .helo ? "HELO client.example" : "EHLO client.example")
        guard start == .encrypted else { return client }
        try #require(await client.ask("STARTTLS").hasPrefix("220 "))
        try await client.handshake()
        return client
    }

    @Test func `a pipelined group of which everything is refused is answered in full`() async throws {
        let client = try await node.login()
        // DATA is the last of its group.
        for (group, codes) in [
            (
                "MAIL FROM:<a@one.example> SIZE=99999999\r\nRCPT TO:<j@x.example>\r\n"
                    + "RCPT TO:<k@x.example>\r\nDATA\r\n", ["552", "503", "503", "503"]
            ),
            (
                "RSET\r\nMAIL FROM:<a@one.example>\r\nRCPT TO:<ü@x.example>\r\nRCPT TO:<>\r\nDATA\r\n",
                ["250", "250", "553", "501", "554"]
            ), ("RSET\r\n\(Self.mail)\r\n\(Self.rcpt)\r\nDATA\r\n", ["250", "250", "250", "354"]),
        ] {
            try await client.send(group)
            #expect(try await client.codes(codes.count) == codes)
        }
        #expect(try await client.ask(goodMessage + ".").hasPrefix("250"))
    }

    @Test func `messages pipelined by BDAT do not depend on one another`() async throws {
        let client = try await node.login()
        func group(_ rcpt: String) -> String {
            "\(Self.mail)\r\n\(rcpt)\r\nBDAT \(goodMessage.utf8.count) LAST\r\n\(goodMessage)"
        }
        try await client.send(group(Self.rcpt) + group("RCPT TO:<>") + group(Self.rcpt))
        #expect(
            try await client.codes(9) == ["250", "250", "250", "250", "501", "554", "250", "250", "250"])
        #expect(node.intake.kept.count == 2)
    }
}

extension SMTPOrderTests.Row {
    init(_ start: SMTPOrderTests.Start, _ line: String, _ code: String, lives: Bool) {
        self.init(start, [], line, code, lives: lives)
    }
}
