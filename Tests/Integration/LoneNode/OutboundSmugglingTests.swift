import EventLoop
import FoundationEssentials
import TestSupport
import Testing

/// A host that takes LF.CRLF for the end of a message, as Postfix 3.7 does when nobody told it otherwise,
/// gets from us exactly the messages that were sent.
@Suite struct OutboundSmugglingTests {
    private struct Corpus: Decodable {
        let inbound_fake_eod: [String: String]
        let outbound_fake_eod_extra: [String: String]
    }

    private static let smuggled =
        "MAIL FROM:<app@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n"
        + "Subject: smuggled\r\n\r\nsmuggled\r\n.\r\n"

    /// The published fake ends, or those that everybody knows where the corpus is not.
    private static func ends() throws -> [String] {
        let known = [
            "\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n.\n", "\r.\r\n", "\r\n\u{0}.\r\n", "\r\n.\u{0}\r\n",
        ]
        guard let folder = Corpora.folder("smtp-smuggling") else { return known + ["\r\n.\r\n"] }
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/cases.json"))
        let corpus = try JSONDecoder().decode(Corpus.self, from: file)
        let published =
            corpus.inbound_fake_eod.values.sorted() + corpus.outbound_fake_eod_extra.values.sorted()
        return published + ["\r\n.\r\n", "\u{0}\n.\n\u{0}", "\n.\n.\n", "\r\n..\r\n", "\n\n.\n\n"]
    }

    private struct Setup {
        let postfix: PostfixServer
        let node: LoneNode
        let process: NodeProcess
        let certificate: TestCertificate
        let folder: TemporaryDirectory

        init(_ postfix: PostfixServer) async throws {
            self.postfix = postfix
            folder = try TemporaryDirectory()
            certificate = try TestCertificate(in: folder)
            node = try await LoneNode(
                ["DISPATCH_ROUTES": "*=127.0.0.1:\(postfix.port)"].merging(certificate.settings) { $1 })
            process = try await node.start()
        }

        func client() async throws -> SMTPClient {
            let client = try await SMTPClient.greeted(by: try process.address(of: "smtp"))
            try await client.startTLS(certificate.clientContext(), serverName: "node.test")
            _ = try await client.authenticate(
                username: node.fixture.username, password: node.fixture.password)
            return client
        }
    }

    @Test func `this Postfix does take two messages for one where a bare line feed ends the first`()
        async throws
    {
        guard let postfix = try await PostfixServer.start() else { return }
        try await TestLoops.run {
            let client = try await SMTPClient.greeted(by: .ipv4(0x7F00_0001, port: postfix.port))
            for line in ["MAIL FROM:<app@example.com>", "RCPT TO:<b@example.net>"] {
                try await client.say(line, demand: 250)
            }
            try await client.say("DATA", demand: 354)
            try await client.write("Subject: outer\r\n\r\nx\n.\r\n" + Self.smuggled)
            for code in [250, 250, 250, 354, 250] { try await client.demand(code) }
            client.close()
        }
        #expect(try await postfix.queued().count == 2)
    }

    /// Nothing is left out of EHLO: the message goes by BDAT; without CHUNKING it goes by DATA.
    @Test(arguments: ["", "chunking"])
    func `each message that was sent arrives once, and none that was not`(without: String) async throws {
        guard
            let postfix = try await PostfixServer.start(
                without.isEmpty ? [] : ["smtpd_discard_ehlo_keywords = \(without)"])
        else { return }
        let setup = try await Setup(postfix)
        let api = try await setup.node.caller()
        var accepted = 0
        var refused = 0
        for (number, end) in try Self.ends().enumerated() {
            let evil = "x\(end)\(Self.smuggled)"
            let name = Array(end.utf8).description
            for (field, message) in Self.messages(number, evil, from: "app@\(setup.node.fixture.domain)") {
                let status = try await api.post("/api/v1/messages", message).status
                // NUL is no text.
                let isNUL = ["text", "html"].contains(field) && end.utf8.contains(0)
                if field.hasPrefix("header") || field == "subject" || isNUL {
                    #expect(status == 400, "\(field) \(name)")
                    refused += 1
                } else {
                    #expect(status == 202, "\(field) \(name)")
                    accepted += 1
                }
            }
            let taken = try await bySMTP(setup, number, evil, end)
            accepted += taken.accepted
            refused += taken.refused
        }
        try await setup.process.waitUntilIdle(deadline: .seconds(60))
        let queued = try await postfix.queued()
        print("\(accepted) messages were sent, \(refused) refused, \(queued.count) arrived")
        #expect(queued.count == accepted)
        #expect(!queued.contains { $0.contains("recipient: victim@example.net") })
        for subject in Set(queued.flatMap(Self.subjects)) {
            #expect(subject.hasPrefix("Subject: number "), "\(subject)")
        }
    }

    /// What of a message's own header says Subject.
    private static func subjects(_ queued: String) -> [String] {
        let header = queued.split(separator: "*** MESSAGE CONTENTS", maxSplits: 1).last ?? ""
        let lines = header.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
        return lines.prefix { !$0.isEmpty }.filter { $0.hasPrefix("Subject:") }.map(String.init)
    }

    /// The same text in every place of a message that a caller can reach.
    private static func messages(_ number: Int, _ evil: String, from: String) -> [(String, JSONValue)] {
        func message(_ change: [String: JSONValue]) -> JSONValue {
            let base: [String: JSONValue] = [
                "from": .string(from), "to": "bob@example.net", "subject": .string("number \(number)"),
                "text": "x",
            ]
            return .object(base.merging(change) { $1 })
        }
        func attachment(_ type: String, _ text: String) -> [String: JSONValue] {
            let content = Data(text.utf8).base64EncodedString()
            return [
                "attachments": [
                    ["filename": "a", "content_type": .string(type), "content": .string(content)]
                ]
            ]
        }
        return [
            ("text", message(["text": .string(evil)])), ("html", message(["html": .string("<p>\(evil)")])),
            ("attachment", message(attachment("text/plain", evil))),
            ("attached message", message(attachment("message/rfc822", "Subject: in\r\n\r\n\(evil)"))),
            ("attached multipart", message(attachment("multipart/mixed; boundary=b", "--b\(evil)--b--"))),
            ("subject", message(["subject": .string("number \(number) \(evil)")])),
            ("header", message(["headers": ["X-Evil": .string(evil)]])),
            ("header name", message(["headers": .object([evil: "x"])])),
        ]
    }

    private func bySMTP(
        _ setup: Setup, _ number: Int, _ evil: String, _ end: String
    ) async throws -> (accepted: Int, refused: Int) {
        try await TestLoops.run {
            var counts = (accepted: 0, refused: 0)
            let message = "From: app@\(setup.node.fixture.domain)\r\nSubject: number \(number)\r\n\r\n\(evil)"
            let isText = end == "\r\n.\r\n" || end == "\r\n..\r\n"
            for verb in ["DATA", "BDAT"] {
                let client = try await setup.client()
                for line in ["MAIL FROM:<app@\(setup.node.fixture.domain)>", "RCPT TO:<bob@example.net>"] {
                    try await client.say(line, demand: 250)
                }
                if verb == "BDAT" {
                    try await client.write("BDAT \(message.utf8.count) LAST\r\n\(message)")
                } else {
                    try await client.say("DATA", demand: 354)
                    let stuffed = isText ? message.replacing("\r\n.", with: "\r\n..") : message
                    try await client.write(stuffed + (isText ? ".\r\n" : ""))
                }
                let reply = try #require(try await client.reply())
                #expect(reply.code == (isText ? 250 : 550), "\(verb) \(Array(end.utf8)): \(reply)")
                if reply.code == 250 { counts.accepted += 1 } else { counts.refused += 1 }
                client.close()
            }
            return counts
        }
    }
}
