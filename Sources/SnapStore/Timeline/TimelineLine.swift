// One line of a timeline: an event as text, with a checksum (docs/format.md, section 6).
//
// A line is only believed if its checksum is right; then its fields are still read strictly, because a checksum does not make
// a writer correct. Whatever cannot be used is told apart: damage, or a version of the future.

/// What happened. Head events move the head; the others are marks.
public enum Event: Sendable, Hashable {
    case take
    case safety
    case revert
    case undo
    case redo
    case run
    case name
    case unname
    case drop
    case expire
    case recover
    /// An event of a newer version.
    case other(String)

    /// Whether it moves the head.
    public var isHead: Bool {
        switch self {
        case .take, .safety, .revert, .undo, .redo, .run: true
        case .name, .unname, .drop, .expire, .recover, .other: false
        }
    }

    /// The word in files.
    public var name: String {
        switch self {
        case .take: "take"
        case .safety: "safety"
        case .revert: "revert"
        case .undo: "undo"
        case .redo: "redo"
        case .run: "run"
        case .name: "name"
        case .unname: "unname"
        case .drop: "drop"
        case .expire: "expire"
        case .recover: "recover"
        case .other(let word): word
        }
    }

    package init(word: String) {
        self =
            switch word {
            case "take": .take
            case "safety": .safety
            case "revert": .revert
            case "undo": .undo
            case "redo": .redo
            case "run": .run
            case "name": .name
            case "unname": .unname
            case "drop": .drop
            case "expire": .expire
            case "recover": .recover
            default: .other(word)
            }
    }
}

/// One event of a timeline.
public struct TimelineEvent: Sendable, Equatable {
    public var time: Timestamp
    public var old: ObjectID?
    public var new: ObjectID?
    public var event: Event
    public var kind: Kind?
    /// `user@host/process`.
    public var who: String
    /// The snapshot's message; of a name mark, the name.
    public var message: Text

    public init(
        time: Timestamp, old: ObjectID?, new: ObjectID?, event: Event, kind: Kind? = nil, who: String,
        message: Text = ""
    ) {
        self.time = time
        self.old = old
        self.new = new
        self.event = event
        self.kind = kind
        self.who = who
        self.message = message
    }

    /// The line, with its newline.
    package func encoded() -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(220 + message.bytes.count)
        line.append(contentsOf: "1 ".utf8)
        time.append(to: &line)
        appendID(old, to: &line)
        appendID(new, to: &line)
        line.append(0x20)
        // Only words that a reader takes; what `decode` returned passes unchanged.
        let word = event.name.utf8.prefix(wordLimit)
        line.append(contentsOf: word.isEmpty ? [0x2D] : word.map { isWordByte($0) ? $0 : 0x2D })
        line.append(0x20)
        line.append(contentsOf: (kind?.name ?? "-").utf8)
        line.append(0x20)
        Escaping.append(Array(who.utf8).span, .timeline, to: &line)
        line.append(0x09)
        Escaping.append(message.bytes.span, .timeline, to: &line)
        let sum = checksum(of: line)
        line.append(0x09)
        line.append(contentsOf: checksumDigits(sum))
        line.append(0x0A)
        return line
    }
}

/// What a line turned out to be.
package enum TimelineLine: Sendable, Equatable {
    case event(TimelineEvent)
    case damaged(TimelineDamage)
    /// Written by a newer version, and kept.
    case unknownVersion

    /// Reads a line without its newline.
    package init(decoding line: Span<UInt8>) {
        var reader = TimelineLineReader()
        self = reader.read(line)
    }
}

/// Why a line is not used.
package enum TimelineDamage: Error, Equatable {
    /// Not in the form of a line, checksum or no.
    case form
    case checksum
    /// The checksum is right and a field is not.
    case field(String)

    package var reason: String {
        switch self {
        case .form: "not a timeline line"
        case .checksum: "its checksum is wrong"
        case .field(let name): "its field '\(name)' is not as it must be"
        }
    }
}

/// Reads lines one after the other. What repeats from line to line is made a String once.
struct TimelineLineReader {
    private var lastWhoBytes: [UInt8] = []
    private var lastWho = ""

    mutating func read(_ line: Span<UInt8>) -> TimelineLine {
        guard line.count >= 2, line[0] == 0x31, line[1] == 0x20 else {
            return hasVersion(line) ? .unknownVersion : .damaged(.form)
        }
        // The checksum is behind the last tab: the fields escape theirs.
        let end = line.count - 9
        guard end > 2, line[end] == 0x09, let expected = checksum(digits: line.extracting((end + 1)..<line.count))
        else { return .damaged(.form) }
        let body = line.extracting(0..<end)
        guard checksum(of: body) == expected else { return .damaged(.checksum) }
        do throws(TimelineDamage) {
            return .event(try readBody(body))
        } catch {
            return .damaged(error)
        }
    }

    private mutating func readBody(_ body: Span<UInt8>) throws(TimelineDamage) -> TimelineEvent {
        var position = 2
        let timeField = nextField(body, &position)
        guard let time = Timestamp(text: body.extracting(timeField)) else { throw .field("time") }
        let old = try readID(body, nextField(body, &position), "old")
        let new = try readID(body, nextField(body, &position), "new")
        let event = try readEvent(body, nextField(body, &position))
        guard !event.isHead || new != nil else { throw .field("new") }
        let kind = try readKind(body, nextField(body, &position))

        guard position < body.count else { throw .field("who") }
        let whoStart = position
        while position < body.count, body[position] != 0x09 {
            position += 1
        }
        guard position < body.count else { throw .field("message") }
        let who = try readWho(body.extracting(whoStart..<position))
        let message = try readText(body.extracting((position + 1)..<body.count), "message")
        return TimelineEvent(time: time, old: old, new: new, event: event, kind: kind, who: who, message: message)
    }

    /// The range up to the next space, behind which the position then is.
    private func nextField(_ body: Span<UInt8>, _ position: inout Int) -> Range<Int> {
        let start = position
        while position < body.count, body[position] != 0x20 {
            position += 1
        }
        let end = position
        if position < body.count { position += 1 }
        return start..<end
    }

    private func readID(_ body: Span<UInt8>, _ range: Range<Int>, _ name: String) throws(TimelineDamage) -> ObjectID? {
        if range.count == 1, body[range.lowerBound] == 0x2D { return nil }
        guard let id = ObjectID(lowerCaseDigits: body.extracting(range)) else { throw .field(name) }
        return id
    }

    private func readEvent(_ body: Span<UInt8>, _ range: Range<Int>) throws(TimelineDamage) -> Event {
        guard (1...wordLimit).contains(range.count) else { throw .field("event") }
        for index in range where !isWordByte(body[index]) {
            throw .field("event")
        }
        guard let word = String(validUTF8: body.extracting(range)) else { throw .field("event") }
        return Event(word: word)
    }

    private func readKind(_ body: Span<UInt8>, _ range: Range<Int>) throws(TimelineDamage) -> Kind? {
        if range.count == 1, body[range.lowerBound] == 0x2D { return nil }
        guard let word = String(validUTF8: body.extracting(range)), let kind = Kind(name: word) else {
            throw .field("kind")
        }
        return kind
    }

    private mutating func readWho(_ field: Span<UInt8>) throws(TimelineDamage) -> String {
        if field.count == lastWhoBytes.count, field.indices.allSatisfy({ field[$0] == lastWhoBytes[$0] }) {
            return lastWho
        }
        let text = try readText(field, "who")
        lastWhoBytes = Text(copying: field).bytes
        lastWho = text.displayString
        return lastWho
    }

    private func readText(_ field: Span<UInt8>, _ name: String) throws(TimelineDamage) -> Text {
        var isPlain = true
        for index in field.indices {
            let byte = field[index]
            // A tab here would be a third one.
            if byte == 0x09 { throw .field(name) }
            if byte == 0x5C { isPlain = false }
        }
        if isPlain { return Text(copying: field) }
        guard let bytes = Escaping.unescape(field) else { throw .field(name) }
        return Text(bytes: bytes)
    }

    /// Whether the line starts with a number and a space, as every version's lines do.
    private func hasVersion(_ line: Span<UInt8>) -> Bool {
        var position = 0
        while position < line.count, line[position] >= 0x30, line[position] <= 0x39 {
            position += 1
        }
        return position > 0 && position < line.count && line[position] == 0x20
    }
}

/// The longest word of an event.
private let wordLimit = 32

private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7A, 0x30...0x39, 0x2D, 0x5F: true
    default: false
    }
}

/// Appends a space and the id, or `-`.
private func appendID(_ id: ObjectID?, to line: inout [UInt8]) {
    line.append(0x20)
    guard let id else {
        line.append(0x2D)
        return
    }
    for byte in id.bytes {
        for digit in [byte >> 4, byte & 15] {
            line.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
        }
    }
}
