/// The reply code and the enhanced status code in what a host is said to have answered.
struct ReplyCodes {
    /// 400–599.
    let code: Int?
    /// Such as `5.1.1`: class 4 or 5.
    let status: String?

    /// The first of each; numbers inside of words, addresses and versions do not count.
    init(_ text: String) {
        let bytes = Array(text.utf8)
        var code: Int?
        var status: String?
        var index = 0
        while index < bytes.count, code == nil || status == nil {
            guard bytes[index].isDigit else {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, bytes[index].isDigit || Self.isInnerDot(index, bytes) { index += 1 }
            guard Self.standsAlone(start, index, bytes) else { continue }
            let word = String(decoding: bytes[start..<index], as: UTF8.self)
            if code == nil { code = Self.replyCode(word) }
            if status == nil { status = Self.enhancedStatus(word) }
        }
        self.code = code
        self.status = status
    }

    /// `5.1.1`, and nothing that only begins so; class 2 is a success, which no failure has.
    static func enhancedStatus(_ word: String, classes: [Substring] = ["4", "5"]) -> String? {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, classes.contains(parts[0]),
            parts.dropFirst().allSatisfy({ (1...3).contains($0.utf8.count) && Int($0) != nil })
        else { return nil }
        return word
    }

    private static func replyCode(_ word: String) -> Int? {
        guard word.utf8.count == 3, let number = Int(word), (400...599).contains(number) else { return nil }
        return number
    }

    private static func isInnerDot(_ index: Int, _ bytes: [UInt8]) -> Bool {
        bytes[index] == .dot && index + 1 < bytes.count && bytes[index + 1].isDigit
    }

    private static func standsAlone(_ start: Int, _ end: Int, _ bytes: [UInt8]) -> Bool {
        if start > 0 {
            let before = bytes[start - 1]
            if before.isLetter || before == .hyphen || before == .at || before == .dot
                || before == .underscore
                || before == .slash || before >= 0x80
            {
                // `550-5.1.1` goes on in the next line of a reply.
                guard before == .hyphen, start >= 4,
                    replyCode(
                        String(decoding: bytes[(start - 4)..<(start - 1)], as: UTF8.self)) != nil
                else { return false }
            }
        }
        guard end < bytes.count else { return true }
        let after = bytes[end]
        return !(after.isLetter || after == .at || after == .underscore || after == .slash || after >= 0x80)
    }
}
