/// One dialect: the paths that are its own, and how it prints an error.
package struct Surface: Sendable {
    package typealias Render = @Sendable (_ error: APIError, _ requestID: String) -> HTTPResponse

    package let name: String
    /// Such as `/api/v1/dispatch`; a path belongs to the surface with the longest prefix of whole segments.
    package let prefixes: [String]
    package let render: Render

    let prefixSegments: [[String]]

    /// - Parameter render: makes the body in the dialect's shape with `error.status`; the router adds
    ///   `error.headers` and `Retry-After`.
    package init(name: String, prefixes: [String], render: @escaping Render) {
        self.name = name
        self.prefixes = prefixes
        self.render = render
        prefixSegments = prefixes.map { $0.split(separator: "/").map(String.init) }
    }

    /// Every path that is nobody else's: `{"error":{"code","message","field","details","request_id"}}`, with
    /// `details` where several places are at fault.
    package static var plain: Surface {
        Surface(name: "plain", prefixes: ["/"]) { error, requestID in
            let body = PlainError(
                error: .init(
                    code: error.code, message: error.message, field: error.field,
                    details: error.details.isEmpty ? nil : error.details, requestID: requestID))
            return (try? .json(body, status: error.status)) ?? .empty(error.status)
        }
    }

    /// The number of segments of the longest prefix that a path of `count` segments begins with, or nil.
    ///
    /// - Parameter has: whether a segment of the path is this text.
    func match(count: Int, has: (_ index: Int, _ text: String) -> Bool) -> Int? {
        prefixSegments.filter { prefix in
            prefix.count <= count && prefix.indices.allSatisfy { has($0, prefix[$0]) }
        }.map(\.count).max()
    }
}

private struct PlainError: Encodable {
    struct Content: Encodable {
        let code: String
        let message: String
        let field: String?
        let details: [APIError.Detail]?
        let requestID: String

        enum CodingKeys: String, CodingKey {
            case code, message, field, details
            case requestID = "request_id"
        }
    }

    let error: Content
}
