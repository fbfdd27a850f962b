import Doors
import FoundationEssentials
import MailFormat
import NodeProtocol
import TestSupport
import Testing

@testable import Node

/// From a whole bounce message to whether the address is written to again, held against published verdicts on
/// what real hosts have sent.
@Suite struct BounceVerdictTests {
    private struct Verdict: Decodable {
        let reason: String
        let hardbounce: Bool
    }

    @Test func `most verdicts on whether an address is good agree`() throws {
        guard let folder = Corpora.folder("bounces") else { return }
        let expected = try JSONDecoder().decode(
            [String: [Verdict]].self, from: Data(Files.read("\(folder)/expected.json")))
        var (count, agree, wronglySuppressed) = (0, 0, 0)
        for (name, verdicts) in expected.sorted(by: { $0.key < $1.key }) {
            guard case .deliveryStatus(let report) = MailReport(try Files.read("\(folder)/messages/\(name)")),
                report.recipients.count == verdicts.count
            else { continue }
            for (recipient, verdict) in zip(report.recipients, verdicts) where recipient.action == .failed {
                // What they call "filtered" includes unknown users who were refused behind DATA; an unknown
                // host is given up here and not suppressed, because names come back.
                guard !["filtered", "hostunknown"].contains(verdict.reason) else { continue }
                let suppresses = try suppresses(recipient)
                count += 1
                agree += suppresses == verdict.hardbounce ? 1 : 0
                guard suppresses != verdict.hardbounce else { continue }
                wronglySuppressed += suppresses ? 1 : 0
                print(
                    "\(name) \(verdict.reason), \(suppresses ? "suppressed" : "not suppressed"): "
                        + "\(recipient.code ?? 0) \(recipient.status ?? "-") "
                        + recipient.diagnostic.prefix(80)
                )
            }
        }
        print("bounce messages: \(agree) of \(count) verdicts agree, \(wronglySuppressed) suppressed wrongly")
        #expect(count > 200)
        #expect(agree * 100 >= count * 90)
    }

    private func suppresses(_ recipient: DeliveryStatusReport.Recipient) throws -> Bool {
        let path = try ReturnPath(clusterKeys: [[UInt8](repeating: 1, count: 32)])
        let tenant = TenantID(UUID())
        let address = path.address(
            message: MessageID(high: 1, low: 1), domain: "one.example", tenant: tenant, recipients: [])
        let notice = InboundNotice(
            proof: try #require(path.proof(of: address) { _ in tenant }),
            kind: .bounced(code: recipient.code, status: recipient.status, text: recipient.diagnostic),
            recipient: nil, isCertain: true, namesOthers: false, reporter: nil)
        return NoticeEvents(node: 1).event(notice, nil, only: nil, now: 1).classification?.action
            == "suppress"
    }
}
