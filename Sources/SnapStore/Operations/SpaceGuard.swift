// The store's limits, checked before anything is written: how large it may grow, and how much of the file system stays free.

internal import SnapSystem
internal import Synchronization

package final class SpaceGuard: Sendable {
    private let layout: StoreLayout
    private let limit: UInt64?
    private let floor: UInt64
    private let budget: Mutex<Budget>

    private struct Budget: Sendable {
        /// Bytes that may be written before the file system is asked again.
        var granted: UInt64 = 0
        /// What packs take, counted on first use; only where there is a limit.
        var size: UInt64?
    }

    /// Bytes between two questions.
    private static let step: UInt64 = 64 << 20

    package init(layout: StoreLayout, configuration: StoreConfiguration) {
        self.layout = layout
        limit = configuration.maximumSize
        let space = try? layout.root.descriptor.freeSpace()
        floor = configuration.minimumFree.bytes(ofTotal: space?.total ?? 0)
        budget = Mutex(Budget())
    }

    /// Throws if writing `bytes` more would pass a limit.
    @Sendable
    package func check(_ bytes: Int) throws(PackError) {
        let bytes = UInt64(max(bytes, 0))
        try budget.withLock { (budget) throws(PackError) -> Void in
            if let limit {
                let size: UInt64
                if let known = budget.size { size = known } else { size = try Self.storeSize(layout).bytes }
                if size + bytes > limit { throw .storeLimit(size: size, limit: limit) }
                budget.size = size + bytes
            }
            if budget.granted >= bytes {
                budget.granted -= bytes
                return
            }
            let space: FreeSpace
            do throws(SystemError) {
                space = try layout.root.descriptor.freeSpace()
            } catch {
                throw .system(file: "the store", error)
            }
            guard space.available >= floor, space.available - floor >= bytes else {
                throw .noSpace(available: space.available, floor: floor, needed: bytes)
            }
            budget.granted = min(Self.step, (space.available - floor) - bytes)
        }
    }

    /// What packs take, and how many there are.
    static func storeSize(_ layout: StoreLayout) throws(PackError) -> (bytes: UInt64, packs: Int) {
        let scanner = DirectoryScanner()
        do throws(SystemError) {
            try scanner.readNamesAnew(of: layout.packs.descriptor)
            var total: UInt64 = 0
            var count = 0
            for index in 0..<scanner.count {
                var facts = FileFacts()
                var extra = FileExtra()
                do throws(SystemError) {
                    try scanner.readFacts(index, of: layout.packs.descriptor, &facts, &extra)
                } catch {
                    // It was listed, and has been removed since.
                    if error.isNotFound { continue }
                    throw error
                }
                total = total.addingSaturated(facts.size)
                count += 1
            }
            return (total, count)
        } catch {
            throw .system(file: "packs", error)
        }
    }
}

extension WorkingDirectory {
    /// What the packs of its store take, and how many there are.
    func storeSize() throws(StoreError) -> (bytes: UInt64, packs: Int) {
        do throws(PackError) {
            return try SpaceGuard.storeSize(layout)
        } catch {
            throw StoreError(error)
        }
    }
}
