import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Postgres

/// Asks nodes on their control listeners, signed by the cluster: what their queues hold, and to act on it.
///
/// Each node answers for itself, so a failure is that of one node: it is told beside the others' answers and
/// never hides them. A request is made once: whether one without an answer was carried out is for the
/// operator to look at, or to ask again, because every command may be given twice.
struct NodeControl: Sendable {
    struct Node: Sendable {
        let number: Int
        let name: String
        let url: String
    }

    /// Why a node gave no answer, or not the one that was wanted.
    struct Refusal: Error, Encodable, Sendable {
        /// Of its answer; nil when there was none.
        @OrNull var status: Int?
        let code: String
        let message: String
    }

    /// What one node is asked: a path with its query, and a body for POST.
    struct Question: Sendable {
        let path: String
        var body: [UInt8]?

        static func get(_ path: String) -> Question { Question(path: path) }

        static func post(_ path: String, _ command: some Encodable) throws -> Question {
            Question(path: path, body: Array(try JSONEncoder().encode(command)))
        }
    }

    private static let connectTimeout: Duration = .seconds(2)
    private static let totalTimeout: Duration = .seconds(15)
    private static let maxAnswerBytes = 16 * 1024 * 1024

    let context: ControlContext
    let clients: LoopClients
    let signer: ClusterSigner

    /// The nodes that serve, in the order of their numbers; with `asked`, the one with this number or name.
    ///
    /// - Throws: 404 for one that does not serve.
    func nodes(_ asked: String? = nil) async throws -> [Node] {
        let rows = try await context.pool.query(
            """
            SELECT number, name, control_url FROM nodes
            WHERE state IN ('active', 'draining') AND adopted_by IS NULL ORDER BY number
            """, as: .system)
        let nodes = try rows.map { row in
            Node(number: try row["number"], name: try row["name"], url: try row["control_url"])
        }
        guard let asked else { return nodes }
        guard let node = nodes.first(where: { String($0.number) == asked || $0.name == asked }) else {
            throw APIError.noSuch("node")
        }
        return [node]
    }

    /// The numbers of the nodes whose spools were adopted, each with its adopter: it holds their messages.
    func heirs() async throws -> [Int: Int] {
        let rows = try await context.pool.query(
            "SELECT number, adopted_by FROM nodes WHERE adopted_by IS NOT NULL", as: .system)
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0["number"], try $0["adopted_by"]) })
    }

    /// Asks each node its own question, all at the same time.
    ///
    /// - Returns: the answers in the order of the questions.
    func ask<Answer: Decodable & Sendable>(
        _ questions: [(node: Node, question: Question)], for type: Answer.Type
    ) async -> [(node: Node, answer: Result<Answer, Refusal>)] {
        await withTaskGroup(of: (Int, Result<Answer, Refusal>).self) { group in
            for (index, (node, question)) in questions.enumerated() {
                group.addTask { (index, await ask(node, question, for: type)) }
            }
            var answers: [Int: Result<Answer, Refusal>] = [:]
            for await (index, answer) in group { answers[index] = answer }
            return questions.indices.compactMap { index in
                answers[index].map { (questions[index].node, $0) }
            }
        }
    }

    func ask<Answer: Decodable & Sendable>(
        _ node: Node, _ question: Question, for type: Answer.Type
    ) async -> Result<Answer, Refusal> {
        let response: HTTPClientResponse
        do { response = try await exchange(node, question) } catch {
            return .failure(
                Refusal(
                    status: nil, code: "node_unreachable",
                    message: "Node \(node.number) does not answer: \(error)"))
        }
        guard (200..<300).contains(response.status) else {
            return .failure(Self.refusal(response, of: node))
        }
        do { return .success(try JSONDecoder().decode(type, from: Data(response.body))) } catch {
            return .failure(
                Refusal(
                    status: response.status, code: "node_not_understood",
                    message: "Node \(node.number) answered in words that this version does not know."))
        }
    }

    private func exchange(_ node: Node, _ question: Question) async throws -> HTTPClientResponse {
        let method = question.body == nil ? "GET" : "POST"
        let signing = try await signer.signing().current
        let signed = try RequestSignature.headers(
            method: method, path: question.path, body: question.body ?? [], signer: signing.id,
            time: context.nowSeconds, nonce: Hex.encode(SecureRandom.bytes(16)), key: signing.key)
        var request = HTTPClientRequest(
            method, node.url + question.path, headers: signed, body: question.body)
        if question.body != nil { request.headers.append(("Content-Type", "application/json")) }
        request.connectTimeout = Self.connectTimeout
        request.totalTimeout = Self.totalTimeout
        request.maxResponseBytes = Self.maxAnswerBytes
        guard let client = clients.current else { throw HTTPClientError.closed }
        return try await client.send(request)
    }

    private struct ErrorAnswer: Decodable {
        struct Content: Decodable {
            let code: String
            let message: String
        }
        let error: Content
    }

    private static func refusal(_ response: HTTPClientResponse, of node: Node) -> Refusal {
        if let said = try? JSONDecoder().decode(ErrorAnswer.self, from: Data(response.body)).error {
            return Refusal(status: response.status, code: said.code, message: said.message)
        }
        return Refusal(
            status: response.status, code: "node_refused",
            message: "Node \(node.number) answered \(response.status).")
    }
}
