// When the store was looked after last: the file `maintenance`, for people and nothing else. It may be lost, and says nothing that can be relied on.

internal import SnapSystem

/// The last time that somebody looked after a store.
public struct MaintenanceEvent: Sendable, Equatable {
    public var time: Timestamp
    /// `full, clean`, or whatever else there is to say, in a few words.
    public var result: String
}

struct Maintenance {
    private static let file = "maintenance"
    private var entries: [(key: String, value: [UInt8])] = []

    /// What was done.
    enum Work: String {
        case verify, gc
        /// The last that read every byte, which a quick one does not make forgotten.
        case fullVerify = "verify.full"
        /// A gc that saw that nothing becomes free by it.
        case held = "gc.held"
    }

    /// Nothing where the file is not there, or cannot be read.
    init(in store: StoreDirectory) {
        guard let file = try? store.readKeyValues(Self.file) else { return }
        entries = file.entries.map { ($0.key, $0.value) }
    }

    func last(_ work: Work) -> MaintenanceEvent? {
        guard let value = entries.last(where: { $0.key == work.rawValue })?.value else { return nil }
        let parts = String(decoding: value, as: UTF8.self).split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let time = Timestamp(iso8601: parts[0]) else { return nil }
        return MaintenanceEvent(time: time, result: String(parts[1]))
    }

    /// Writes it down; where that cannot be, nobody is troubled with it.
    static func record(_ work: Work, _ result: String, at time: Timestamp, in store: StoreDirectory) {
        var present = Maintenance(in: store)
        present.entries.removeAll { $0.key == work.rawValue }
        present.entries.append((work.rawValue, Array("\(time) \(result)".utf8)))
        present.write(in: store)
    }

    /// That is not so any more.
    static func forget(_ work: Work, in store: StoreDirectory) {
        var present = Maintenance(in: store)
        if present.last(work) == nil { return }
        present.entries.removeAll { $0.key == work.rawValue }
        present.write(in: store)
    }

    private func write(in store: StoreDirectory) {
        var file = KeyValueFile()
        for entry in entries { file.append(entry.key, entry.value) }
        try? store.replace(Self.file, with: file.encoded(checksummed: true))
    }
}
