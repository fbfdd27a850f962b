/// The address that a message was first sent to: `ORCPT=` of RFC 3461 §4.2, passed on from host to host so
/// that a report can name the recipient as its sender knows it.
package struct OriginalRecipient: Hashable, Sendable {
    /// `rfc822`, `utf-8` (RFC 6533) or another registered one, in lower case.
    package let type: String
    /// Decoded; printable, but not proven to be an address.
    package let address: String

    package init(type: String, address: String) {
        self.type = type
        self.address = address
    }

    /// Of an envelope's own recipient, `local@domain`.
    package init(recipient: String) {
        self.init(type: recipient.utf8.allSatisfy { $0 < 0x80 } ? "rfc822" : "utf-8", address: recipient)
    }

    /// Reads `type;address` as it stands behind `ORCPT=`; nil when it is malformed.
    package init?(encoded value: ArraySlice<UInt8>) {
        guard value.count <= SMTPLimits.maxOriginalRecipientBytes,
            let semicolon = value.firstIndex(of: .semicolon), semicolon > value.startIndex,
            value[..<semicolon].allSatisfy({ $0.isLetterOrDigit || $0 == .hyphen }),
            let text = Xtext.decode(value[(semicolon + 1)...]), !text.isEmpty
        else { return nil }
        type = value[..<semicolon].keyword.lowercased()
        guard type == "utf-8" else {
            // RFC 3461 §4.2: xtext is ASCII; only RFC 6533 writes UTF-8 as it is, and only for its own type.
            guard value.allSatisfy({ $0 < 0x80 }) else { return nil }
            address = text
            return
        }
        guard let unescaped = Self.unescaped(text) else { return nil }
        address = unescaped
    }

    /// `type;address` for the wire, all ASCII: xtext, and for the type `utf-8` the `utf-8-addr-xtext` of RFC
    /// 6533 §3, which every host can pass on.
    package var encoded: String { "\(type);\(type == "utf-8" ? escaped : Xtext.encode(address))" }

    /// `type;address` as the fields of a report write it: the plain address where it is ASCII.
    package var reported: String {
        "\(type);\(address.utf8.allSatisfy { $0 < 0x80 } ? address : escaped)"
    }

    /// `\x{HEX}` for what is not ASCII and for the marks of this and the other encoding.
    private var escaped: String {
        var text = ""
        for scalar in address.unicodeScalars {
            switch scalar {
            case "+", "=", "\\", " ": text += Self.escape(scalar)
            default: text += scalar.isASCII ? String(scalar) : Self.escape(scalar)
            }
        }
        return text
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        "\\x{\(String(scalar.value, radix: 16, uppercase: true))}"
    }

    private static func unescaped(_ text: String) -> String? {
        var scalars = String.UnicodeScalarView()
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "\\") {
            scalars.append(contentsOf: rest[..<start].unicodeScalars)
            guard rest[start...].hasPrefix("\\x{"), let end = rest[start...].firstIndex(of: "}"),
                let value = UInt32(rest[start..<end].dropFirst(3), radix: 16),
                let scalar = Unicode.Scalar(value), value >= 0x20, value != 0x7F
            else { return nil }
            scalars.append(scalar)
            rest = rest[rest.index(after: end)...]
        }
        scalars.append(contentsOf: rest.unicodeScalars)
        return String(scalars)
    }
}
