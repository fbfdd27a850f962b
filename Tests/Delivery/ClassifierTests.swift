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
            "550-5.1.1 The email account that you tried to reach does not exist.", "InvalidRecipient",
            "suppress"
        ),
        (
            "550 5.4.1 Recipient address rejected: Access denied. [x.prod.protection.outlook.com]",
            "InvalidRecipient", "suppress"
        ),
        ("550 Requested action not taken: mailbox unavailable", "NoMailbox", "suppress"),
        ("552 5.2.2 The email account that you tried to reach is over quota", "QuotaIssues", "bounce"),
        ("452 4.2.2 mailbox full", "QuotaIssues", "retry"),
        (
            "550 5.7.1 Service unavailable, Client host [1.2.3.4] blocked using Spamhaus", "SpamBlock",
            "bounce"
        ),
        (
            "421 4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred due to unexpected volume",
            "RateLimited", "slowLane"
        ),
        ("421 4.7.0 Too many connections from your host", "RateLimited", "slowLane"),
        ("450 4.2.0 <x@y>: Recipient address rejected: Greylisted", "Greylisted", "retry"),
        ("550 5.7.26 This mail is unauthenticated, fails SPF and DKIM", "AuthenticationFailed", "bounce"),
        ("554 5.7.1 Message rejected as spam", "SpamContent", "bounce"),
        ("554 5.7.1 <x@y>: Relay access denied", "RelayDenied", "bounce"),
        ("552 5.3.4 Message size exceeds fixed limit", "ContentRelated", "bounce"),
        ("550 5.7.1 Delivery not authorized, message refused", "PolicyRelated", "bounce"),
        ("451 4.3.0 Temporary lookup failure", "TransientFailure", "retry"),
        ("450 some words that nobody has seen before", "TransientFailure", "retry"),
        ("550 some words that nobody has seen before", "Uncategorized", "bounce"),
        ("554 some words that nobody has seen before", "Uncategorized", "bounce"),
        ("550 5.2.1 The user you are trying to contact is disabled", "InactiveMailbox", "bounce"),
    ])
    func `known replies get their category and action`(line: String, category: String, action: String) throws
    {
        let classification = try classify(line.replacing("550-", with: "550 "))
        #expect(classification.category.rawValue == category, "\(classification.ruleID)")
        #expect(classification.action.rawValue == action, "\(classification.ruleID)")
    }

    @Test func `nothing but what proves the address to be useless suppresses`() {
        for rule in ClassificationRule.all where rule.permanent == .suppress || rule.transient == .suppress {
            #expect(rule.category.maySuppress, "\(rule.id)")
            #expect(rule.transient != .suppress, "\(rule.id)")
            guard case .recipient = rule.stages else {
                Issue.record("\(rule.id) suppresses by a reply that is not about a recipient")
                continue
            }
        }
    }

    @Test func `rule ids are unique, and their texts in lower case`() {
        #expect(Set(ClassificationRule.all.map(\.id)).count == ClassificationRule.all.count)
        for rule in ClassificationRule.all {
            #expect(rule.texts.allSatisfy { $0 == $0.lowercased() && $0.count >= 4 }, "\(rule.id)")
        }
    }

    @Test func `a 4xx is never final but for a message that is too large`() {
        for rule in ClassificationRule.all where rule.transient.isFinal {
            #expect(rule.category == .contentRelated, "\(rule.id)")
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
                    let result = Classifier.classify(code: code, status: status, text: "zzz", stage: stage)
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
