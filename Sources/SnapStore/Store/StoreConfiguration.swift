// The store's file `config`: what a user has set for every take into it.
//
// People edit this file, so a value that cannot be used is an error that names its key: to take with half of the
// exclusions would be to ignore what the user asked for. A key that is not known is only noted, because it may be one
// of a later version.

package struct StoreConfiguration: Sendable, Equatable {
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
    /// What the user should be told.
    package var notes: [String] = []

    package init() {}

    package static func read(in store: StoreDirectory) throws(StoreError) -> StoreConfiguration {
        guard let content = try store.read(file, limit: StoreDirectory.smallFileLimit) else {
            return StoreConfiguration()
        }
        return try StoreConfiguration(parsing: content, file: String(decoding: store.path(of: file), as: UTF8.self))
    }

    /// `file` is what errors call it.
    package init(parsing content: [UInt8], file name: String) throws(StoreError) {
        let values: KeyValueFile
        do throws(KeyValueError) {
            values = try KeyValueFile(parsing: content, checksummed: false)
        } catch {
            throw .invalidConfiguration(file: name, reason: error.reason)
        }
        for entry in values.entries {
            guard let problem = set(entry) else { continue }
            throw .invalidConfiguration(file: name, reason: "'\(entry.key)' \(problem)")
        }
    }

    /// Takes one setting over; what is wrong with its value, or nil.
    private mutating func set(_ entry: KeyValueFile.Entry) -> String? {
        let text = String(decoding: entry.value, as: UTF8.self)
        switch entry.key {
        case "take.exclude": exclude.append(entry.value)
        case "take.compression":
            guard let value = Compression(parsing: text) else { return "must be zstd, zstd:1 to zstd:19, lz4 or none" }
            compression = value
        case "take.one-file-system":
            guard let value = Self.boolean(text) else { return "must be true or false" }
            oneFileSystem = value
        case "store.max-size":
            guard let value = Self.size(text) else { return "must be a number of bytes, or one with K, M, G or T" }
            maximumSize = value
        case "store.min-free":
            guard let value = Self.floor(text) else {
                return "must be a number of bytes, or one with K, M, G or T, or 0% to 100%"
            }
            minimumFree = value
        default: notes.append("the setting '\(entry.key)' is not known and has no effect")
        }
        return nil
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "yes": true
        case "false", "no": false
        default: nil
        }
    }

    private static func floor(_ text: String) -> Floor? {
        guard text.hasSuffix("%") else { return size(text).map { .bytes($0) } }
        guard let share = number(text.dropLast()), share <= 100 else { return nil }
        return .percent(share)
    }

    /// A number of bytes; K, M, G and T are powers of 1024.
    static func size(_ text: String) -> UInt64? {
        let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        guard let last = text.last, let unit = units[Character(last.uppercased())] else { return number(text[...]) }
        guard let value = number(text.dropLast()) else { return nil }
        let (product, isTooLarge) = value.multipliedReportingOverflow(by: unit)
        return isTooLarge ? nil : product
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(text)
    }
}
