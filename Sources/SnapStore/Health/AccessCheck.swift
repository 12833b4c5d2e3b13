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
        let scanner = DirectoryScanner()
        do throws(SystemError) {
            let facts = try directory.descriptor.facts().0
            note(facts, directory.path)
            if !isListed { return }
            // A descriptor of its own, because a listing has a position.
            try scanner.readNames(of: try directory.descriptor.open([0x2E], [.read, .directory]))
        } catch {
            throw StoreError(error, doing: "examine", directory.path)
        }
        for index in 0..<scanner.count {
            var facts = FileFacts()
            var extra = FileExtra()
            do throws(SystemError) {
                try scanner.readFacts(index, of: directory.descriptor, &facts, &extra)
            } catch {
                // Gone meanwhile.
                if error.isNotFound { continue }
                throw StoreError(error, doing: "examine", directory.path)
            }
            // Directories are looked at when they are opened.
            if facts.type == .regular { note(facts, directory.path + [0x2F] + scanner.name(index)) }
        }
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
