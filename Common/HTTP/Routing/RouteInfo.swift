/// What a route's documentation says of it; the router itself reads none of it.
package struct RouteInfo: Sendable {
    /// How a caller proves who it is.
    package enum Authentication: Sendable {
        case none, bearer, basic, bearerOrBasic
    }

    /// What a route asks of its caller; the document tells it, and a test compares it with what is enforced.
    package enum Access: Sendable, Equatable, CustomStringConvertible {
        case everyone
        /// Anybody whose credentials are good.
        case caller
        /// Anybody who may know of the tenant in the path.
        case tenant
        /// Who has this scope in the tenant of the path or of the key.
        case scope(String)
        /// Users with at least this role in the tenant of the path.
        case role(String)
        case `operator`

        package var description: String {
            switch self {
            case .everyone: "everyone"
            case .caller: "caller"
            case .tenant: "tenant"
            case .scope(let scope): "scope \(scope)"
            case .role(let role): "role \(role)"
            case .operator: "operator"
            }
        }
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
        /// Of errors: the codes that it may carry.
        package let codes: [String]

        package init(
            _ status: Int, _ description: String, _ schema: Schema? = nil,
            contentType: String = "application/json", codes: [String] = []
        ) {
            self.status = status
            self.description = description
            self.schema = schema
            self.contentType = contentType
            self.codes = codes
        }
    }

    package var summary: String
    package var details: String?
    /// Groups routes in the document.
    package var tag: String?
    package var authentication: Authentication
    /// The scope that the caller's key needs, such as `emails:send`.
    package var scope: String?
    /// Nil where `authentication` says all.
    package var access: Access?
    package var parameters: [Parameter]
    package var requestSchema: Schema?
    package var requestContentTypes: [String]
    package var responses: [Response]

    /// What is asked of the caller, whichever way it was said.
    package var asked: Access { access ?? (authentication == .none ? .everyone : .caller) }

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
        access = scope.map { .scope($0) }
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
