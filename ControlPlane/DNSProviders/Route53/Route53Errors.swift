import HTTPClient

/// What Route 53 means by an answer that is no success. Its errors have two roots: `ErrorResponse`, and
/// `InvalidChangeBatch` with messages of its own.
enum Route53Errors {
    static func fault(_ response: HTTPClientResponse, needs permission: String) -> DNSProviderError? {
        if response.status < 300 { return nil }
        let (code, messages) = read(response.body)
        switch code {
        case "Throttling", "ThrottlingException", "PriorRequestNotComplete", "RequestLimitExceeded":
            return .throttled(retryAfterSeconds: response.retryAfterSeconds)
        case "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException",
            "MissingAuthenticationToken", "ExpiredToken", "IncompleteSignature",
            "InvalidSignatureException", "InvalidAccessKeyId", "AuthFailure":
            return .credentialsRefused("AWS does not take this access key.")
        case "AccessDenied", "AccessDeniedException", "NotAuthorized":
            return .permissionMissing(permission)
        case "NoSuchHostedZone": return .notFound("Route 53 has no such public zone.")
        case "InvalidChangeBatch": return batch(messages)
        default: break
        }
        if response.status == 403 { return .permissionMissing(permission) }
        if response.status == 429 || response.status >= 500 { return response.commonFault }
        let told = ([code] + messages).filter { !$0.isEmpty }.joined(separator: ": ")
        return .unsupported("Route 53 refused it: \(DNSProviderError.readable(told))")
    }

    private static func batch(_ messages: [String]) -> DNSProviderError {
        let stale = [
            "but it was not found", "do not match the current values", "but it already exists",
            "conflicting RRSet of type",
        ]
        let isStale =
            !messages.isEmpty && messages.allSatisfy { message in stale.contains { message.contains($0) } }
        if isStale { return .conflict("the records changed meanwhile") }
        return .unsupported(
            "Route 53 refused the change: \(DNSProviderError.readable(messages.joined(separator: "; ")))")
    }

    private static func read(_ body: [UInt8]) -> (code: String, messages: [String]) {
        guard let root = try? XMLElement(reading: body) else { return ("", []) }
        if root.name == "InvalidChangeBatch" {
            let messages = root["Messages"]?.all("Message").map(\.text) ?? []
            return (root.name, messages.isEmpty ? [root.text("Message") ?? ""] : messages)
        }
        guard let error = root["Error"] ?? root["Errors"]?["Error"] else { return ("", []) }
        let message = error.text("Message") ?? ""
        // The texts of a batch come in brackets: [first, second].
        return (error.text("Code") ?? "", splitBatch(message))
    }

    private static func splitBatch(_ message: String) -> [String] {
        guard message.hasPrefix("["), message.hasSuffix("]") else { return [message] }
        return message.dropFirst().dropLast().split(separator: ", Tried to").map(String.init)
    }
}
