import Bytes
import FoundationEssentials

/// Where the parts of a JSON text lie, in their order, so that each can be decoded alone.
///
/// For text that was read as JSON before. Of any other it finds something or nothing, and never fails.
enum JSONOutline {
    /// The elements of a list.
    static func elements(_ json: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        parts(json, between: UInt8(ascii: "["))
    }

    /// The members of an object.
    static func members(_ json: ArraySlice<UInt8>) -> [(name: String, value: ArraySlice<UInt8>)] {
        parts(json, between: UInt8(ascii: "{")).compactMap { part in
            guard let quote = part.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
            let end = endOfString(part, from: quote)
            guard end < part.endIndex, let colon = part[end...].firstIndex(of: UInt8(ascii: ":")),
                let name = text(of: part[quote...end])
            else { return nil }
            return (name, part[(colon + 1)...])
        }
    }

    /// - Parameter string: with its quotes.
    private static func text(of string: ArraySlice<UInt8>) -> String? {
        guard string.contains(UInt8(ascii: "\\")) else {
            return String(validating: string.dropFirst().dropLast(), as: UTF8.self)
        }
        return try? JSONDecoder().decode(String.self, from: Data(string))
    }

    /// The value of the member of that name.
    static func member(_ name: String, of json: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        members(json).first { $0.name == name }?.value
    }

    private static func parts(_ json: ArraySlice<UInt8>, between opening: UInt8) -> [ArraySlice<UInt8>] {
        guard json.first(where: { !isSpace($0) }) == opening else { return [] }
        var parts: [ArraySlice<UInt8>] = []
        var depth = 0
        var start = json.startIndex
        var index = json.startIndex
        while index < json.endIndex {
            switch json[index] {
            case UInt8(ascii: "\""): index = endOfString(json, from: index)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth == 1 { start = index + 1 }
            case UInt8(ascii: ",") where depth == 1:
                parts.append(json[start..<index])
                start = index + 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                guard depth == 0 else { break }
                let last = json[start..<index]
                return last.allSatisfy(isSpace) ? parts : parts + [last]
            default: break
            }
            index += 1
        }
        return parts
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    /// Where the closing quote is.
    private static func endOfString(_ json: ArraySlice<UInt8>, from quote: Int) -> Int {
        json.withUnsafeBufferPointer { bytes in
            var index = quote + 1 - json.startIndex
            while true {
                index = ByteRun.ofText(
                    bytes, from: index, to: bytes.count, except: UInt8(ascii: "\""), UInt8(ascii: "\\"))
                guard index < bytes.count, bytes[index] != UInt8(ascii: "\"") else { break }
                index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            return index + json.startIndex
        }
    }
}
