// Timelines: lines that read back, damage that is noticed, and what replaying the events gives.

import Testing

@testable import SnapStore

@Suite struct TimelineTests {
    private func decode(_ line: [UInt8]) -> TimelineLine {
        TimelineLine(decoding: line.span.extracting(0..<line.count))
    }

    /// The line with its checksum made right, without its newline.
    private func signed(_ body: String) -> [UInt8] {
        Array(body.utf8) + [0x09] + checksumDigits(checksum(of: Array(body.utf8)))
    }

    private func id(_ number: UInt64) -> ObjectID { ObjectID(number, 0, 0, number) }

    private func event(_ event: Event, _ old: UInt64?, _ new: UInt64?, _ message: Text = "") -> TimelineEvent {
        TimelineEvent(
            time: Timestamp(seconds: 1_795_168_800), old: old.map { id($0) }, new: new.map { id($0) }, event: event,
            who: "me@here/test", message: message)
    }

    private func file(_ events: [TimelineEvent]) -> [UInt8] { events.flatMap { $0.encoded() } }

    @Test func checksumsAreCRC32C() {
        // RFC 3720, B.4, and the check value of the catalogue.
        #expect(checksum(of: Array("123456789".utf8)) == 0xE306_9283)
        #expect(checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum(of: []) == 0)
        #expect(checksumDigits(0x0A1B_2C3D) == Array("0a1b2c3d".utf8))
        for value: UInt32 in [0, 1, 0xE306_9283, .max] {
            #expect(checksum(digits: checksumDigits(value).span) == value)
        }
        for text in ["", "0a1b2c3", "0a1b2c3d0", "0A1b2c3d", "0a1b2c3g"] {
            #expect(checksum(digits: Array(text.utf8).span) == nil)
        }
        let whole = Array("snapshot".utf8)
        let first = checksum(of: whole.span.extracting(0..<4))
        #expect(checksum(of: whole.span.extracting(4..<8), seed: first) == checksum(of: whole))
    }

    @Test(arguments: UInt64(0)..<20) func idsReadBackFromTheirDigits(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        let id = samples.id()
        let digits = Array(id.description.utf8)
        #expect(ObjectID(lowerCaseDigits: digits.span) == id)
        for index in [0, 7, 8, 31, 63] {
            for byte in UInt8.min...UInt8.max where lowerCaseHexadecimalValue(byte) == nil {
                var copy = digits
                copy[index] = byte
                #expect(ObjectID(lowerCaseDigits: copy.span) == nil)
            }
        }
    }

    @Test func theLineIsThatOfTheFormat() {
        var event = event(.take, 1, 2, Text(bytes: Array("tab\t, line\n, \\, é, \u{7}".utf8) + [0xFF]))
        event.kind = .checkpoint
        let old = id(1).description
        let new = id(2).description
        let body =
            "1 2026-11-20T10:00:00.000000000Z \(old) \(new) take checkpoint me@here/test\t"
            + #"tab\t, line\n, \\, é, \x07\xff"#
        #expect(event.encoded() == signed(body) + [0x0A])
        #expect(decode(signed(body)) == .event(event))
    }

    @Test(arguments: UInt64(0)..<300) func everyEventReadsBack(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        let event = samples.event()
        let line = event.encoded()
        #expect(line.last == 0x0A)
        #expect(line.count { $0 == 0x0A } == 1)
        #expect(decode(line.dropLast()) == .event(event))
    }

    @Test(arguments: UInt64(0)..<8) func noDamagedLineIsBelieved(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        let line = Array(samples.event().encoded().dropLast())
        for copy in damaged(line) {
            switch decode(copy) {
            case .event: Issue.record("believed: \(String(decoding: copy, as: UTF8.self))")
            // Only a damaged version can look like another one.
            case .unknownVersion: #expect(copy[0] != line[0])
            case .damaged: break
            }
        }
    }

    @Test func versionsOfTheFutureAreToldFromDamage() {
        #expect(decode(Array("2 anything".utf8)) == .unknownVersion)
        #expect(decode(Array("10 ".utf8)) == .unknownVersion)
        for text in ["", " ", "1", "2", "x 1", "-1 ", "1 ", "1 x\ty\t0000000", "\t\t00000000"] {
            #expect(decode(Array(text.utf8)) == .damaged(.form), "'\(text)'")
        }
        #expect(decode(Array("1 x\ty\t00000000".utf8)) == .damaged(.checksum))
    }

    @Test(arguments: [
        ("TIME", "2026-11-20T10:00:00Z", "time"), ("OLD", "0123", "old"), ("NEW", "", "new"), ("NEW", "-", "new"),
        ("EVENT", "Take", "event"), ("EVENT", "", "event"), ("KIND", "huge", "kind"), ("KIND", "", "kind"),
        ("WHO", #"a\q"#, "who"), ("WHO\tMESSAGE", "a", "message"), ("MESSAGE", "a\tb", "message"),
        ("MESSAGE", #"a\x0"#, "message"), ("MESSAGE", #"a\"#, "message"), (" WHO\tMESSAGE", "", "who"),
        ("EVENT", "takexxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "event"),
    ])
    func aRightChecksumDoesNotExcuseAField(field: String, value: String, name: String) {
        let template = "1 TIME OLD NEW EVENT KIND WHO\tMESSAGE"
        var text = template.split(separator: field, omittingEmptySubsequences: false).joined(separator: value)
        let fields = [
            ("TIME", "2026-11-20T10:00:00.000000000Z"), ("OLD", "-"), ("NEW", id(1).description), ("EVENT", "take"),
            ("KIND", "-"), ("WHO", "me"), ("MESSAGE", "text"),
        ]
        for (key, value) in fields {
            text = text.split(separator: key, omittingEmptySubsequences: false).joined(separator: value)
        }
        #expect(decode(signed(text)) == .damaged(.field(name)))
    }

    @Test func aWordThatNoReaderTakesIsNotWritten() {
        let line = event(.other("two words\n"), nil, 1).encoded()
        guard case .event(let read) = decode(line.dropLast()) else {
            Issue.record("not read")
            return
        }
        #expect(read.event == .other("two-words-"))
    }

    @Test func replayingGivesHeadNamesAndMarks() {
        let contents = TimelineContents(
            parsing: file([
                event(.take, nil, 1), event(.name, nil, 1, "first"), event(.take, 1, 2), event(.name, nil, 2, "gone"),
                event(.safety, 2, 3), event(.revert, 3, 1), event(.unname, 2, nil, "gone"), event(.drop, nil, 2),
                event(.expire, nil, 3), event(.expire, nil, 2), event(.recover, nil, 2), event(.other("merge"), 1, 9),
                event(.name, 1, 3, "first"), event(.name, nil, 3, Text(bytes: [0xFF])),
            ]))
        #expect(contents.head == id(1))
        #expect(contents.headEvents.map(\.new) == [id(1), id(3), id(2), id(1)])
        #expect(contents.headEventCount == 4)
        #expect(contents.headEvent(3)?.new == id(1))
        #expect(contents.headEvent(4) == nil)
        #expect(contents.headEvent(-1) == nil)
        #expect(contents.names == ["first": id(3)])
        #expect(contents.dropped == [])
        #expect(contents.expired == [id(3)])
        #expect(contents.isRemoved(id(3)) && !contents.isRemoved(id(2)))
        #expect(contents.events.count == 14)
        #expect(contents.damagedLines.isEmpty)
    }

    @Test func linesThatCannotBeUsedArePassedOver() {
        let good = event(.take, nil, 1).encoded()
        let next = event(.take, 1, 2).encoded()
        let contents = TimelineContents(
            parsing: good + Array("torn 1 2026\n\n3 later\n".utf8) + next.dropLast(12) + [0x0A] + next
                + good.dropLast(3))
        #expect(contents.events.map(\.new) == [id(1), id(2)])
        #expect(contents.damagedLines.map(\.number) == [2, 3, 5, 7])
        #expect(contents.unknownVersionLines == [4])
        #expect(!contents.endsAtLineBorder)
        #expect(contents.head == id(2))
    }

    @Test func aLastLineWithoutItsNewlineCounts() {
        let contents = TimelineContents(parsing: event(.take, nil, 1).encoded().dropLast())
        #expect(contents.head == id(1))
        #expect(!contents.endsAtLineBorder)
        #expect(TimelineContents(parsing: []).endsAtLineBorder)
        #expect(TimelineContents(parsing: []).head == nil)
    }

    @Test(arguments: UInt64(0)..<12) func anyTailGivesTheHeadOfTheWholeOrNothing(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        var bytes: [UInt8] = []
        for _ in 0..<6 {
            var line = samples.event().encoded()
            if samples.below(4) == 0 { line[samples.below(line.count - 1)] ^= 0x40 }
            bytes += line
        }
        if samples.below(2) == 0 { bytes.removeLast(samples.below(30)) }
        let head = TimelineContents(parsing: bytes).head
        #expect(TimelineContents.lastHead(inTail: bytes.span, startsAtLineBorder: true) == head)
        for start in bytes.indices {
            let isBorder = start == 0 || bytes[start - 1] == 0x0A
            let tail = bytes.span.extracting(start..<bytes.count)
            let found = TimelineContents.lastHead(inTail: tail, startsAtLineBorder: isBorder)
            #expect(found == nil || found == head)
        }
    }

    @Test func theLastLineIsEnoughForTheHead() {
        let bytes = file([event(.take, nil, 1), event(.take, 1, 2)])
        let last = event(.take, 1, 2).encoded()
        let tail = bytes.suffix(last.count + 1)
        #expect(TimelineContents.lastHead(inTail: Array(tail).span, startsAtLineBorder: false) == id(2))
        #expect(TimelineContents.lastHead(inTail: last.span, startsAtLineBorder: false) == nil)
    }

    @Test(arguments: UInt64(0)..<200) func escapesReadBackAndKeepToOneLine(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        let bytes = samples.bytes()
        for style in [Escaping.Style.timeline, .value, .key] {
            let text = Escaping.escape(bytes, style)
            #expect(Escaping.unescape(text.span) == bytes)
            #expect(String(validUTF8: text.span) != nil)
            #expect(text.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        }
    }

    @Test(arguments: [#"\"#, #"a\"#, #"\x"#, #"\x1"#, #"\xg0"#, #"\a"#, #"\X00"#])
    func unknownEscapesAreRefused(text: String) {
        #expect(Escaping.unescape(Array(text.utf8).span) == nil)
    }
}
