import FoundationEssentials
import TestSupport
import Testing

@testable import MailFormat

/// The parsers against bounces that real hosts have sent, with the verdicts that others have published.
@Suite struct BounceCorpusTests {
    private struct Verdict: Decodable {
        let reason: String
        let hardbounce: Bool
        let status: String
        let replycode: String
    }

    private struct Sample {
        let name: String
        let bytes: [UInt8]
        let verdicts: [Verdict]
    }

    private static func samples() throws -> [Sample]? {
        guard let folder = Corpora.folder("bounces") else { return nil }
        let expected = try JSONDecoder().decode(
            [String: [Verdict]].self, from: Data(Files.read("\(folder)/expected.json")))
        return try expected.sorted { $0.key < $1.key }.map { name, verdicts in
            Sample(name: name, bytes: try Files.read("\(folder)/messages/\(name)"), verdicts: verdicts)
        }
    }

    @Test func `bounces are known as such, with their recipients, codes and statuses`() throws {
        guard let samples = try Self.samples() else { return }
        var (bounces, known, counts, named) = (0, 0, 0, 0)
        var (codes, codesAgree, statuses, statusesAgree) = (0, 0, 0, 0)
        var notes: [String] = []
        for sample in samples {
            let reasons = Set(sample.verdicts.map(\.reason))
            guard reasons.isDisjoint(with: ["feedback", "vacation"]) else { continue }
            bounces += 1
            guard case .deliveryStatus(let report) = MailReport(sample.bytes) else {
                notes.append("\(sample.name): not known as a bounce")
                continue
            }
            known += 1
            counts += report.recipients.count == sample.verdicts.count ? 1 : 0
            named += report.recipients.allSatisfy { !$0.addresses.isEmpty } ? 1 : 0
            if report.recipients.count != sample.verdicts.count {
                notes.append("\(sample.name): \(report.recipients.count) of \(sample.verdicts.count)")
            } else if report.recipients.contains(where: { $0.addresses.isEmpty }) {
                notes.append("\(sample.name): nobody named")
            }
            guard let verdict = sample.verdicts.first, let first = report.recipients.first else { continue }
            if !verdict.replycode.isEmpty {
                codes += 1
                let agrees = first.code.map(String.init) == verdict.replycode
                codesAgree += agrees ? 1 : 0
                if !agrees {
                    notes.append("\(sample.name): code \(first.code ?? 0), not \(verdict.replycode)")
                }
            }
            // Codes with a detail of 9xx are their own.
            if !verdict.status.isEmpty, !verdict.status.contains(".9") {
                statuses += 1
                let agrees = first.status == verdict.status
                statusesAgree += agrees ? 1 : 0
                if !agrees {
                    notes.append("\(sample.name): status \(first.status ?? "-"), not \(verdict.status)")
                }
            }
        }
        print(
            "bounces: \(known) of \(bounces) known, \(counts) with as many recipients, \(named) with names; "
                + "codes \(codesAgree) of \(codes), statuses \(statusesAgree) of \(statuses)")
        for note in notes { print(note) }
        #expect(bounces > 250)
        #expect(known * 100 >= bounces * 98)
        #expect(counts * 100 >= bounces * 97)
        #expect(named * 100 >= bounces * 95)
        #expect(codesAgree * 100 >= codes * 95)
        #expect(statusesAgree * 100 >= statuses * 95)
    }

    @Test func `complaints and automatic answers are known, and are no bounces`() throws {
        guard let samples = try Self.samples() else { return }
        for sample in samples {
            let reasons = Set(sample.verdicts.map(\.reason))
            let isComplaint = reasons == ["feedback"]
            let isAnswer = reasons == ["vacation"]
            switch MailReport(sample.bytes) {
            case .feedback: #expect(isComplaint, "\(sample.name)")
            case .autoReply: #expect(isAnswer, "\(sample.name)")
            case .deliveryStatus: #expect(!isComplaint && !isAnswer, "\(sample.name)")
            // A notification of a provider's own in JSON is no report of any standard.
            case .other: #expect(!isAnswer && (!isComplaint || sample.name.contains("amazonses")))
            }
        }
    }
}
