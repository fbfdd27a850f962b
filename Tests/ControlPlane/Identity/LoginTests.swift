import Crypto
import FoundationEssentials
import Testing

@testable import ControlPlane

@Suite struct LoginTests {
    @Test func `a local account logs in, changes its password, and older tokens are void`() async throws {
        let api = try await APIFixture.shared.value
        let accounts = Accounts(pool: api.context.pool, blocking: api.context.blocking)
        let email = "\(UUID().text)@people.example"
        _ = try await accounts.createUser(email: email, password: "correct horse battery")
        let login = try await api.call(
            "POST", "/api/v1/auth/login",
            json: #"{"email":"\#(email.uppercased())","password":"correct horse battery"}"#)
        #expect(login.status == 200)
        #expect(login.data["token_type"].text == "Bearer")
        #expect(login.data["expires_in"].integer == 3600)
        let token = try #require(login.data["access_token"].text)
        let me = try await api.call("GET", "/api/v1/auth/me", token: token)
        #expect(me.data["email"].text == email)
        let changed = try await api.call(
            "POST", "/api/v1/auth/password", token: token,
            json: #"{"current_password":"correct horse battery","new_password":"another horse battery"}"#)
        #expect(changed.status == 200)
        #expect(try await api.call("GET", "/api/v1/auth/me", token: token).status == 401)
        let fresh = try #require(changed.data["access_token"].text)
        #expect(try await api.call("GET", "/api/v1/auth/me", token: fresh).status == 200)
    }

    @Test func `the first operator is made from the command line, again to set another password`()
        async throws
    {
        let api = try await APIFixture.shared.value
        let accounts = Accounts(pool: api.context.pool, blocking: api.context.blocking)
        let email = "\(UUID().text)@people.example"
        let first = try await accounts.bootstrapOperator(email: email, password: "correct horse battery")
        let again = try await accounts.bootstrapOperator(email: email, password: "another horse battery")
        #expect(first.id == again.id)
        #expect(again.isOperator)
        let login = try await api.call(
            "POST", "/api/v1/auth/login", json: #"{"email":"\#(email)","password":"another horse battery"}"#)
        let token = try #require(login.data["access_token"].text)
        #expect(try await api.call("GET", "/api/v1/admin/users", token: token).status == 200)
    }

    @Test func `wrong names and passwords look alike`() async throws {
        let api = try await APIFixture.shared.value
        let answer = try await api.call(
            "POST", "/api/v1/auth/login", json: #"{"email":"nobody@people.example","password":"x"}"#)
        #expect(answer.status == 401)
        #expect(answer.code == "invalid_login")
    }

    @Test func `guesses lock the name, and a success forgets them`() async throws {
        let guardian = LoginGuard()
        func guess(_ now: Int64, right: Bool = false) async throws -> Bool? {
            try await guardian.attempt(address: "192.0.2.1", name: "a@b", now: now) { right ? true : nil }
        }
        for _ in 0..<6 { _ = try await guess(0) }
        let locked = await #expect(throws: (any Error).self) { _ = try await guess(500) }
        #expect("\(String(describing: locked))".contains("too_many_attempts"))
        #expect(try await guess(1_001, right: true) == true)
        for _ in 0..<5 { _ = try await guess(2_000) }
        #expect(try await guess(2_000, right: true) == true)
    }

    @Test func `a token of the portal is believed for the tenants that it names`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let signer = try JWTSigner(JWTKey.secret(APIFixture.portalSecret, keyID: "portal"))
        let now = api.context.nowSeconds
        func token(_ tenant: String, expires: Int64, audience: String = "dispatch") throws -> String {
            try signer.sign(
                payload: Array(
                    (#"{"iss":"https://d.example","aud":"\#(audience)","sub":"portal|7","exp":\#(expires),"#
                        + #""tenants":{"\#(tenant)":"admin"}}"#)
                        .utf8))
        }
        let good = try token(made.id, expires: now + 60)
        #expect(try await api.call("GET", made.path, token: good).status == 200)
        #expect(
            try await api.call("GET", made.path, token: try token(made.id, expires: now - 600)).status == 401)
        let foreign = try token(made.id, expires: now + 60, audience: "other")
        #expect(try await api.call("GET", made.path, token: foreign).status == 401)
        let other = try await api.tenant()
        #expect(try await api.call("GET", other.path, token: good).status == 404)
    }

    @Test func `operators make and disable accounts, others do not`() async throws {
        let api = try await APIFixture.shared.value
        let (boss, user) = (try await api.person(isOperator: true), try await api.person())
        #expect(try await api.call("GET", "/api/v1/admin/users", token: user.token).status == 403)
        let made = try await api.call(
            "POST", "/api/v1/admin/users", token: boss.token,
            json: #"{"email":"\#(UUID().text)@x.example","password":"long enough password"}"#)
        #expect(made.status == 201)
        let short = try await api.call(
            "POST", "/api/v1/admin/users", token: boss.token,
            json: #"{"email":"q@x.example","password":"short"}"#)
        #expect(short.status == 400 && short.field == "password")
        let disabled = try await api.call(
            "POST", "/api/v1/admin/users/\(user.subject)/disable", token: boss.token)
        #expect(disabled.data["is_disabled"].bool == true)
        #expect(try await api.call("GET", "/api/v1/auth/me", token: user.token).status == 401)
    }
}
