import FoundationEssentials
import HTTPClient

/// Google's answers, as far as they are read.
enum CloudDNSReplies {
    struct Zones: Decodable {
        let managedZones: [Zone]?
        let nextPageToken: String?
    }

    struct Zone: Decodable {
        let name: String
        let dnsName: String
        let visibility: String?
        let nameServers: [String]?

        /// Private zones answer nobody's mail server: nil.
        var zone: DNSZone? {
            guard visibility?.lowercased() != "private" else { return nil }
            return DNSZone(id: name, name: dnsName, nameServers: nameServers ?? [])
        }
    }

    struct RecordSets: Decodable {
        let rrsets: [Row]?
        let nextPageToken: String?
    }

    struct Row: Decodable {
        let name: String
        let type: String
        let ttl: Seconds?
        let rrdatas: [String]?
        let routingPolicy: Present?

        var set: RecordSet {
            let key = RecordKey(name, type)
            return RecordSet(
                key, ttlSeconds: ttl?.value,
                values: (rrdatas ?? []).map { RecordValue(Self.content($0, key.type), raw: $0) },
                lockedReason: routingPolicy == nil ? nil : "the record has a routing policy")
        }

        private static func content(_ value: String, _ type: String) -> RecordContent {
            switch type {
            case "TXT": .txt(TXTCodec.decode(value, .decimal))
            case "MX": RecordContent(mailHost: value)
            case "CNAME": .cname(RecordKey.normal(value))
            default: .other(value)
            }
        }
    }

    /// Whatever it holds.
    struct Present: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// A number, or the same as text.
    struct Seconds: Decodable {
        let value: Int?
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                value = number
            } else {
                value = Int(try container.decode(String.self))
            }
        }
    }

    struct Change: Decodable {
        let id: String?
        let status: String?
    }

    private struct Failure: Decodable {
        struct Details: Decodable {
            let message: String?
            let errors: [Reason]?
        }

        struct Reason: Decodable {
            let reason: String?
        }

        let error: Details
    }

    static func fault(_ response: HTTPClientResponse, needs permission: String) -> DNSProviderError? {
        if response.status < 300 { return nil }
        let failure = try? JSONDecoder().decode(Failure.self, from: Data(response.body))
        let reasons = Set((failure?.error.errors ?? []).compactMap(\.reason))
        let message = DNSProviderError.readable(failure?.error.message ?? "\(response.status)")
        let paced: Set<String> = ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"]
        switch response.status {
        case 401: return .credentialsRefused("Google does not take the token of this service account.")
        case 403 where !reasons.isDisjoint(with: paced):
            return .throttled(retryAfterSeconds: response.retryAfterSeconds)
        case 403 where !reasons.isDisjoint(with: ["accessNotConfigured", "accessDisabled"]):
            return .permissionMissing(
                "the Cloud DNS API (dns.googleapis.com), which the project has not enabled")
        case 403: return .permissionMissing(permission)
        case 404: return .notFound("Google has no such zone in this project.")
        case 409, 412: return .conflict("the records changed meanwhile")
        case 429, 500...599: return response.commonFault
        default: return .unsupported("Google refused it: \(message)")
        }
    }
}
