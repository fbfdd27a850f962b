import SMTPWire
import Testing

@testable import Delivery

@Suite struct ClassifierTests {
    private func classify(_ line: String, _ stage: SMTPStage = .recipient) throws -> Classification {
        var parser = SMTPReplyParser()
        guard case .reply(let reply) = parser.parse(Array("\(line)\r\n".utf8)[...]).step else {
            throw NotAReply(line: line)
        }
        return Classifier.classify(reply, stage: stage)
    }

    private struct NotAReply: Error { let line: String }

    @Test(arguments: [
        (
            "550 5.1.1 <x@y>: Recipient address rejected: User unknown in local recipient table",
            "InvalidRecipient", "suppress"
        ),
        (
            "550 5.1.1 The email account that you tried to reach does not exist.", "InvalidRecipient",
            "suppress"
        ),
        (
            "550 5.4.1 Recipient address rejected: Access denied. AS(2018) [x.prod.protection.outlook.com]",
            "InvalidRecipient", "suppress"
        ),
        (
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            "InvalidRecipient", "suppress"
        ),
        ("550 5.7.1 No such user!", "InvalidRecipient", "suppress"),
        ("554 delivery error: dd This user doesn't have a yahoo.com account", "InvalidRecipient", "suppress"),
        ("550 5.1.1 Adresse d au moins un destinataire invalide. OFR204_418", "InvalidRecipient", "suppress"),
        ("550 Empfänger unbekannt", "InvalidRecipient", "suppress"),
        ("550 El usuario no existe", "InvalidRecipient", "suppress"),
        ("550 Пользователь не найден", "InvalidRecipient", "suppress"),
        ("550 收件人不存在", "InvalidRecipient", "suppress"),
        ("550 宛先不明", "InvalidRecipient", "suppress"),
        ("550 sorry, no mailbox here by that name", "NoMailbox", "suppress"),
        ("550 5.1.1 mailbox unavailable", "InvalidRecipient", "suppress"),
        ("550 Requested action not taken: mailbox unavailable", "NoMailbox", "bounce"),
        ("450 4.1.1 <x@y>: Recipient address rejected: User unknown", "InvalidRecipient", "retry"),
        ("550 5.1.2 Host unknown (Name server: nodomain: host not found)", "BadDomain", "suppress"),
        ("501 5.1.3 Bad recipient address syntax", "InvalidMailbox", "suppress"),
        ("552 5.2.2 The email account that you tried to reach is over quota", "QuotaIssues", "bounce"),
        ("452 4.2.2 mailbox full", "QuotaIssues", "retry"),
        ("550 5.7.1 Postfach voll", "QuotaIssues", "bounce"),
        ("552 sorry, that message size exceeds my databytes limit (#5.3.4)", "ContentRelated", "bounce"),
        ("552 5.3.4 Message size exceeds fixed limit", "ContentRelated", "bounce"),
        ("550 5.2.1 The user you are trying to contact is disabled", "InactiveMailbox", "bounce"),
        ("550 5.1.1 Account has been suspended", "InactiveMailbox", "bounce"),
        (
            "550 5.7.1 Service unavailable, Client host [1.2.3.4] blocked using Spamhaus", "SpamBlock",
            "suspendLane"
        ),
        ("550 5.7.606 Access denied, banned sending IP [1.2.3.4]", "SpamBlock", "suspendLane"),
        (
            "550 5.7.1 messages weren't sent. Part of their network is on our block list (S3140)",
            "SpamBlock", "suspendLane"
        ),
        ("550 5.7.1 Recipient has blocked the sender", "PolicyRelated", "bounce"),
        ("550 Sender is on the recipient's blacklist", "SpamBlock", "bounce"),
        (
            "554 5.7.1 Service unavailable; Sender address blocked using dbl.spamhaus.org", "SpamContent",
            "bounce"
        ),
        (
            "421 4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred due to unexpected volume",
            "RateLimited", "suspendLane"
        ),
        (
            "421 RP-001 Unfortunately, some messages weren't sent. We have limits for how many messages",
            "RateLimited", "slowLane"
        ),
        ("421 4.7.0 Too many connections from your host", "RateLimited", "slowLane"),
        ("550 Ip frequency limited", "RateLimited", "slowLane"),
        (
            "450 4.2.1 The user is receiving mail at a rate that prevents additional messages", "RateLimited",
            "slowLane"
        ),
        ("450 4.2.0 <x@y>: Recipient address rejected: Greylisted", "Greylisted", "retry"),
        ("550 5.7.1 You have been greylisted, try again in 5 minutes", "Greylisted", "retry"),
        ("550 5.7.26 This mail is unauthenticated, fails SPF and DKIM", "AuthenticationFailed", "bounce"),
        ("550 5.7.25 Client host rejected: cannot find your reverse hostname", "BadConfiguration", "retry"),
        ("550 5.1.8 <a@b>: Sender address rejected: Domain not found", "InvalidSender", "bounce"),
        (
            "550 Verification failed for <a@b> 550 User unknown 550 Sender verify failed", "InvalidSender",
            "bounce"
        ),
        ("554 5.7.1 Message rejected as spam", "SpamContent", "bounce"),
        ("550 5.7.1 Virus found: Eicar", "VirusRelated", "bounce"),
        ("554 5.7.1 <x@y>: Relay access denied", "RelayDenied", "bounce"),
        ("554 5.4.6 Too many hops", "RoutingErrors", "bounce"),
        ("530 5.7.0 Must issue a STARTTLS command first", "TLSFailure", "retry"),
        ("452 4.5.3 Too many recipients", "TooManyRecipients", "retry"),
        ("550 5.7.1 Delivery not authorized, message refused", "PolicyRelated", "bounce"),
        ("550 5.3.2 System not accepting network messages, try again later", "TransientFailure", "retry"),
        ("451 4.3.0 Temporary lookup failure", "TransientFailure", "retry"),
        ("450 some words that nobody has seen before", "TransientFailure", "retry"),
        ("550 some words that nobody has seen before", "Uncategorized", "bounce"),
    ])
    func `known replies get their category and action`(line: String, category: String, action: String) throws
    {
        let classification = try classify(line)
        #expect(classification.category.rawValue == category, "\(classification.ruleID)")
        #expect(classification.action.rawValue == action, "\(classification.ruleID)")
    }

    @Test func `lines, codes and an address between the words do not matter`() {
        let reply = SMTPReply(
            550, .init(5, 2, 1),
            lines: [
                "5.2.1 The email ACCOUNT that", "550-5.2.1 you tried", "to reach <full@spam.example>",
                "is  disabled.",
            ])
        #expect(Classifier.classify(reply, stage: .recipient).category == .inactiveMailbox)
        #expect(
            String(decoding: ReplyWords("550-5.1.1 Doesn't_exist: a.b@c.d, [TSS04] É").bytes, as: UTF8.self)
                == "doesnt exist tss04 e ")
    }

    @Test func `an address or a host that sounds like a reason is none`() throws {
        for line in ["550 <spam@virus.example> rejected", "550 greylist@example.com: no"] {
            #expect(
                try ![.spamContent, .virusRelated, .greylisted].contains(classify(line).category), "\(line)")
        }
    }

    @Test func `a refused session says nothing about the recipient`() throws {
        for stage in [SMTPStage.greeting, .hello, .startTLS] {
            for line in [
                "554 5.7.1 go away", "550 5.1.1 user unknown", "554 no service here",
                "550 blocked by spamhaus",
            ] {
                #expect(try !classify(line, stage).action.isFinal)
            }
        }
    }

    @Test func `a refused sender is not held against the recipient`() throws {
        for line in [
            "550 5.1.1 user unknown", "550 5.1.8 sender address rejected: domain not found",
            "553 no such user",
        ] {
            #expect(try classify(line, .mail).action != .suppress)
        }
    }

    @Test func `every reply has a classification, whatever it says`() {
        for code in 400...599 {
            for stage in [SMTPStage.connect, .mail, .recipient, .endOfData] {
                for status in [
                    nil, EnhancedStatusCode(code / 100, 7, 999), EnhancedStatusCode(code / 100, 0, 0),
                ] {
                    let result = Classifier.classify(SMTPReply(code, status, "zzz"), stage: stage)
                    #expect(code >= 500 || !result.action.isFinal)
                }
            }
        }
    }

    @Test func `queue ids are read from the replies of known servers`() {
        let replies = [
            ("2.0.0 Ok: queued as 4XyZ12abc", "4XyZ12abc"), ("OK id=1rAbCd-0001-Xy", "1rAbCd-0001-Xy"),
            ("2.0.0 OK 1700000000 d2e1a72fcca58-1234abcd.12 - gsmtp", "d2e1a72fcca58-1234abcd.12"),
            ("2.6.0 <a@b> [InternalId=1234, Hostname=x.prod] Queued mail for delivery", "1234"),
            ("2.0.0 0AB12cd3 Message accepted for delivery", "0AB12cd3"), ("ok", nil), ("queued as", nil),
            ("", nil),
        ]
        for (text, id) in replies { #expect(RemoteQueueID.read(from: SMTPReply(250, text)) == id, "\(text)") }
    }

    @Test func `times to come back are read within bounds`() {
        let texts: [(String, Duration?)] = [
            ("Greylisted, try again in 300 seconds", .seconds(300)), ("please wait 5 minutes", .seconds(300)),
            ("retry after 1 sec", .seconds(30)), ("wait 99999 minutes", .seconds(3_600)),
            ("error 300 seconds", nil),
            ("in 12345678901234567890 seconds", nil), ("in 5", nil), ("", nil),
        ]
        for (text, hint) in texts { #expect(RetryHint.read(from: SMTPReply(451, text)) == hint, "\(text)") }
    }
}
