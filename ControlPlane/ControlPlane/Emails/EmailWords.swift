import NodeProtocol

extension RecipientState {
    /// The word of the tenants' API.
    var tenantWord: String {
        switch self {
        case .scheduled, .queued, .sending: "queued"
        case .deferred: "deferred"
        case .delivered: "delivered"
        case .bounced, .expired: "bounced"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .suppressed: "suppressed"
        }
    }

    /// The states that a dialect's words mean; nil when there is none, or one of them is none of its words.
    static func states(_ words: String, by word: (RecipientState) -> String) -> [String]? {
        var states: [String] = []
        let all = words.split(separator: ",")
        if all.isEmpty { return nil }
        for asked in all {
            let meant = allCases.filter { word($0) == asked }
            if meant.isEmpty { return nil }
            states += meant.map(\.rawValue)
        }
        return states
    }
}
