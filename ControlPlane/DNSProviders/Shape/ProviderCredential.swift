import Service

/// What an account is reached with. It prints as nothing.
package enum ProviderCredential: Sendable {
    /// An API token of Cloudflare.
    case cloudflare(token: Secret)
    /// An access key of AWS. The region chooses the partition alone: Route 53 is global.
    case route53(accessKey: String, secretKey: Secret, region: String)
    case gcp(ServiceAccount)

    /// Why a credential cannot be one, and the field at fault.
    package struct Problem: Error, Sendable, Equatable {
        package let field: String
        package let reason: String
    }

    package var kind: ProviderKind {
        switch self {
        case .cloudflare: .cloudflare
        case .route53: .route53
        case .gcp: .gcp
        }
    }

    /// What tells two credentials apart without giving them away.
    package var hint: String {
        switch self {
        case .cloudflare(let token): "…\(token.revealed.suffix(4))"
        case .route53(let accessKey, _, _): "…\(accessKey.suffix(4))"
        case .gcp(let account): account.email
        }
    }

    package static func cloudflare(checking token: String) throws(Problem) -> ProviderCredential {
        guard (20...256).contains(token.utf8.count), token.utf8.allSatisfy(isWordByte) else {
            throw Problem(
                field: "token", reason: "must be an API token of 20 to 256 letters, digits, - and _")
        }
        return .cloudflare(token: Secret(token))
    }

    package static func route53(
        checking accessKey: String, secretKey: String, region: String
    ) throws(Problem) -> ProviderCredential {
        guard (16...128).contains(accessKey.utf8.count), accessKey.utf8.allSatisfy(isWordByte) else {
            throw Problem(field: "access_key", reason: "must be an access key id of 16 to 128 characters")
        }
        let isSecret = secretKey.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard (16...256).contains(secretKey.utf8.count), isSecret else {
            throw Problem(field: "secret_key", reason: "must be a secret access key without spaces")
        }
        guard (1...32).contains(region.utf8.count), region.utf8.allSatisfy(isWordByte) else {
            throw Problem(field: "region", reason: "must be a region such as us-east-1")
        }
        return .route53(accessKey: accessKey, secretKey: Secret(secretKey), region: region)
    }

    /// Letters, digits, `-` and `_`: nothing that could end a header or change a path.
    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension ProviderCredential: CustomStringConvertible, CustomReflectable {
    package var description: String { "[\(kind.rawValue) credential]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
