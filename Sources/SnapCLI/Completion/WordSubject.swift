// What a value or an operand is, by the name that the command table and so help calls it. A test looks up every name of
// the table here, so a new one is decided on and not forgotten.

/// What a word stands for.
enum WordSubject: Sendable, Equatable {
    case revision
    /// Also `A..B`.
    case revisions
    case revisionPath
    /// A file that is here.
    case path
    case directory
    /// Of a snapshot.
    case name
    case tag
    case time
    /// Of the configuration.
    case key
    /// Of snap, or a topic that help explains.
    case command
    case shell
    /// A program and what it is given.
    case program
    /// One of a few.
    case words([String])
    /// Text that only the person knows.
    case free

    /// nil: nobody has decided on it.
    init?(value name: String) {
        switch name {
        case "DIR": self = .directory
        case "PATH", "FILE": self = .path
        case "REV": self = .revision
        case "NAME", "GLOB": self = .name
        case "TAG": self = .tag
        case "TIME": self = .time
        case "KEY": self = .key
        case "SHELL": self = .shell
        case "COMMAND": self = .program
        case "HOW": self = .words(["zstd", "lz4", "none"])
        // Those with choices are completed by them.
        case "KIND", "WHEN", "ID", "N", "N%", "TYPE", "MESSAGE", "S", "R", "VALUE", "SIZE", "DURATION", "PATTERN",
            "FIELD", "WHAT":
            self = .free
        default: return nil
        }
    }

    init?(operand: Operand) {
        switch operand.name {
        case "REV": self = operand.isRepeated ? .revisions : .revision
        case "ACTION": self = .words(operand.choices)
        case "REV:PATH": self = .revisionPath
        case "COMMAND", "TOPIC": self = .command
        default: self.init(value: operand.name)
        }
    }

    /// What the shell completes; nothing for what snap knows itself.
    var part: ShellPart {
        switch self {
        case .path: .files
        case .directory: .directories
        case .program: .programs
        default: .nothing
        }
    }
}
