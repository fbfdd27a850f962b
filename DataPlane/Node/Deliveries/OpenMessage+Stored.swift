import NodeProtocol

extension OpenMessage {
    /// A message as the spool tells it: its entry, and then what happened to it.
    ///
    /// Nil when the header cannot be read. Updates of a later version are passed over. Recipients whose
    /// attempt began and did not end are left in `.sending`.
    init?(_ id: MessageID, header: [UInt8], updates: [[UInt8]]) {
        guard let entry = Entry(header) else { return nil }
        self.init(id: id, entry: entry)
        for payload in updates { apply(update: payload) }
    }

    /// Applies what a spool update says.
    mutating func apply(update payload: [UInt8]) {
        switch SpoolUpdate(decoding: payload) {
        case .started(let attempt, let recipients):
            for index in recipients { start(Int(index), attempt: Int(attempt)) }
        case .events(let events):
            for event in events {
                if let index = index(of: event) { apply(event, to: index) }
            }
        case nil: break
        }
    }
}
