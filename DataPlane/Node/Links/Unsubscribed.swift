import EventLoop
import FoundationEssentials
import NodeProtocol

/// Who unsubscribed at this node and does not stand in the snapshot yet: while the control plane is away this
/// node sends them nothing all the same. Bounded by number and age; any thread may call it.
final class Unsubscribed: Sendable {
    struct Recipient: Codable, Hashable, Sendable {
        let tenant: TenantID
        /// In lower case.
        let address: String

        init(_ address: String, of tenant: TenantID) {
            self.tenant = tenant
            self.address = address.lowercased()
        }
    }

    /// A recipient and when he unsubscribed, in milliseconds since 1970, as the file has them.
    struct Row: Codable, Sendable {
        let recipient: Recipient
        let at: Int64
    }

    static let maxRecipients = 100_000
    /// After so long without a snapshot that has him, the control plane has refused him: its list of the
    /// tenant is full, or the tenant took him off again.
    static let keptMilliseconds: Int64 = 30 * 86_400_000

    private let capacity: Int
    private let recipients: Locked<[Recipient: Int64]>

    init(_ rows: [Row] = [], capacity: Int = maxRecipients) {
        self.capacity = max(1, capacity)
        recipients = Locked(Dictionary(rows.map { ($0.recipient, $0.at) }) { max($0, $1) })
    }

    func contains(_ address: String, of tenant: TenantID) -> Bool {
        recipients.withLock { !$0.isEmpty && $0[Recipient(address, of: tenant)] != nil }
    }

    /// Whether the tenant sends nothing to this address now: it stands on the tenant's list, or unsubscribed
    /// here.
    func isWithheld(_ address: String, of tenant: TenantID, by snapshot: Snapshot?) -> Bool {
        let folded = address.lowercased()
        return snapshot?.isSuppressed(folded, tenant: tenant) == true || contains(folded, of: tenant)
    }

    /// - Parameter time: milliseconds since 1970.
    func insert(_ address: String, of tenant: TenantID, at time: Int64) {
        recipients.withLock { recipients in
            recipients[Recipient(address, of: tenant)] = time
            guard recipients.count > capacity else { return }
            // A tenth at a time: to look for the oldest takes a look at all.
            let times = recipients.values.sorted()
            let last = times[min(times.count - 1, capacity / 10)]
            recipients = recipients.filter { $0.value > last }
        }
    }

    /// Forgets those whom the snapshot has, and those who have waited too long for one.
    ///
    /// - Returns: whether any were forgotten.
    @discardableResult
    func settle(by snapshot: Snapshot, now: Int64) -> Bool {
        let held = recipients.withLock { $0 }
        let settled = held.filter { recipient, at in
            at < now - Self.keptMilliseconds
                || snapshot.isSuppressed(recipient.address, tenant: recipient.tenant)
        }
        guard !settled.isEmpty else { return false }
        recipients.withLock { recipients in
            for (recipient, at) in settled where recipients[recipient] == at { recipients[recipient] = nil }
        }
        return true
    }

    var rows: [Row] { recipients.withLock { $0 }.map { Row(recipient: $0.key, at: $0.value) } }
}
