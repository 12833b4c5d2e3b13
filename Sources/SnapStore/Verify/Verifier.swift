// Checks a store: its own files, its packs, and that every living snapshot can be put back.
//
// Timelines are read before packs are listed: whatever a line names was durable before the line was. Nothing is
// locked and nothing is written. The depth says whether the bytes of all blocks are read, or only those that hold
// manifests, trees and lists.

internal import SnapSystem

package final class Verifier: Sendable {
    private let layout: StoreLayout
    private let packs: PackSet
    private let options: VerifyOptions
    private let observer: Observer

    package init(layout: StoreLayout, packs: PackSet, options: VerifyOptions, observer: Observer) {
        self.layout = layout
        self.packs = packs
        self.options = options
        self.observer = observer
    }

    /// Throws only what keeps it from checking at all; damage is in the report.
    package func run() throws(StoreError) -> VerifyReport {
        let start = Process.monotonicNanoseconds
        var report = VerifyReport()
        let files = StoreFileCheck(layout)
        let snapshots = files.run(&report)
        do throws(PackError) {
            // Both before and after: the list may come or go meanwhile.
            var leaving = retired
            try packs.refresh()
            leaving.formUnion(retired)
            let progress = VerifyProgress(observer)
            let present = try packs.packs
            let isFull = options.depth == .full
            let expected = present.reduce(UInt64(0)) {
                $0.addingSaturated(isFull ? $1.length : UInt64($1.index.length))
            }
            progress.begin(.checking, total: ProgressTotal(bytes: expected))
            let check = PackCheck(
                present, in: packs, isFull: isFull,
                threads: max(options.threads ?? Workers.coreCount, 1), progress)
            let findings = try check.run()
            report.damages += try lasting(findings.damages, present, leaving).map(Self.describe)
            report.packs = findings.packCount
            report.objects = findings.objectCount
            report.bytes = findings.bytes
            progress.begin(.walking)
            try walk(snapshots, lost: findings.lost, progress, files, &report)
            for (id, error) in try packs.unreadable {
                report.damages.append(VerifyReport.Damage(file: error.file ?? packLabel(id), what: error.detail))
            }
        } catch {
            throw StoreError(error)
        }
        report.seconds = Double(Process.monotonicNanoseconds &- start) / 1e9
        return report
    }

    /// What gc is about to remove, or had begun to remove when it was killed.
    private var retired: Set<ObjectID> { (try? RetiredPacks.read(in: layout.root)) ?? [] }

    /// Without the blocks of packs that gc is about to remove, or has removed since: what these are made from may be gone
    /// already. It hurts nobody: what is needed and has no other copy is lost, and said of the snapshots.
    private func lasting(
        _ damages: [PackDamage], _ checked: [Pack], _ leaving: Set<ObjectID>
    ) throws(PackError) -> [PackDamage] {
        if damages.isEmpty { return [] }
        try packs.refresh()
        let present = Set(try packs.packs.compactMap(\.id) + packs.unreadable.map(\.id))
        var labels = Set(leaving.map { packLabel($0) })
        for pack in checked {
            if let id = pack.id, !present.contains(id) { labels.insert(pack.label) }
        }
        return damages.filter { $0.block == nil || !labels.contains($0.file) }
    }

    private func walk(
        _ snapshots: [ObjectID], lost: Set<ObjectKey>, _ progress: VerifyProgress, _ files: StoreFileCheck,
        _ report: inout VerifyReport
    ) throws(PackError) {
        let walk = SnapshotWalk(packs, lost: lost, isFull: options.depth == .full, progress)
        // Every hurt snapshot should be named before one of them has filled the list.
        let share = max(1, VerifyReport.hurtLimit / max(1, snapshots.count))
        var results: [SnapshotWalk.Result] = []
        for snapshot in snapshots {
            let result = try walk.check(snapshot, listing: share)
            if result.count > 0 { results.append(result) }
        }
        report.snapshots = snapshots.count
        report.bytes &+= walk.bytesRead
        report.notes += walk.notes
        if results.isEmpty { return }
        // One that was removed meanwhile may lose its objects, which hurts nobody.
        let living = Set(files.livingSnapshots())
        for result in results where living.contains(result.snapshot) {
            report.hurtCount = Int(clamping: UInt64(report.hurtCount).addingSaturated(result.count))
            report.hurt += result.hurt.prefix(VerifyReport.hurtLimit - report.hurt.count)
        }
    }

    private static func describe(_ damage: PackDamage) -> VerifyReport.Damage {
        let place = damage.block.map { "block \($0): " } ?? ""
        let objects = damage.objects.isEmpty ? "" : " (\(damage.objects.count) objects)"
        return VerifyReport.Damage(file: damage.file, what: place + damage.what + objects)
    }
}

extension UInt64 {
    func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
