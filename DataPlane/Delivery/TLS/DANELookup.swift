import DNS
import EventLoop

/// The questions that TLS policies ask the DNS; a `Resolver` answers them.
package protocol TLSPolicyLookup: AnyObject {
    func addresses(_ host: DomainName) async throws(DNSError) -> HostAddresses
    func resolve(_ name: DomainName, _ type: RecordType) async throws(DNSError) -> Answer
}

extension Resolver: TLSPolicyLookup {}

/// Finds what the DNS says of a mail host's certificate, RFC 7672 §2.2.
///
/// Only authentic answers count: those that a resolver which may be trusted has validated. A host without
/// authentic addresses is not asked further, because its TLSA records could not be authentic either and many
/// old name servers fail at the question (§2.1.3). A question that fails is neither yes nor no: the host must
/// not be used until it has an answer (§2.1.1).
struct DANELookup {
    enum Finding: Equatable {
        /// The host has no authentic TLSA records.
        case none
        case peer(DANEPeer)
        /// It has some, and none that can be used: encrypt, whoever answers (§2.2).
        case unusable
        /// Nobody can say.
        case failed(String)
    }

    /// More records than this are as good as none that can be used.
    private static let maxRecords = 64

    let lookup: any TLSPolicyLookup

    /// - Parameters:
    ///   - host: named by an authentic MX record of `domain`.
    ///   - domain: the recipient's.
    func find(host: String, port: UInt16, domain: String) async -> Finding {
        guard let name = DomainName(host) else { return .none }
        do throws(DNSError) {
            for base in try await bases(name) {
                guard let place = base.under("_\(port)._tcp"), let records = try await records(place) else {
                    continue
                }
                let usable = records.prefix(Self.maxRecords).compactMap { record in
                    TLSAssociation(
                        usage: record.usage, selector: record.selector, matchingType: record.matchingType,
                        data: record.data)
                }
                let peer = DANEPeer(
                    baseDomain: base.description, otherNames: [host, domain], associations: Set(usable))
                return peer.map { .peer($0) } ?? .unusable
            }
            return .none
        } catch {
            return .failed("the DNS cannot say for now whether \(host) has TLSA records (\(error))")
        }
    }

    /// Where the records may be, best first: at the end of authentic aliases, else at the alias itself if
    /// that is authentic (§2.2.2).
    private func bases(_ host: DomainName) async throws(DNSError) -> [DomainName] {
        let addresses: HostAddresses
        do throws(DNSError) { addresses = try await lookup.addresses(host) } catch {
            if error.isTransient { throw error }
            return []
        }
        let isAlias = addresses.canonicalName != host
        if addresses.isAuthenticData { return isAlias ? [addresses.canonicalName, host] : [host] }
        guard isAlias, let alias = try await answer(host, .cname), alias.isAuthenticData else { return [] }
        return [host]
    }

    /// Nil when there are no authentic ones.
    private func records(_ place: DomainName) async throws(DNSError) -> [TLSARecord]? {
        guard let answer = try await answer(place, .tlsa), answer.isAuthenticData else { return nil }
        return answer.records.compactMap { if case .tlsa(let record) = $0.data { record } else { nil } }
    }

    /// Nil for "there is none".
    private func answer(_ name: DomainName, _ type: RecordType) async throws(DNSError) -> Answer? {
        do throws(DNSError) { return try await lookup.resolve(name, type) } catch {
            if error.isTransient { throw error }
            return nil
        }
    }
}
