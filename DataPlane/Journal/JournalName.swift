import EventLoop
import Glibc
import Spool

/// What tells one journal from another that follows it in the same folder when it was lost: a small file of
/// random words, written once.
enum JournalName {
    static let file = "name"
    static let names: Set<String> = [file, "\(file).new"]
    static let bytes = 16

    /// Nil for anything that `encode` did not write.
    static func decode(_ content: [UInt8]) -> [UInt8]? {
        let digits = content.dropLast()
        guard content.last == UInt8(ascii: "\n"), digits.count == 2 * bytes else { return nil }
        let values = digits.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        return stride(from: 0, to: values.count, by: 2).reduce(into: [UInt8]?([])) { name, place in
            guard let high = values[place], let low = values[place + 1] else { return name = nil }
            name?.append(high << 4 | low)
        }
    }

    static func encode(_ name: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return name.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] } + [UInt8(ascii: "\n")]
    }
}

extension JournalOpening {
    /// The journal's name; one that is not there, or cannot be read, is made anew.
    func name() throws(JournalError) -> [UInt8] {
        do throws(SystemError) {
            if let held = try held() { return held }
            let words = [disk.salt(), disk.salt()]
            let name = words.flatMap { word in
                (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
            }
            try disk.replaceFile(JournalName.file, in: directory, with: JournalName.encode(name))
            return name
        } catch { throw .diskFailed(error) }
    }

    private func held() throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try disk.openForReading("\(directory)/\(JournalName.file)")
            return JournalName.decode(try file.readUpTo(64, at: 0))
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }
}
