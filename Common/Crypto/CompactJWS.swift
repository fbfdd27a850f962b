import FoundationEssentials

/// The parts of a compact JWS (RFC 7515 §7.1), with a header that is safe to act on.
struct CompactJWS {
    /// A token is never longer.
    static let maxBytes = 16 * 1024

    struct Header {
        let algorithm: JWTAlgorithm
        let keyID: String?
    }

    let header: Header
    let payload: [UInt8]
    let signature: [UInt8]
    /// What is signed: the first two parts with the dot between them, as they were sent.
    let signingInput: ArraySlice<UInt8>

    init(_ token: String) throws(JWTError) {
        guard token.utf8.count <= Self.maxBytes else { throw .malformed("longer than 16 KiB") }
        let bytes = Array(token.utf8)
        let parts = bytes.split(
            separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("not three parts") }
        guard let headerBytes = Base64.decodeURL(parts[0]), let payload = Base64.decodeURL(parts[1]),
            let signature = Base64.decodeURL(parts[2])
        else { throw .malformed("Base64url") }
        guard !signature.isEmpty else { throw .malformed("no signature") }
        header = try Self.header(headerBytes)
        self.payload = payload
        self.signature = signature
        signingInput = bytes[..<parts[1].endIndex]
    }

    private static func header(_ bytes: [UInt8]) throws(JWTError) -> Header {
        guard JSONObjectCheck.isObjectWithDistinctNames(bytes),
            let wire = try? JSONDecoder().decode(WireHeader.self, from: Data(bytes))
        else { throw .malformed("header") }
        if let name = wire.forbidden { throw .forbiddenHeader(name) }
        if let type = wire.typ?.lowercased(), !acceptedTypes.contains(type) { throw .forbiddenHeader("typ") }
        guard let algorithm = JWTAlgorithm(rawValue: wire.alg) else { throw .noMatchingKey }
        return Header(algorithm: algorithm, keyID: wire.kid)
    }

    private static let acceptedTypes: Set<String> = ["jwt", "at+jwt", "application/at+jwt"]

    /// The header as it is on the wire. Names that may change the meaning of the token are looked for,
    /// whatever their value is.
    private struct WireHeader: Decodable {
        let alg: String
        let kid: String?
        let typ: String?
        let forbidden: String?

        private struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(_ name: String) { stringValue = name }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        /// `cty` announces a nested token (RFC 7519 §5.2); `enc` and `zip` belong to encrypted ones.
        private static let forbiddenNames = [
            "crit", "b64", "jwk", "jku", "x5u", "x5c", "cty", "enc", "zip", "epk",
        ]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            alg = try container.decode(String.self, forKey: Name("alg"))
            kid = try container.decodeIfPresent(String.self, forKey: Name("kid"))
            typ = try container.decodeIfPresent(String.self, forKey: Name("typ"))
            forbidden = Self.forbiddenNames.first { container.contains(Name($0)) }
        }
    }
}
