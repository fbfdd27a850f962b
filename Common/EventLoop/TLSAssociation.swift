import COpenSSL

/// What the DNS says of a mail host's certificate, RFC 6698 §2.1, in the forms that mail uses (RFC 7672
/// §3.1): a value of this type is one that a handshake can be held against.
package struct TLSAssociation: Hashable, Sendable {
    package enum Usage: UInt8, Hashable, Sendable {
        /// DANE-TA: an authority in the chain; names and times count.
        case trustAnchor = 2
        /// DANE-EE: the certificate of the host itself; neither names nor times count (RFC 7672 §3.1.1).
        case endEntity = 3
    }

    /// The largest record that is taken, in bytes: a whole certificate with room to spare.
    package static let maxDataBytes = 16_384

    package let usage: Usage
    /// 0: the whole certificate, 1: its public key.
    let selector: UInt8
    /// 0: as it is, 1: SHA-256, 2: SHA-512.
    let matchingType: UInt8
    let data: [UInt8]

    /// Nil for a record that RFC 7672 §3.1.3 calls unusable: a usage of the public authorities (0 and 1),
    /// numbers that nobody knows, a digest of a wrong length, or data that are no certificate or key.
    package init?(usage: UInt8, selector: UInt8, matchingType: UInt8, data: [UInt8]) {
        guard let usage = Usage(rawValue: usage), selector <= 1, data.count <= Self.maxDataBytes else {
            return nil
        }
        switch matchingType {
        case 0: guard Self.isWhole(data, selector) else { return nil }
        case 1: guard data.count == 32 else { return nil }
        case 2: guard data.count == 64 else { return nil }
        default: return nil
        }
        self.usage = usage
        self.selector = selector
        self.matchingType = matchingType
        self.data = data
    }

    private static func isWhole(_ data: [UInt8], _ selector: UInt8) -> Bool {
        defer { ERR_clear_error() }
        return data.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            if selector == 0 {
                guard let certificate = d2i_X509(nil, &position, bytes.count) else { return false }
                X509_free(certificate)
            } else {
                guard let key = d2i_PUBKEY(nil, &position, bytes.count) else { return false }
                EVP_PKEY_free(key)
            }
            return position == bytes.baseAddress.map { $0 + bytes.count }
        }
    }
}

/// Whom a connection is for when DANE says so, RFC 7672 §2.2.3 and §3.2.
package struct DANEPeer: Hashable, Sendable {
    /// Where the TLSA records were found, without port and protocol: the name that is asked for (SNI).
    package let baseDomain: String
    /// Names that a certificate below a trust anchor may be for besides, RFC 7672 §3.2.2.
    package let otherNames: [String]
    /// Never empty.
    package let associations: Set<TLSAssociation>

    /// Nil without associations.
    package init?(baseDomain: String, otherNames: [String], associations: Set<TLSAssociation>) {
        guard !associations.isEmpty else { return nil }
        self.baseDomain = baseDomain
        // Names play no part for the host's own certificate, so they make no difference there either.
        let hasAnchors = associations.contains { $0.usage == .trustAnchor }
        self.otherNames = hasAnchors ? otherNames : []
        self.associations = associations
    }
}

extension TLSAssociation: CustomStringConvertible {
    /// As a zone file has it: `3 1 1 0123…`.
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        let hex = data.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }
        return "\(usage.rawValue) \(selector) \(matchingType) \(String(decoding: hex, as: UTF8.self))"
    }
}
