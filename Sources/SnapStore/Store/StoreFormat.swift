// The file `format`: what a directory must have to be a store, and what a reader must know to use it
// (docs/format.md, section 2).
//
// The version is looked at before the checksum: a later version may have another checksum, and the user should learn
// that snap is too old, not that the store is damaged.

package struct StoreFormat: Sendable, Equatable {
    package static let file = "format"
    package static let version = "snapstore 1"
    private static let start = Array("version = snapstore ".utf8)
    private static let knownFeatures: Set<String> = []

    /// How large contents are cut. Only writers need it.
    package var chunkerName = "fastcdc"
    package var minimum = 16_384
    package var average = 65_536
    package var maximum = 262_144
    package var seed: UInt64 = 0
    package var optionalFeatures: [String] = []

    package init() {}

    /// Whether `content`, that of a file named `format`, makes its directory a store, of whatever version.
    package static func isStore(_ content: [UInt8]) -> Bool { content.starts(with: start) }

    package func encoded() -> [UInt8] {
        var file = KeyValueFile()
        file.append("version", Self.version)
        file.append("hash", "sha256")
        file.append("chunker", chunkerName)
        file.append("chunker.min", String(minimum))
        file.append("chunker.average", String(average))
        file.append("chunker.max", String(maximum))
        file.append("chunker.seed", String(seed))
        file.append("required", "")
        file.append("optional", optionalFeatures.joined(separator: " "))
        return file.encoded(checksummed: true)
    }

    /// The format of the store in `directory`.
    package static func read(in directory: StoreDirectory) throws(StoreError) -> StoreFormat {
        guard let content = try directory.read(file, limit: StoreDirectory.smallFileLimit) else {
            throw .notAStore(path: directory.path, reason: "it has no file 'format'")
        }
        return try StoreFormat(content, in: directory)
    }

    private init(_ content: [UInt8], in directory: StoreDirectory) throws(StoreError) {
        guard Self.isStore(content) else {
            throw directory.damage(Self.file, "it does not start with 'version = snapstore '")
        }
        let firstLine = content.prefix { $0 != 0x0A }.dropFirst("version = ".utf8.count)
        if !firstLine.elementsEqual(Self.version.utf8), firstLine.allSatisfy({ (0x20..<0x7F).contains($0) }) {
            throw .unsupported(path: directory.path, what: "format '\(String(decoding: firstLine, as: UTF8.self))'")
        }
        guard let file = try directory.readKeyValues(Self.file) else {
            throw .notAStore(path: directory.path, reason: "it has no file 'format'")
        }
        guard let required = file.string("required"), let hash = file.string("hash") else {
            throw directory.damage(Self.file, "'hash' or 'required' is missing")
        }
        for feature in required.split(separator: " ") where !Self.knownFeatures.contains(String(feature)) {
            throw .unsupported(path: directory.path, what: "feature '\(feature)'")
        }
        guard hash == "sha256" else { throw .unsupported(path: directory.path, what: "hash '\(hash)'") }
        optionalFeatures = (file.string("optional") ?? "").split(separator: " ").map(String.init)
        try readChunker(file, in: directory)
    }

    private mutating func readChunker(_ file: KeyValueFile, in directory: StoreDirectory) throws(StoreError) {
        guard let name = file.string("chunker") else { throw directory.damage(Self.file, "'chunker' is missing") }
        chunkerName = name
        // Another chunker's parameters mean nothing here, and a reader needs none.
        guard name == "fastcdc" else { return }
        guard let minimum = file.number("chunker.min"), let average = file.number("chunker.average"),
            let maximum = file.number("chunker.max"), let seed = file.number("chunker.seed"),
            1 <= minimum, max(minimum, 8) <= average, average <= maximum, maximum <= 262_144
        else { throw directory.damage(Self.file, "the chunker's parameters are not possible") }
        self.minimum = Int(minimum)
        self.average = Int(average)
        self.maximum = Int(maximum)
        self.seed = seed
    }

    /// How a take must cut large contents; an error if this version cannot.
    package func chunker(of store: [UInt8]) throws(StoreError) -> Chunker {
        guard chunkerName == "fastcdc" else { throw .unsupported(path: store, what: "chunker '\(chunkerName)'") }
        var chunker = Chunker()
        chunker.minimum = minimum
        chunker.average = average
        chunker.maximum = maximum
        chunker.seed = seed
        return chunker
    }
}
