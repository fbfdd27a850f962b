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
        var text = text
        guard let code = text.withUTF8({ Self(bytes: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = code
    }

    init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 5, bytes[1] == .dot, bytes[0] == 0x32 || bytes[0] == 0x34 || bytes[0] == 0x35,
            let (subject, dot) = Self.number(bytes, from: 2), dot < bytes.count, bytes[dot] == .dot,
            let (detail, end) = Self.number(bytes, from: dot + 1), end == bytes.count
        else { return nil }
        statusClass = Int(bytes[0] - 0x30)
        self.subject = subject
        self.detail = detail
    }

    /// One to three digits, and where they end.
    private static func number(_ bytes: UnsafeRawBufferPointer, from start: Int) -> (Int, end: Int)? {
        var index = start
        var number = 0
        while index < bytes.count, bytes[index].isDigit {
            guard index - start < 3 else { return nil }
            number = number * 10 + Int(bytes[index] - 0x30)
            index += 1
        }
        return index > start ? (number, index) : nil
    }

    package var description: String {
        String(unsafeUninitializedCapacity: 9) { output in
            var count = 0
            Self.write(statusClass, to: output, &count)
            for part in [subject, detail] {
                output[count] = .dot
                count += 1
                Self.write(part, to: output, &count)
            }
            return count
        }
    }

    /// Adds what `description` says.
    func append(to output: inout [UInt8]) { output.append(contentsOf: description.utf8) }

    /// A number of up to three digits, which is what there is.
    private static func write(_ number: Int, to output: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int)
    {
        for unit in [100, 10, 1] where number >= unit || unit == 1 {
            output[count] = UInt8(truncatingIfNeeded: 0x30 + number / unit % 10)
            count += 1
        }
    }
}
