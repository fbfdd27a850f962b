import Postgres

/// What analytics count, by the names that callers have for it.
///
/// Recipients, but for `unique_opens` and `unique_clicks`, which are messages, and `opens` and `clicks`,
/// which are times. `sent` = delivered + bounced + failed + what still waits.
enum AnalyticsMetric: String, CaseIterable, Sendable, CodingKey {
    case sent, delivered, bounced, failed, rejected, complaints, opens
    case uniqueOpens = "unique_opens"
    case clicks
    case uniqueClicks = "unique_clicks"
    case unsubscribes

    /// The sum over rows of the counters.
    var sum: SQL {
        switch self {
        case .sent: "sum(recipients - cancelled)"
        case .delivered: "sum(delivered)"
        case .bounced: "sum(hard_bounced + soft_bounced)"
        case .failed: "sum(expired + failed)"
        case .rejected: "sum(suppressed)"
        case .complaints: "sum(complained)"
        case .opens: "sum(opened)"
        case .uniqueOpens: "sum(unique_opened)"
        case .clicks: "sum(clicked)"
        case .uniqueClicks: "sum(unique_clicked)"
        case .unsubscribes: "sum(unsubscribed)"
        }
    }
}

/// Some of them with their numbers.
struct AnalyticsCounts: Encodable, Sendable {
    private var values: [AnalyticsMetric: Int] = [:]

    /// The columns of a row that has each metric under its name.
    static func columns(_ metrics: [AnalyticsMetric]) -> SQL {
        metrics.map { metric in
            "coalesce(\(metric.sum), 0)::bigint AS \(identifier: metric.rawValue)" as SQL
        }.joined(separator: ", ")
    }

    init(_ row: PostgresRow, _ metrics: [AnalyticsMetric]) throws(PostgresError) {
        for metric in metrics { values[metric] = try row[metric.rawValue] }
    }

    init(_ values: [AnalyticsMetric: Int]) { self.values = values }

    subscript(_ metric: AnalyticsMetric) -> Int { values[metric] ?? 0 }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnalyticsMetric.self)
        for (metric, value) in values { try container.encode(value, forKey: metric) }
    }
}

/// Parts of a hundred, with two decimals; 0 where there is nothing to be a part of.
struct AnalyticsRates: Encodable, Sendable {
    let delivery: Double
    let bounce: Double
    let complaint: Double
    let open: Double
    let click: Double
    let unsubscribe: Double

    init(_ counts: AnalyticsCounts) {
        func percent(_ part: AnalyticsMetric, of whole: AnalyticsMetric) -> Double {
            let (part, whole) = (counts[part], counts[whole])
            guard part > 0, whole > 0 else { return 0 }
            return (Double(part) * 10_000 / Double(whole)).rounded() / 100
        }
        delivery = percent(.delivered, of: .sent)
        bounce = percent(.bounced, of: .sent)
        complaint = percent(.complaints, of: .delivered)
        open = percent(.uniqueOpens, of: .delivered)
        click = percent(.uniqueClicks, of: .delivered)
        unsubscribe = percent(.unsubscribes, of: .delivered)
    }
}
