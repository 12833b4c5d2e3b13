// What one run of a revert works with: the steps, the directory, where content is staged, and who applies it.

internal import SnapSystem

/// What is applied, and with what.
final class RevertRun {
    let work: RevertSteps
    let live: LiveTree
    let staging: Staging
    let isBack: Bool
    let applier: RevertApplier
    var left: [RevertReport.Left] = []
    var bytes: UInt64 = 0

    init(_ directory: WorkingDirectory, _ work: RevertSteps, _ live: LiveTree, _ staging: Staging, isBack: Bool)
        throws(StoreError)
    {
        self.work = work
        self.live = live
        self.staging = staging
        self.isBack = isBack
        let root: OpenDirectory
        do throws(SystemError) {
            root = OpenDirectory(owning: try live.root.duplicate())
        } catch {
            throw StoreError(error, doing: "open", directory.path)
        }
        let run = RestoreRun(
            packs: directory.packs, observer: Observer(), links: LinkGroups(), root: root, target: directory.path,
            threads: 1, isStrict: true)
        applier = RevertApplier(work, live, staging, worker: RestoreWorker(run), isBack: isBack)
    }
}

extension RevertStep {
    var needsContent: Bool { kind == .create || kind == .replace }
}
