import HTTP
import TestSupport

/// An error of Cloudflare's API v4 in its envelope.
package struct CloudflareError: Error, Equatable, Sendable {
    package let status: Int
    package let code: Int
    package let message: String

    init(_ status: Int, _ code: Int, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static let malformedAuthorization = CloudflareError(400, 6003, "Invalid request headers")
    static let invalidToken = CloudflareError(401, 1000, "Invalid API Token")
    static let noPermission = CloudflareError(403, 10000, "Authentication error")
    static let otherZone = CloudflareError(403, 9109, "Unauthorized to access requested resource")
    static let noRoute = CloudflareError(400, 7000, "No route for that URI")
    static let invalidID = CloudflareError(
        400, 7003, "Could not route to the requested path, perhaps your object identifier is invalid?")
    static let notJSON = CloudflareError(400, 9207, "Request body is invalid.")
    static let throttled = CloudflareError(
        429, 971, "Please wait and consider throttling your request speed")
    static let failed = CloudflareError(502, 0, "Bad Gateway")
    static let recordGone = CloudflareError(404, 81044, "Record does not exist.")
    static let addressExists = CloudflareError(
        400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    static let aliasExists = CloudflareError(400, 81054, "A CNAME record with that host already exists.")
    static let sameHost = CloudflareError(400, 81057, "The record already exists.")
    static let identical = CloudflareError(400, 81058, "An identical record already exists.")
    static let invalidName = CloudflareError(400, 9000, "DNS name is invalid.")
    static let invalidTTL = CloudflareError(
        400, 9021, "Invalid TTL. Must be between 60 and 86,400 seconds, or 1 for Automatic.")
    static let priorityRequired = CloudflareError(400, 9100, "priority is a required field.")
    static let contentTooLong = CloudflareError(
        400, 9015, "The content of the record exceeds 4096 octets on the wire.")
    static let nameTooFull = CloudflareError(
        400, 83011, "The contents of the records at this name exceed 8192 characters together.")
    static let notProxiable = CloudflareError(400, 9004, "This record type cannot be proxied.")
    static let tagQuota = CloudflareError(400, 9300, "DNS record has tags, exceeding the quota of 0.")
    static let spfType = CloudflareError(
        400, 9999, "SPF records are not supported, use a TXT record instead.")
    static let typeChange = CloudflareError(400, 9106, "The type of a DNS record cannot be changed.")
    static let readOnly = CloudflareError(
        400, 1046, "The record is managed by Email Routing and cannot be changed.")
    static let tooManyOperations = CloudflareError(400, 9207, "A batch may have 200 operations.")

    static func parameter(_ text: String) -> CloudflareError { CloudflareError(400, 1004, text) }
    static func content(_ code: Int, _ text: String) -> CloudflareError { CloudflareError(400, code, text) }

    /// `{"success":false,"errors":[…],"messages":[],"result":null}`.
    var response: HTTPResponse {
        if status == 502 {
            // Not from the API but from what stands before it.
            return .bytes(
                Array("<html><body><h1>502 Bad Gateway</h1></body></html>".utf8), contentType: "text/html",
                status: 502)
        }
        let error: JSONValue = ["code": .integer(code), "message": .string(message)]
        let body: JSONValue = [
            "success": false, "errors": [error], "messages": [], "result": .null,
        ]
        return (try? HTTPResponse.json(body, status: HTTPStatus(status))) ?? .empty(500)
    }
}
