/// What a domain asks of those who send it mail, from `mta-sts.<domain>/.well-known/mta-sts.txt`, RFC 8461
/// §3.2. Pure.
package struct MTASTSPolicy: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable {
        /// Deliver to no host that fails the policy.
        case enforce
        /// Deliver all the same, and report.
        case testing
        /// As if there were no policy.
        case none
    }

    /// What is wrong with a policy file; the text is for people.
    package struct Malformation: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    package static let maxBytes = 64 * 1024
    package static let maxHosts = 256
    /// RFC 8461 §3.2: about a year; what asks for longer gets this.
    package static let maxMaxAgeSeconds = 31_557_600
    private static let maxNameBytes = 32

    package let mode: Mode
    /// Names of mail hosts in lower case, or `*.` and a name. Empty only in mode `none`.
    package let hosts: [String]
    package let maxAgeSeconds: Int

    package init(mode: Mode, hosts: [String], maxAgeSeconds: Int) {
        self.mode = mode
        self.hosts = hosts
        self.maxAgeSeconds = maxAgeSeconds
    }

    /// Reads a policy file. Lines end in LF or CRLF; of a field that stands twice the first one counts, but
    /// for `mx`.
    package init(_ bytes: [UInt8]) throws(Malformation) {
        guard bytes.count <= Self.maxBytes else { throw Malformation("larger than \(Self.maxBytes) bytes") }
        var (version, mode, maxAge): (String?, Mode?, Int?)
        var hosts: [String] = []
        for line in Self.lines(bytes) {
            let (name, value) = try Self.field(line)
            switch name {
            case "version": version = version ?? value
            case "mode" where mode == nil:
                guard let known = Mode(rawValue: value) else { throw Malformation("unknown mode") }
                mode = known
            case "max_age" where maxAge == nil: maxAge = try Self.seconds(value)
            case "mx":
                guard let host = MTASTSHostPattern(value) else { throw Malformation("mx is no host name") }
                guard hosts.count < Self.maxHosts else { throw Malformation("more than \(Self.maxHosts) mx") }
                hosts.append(host.description)
            default: break
            }
        }
        guard version == "STSv1" else { throw Malformation("version is not STSv1") }
        guard let mode else { throw Malformation("no mode") }
        guard let maxAge else { throw Malformation("no max_age") }
        guard mode == .none || !hosts.isEmpty else { throw Malformation("no mx") }
        self.init(mode: mode, hosts: hosts, maxAgeSeconds: maxAge)
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.last == 0x0D ? line.dropLast() : line
        }
        // Many files end in empty lines, which the grammar does not have.
        while lines.last?.allSatisfy(ASCIIText.isBlank) == true { lines.removeLast() }
        return lines
    }

    private static func field(_ line: ArraySlice<UInt8>) throws(Malformation) -> (String, String) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
            ASCIIText.isFieldName(line[..<colon], maxBytes: maxNameBytes)
        else { throw Malformation("a line that is no field") }
        var value = line[(colon + 1)...].drop(while: ASCIIText.isBlank)
        while let last = value.last, ASCIIText.isBlank(last) { value.removeLast() }
        guard !value.isEmpty, value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            let text = String(validating: value, as: UTF8.self)
        else { throw Malformation("a field without a proper value") }
        return (String(decoding: line[..<colon], as: UTF8.self), text)
    }

    private static func seconds(_ value: String) throws(Malformation) -> Int {
        guard (1...10).contains(value.utf8.count), value.utf8.allSatisfy(ASCIIText.isDigit),
            let seconds = Int(value)
        else { throw Malformation("max_age is not 1 to 10 digits") }
        return min(seconds, maxMaxAgeSeconds)
    }

    /// Whether a mail host is one of the policy's, RFC 8461 §4.1.
    package func permits(host: String) -> Bool {
        hosts.contains { MTASTSHostPattern($0)?.matches(host) == true }
    }
}

extension MTASTSPolicy.Malformation {
    fileprivate init(_ description: String) { self.init(description: description) }
}
