/// The patterns of a router as a tree of segments, in one array.
///
/// A static segment is tried before a parameter, a parameter before the rest; when a branch leads nowhere for
/// the asked method the next one is tried. Segments are compared as bytes, so a lookup makes no `String`.
struct RouteTree: Sendable {
    struct Match {
        let route: Int
        /// The path segment of each parameter; `~index` for one that takes the rest from `index` on.
        let parameterSegments: [Int]
    }

    private struct Node: Sendable {
        var segments: [(name: [UInt8], node: Int)] = []
        var parameter: Int?
        var routes: [(method: HTTPMethod, route: Int)] = []
        var restRoutes: [(method: HTTPMethod, route: Int)] = []
    }

    private var nodes = [Node()]

    /// - Returns: the names of the pattern's parameters in order.
    mutating func insert(_ pattern: String, _ method: HTTPMethod, route: Int) -> [String] {
        var names: [String] = []
        var node = 0
        for segment in pattern.split(separator: "/") {
            if segment.hasPrefix("{"), segment.hasSuffix("...}") {
                names.append(String(segment.dropFirst().dropLast(4)))
                precondition(pattern.hasSuffix(segment), "\(pattern): only the last segment takes the rest")
                nodes[node].restRoutes.append((method, route))
                return names
            }
            if segment.hasPrefix("{"), segment.hasSuffix("}") {
                names.append(String(segment.dropFirst().dropLast()))
                node = parameterNode(node)
            } else {
                node = staticNode(node, Array(segment.utf8))
            }
        }
        precondition(
            !nodes[node].routes.contains { $0.method == method }, "\(method) \(pattern) is there twice")
        nodes[node].routes.append((method, route))
        return names
    }

    func find(_ method: HTTPMethod, _ path: RequestPath) -> Match? {
        var parameters: [Int] = []
        guard let route = find(method, path, 0, node: 0, &parameters) else { return nil }
        return Match(route: route, parameterSegments: parameters)
    }

    /// The methods that have a route for the path.
    func methods(_ path: RequestPath) -> [HTTPMethod] {
        var found: [HTTPMethod] = []
        collect(path, 0, node: 0, &found)
        return found
    }

    private func find(
        _ method: HTTPMethod, _ path: RequestPath, _ depth: Int, node: Int, _ parameters: inout [Int]
    ) -> Int? {
        if depth == path.count {
            return nodes[node].routes.first { $0.method == method }?.route
        }
        if let next = child(node, path, depth),
            let route = find(method, path, depth + 1, node: next, &parameters)
        {
            return route
        }
        if let next = nodes[node].parameter, !path.segments[depth].isEmpty {
            parameters.append(depth)
            if let route = find(method, path, depth + 1, node: next, &parameters) { return route }
            parameters.removeLast()
        }
        guard let rest = nodes[node].restRoutes.first(where: { $0.method == method }) else { return nil }
        parameters.append(~depth)
        return rest.route
    }

    private func collect(_ path: RequestPath, _ depth: Int, node: Int, _ found: inout [HTTPMethod]) {
        var routes = nodes[node].routes
        if depth < path.count {
            routes = nodes[node].restRoutes
            if let next = child(node, path, depth) { collect(path, depth + 1, node: next, &found) }
            if let next = nodes[node].parameter, !path.segments[depth].isEmpty {
                collect(path, depth + 1, node: next, &found)
            }
        }
        for (method, _) in routes where !found.contains(method) { found.append(method) }
    }

    private func child(_ node: Int, _ path: RequestPath, _ depth: Int) -> Int? {
        let range = path.segments[depth]
        for (name, next) in nodes[node].segments where name.count == range.count {
            var index = 0
            while index < name.count, name[index] == path.bytes[range.lowerBound + index] { index += 1 }
            if index == name.count { return next }
        }
        return nil
    }

    private mutating func staticNode(_ node: Int, _ name: [UInt8]) -> Int {
        if let found = nodes[node].segments.first(where: { $0.name == name }) { return found.node }
        nodes.append(Node())
        nodes[node].segments.append((name, nodes.count - 1))
        return nodes.count - 1
    }

    private mutating func parameterNode(_ node: Int) -> Int {
        if let found = nodes[node].parameter { return found }
        nodes.append(Node())
        nodes[node].parameter = nodes.count - 1
        return nodes.count - 1
    }
}
