import EventLoop

/// The records that answer a question.
package struct Answer: Sendable, Equatable {
    package let question: Question
    /// Where aliases led; the asked name when there were none.
    package let canonicalName: DomainName
    /// Records of the asked type at `canonicalName`; never empty.
    package let records: [ResourceRecord]
    /// Whether a trusted validating resolver vouches for every message that the answer was put together from.
    package let isAuthenticData: Bool
    /// The least TTL on the way when the answer arrived; an answer out of the cache still says so.
    package let ttlSeconds: UInt32
}

/// One mail host of a domain.
package struct MailHost: Sendable, Hashable {
    package let preference: UInt16
    package let name: DomainName

    package init(preference: UInt16, name: DomainName) {
        self.preference = preference
        self.name = name
    }
}

/// Where a domain takes its mail, RFC 5321 §5.1.
package struct MXAnswer: Sendable, Equatable {
    /// By preference, equal ones in random order. Empty only for a null MX.
    package let hosts: [MailHost]
    /// The domain says that it takes no mail at all, RFC 7505.
    package let isNull: Bool
    /// There is no MX record, but the domain itself has an address.
    package let isImplicit: Bool
    package let isAuthenticData: Bool
    package let ttlSeconds: UInt32

    package init(
        hosts: [MailHost], isNull: Bool, isImplicit: Bool, isAuthenticData: Bool, ttlSeconds: UInt32
    ) {
        self.hosts = hosts
        self.isNull = isNull
        self.isImplicit = isImplicit
        self.isAuthenticData = isAuthenticData
        self.ttlSeconds = ttlSeconds
    }
}

/// The addresses of a host. At least one.
package struct HostAddresses: Sendable, Equatable {
    /// With port 0.
    package let ipv4: [SocketAddress]
    /// With port 0.
    package let ipv6: [SocketAddress]
    /// Where aliases led; DANE looks up its records there first (RFC 7672 §2.2.2).
    package let canonicalName: DomainName
    package let isAuthenticData: Bool
    package let ttlSeconds: UInt32

    package init(
        ipv4: [SocketAddress], ipv6: [SocketAddress], canonicalName: DomainName, isAuthenticData: Bool,
        ttlSeconds: UInt32
    ) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.canonicalName = canonicalName
        self.isAuthenticData = isAuthenticData
        self.ttlSeconds = ttlSeconds
    }

    /// All addresses at a port, in turns from both families, IPv6 first.
    package func all(port: UInt16) -> [SocketAddress] {
        var all: [SocketAddress] = []
        for index in 0..<max(ipv4.count, ipv6.count) {
            if index < ipv6.count { all.append(ipv6[index].with(port: port)) }
            if index < ipv4.count { all.append(ipv4[index].with(port: port)) }
        }
        return all
    }
}

/// What a zone's own servers say about a name.
package enum AuthoritativeAnswer: Sendable, Equatable {
    /// At least one server has these records.
    case found([ResourceRecord])
    /// Servers that answered agree that there are none; `nameExists` is false for NXDOMAIN.
    case missing(nameExists: Bool)
    /// Nobody could say: this is never the same as missing. The text is for people.
    case unreachable(String)
}

/// `AuthoritativeAnswer` for TXT records, as texts.
package enum AuthoritativeTXT: Sendable, Equatable {
    case found([String])
    case missing(nameExists: Bool)
    case unreachable(String)
}
