// What can stand for the word under the cursor: words that snap knows, or a part that the shell does better by itself.

/// Something that can be typed.
struct Candidate: Sendable, Equatable {
    /// The whole word, as the program would get it.
    var value: [UInt8]
    /// A phrase that shells show beside it, or an empty text.
    var meaning: String
    /// The word goes on: no space is put behind it.
    var isOpen: Bool

    init(_ value: [UInt8], _ meaning: String = "", isOpen: Bool = false) {
        self.value = value
        self.meaning = meaning
        self.isOpen = isOpen
    }

    init(_ value: String, _ meaning: String = "", isOpen: Bool = false) {
        self.init(Array(value.utf8), meaning, isOpen: isOpen)
    }

    /// It can stand on a line, and be typed.
    var isPrintable: Bool { value.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}

/// What the shell completes by itself.
enum ShellPart: String, Sendable {
    case nothing
    case files
    case directories
    case programs

    /// The last line of every answer.
    var directive: String { ":" + rawValue }
}

/// What can stand for a word.
struct Completion: Sendable, Equatable {
    var candidates: [Candidate] = []
    var part = ShellPart.nothing
}
