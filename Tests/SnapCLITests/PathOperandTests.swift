// A path that is typed anywhere in the working directory names the same entry as from its root, and nothing outside.

import Testing

@testable import SnapCLI

@Suite struct PathOperandTests {
    private func mapped(
        _ typed: String, here: String = "/w", root: String = "/w", links: [String: String] = [:]
    ) -> String? {
        let result = pathFromRoot(
            Array(typed.utf8), here: Array(here.utf8), root: Array(root.utf8),
            realPath: { links[String(decoding: $0, as: UTF8.self)].map { Array($0.utf8) } })
        return result.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("a", "/w", "a"), ("a/b/", "/w", "a/b"), ("./a//./b", "/w", "a/b"), (".", "/w", ""), ("./", "/w", ""),
        ("a", "/w/sub/deep", "sub/deep/a"), ("../a", "/w/sub/deep", "sub/a"), (".", "/w/sub", "sub"),
        ("..", "/w/sub", ""), ("../..", "/w/a/b/c", "a"), ("a/../b", "/w", "b"), ("../w/a", "/w", "a"),
        ("/w/a/b", "/w/sub", "a/b"), ("/w", "/w/sub", ""), ("/w/", "/w", ""), ("/./w//a/.", "/x", "a"),
        ("...", "/w", "..."), ("..a", "/w/sub", "sub/..a"),
    ])
    func aPathInsideIsNamedFromTheRoot(_ typed: String, _ here: String, _ wanted: String) {
        #expect(mapped(typed, here: here) == wanted)
    }

    @Test(arguments: [
        ("..", "/w"), ("../x", "/w"), ("../../x", "/w/sub"), ("/x", "/w"), ("/wx/a", "/w"), ("../wx", "/w"),
        ("/", "/w"), ("a/../../x", "/w"), ("../../../../../..", "/w"),
    ])
    func aPathOutsideIsNone(_ typed: String, _ here: String) {
        #expect(mapped(typed, here: here) == nil)
    }

    @Test func theRootMayBeTheWholeFileSystem() {
        #expect(mapped("a", here: "/x", root: "/") == "x/a")
        #expect(mapped("/", here: "/x", root: "/") == "")
        #expect(mapped("../../..", here: "/x", root: "/") == "")
    }

    /// As `$PWD` is, in a directory that was entered by a link.
    @Test func anAbsolutePathMayLeadInsideByALink() {
        let links = ["/home": "/home", "/home/link": "/w", "/home/below": "/w/sub"]
        #expect(mapped("/home/link/a/b", links: links) == "a/b")
        #expect(mapped("/home/link", links: links) == "")
        #expect(mapped("/home/below/a", links: links) == "sub/a")
        #expect(mapped("/home/other/a", links: links) == nil)
    }

    @Test func patternsAreThoseTypedOnly() {
        #expect(mapped("*.c") == "*.c")
        #expect(mapped("*.c", here: "/w/a[1]") == #"a\[1]/*.c"#)
        #expect(mapped("../a[1]/x", here: "/w/a[1]") == "a[1]/x")
        #expect(mapped("x", here: #"/w/a*?\"#) == #"a\*\?\\/x"#)
        #expect(mapped("x", here: "/w*/sub", root: "/w*") == "sub/x")
        #expect(mapped("/link/x[1]", links: ["/link": "/w/a[1]"]) == #"a\[1]/x[1]"#)
    }

    @Test func namesAreBytes() {
        let odd: [UInt8] = [0xFF, 0x0A]
        #expect(pathFromRoot(odd, here: [0x2F, 0x77], root: [0x2F, 0x77], realPath: { _ in nil }) == odd)
    }
}
