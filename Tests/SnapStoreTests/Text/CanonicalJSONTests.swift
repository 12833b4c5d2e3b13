// The strict JSON reader and the canonical writer, with base64.

import Testing

@testable import SnapStore

@Suite struct CanonicalJSONTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    private func canonical(_ text: String) throws -> String {
        String(decoding: try parse(text).canonicalBytes(), as: UTF8.self)
    }

    private func failure(_ bytes: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONValue(parsing: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: UInt64(0)..<200) func everyValueReadsBackFromItsOneSpelling(seed: UInt64) throws {
        var samples = TextSamples(seed: seed)
        let value = samples.json()
        let bytes = value.canonicalBytes()
        let read = try JSONValue(parsing: bytes)
        #expect(read == value)
        #expect(read.canonicalBytes() == bytes)
    }

    @Test(arguments: [
        (" { \"b\" : 1 ,\r\n\t\"a\" : [ ] } ", #"{"a":[],"b":1}"#),
        (#""\u0041\/\u00e9\ud83d\ude00""#, "\"A/é😀\""),
        (#""\b\t\n\f\r\u0001\u001F""#, #""\b\t\n\f\r\u0001\u001f""#),
        ("-0", "0"),
        ("\"\u{7f}\"", "\"\u{7f}\""),
        ("9007199254740992", "9007199254740992"),
        ("-9007199254740992", "-9007199254740992"),
        (#"{"z":1,"":2,"a":3}"#, #"{"":2,"a":3,"z":1}"#),
    ])
    func otherSpellingsBecomeCanonical(text: String, expected: String) throws {
        #expect(try canonical(text) == expected)
    }

    @Test func keysAreOrderedAndComparedAsBytes() throws {
        // U+FB01 is before U+1F600 in UTF-8 and behind it in UTF-16; the two spellings of é are different keys.
        #expect(try canonical("{\"😀\":1,\"ﬁ\":2}") == "{\"ﬁ\":2,\"😀\":1}")
        let value = try parse("{\"\u{e9}\":1,\"e\u{301}\":2}")
        guard case .object(let object) = value else {
            Issue.record("not an object")
            return
        }
        #expect(object["\u{e9}"] == .integer(1))
        #expect(object["e\u{301}"] == .integer(2))
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
    }

    @Test(arguments: [
        ("", JSONError.unexpectedEnd(at: 0)), ("  ", .unexpectedEnd(at: 2)), ("1 2", .trailingBytes(at: 2)),
        ("{\"a\":1,\"a\":2}", .duplicateKey(at: 7, key: "a")),
        ("[{\"b\":1,\"a\":2,\"b\":3}]", .duplicateKey(at: 1, key: "b")),
        ("{\"\\u0061\":1,\"a\":2}", .duplicateKey(at: 12, key: "a")),
        ("[1.0]", .notAnInteger(at: 1)), ("1e3", .notAnInteger(at: 0)), ("[9007199254740993]", .outOfRange(at: 1)),
        ("-9007199254740993", .outOfRange(at: 0)), ("99999999999999999999999999", .outOfRange(at: 0)),
        ("01", .unexpectedByte(at: 1)), ("-", .unexpectedEnd(at: 1)), ("-a", .unexpectedByte(at: 1)),
        ("+1", .unexpectedByte(at: 0)), ("tru", .unexpectedEnd(at: 3)), ("trUe", .unexpectedByte(at: 2)),
        ("NaN", .unexpectedByte(at: 0)), ("[1,]", .unexpectedByte(at: 3)), ("{\"a\":1,}", .unexpectedByte(at: 7)),
        ("{a:1}", .unexpectedByte(at: 1)), ("'a'", .unexpectedByte(at: 0)), ("\"a", .unexpectedEnd(at: 2)),
        ("\"\\x41\"", .invalidEscape(at: 1)), ("\"\\u00g0\"", .invalidEscape(at: 1)),
        ("\"\\ud800\"", .loneSurrogate(at: 1)), ("\"\\udc00\\ud800\"", .loneSurrogate(at: 1)),
        ("\"\\ud800\\u0041\"", .loneSurrogate(at: 1)), ("\"a\nb\"", .controlCharacter(at: 2)),
        ("\u{FEFF}1", .unexpectedByte(at: 0)), ("// c\n1", .unexpectedByte(at: 0)),
    ])
    func whatIsNotStrictJSONIsRefusedWhereItGoesWrong(text: String, expected: JSONError) {
        #expect(failure(Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        ([0x22, 0x61, 0xFF, 0x22] as [UInt8], 2), ([0x22, 0xC0, 0x80, 0x22], 1), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),
        ([0x22, 0x5C, 0x6E, 0xE2, 0x82, 0x22], 3), ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),
    ])
    func textThatIsNotUTF8IsRefused(bytes: [UInt8], position: Int) {
        #expect(failure(bytes) == .invalidUTF8(at: position))
    }

    @Test func nestingHasALimit() throws {
        let limit = JSONValue.depthLimit
        _ = try parse(String(repeating: "[", count: limit) + String(repeating: "]", count: limit))
        #expect(failure(Array(repeating: 0x5B, count: limit + 1)) == .tooDeep(at: limit))
        #expect(failure(Array(repeating: 0x5B, count: 1_000_000)) == .tooDeep(at: limit))
    }

    @Test func keysInDescendingOrderAreSorted() throws {
        let keys = (0..<5_000).map { String(100_000 + $0) }
        let text = "{" + keys.reversed().map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        guard case .object(let object) = try parse(text) else {
            Issue.record("not an object")
            return
        }
        #expect(object.members.map(\.key) == keys)
    }

    @Test(arguments: UInt64(0)..<10) func damageNeverTraps(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        for bytes in damaged(samples.json().canonicalBytes()) {
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            // What is still JSON has a canonical form that reads back.
            #expect((try? JSONValue(parsing: value.canonicalBytes())) == value)
        }
    }

    @Test func countsAreNumbersAsLongAsTheyAreExact() {
        for count: UInt64 in [0, 1, 1 << 53, (1 << 53) + 1, .max] {
            #expect(JSONValue(count: count).count == count)
        }
        #expect(JSONValue(count: 1 << 53) == .integer(1 << 53))
        #expect(JSONValue(count: .max) == .string("18446744073709551615"))
        for text in ["1", "09007199254740993", "+9007199254740993", "18446744073709551616", "", "x"] {
            #expect(JSONValue.string(text).count == nil)
        }
        #expect(JSONValue.integer(-1).count == nil)
        #expect(JSONValue.integer(.min).canonicalBytes() == Array("\"-9223372036854775808\"".utf8))
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func base64IsThatOfItsRFC(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm-_", "=Zg="])
    func base64HasOneSpelling(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: UInt64(0)..<50) func base64CarriesAnyBytes(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        let bytes = samples.bytes()
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
}
