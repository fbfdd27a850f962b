/// Reports as hosts write them, about one message of ours.
enum ReportSamples {
    static let returnedHeader = """
        Return-Path: <bounces+1.2@dispatch.one.example>
        X-Dispatch-ID: 01900000-0000-7000-8000-000000000001
        Message-ID: <hello@one.example>
        From: a@one.example
        To: Jane <jane@example.org>, gone@example.org
        Subject: Hi

        """

    static func message(_ header: String, _ body: String) -> [UInt8] {
        Array("\(header)\n\n\(body)".replacing("\n", with: "\r\n").utf8)
    }

    static func report(
        _ fields: String, text: String = "It did not work.", type: String = "message/delivery-status",
        returned: String = "text/rfc822-headers"
    ) -> [UInt8] {
        message(
            """
            From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
            To: bounces+1.2@dispatch.one.example
            Subject: Undelivered Mail Returned to Sender
            Auto-Submitted: auto-replied
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status; boundary=b
            """,
            """
            --b
            Content-Type: text/plain

            \(text)

            --b
            Content-Type: \(type)

            \(fields)

            --b
            Content-Type: \(returned)

            \(returnedHeader)
            --b--

            """)
    }

    static let twoRecipients = """
        Reporting-MTA: dns; mx.example.org
        Original-Envelope-Id: envelope-7
        Arrival-Date: Sat, 21 Nov 2026 09:00:00 +0000

        Original-Recipient: rfc822;jane@example.org
        Final-Recipient: rfc822; jane.doe@store.example.org
        Action: delayed
        Status: 4.2.2
        Diagnostic-Code: smtp; 452 4.2.2 mailbox
          full

        Final-Recipient: RFC822; <gone@example.org>
        Action: failed (for good)
        Status: 5.0.0
        Remote-MTA: dns; store.example.org (192.0.2.7)
        Diagnostic-Code: smtp; 550-5.1.1 no such user
         550 5.1.1 here
        """

    static func freeForm(_ text: String, from: String = "MAILER-DAEMON@mx.example.org", header: String = "")
        -> [UInt8]
    {
        message("From: \(from)\nSubject: failure notice\(header)", text)
    }

    static let qmail = freeForm(
        """
        Hi. This is the qmail-send program at mx.example.org.
        Your message did not get through, and I've given up.

        <jane@example.org>:
        192.0.2.7 does not like recipient.
        Remote host said: 550 5.1.1 unknown
        Giving up on 192.0.2.7.

        <gone@example.org>:
        Sorry, no mailbox here by that name. (#5.1.1)

        --- Below this line is a copy of the message.

        \(returnedHeader)
        """)

    static let exim = freeForm(
        """
        This message was created automatically by mail delivery software.

        The following address(es) failed:

          gone@example.org
            host mx.example.org [192.0.2.7]
            SMTP error from remote mail server after RCPT TO:<gone@example.org>:
            550 5.1.1 User unknown

        ------ This is a copy of the message, including all the headers. ------

        \(returnedHeader)
        """)

    static let exchange = freeForm(
        """
        Your message

          To:      gone@example.org
          Subject: Hi

        did not reach the following recipient(s):

        gone@example.org on Sat, 21 Nov 2026 10:00:00 +0100
            The recipient name is not recognized
            The MTS-ID of the original message is: c=xx;a= ;p=one
        """, from: "System Administrator <postmaster@example.org>")

    static let postfix = freeForm(
        """
        This is the mail system at host mx.example.org.

        For further assistance, please send mail to postmaster.

        <gone@example.org>: host store.example.org[192.0.2.7] said: 550 5.1.1
            <gone@example.org>: Recipient address rejected (in reply to RCPT TO command)
        """)

    static let gmail = freeForm(
        """
        Delivery to the following recipient failed permanently:

             gone@example.org

        Technical details of permanent failure:
        The server for the recipient domain said no.

        The error that the other server returned was:
        550 5.1.1 The email account does not exist.

        ----- Original message -----

        \(returnedHeader)
        """, header: "\nX-Failed-Recipients: gone@example.org")

    static let notes = freeForm(
        """
        Your message

          Subject: Hi

        was not delivered to:

          gone@example.org

        because:

          User gone (gone@example.org) not listed in the directory

        """, from: "Postmaster@example.org")

    static let yahoo = freeForm(
        """
        Sorry, we were unable to deliver your message to the following address.

        <gone@example.org>:
        554: delivery error: This user doesn't have an account [0]

        --- Below this line is a copy of the message.

        \(returnedHeader)
        """)

    static let complaint = message(
        """
        From: <feedback@isp.example>
        To: fbl@dispatch.example
        Subject: FW: Hi
        Content-Type: multipart/report; report-type=feedback-report; boundary=b
        """,
        """
        --b
        Content-Type: text/plain

        This is a complaint.

        --b
        Content-Type: message/feedback-report

        Feedback-Type: abuse
        User-Agent: Loop/1.0
        Version: 1
        Original-Mail-From: <bounces+1.2@dispatch.one.example>
        Original-Rcpt-To: <jane@example.org>
        Arrival-Date: Sat, 21 Nov 2026 09:00:00 +0000
        Reporting-MTA: dns; mail.isp.example
        Source-IP: 192.0.2.1

        --b
        Content-Type: message/rfc822

        \(returnedHeader)
        Hello
        --b--

        """)

    static let vacation = message(
        "From: jane@example.org\nSubject: Automatic reply: Hi\nAuto-Submitted: auto-replied",
        "I am on holiday until Monday.\n")

    static let receipt = message(
        "Subject: Read: Hi\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b",
        "--b\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\nDisposition: displayed\n--b--\n"
    )

    static let all = [
        report(twoRecipients), qmail, exim, exchange, postfix, gmail, notes, yahoo, complaint, vacation,
        receipt,
    ]
}
