import TestSupport
import Testing

@testable import EventLoop

@Suite struct TLSAssociationTests {
    @Test func `of all numbers that a record may have, those of mail with a digest's length are usable`() {
        for usage in 0...4 as ClosedRange<UInt8> {
            for selector in 0...2 as ClosedRange<UInt8> {
                for matchingType in 0...3 as ClosedRange<UInt8> {
                    for length in [0, 1, 31, 32, 33, 64, 65] {
                        let data = [UInt8](repeating: 0x30, count: length)
                        let record = TLSAssociation(
                            usage: usage, selector: selector, matchingType: matchingType, data: data)
                        let isUsable =
                            (2...3).contains(usage) && selector <= 1
                            && (matchingType == 1 && length == 32 || matchingType == 2 && length == 64)
                        #expect((record != nil) == isUsable, "\(usage) \(selector) \(matchingType) \(length)")
                    }
                }
            }
        }
    }

    @Test func `a whole certificate or key is usable, and nothing that is cut or has more behind it`()
        async throws
    {
        let folder = try TemporaryDirectory()
        for arguments in [
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj",
                "/CN=mx.test", "-keyout", "key.pem", "-outform", "DER", "-out", "0.der",
            ],
            ["pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "1.der"],
        ] {
            try await ChildProcess.run(["openssl"] + arguments, folder: folder.path)
        }
        for selector in 0...1 as ClosedRange<UInt8> {
            let whole = try Files.read(folder.file("\(selector).der"))
            func isUsable(_ data: [UInt8], _ selector: UInt8) -> Bool {
                TLSAssociation(usage: 3, selector: selector, matchingType: 0, data: data) != nil
            }
            #expect(isUsable(whole, selector) && !isUsable(whole, 1 - selector))
            #expect(!isUsable(whole.dropLast(), selector) && !isUsable(whole + [0], selector))
        }
    }

    @Test func `names count only below an authority`() throws {
        func association(_ usage: UInt8) throws -> TLSAssociation {
            let digest = [UInt8](repeating: 0xAB, count: 32)
            return try #require(TLSAssociation(usage: usage, selector: 1, matchingType: 1, data: digest))
        }
        let key = DANEPeer(baseDomain: "mx.test", otherNames: ["a.test"], associations: [try association(3)])
        let both = DANEPeer(
            baseDomain: "mx.test", otherNames: ["a.test"],
            associations: [try association(2), try association(3)])
        #expect(key?.otherNames == [] && both?.otherNames == ["a.test"])
        #expect(DANEPeer(baseDomain: "mx.test", otherNames: [], associations: []) == nil)
        #expect(try association(3).description == "3 1 1 \(String(repeating: "ab", count: 32))")
    }
}
