import NodeProtocol

/// What a message takes from its recipients: the state of the worst unfinished one, else of the worst
/// finished one, and the times. `RecipientStatements.updateMessages` says the same in SQL, of recipients
/// that the log has.
struct MessageState: Sendable, Equatable {
    private(set) var status: String
    private(set) var sent_at: Int64?
    private(set) var delivered_at: Int64?
    private(set) var bounced_at: Int64?
    private(set) var bounce_type: String?
    private(set) var bounce_class: String?
    private var rank: Int

    /// Of a message that is known by one recipient so far.
    init(_ row: RecipientRow) {
        status = row.state
        rank = -1
        add(row)
    }

    /// From the least to the worst: a message has the state that stands last here among its recipients'.
    static let order: [String] =
        RecipientState.allCases.sorted { left, right in
            (left.isFinal ? 0 : 1, left.badness) < (right.isFinal ? 0 : 1, right.badness)
        }.map(\.rawValue)

    mutating func add(_ row: RecipientRow) {
        let worse = Self.order.firstIndex(of: row.state) ?? 0
        if worse > rank { (rank, status) = (worse, row.state) }
        sent_at = [sent_at, row.first_attempt_at].compactMap(\.self).min()
        let isBounced = row.state == RecipientState.bounced.rawValue
        if row.state == RecipientState.delivered.rawValue {
            delivered_at = [delivered_at, row.finished_at].compactMap(\.self).max()
        } else if isBounced || row.state == RecipientState.expired.rawValue {
            bounced_at = [bounced_at, row.finished_at].compactMap(\.self).max()
            bounce_class = [bounce_class, row.bounce_class].compactMap(\.self).max()
            let isHard = isBounced && row.bounce_class.map(ReportBatch.hardCategories.contains) ?? false
            bounce_type = isHard || bounce_type == "hard" ? "hard" : "soft"
        }
    }
}
