import EventLoop
import NodeProtocol
import Service
import Spool

/// The messages whose senders asked for delivery reports (RFC 3461 NOTIFY), and which of those they got from
/// other hosts, for ten days: a host that took such a message may report long after it has left.
///
/// What is noted is in a log of its own a moment later; a crash of that moment loses a wish, never a message.
/// Bounded: beyond 64 MiB the oldest are forgotten. Any thread may call it.
final class ReportWishes: Sendable {
    static let keptMilliseconds: Int64 = 10 * 86_400_000
    static let maxBytes = 64 << 20

    /// One report that a sender gets once.
    struct Told: Hashable, Sendable {
        let message: MessageID
        /// The recipient's place in the message.
        let index: Int
        /// The number of the action.
        let action: Int
    }

    private struct Wish {
        let entry: [UInt8]
        var told: Set<Told> = []
    }

    private struct State {
        var wishes: [MessageID: Wish] = [:]
        /// Oldest first, from `first` on.
        var order: [MessageID] = []
        var first = 0
        var bytes = 0
    }

    private let maxBytes: Int
    private let log: KeyLog?
    private let state = Locked(State())

    /// - Parameter log: nil where nothing is kept over restarts.
    init(_ recovered: [KeyRecord] = [], log: KeyLog?, maxBytes: Int = maxBytes) {
        self.log = log
        self.maxBytes = maxBytes
        for record in recovered { restore(record.payload) }
    }

    static var logConfiguration: KeyLogConfiguration {
        var configuration = KeyLogConfiguration()
        configuration.keptForMilliseconds = keptMilliseconds
        configuration.segmentBytes = 4 << 20
        configuration.maxDiskBytes = 128 << 20
        return configuration
    }

    /// Opens the log of a node's directory, with all that it holds: of ten days.
    ///
    /// - Throws: `NodeService.Failure` in plain words.
    static func open(_ files: NodeFiles) throws -> (log: KeyLog, records: [KeyRecord]) {
        var records: [KeyRecord] = []
        do throws(SpoolError) {
            let (log, _) = try KeyLog.open(
                directory: files.wishes, configuration: logConfiguration, now: WallClock.system.now
            ) { records.append($0) }
            return (log, records)
        } catch { throw NodeService.Failure(description: NodeDisks.text(of: error, files.wishes)) }
    }

    /// Remembers a message that was accepted, if its sender asked for reports.
    func note(_ id: MessageID, _ mail: MailEntry) {
        guard mail.wantsReports else { return }
        let entry = Entry.mail(mail).encoded()
        guard insert(id, entry) else { return }
        var writer = ProtobufWriter(capacityBytes: entry.count + 32)
        writer.put(1, id)
        writer.put(2, entry)
        log?.note(KeyRecord(at: mail.acceptedAt, payload: writer.bytes))
    }

    /// The message, when its sender asked for reports; nil for one of another tenant.
    func mail(_ id: MessageID, of tenant: TenantID) -> MailEntry? {
        guard let entry = state.withLock({ $0.wishes[id]?.entry }), case .mail(let mail)? = Entry(entry),
            mail.tenant == tenant
        else { return nil }
        return mail
    }

    /// Takes the right to tell; false when that was told before, or is being told just now.
    func claim(_ told: Told) -> Bool {
        state.withLock { $0.wishes[told.message]?.told.insert(told).inserted ?? false }
    }

    /// What was claimed is on disk at this time (milliseconds since 1970), or counts as never told.
    func settle(_ all: [Told], at time: Int64?) {
        guard let time else {
            state.withLock { state in
                for told in all { state.wishes[told.message]?.told.remove(told) }
            }
            return
        }
        for told in all {
            var writer = ProtobufWriter(capacityBytes: 32)
            writer.put(1, told.message)
            writer.put(3, told.index)
            writer.put(4, told.action)
            log?.note(KeyRecord(at: time, payload: writer.bytes))
        }
    }

    private func insert(_ id: MessageID, _ entry: [UInt8]) -> Bool {
        state.withLock { state in
            guard state.wishes[id] == nil, entry.count <= maxBytes else { return false }
            state.wishes[id] = Wish(entry: entry)
            state.order.append(id)
            state.bytes += entry.count
            while state.bytes > maxBytes, state.first < state.order.count {
                let oldest = state.wishes.removeValue(forKey: state.order[state.first])
                state.bytes -= oldest?.entry.count ?? 0
                state.first += 1
            }
            if state.first > 1024, state.first > state.order.count / 2 {
                state.order.removeFirst(state.first)
                state.first = 0
            }
            return true
        }
    }

    private func restore(_ payload: [UInt8]) {
        var reader = ProtobufReader(payload[...])
        var id: MessageID?
        var (entry, index, action): ([UInt8]?, Int, Int?) = (nil, 0, nil)
        while let field = reader.next() {
            switch field.number {
            case 1: id = field.messageID
            case 2: entry = Array(field.bytes)
            case 3: index = field.integer()
            case 4: action = field.integer()
            default: break
            }
        }
        guard reader.isWhole, let id else { return }
        if let entry { _ = insert(id, entry) }
        if let action { _ = claim(Told(message: id, index: index, action: action)) }
    }
}
