import MailFormat
import NodeProtocol

/// What a report says, whatever its kind: about whom, and what.
struct ReportContent: Sendable {
    private struct Item {
        var kind: InboundNotice.Kind
        /// The best first.
        var addresses: [String]
    }

    private var items: [Item]
    private let original: ReportedMessage
    private let reporter: String?
    let isComplaint: Bool

    /// Only recipients that were given up: what is late may still come.
    init(_ report: DeliveryStatusReport) {
        items = report.recipients.filter { $0.action == .failed }.map {
            Item(
                kind: .bounced(code: $0.code, status: $0.status, text: $0.diagnostic),
                addresses: $0.addresses)
        }
        original = report.original
        reporter = report.reportingHost
        isComplaint = false
    }

    /// Nothing when the reader is content.
    init(_ report: FeedbackReport) {
        let item = Item(kind: .complained(report.kind.rawValue), addresses: report.recipients)
        items = report.kind.isComplaint ? [item] : []
        original = report.original
        reporter = report.reportingHost
        isComplaint = true
    }

    /// False when the message that came back is another of ours.
    func mayBeAbout(_ message: MessageID) -> Bool {
        guard let text = original.dispatchID, let id = MessageID(text: text) else { return true }
        return id == message
    }

    /// One notice for each recipient.
    ///
    /// - Parameter names: whether the message went to an address; nil when nobody knows.
    func notices(
        _ proof: ReturnPath.Proof, names: (String) async -> Bool?
    ) async -> [InboundNotice] {
        var notices: [InboundNotice] = []
        for item in items {
            var notice = InboundNotice(
                proof: proof, kind: item.kind, recipient: nil, isCertain: false, namesOthers: false,
                reporter: reporter)
            await fill(&notice, item.addresses, names)
            let isRepeated = notices.contains { $0.recipient == notice.recipient }
            if !isRepeated { notices.append(notice) }
        }
        return notices
    }

    /// The address that the report names and the message went to; else the one in the header that came back;
    /// else nobody, which is enough where the message had one recipient.
    private func fill(
        _ notice: inout InboundNotice, _ addresses: [String], _ names: (String) async -> Bool?
    ) async {
        for address in addresses {
            switch await names(address) {
            case true?:
                notice.recipient = address
                notice.isCertain = true
                return
            case false?: notice.namesOthers = true
            case nil: notice.recipient = notice.recipient ?? address
            }
        }
        guard notice.recipient == nil else { return }
        var known: [String] = []
        for address in original.recipients where await names(address) == true { known.append(address) }
        if known.count == 1 {
            notice.recipient = known[0]
            notice.isCertain = true
        }
    }
}
