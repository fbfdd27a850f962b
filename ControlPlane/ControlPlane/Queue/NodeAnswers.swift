import HTTP

/// What each node said to the same question, as operators see it.
struct NodeAnswers<Value: Encodable & Sendable>: Encodable, Sendable {
    struct One: Encodable, Sendable {
        let node: Int
        let name: String
        /// Null when there is an error.
        @OrNull var result: Value?
        @OrNull var error: NodeControl.Refusal?
    }

    private(set) var nodes: [One]
    /// How many of them have an error.
    private(set) var failed: Int

    init(_ answers: [(node: NodeControl.Node, answer: Result<Value, NodeControl.Refusal>)]) {
        nodes = answers.map { node, answer in
            switch answer {
            case .success(let value): One(node: node.number, name: node.name, result: value, error: nil)
            case .failure(let refusal): One(node: node.number, name: node.name, result: nil, error: refusal)
            }
        }
        failed = nodes.count { $0.error != nil }
    }

    /// 200 when every node did it, 207 when some did. When none did: what they said where all refused it
    /// alike, else 502 with what each said.
    func response(message: String? = nil) throws -> HTTPResponse {
        if nodes.isEmpty { throw APIError(503, "no_node_available", "No node serves at the moment.") }
        guard failed == nodes.count, let first = nodes.first?.error else {
            return try .data(
                self, message: failed == 0 ? message : "\(failed) of \(nodes.count) nodes failed.",
                status: failed == 0 ? 200 : 207)
        }
        if let status = first.status, (400..<500).contains(status), status != 401,
            nodes.allSatisfy({ $0.error?.code == first.code })
        {
            throw APIError(HTTPStatus(status), first.code, first.message)
        }
        throw APIError(
            502, "nodes_failed", first.message,
            details: nodes.map { one in
                APIError.Detail(path: "nodes[\(one.node)]", message: one.error?.message ?? "")
            })
    }
}
