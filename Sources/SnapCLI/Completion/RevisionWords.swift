// The revisions that can be typed, from a timeline that was read once: no pack is opened for any of them.
//
// Short ids are offered where one was begun: nobody chooses among ten thousand numbers. What a manifest says is the
// parent the line says as well, for the head before a take is its parent.

import SnapStore

struct RevisionWords {
    private let contents: TimelineContents
    /// For ages; nil: times are shown.
    private let now: Timestamp?
    /// Where in the timeline's events each living snapshot was made.
    private let makers: [ObjectID: Int]

    private static let idLimit = 200
    private static let eventLimit = 1000
    /// Of events and ancestors, at a time.
    private static let stepLimit = 10
    private static let messageWidth = 60
    /// As many digits as lists show.
    private static let shownDigits = 10

    init(_ contents: TimelineContents, now: Timestamp?) {
        self.contents = contents
        self.now = now
        makers = contents.makers
    }

    /// Revisions that begin so.
    func candidates(_ typed: [UInt8]) -> [Candidate] {
        var found: [Candidate]
        if typed.starts(with: Array("@{".utf8)) {
            found = events(typed) + times
        } else if typed.starts(with: Array("@~".utf8)) {
            found = ancestors(Self.stepLimit)
        } else {
            found = heads + names
        }
        found = found.filter { $0.value.starts(with: typed) }
        if !typed.isEmpty, typed.allSatisfy({ hexadecimalValue($0) != nil }) { found += ids(typed) }
        return found
    }

    /// The names that were given, sorted.
    var names: [Candidate] {
        contents.names.sorted { $0.key < $1.key }.map { Candidate($0.key, meaning(of: $0.value)) }
    }

    /// The head, its parent, and the head before it.
    private var heads: [Candidate] {
        guard let head = contents.head else { return [] }
        return [Candidate("@", meaning(of: head))] + ancestors(1) + events(Array("@{1}".utf8))
    }

    /// `@~1` and so on, as far as they live.
    private func ancestors(_ count: Int) -> [Candidate] {
        var result: [Candidate] = []
        var id = contents.head
        while result.count < count, let current = id, let place = makers[current] {
            guard let parent = contents.events[place].old, makers[parent] != nil else { break }
            result.append(Candidate("@~\(result.count + 1)", meaning(of: parent)))
            id = parent
        }
        return result
    }

    /// `@{0}` and so on, that begin so.
    private func events(_ typed: [UInt8]) -> [Candidate] {
        var result: [Candidate] = []
        for back in 0..<min(contents.headEventCount, Self.eventLimit) where result.count < Self.stepLimit {
            let value = Array("@{\(back)}".utf8)
            guard value.starts(with: typed), let event = contents.headEvent(back), let id = event.new else { continue }
            result.append(Candidate(value, "\(event.event.name) \(described(event.time, message(of: id)))"))
        }
        return result
    }

    private var times: [Candidate] {
        // What starts with `@` itself is typed by programs.
        TimeExpression.forms.filter { !$0.text.hasPrefix("@") }.map { Candidate("@{\($0.text)}", $0.meaning) }
    }

    /// The newest ids that start with some digits, of either case; in what is offered those stay as they are.
    private func ids(_ digits: [UInt8]) -> [Candidate] {
        let text = String(decoding: digits, as: UTF8.self)
        let length = ObjectID.zero.description.utf8.count
        guard digits.count <= length, let first = ObjectID(text + String(repeating: "0", count: length - digits.count)),
            let last = ObjectID(text + String(repeating: "f", count: length - digits.count))
        else { return [] }
        let end = digits.count > Self.shownDigits ? length : Self.shownDigits
        var result: [Candidate] = []
        for id in contents.newest where first <= id && id <= last {
            if result.count == Self.idLimit { break }
            let spelled = Array(id.description.utf8)
            result.append(Candidate(digits + spelled[digits.count..<end], meaning(of: id)))
        }
        return result
    }

    // MARK: What is said of them

    private func meaning(of id: ObjectID) -> String {
        makers[id].map { described(contents.events[$0].time, message(of: id)) } ?? ""
    }

    private func message(of id: ObjectID) -> String {
        makers[id].map { firstLine(contents.events[$0].message.displayString) } ?? ""
    }

    private func described(_ time: Timestamp, _ message: String) -> String {
        let age = now.map { ageText(time, now: $0) } ?? clockText(time)
        return message.isEmpty ? age : "\(age): \(shortened(safeText(message), to: Self.messageWidth))"
    }
}
