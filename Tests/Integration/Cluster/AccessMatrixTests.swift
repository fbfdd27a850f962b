import FoundationEssentials
import TestSupport
import Testing

extension ClusterScenarios {
    /// Every route of the document, asked by everybody at both planes.
    @Suite struct AccessMatrixTests {
        private static let settings = [
            "DISPATCH_TOKEN_HS256_SECRET": AccessCallers.secret,
            "DISPATCH_TOKEN_ISSUER": AccessCallers.issuer,
            "DISPATCH_TOKEN_AUDIENCE": "dispatch",
        ]

        @Test func `every route lets in whom it should, and tells the others nothing`() async throws {
            let cluster = try await Cluster(settings: Self.settings)
            let document = APIDocument(try await cluster.api.must("GET", "/openapi/dispatch.json"))
            let rows = AccessTable.rows
            let names = Set(document.operations.map(\.name))
            #expect(
                names.subtracting(rows.keys).isEmpty, "routes without a row: \(names.subtracting(rows.keys))")
            #expect(Set(rows.keys).subtracting(names).isEmpty, "rows without a route")
            for operation in document.operations {
                #expect(operation.access == rows[operation.name], "\(operation.name)")
            }
            let callers = try await AccessCallers(cluster)
            var count = try await checkOperators(cluster, callers)
            for plane in [cluster.api.with(token: nil), try await cluster.node.caller()] {
                for operation in document.operations where operation.access != "everyone" {
                    for caller in callers.all {
                        try await check(operation, by: caller, at: plane, callers, document)
                        count += 1
                    }
                }
            }
            print("\(count) requests by \(callers.all.count) callers at both planes")
        }

        /// What is the operators' is nobody else's, and not there at a node.
        private func checkOperators(_ cluster: Cluster, _ callers: AccessCallers) async throws -> Int {
            let whole = APIDocument(try await cluster.api.must("GET", "/api/v1/openapi.json"))
            let operations = whole.operations.filter { $0.path.hasPrefix("/api/v1/admin/") }
            let (control, node) = (cluster.api.with(token: nil), try await cluster.node.caller())
            #expect(operations.count > 30)
            for operation in operations {
                #expect(operation.access == "operator", "\(operation.name)")
                for caller in callers.all {
                    var isUnproven = false
                    if case .notProven = caller.standing { isUnproven = true }
                    let path = operation.filled(["tenant_id": callers.tenant.id])
                    let answer = try await control.send(operation.method, path, [:], headers: caller.headers)
                    #expect(
                        answer.status == (isUnproven ? 401 : 403),
                        "\(caller.name): \(operation.name): \(answer.status) \(answer.text)")
                    let there = try await node.send(operation.method, path, [:], headers: caller.headers)
                    #expect(there.status == 404, "\(caller.name): \(operation.name): \(there.status)")
                }
            }
            return operations.count * callers.all.count * 2
        }

        private func check(
            _ operation: APIDocument.Operation, by caller: AccessCallers.Caller, at plane: APICaller,
            _ callers: AccessCallers, _ document: APIDocument
        ) async throws {
            var isSuspended = false
            if case .suspended = caller.standing { isSuspended = true }
            var values = Dictionary(
                operation.parameters.map { ($0, UUID().uuidString.lowercased()) }
            ) { first, _ in first }
            values["tenant_id"] = isSuspended ? callers.suspended.id : callers.tenant.id
            values["version"] = "1"
            let answer = try await plane.send(
                operation.method, operation.filled(values), bytes: try body(of: operation),
                contentType: operation.request?.type ?? "application/json", headers: caller.headers)
            let what =
                "\(caller.name): \(operation.name) at \(plane.baseURL): \(answer.status) \(answer.text)"
            switch Expectation(operation, caller.standing) {
            case .refused(let status, let code):
                #expect(answer.status == status, "\(what)")
                #expect(answer.json["error"]["code"].text?.uppercased() == code, "\(what)")
                #expect(!answer.text.contains("victim"), "\(what)")
                let problems = document.problems(of: answer, to: operation)
                #expect(problems.isEmpty, "\(what): \(problems)")
            case .letIn:
                #expect(![401, 403].contains(answer.status), "\(what)")
                #expect(answer.status < 500, "\(what)")
            case .byItself: #expect(answer.status != 401 && answer.status < 500, "\(what)")
            }
        }

        /// The example, changed so that nothing leaves and nobody gets in by it.
        private func body(of operation: APIDocument.Operation) throws -> [UInt8]? {
            guard let request = operation.request else { return nil }
            let example = request.content["example"]
            if request.type != "application/json", let text = example.text { return Array(text.utf8) }
            // A provider would be asked about the token.
            if operation.path.hasSuffix("/dns-providers") {
                return Array(#"{"provider":"none","label":"x"}"#.utf8)
            }
            // Those of tenants would be suspended by an operator alone; no example asks for that.
            return try example.encoded()
        }
    }
}

/// What becomes of a request.
private enum Expectation {
    case refused(Int, String)
    case letIn
    /// The caller is known; what else the route says is its own business.
    case byItself

    private static let roles = ["viewer", "member", "admin", "owner"]

    init(_ operation: APIDocument.Operation, _ standing: AccessCallers.Standing) {
        let access = operation.access.split(separator: " ").map(String.init)
        let isOfTenant = operation.parameters.contains("tenant_id")
        switch standing {
        case .notProven: self = .refused(401, "UNAUTHENTICATED")
        case _ where !isOfTenant: self = .byItself
        case .stranger: self = .refused(404, "TENANT_NOT_FOUND")
        case .foreignKey: self = .refused(403, "CREDENTIAL_MISMATCH")
        case .role(let role): self = Self.ofUser(role, access)
        case .key(let scopes): self = Self.ofKey(scopes, access)
        case .suspended:
            self = operation.method == "GET" ? .letIn : .refused(403, "TENANT_NOT_ACTIVE")
        }
    }

    private static func ofUser(_ role: String, _ access: [String]) -> Expectation {
        switch (access[0], access.last ?? "") {
        case ("role", let needed):
            let rank = { roles.firstIndex(of: $0) ?? 0 }
            return rank(role) >= rank(needed) ? .letIn : .refused(403, "FORBIDDEN")
        // What of its domain it may send is the next check.
        case ("scope", "emails:send") where role != "viewer": return .byItself
        case ("scope", let scope):
            return role != "viewer" || scope.hasSuffix(":read") ? .letIn : .refused(403, "SCOPE_MISSING")
        default: return .letIn
        }
    }

    private static func ofKey(_ scopes: Set<String>, _ access: [String]) -> Expectation {
        switch (access[0], access.last ?? "") {
        case ("role", _): return .refused(403, "FORBIDDEN")
        case ("scope", "emails:send") where scopes.contains("*") || scopes.contains("emails:send"):
            return .byItself
        case ("scope", let scope):
            return scopes.contains("*") || scopes.contains(scope) ? .letIn : .refused(403, "SCOPE_MISSING")
        default: return .letIn
        }
    }
}
