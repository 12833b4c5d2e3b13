// Manifests: their bytes, what is kept of newer ones, what is refused.

import Testing

@testable import SnapStore

@Suite struct ManifestTests {
    private func id(_ digit: Character) -> ObjectID? { ObjectID(String(repeating: digit, count: 64)) }

    private func sample() throws -> Manifest {
        var manifest = Manifest(
            directory: "00112233445566778899aabbccddeeff", timeline: "main", kind: .checkpoint,
            time: Timestamp(seconds: 1_795_168_800, nanoseconds: 5), root: try #require(id("a")),
            versions: Versions(snap: "0.1.0"))
        manifest.parents = [try #require(id("b")), try #require(id("c"))]
        manifest.rules.ignoreFiles = [".snapignore"]
        manifest.rules.exclude = ["*.o", "!keep.o"]
        manifest.rules.cacheTags = true
        manifest.coverage.gaps = [.unreadable: 2, .mountBoundary: 1, .unstable: 0]
        manifest.statistics.files = 3
        manifest.statistics.bytes = .max
        manifest.trigger = Trigger(type: "cron", source: nil, reason: "nightly")
        manifest.component = Component(id: "web")
        manifest.message = "a \"message\"\n"
        manifest.tags = ["one", "two"]
        return manifest
    }

    private func failure(_ text: String) -> ManifestError? {
        do throws(ManifestError) {
            _ = try Manifest(decoding: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    /// The sample's text with one member replaced; the member is written as in the text.
    private func sampleText(replacing old: String, by new: String) throws -> String {
        let text = String(decoding: try sample().encoded(), as: UTF8.self)
        let parts = text.split(separator: old, omittingEmptySubsequences: false)
        try #require(parts.count == 2, "'\(old)' is there once")
        return parts.joined(separator: new)
    }

    @Test func theBytesAreThoseOfTheFormat() throws {
        let a = String(repeating: "a", count: 64)
        let b = String(repeating: "b", count: 64)
        let c = String(repeating: "c", count: 64)
        let expected =
            #"{"component":{"id":"web"},"coverage":{"gaps":{"mount_boundary":1,"unreadable":2,"unstable":0}},"#
            + #""directory":"00112233445566778899aabbccddeeff","kind":"checkpoint","message":"a \"message\"\n","#
            + #""parents":["\#(b)","\#(c)"],"root":"\#(a)","rules":{"cache_tags":true,"exclude":["*.o","!keep.o"],"#
            + #""gitignore":false,"ignore_files":[".snapignore"],"one_file_system":false},"schema":1,"#
            + #""statistics":{"bytes":"18446744073709551615","directories":0,"files":3,"left_out":0,"new_bytes":0,"#
            + #""new_objects":0,"others":0,"read_bytes":0,"read_files":0,"stored_bytes":0,"symlinks":0},"#
            + #""tags":["one","two"],"time":"2026-11-20T10:00:00.000000005Z","timeline":"main","#
            + #""trigger":{"reason":"nightly","type":"cron"},"versions":{"snap":"0.1.0"}}"#
        #expect(String(decoding: try sample().encoded(), as: UTF8.self) == expected)
    }

    @Test func whatIsEncodedDecodesToTheSame() throws {
        let manifest = try sample()
        #expect(try Manifest(decoding: manifest.encoded()) == manifest)
    }

    @Test(arguments: UInt64(0)..<100) func manifestsOfNewerWritersKeepTheirBytes(seed: UInt64) throws {
        var samples = TextSamples(seed: seed)
        var manifest = try sample()
        manifest.message = Text(bytes: samples.bytes())
        manifest.tags = samples.below(2) == 0 ? [] : Set((0..<3).map { _ in Text(bytes: samples.bytes()) }).sorted()
        manifest.rules.exclude = (0..<samples.below(4)).map { _ in Text(bytes: samples.bytes()) }
        manifest.trigger = samples.below(2) == 0 ? nil : Trigger(reason: samples.string())
        // Unknown fields in every object; `x` keeps them apart from the known ones.
        guard case .object(var object) = try JSONValue(parsing: manifest.encoded()) else { return }
        for member in object.members {
            guard case .object(var part) = member.value else { continue }
            part["x" + samples.string()] = samples.json()
            if member.key == "coverage", case .object(var gaps) = part["gaps"] {
                gaps["x_new_reason"] = .integer(Int64(samples.below(100)))
                part["gaps"] = .object(gaps)
            }
            object[member.key] = .object(part)
        }
        object["x" + samples.string()] = samples.json()
        let bytes = JSONValue.object(object).canonicalBytes()

        let read = try Manifest(decoding: bytes)
        #expect(read.encoded() == bytes)
        #expect(read.message == manifest.message)
        #expect(read.rules.exclude == manifest.rules.exclude)
        #expect(read.tags == manifest.tags)
        #expect(read.coverage.gapCount >= 3)
    }

    @Test func textThatIsNotUTF8StandsInBase64() throws {
        var manifest = try sample()
        manifest.message = Text(bytes: [0x66, 0xFF])
        manifest.rules.exclude = ["plain", Text(bytes: [0xFF])]
        let text = String(decoding: manifest.encoded(), as: UTF8.self)
        #expect(text.contains(#""message_base64":"Zv8=""#))
        #expect(text.contains(#""exclude_base64":["cGxhaW4=","/w=="]"#))
        #expect(!text.contains(#""message":"#))
        let read = try Manifest(decoding: manifest.encoded())
        #expect(read == manifest)
        #expect(read.message?.string == nil)
        #expect(read.message?.displayString == "f\u{FFFD}")
    }

    @Test func tagsAreWrittenSortedAndOnce() throws {
        var manifest = try sample()
        manifest.tags = ["b", "a", "b"]
        #expect(try Manifest(decoding: manifest.encoded()).tags == ["a", "b"])
    }

    @Test func aNewerSchemaIsNamedWhateverElseIsThere() {
        #expect(failure(#"{"schema":2,"parents":false}"#) == .newerSchema(2))
        #expect(ManifestError.newerSchema(2).reason.contains("schema 2"))
    }

    @Test(arguments: [
        (#""schema":1"#, #""schema":0"#, "schema"), (#""schema":1"#, #""schema":"1""#, "schema"),
        (#""kind":"checkpoint""#, #""kind":"Checkpoint""#, "kind"),
        (#""kind":"checkpoint""#, #""kind":3"#, "kind"),
        ("00112233445566778899aabbccddeeff", "00112233445566778899AABBCCDDEEFF", "directory"),
        ("00112233445566778899aabbccddeeff", "../../../../../../../../../etc/x", "directory"),
        ("00112233445566778899aabbccddeeff", "0011", "directory"),
        ("10:00:00.000000005Z", "10:00:00Z", "time"), (#""root":"aa"#, #""root":"AA"#, "root"),
        (#""root":"aa"#, #""root":"a"#, "root"), (#""parents":["bb"#, #""parents":["bbb"#, "parents"),
        (#""files":3"#, #""files":-3"#, "statistics.files"), (#""files":3"#, #""files":"3""#, "statistics.files"),
        (#""unreadable":2"#, #""unreadable":null"#, "coverage.gaps.unreadable"),
        (#""gitignore":false"#, #""gitignore":0"#, "rules.gitignore"),
        (#""tags":["one","two"]"#, #""tags":["two","one"]"#, "tags"),
        (#""tags":["one","two"]"#, #""tags":[]"#, "tags"),
        (#""message":"a \"message\"\n""#, #""message_base64":"Zg""#, "message_base64"),
        (#""message":"#, #""message_base64":"Zg==","message":"#, "message_base64"),
        (#"{"id":"web"}"#, "null", "component"),
    ])
    func aFieldThatIsWrongIsNamed(old: String, new: String, field: String) throws {
        #expect(failure(try sampleText(replacing: old, by: new)) == .invalid(field: field))
    }

    @Test(arguments: [
        (#""schema":1,"#, "schema"), (#""kind":"checkpoint","#, "kind"), (#""timeline":"main","#, "timeline"),
        (#""files":3,"#, "statistics.files"), (#""snap":"0.1.0""#, "versions.snap"),
        (#","one_file_system":false"#, "rules.one_file_system"),
    ])
    func aFieldThatIsMissingIsNamed(member: String, field: String) throws {
        #expect(failure(try sampleText(replacing: member, by: "")) == .missing(field: field))
    }

    @Test func whatIsNotAnObjectIsRefused() {
        #expect(failure("[]") == .notAnObject)
        #expect(failure("{") == .json(.unexpectedEnd(at: 1)))
    }

    @Test func damageNeverTraps() throws {
        let bytes = try sample().encoded()
        var samples = TextSamples(seed: 1)
        for copy in damaged(bytes) where copy.count < bytes.count || samples.below(4) == 0 {
            if copy.count < bytes.count {
                #expect(throws: ManifestError.self) { try Manifest(decoding: copy) }
                continue
            }
            guard let manifest = try? Manifest(decoding: copy) else { continue }
            #expect((try? Manifest(decoding: manifest.encoded())) == manifest)
        }
    }

    @Test func gapCountsDoNotOverflow() {
        var coverage = Coverage()
        coverage.gaps = [.unreadable: .max, .unstable: 1]
        #expect(coverage.gapCount == .max)
    }

    @Test func kindsAreOrderedByHowLongTheyStay() {
        #expect(Kind.operation < .checkpoint && .checkpoint < .milestone)
        for kind in Kind.allCases {
            #expect(Kind(name: kind.name) == kind)
        }
        for reason in GapReason.allCases {
            #expect(GapReason(name: reason.name) == reason)
        }
    }
}
