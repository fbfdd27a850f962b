import Admission
import Doors
import Spool

/// Keeps idempotency keys in the log of keys, and in the spool what must not be lost.
struct NodeKeyBook: KeyBook {
    let spool: Spool
    let log: KeyLog

    func note(_ record: [UInt8], at milliseconds: Int64) {
        log.note(KeyRecord(at: milliseconds, payload: record))
    }

    func keep(_ record: [UInt8], at milliseconds: Int64) async throws(Refusal) {
        let group = SpoolGroup(records: [.key(KeyRecord(at: milliseconds, payload: record))])
        do throws(SpoolError) { _ = try await spool.commit(group) } catch { throw Refusal(error) }
    }
}
