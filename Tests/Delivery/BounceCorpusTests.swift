import FoundationEssentials
import TestSupport
import Testing

@testable import Delivery

/// The rules against published bounce messages and the verdicts of their collector (Sisimai; the mapping is
/// explained in infra/docs/classification.md). Every disagreement is printed.
@Suite struct BounceCorpusTests {
    private struct Verdict: Decodable {
        let reason: String
        /// The address itself is of no use, whatever the code; everything else is "soft" there.
        let hardbounce: Bool
    }

    /// What each of the collector's reasons may be called here.
    private static let categories: [String: Set<Classification.Category>] = [
        // A mail exchanger often cannot tell an unknown domain from an unknown user.
        "userunknown": [.invalidRecipient, .noMailbox, .invalidMailbox, .badDomain],
        "hostunknown": [.badDomain], "hasmoved": [.noMailbox, .invalidRecipient],
        "notaccept": [.badDomain, .dnsFailure],
        // Refused behind DATA: for being unknown, or by a filter of the recipient's.
        "filtered": [
            .invalidRecipient, .noMailbox, .inactiveMailbox, .policyRelated, .spamContent, .uncategorized,
        ],
        "mailboxfull": [.quotaIssues], "suspend": [.inactiveMailbox],
        "rejected": [.invalidSender, .policyRelated, .authenticationFailed],
        "blocked": [.spamBlock, .policyRelated, .badConfiguration],
        "badreputation": [.spamBlock, .rateLimited], "requireptr": [.badConfiguration],
        "authfailure": [.authenticationFailed], "norelaying": [.relayDenied],
        "policyviolation": [.policyRelated, .contentRelated],
        "securityerror": [.policyRelated, .virusRelated, .authenticationFailed, .tlsFailure],
        "spamdetected": [.spamContent, .spamBlock], "virusdetected": [.virusRelated],
        "contenterror": [.contentRelated], "mesgtoobig": [.contentRelated], "exceedlimit": [.contentRelated],
        "notcompliantrfc": [.contentRelated, .policyRelated, .protocolError],
        "toomanyconn": [.rateLimited, .tooManyRecipients], "speeding": [.rateLimited],
        "networkerror": [.connectionFailure, .routingErrors, .dnsFailure, .badDomain],
        "expired": [.messageExpired, .connectionFailure, .transientFailure, .dnsFailure],
        "systemerror": [.transientFailure, .badConfiguration, .protocolError, .routingErrors],
        "mailererror": [.transientFailure, .uncategorized, .protocolError, .badConfiguration],
        "syntaxerror": [.protocolError],
    ]

    /// Not refusals, or without a verdict.
    private static let ignored: Set = ["feedback", "vacation", "delivered", "onhold", "undefined"]

    @Test func `the verdicts on real bounces agree`() throws {
        guard let folder = Corpora.folder("bounces") else { return }
        let expected = try JSONDecoder().decode(
            [String: [Verdict]].self, from: Data(Files.read("\(folder)/expected.json")))
        var (reasons, reasonsAgree, hards, hardsAgree) = (0, 0, 0, 0)
        for (name, verdicts) in expected.sorted(by: { $0.key < $1.key }) {
            let report = BounceReport(try Files.read("\(folder)/messages/\(name)"), count: verdicts.count)
            for (verdict, recipient) in zip(verdicts, report.recipients)
            where !Self.ignored.contains(verdict.reason) {
                let mine = Classifier.classify(status: recipient.status, diagnostic: recipient.diagnostic)
                let fits = Self.categories[verdict.reason]?.contains(mine.category) ?? false
                reasons += 1
                reasonsAgree += fits ? 1 : 0
                // A "filtered" recipient is hard or soft by the command that was refused, which is not said.
                let isJudged = verdict.reason != "filtered"
                let agrees = mine.speaksAgainstAddress == verdict.hardbounce
                hards += isJudged ? 1 : 0
                hardsAgree += isJudged && agrees ? 1 : 0
                if !fits || isJudged && !agrees {
                    print(
                        "\(name): \(verdict.reason) \(verdict.hardbounce ? "hard" : "soft"), here",
                        mine.category.rawValue, mine.action.rawValue, mine.ruleID, "–",
                        recipient.diagnostic.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                            .prefix(160))
                }
            }
        }
        print("bounces: hard or soft \(hardsAgree) of \(hards), reason \(reasonsAgree) of \(reasons)")
        #expect(reasons > 250)
        #expect(hardsAgree * 100 >= hards * 95)
        #expect(reasonsAgree * 100 >= reasons * 85)
    }
}

extension Classification {
    /// Given up for good, and because of the address.
    fileprivate var speaksAgainstAddress: Bool { action.isFinal && category.maySuppress }
}
