// The file `about` in a working directory's room: where the directory was when it was last used, by path and by inode.
//
// It is a label. What it says is never needed to read a snapshot, so a damaged one is written anew.

internal import CSnapSystem
package import SnapSystem

package struct About: Sendable, Equatable {
    package static let file = "about"

    package let path: [UInt8]
    package let device: UInt64
    package let inode: UInt64
    /// As it was read, so that what a newer version adds is kept.
    private var values: KeyValueFile

    /// The label of a working directory that begins to be kept at `created`.
    package init(path: [UInt8], facts: FileFacts, device: UInt64, created: Timestamp) {
        var values = KeyValueFile()
        values.append("path", path)
        values.append("created", created.description)
        values.append("device", String(device))
        values.append("inode", String(facts.inode))
        self.path = path
        self.device = device
        inode = facts.inode
        self.values = values
    }

    private init?(_ values: KeyValueFile) {
        guard let path = values["path"], path.first == 0x2F, let device = values.number("device"),
            let inode = values.number("inode")
        else { return nil }
        self.path = path
        self.device = device
        self.inode = inode
        self.values = values
    }

    /// The label in `room`; nil if there is none or it is damaged.
    package static func read(in room: StoreDirectory) throws(StoreError) -> About? {
        do throws(StoreError) {
            return try room.readKeyValues(file).flatMap { About($0) }
        } catch {
            if case .damaged = error { return nil }
            throw error
        }
    }

    /// The same working directory, somewhere else.
    package func moved(to place: Place) -> About {
        var values = values
        values["path"] = place.path
        values["device"] = Array(String(place.device).utf8)
        values["inode"] = Array(String(place.facts.inode).utf8)
        return About(values) ?? About(at: place)
    }

    /// The label of a working directory that begins to be kept now.
    package init(at place: Place) {
        self.init(path: place.path, facts: place.facts, device: place.device, created: .now)
    }

    package func encoded() -> [UInt8] { values.encoded(checksummed: true) }
}

extension Timestamp {
    /// By the system's clock.
    package static var now: Timestamp {
        let clock = Process.clock
        return Timestamp(seconds: clock.seconds, nanoseconds: clock.nanoseconds)
    }
}
