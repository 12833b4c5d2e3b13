// What differs between two states of a working directory, as people and other programs are told.

internal import SnapSystem

/// What stands at a path.
public enum FileKind: String, Sendable, CaseIterable {
    case file, directory, symlink, fifo, socket
    case characterDevice = "character-device"
    case blockDevice = "block-device"
    case unknown

    package init(_ type: EntryType) {
        self =
            switch type {
            case .file: .file
            case .directory: .directory
            case .symbolicLink: .symlink
            case .fifo: .fifo
            case .socket: .socket
            case .characterDevice: .characterDevice
            case .blockDevice: .blockDevice
            case .unknown: .unknown
            }
    }
}

/// A path in one of two states.
public struct FileState: Sendable {
    public let path: [UInt8]
    package let entry: TreeEntry
    /// Which of the two.
    package let isNew: Bool

    public var kind: FileKind { FileKind(entry.type) }
    /// The low twelve bits.
    public var mode: UInt16 { entry.mode }
    public var owner: UInt32 { entry.owner }
    public var group: UInt32 { entry.group }
    /// Bytes; of a symbolic link, those of its target.
    public var size: UInt64 { entry.target.map { UInt64($0.count) } ?? entry.size }
    public var modified: Timestamp { Timestamp(seconds: entry.seconds, nanoseconds: entry.nanoseconds) }

    /// As git has it, which knows files, files that can be executed, and symbolic links; nil for anything else.
    public var gitMode: UInt32? {
        switch entry.type {
        case .file: entry.mode & 0o100 != 0 ? 0o100755 : 0o100644
        case .symbolicLink: 0o120000
        default: nil
        }
    }
}

/// A thing about a path that is not its content.
public enum MetadataKind: String, Sendable, CaseIterable {
    case mode, owner, group, modified, attributes, links
}

/// One path, or a path that became another.
public struct FileChange: Sendable {
    public enum Action: String, Sendable, CaseIterable {
        case added, deleted, modified
        /// A file where a symbolic link was, or the like.
        case typeChanged = "type-changed"
        case renamed
        /// Only mode, owner, time or attributes. A file that can be executed now is `modified`, as in git.
        case metadata
    }
    public var action: Action
    /// nil: it was not there.
    public var old: FileState?
    public var new: FileState?
    /// Of a renamed file: how much of its content stayed, of 60,000.
    public var similarity = 0
    /// What differs besides the content, where both are there.
    public var metadata: [MetadataKind] = []

    /// Where it is now, or was.
    public var path: [UInt8] { new?.path ?? old?.path ?? [] }
    public var similarityPercent: Int { similarity * 100 / RenameLimits.fullScore }
    /// Nothing but the file's content and git's modes.
    public var hasGitChange: Bool {
        action != .metadata && [old, new].contains { $0.map { $0.kind != .directory } ?? false }
    }
    /// More than times differs.
    public var isVisible: Bool { action != .metadata || metadata.contains { $0 != .modified && $0 != .links } }
    /// The bytes differ, as far as the trees say.
    public var hasContentChange: Bool {
        guard let old, let new else { return true }
        return !old.entry.hasContent(of: new.entry)
    }
}

public enum RenameLimits {
    /// Everything stayed.
    public static let fullScore = 60_000
}

extension FileChange {
    /// nil if nothing differs that is told of.
    init?(_ difference: TreeDifference) {
        let old = difference.old.map { FileState(path: difference.path, entry: $0, isNew: false) }
        let new = difference.new.map { FileState(path: difference.path, entry: $0, isNew: true) }
        guard let old, let new else {
            guard old != nil || new != nil else { return nil }
            self.init(action: old == nil ? .added : .deleted, old: old, new: new)
            return
        }
        let metadata = Self.metadata(old.entry, new.entry)
        if old.entry.type != new.entry.type {
            self.init(action: .typeChanged, old: old, new: new, metadata: metadata)
        } else if old.entry.type != .directory, !old.entry.hasContent(of: new.entry) || old.gitMode != new.gitMode {
            self.init(action: .modified, old: old, new: new, metadata: metadata)
        } else if !metadata.isEmpty {
            self.init(action: .metadata, old: old, new: new, metadata: metadata)
        } else {
            return nil
        }
    }

    static func metadata(_ old: TreeEntry, _ new: TreeEntry) -> [MetadataKind] {
        var result: [MetadataKind] = []
        if old.mode != new.mode && new.type != .symbolicLink { result.append(.mode) }
        if old.owner != new.owner { result.append(.owner) }
        if old.group != new.group { result.append(.group) }
        if old.seconds != new.seconds || old.nanoseconds != new.nanoseconds { result.append(.modified) }
        if old.attributes != new.attributes { result.append(.attributes) }
        if old.links != new.links { result.append(.links) }
        return result
    }
}
