// A working directory whose states are kept: what a user of the library opens.
//
// Opening settles which working directory this is; reading a timeline or opening packs waits until it is needed.
// Nothing here is locked while it is open.

internal import CSnapSystem
internal import SnapSystem

/// A directory and the store that keeps its states. Thread-safe.
public final class WorkingDirectory: Sendable {
    /// Absolute, without symbolic links.
    public let path: [UInt8]
    /// Absolute; of the `.snapstore` in it, or of the store elsewhere.
    public let store: [UInt8]
    /// 32 hexadecimal digits.
    public let id: String
    /// What the user should be told about the directory's identity.
    public let notes: [String]

    package let place: Place
    package let layout: StoreLayout
    package let room: Room
    /// All packs of the store; nothing is opened before the first question.
    package let packs: PackSet
    private let isSettled: Bool
    /// Where settings are besides in the store.
    private let configurationFiles: ConfigurationFiles

    private init(
        _ place: Place, _ layout: StoreLayout, _ identity: Identity, _ packs: PackSet, _ files: ConfigurationFiles
    ) throws(StoreError) {
        configurationFiles = files
        self.place = place
        self.layout = layout
        self.packs = packs
        room = try layout.room(identity.id)
        path = place.path
        store = layout.path
        id = identity.id
        notes = identity.notes
        isSettled = identity.isSettled
    }

    /// Makes a store for the directory `path`. Where there is one already, nothing is changed.
    public static func initialize(at path: [UInt8], _ options: InitOptions) throws(StoreError) -> InitReport {
        try Initialization.run(at: path, options)
    }

    /// The nearest working directory at or above `path`. A broken one is an error, and is not passed over.
    ///
    /// The settings in `configurationFiles` hold as well as the store's own; they are read when an operation needs them.
    public static func open(
        containing path: [UInt8], configurationFiles: ConfigurationFiles = ConfigurationFiles()
    ) throws(StoreError) -> WorkingDirectory {
        try open(Place.find(above: path), configurationFiles)
    }

    /// With `isGlance` nothing is settled, written or locked, and nothing can be written through what is opened.
    package static func open(
        _ place: Place, _ configurationFiles: ConfigurationFiles = ConfigurationFiles(), isGlance: Bool = false
    ) throws(StoreError) -> WorkingDirectory {
        let layout = try place.openStore(makesMissing: !isGlance)
        let identity =
            try isGlance ? Identity(id: place.readID(), isSettled: false) : Identity.settle(place, layout)
        let packs: PackSet
        do throws(SystemError) {
            packs = PackSet(try layout.packs.descriptor.duplicate())
        } catch {
            throw StoreError(error, doing: "open", layout.packs.path)
        }
        return try WorkingDirectory(place, layout, identity, packs, configurationFiles)
    }

    /// To be asked before anything is written to the timeline: a copy that could not be given its own id must not write
    /// into the original's.
    package func requireWritable() throws(StoreError) {
        if isSettled { return }
        throw .system(
            doing: "give an id of its own to the copy", path: path,
            reason: "its '.snapstore' or its store cannot be written")
    }

    /// What the system, the user and the store set, together.
    package func configuration() throws(StoreError) -> StoreConfiguration {
        try StoreConfiguration.read(in: layout.root, configurationFiles)
    }

    /// The settings in the store's own file.
    package func ownSettings() throws(StoreError) -> ConfigurationSettings {
        try ConfigurationSettings.read(ConfigurationFiles(), store: layout.root)
    }

    /// What `configuration` says, each setting with where it comes from.
    package func settings() throws(StoreError) -> ConfigurationSettings {
        try ConfigurationSettings.read(configurationFiles, store: layout.root)
    }

    /// The `.snapstore` and the store, by inode and file system, for a walk to know them by.
    package func ownStores() throws(StoreError) -> [(inode: UInt64, device: UInt64)] {
        var result: [(inode: UInt64, device: UInt64)] = []
        for directory in [place.home, layout.root] {
            do throws(SystemError) {
                let (facts, extra) = try directory.descriptor.facts()
                result.append((facts.inode, extra.device))
            } catch {
                throw StoreError(error, doing: "examine", directory.path)
            }
        }
        return result
    }
}
