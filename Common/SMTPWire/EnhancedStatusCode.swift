/// An enhanced mail system status code: class, subject and detail (RFC 3463).
package struct EnhancedStatusCode: Hashable, Sendable, CustomStringConvertible {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    package let statusClass: Int
    /// 0–999.
    package let subject: Int
    /// 0–999.
    package let detail: Int

    /// Values outside of their range are brought into it.
    package init(_ statusClass: Int, _ subject: Int, _ detail: Int) {
        self.statusClass = [2, 4, 5].contains(statusClass) ? statusClass : 5
        self.subject = min(max(subject, 0), 999)
        self.detail = min(max(detail, 0), 999)
    }

    /// Parses `5.1.1`; nil unless the whole text is such a code.
    package init?(_ text: String) {
        self.init(bytes: Array(text.utf8)[...])
    }

    init?(bytes: ArraySlice<UInt8>) {
        let parts = bytes.split(separator: .dot, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.count <= 3 }),
            let statusClass = parts[0].decimalNumber, [2, 4, 5].contains(statusClass), parts[0].count == 1,
            let subject = parts[1].decimalNumber, let detail = parts[2].decimalNumber
        else { return nil }
        self.init(statusClass, subject, detail)
    }

    package var description: String { "\(statusClass).\(subject).\(detail)" }
}
