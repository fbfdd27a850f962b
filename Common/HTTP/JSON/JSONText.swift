import Bytes

/// JSON (RFC 8259) that is written down as it comes: for the answers that a busy node gives all the time, at
/// a tenth of what the encoder takes. Texts are written as `JSON.encode` writes them, and the fields in the
/// order in which they are given.
package struct JSONText {
    package private(set) var bytes: [UInt8] = []
    /// Whether something stands before the place on the same level.
    private var isBehindValue = false

    /// - Parameter capacity: how many bytes it will have, about.
    package init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    /// An object, whose fields `write` writes.
    package mutating func object(_ write: (inout JSONText) -> Void) {
        open(UInt8(ascii: "{"))
        write(&self)
        close(UInt8(ascii: "}"))
    }

    package mutating func field(_ name: StaticString, _ value: String) {
        write(name)
        write(value)
    }

    /// Not written when it is nil.
    package mutating func field(_ name: StaticString, _ value: String?) {
        if let value { field(name, value) }
    }

    /// Written as `null` when it is nil.
    package mutating func nullable(_ name: StaticString, _ value: String?) {
        if let value { return field(name, value) }
        write(name)
        bytes += "null".utf8
        isBehindValue = true
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        write(name)
        bytes += String(value).utf8
        isBehindValue = true
    }

    /// Not written when it is nil.
    package mutating func field(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        write(name)
        bytes += (value ? "true" : "false").utf8
        isBehindValue = true
    }

    /// Not written when it is nil.
    package mutating func field(_ name: StaticString, _ values: [String]?) {
        guard let values else { return }
        list(name) { list in
            for value in values { list.write(value) }
        }
    }

    package mutating func field(_ name: StaticString, _ values: [String: String]) {
        object(name) { object in
            for (name, value) in values {
                object.write(name)
                object.bytes.append(ASCII.colon)
                object.isBehindValue = false
                object.write(value)
            }
        }
    }

    /// A field that is an object, whose fields `write` writes.
    package mutating func object(_ name: StaticString, _ write: (inout JSONText) -> Void) {
        self.write(name)
        object(write)
    }

    /// A field that is a list, whose elements `write` writes.
    package mutating func list(_ name: StaticString, _ write: (inout JSONText) -> Void) {
        self.write(name)
        open(UInt8(ascii: "["))
        write(&self)
        close(UInt8(ascii: "]"))
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        isBehindValue = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        isBehindValue = true
    }

    private mutating func separate() {
        if isBehindValue { bytes.append(ASCII.comma) }
    }

    /// A name of ours, which has nothing to escape.
    private mutating func write(_ name: StaticString) {
        separate()
        bytes.append(ASCII.quote)
        name.withUTF8Buffer { bytes += $0 }
        bytes.append(ASCII.quote)
        bytes.append(ASCII.colon)
        isBehindValue = false
    }

    private mutating func write(_ value: String) {
        separate()
        bytes.append(ASCII.quote)
        var value = value
        value.withUTF8 { writeEscaped($0) }
        bytes.append(ASCII.quote)
        isBehindValue = true
    }

    private mutating func writeEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < text.count {
            let end = ByteRun.ofText(
                text, from: index, to: text.count, except: ASCII.quote, ASCII.backslash)
            bytes += text[index..<end]
            guard end < text.count else { break }
            writeEscape(of: text[end])
            index = end + 1
        }
    }

    private mutating func writeEscape(of byte: UInt8) {
        bytes.append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case ASCII.lineFeed: bytes.append(UInt8(ascii: "n"))
        case ASCII.carriageReturn: bytes.append(UInt8(ascii: "r"))
        case ASCII.horizontalTab: bytes.append(UInt8(ascii: "t"))
        default:
            let digit = byte & 0x0F
            bytes += "u00".utf8
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

extension HTTPResponse {
    /// JSON that was written down.
    package static func json(written text: consuming JSONText, status: HTTPStatus = 200) -> HTTPResponse {
        .bytes(text.bytes, contentType: "application/json", status: status)
    }
}
