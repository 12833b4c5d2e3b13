// Revisions: what each text means, which names are none, and what a resolver finds.

import Testing

@testable import SnapStore

@Suite struct RevisionTests {
    private func failure(_ text: String) -> RevisionError? {
        do throws(RevisionError) {
            _ = try Revision(parsing: text)
            return nil
        } catch {
            return error
        }
    }

    private func prefix(_ digits: String) throws -> IDPrefix { try #require(IDPrefix(digits)) }

    @Test(arguments: [
        ("@", Revision.head), ("@~", .ancestor(.head, 1)), ("@~0", .head), ("@~7", .ancestor(.head, 7)),
        ("@~~", .ancestor(.head, 2)), ("@~2~3", .ancestor(.head, 5)), ("@{0}", .headEvent(0)),
        ("@{12}", .headEvent(12)), ("@{1}~2", .ancestor(.headEvent(1), 2)), ("@{2 hours ago}", .time("2 hours ago")),
        ("@{2026-11-20T10:00}", .time("2026-11-20T10:00")), ("@{-1}", .time("-1")),
        ("release", .name("release")), ("release~2", .ancestor(.name("release"), 2)), ("v1.2", .name("v1.2")),
        ("a@b", .name("a@b")), ("a@", .name("a@")), ("deadbeefs", .name("deadbeefs")), ("grün", .name("grün")),
        ("main@{3}", .timeline("main", at: .headEvent(3))),
        ("main@{yesterday}~1", .ancestor(.timeline("main", at: .time("yesterday")), 1)),
        ("@:src/a", .path(.head, "src/a")), ("@:", .path(.head, "")), ("@~2:a:b", .path(.ancestor(.head, 2), "a:b")),
        ("@{10:00}:a~1", .path(.time("10:00"), "a~1")), ("release:./x{1}", .path(.name("release"), "./x{1}")),
    ])
    func everyFormHasItsMeaning(text: String, expected: Revision) throws {
        #expect(try Revision(parsing: text) == expected)
    }

    @Test func hexadecimalDigitsAreAnID() throws {
        #expect(try Revision(parsing: "beef") == .id(try prefix("beef")))
        #expect(try Revision(parsing: "1234~1") == .ancestor(.id(try prefix("1234")), 1))
        #expect(try Revision(parsing: "BEEF").description == "beef")
        let full = String(repeating: "0123456789abcdef", count: 4)
        #expect(try Revision(parsing: full) == .id(try prefix(full)))
        #expect(failure("bee") == .idLength(3))
        #expect(failure("1~1") == .idLength(1))
        #expect(failure(full + "0") == .idLength(65))
    }

    @Test func aPrefixIsARangeOfIDs() throws {
        let prefix = try prefix("abcd1")
        let first = try #require(ObjectID("abcd1" + String(repeating: "0", count: 59)))
        let last = try #require(ObjectID("abcd1" + String(repeating: "f", count: 59)))
        #expect(prefix.range == first...last)
        #expect(prefix.matches(first) && prefix.matches(last))
        #expect(!prefix.matches(try #require(ObjectID("abcd2" + String(repeating: "0", count: 59)))))
        #expect(IDPrefix("abc") == nil && IDPrefix("abcg") == nil)
    }

    @Test(arguments: [
        ("", RevisionError.empty), (":a", .empty), ("@{", .unclosedBrace(at: 1)), ("@{1", .unclosedBrace(at: 1)),
        ("main@{1:a", .unclosedBrace(at: 5)), ("@{}", .emptyBraces), ("@x", .unexpected(at: 1)),
        ("@@", .unexpected(at: 1)), ("@^", .unexpected(at: 1)), ("@~x", .unexpected(at: 2)),
        ("@{1}x", .unexpected(at: 4)), ("~1", .unexpected(at: 0)), ("@{1}@{2}", .unexpected(at: 4)),
        ("@~99999999999999999999", .numberTooLarge),
        ("@~9223372036854775807~1", .numberTooLarge), ("@{99999999999999999999}", .numberTooLarge),
        ("a b", .name(.character(" "))), ("a^", .name(.character("^"))), ("a{b", .name(.character("{"))),
        ("-m", .name(.firstCharacter("-"))), ("a\nb", .name(.character("\n"))), ("@@{1}", .name(.firstCharacter("@"))),
    ])
    func whatIsNoRevisionIsRefused(text: String, expected: RevisionError) {
        #expect(failure(text) == expected)
    }

    @Test func onlyPathsMayBeAnyBytes() throws {
        #expect(try Revision(parsing: [0x40, 0x3A, 0xFF]) == .path(.head, Text(bytes: [0xFF])))
        #expect(throws: RevisionError.name(.notUTF8)) { try Revision(parsing: [0x61, 0xFF]) }
        #expect(throws: RevisionError.notUTF8) { try Revision(parsing: Array("@{".utf8) + [0xFF, 0x7D]) }
    }

    @Test(arguments: ["@", "@~3", "@{4}", "@{1 day ago}~2", "name~1:a/b", "main@{2}", "abcdef"])
    func theDescriptionCanBeTyped(text: String) throws {
        #expect(try Revision(parsing: text).description == text)
    }

    @Test(arguments: UInt64(0)..<300) func anyTextParsesOrFailsAndItsDescriptionMeansTheSame(seed: UInt64) throws {
        var samples = TextSamples(seed: seed)
        let pieces = ["@", "{", "}", "~", ":", "1", "99", "a", "beef", "-", " ", "é", "/", "^", "@{"]
        for _ in 0..<10 {
            let text = (0..<samples.below(8)).map { _ in pieces[samples.below(pieces.count)] }.joined()
            guard let revision = try? Revision(parsing: text) else { continue }
            #expect(try Revision(parsing: revision.description) == revision, "\(text)")
        }
    }

    @Test func manySuffixesDoNotExhaustTheStack() throws {
        #expect(try Revision(parsing: "@" + String(repeating: "~", count: 1_000_000)) == .ancestor(.head, 1_000_000))
    }

    @Test(arguments: [
        ("", NameError.empty), ("a b", .character(" ")), ("a\u{a0}b", .character("\u{a0}")), ("a:b", .character(":")),
        ("a~", .character("~")), ("^", .character("^")), ("{", .character("{")), ("a}", .character("}")),
        ("a\u{7f}", .character("\u{7f}")), ("a\u{85}", .character("\u{85}")), ("a\0", .character("\0")),
        ("-a", .firstCharacter("-")), ("@a", .firstCharacter("@")), ("beef", .onlyHexadecimalDigits),
        ("1", .onlyHexadecimalDigits), ("BEEF", .onlyHexadecimalDigits),
        (String(repeating: "x", count: 256), .tooLong),
    ])
    func namesThatMeanSomethingElseAreRefused(name: String, expected: NameError) {
        #expect(throws: expected) { try SnapshotName.validate(name) }
        #expect(!SnapshotName.isValid(name))
    }

    @Test(arguments: ["a-b", "x", "v1.0", "a@b", "vor-dem-Umbau", "größe", "日本", "beefy", "a/b"])
    func otherNamesAreNames(name: String) throws {
        #expect(SnapshotName.isValid(name))
        #expect(try Revision(parsing: name) == .name(name))
    }

    @Test func aNameMayHave255Bytes() {
        #expect(SnapshotName.isValid(String(repeating: "x", count: 255)))
    }
}
