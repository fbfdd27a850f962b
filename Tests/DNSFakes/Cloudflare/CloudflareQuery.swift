import HTTP
import TestSupport

/// Filters and pages of Cloudflare's lists.
struct CloudflareQuery {
    private let items: QueryItems

    /// - Throws: for a parameter that the call does not have.
    init(_ request: HTTPRequest, knows names: Set<String>) throws(CloudflareError) {
        items = request.query
        let unknown = items.names.filter { !names.contains($0) }
        guard unknown.isEmpty else { throw .parameter("Unknown parameters: \(unknown)") }
    }

    subscript(_ name: String) -> String? { items[name] }

    static let zoneNames: Set<String> = [
        "name", "status", "account.id", "page", "per_page", "match", "order",
    ]
    static let recordNames: Set<String> = [
        "type", "name", "name.exact", "name.contains", "name.startswith", "name.endswith", "content",
        "content.exact", "content.contains", "content.startswith", "content.endswith", "comment",
        "comment.exact", "comment.contains", "comment.present", "comment.absent", "match", "order",
        "direction", "page", "per_page", "proxied", "search",
    ]

    func matches(_ zone: CloudflareZone) -> Bool {
        (items["name"].map { $0.lowercased() == zone.name.description } ?? true)
            && (items["status"].map { $0 == zone.status } ?? true)
            && (items["account.id"].map { $0 == CloudflareZone.accountID } ?? true)
    }

    /// Whether all filters hold, or one with `match=any`. Case counts for nothing.
    func matches(_ record: CloudflareRecord) throws(CloudflareError) -> Bool {
        var results: [Bool] = []
        for (name, wanted) in items.items {
            let wanted = wanted.lowercased()
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            let value: String
            switch parts.first ?? "" {
            case "type": value = record.type.lowercased()
            case "name": value = record.name.description
            case "content": value = record.content.lowercased()
            case "comment": value = record.comment?.lowercased() ?? ""
            case "proxied": value = String(record.proxied)
            default: continue
            }
            switch parts.count > 1 ? parts[1] : "exact" {
            case "exact": results.append(value == wanted)
            case "contains": results.append(value.contains(wanted))
            case "startswith": results.append(value.hasPrefix(wanted))
            case "endswith": results.append(value.hasSuffix(wanted))
            case "present": results.append(!value.isEmpty)
            case "absent": results.append(value.isEmpty)
            default: throw .parameter("Unknown filter: \(name)")
            }
        }
        return items["match"] == "any" ? results.isEmpty || results.contains(true) : !results.contains(false)
    }

    /// The envelope of one page.
    /// - Parameter perPage: the number when none is asked for, and what may be asked for.
    func page(
        _ all: [JSONValue], perPage fallback: Int, in range: ClosedRange<Int>
    ) throws(CloudflareError) -> JSONValue {
        let page = try number("page", 1, 1...1_000_000)
        let size = try number("per_page", fallback, range)
        let first = (page - 1).multipliedReportingOverflow(by: size)
        let shown = first.overflow ? [] : Array(all.dropFirst(first.partialValue).prefix(size))
        return [
            "success": true, "errors": [], "messages": [], "result": .array(shown),
            "result_info": [
                "page": .integer(page), "per_page": .integer(size), "count": .integer(shown.count),
                "total_count": .integer(all.count),
                "total_pages": .integer((all.count + size - 1) / size),
            ],
        ]
    }

    private func number(
        _ name: String, _ fallback: Int, _ range: ClosedRange<Int>
    ) throws(CloudflareError) -> Int {
        guard let text = items[name] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw .parameter("\(name) must be from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
