// The whole manual on one page of Markdown, docs/reference.md: what somebody reads who has not installed anything yet.

package import SnapCLI

package enum ReferencePage {
    package static func text(_ pages: [ManualPage]) -> String {
        var lines = [
            "# Reference", "",
            "Everything that `snap help` prints. Made by `make pages`; changes made here are lost.", "",
        ]
        for page in pages {
            lines.append("- [\(title(page))](#\(anchor(title(page)))): \(prose(page.summary))")
        }
        for page in pages { lines += set(page) }
        return lines.map { $0 + "\n" }.joined()
    }

    /// A command by what is typed, a topic by its page of the manual.
    private static func title(_ page: ManualPage) -> String {
        page.program ?? "\(page.reference.name)(\(page.reference.section))"
    }

    /// Where a heading is linked to: in lower case, with dashes for spaces, and without what is neither.
    private static func anchor(_ title: String) -> String {
        let kept = title.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == " " }
        return kept.map { $0 == " " ? "-" : String($0) }.joined()
    }

    // MARK: Parts

    private static func set(_ page: ManualPage) -> [String] {
        var lines = ["", "## \(title(page))", "", prose(capitalized(page.summary)) + "."]
        if let program = page.program {
            let forms = page.synopses.map { $0.isEmpty ? program : "\(program) \($0)" }
            lines += [""] + display(forms)
        }
        for part in page.parts { lines += set(part) }
        return lines
    }

    private static func set(_ part: HelpPart) -> [String] {
        var lines: [String] = []
        if let title = part.title { lines += ["", "### \(prose(capitalized(title)))"] }
        for block in part.blocks {
            lines.append("")
            switch block {
            case .paragraph(let text): lines.append(prose(text))
            case .entries(let entries): lines += entries.map { "- \(code($0.term)): \(prose($0.meaning))" }
            case .options(let options): lines += options.map { "- \(forms($0)): \(prose($0.explanation))" }
            case .verbatim(let text), .script(let text): lines += display(text)
            case .examples(let examples):
                lines += examples.map { "- \(prose(capitalized($0.purpose))): \(code($0.line))" }
            }
        }
        return lines
    }

    private static func display(_ lines: [String]) -> [String] { ["```text"] + lines + ["```"] }

    /// Each way to write an option, with its value.
    private static func forms(_ option: Option) -> String {
        var forms: [String] = []
        if let short = option.short { forms.append("-\(short)" + value(of: option, isLong: false)) }
        if let long = option.long {
            forms.append("--\(long)" + value(of: option, isLong: true))
            if option.isNegatable { forms.append("--no-\(long)") }
        }
        return forms.map { code($0) }.joined(separator: ", ")
    }

    private static func value(of option: Option, isLong: Bool) -> String {
        switch option.kind {
        case .flag: ""
        case .value(let name), .repeated(let name): " \(name)"
        case .optional(let name): isLong ? "[=\(name)]" : "[\(name)]"
        }
    }

    // MARK: Text

    /// What help quotes is code here; all else comes out as it is written.
    static func prose(_ text: String) -> String {
        quotedRuns(text).map { $0.isQuoted ? code($0.text) : escaped($0.text) }.joined()
    }

    private static func escaped(_ text: String) -> String {
        let special: Set<Character> = ["\\", "*", "_", "<", ">", "[", "]", "`", "|", "#"]
        return text.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    /// Text as it is, between as many backquotes as it needs.
    static func code(_ text: String) -> String {
        if !text.contains("`") { return "`\(text)`" }
        return "`` \(text) ``"
    }
}
