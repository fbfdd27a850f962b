import MailAuth
import TestSupport
import Testing

/// Every case of the published test suite for RFC 7208. Skipped without the corpus.
@Suite struct SPFCorpusTests {
    @Test func `every case of the published test suite has one of its results`() async throws {
        guard let folder = Corpora.folder("spf-rfc7208") else { return }
        let file = SPFScenarios(try Files.read("\(folder)/test/rfc7208-tests.yml"))
        var (passed, wrong): (Int, [String]) = (0, [])
        for scenario in file.scenarios {
            for test in scenario.cases {
                let problem = await problem(test, in: scenario.zones)
                if let problem {
                    wrong.append("\(scenario.description)/\(test.name): \(problem)")
                } else {
                    passed += 1
                }
            }
        }
        print("SPF: \(passed) of \(passed + wrong.count) cases of the RFC 7208 test suite pass")
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
        #expect(passed > 200)
    }

    private func problem(_ test: SPFScenarios.Case, in zones: SPFZones) async -> String? {
        guard let address = SPFAddress(test.host) else { return "\(test.host) is no address" }
        let mail = SPFCheck.Mail(
            address: address, helo: test.helo, sender: test.sender, receiver: "receiver.example.com",
            now: 1_000_000_000)
        let outcome = await SPFCheck.check(mail, with: zones)
        guard test.results.contains(outcome.result.rawValue) else {
            return "\(outcome) is none of \(test.results)"
        }
        guard let wanted = test.explanation else { return nil }
        let got = outcome.explanation ?? "DEFAULT"
        // The nibbles of an address may be in either case (§7.3 has small letters, the suite capital ones).
        return got.lowercased() == wanted.lowercased() ? nil : "explains with \(got), not \(wanted)"
    }
}
