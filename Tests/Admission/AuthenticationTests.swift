import Admission
import NodeProtocol
import Testing

@Suite struct AuthenticationTests {
    private let world: World

    init() throws { world = try World() }

    private func code(_ result: Result<Principal, Refusal>) -> Refusal.Code? {
        if case .failure(let refusal) = result { return refusal.code }
        return nil
    }

    @Test func `a live key is its tenant, with its scopes`() throws {
        let principal = try world.caller(.bearer("dsp_live_one")).get()
        #expect(principal.tenant.id == world.one.id)
        #expect(principal.origin == .apiKey)
        #expect(!principal.isTest)
        #expect(principal.may("emails:send"))
        #expect(!principal.may("emails:read"))
        #expect(principal.requestsPerMinute == 100)
        #expect(throws: Refusal.self) { try principal.require("*") }
    }

    @Test func `a test key is known as one`() throws {
        #expect(try world.caller(.bearer("dsp_test_one")).get().isTest)
    }

    @Test(arguments: [
        "dsp_", "dsp_live_", "dsp_live_nobody", "dsp_live_one ", "dsp_live_one_expired", "", "x",
    ])
    func `a key that is unknown or expired is nobody`(key: String) {
        #expect(code(world.caller(.bearer(key))) == .unauthenticated)
    }

    @Test func `a key lives until its last second`() {
        #expect(code(world.caller(.bearer("dsp_live_one_expired"), at: world.now - 1)) == nil)
    }

    @Test func `a key with networks is refused from elsewhere`() {
        let key = PresentedCredential.bearer("dsp_live_one_office")
        for ip in ["192.0.2.0", "192.0.2.255", "2001:db8::1", "2001:DB8:FFFF::", "::ffff:192.0.2.3"] {
            #expect(code(world.caller(key, ip: ip)) == nil, "\(ip)")
        }
        for ip in [
            "192.0.3.0", "2001:db9::1", "::1", "", "192.0.2", "192.0.2.7 ", "fe80::1%eth0", "::192.0.2.3",
        ] {
            #expect(code(world.caller(key, ip: ip)) == .sourceAddressNotAllowed, "\(ip)")
        }
        #expect(code(world.caller(.bearer("dsp_live_one_nowhere"))) == .sourceAddressNotAllowed)
    }

    @Test func `a credential may send and read, and needs its password`() throws {
        let principal = try world.caller(.basic(username: "one@dispatch.example", password: "dp_sk_one"))
            .get()
        #expect(principal.origin == .credential)
        #expect(principal.scopes == ["emails:send", "emails:read"])
        for (name, password) in [
            ("one@dispatch.example", "dp_sk_two"), ("one@dispatch.example", ""), ("one", "dp_sk_one"),
            ("", ""),
            ("two@dispatch.example", "dp_sk_one"),
        ] {
            #expect(code(world.caller(.basic(username: name, password: password))) == .unauthenticated)
        }
    }

    @Test func `whoever is of another tenant than the path names is refused, whatever he presents`() throws {
        for presented in [
            .bearer("dsp_live_one"), .bearer("dsp_test_one"),
            .basic(username: "one@dispatch.example", password: "dp_sk_one"),
            try world.token(["sub": .text("one-admin")]),
            try world.token(["sub": .text("u"), "tenants": .map([world.one.id.description: "owner"])]),
        ] as [PresentedCredential] {
            let refusal = code(world.caller(presented, tenant: world.two))
            #expect(refusal == (presented.isUser ? .tenantNotFound : .credentialMismatch))
            #expect(code(world.caller(presented, tenant: world.one)) == nil)
        }
    }

    @Test func `nobody acts for a suspended tenant`() throws {
        for presented in [
            .bearer("dsp_live_three"), .basic(username: "three@dispatch.example", password: "dp_sk_three"),
            .trustedNetwork(world.suspended.id), try world.token(["sub": .text("three-admin")]),
        ] as [PresentedCredential] {
            #expect(code(world.caller(presented, tenant: world.suspended)) == .tenantNotActive)
        }
    }

    @Test func `a trusted network may send for its tenant and no more`() throws {
        let principal = try world.caller(.trustedNetwork(world.one.id)).get()
        #expect(principal.scopes == ["emails:send"])
        #expect(principal.originID == "192.0.2.7")
    }

    @Test(arguments: ["owner", "admin", "member"])
    func `a user whose token names the tenant may do all there`(role: String) throws {
        let token = try world.token(["sub": .text("u"), "tenants": .map([world.one.id.description: role])])
        #expect(try world.caller(token, tenant: world.one).get().may("emails:send"))
        #expect(try world.caller(token).get().tenant.id == world.one.id)
        #expect(code(world.caller(token, tenant: world.two)) == .tenantNotFound)
    }

    @Test func `a viewer only reads`() throws {
        let claims =
            ["sub": .text("u"), "tenants": .map([world.one.id.description: "viewer"])] as [String: JSONClaim]
        for token in [try world.token(claims), try world.token(["sub": .text("one-viewer")])] {
            let principal = try world.caller(token, tenant: world.one).get()
            #expect(principal.may("emails:read"))
            #expect(!principal.may("emails:send"))
        }
    }

    @Test func `memberships that the control plane stores hold beside those of the token`() throws {
        let member = try world.token(["sub": .text("one-admin")])
        #expect(code(world.caller(member, tenant: world.one)) == nil)
        #expect(code(world.caller(member)) == .credentialMismatch)
        #expect(
            code(world.caller(try world.token(["sub": .text("stranger")]), tenant: world.one))
                == .tenantNotFound)
        let older = try world.token(["sub": .text("one-admin"), "tenants": .map([:])])
        #expect(code(world.caller(older, tenant: world.one)) == nil)
        #expect(code(world.caller(older, tenant: world.two)) == .tenantNotFound)
    }

    @Test func `an operator may act in every active tenant, but must say in which`() throws {
        let token = try world.token(["sub": .text("op"), "role": .text("operator")])
        #expect(try world.caller(token, tenant: world.two).get().tenant.id == world.two.id)
        #expect(code(world.caller(token)) == .credentialMismatch)
        #expect(code(world.caller(token, tenant: world.suspended)) == .tenantNotActive)
        let other = try world.token(["sub": .text("op"), "role": .text("Operator")])
        #expect(code(world.caller(other, tenant: world.two)) == .tenantNotFound)
    }

    @Test func `a token that is expired, forged, without subject or with an unknown role is nobody`() throws {
        let tenants = JSONClaim.map([world.one.id.description: "god"])
        for token in [
            try world.token(["sub": .text("one-admin"), "exp": .number(Double(world.now - 120))]),
            try world.token(["tenants": .map([world.one.id.description: "owner"])]),
            try world.token(["sub": .text("u"), "tenants": tenants]),
            try world.token(["sub": .text("one-admin"), "nbf": .number(Double(world.now + 120))]),
            .bearer("a.b.c"), .bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJvbmUtYWRtaW4ifQ."),
        ] {
            #expect(code(world.caller(token, tenant: world.one)) == .unauthenticated)
        }
    }

    @Test func `a token from before its user was locked out is void, and odd times do no harm`() throws {
        let world = try World(tokensVoidBefore: ["one-admin": 1_799_999_000])
        func result(_ issuedAt: Double?) throws -> Refusal.Code? {
            var claims: [String: JSONClaim] = ["sub": .text("one-admin")]
            if let issuedAt { claims["iat"] = .number(issuedAt) }
            return code(world.caller(try world.token(claims), tenant: world.one))
        }
        #expect(try result(1_799_999_000) == nil)
        #expect(try result(1_799_998_999) == .unauthenticated)
        #expect(try result(nil) == .unauthenticated)
        #expect(try result(-1e300) == .unauthenticated)
        #expect(try result(1e300) == .unauthenticated)
    }
}

@Suite struct IPNetworkTests {
    @Test(arguments: [
        "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0/8", "10.0.0.0/8/8", "x/8",
        "10.0.0.0/ 8",
        "10.0.0.0/+8", "::ffff:10.0.0.0/104",
    ])
    func `what is no network is none`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func `every prefix length holds its own bits and no more`() throws {
        for bits in 0...32 {
            let network = try #require(IPNetwork("170.170.170.170/\(bits)"))
            #expect(network.contains([170, 170, 170, 170]))
            for bit in 0..<32 {
                var address: [UInt8] = [170, 170, 170, 170]
                address[bit / 8] ^= 0x80 >> (bit % 8)
                #expect(network.contains(address) == (bit >= bits), "/\(bits) bit \(bit)")
            }
        }
        #expect(try !#require(IPNetwork("0.0.0.0/0")).contains([UInt8](repeating: 0, count: 16)))
    }
}

extension PresentedCredential {
    /// Whether it is a user's token, in place of a key or a password of a tenant.
    fileprivate var isUser: Bool {
        if case .bearer(let text) = self { return !text.hasPrefix("dsp_") }
        return false
    }
}
