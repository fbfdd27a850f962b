import HTTP
import NodeProtocol
import Testing

@testable import Doors

@Suite struct IdempotencyStoreTests {
    private let start: Int64 = 1_800_000_000_000
    private let one: TenantID
    private let two: TenantID

    init() throws {
        one = try #require(TenantID(text: MemoryIntake.one))
        two = try #require(TenantID(text: MemoryIntake.two))
    }

    private func name(_ number: Int) -> KeyName { KeyName(hashing: "live\nsend\nk\(number)") }

    /// Whether the key was new, or not answered, and is begun now.
    private func isFirst(
        _ number: Int, _ tenant: TenantID, in store: inout IdempotencyStore, after seconds: Int64 = 0
    ) -> Bool {
        if case .first = store.begin(name(number), tenant, [1], now: start + seconds * 1000) {
            true
        } else {
            false
        }
    }

    private func store(bytes: Int, tenantBytes: Int) -> IdempotencyStore {
        IdempotencyStore(limits: .init(maxBytes: bytes, maxTenantBytes: tenantBytes))
    }

    private func answer(_ bytes: Int) -> IdempotencyStore.Outcome {
        .response(.bytes([UInt8](repeating: 0x78, count: bytes), contentType: "text/plain"))
    }

    @Test func `answers are kept for a day and within a tenant's share of bytes, the oldest go first`() {
        var store = store(bytes: 1 << 30, tenantBytes: 1 << 20)
        for number in 0..<100 {
            #expect(isFirst(number, one, in: &store))
            store.end(name(number), one, answer(100_000))
            #expect(store.sizeBytes <= 1 << 20)
        }
        #expect(!isFirst(99, one, in: &store))
        #expect(isFirst(0, one, in: &store))
        #expect(isFirst(99, one, in: &store, after: 86_401))
    }

    @Test func `the largest share gives way when all are too large, the others stay`() {
        var store = store(bytes: 1 << 20, tenantBytes: 1 << 20)
        _ = store.begin(name(0), two, [1], now: start)
        store.end(name(0), two, answer(1000))
        for number in 0..<100 {
            _ = store.begin(name(number), one, [1], now: start)
            store.end(name(number), one, answer(50_000))
            #expect(store.sizeBytes <= 1 << 20)
        }
        #expect(!isFirst(0, two, in: &store))
        #expect(!isFirst(99, one, in: &store))
    }

    @Test func `names that are gone are forgotten`() {
        var store = store(bytes: 1 << 30, tenantBytes: 1 << 30)
        _ = store.begin(name(-1), one, [1], now: start)
        for number in 0..<10_000 {
            _ = store.begin(name(number), one, [1], now: start)
            store.end(name(number), one, nil)
        }
        #expect(store.orderCount < 100)
        store.end(name(-1), one, nil)
        #expect(store.orderCount == 0)
        #expect(store.sizeBytes == 0)
    }

    @Test func `what is too old goes, of tenants who send nothing more as well`() {
        var store = store(bytes: 1 << 30, tenantBytes: 1 << 30)
        for number in 0..<100 {
            _ = store.begin(name(number), one, [1], now: start)
            store.end(name(number), one, answer(1000))
        }
        _ = store.begin(name(0), two, [1], now: start + 86_500_000)
        #expect(store.orderCount == 1)
    }
}
