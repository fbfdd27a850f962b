/// What a route's documentation says of it; the router itself reads none of it.
package struct RouteInfo: Sendable {
    /// How a caller proves who it is.
    package enum Authentication: Sendable {
        case none, bearer, basic, bearerOrBasic
    }

    /// An item of the query or a header field.
    package struct Parameter: Sendable {
        package let name: String
        package let isHeader: Bool
        package let schema: Schema

        package static func query(_ name: String, _ schema: Schema) -> Parameter {
            Parameter(name: name, isHeader: false, schema: schema)
        }

        package static func header(_ name: String, _ schema: Schema) -> Parameter {
            Parameter(name: name, isHeader: true, schema: schema)
        }
    }

    /// One answer of a route.
    package struct Response: Sendable {
        package let status: Int
        package let description: String
        package let schema: Schema?
        package let contentType: String

        package init(
            _ status: Int, _ description: String, _ schema: Schema? = nil,
            contentType: String = "application/json"
        ) {
            self.status = status
            self.description = description
            self.schema = schema
            self.contentType = contentType
        }
    }

    package var summary: String
    package var details: String?
    /// Groups routes in the document.
    package var tag: String?
    package var authentication: Authentication
    /// The scope that the caller's key needs, such as `emails:send`.
    package var scope: String?
    package var parameters: [Parameter]
    package var requestSchema: Schema?
    package var requestContentTypes: [String]
    package var responses: [Response]

    package init(
        summary: String, details: String? = nil, tag: String? = nil,
        authentication: Authentication = .bearerOrBasic, scope: String? = nil, parameters: [Parameter] = [],
        requestSchema: Schema? = nil, requestContentTypes: [String] = ["application/json"],
        responses: [Response] = []
    ) {
        self.summary = summary
        self.details = details
        self.tag = tag
        self.authentication = authentication
        self.scope = scope
        self.parameters = parameters
        self.requestSchema = requestSchema
        self.requestContentTypes = requestContentTypes
        self.responses = responses
    }
}

/// What answers a request. An `APIError` that it throws is shown to the caller, anything else is a 500.
package typealias HTTPHandler = @Sendable (HTTPRequest) async throws -> HTTPResponse

/// One method of one pattern. A class, so that taking it for a request costs one reference.
package final class Route: Sendable {
    package let method: HTTPMethod
    /// Such as `/v1/messages/{id}`.
    package let pattern: String
    package let info: RouteInfo
    /// The names in the pattern's braces, in order.
    package let parameterNames: [String]
    let handler: HTTPHandler

    init(
        method: HTTPMethod, pattern: String, info: RouteInfo, parameterNames: [String],
        handler: @escaping HTTPHandler
    ) {
        self.method = method
        self.pattern = pattern
        self.info = info
        self.parameterNames = parameterNames
        self.handler = handler
    }
}
