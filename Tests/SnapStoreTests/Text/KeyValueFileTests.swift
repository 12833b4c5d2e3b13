// Key-value files: strict where a program writes them, forgiving where people do.

import Testing

@testable import SnapStore

@Suite struct KeyValueFileTests {
    private func failure(_ text: String, checksummed: Bool) -> KeyValueError? {
        failure(Array(text.utf8), checksummed: checksummed)
    }

    private func failure(_ bytes: [UInt8], checksummed: Bool) -> KeyValueError? {
        do throws(KeyValueError) {
            _ = try KeyValueFile(parsing: bytes, checksummed: checksummed)
            return nil
        } catch {
            return error
        }
    }

    private func signed(_ text: String) -> [UInt8] {
        let sum = checksumDigits(checksum(of: Array(text.utf8)))
        return Array(text.utf8) + Array("checksum = ".utf8) + sum + [0x0A]
    }

    @Test func theTextIsThatOfTheFormat() {
        var file = KeyValueFile()
        file.append("version", "snapstore 1")
        file.append("required", "")
        file.append("path", Array("/a b\t\\\n".utf8) + [0xFF] + Array("é".utf8))
        let text = "version = snapstore 1\nrequired = \npath = /a b\\x09\\\\\\x0a\\xffé\n"
        #expect(file.encoded(checksummed: false) == Array(text.utf8))
        #expect(file.encoded(checksummed: true) == signed(text))
    }

    @Test(arguments: UInt64(0)..<200) func everyFileReadsBack(seed: UInt64) throws {
        var samples = TextSamples(seed: seed)
        var file = KeyValueFile()
        for _ in 0..<samples.below(6) {
            file.append("k" + samples.string(), samples.bytes())
        }
        #expect(try KeyValueFile(parsing: file.encoded(checksummed: true), checksummed: true) == file)
        #expect(try KeyValueFile(parsing: file.encoded(checksummed: false), checksummed: false) == file)
    }

    @Test(arguments: UInt64(0)..<10) func noDamageIsBelieved(seed: UInt64) throws {
        var samples = TextSamples(seed: seed)
        var file = KeyValueFile()
        file.append("version", "snapstore 1")
        file.append("k" + samples.string(), samples.bytes())
        let bytes = file.encoded(checksummed: true)
        for copy in damaged(bytes) {
            #expect(failure(copy, checksummed: true) != nil, "\(String(decoding: copy, as: UTF8.self))")
            // As a file without checksum it may be anything, but must not trap.
            _ = failure(copy, checksummed: false)
        }
    }

    @Test func errorsNameTheirLine() {
        #expect(failure("", checksummed: true) == .checksumMissing(line: 1))
        #expect(failure("a = b\n", checksummed: true) == .checksumMissing(line: 1))
        #expect(failure("a = b\nchecksum = 00000000\n", checksummed: true) == .checksumWrong(line: 2))
        #expect(failure("a = b\nchecksum = 00000000", checksummed: true) == .checksumMissing(line: 2))
        #expect(failure(signed("a = b\nc=d\n"), checksummed: true) == .malformed(line: 2))
        #expect(failure(signed("a = b\n\n"), checksummed: true) == .malformed(line: 2))
        #expect(failure(signed("# a = b\n"), checksummed: true) == .malformed(line: 1))
        #expect(failure(signed(" = b\n"), checksummed: true) == .malformed(line: 1))
        #expect(failure(signed("a = \\q\n"), checksummed: true) == .invalidEscape(line: 1))
        #expect(failure("a = b\n\nword\n", checksummed: false) == .malformed(line: 3))
        #expect(failure("a = b\nc = \\q\n", checksummed: false) == .invalidEscape(line: 2))
        #expect(failure("= b\n", checksummed: false) == .malformed(line: 1))
        #expect(KeyValueError.malformed(line: 3).line == 3)
    }

    @Test func anEmptyFileIsOnlyItsChecksum() throws {
        #expect(KeyValueFile().encoded(checksummed: true) == Array("checksum = 00000000\n".utf8))
        #expect(try KeyValueFile(parsing: signed(""), checksummed: true) == KeyValueFile())
    }

    @Test func peopleMayWriteConfigurationAsTheyLike() throws {
        let text = "# comment = not a key\n\n  a=1  \r\n\tb =  two words \nc = x = y # kept\nd ="
        let file = try KeyValueFile(parsing: Array(text.utf8), checksummed: false)
        #expect(file.entries.map(\.key) == ["a", "b", "c", "d"])
        #expect(file.string("a") == "1")
        #expect(file.string("b") == "two words")
        #expect(file.string("c") == "x = y # kept")
        #expect(file.string("d") == "")
    }

    @Test func spacesAtTheEndsOfAValueSurviveEditing() throws {
        var file = KeyValueFile()
        file.append("a", " x y ")
        let bytes = file.encoded(checksummed: false)
        #expect(bytes == Array("a = \\x20x y\\x20\n".utf8))
        #expect(try KeyValueFile(parsing: bytes, checksummed: false).string("a") == " x y ")
    }

    @Test func aKeyMayBeThereSeveralTimes() {
        var file = KeyValueFile()
        file.append("exclude", "one")
        file.append("other", "x")
        file.append("exclude", "two")
        #expect(file.values("exclude") == [Array("one".utf8), Array("two".utf8)])
        #expect(file.string("exclude") == "two")
        file["exclude"] = Array("three".utf8)
        #expect(file.entries.map(\.key) == ["exclude", "other"])
        #expect(file.string("exclude") == "three")
        file["exclude"] = nil
        #expect(file["exclude"] == nil)
        file["new"] = [0xFF]
        #expect(file["new"] == [0xFF])
        #expect(file.string("new") == nil)
        #expect(file.string("absent") == nil)
    }
}
