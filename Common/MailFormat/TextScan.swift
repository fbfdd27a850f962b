import Bytes

/// One look at a text: what stands in the way of sending it as it is, and its form with CRLF line ends.
struct TextScan {
    private let givenBytes: Int
    /// The text with CRLF in the place of each CR and LF that stood alone; empty when none did.
    private var changed: [UInt8] = []
    private var hasBareLineEnd = false
    /// Whether every server passes all lines on untouched, whatever their ends.
    private var isSafe = true
    /// What quoted-printable would escape.
    private var escapedBytes = 0

    /// - Parameter normalizes: whether the text is to have CRLF line ends; else one with others is unsafe.
    private init(_ text: UnsafeBufferPointer<UInt8>, normalizes: Bool) {
        givenBytes = text.count
        var copied = 0
        var lineStart = 0
        var index = 0
        while true {
            index = ByteRun.ofASCII(text, from: index, to: text.count, first: .space, except: .equals)
            guard index < text.count else { break }
            switch text[index] {
            case .carriageReturn where index + 1 < text.count && text[index + 1] == .lineFeed:
                check(text, from: lineStart, to: index)
                index += 1
                lineStart = index + 1
            case .carriageReturn, .lineFeed:
                check(text, from: lineStart, to: index)
                lineStart = index + 1
                hasBareLineEnd = true
                guard normalizes else { break }
                if changed.isEmpty { changed.reserveCapacity(text.count + text.count / 16 + 2) }
                changed.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied..<index]))
                changed.append(.carriageReturn)
                changed.append(.lineFeed)
                copied = lineStart
            case .equals: escapedBytes += 1
            case .tab: break
            default:
                isSafe = false
                escapedBytes += 1
            }
            index += 1
        }
        check(text, from: lineStart, to: text.count)
        guard !changed.isEmpty else { return }
        changed.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...]))
    }

    /// A line counts as unsafe that is too long, begins with `From ` or is a lone dot.
    private mutating func check(_ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) {
        guard end > start else { return }
        if end - start > HeaderError.maxLineBytes || (end - start == 1 && text[start] == .dot)
            || (text[start] == 0x46 && text[start..<end].starts(with: "From ".utf8))
        {
            isSafe = false
        }
    }

    /// The encoding for a text as it is: 7bit when every server passes it on untouched, else the shorter of
    /// the two others.
    static func encoding(of text: [UInt8]) -> TransferEncoding {
        let scan = text.withUnsafeBufferPointer { TextScan($0, normalizes: false) }
        return scan.encoding(isSafe: scan.isSafe && !scan.hasBareLineEnd)
    }

    /// The text with CRLF line ends, and the encoding for that.
    static func normalized(_ text: [UInt8]) -> (text: [UInt8], encoding: TransferEncoding) {
        let scan = text.withUnsafeBufferPointer { TextScan($0, normalizes: true) }
        return (scan.changed.isEmpty ? text : scan.changed, scan.encoding(isSafe: scan.isSafe))
    }

    private func encoding(isSafe: Bool) -> TransferEncoding {
        if isSafe { return .sevenBit }
        let bytes = changed.isEmpty ? givenBytes : changed.count
        return escapedBytes > bytes / 6 ? .base64 : .quotedPrintable
    }
}
