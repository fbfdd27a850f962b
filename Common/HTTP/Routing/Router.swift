/// Chooses the handler of a request and turns whatever it throws into an answer of the right dialect.
///
/// Built once at start, then only read. A pattern that is there twice stops the process at start, since it
/// can only be a mistake in the program. HEAD is answered by the route of GET, OPTIONS by the list of
/// methods.
package struct Router: Sendable {
    /// Why no route took a request.
    package enum Miss: Sendable, Equatable {
        case noPath
        /// The path has routes, but not for this method.
        case noMethod([HTTPMethod])
    }

    /// Asked when no route takes a request; nil when it is not for the fallback either.
    package typealias Fallback = @Sendable (HTTPRequest, Miss) async throws -> HTTPResponse?

    /// Told of every error that became a 500, with the pattern of its route.
    package typealias Report = @Sendable (_ error: any Error, _ pattern: String?, _ requestID: String) -> Void

    /// In the order in which they were added.
    package private(set) var routes: [Route] = []
    package var fallback: Fallback?
    /// Asked before any route of each request; what it throws is the answer.
    package var gate: (@Sendable (HTTPRequest) async throws -> Void)?
    package var reportInternalError: Report?

    private var surfaces: [Surface]
    private var tree = RouteTree()

    /// - Parameter surface: renders the errors of every path that no other surface claims.
    package init(otherwise surface: Surface = .plain) { surfaces = [surface] }

    package mutating func add(_ surface: Surface) { surfaces.append(surface) }

    /// - Parameter pattern: `/static/{parameter}/…`; `{name...}` at the end takes one or more segments.
    package mutating func on(
        _ method: HTTPMethod, _ pattern: String, _ info: RouteInfo, _ handler: @escaping HTTPHandler
    ) {
        let names = tree.insert(pattern, method, route: routes.count)
        routes.append(
            Route(method: method, pattern: pattern, info: info, parameterNames: names, handler: handler))
    }

    /// The answer to a request. Never throws: every outcome is a response.
    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        do {
            if let gate { try await gate(request) }
            if let match = match(request) {
                let route = routes[match.route]
                request.route = route
                request.parameterSegments = match.parameterSegments
                return try await route.handler(request)
            }
            return try await miss(request)
        } catch {
            return render(shown(error, request), for: request)
        }
    }

    /// The error in the shape of the surface that the path belongs to.
    package func render(_ error: APIError, for request: HTTPRequest) -> HTTPResponse {
        let path = request.path
        let surface = surface { $0.match(count: path.count) { path[$0] == $1 } }
        return finish(surface.render(error, request.requestID), error)
    }

    /// The error of something that was no request.
    ///
    /// - Parameter path: as it was written; empty when there was none.
    package func render(_ error: APIError, requestID: String, path: String) -> HTTPResponse {
        let segments = path.split(separator: "/")
        let surface = surface { $0.match(count: segments.count) { segments[$0] == $1 } }
        return finish(surface.render(error, requestID), error)
    }

    private func match(_ request: HTTPRequest) -> RouteTree.Match? {
        guard !request.head.isAsterisk else { return nil }
        if let match = tree.find(request.method, request.path) { return match }
        return request.method == .head ? tree.find(.get, request.path) : nil
    }

    private func miss(_ request: HTTPRequest) async throws -> HTTPResponse {
        var methods = request.head.isAsterisk ? [] : tree.methods(request.path)
        if methods.contains(.get), !methods.contains(.head) { methods.append(.head) }
        if request.method == .options, !methods.isEmpty || request.head.isAsterisk {
            let list = (methods + [.options]).map(\.rawValue).joined(separator: ", ")
            return .empty(204, headers: ["Allow": list])
        }
        let miss: Miss = methods.isEmpty ? .noPath : .noMethod(methods)
        if let fallback, let response = try await fallback(request, miss) { return response }
        throw methods.isEmpty ? .notFound : APIError.methodNotAllowed(methods)
    }

    private func shown(_ error: any Error, _ request: HTTPRequest) -> APIError {
        if let error = error as? APIError { return error }
        if let error = error as? HTTPError { return error.apiError }
        if let error = error as? HTTPParseError { return error.apiError }
        reportInternalError?(error, request.routePattern, request.requestID)
        return .internalError
    }

    /// - Parameter match: how many segments of a path a surface claims.
    private func surface(by match: (Surface) -> Int?) -> Surface {
        var best = (surface: surfaces[0], segments: -1)
        for surface in surfaces.dropFirst() {
            if let segments = match(surface), segments > best.segments { best = (surface, segments) }
        }
        return best.surface
    }

    private func finish(_ response: HTTPResponse, _ error: APIError) -> HTTPResponse {
        var response = response
        response.headers.append(contentsOf: error.headers)
        if let seconds = error.retryAfterSeconds { response.headers["Retry-After"] = String(seconds) }
        return response
    }
}
