// What is set for a store: by the system, by the user, and in the store's own file `config`, in this order.
//
// People edit these files, so a value that cannot be used is an error that names its file and line: to take with half of the
// exclusions would be to ignore what the user asked for. A key that is not known is only noted, because it may be one
// of a later version. Which keys there are, and where the value of each goes, is in ConfigurationKey.swift alone.

package struct StoreConfiguration: Sendable, Equatable {
    /// The store's own file.
    package static let file = "config"

    /// How much of the file system must stay free.
    package enum Floor: Sendable, Equatable {
        /// The greater of 1 GiB and 2 %.
        case standard
        case bytes(UInt64)
        /// 0 to 100, of the whole file system.
        case percent(UInt64)

        /// In bytes, on a file system of `total` bytes.
        package func bytes(ofTotal total: UInt64) -> UInt64 {
            switch self {
            case .standard: max(1 << 30, Self.part(2, of: total))
            case .bytes(let count): count
            case .percent(let share): Self.part(share, of: total)
            }
        }

        private static func part(_ percent: UInt64, of total: UInt64) -> UInt64 {
            // In this order nothing overflows, whatever a file system says its size is.
            total / 100 * percent + total % 100 * percent / 100
        }
    }

    /// Patterns in the syntax of ignore files, in order.
    package var exclude: [[UInt8]] = []
    package var compression = Compression.standard
    package var oneFileSystem = false
    /// In bytes; nil: no limit.
    package var maximumSize: UInt64?
    package var minimumFree = Floor.standard
    /// Which snapshots gc leaves in the list.
    package var retention = RetentionRules()
    /// A shell's command line; empty: none. nil: not set.
    package var pager: [UInt8]?
    /// nil: not set.
    package var colour: ColourChoice?
    /// Command lines by the names that stand for them, as they were written.
    package var aliases: [String: [UInt8]] = [:]
    /// What the user should be told.
    package var notes: [String] = []

    package init() {}

    /// What `files` and the file of `store` set together.
    package static func read(
        in store: StoreDirectory, _ files: ConfigurationFiles = ConfigurationFiles()
    ) throws(StoreError) -> StoreConfiguration {
        try ConfigurationSettings.read(files, store: store).configuration
    }

    /// Of a store's file alone. `name` is what errors call it.
    package init(parsing content: [UInt8], file name: String) throws(StoreError) {
        var settings = ConfigurationSettings()
        try settings.add(content, .store, file: Array(name.utf8))
        self = settings.configuration
    }
}

/// When text is coloured.
package enum ColourChoice: String, Sendable, CaseIterable {
    /// On a terminal that can do it.
    case auto
    case always
    case never
}
