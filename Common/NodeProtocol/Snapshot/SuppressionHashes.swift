import Crypto
import FoundationEssentials

/// The suppressed addresses of some tenants as a node needs them: eight bytes each, in ascending order.
///
/// An address is found by the first 64 bits of a SHA-256 over its tenant's id and itself. Somebody else's
/// address has the same in one of 2⁶⁴ cases for each that is listed, which a list of a million makes one of
/// ten trillion look-ups; and no node's disk tells whom a tenant does not write to any more.
package struct SuppressionHashes: Sendable, Equatable {
    /// By tenant, ascending.
    package private(set) var hashes: [TenantID: [UInt64]] = [:]

    package init() {}

    /// - Parameter address: case-folded as a whole.
    package static func hash(_ address: String, tenant: TenantID) -> UInt64 {
        var bytes = withUnsafeBytes(of: tenant.uuid.uuid) { Array($0) }
        bytes.append(contentsOf: address.utf8)
        return Digest.sha256(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Puts a tenant's list in place.
    package mutating func set(_ list: [UInt64], of tenant: TenantID) { hashes[tenant] = list.sorted() }

    /// Whether the tenant may not send to this address, which is compared without case.
    package func contains(_ address: String, tenant: TenantID) -> Bool {
        guard let list = hashes[tenant] else { return false }
        let wanted = Self.hash(address.lowercased(), tenant: tenant)
        var (low, high) = (0, list.count)
        while low < high {
            let middle = low + (high - low) / 2
            if list[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low < list.count && list[low] == wanted
    }

    // MARK: On the wire

    /// Field 1 for each tenant: its id (1) and its hashes (2), eight bytes each, big endian.
    package func encoded() -> [UInt8] {
        var writer = ProtobufWriter(capacityBytes: 1 << 16)
        for (tenant, list) in hashes.sorted(by: { $0.key.description < $1.key.description }) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(list.count * 8)
            for hash in list { withUnsafeBytes(of: hash.bigEndian) { bytes.append(contentsOf: $0) } }
            writer.put(1) { writer in
                writer.put(1, tenant)
                writer.put(2, bytes)
            }
        }
        return writer.bytes
    }

    /// Nil when the bytes are something else.
    package init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        while let field = reader.next() {
            guard field.number == 1 else { continue }
            var inner = ProtobufReader(field.bytes)
            var tenant: TenantID?
            var list: [UInt64] = []
            while let field = inner.next() {
                switch field.number {
                case 1: tenant = field.tenantID
                case 2:
                    guard let read = Self.words(field.bytes) else { return nil }
                    list = read
                default: break
                }
            }
            guard inner.isWhole, let tenant else { return nil }
            hashes[tenant] = list
        }
        guard reader.isWhole else { return nil }
    }

    /// Nil when they are no whole words in ascending order.
    private static func words(_ bytes: ArraySlice<UInt8>) -> [UInt64]? {
        guard bytes.count.isMultiple(of: 8) else { return nil }
        let words = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 8).map {
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
            }
        }
        for (left, right) in zip(words, words.dropFirst()) where left > right { return nil }
        return words
    }
}

extension SuppressionHashes {
    /// Of a chunk in the form of format 1.
    ///
    /// - Throws: the text that is no tenant.
    package init(_ chunk: SuppressionsChunk) throws {
        for (text, addresses) in chunk.addresses {
            guard let tenant = TenantID(text: text) else { throw NotATenant(text: text) }
            set(addresses.map { Self.hash($0, tenant: tenant) }, of: tenant)
        }
    }

    struct NotATenant: Error, CustomStringConvertible {
        let text: String
        var description: String { "\(text) is not a tenant" }
    }
}
