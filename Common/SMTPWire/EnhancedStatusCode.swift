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
        var rest = bytes
        guard let statusClass = Self.number(&rest), [2, 4, 5].contains(statusClass), Self.take(.dot, &rest),
            let subject = Self.number(&rest), Self.take(.dot, &rest), let detail = Self.number(&rest),
            rest.isEmpty, bytes[bytes.startIndex + 1] == .dot
        else { return nil }
        self.init(statusClass, subject, detail)
    }

    /// One to three digits.
    private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
        let digits = rest.prefix(4).prefix(while: \.isDigit)
        rest = rest.dropFirst(digits.count)
        return digits.count > 3 ? nil : digits.decimalNumber
    }

    private static func take(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    package var description: String { "\(statusClass).\(subject).\(detail)" }

    /// Adds what `description` says.
    func append(to output: inout [UInt8]) {
        for (place, number) in [statusClass, subject, detail].enumerated() {
            if place > 0 { output.append(.dot) }
            if number >= 100 { output.append(0x30 + UInt8(number / 100)) }
            if number >= 10 { output.append(0x30 + UInt8(number / 10 % 10)) }
            output.append(0x30 + UInt8(number % 10))
        }
    }
}
