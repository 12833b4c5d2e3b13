// Whether the store's files belong to its owner, and whether anybody else can get at them.
//
// A store is its owner's alone: what is in it may be secret, and what others can change cannot be believed. Its directory keeps others out,
// so the modes of the files in it do not matter; of files only the owner is looked at, and whether he may read them.

internal import CSnapSystem
internal import SnapSystem

struct AccessCheck {
    private let layout: StoreLayout
    private let place: Place
    private let owner: UInt32
    private var access: HealthReport.Access

    init(_ layout: StoreLayout, _ place: Place) {
        self.layout = layout
        self.place = place
        owner = layout.ownership.owner
        access = HealthReport.Access(owner: owner, faults: [], faultCount: 0)
    }

    mutating func run() throws(StoreError) -> HealthReport.Access {
        try check(layout.root)
        // Of a store elsewhere there is a directory that says where.
        if place.form != .inner { try check(place.home) }
        for directory in [layout.packs, layout.tmp, layout.lock, layout.directories] { try check(directory) }
        if let staging = try place.home.directory(StoreLayout.stagingName) { try check(staging, isListed: false) }
        for id in try layout.roomIDs() {
            guard let room = try layout.directories.directory(id) else { continue }
            try check(room)
            if let timelines = try room.directory(Room.timelinesName) { try check(timelines) }
        }
        return access
    }

    /// The directory, and the files in it. What is staged belongs to whom it is to belong.
    private mutating func check(_ directory: StoreDirectory, isListed: Bool = true) throws(StoreError) {
        let action = "examine"
        do throws(SystemError) {
            note(try directory.descriptor.facts().0, directory.path)
        } catch {
            throw StoreError(error, doing: action, directory.path)
        }
        if !isListed { return }
        // Directories are looked at when they are opened.
        for file in try directory.regularFiles(doing: action) { note(file.facts, directory.path + [0x2F] + file.name) }
    }

    private mutating func note(_ facts: FileFacts, _ path: [UInt8]) {
        if facts.owner != owner { add(path, .owner(facts.owner)) }
        let isDirectory = facts.type == .directory
        if isDirectory && facts.permissions & 0o077 != 0 { add(path, .isOpen(facts.permissions)) }
        let needed: UInt16 = isDirectory ? 0o700 : 0o400
        if owner != 0 && facts.permissions & needed != needed { add(path, .isClosed(facts.permissions)) }
    }

    private mutating func add(_ path: [UInt8], _ fault: HealthReport.AccessFault.Fault) {
        access.faultCount += 1
        guard access.faults.count < HealthReport.Access.faultLimit else { return }
        access.faults.append(HealthReport.AccessFault(path: path, fault: fault))
    }
}
