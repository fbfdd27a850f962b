import Crypto
import FoundationEssentials

/// One webhook as it came.
struct CaughtWebhook: Caught {
    var number = 0
    let receivedAt: Date
    /// The last segment of the path.
    let name: String
    let method: String
    let headers: [CaughtHeader]
    let body: [UInt8]
    /// The status that it was answered with.
    let answered: Int

    var byteCount: Int { body.count }

    /// The body is given twice: exact in base64, and as text where it is UTF-8.
    struct View: Encodable {
        let n: Int
        let name: String
        let received_at: String
        let method: String
        let headers: [CaughtHeader]
        let body: String?
        let body_base64: String
        let answered: Int
    }

    var view: View {
        View(
            n: number, name: name, received_at: receivedAt.rfc3339, method: method, headers: headers,
            body: String(validating: body, as: UTF8.self), body_base64: Base64.encode(body),
            answered: answered)
    }
}
