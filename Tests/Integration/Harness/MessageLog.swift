import TestSupport

extension Cluster {
    /// A message's id in its plain form, from that of any dialect.
    static func messageID(_ printed: String?) throws -> String {
        let digits = Array(
            try text(printed, "message id").replacing("spl_", with: "").replacing("-", with: ""))
        guard digits.count == 32 else { throw TestSupportError("\(printed ?? "") is no message id") }
        let ends = [0, 8, 12, 16, 20, 32]
        return zip(ends, ends.dropFirst()).map { String(digits[$0..<$1]) }.joined(separator: "-")
    }

    /// The message in the log of the control plane, once it has this status there. As the tenant sees it: its
    /// body is opened for nobody else.
    func waitForLog(of id: String, _ status: String, _ tenant: TestTenant) async throws -> JSONValue {
        let api = api.with(token: tenant.apiKey)
        return try await eventually("\(id) to be \(status) in the log") {
            let email = try await api.get("\(tenant.path)/emails/\(id)").json["data"]
            return email["status"].text == status ? email : nil
        }
    }

    /// Every message of the tenant in the log, as lists show them.
    func log(of tenant: TestTenant) async throws -> [JSONValue] {
        var all: [JSONValue] = []
        while true {
            let page = try await api.must("GET", "\(tenant.path)/emails?limit=100&offset=\(all.count)")[
                "data"
            ].elements
            all += page
            if page.count < 100 { return all }
        }
    }
}
