import EventLoop
import SMTPWire
import TestSupport

/// A foreign host that reports by SMTP about mail that it got: bounces and complaints.
struct Reporter: Sendable {
    let address: SocketAddress

    /// Sends a report from the null path and gives the reply that decided.
    func send(_ report: String, to recipient: String) async throws -> SMTPReply {
        let address = address
        let reply = try await TestLoops.run {
            let client = try await SMTPClient.greeted(by: address)
            defer { client.close() }
            try await client.say("MAIL FROM:<>", demand: 250)
            let answer = try await client.say("RCPT TO:<\(recipient)>")
            guard answer?.isPositive == true else { return answer }
            try await client.say("DATA", demand: 354)
            let lines = report.replacing("\n", with: "\r\n")
            try await client.stream.write(try DataEncoder.encode(Array(lines.utf8)))
            return try await client.reply()
        }
        guard let reply else { throw TestSupportError("closed in place of a reply") }
        return reply
    }

    /// A bounce by RFC 3464 of one recipient of a delivered message.
    static func bounce(of delivery: MailSink.Delivery, recipient: String) -> String {
        report(
            of: delivery,
            """
            Final-Recipient: rfc822; \(recipient)
            Action: failed
            Status: 5.1.1
            Diagnostic-Code: smtp; 550 5.1.1 no such user
            """)
    }

    /// A report by RFC 3464 about a delivered message, with these fields of its recipients.
    static func report(of delivery: MailSink.Delivery, _ recipients: String) -> String {
        """
        From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
        To: \(delivery.sender)
        Subject: Undelivered Mail Returned to Sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=part

        --part
        Content-Type: text/plain

        It did not work.

        --part
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net

        \(recipients)

        --part
        Content-Type: text/rfc822-headers

        \(delivery.header.replacing("\r\n", with: "\n"))

        --part--

        """
    }

    /// A complaint by RFC 5965 about a delivered message.
    static func complaint(about delivery: MailSink.Delivery) -> String {
        """
        From: Feedback <feedback@isp.example.net>
        Subject: FW: \(delivery.subject ?? "")
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=feedback-report; boundary=part

        --part
        Content-Type: message/feedback-report

        Feedback-Type: abuse
        User-Agent: Loop/1.0
        Version: 1

        --part
        Content-Type: message/rfc822

        Return-Path: <\(delivery.sender)>
        \(delivery.header.replacing("\r\n", with: "\n"))

        Hello.
        --part--

        """
    }
}
