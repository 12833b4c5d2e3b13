// Looking at all that could make the next take or revert fail, or that somebody should know of. Nothing is written and nothing locked.

internal import CSnapSystem
internal import SnapSystem

public struct HealthOptions: Sendable {
    /// Threads for the check of the store; nil: one a core.
    public var threads: Int?
    public init() {}
}

extension WorkingDirectory {
    /// Tells how the store and its surroundings are. Throws only `cancelled`.
    public func health(_ options: HealthOptions, observer: Observer) throws(StoreError) -> HealthReport {
        let storeFileSystem = answer { () throws(StoreError) in try fileSystem(of: layout.root.descriptor, store) }
        let locks = LockCheck(on: try? storeFileSystem.get().kind)
        var report = HealthReport(
            path: path, store: store, home: place.home.path,
            directoryFileSystem: answer { () throws(StoreError) in try fileSystem(of: place.directory, path) },
            storeFileSystem: storeFileSystem,
            space: answer { () throws(StoreError) in try space() },
            history: answer { () throws(StoreError) in try history() },
            access: answer { () throws(StoreError) in
                var check = AccessCheck(layout, place)
                return try check.run()
            },
            locks: locks.flatMap { try? $0.held(in: layout, by: id) },
            unfinished: answer { () throws(StoreError) in try unfinishedRevert() },
            leftovers: answer { () throws(StoreError) in try leftovers(locks) },
            settings: answer { () throws(StoreError) in try configuration().notes },
            check: .success(VerifyReport()))
        var verifyOptions = VerifyOptions()
        verifyOptions.threads = options.threads
        do throws(StoreError) {
            let verifier = Verifier(layout: layout, packs: packs, options: verifyOptions, observer: observer)
            report.check = .success(try verifier.run())
        } catch {
            if case .cancelled = error { throw error }
            report.check = .failure(error)
        }
        let maintenance = Maintenance(in: layout.root)
        report.lastFullCheck = maintenance.last(.fullVerify)
        report.lastCollection = maintenance.last(.gc)
        return report
    }

    private func answer<Value>(_ body: () throws(StoreError) -> Value) -> HealthReport.Answer<Value> {
        do throws(StoreError) {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }

    private func fileSystem(
        of directory: borrowing FileDescriptor, _ path: [UInt8]
    ) throws(StoreError) -> HealthReport.FileSystem {
        do throws(SystemError) {
            // One that can be read, which is what attributes are asked of.
            let open = try directory.open([0x2E], [.read, .directory])
            let facts = try open.fileSystem()
            return HealthReport.FileSystem(
                kind: FileSystemKind(number: facts.type), isReadOnly: facts.isReadOnly,
                hasAttributes: open.hasUserAttributes(), device: try open.facts().1.device, inodes: facts.inodes,
                freeInodes: facts.freeInodes)
        } catch {
            throw StoreError(error, doing: "examine", path)
        }
    }

    private func space() throws(StoreError) -> HealthReport.Space {
        let configuration = try configuration()
        let size = try storeSize()
        let space: FreeSpace
        do throws(SystemError) {
            space = try layout.root.descriptor.freeSpace()
        } catch {
            throw StoreError(error, doing: "examine", store)
        }
        return HealthReport.Space(
            packs: size.bytes, packCount: size.packs, limit: configuration.maximumSize, free: space.available,
            floor: configuration.minimumFree.bytes(ofTotal: space.total))
    }

    private func history() throws(StoreError) -> HealthReport.History {
        let contents = try room.timeline.read()
        return HealthReport.History(snapshots: contents.living.count, latest: contents.events.map(\.time).max())
    }

    private func leftovers(_ locks: LockCheck?) throws(StoreError) -> HealthReport.Leftovers {
        var result = HealthReport.Leftovers()
        for file in try layout.tmp.regularFiles() {
            // A writer has its file locked as long as it lives.
            if let locks, !locks.locks(on: file.facts, file.extra).isEmpty { continue }
            result.packs += 1
            result.packBytes = result.packBytes.addingSaturated(file.facts.size)
        }
        guard let staging = try place.home.directory(StoreLayout.stagingName) else { return result }
        for name in try staging.names() {
            let isKept = name.suffix(Staging.keptSuffix.count) == Staging.keptSuffix[...]
            if isKept { result.kept += 1 } else { result.staged += 1 }
        }
        return result
    }
}
