import Delivery
import Doors
import NodeProtocol
import SMTPWire

/// Turns what a report says into the event of the journal.
struct NoticeEvents: Sendable {
    let node: UInt16

    /// - Parameters:
    ///   - mail: the message, while this node remembers it: then the recipient is written as it was then.
    ///   - only: the only one of its recipients whom the report can mean, when it names none.
    ///   - now: milliseconds since 1970.
    func event(_ notice: InboundNotice, _ mail: MailEntry?, only: String?, now: Int64) -> Event {
        let named = notice.recipient.map { name in
            mail?.log.recipients.first { $0.lowercased() == name.lowercased() } ?? name
        }
        var event = Event(
            .complained, message: notice.proof.message, tenant: notice.proof.tenant, at: now, node: node,
            recipient: named ?? only)
        event.isLate = true
        event.remoteHost = notice.reporter
        switch notice.kind {
        case .bounced(let said, let status, let text):
            event.kind = .bounced
            let status = status.flatMap { EnhancedStatusCode($0) }
            let code = said ?? (status?.statusClass == 4 ? 450 : 550)
            event.response = Event.Response(code: code, enhancedCode: status?.description, text: text)
            let diagnostic = said.map { "\($0) \(text)" } ?? text
            event.classification = Self.classify(
                Classifier.classify(status: status, diagnostic: diagnostic).givenUp,
                isOfOthers: notice.namesOthers)
        case .complained(let type):
            event.classification = Event.Classification(
                category: "Complaint", action: Classification.Action.suppress.rawValue,
                rule: "feedback.\(type)")
        }
        return event
    }

    /// The host gave up, whatever its reply would have meant while it still tried. That an address to which
    /// somebody forwards is gone says nothing of his own.
    private static func classify(
        _ classification: Classification, isOfOthers: Bool
    ) -> Event.Classification {
        let suppresses = classification.action == .suppress && !isOfOthers
        let action: Classification.Action = suppresses ? .suppress : .bounce
        return Event.Classification(
            category: classification.category.rawValue, action: action.rawValue, rule: classification.ruleID,
            ruleSet: Classifier.ruleSet)
    }
}
