// Changing a setting changes its lines and nothing else in the file.

import Testing

@testable import SnapStore

@Suite struct ConfigurationTextTests {
    private static let file = """
        # What is left out.
        take.exclude = *.o

          # by hand
        take.exclude=build/
        \tcolor =  never\u{20}
        store.max-size = 5G

        """

    private func text(_ content: String = ConfigurationTextTests.file) throws -> ConfigurationText {
        try ConfigurationText(parsing: Array(content.utf8))
    }

    private func string(_ text: ConfigurationText) -> String { String(decoding: text.bytes, as: UTF8.self) }

    @Test func whatIsReadIsWrittenBack() throws {
        #expect(string(try text()) == Self.file)
        #expect(string(try text("")) == "")
        #expect(string(try text("\n\n")) == "\n\n")
        #expect(string(try text("a = b\r\n# c\r\n")) == "a = b\r\n# c\r\n")
        // But the last line gets its end, so that another can stand behind it.
        #expect(string(try text("a = b")) == "a = b\n")
    }

    @Test func settingsKnowTheirLines() throws {
        let entries = try text().entries
        #expect(entries.map(\.line) == [2, 5, 6, 7])
        #expect(entries.map(\.entry.key) == ["take.exclude", "take.exclude", "color", "store.max-size"])
        #expect(entries[2].entry.value == Array("never".utf8))
    }

    @Test func aValueIsReplacedInItsPlace() throws {
        var text = try text()
        text.set("color", [Array("always".utf8)])
        #expect(string(text) == Self.file.replacing("\tcolor =  never\u{20}", with: "color = always"))
    }

    @Test func severalValuesStandWhereTheFirstStood() throws {
        var text = try text()
        text.set("take.exclude", [Array("a".utf8), Array("b".utf8), Array(" c".utf8)])
        #expect(
            string(text) == """
                # What is left out.
                take.exclude = a
                take.exclude = b
                take.exclude = \\x20c

                  # by hand
                \tcolor =  never\u{20}
                store.max-size = 5G

                """)
    }

    @Test func aNewSettingStandsBesideItsKin() throws {
        var text = try text()
        text.add("take.exclude", Array("*.a".utf8))
        text.set("take.compression", [Array("lz4".utf8)])
        text.set("pager", [Array("most".utf8)])
        let lines = string(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(Array(lines[4...6]) == ["take.exclude=build/", "take.exclude = *.a", "take.compression = lz4"])
        #expect(lines.suffix(3) == ["store.max-size = 5G", "pager = most", ""])
    }

    @Test func onlyTheLinesMeantAreRemoved() throws {
        var text = try text()
        #expect(text.remove("take.exclude", value: Array("x".utf8)) == 0)
        #expect(string(text) == Self.file)
        #expect(text.remove("take.exclude", value: Array("*.o".utf8)) == 1)
        #expect(string(text) == Self.file.replacing("take.exclude = *.o\n", with: ""))
        #expect(text.remove("take.exclude") == 1)
        #expect(text.remove("nothing") == 0)
        #expect(text.entries.map(\.entry.key) == ["color", "store.max-size"])
    }

    @Test func anyBytesComeBack() throws {
        var text = ConfigurationText()
        let value: [UInt8] = [0x20, 0x0A, 0x5C, 0xFF, 0x23, 0x3D, 0x0D]
        text.set("alias.a=#b", [value])
        let read = try ConfigurationText(parsing: text.bytes).entries
        #expect(read.map(\.entry.key) == ["alias.a=#b"])
        #expect(read.map(\.entry.value) == [value])
    }

    @Test func aLineThatIsNoSettingIsNumbered() {
        #expect(throws: KeyValueError.malformed(line: 3)) { try text("a = b\n\nword\n") }
        #expect(throws: KeyValueError.invalidEscape(line: 1)) { try text("a = \\q") }
    }
}
