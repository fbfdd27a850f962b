import FoundationEssentials
import TestSupport
import Testing

@testable import MailAuth

/// The announcement and the policy of RFC 8461, by the published cases and by the rules that those leave out.
@Suite struct MTASTSTests {
    private struct Cases: Decodable {
        struct Bad: Decodable { let text: String, why: String }
        struct Texts: Decodable { let good: [String], bad: [Bad] }
        struct Match: Decodable {
            let host: String, pattern: String, isMatch: Bool
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                host = try list.decode(String.self)
                pattern = try list.decode(String.self)
                isMatch = try list.decode(Bool.self)
            }
        }
        let txt_record: Texts, policy: Texts, mx_match: [Match]

        static func read() throws -> Cases? {
            guard let folder = Corpora.folder("mta-sts") else { return nil }
            return try JSONDecoder().decode(Cases.self, from: Data(Files.read("\(folder)/cases.json")))
        }
    }

    @Test func `every published announcement is read or refused as it should be`() throws {
        guard let cases = try Cases.read() else { return }
        #expect(cases.txt_record.good.count == 4 && cases.txt_record.bad.count == 14)
        for text in cases.txt_record.good { #expect(MTASTSRecord(text) != nil, "\(text)") }
        for bad in cases.txt_record.bad { #expect(MTASTSRecord(bad.text) == nil, "\(bad.text): \(bad.why)") }
    }

    @Test func `every published policy is read or refused as it should be`() throws {
        guard let cases = try Cases.read() else { return }
        #expect(cases.policy.good.count == 3 && cases.policy.bad.count == 21)
        for text in cases.policy.good { _ = try MTASTSPolicy(Array(text.utf8)) }
        for bad in cases.policy.bad {
            #expect(throws: MTASTSPolicy.Malformation.self, "\(bad.text): \(bad.why)") {
                try MTASTSPolicy(Array(bad.text.utf8))
            }
        }
    }

    @Test func `every published host matches its pattern or does not`() throws {
        guard let cases = try Cases.read() else { return }
        #expect(cases.mx_match.count == 7)
        for match in cases.mx_match {
            let policy = MTASTSPolicy(mode: .enforce, hosts: [match.pattern], maxAgeSeconds: 1)
            #expect(policy.permits(host: match.host) == match.isMatch, "\(match)")
        }
    }

    @Test func `a domain announces a policy by exactly one record among all that it has`() {
        let spf = "v=spf1 -all"
        #expect(MTASTSRecord(among: [spf, "v=STSv1; id=2026a;"])?.id == "2026a")
        #expect(MTASTSRecord(among: ["v=STSv1; id=1;", "v=STSv1; id=2;"]) == nil)
        #expect(MTASTSRecord(among: ["v=STSv1; id=1;", "v=STSv10; id=2;"])?.id == "1")
        #expect(MTASTSRecord(among: [spf]) == nil && MTASTSRecord(among: []) == nil)
        #expect(MTASTSRecord(among: ["v=STSv1"]) == nil)
    }

    @Test func `a policy holds what its file says, with the first of doubled fields and a year at most`()
        throws
    {
        let text =
            "version: STSv1\r\nmode: enforce\r\nmode: none\r\nmx: MX1.Example.com\r\nmx: *.example.net\r\n"
            + "max_age: 9999999999\r\nmax_age: 1\r\n\r\n"
        let policy = try MTASTSPolicy(Array(text.utf8))
        #expect(
            policy
                == MTASTSPolicy(
                    mode: .enforce, hosts: ["mx1.example.com", "*.example.net"], maxAgeSeconds: 31_557_600))
        #expect(policy.permits(host: "mx1.EXAMPLE.com") && policy.permits(host: "a.example.net"))
        #expect(!policy.permits(host: "a.mx1.example.com") && !policy.permits(host: ".example.net"))
    }

    @Test func `no cut or changed byte of a policy makes the parser stop the process`() {
        let good = Array("version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 86400\n".utf8)
        for length in 0...good.count { _ = try? MTASTSPolicy(Array(good.prefix(length))) }
        for index in good.indices {
            for byte in [0, 0x0A, 0x0D, 0x3A, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = good
                changed[index] = byte
                _ = try? MTASTSPolicy(changed)
                _ = MTASTSRecord(String(decoding: changed, as: UTF8.self))
            }
        }
        #expect(throws: MTASTSPolicy.Malformation.self) {
            try MTASTSPolicy(good + [UInt8](repeating: 0x20, count: MTASTSPolicy.maxBytes))
        }
    }
}
