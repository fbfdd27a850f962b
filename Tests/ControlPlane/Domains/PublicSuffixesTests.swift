import HTTP
import Testing

@testable import ControlPlane

@Suite struct PublicSuffixesTests {
    private let suffixes = PublicSuffixes(
        """
        // a comment
        // ===BEGIN ICANN DOMAINS===
        uk
        co.uk
        *.ck
        !www.ck
        香港
        // ===END ICANN DOMAINS===
        // ===BEGIN PRIVATE DOMAINS===
        github.io
        *.compute.example
        // ===END PRIVATE DOMAINS===
        """
    ) { $0 == "香港" ? "xn--j6w193g" : $0 }

    @Test(
        arguments: [
            ("co.uk", .registry), ("uk", .registry), ("x.ck", .registry), ("www.ck", nil), ("a.www.ck", nil),
            ("example.co.uk", nil), ("xn--j6w193g", .registry), ("github.io", .private),
            ("me.github.io", nil),
            ("eu.compute.example", .private), ("compute.example", nil), ("example.com", nil),
            ("neverheard", .registry),
        ] as [(String, PublicSuffixes.Section?)])
    func `rules, wildcards and exceptions decide what is a public suffix`(
        _ name: String, _ section: PublicSuffixes.Section?
    ) {
        #expect(suffixes.section(of: name) == section)
    }

    @Test func `nobody claims what a registry gives out, and without a list nothing is known`() throws {
        #expect(throws: APIError.self) {
            _ = try NewDomain.checked("Co.UK", serviceHost: "dispatch.example.com", suffixes)
        }
        for (name, list) in [("github.io", suffixes), ("co.uk", PublicSuffixes())] {
            #expect(try NewDomain.checked(name, serviceHost: "dispatch.example.com", list) == name)
        }
    }
}
