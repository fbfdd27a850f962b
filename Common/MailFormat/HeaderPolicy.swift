/// Which header fields a caller may set.
package enum HeaderPolicy {
    /// Made by the service and by the servers on the way; a caller's would deceive or break a signature.
    private static let forbidden = [
        "Received", "Return-Path", "DKIM-Signature", "Authentication-Results", "Bcc", "Resent-Bcc",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Date",
    ]
    /// The instruction that carries an idempotency key.
    package static let idempotencyKey = "X-Dispatch-Idempotency-Key"
    /// Instructions to the service; they are read and never sent on.
    package static let instructions = ["X-Dispatch-Tag", idempotencyKey, "X-Dispatch-Stream"]

    /// The first name, as the caller wrote it, that may not be set; nil when all may. Values matter for one
    /// field: Message-ID must be well formed.
    package static func offendingName(in headers: [(name: String, value: String)]) -> String? {
        headers.first { !isAllowed(name: $0.name, value: $0.value) }?.name
    }

    package static func isAllowed(name: String, value: String) -> Bool {
        if forbidden.contains(where: { name.isEqualIgnoringCase($0) }) { return false }
        if name.hasPrefixIgnoringCase("ARC-") { return false }
        if name.isEqualIgnoringCase("Message-ID") { return MessageIdentifier.isValid(value) }
        guard name.hasPrefixIgnoringCase("X-Dispatch-") else { return true }
        return isInstruction(name)
    }

    package static func isIdempotencyKey(_ name: String) -> Bool { name.isEqualIgnoringCase(idempotencyKey) }

    package static func isInstruction(_ name: String) -> Bool {
        instructions.contains { name.isEqualIgnoringCase($0) }
    }
}
