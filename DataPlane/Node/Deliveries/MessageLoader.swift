import NodeProtocol
import Service
import Spool

/// Reads messages back from the spool that are not in memory any more.
struct MessageLoader: Sendable {
    struct Loaded: Sendable {
        let message: OpenMessage
        let body: [UInt8]
    }

    enum Failure: Error {
        /// The disk does not give it now.
        case notNow(SpoolError)
        /// It is damaged, or gone: nothing can be said of it any more.
        case lost(SpoolError?)
    }

    let spool: Spool
    let log: Log

    func load(_ id: MessageID) async throws(Failure) -> Loaded {
        let stored: StoredEntry
        do throws(SpoolError) { stored = try await spool.entry(of: id) } catch {
            switch error {
            case .corrupt, .unknownMessage: throw .lost(error)
            default: throw .notNow(error)
            }
        }
        guard let message = OpenMessage(id, header: stored.header, updates: stored.updates) else {
            throw .lost(nil)
        }
        return Loaded(message: message, body: stored.body)
    }
}
