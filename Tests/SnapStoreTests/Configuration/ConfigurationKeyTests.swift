// The table of keys is complete and consistent: help, checks and files can be made from it without looking elsewhere.

import Testing

@testable import SnapStore

@Suite struct ConfigurationKeyTests {
    @Test func noKeyIsThereTwiceAndEachIsExplained() {
        let names = ConfigurationKey.all.map(\.name)
        #expect(Set(names).count == names.count)
        for key in ConfigurationKey.all {
            #expect(!key.meaning.isEmpty && !key.meaning.hasSuffix("."), "\(key.name)")
            #expect(key.meaning.first?.isLowercase == true, "\(key.name)")
            #expect(key.valueName == key.valueName.uppercased() && !key.valueName.isEmpty, "\(key.name)")
            #expect(key.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3D && $0 != 0x23 }, "\(key.name)")
        }
    }

    /// What `get` prints for a key that is not set can be set, and changes nothing.
    @Test func aDefaultIsWhatHoldsWithoutIt() {
        for key in ConfigurationKey.all where !key.defaultText.isEmpty && !key.isTrustedOnly {
            var configuration = StoreConfiguration()
            #expect(key.apply(key.name, Array(key.defaultText.utf8), &configuration) == nil, "\(key.name)")
            #expect(configuration == StoreConfiguration(), "\(key.name)")
        }
    }

    @Test func aKeyIsFoundByItsName() {
        for key in ConfigurationKey.all {
            #expect(ConfigurationKey.named(key.isFamily ? key.prefix + "x" : key.name)?.name == key.name)
        }
        #expect(ConfigurationKey.named("alias.") == nil)
        #expect(ConfigurationKey.named("alias") == nil)
        #expect(ConfigurationKey.named("take.exclude.x") == nil)
        #expect(ConfigurationKey.named("") == nil)
        #expect(ConfigurationKey.named("alias.a.b")?.name == "alias.NAME")
    }

    @Test func anUnknownKeyIsNearToAKnownOne() {
        #expect(ConfigurationKey.nearest(to: "take.exlude") == ["take.exclude"])
        #expect(ConfigurationKey.nearest(to: "colour") == ["color"])
        #expect(ConfigurationKey.nearest(to: "completely.different").isEmpty)
    }

    @Test(arguments: [
        ("take.compression", "zip"), ("take.one-file-system", "maybe"), ("store.max-size", "x"), ("color", "blue"),
        ("store.max-size", "ß"), ("alias.x", ""), ("alias.x", "a 'b"), ("alias.x", "!  "), ("alias.a b", "list"),
        ("alias.-a", "list"), ("alias.a/b", "list"), ("pager", "a\0b"),
    ])
    func whatCannotBeUsedIsRefusedWithAReason(_ name: String, _ value: String) throws {
        let key = try #require(ConfigurationKey.named(name))
        let problem = try #require(key.problem(with: Array(value.utf8), for: name))
        #expect(problem.hasPrefix("must ") && !problem.hasSuffix("."))
    }

    @Test func programsAreTrustedFromAUserOnly() {
        for name in ["pager", "color", "alias.x"] { #expect(ConfigurationKey.named(name)?.isTrustedOnly == true) }
        for name in ["take.exclude", "store.max-size"] {
            #expect(ConfigurationKey.named(name)?.isTrustedOnly == false)
        }
    }

    @Test func nothingElseIsTheDefaultsSpelling() throws {
        let size = try #require(ConfigurationKey.named("store.max-size"))
        var configuration = StoreConfiguration()
        configuration.maximumSize = 5
        #expect(size.apply(size.name, Array("none".utf8), &configuration) == nil)
        #expect(configuration.maximumSize == nil)
        let floor = try #require(ConfigurationKey.named("store.min-free"))
        configuration.minimumFree = .percent(5)
        #expect(floor.apply(floor.name, Array("auto".utf8), &configuration) == nil)
        #expect(configuration.minimumFree == .standard)
    }
}

@Suite struct AliasLineTests {
    private func words(_ line: String) throws -> [String] {
        guard case .words(let words) = try AliasLine(parsing: Array(line.utf8)) else { return ["a shell's line"] }
        return words.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("status --short", ["status", "--short"]), ("  a \t b\n", ["a", "b"]), ("a 'b c' d", ["a", "b c", "d"]),
            (#"a "b c""d""#, ["a", "b cd"]), (#"a\ b c"#, ["a b", "c"]),
            (#"a '\' "\\" "\a""#, ["a", #"\"#, #"\"#, #"\a"#]),
            (#"a "\"\$\`""#, ["a", "\"$`"]), ("a '' \"\"", ["a", "", ""]), ("a\\\nb", ["ab"]),
            ("a $HOME ~ *", ["a", "$HOME", "~", "*"]), ("a 'it'\\''s'", ["a", "it's"]),
            ("a \"'\" '\"'", ["a", "'", "\""]),
        ] as [(String, [String])])
    func wordsAreSplitAsAShellDoes(_ line: String, _ expected: [String]) throws {
        #expect(try words(line) == expected)
    }

    @Test(
        arguments: [
            ("", .empty), ("  ", .empty), ("''", .empty), ("!", .empty), ("! \t", .empty), ("a 'b", .openQuote),
            ("a \"b", .openQuote), ("a \"b\\\"", .openQuote), ("a \\", .loneBackslash), ("a\0", .zeroByte),
        ] as [(String, AliasError)])
    func whatHasNoEndIsAnError(_ line: String, _ error: AliasError) {
        #expect(throws: error) { try AliasLine(parsing: Array(line.utf8)) }
    }

    @Test func anExclamationMarkMakesItAShellsLine() throws {
        #expect(try AliasLine(parsing: Array("!echo 'x".utf8)) == .shell(Array("echo 'x".utf8)))
    }

    @Test func wordsAreBytes() throws {
        #expect(try AliasLine(parsing: [0x61, 0x20, 0xFF, 0xC3]) == .words([[0x61], [0xFF, 0xC3]]))
    }

    @Test func aNameIsAWord() {
        for name in ["st", "a.b", "größe", "a-b"] { #expect(AliasLine.isName(name)) }
        for name in ["", "-a", "a b", "a/b", "a\n"] { #expect(!AliasLine.isName(name)) }
        #expect(AliasLine.name(ofKey: "alias.a.b") == "a.b")
    }
}
