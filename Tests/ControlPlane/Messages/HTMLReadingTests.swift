import TestSupport
import Testing

@testable import ControlPlane

@Suite struct HTMLReadingTests {
    @Test func `text is read without tags, scripts, styles and comments`() {
        let reading = HTMLReading(
            """
            <html><head><title>No</title><style>p { color: red }</style></head><!-- not this -->
            <body><h1>Hi&nbsp;<b>th</b>ere</h1><p>1 &lt; 2 &amp;&#x26; &unknown; &#33;</p>
            <script>if (a < b) { "</p>" }</script><br>end</body></html>
            """)
        #expect(reading.text == "Hi there 1 < 2 && &unknown; ! end")
        #expect(reading.elements.contains("script") && reading.links.isEmpty)
    }

    @Test func `links have their targets and their texts, pictures are counted`() {
        let reading = HTMLReading(
            """
            <a class=x href="https://a.example/?a=1&amp;b=2">go <i>there</i></a> <A HREF='http://b.example'>
            <img src=x></a><a name=here>no link</a><img alt="" src=y>
            """)
        #expect(
            reading.links == [
                .init(target: "https://a.example/?a=1&b=2", text: "go there"),
                .init(target: "http://b.example", text: ""),
            ])
        #expect(reading.imageCount == 2 && reading.imagesWithoutAlt == 1)
    }

    @Test func `anything is read to its end`() {
        for html in [
            "", "<", "<a", "<a href", "<a href=", "<a href='", "<!--", "<script>", "</", "<>", "< p>", "&",
            "&#;",
            "&#x110000;", "<a href=\"x", "<p", "&#xD800;", "<a / / =x>t", "<!doctype html>t",
        ] {
            _ = HTMLReading(html)
            #expect(HTMLReading("a\(html)").text.hasPrefix("a"))
        }
        var bytes = SeededBytes(seed: 17)
        let alphabet = Array("<>/='\"! &;#-ascriptmgh\n".utf8)
        for _ in 0..<2_000 {
            let text = (0..<40).map { _ in alphabet[bytes.below(alphabet.count)] }
            _ = HTMLReading(String(decoding: text, as: UTF8.self))
        }
    }
}
