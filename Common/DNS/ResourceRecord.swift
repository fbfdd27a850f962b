/// The type of a resource record, RFC 1035 §3.2.2 and the registry of IANA.
package struct RecordType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let a = RecordType(rawValue: 1)
    package static let ns = RecordType(rawValue: 2)
    package static let cname = RecordType(rawValue: 5)
    package static let soa = RecordType(rawValue: 6)
    package static let ptr = RecordType(rawValue: 12)
    package static let mx = RecordType(rawValue: 15)
    package static let txt = RecordType(rawValue: 16)
    package static let aaaa = RecordType(rawValue: 28)
    package static let opt = RecordType(rawValue: 41)
    package static let tlsa = RecordType(rawValue: 52)

    package var description: String {
        switch self {
        case .a: "A"
        case .ns: "NS"
        case .cname: "CNAME"
        case .soa: "SOA"
        case .ptr: "PTR"
        case .mx: "MX"
        case .txt: "TXT"
        case .aaaa: "AAAA"
        case .tlsa: "TLSA"
        default: "TYPE\(rawValue)"
        }
    }
}

/// What is asked of a server; the class is always IN.
package struct Question: Hashable, Sendable, CustomStringConvertible {
    package let name: DomainName
    package let type: RecordType

    package init(_ name: DomainName, _ type: RecordType) {
        self.name = name
        self.type = type
    }

    package var description: String { "\(name) \(type)" }
}

/// Start of authority, RFC 1035 §3.3.13. Times are in seconds.
package struct SOARecord: Hashable, Sendable {
    package let primaryServer: DomainName
    package let mailbox: DomainName
    package let serial: UInt32
    package let refreshSeconds: UInt32
    package let retrySeconds: UInt32
    package let expireSeconds: UInt32
    /// RFC 2308 §4: the longest time that a negative answer may be kept.
    package let minimumSeconds: UInt32
}

/// A certificate association of DANE, RFC 6698 §2.1.
package struct TLSARecord: Hashable, Sendable {
    package let usage: UInt8
    package let selector: UInt8
    package let matchingType: UInt8
    package let data: [UInt8]

    package init(usage: UInt8, selector: UInt8, matchingType: UInt8, data: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matchingType = matchingType
        self.data = data
    }
}

/// The data of a record in the types that this service reads; all others as their bytes.
package enum RecordData: Hashable, Sendable {
    /// In host byte order.
    case a(UInt32)
    /// Sixteen bytes.
    case aaaa([UInt8])
    case cname(DomainName)
    case mx(preference: UInt16, exchange: DomainName)
    case ns(DomainName)
    case ptr(DomainName)
    case soa(SOARecord)
    case tlsa(TLSARecord)
    /// The character strings joined without a separator (RFC 7208 §3.3, RFC 6376 §3.6.2.2).
    case txt([UInt8])
    case other([UInt8])
}

/// One record of a response, RFC 1035 §4.1.3.
package struct ResourceRecord: Hashable, Sendable {
    package let name: DomainName
    package let type: RecordType
    /// IN is 1; in the OPT record this is the sender's UDP size.
    package let recordClass: UInt16
    package let ttlSeconds: UInt32
    package let data: RecordData
}
