import TestSupport
import Testing

@testable import DNSProviders

@Suite struct XMLElementTests {
    @Test func `elements, text and references are read`() throws {
        let document = """
            <?xml version="1.0"?>
            <a xmlns="x" b='>'><c>1 &lt;&amp;&gt; &quot;&apos; &#65;&#x42;</c><d/><c>é</c><e:f>g</e:f></a>
            """
        let root = try XMLElement(reading: Array(document.utf8))
        #expect(root.name == "a")
        #expect(root.all("c").map(\.text) == ["1 <&> \"' AB", "é"])
        #expect(root["d"]?.text == "")
        #expect(root.text("f") == "g")
        #expect(root["z"] == nil)
    }

    @Test(arguments: [
        "", "x", "<a>", "<a></b>", "<a><!-- --></a>", "<!DOCTYPE a><a/>", "<a>&x;</a>", "<a>&#0;</a>",
        "<a>&amp</a>", "<a/><b/>", "<a b='></a>", "<a><?x?></a>", "<a>&#xD800;</a>", "<a", "<a/", "</a>",
        "<a><![CDATA[x]]></a>", "<a>]]></a><a",
    ])
    func `what is no plain document is refused`(_ text: String) {
        #expect(throws: XMLElement.Malformation.self) { try XMLElement(reading: Array(text.utf8)) }
    }

    @Test func `depth has a limit`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)).utf8)
        }
        _ = try XMLElement(reading: nested(XMLElement.maxDepth))
        #expect(throws: XMLElement.Malformation.tooDeep) {
            try XMLElement(reading: nested(XMLElement.maxDepth + 1))
        }
    }

    @Test func `what is escaped is read back the same`() throws {
        var random = SeededBytes(seed: 22)
        for _ in 0..<500 {
            let text = String(
                decoding: (0..<random.below(60)).map { _ in UInt8(0x20 + random.below(0x5F)) }, as: UTF8.self)
            let root = try XMLElement(reading: Array("<v>\(XMLElement.escaped(text))</v>".utf8))
            #expect(root.text == text)
        }
    }

    @Test func `no bytes stop the reader`() {
        var random = SeededBytes(seed: 23)
        let good = Array("<?xml version='1.0'?><a b=\"c\"><d>&amp;&#65;</d><e/></a>".utf8)
        for _ in 0..<4000 { _ = try? XMLElement(reading: random.mutated(random.mutated(good))) }
    }
}
