/// What tenants have used of their quotas and rates, as the reports of the nodes told it, node by node.
///
/// A node knows what it took itself better than any report, so it counts the others' shares and its own. A
/// chunk of its own for each bucket of tenants, because it changes all the time and is small.
package struct UsageChunk: Sendable, Equatable {
    /// What one node has taken for a tenant.
    package struct Share: Sendable, Equatable {
        package var node: UInt16
        /// Recipients of the month and of the day that the chunk names.
        package var month: Int
        package var day: Int
        /// Messages a minute since the report before.
        package var perMinute: Int

        package init(node: UInt16, month: Int, day: Int, perMinute: Int) {
            self.node = node
            self.month = month
            self.day = day
            self.perMinute = perMinute
        }
    }

    /// Such as `2026-11` and `2026-11-21`, in UTC.
    package var month: String
    package var day: String
    package var shares: [TenantID: [Share]]

    package init(month: String, day: String, shares: [TenantID: [Share]] = [:]) {
        self.month = month
        self.day = day
        self.shares = shares
    }

    /// The name of the chunk that a tenant's usage is in: `usage/00` … `usage/ff`.
    package static func name(for tenant: TenantID) -> String { names[Int(tenant.bucket)] }

    /// By the number of the bucket.
    static let names = (0...UInt8.max).map { "usage/\(TenantID.text(ofBucket: $0))" }

    /// What one tenant has used.
    package func usage(of tenant: TenantID) -> TenantUsage? {
        shares[tenant].map { TenantUsage(month: month, day: day, shares: $0) }
    }

    // MARK: On the wire

    /// Month (1), day (2), and field 3 for each tenant: its id (1) and its shares (2).
    package func encoded() -> [UInt8] {
        var writer = ProtobufWriter(capacityBytes: 1 << 12)
        writer.put(1, month)
        writer.put(2, day)
        for (tenant, list) in shares.sorted(by: { $0.key.description < $1.key.description }) {
            writer.put(3) { writer in
                writer.put(1, tenant)
                for share in list {
                    writer.put(2) { writer in
                        writer.put(1, share.node)
                        writer.put(2, share.month)
                        writer.put(3, share.day)
                        writer.put(4, share.perMinute)
                    }
                }
            }
        }
        return writer.bytes
    }

    /// Nil when the bytes are something else.
    package init?(protobuf bytes: ArraySlice<UInt8>) {
        self.init(month: "", day: "")
        var reader = ProtobufReader(bytes)
        while let field = reader.next() {
            switch field.number {
            case 1: month = field.text
            case 2: day = field.text
            case 3:
                guard let (tenant, list) = Self.tenant(field.bytes) else { return nil }
                shares[tenant] = list
            default: break
            }
        }
        guard reader.isWhole else { return nil }
    }

    private static func tenant(_ bytes: ArraySlice<UInt8>) -> (TenantID, [Share])? {
        var reader = ProtobufReader(bytes)
        var tenant: TenantID?
        var list: [Share] = []
        while let field = reader.next() {
            if field.number == 1 { tenant = field.tenantID }
            if field.number == 2 {
                guard let share = Share(protobuf: field.bytes) else { return nil }
                list.append(share)
            }
        }
        guard reader.isWhole, let tenant else { return nil }
        return (tenant, list)
    }
}

extension UsageChunk.Share {
    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        self.init(node: 0, month: 0, day: 0, perMinute: 0)
        var reader = ProtobufReader(bytes)
        while let field = reader.next() {
            switch field.number {
            case 1: node = field.integer()
            case 2: month = max(0, field.integer())
            case 3: day = max(0, field.integer())
            case 4: perMinute = max(0, field.integer())
            default: break
            }
        }
        guard reader.isWhole else { return nil }
    }
}

/// What a tenant had used when the snapshot was made.
package struct TenantUsage: Sendable, Equatable {
    package let month: String
    package let day: String
    package let shares: [UsageChunk.Share]

    package init(month: String, day: String, shares: [UsageChunk.Share]) {
        self.month = month
        self.day = day
        self.shares = shares
    }
}
