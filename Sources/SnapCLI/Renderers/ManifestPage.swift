// A manifest for people: one field a line, only those that say something.

import SnapStore

enum ManifestPage {
    static func lines(_ manifest: Manifest, id: ObjectID, names: [String], now: Timestamp) -> [String] {
        var rows: [[String]] = [
            ["snapshot", id.description],
            ["time", "\(clockText(manifest.time)) (\(ageText(manifest.time, now: now)))"],
            ["kind", manifest.kind.name],
        ]
        func add(_ field: String, _ value: String?) {
            if let value, !value.isEmpty { rows.append([field, value]) }
        }
        add("names", names.map { safeText($0) }.joined(separator: ", "))
        for (index, line) in messageLines(manifest.message).enumerated() {
            rows.append([index == 0 ? "message" : "", line])
        }
        add("tags", manifest.tags.map { safeText($0.displayString) }.joined(separator: ", "))
        for parent in manifest.parents { add("parent", parent.description) }
        add("trigger", manifest.trigger.map(trigger))
        add("component", manifest.component.map(component))
        add("event", shown(manifest.event))
        add("action", shown(manifest.action))
        add("group", shown(manifest.group))
        add("covered", TakeReceipt.contents(manifest.statistics))
        add("not covered", gaps(manifest.coverage))
        add("left out", manifest.statistics.leftOut == 0 ? nil : "\(grouped(manifest.statistics.leftOut)) by rule")
        add("added", added(manifest.statistics))
        add("rules", rules(manifest.rules))
        add("root", manifest.root.description)
        add("directory", safeText(manifest.directory))
        add("made by", versions(manifest.versions))
        return columns(rows)
    }

    private static func shown(_ text: Text?) -> String? {
        text.map { safeText($0.displayString) }
    }

    private static func messageLines(_ message: Text?) -> [String] {
        guard let message, !message.isEmpty else { return [] }
        let lines = message.displayString.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { safeText(String($0)) }
    }

    private static func trigger(_ trigger: Trigger) -> String {
        var text = shown(trigger.type) ?? ""
        if let source = shown(trigger.source) { text += " from " + source }
        if let reason = shown(trigger.reason) { text += ": " + reason }
        return text
    }

    private static func component(_ component: Component) -> String {
        [component.id, component.type, component.version].compactMap(shown).joined(separator: " ")
    }

    private static func gaps(_ coverage: Coverage) -> String? {
        let total = coverage.gapCount
        guard total > 0 else { return nil }
        let known = GapReason.allCases.compactMap { reason in
            coverage.gaps[reason].flatMap { $0 == 0 ? nil : "\(reason.words): \(grouped($0))" }
        }
        return known.isEmpty ? grouped(total) : "\(grouped(total)) (\(known.joined(separator: ", ")))"
    }

    private static func added(_ statistics: Statistics) -> String? {
        guard statistics.newObjects > 0 else { return nil }
        return "\(counted(statistics.newObjects, "object")), \(sizeText(statistics.newBytes)), "
            + "stored in \(sizeText(statistics.storedBytes))"
    }

    private static func rules(_ rules: Rules) -> String? {
        var parts = rules.ignoreFiles.compactMap(shown)
        parts += rules.exclude.compactMap(shown).map { "exclude " + $0 }
        if rules.cacheTags { parts.append("CACHEDIR.TAG") }
        if rules.gitignore { parts.append(".gitignore") }
        if rules.oneFileSystem { parts.append("one file system") }
        return parts.joined(separator: ", ")
    }

    private static func versions(_ versions: Versions) -> String {
        "snap " + safeText(versions.snap.displayString) + (shown(versions.adapter).map { ", adapter " + $0 } ?? "")
    }
}
