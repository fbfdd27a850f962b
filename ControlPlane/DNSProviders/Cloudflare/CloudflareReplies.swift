import FoundationEssentials
import HTTPClient

/// Cloudflare's answers, as far as they are read.
enum CloudflareReplies {
    /// Everything comes in this. Before October 2024 the cause of an error lay in its `error_chain`.
    struct Envelope<Result: Decodable>: Decodable {
        let success: Bool
        let result: Result?
        let errors: [Failure]?
        let resultInfo: Page?

        enum CodingKeys: String, CodingKey {
            case success, result, errors
            case resultInfo = "result_info"
        }
    }

    struct Failure: Decodable {
        let code: Int
        let message: String?
        let errorChain: [Cause]?

        enum CodingKeys: String, CodingKey {
            case code, message
            case errorChain = "error_chain"
        }
    }

    struct Cause: Decodable {
        let code: Int
        let message: String?
    }

    struct Page: Decodable {
        let totalPages: Int?

        enum CodingKeys: String, CodingKey { case totalPages = "total_pages" }
    }

    struct Nothing: Decodable {}

    struct Zone: Decodable {
        let id: String
        let name: String
        let status: String?
        let nameServers: [String]?
        /// Names of the customer's own for the same servers.
        let vanityNameServers: [String]?

        enum CodingKeys: String, CodingKey {
            case id, name, status
            case nameServers = "name_servers"
            case vanityNameServers = "vanity_name_servers"
        }

        /// A zone that is paused is answered for all the same; only its proxy rests.
        var zone: DNSZone {
            let status = status ?? "active"
            let vanity = vanityNameServers ?? []
            return DNSZone(
                id: id, name: name, nameServers: vanity.isEmpty ? nameServers ?? [] : vanity,
                inactiveReason: status == "active"
                    ? nil : "its status is \(DNSProviderError.readable(status))")
        }
    }

    struct Record: Decodable {
        let id: String
        let type: String
        let name: String
        let content: String
        let priority: UInt16?
        let ttl: Int?
        let modifiedOn: String?
        let meta: Meta?

        struct Meta: Decodable {
            let readOnly: Bool?

            enum CodingKeys: String, CodingKey { case readOnly = "read_only" }
        }

        enum CodingKeys: String, CodingKey {
            case id, type, name, content, priority, ttl, meta
            case modifiedOn = "modified_on"
        }

        var key: RecordKey { RecordKey(name, type) }

        var value: RecordValue {
            let decoded: RecordContent =
                switch key.type {
                case "TXT": .txt(CloudflareReplies.text(content))
                case "MX": .mx(preference: priority ?? 0, host: RecordKey.normal(content))
                case "CNAME": .cname(RecordKey.normal(content))
                default: .other(content)
                }
            return RecordValue(decoded, raw: content, id: id, revision: modifiedOn)
        }
    }

    /// Cloudflare gives a TXT record back as it was written: in quotes, or without any.
    static func text(_ content: String) -> [UInt8] {
        guard content.utf8.count >= 2, content.hasPrefix("\""), content.hasSuffix("\"") else {
            return Array(content.utf8)
        }
        return TXTCodec.decode(content, .decimal)
    }

    // MARK: Errors

    /// Every code of a reply, causes included.
    static func codes(_ response: HTTPClientResponse) -> [(code: Int, message: String)] {
        let failures =
            (try? JSONDecoder().decode(Envelope<Discarded>.self, from: Data(response.body)))?.errors ?? []
        return failures.flatMap { failure in
            [(failure.code, failure.message ?? "")]
                + (failure.errorChain ?? []).map { ($0.code, $0.message ?? "") }
        }
    }

    private struct Discarded: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// - Parameter permission: what the call needs, as Cloudflare names it.
    static func fault(_ response: HTTPClientResponse, needs permission: String) -> DNSProviderError? {
        let codes = codes(response)
        let known = Set(codes.map(\.code))
        if response.status < 300, codes.isEmpty { return nil }
        if response.status == 429 { return .throttled(retryAfterSeconds: response.retryAfterSeconds) }
        if !known.isDisjoint(with: [1000, 6003, 6103, 6111]) {
            return .credentialsRefused("Cloudflare does not take this token.")
        }
        if response.status == 401 { return .credentialsRefused("Cloudflare does not take this token.") }
        if response.status == 403 || !known.isDisjoint(with: [9109, 10000]) {
            return .permissionMissing(permission)
        }
        if response.status == 404 || known.contains(7003) {
            return known.contains(81044)
                ? .conflict("a record is gone") : .notFound("Cloudflare has no such zone.")
        }
        if !known.isDisjoint(with: [81044, 81053, 81054, 81057, 81058]) {
            return .conflict("the records changed meanwhile")
        }
        if response.status >= 500 { return response.commonFault }
        let told = codes.map { "\($0.message) (\($0.code))" }.joined(separator: "; ")
        return .unsupported(
            "Cloudflare refused it: \(DNSProviderError.readable(told.isEmpty ? "\(response.status)" : told))")
    }
}
