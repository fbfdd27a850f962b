import Testing

@testable import MailFormat

@Suite struct DeliveryNoticeTests {
    private func notice(_ action: DeliveryNotice.Action = .failed, reply: String = "550 5.1.1 No such user")
        throws -> DeliveryNotice
    {
        var recipient = DeliveryNotice.Recipient(
            address: "bob@remote.example", finalRecipient: "rfc822;bob@remote.example", action: action,
            status: action == .failed ? "5.1.1" : action == .delayed ? "4.2.1" : "2.0.0", reply: reply,
            isRemoteReply: true)
        recipient.originalRecipient = "rfc822;robert@elsewhere.example"
        recipient.remoteHost = "mx.remote.example"
        recipient.lastAttemptSecondsSince1970 = 1_700_000_100
        recipient.retriesUntilSecondsSince1970 = 1_700_200_000
        var notice = DeliveryNotice(
            from: try Mailbox("Mail Delivery System <mailer-daemon@sender.example>"),
            to: try MailAddress("alice@sender.example"), messageID: "<n1@sender.example>",
            dateSecondsSince1970: 1_700_000_101, reportingHost: "node.example",
            arrivalSecondsSince1970: 1_700_000_000, recipients: [recipient], boundarySeed: 7)
        notice.envelopeID = "job 7"
        notice.about = "<m1@sender.example>"
        return notice
    }

    private func parsed(_ notice: DeliveryNotice) throws -> ParsedMessage {
        MIMEParser.parse(try notice.build())
    }

    @Test func `a failure is a report that a program can read`() throws {
        var notice = try notice()
        notice.returned = .header(Array("Subject: hello\r\nFrom: alice@sender.example\r\n".utf8))
        let report = try parsed(notice)
        #expect(report.root.contentType.value == "multipart/report")
        #expect(report.root.contentType["report-type"] == "delivery-status")
        #expect(
            report.parts.map(\.contentType.value) == [
                "multipart/report", "text/plain", "message/delivery-status", "text/rfc822-headers",
            ])
        #expect(
            report.text(of: 2) == """
                Reporting-MTA: dns; node.example\r
                Original-Envelope-Id: job 7\r
                Arrival-Date: Tue, 14 Nov 2023 22:13:20 +0000\r
                \r
                Original-Recipient: rfc822;robert@elsewhere.example\r
                Final-Recipient: rfc822;bob@remote.example\r
                Action: failed\r
                Status: 5.1.1\r
                Remote-MTA: dns; mx.remote.example\r
                Diagnostic-Code: smtp; 550 5.1.1 No such user\r
                Last-Attempt-Date: Tue, 14 Nov 2023 22:15:00 +0000\r

                """)
        #expect(report.text(of: 3) == "Subject: hello\r\nFrom: alice@sender.example\r\n")
        #expect(report.header("Auto-Submitted") == "auto-replied")
        #expect(report.header("In-Reply-To") == "<m1@sender.example>")
        #expect(report.header("From") == "Mail Delivery System <mailer-daemon@sender.example>")
        let text = try #require(report.plainText)
        #expect(text.contains("<bob@remote.example>\r\n    mx.remote.example said: 550 5.1.1 No such user"))
    }

    @Test func `a delay says until when it is tried, and a relay that it was handed over`() throws {
        let delayed = try parsed(try notice(.delayed, reply: "451 4.2.1 busy"))
        #expect(delayed.text(of: 2).contains("Action: delayed\r\n"))
        #expect(delayed.text(of: 2).contains("Will-Retry-Until: Fri, 17 Nov 2023 05:46:40 +0000\r\n"))
        #expect(delayed.plainText?.contains("no need to send it again") == true)
        let relayed = try parsed(try notice(.relayed, reply: "250 2.0.0 Ok"))
        #expect(relayed.text(of: 2).contains("Action: relayed\r\nStatus: 2.0.0\r\n"))
        #expect(!relayed.text(of: 2).contains("Will-Retry-Until"))
        #expect(delayed.header("Subject") != relayed.header("Subject"))
    }

    @Test func `what a remote host says can begin no field and no line that is too long`() throws {
        let evil =
            "550 no\r\nAction: relayed\r\n\r\nFinal-Recipient: rfc822;x@y "
            + String(repeating: "y", count: 5_000)
        let report = try parsed(try notice(reply: evil))
        let status = report.text(of: 2)
        #expect(!status.contains("\nAction: relayed") && !status.contains("\nFinal-Recipient: rfc822;x"))
        #expect(status.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
        #expect(report.parts.count == 3)
    }

    @Test func `a message that is returned whole stays as it was, whatever boundaries it holds`() throws {
        let token = MIMEBuilder.boundaryToken(
            seed: 7, notIn: .leaf(fields: [], encoding: .sevenBit, body: []))
        let message = "Subject: ü\r\n\r\n--=_0\(token)\r\n--=_0\(token)--\r\nlast ß\r\n"
        var notice = try notice()
        notice.returned = .message(Array(message.utf8))
        let report = try parsed(notice)
        #expect(report.parts.count == 4)
        #expect(report.parts[3].encoding == .eightBit)
        #expect(String(decoding: report.body(of: 3), as: UTF8.self) == message)
        let converted = MIMEParser.parse(try EightBitDowngrade.ascii(try notice.build()))
        #expect(converted.parts.map(\.contentType.value) == report.parts.map(\.contentType.value))
        #expect(MIMEParser.parse(converted.body(of: 3)).header("Subject") == "ü")
    }

    @Test func `the header of a message is returned in whole fields`() {
        let fields = "Subject: a\r\nX: \(String(repeating: "x", count: 900))\r\n"
        #expect(DeliveryNotice.header(of: Array("\(fields)\r\nbody\r\n".utf8)) == Array(fields.utf8))
        let long = String(repeating: fields, count: 100)
        let header = DeliveryNotice.header(of: Array("\(long)\r\nbody".utf8))
        #expect(header.count <= 65_536 && header.count > 60_000 && header.suffix(2) == [0x0D, 0x0A])
        #expect(DeliveryNotice.header(of: []) == [])
    }

    struct Reading: Decodable {
        let type: String
        let report: String
        let groups: [[[String]]]
        let parts: [String]
        let returned: String
        let defects: Int
    }

    @Test func `python's parser reads the same`() throws {
        var notice = try notice()
        notice.returned = .header(Array("Subject: grüße\r\n".utf8))
        var second = notice.recipients[0]
        second.finalRecipient = "utf-8;j\\x{F6}rg@remote.example"
        second.originalRecipient = nil
        second.isRemoteReply = false
        notice.recipients.append(second)
        let script = """
            import sys, json, email, email.policy
            m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            parts = list(m.iter_parts())
            groups = [[[k, str(v)] for k, v in g.items()] for g in parts[1].get_payload()]
            print(json.dumps(dict(type=m.get_content_type(), report=m.get_param('report-type'), groups=groups,
                parts=[p.get_content_type() for p in parts], returned=parts[2].get_content().strip(),
                defects=sum(len(p.defects) for p in m.walk()))))
            """
        guard let reading: Reading = try PythonReader.run(script, on: try notice.build()) else {
            print("skipped: python3 with its email package is not here")
            return
        }
        #expect(reading.type == "multipart/report")
        #expect(reading.report == "delivery-status")
        #expect(reading.parts == ["text/plain", "message/delivery-status", "text/rfc822-headers"])
        #expect(reading.groups.count == 3)
        #expect(reading.groups.first?.first == ["Reporting-MTA", "dns; node.example"])
        #expect(reading.groups.last?.first == ["Final-Recipient", "utf-8;j\\x{F6}rg@remote.example"])
        #expect(reading.groups.last?.contains { $0.first == "Diagnostic-Code" } == false)
        #expect(reading.returned == "Subject: grüße")
        #expect(reading.defects == 0)
    }
}
