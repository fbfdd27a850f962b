import FoundationEssentials
import SMTPWire
import TestSupport
import Testing

@testable import Delivery

/// The table against what real hosts have said: the diagnostic texts of published bounce messages, with the
/// verdicts that others have reached. A coarse check of the SMTP replies alone; it reads no message
/// structure.
@Suite struct BounceCorpusTests {
    private struct Expected: Decodable {
        let reason: String
        let hardbounce: Bool
    }

    private static let categories: [String: [Classification.Category]] = [
        "userunknown": [.invalidRecipient, .noMailbox, .invalidMailbox], "hostunknown": [.badDomain],
        "mailboxfull": [.quotaIssues],
        "filtered": [.uncategorized, .noMailbox, .policyRelated, .invalidRecipient, .spamContent],
        "rejected": [.invalidSender, .policyRelated, .authenticationFailed],
        "blocked": [.spamBlock, .policyRelated, .badConfiguration],
        "badreputation": [.spamBlock], "policyviolation": [.policyRelated, .contentRelated],
        "authfailure": [.authenticationFailed],
        "requireptr": [.badConfiguration], "suspend": [.inactiveMailbox],
        "spamdetected": [.spamContent, .spamBlock],
        "norelaying": [.relayDenied], "virusdetected": [.virusRelated], "toomanyconn": [.rateLimited],
        "mesgtoobig": [.contentRelated], "hasmoved": [.noMailbox, .invalidRecipient],
        "speeding": [.rateLimited],
        "exceedlimit": [.contentRelated], "networkerror": [.connectionFailure, .routingErrors, .dnsFailure],
        "notaccept": [.badDomain, .policyRelated], "securityerror": [.policyRelated, .virusRelated],
        "systemerror": [.transientFailure, .badConfiguration, .protocolError],
    ]

    @Test func `most verdicts on real replies agree`() throws {
        guard let folder = Corpora.folder("bounces") else { return }
        let expected = try JSONDecoder().decode(
            [String: [Expected]].self, from: Data(Files.read("\(folder)/expected.json")))
        var (count, suppressAgrees, categoryAgrees) = (0, 0, 0)
        var disagreements: [String] = []
        for (name, verdicts) in expected.sorted(by: { $0.key < $1.key }) {
            guard verdicts.count == 1, let verdict = verdicts.first,
                let text = try? Files.read("\(folder)/messages/\(name)"),
                let (code, status, words) = Self.reply(text)
            else { continue }
            let mine = Classifier.classify(code: code, status: status, text: words)
            count += 1
            // What they call "filtered" includes unknown users who were refused behind DATA.
            let isSame = (mine.action == .suppress) == verdict.hardbounce || verdict.reason == "filtered"
            suppressAgrees += isSame ? 1 : 0
            let fits = Self.categories[verdict.reason]?.contains(mine.category) ?? true
            categoryAgrees += fits ? 1 : 0
            if !isSame || !fits {
                disagreements.append(
                    "\(name) \(verdict.reason) / \(mine.category.rawValue) \(mine.ruleID): "
                        + "\(code) \(words.prefix(99))")
            }
        }
        print(
            "bounces: \(count) replies, agreement on suppression \(suppressAgrees), "
                + "on category \(categoryAgrees)")
        for line in disagreements { print(line) }
        #expect(count > 100)
        #expect(suppressAgrees * 100 >= count * 90)
        #expect(categoryAgrees * 100 >= count * 80)
    }

    /// The first diagnostic of a report: reply code, status and text.
    private static func reply(_ message: [UInt8]) -> (Int, EnhancedStatusCode?, String)? {
        let lines = String(decoding: message, as: UTF8.self).split(omittingEmptySubsequences: false) {
            $0.isNewline
        }
        guard let start = lines.firstIndex(where: { $0.lowercased().hasPrefix("diagnostic-code:") }) else {
            return nil
        }
        var text = String(lines[start].dropFirst("diagnostic-code:".count))
        for line in lines[(start + 1)...] {
            guard line.hasPrefix(" ") || line.hasPrefix("\t") else { break }
            text += " " + line.drop { $0 == " " || $0 == "\t" }
        }
        guard let semicolon = text.firstIndex(of: ";"), text[..<semicolon].lowercased().contains("smtp")
        else { return nil }
        let words = text[text.index(after: semicolon)...].split(separator: " ").map(String.init)
        let header = lines.first { $0.lowercased().hasPrefix("status:") }.map {
            $0.dropFirst("status:".count)
        }
        let written = words.lazy.compactMap { EnhancedStatusCode($0.trimmingSuffix { !$0.isNumber }) }.first
        let status =
            written ?? header.flatMap { EnhancedStatusCode(String($0.split(separator: " ").first ?? "")) }
        let code = words.lazy.compactMap { Int($0.prefix(3)) }.first { (400...599).contains($0) }
        guard let known = code ?? status.map({ $0.statusClass == 4 ? 450 : 550 }) else { return nil }
        return (known, status, words.joined(separator: " "))
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return String(text)
    }
}
