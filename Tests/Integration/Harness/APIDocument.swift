import TestSupport

/// An OpenAPI document, as a client would read it.
struct APIDocument {
    /// One route of it.
    struct Operation {
        let method: String
        let path: String
        let value: JSONValue
        var name: String { "\(method) \(path)" }
        /// What is asked of the caller.
        var access: String { value["x-dispatch-access"].text ?? "" }

        /// The names in the braces of the path.
        var parameters: [String] {
            path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        }

        /// The path with values in place of its parameters.
        func filled(_ values: [String: String]) -> String {
            path.split(separator: "/").map { segment in
                guard segment.hasPrefix("{") else { return "/\(segment)" }
                return "/\(values[String(segment.dropFirst().dropLast())] ?? "none")"
            }.joined()
        }

        /// The body of the example, with its type; nil when the route takes none.
        var request: (type: String, content: JSONValue)? {
            value["requestBody"]["content"].members.sorted { $0.key < $1.key }.first.map {
                ($0.key, $0.value)
            }
        }

        /// What the document says of an answer with this status.
        func response(_ status: Int) -> JSONValue { value["responses"][String(status)] }
    }

    let json: JSONValue
    let schema: JSONSchema
    /// In the order of paths.
    let operations: [Operation]

    init(_ json: JSONValue) {
        self.json = json
        schema = JSONSchema(document: json)
        operations = json["paths"].members.sorted { $0.key < $1.key }.flatMap { path, item in
            item.members.sorted { $0.key < $1.key }.map { method, operation in
                Operation(method: method.uppercased(), path: path, value: operation)
            }
        }
    }

    /// What of an answer the document does not say; empty when all is as it says.
    func problems(of answer: APICaller.Answer, to operation: Operation) -> [String] {
        let response = operation.response(answer.status)
        guard response != .null else { return ["the status \(answer.status) is not in the document"] }
        let header = answer.headers.first { $0.name.lowercased() == "content-type" }?.value ?? ""
        let type = header.split(separator: ";").first.map(String.init) ?? ""
        guard response["content"] != .null else {
            return answer.body.isEmpty ? [] : ["the document tells of no body with \(answer.status)"]
        }
        let content = response["content"][type]
        guard content != .null else { return ["the type \(type) is not in the document"] }
        let body = type == "application/json" ? answer.json : .string(answer.text)
        return schema.problems(of: body, against: content["schema"])
    }
}
