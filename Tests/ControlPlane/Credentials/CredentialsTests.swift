import Testing

@testable import ControlPlane

@Suite struct CredentialsTests {
    @Test func `a credential shows its password once, works, and is revoked`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let created = try await api.call(
            "POST", made.path + "/credentials", token: made.owner, json: #"{"label":"Production API"}"#)
        #expect(created.status == 201)
        #expect(
            created.data.names == ["id", "username", "password", "label", "smtp_host", "smtp_port", "note"])
        let (username, password) = (
            created.data["username"].text ?? "", created.data["password"].text ?? ""
        )
        #expect(username.hasSuffix("@dispatch.example.com"))
        #expect(password.hasPrefix("dp_sk_") && password.count == 49)
        #expect(created.data["smtp_port"].integer == 2525)
        let me = try await api.call("GET", "/api/v1/auth/me", basic: "\(username):\(password)")
        #expect(me.data["kind"].text == "credential")
        #expect(try await api.call("GET", "/api/v1/auth/me", basic: "\(username):nonsense").status == 401)
        let list = try await api.call("GET", made.path + "/credentials", token: made.owner)
        #expect(list.data[0]["username"].text == username)
        #expect(list.data[0]["password"] == .null)
        #expect(list.data[0]["last_used_at"].text != nil)
        let id = try #require(created.data["id"].text)
        #expect(
            try await api.call("DELETE", made.path + "/credentials/\(id)", token: made.owner).status == 200)
        #expect(try await api.call("GET", "/api/v1/auth/me", basic: "\(username):\(password)").status == 401)
        let again = try await api.call("DELETE", made.path + "/credentials/\(id)", token: made.owner)
        #expect(again.status == 404 && again.code == "CREDENTIAL_NOT_FOUND")
    }

    @Test func `a credential of one tenant is not found in another`() async throws {
        let api = try await APIFixture.shared.value
        let (mine, theirs) = (try await api.tenant(), try await api.tenant())
        let created = try await api.call(
            "POST", theirs.path + "/credentials", token: theirs.owner, json: #"{"label":"x"}"#)
        let id = try #require(created.data["id"].text)
        #expect(
            try await api.call("DELETE", mine.path + "/credentials/\(id)", token: mine.owner).status == 404)
    }
}
