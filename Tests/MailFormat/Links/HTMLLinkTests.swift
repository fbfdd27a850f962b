import TestSupport
import Testing

@testable import MailFormat

/// Which links of an HTML text are found, and where they lead.
@Suite struct HTMLLinkTests {
    private func wishes() -> LinkWishes {
        var wishes = LinkWishes()
        wishes.tracksClicks = true
        wishes.ownPrefixes = ["https://t.example/u/"]
        return wishes
    }

    /// Where the links lead that would be rewritten.
    private func targets(_ html: String) -> [String] {
        let bytes = Array(html.utf8)
        return wishes().places(inHTML: bytes).compactMap { LinkTarget.url(bytes[$0.range]) }
    }

    @Test func `links are found however their tags are written`() {
        for html in [
            #"<a href="http://x.example/a">x</a>"#, "<a href='http://x.example/a'>",
            "<a href=http://x.example/a>",
            "<A HREF = \"http://x.example/a\" >",
            "<a\r\n\tclass=b\r\n\thref\r\n=\r\n\"http://x.example/a\"\r\n>",
            #"<a title=">" href="http://x.example/a">"#, #"<area shape=rect href="http://x.example/a"/>"#,
            #"<a/href="http://x.example/a"/>"#, #"<a href="  http://x.example/a  ">"#,
            "<a href=\"http://x.exa\r\nmple/a\">", #"<a disabled href="http://x.example/a" href="http://y">"#,
            #"<a =x href="http://x.example/a">"#, #"</p x="<"><a href="http://x.example/a">"#,
            #"<a data-dispatch-track="on" href="http://x.example/a">"#, #"<a href=&#104;ttp://x.example/a>"#,
            #"< a><a href="http://x.example/a">"#,
            #"<!--[if mso]><a href="http://x.example/a">b</a><![endif]-->"#,
            #"<!--[if !mso]><!--><a href="http://x.example/a">b</a><!--<![endif]-->"#,
            #"<![if !mso]><a href="http://x.example/a"><![endif]>"#, #"<!--><a href="http://x.example/a">"#,
            #"<!---><a href="http://x.example/a">"#,
            #"<script>"<a href='http://y'>"</script ><a href=http://x.example/a>"#,
            #"<title><a href="http://y"></title><a href="http://x.example/a">"#,
            #"<svg><![CDATA[<a href="http://y">]]></svg><a href="http://x.example/a">"#,
            #"<!DOCTYPE html><?xml?><a href="http://x.example/a">"#,
            // Mail programs run no scripts, so what stands here is shown.
            #"<noscript><a href="http://x.example/a"></noscript>"#,
            #"<svg><a href="http://x.example/a"></svg>"#,
            #"<base href="http://y/"><a href="http://x.example/a">"#,
            // What a conditional comment leaves open ends with it.
            #"<!--[if mso]><![CDATA[ <![endif]--><svg><![CDATA[ > <a href="http://y">]]></svg>"#
                + #"<a href="http://x.example/a">"#,
            #"<!--[if mso]><svg><![CDATA[ > <a href="http://y">]]></svg><![endif]-->"#
                + #"<![CDATA[><a href="http://x.example/a">"#,
        ] {
            #expect(targets(html) == ["http://x.example/a"], "\(html)")
        }
    }

    @Test func `what is no link to the web stays as it is`() {
        for html in [
            "", "<", "<a", "<a href", "<a href=", "<a href=\"", #"<a href="http://x.example"#,
            "<a href=http://x.example",
            #"<a href="mailto:a@x.example">"#, #"<a href="tel:1">"#, "<a href='#top'>", #"<a href="cid:1">"#,
            #"<a href="javascript:alert(1)">"#, #"<a href="data:text/html,x">"#, #"<a href="/path">"#,
            #"<a href="//x.example/a">"#, #"<a href="http:x">"#, #"<a href="http://">"#,
            #"<a href="http:///x">"#,
            #"<a href="http://x.example\@y">"#, #"<a href="ftp://x.example">"#,
            #"<link href="http://x.example/a">"#,
            #"<base href="http://x.example/">"#, #"<img src="http://x.example/a">"#,
            #"<abbr href="http://x.example">"#,
            #"<a xhref="http://x.example">"#, #"<!-- <a href="http://x.example/a"> -->"#,
            #"<!-- x <a href="http://x.example/a">"#, #"<style><a href="http://x.example/a">"#,
            #"<textarea></textareas><a href="http://x.example/a"></textarea>"#,
            #"<plaintext><a href="http://x">"#,
            #"<a href="http://x.example/a" data-dispatch-track="off">"#,
            "<a data-dispatch-track=OFF href=http://x.example>",
            #"<a href="https://t.example/u/abc">"#, #"<a href="http://x.example/&nbsp;">"#,
            #"<a href="http://x.example/?a&copy">"#, #"<a href="http://x.example/&#0;">"#,
            #"<p title="<a href='http://x'>">"#,
            "<a href=\"http://x.example/\u{1}a\">", #"<a href="http://{{host}}/">"#,
            #"<form action="http://x.example/a"><button formaction="http://x.example/b">"#,
            #"<a ping="http://x.example/a" xlink:href="http://x.example/b">"#,
            #"<base href="http://x.example/"><a href="a">b</a>"#, #"<a href="?a=http://x.example/">"#,
            #"<a href="sms:1">"#, #"<a href="vbscript:x">"#, #"<a href="view-source:http://x.example">"#,
            #"<area href="mailto:a@x.example?body=http://x.example/">"#, #"<a href="">"#,
            #"<a href="http&colon;//x.example/">"#, #"<iframe><a href="http://x.example/a"></iframe>"#,
            #"<noembed><a href="http://x.example/a"></noembed>"#,
            #"<script type="text/html"><a href="http://x.example/a"></script>"#,
        ] {
            #expect(targets(html) == [], "\(html)")
        }
    }

    @Test func `a link leads to where a browser would go`() {
        for (value, url) in [
            ("http://x.example/?a=1&amp;b=2", "http://x.example/?a=1&b=2"),
            ("http://x.example/?a=1&b=2", "http://x.example/?a=1&b=2"),
            ("http://x.example/?a=1&copy=2", "http://x.example/?a=1&copy=2"),
            ("http://x.example/?a=1&ampb=2", "http://x.example/?a=1&ampb=2"),
            ("http://x.example/?a=1&amp", "http://x.example/?a=1&"),
            ("http://x.example/&", "http://x.example/&"),
            ("http://x.example/&quot;&#x27;&#39;&lt;&gt;", "http://x.example/\"''<>"),
            ("HTTPS://X.Example/A", "HTTPS://X.Example/A"),
            ("http://x.example/a b", "http://x.example/a%20b"),
            ("http://x.example/ä?ü#ß", "http://x.example/%C3%A4?%C3%BC#%C3%9F"),
            ("http://bücher.example:8080/x", "http://xn--bcher-kva.example:8080/x"),
            ("http://u:p@x.example/", "http://u:p@x.example/"),
            ("http://x.example", "http://x.example"), ("http://x.example?a", "http://x.example?a"),
            ("http://[::1]/", "http://[::1]/"), ("http://x.example/%7B", "http://x.example/%7B"),
        ] {
            #expect(LinkTarget.url(Array(value.utf8)[...]) == url, "\(value)")
        }
    }

    @Test func `a link that leads too far, and what comes behind too many of them, stays`() {
        let long = "http://x.example/" + String(repeating: "a", count: 4_096)
        #expect(targets("<a href='\(long)'><a href='http://x.example'>") == ["http://x.example"])
        #expect(targets(String(repeating: "<a href=http://x.example>", count: 2_001)).count == 2_000)
    }

    @Test func `a text of any size has its links, its image and its way to leave`() {
        var wishes = wishes()
        wishes.tracksOpens = true
        wishes.fillsUnsubscribe = true
        let html = "<a href=http://x>" + String(repeating: " ", count: 5 << 20) + "{{unsubscribe_url}}</body>"
        #expect(wishes.places(inHTML: Array(html.utf8)).map(\.kind) == [.click, .unsubscribe, .pixel])
        let text = String(repeating: "x\r\n", count: 2 << 20) + "{{unsubscribe_url}}"
        #expect(wishes.places(inText: Array(text.utf8)).map(\.kind) == [.unsubscribe])
    }

    @Test func `the image and the paragraph come before the end of the body, else last`() {
        var wishes = wishes()
        wishes.tracksOpens = true
        wishes.fillsUnsubscribe = true
        wishes.addsUnsubscribeLink = true
        for (html, end) in [
            ("<body>x</body></html>", 7), ("<BODY>x</BODY ></html>", 7), ("x", 1), ("", 0),
            ("<body></body>y</body>z", 14), ("<!-- </body> -->", 16), ("x</body", 7),
            ("<script></body></script>", 24), ("<p title='</body>'>", 19),
        ] {
            let places = wishes.places(inHTML: Array(html.utf8))
            #expect(
                places == [LinkPlace(.unsubscribeParagraph, end..<end), LinkPlace(.pixel, end..<end)],
                "\(html)")
        }
    }

    @Test func `the placeholder is a place of its own, also inside a link, and then nothing is added`() {
        var wishes = wishes()
        wishes.fillsUnsubscribe = true
        wishes.addsUnsubscribeLink = true
        let html =
            "<a href=http://x><a href='{{unsubscribe_url}}'>{{{unsubscribe_url}}</a>"
            + "<a href='http://y/?{{unsubscribe_url}}'>"
        #expect(
            wishes.places(inHTML: Array(html.utf8)) == [
                LinkPlace(.click, 8..<16), LinkPlace(.unsubscribe, 26..<45), LinkPlace(.unsubscribe, 48..<67),
                LinkPlace(.unsubscribe, 90..<109),
            ])
        #expect(
            wishes.places(inText: Array("a {{unsubscribe_url}}".utf8)) == [LinkPlace(.unsubscribe, 2..<21)])
        #expect(wishes.places(inText: Array("abc".utf8)) == [LinkPlace(.unsubscribeLine, 3..<3)])
    }

    /// Each of these would take hours if a piece were read again for each piece before it.
    @Test func `large texts without sense are read once`() {
        for piece in [
            "<", "<!--", "<!--[if", "<a ", "<a href=\"", "<a href='http://", "</", "<![CDATA[", "<!--x>",
            "<script>",
            "</script", "<title></titl", "{{", "{{unsubscribe_url}", "<a href=&amp", "<!--[if mso]>-->",
            "]]>", "<!",
        ] {
            let bytes = Array(String(repeating: piece, count: 200_000 / piece.utf8.count).utf8)
            _ = HTMLScanner(bytes)
            var wishes = wishes()
            wishes.fillsUnsubscribe = true
            _ = wishes.places(inHTML: bytes)
        }
        #expect(HTMLScanner(Array(repeating: .less, count: 1 << 20)).targets == [])
    }
}
