import HTTP

/// An error of Route 53.
package struct Route53Error: Error, Equatable, Sendable {
    package let status: Int
    package let code: String
    /// One, or several for a refused batch.
    package let messages: [String]

    init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        messages = [message]
    }

    static func invalidBatch(_ messages: [String]) -> Route53Error {
        Route53Error(status: 400, code: "InvalidChangeBatch", messages: messages)
    }

    private init(status: Int, code: String, messages: [String]) {
        self.status = status
        self.code = code
        self.messages = messages
    }

    static func input(_ message: String) -> Route53Error { Route53Error(400, "InvalidInput", message) }
    static func denied(_ action: String, _ user: String) -> Route53Error {
        Route53Error(
            403, "AccessDenied",
            "User: arn:aws:iam::123456789012:user/\(user) is not authorized to perform: \(action) because no "
                + "identity-based policy allows the \(action) action")
    }
    static func noZone(_ id: String) -> Route53Error {
        Route53Error(404, "NoSuchHostedZone", "No hosted zone found with ID: \(id)")
    }
    static func noChange(_ id: String) -> Route53Error {
        Route53Error(404, "NoSuchChange", "A change with the specified change ID does not exist: \(id)")
    }
    static let throttled = Route53Error(400, "Throttling", "Rate exceeded")
    static let failed = Route53Error(
        500, "InternalFailure", "The request processing has failed because of an unknown error.")
    static let busy = Route53Error(
        400, "PriorRequestNotComplete",
        "The request was rejected because Route 53 was still processing a prior request.")
    static let unsigned = Route53Error(403, "MissingAuthenticationToken", "Missing Authentication Token")
    static let unknownKey = Route53Error(
        403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    static let badSignature = Route53Error(
        403, "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your AWS "
            + "Secret Access Key and signing method. Consult the service documentation for details.")
    static func incomplete(_ what: String) -> Route53Error {
        Route53Error(400, "IncompleteSignature", what)
    }
    static let malformedXML = Route53Error(
        400, "MalformedXML",
        "The XML you provided was not well-formed or did not validate against "
            + "our schema.")

    /// - Parameter ownRoot: a refused batch with `<InvalidChangeBatch>` as the root instead of
    ///   `<ErrorResponse>`. Both are in use.
    func response(requestID: String, ownRoot: Bool) -> HTTPResponse {
        let root: XMLElement
        if code == "InvalidChangeBatch", ownRoot {
            root = XMLElement(
                code,
                [
                    XMLElement("Messages", messages.map { XMLElement("Message", text: $0) }),
                    XMLElement("RequestId", text: requestID),
                ])
        } else {
            let message = messages.count == 1 ? messages[0] : "[\(messages.joined(separator: ", "))]"
            let error = XMLElement(
                "Error",
                [
                    XMLElement("Type", text: "Sender"), XMLElement("Code", text: code),
                    XMLElement("Message", text: message),
                ])
            root = XMLElement("ErrorResponse", [error, XMLElement("RequestId", text: requestID)])
        }
        return .bytes(root.document(), contentType: "text/xml", status: HTTPStatus(status))
            .header("x-amzn-RequestId", requestID)
    }
}
