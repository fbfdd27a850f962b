import FoundationEssentials

/// A node asks one that owned an idempotency key before: what do you know of it? The other takes the key no
/// more from then on. `POST` on its control listener, signed by the node that asks.
package struct KeyRelease: Codable, Sendable, Equatable {
    package static let path = "/control/v1/keys/release"

    package let tenant: TenantID
    /// 16 bytes.
    package let name: Data
    /// SHA-256 of the body.
    package let digest: Data

    package init(tenant: TenantID, name: Data, digest: Data) {
        self.tenant = tenant
        self.name = name
        self.digest = digest
    }

    package struct Answer: Codable, Sendable, Equatable {
        /// The first request with the key runs there at this moment.
        package let isRunning: Bool
        /// What it knows, in order; none when the key is new to it.
        package let records: [Data]

        package init(isRunning: Bool, records: [Data]) {
            self.isRunning = isRunning
            self.records = records
        }
    }
}

/// A node hands a message under an idempotency key to the node that the key belongs to: `POST` on its control
/// listener, signed by the node that asks. The body is the node's own format.
package struct PassedMessageAnswer: Codable, Sendable, Equatable {
    package static let path = "/control/v1/keys/message"

    package struct Refusal: Codable, Sendable, Equatable {
        package let code: String
        package let message: String
        package let field: String?
        package let retryAfterSeconds: Int?

        package init(code: String, message: String, field: String?, retryAfterSeconds: Int?) {
            self.code = code
            self.message = message
            self.field = field
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    package let id: MessageID?
    package let refusal: Refusal?

    package init(id: MessageID?, refusal: Refusal?) {
        self.id = id
        self.refusal = refusal
    }
}
