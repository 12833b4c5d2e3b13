// A page of the manual in mdoc(7), which `mandoc -T lint -W warning` has nothing to say about (`make lint` asks it).
//
// Sections stand in the order that readers of manuals know; a paragraph macro stands only between two things, because
// one at an edge is a mistake; nothing here is empty.

package import SnapCLI

package enum ManPage {
    package static func text(_ page: ManualPage) -> String {
        var lines = [
            ".\\\" Made by 'make pages' from what 'snap help' prints: not to be edited.",
            ".Dd \(ManualPage.date)",
            ".Dt \(page.reference.name.uppercased()) \(page.reference.section)",
            ".Os",
            ".Sh NAME",
            ".Nm \(page.reference.name)",
            ".Nd \(MdocText.arguments(page.summary))",
        ]
        if let program = page.program {
            lines.append(".Sh SYNOPSIS")
            for synopsis in page.synopses { lines += [".Nm \(program)"] + MdocSynopsis.lines(synopsis) }
        }
        for part in page.parts { lines += set(part) }
        lines.append(".Sh SEE ALSO")
        for (index, reference) in page.related.enumerated() {
            let comma = index + 1 < page.related.count ? " ," : ""
            lines.append(".Xr \(reference.name) \(reference.section)\(comma)")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: Parts

    private static func set(_ part: HelpPart) -> [String] {
        var lines = [".Sh \(heading(part.title))"]
        for (index, block) in part.blocks.enumerated() {
            let isFirst = index == 0
            switch block {
            case .paragraph(let text): lines += paragraph(text, isFirst: isFirst)
            case .entries(let entries):
                let mark = macro(of: part.title)
                lines += list(entries.map { Item(head: head($0.term, mark), text: $0.meaning) })
            case .options(let options):
                lines += list(options.map { Item(head: head($0), text: $0.explanation) })
            case .verbatim(let code), .script(let code): lines += display(code)
            case .examples(let examples):
                for (number, example) in examples.enumerated() {
                    lines += paragraph(capitalized(example.purpose) + ":", isFirst: isFirst && number == 0)
                    lines += display([example.line])
                }
            }
        }
        return lines
    }

    /// In capitals, but for options, which have none.
    private static func heading(_ title: String?) -> String {
        let words = (title ?? "description").split(separator: " ").map { word in
            word.hasPrefix("-") ? String(word) : word.uppercased()
        }
        return MdocText.arguments(words.joined(separator: " "))
    }

    private static func paragraph(_ text: String, isFirst: Bool) -> [String] {
        (isFirst ? [] : [".Pp"]) + MdocText.lines(text)
    }

    private static func display(_ lines: [String]) -> [String] {
        [".Bd -literal -offset indent"] + lines.map { MdocText.literal($0) } + [".Ed"]
    }

    private struct Item {
        let head: String
        let text: String
    }

    private static func list(_ items: [Item]) -> [String] {
        [".Bl -tag -width Ds"] + items.flatMap { [".It \($0.head)"] + MdocText.lines($0.text) } + [".El"]
    }

    // MARK: Heads of lists

    /// How the words of a list are marked, by what the section is about.
    private static func macro(of title: String?) -> String? {
        switch title {
        case HelpPart.exitStatus?: return nil
        case HelpPart.environment?: return "Ev"
        case HelpPart.files?, "levels"?: return "Pa"
        case HelpPart.operands?: return "Ar"
        case let title? where title.hasPrefix("fields"): return "Va"
        default: return "Cm"
        }
    }

    /// Several words that are explained together are parted by commas.
    private static func head(_ term: String, _ macro: String?) -> String {
        let mark = macro.map { $0 + " " } ?? ""
        let words = term.split(separator: ",").map { $0.drop(while: { $0 == " " }) }.filter { !$0.isEmpty }
        return words.map { mark + MdocText.arguments(String($0)) }.joined(separator: " , ")
    }

    /// Each way to write an option, with its value.
    private static func head(_ option: Option) -> String {
        var flags: [(flag: String, isLong: Bool)] = []
        if let short = option.short { flags.append((String(short), false)) }
        if let long = option.long {
            flags.append(("-" + long, true))
            if option.isNegatable { flags.append(("-no-" + long, true)) }
        }
        return flags.map { flag, isLong in
            "Fl " + MdocText.argument(flag) + value(of: option, isLong: isLong)
        }.joined(separator: " , ")
    }

    private static func value(of option: Option, isLong: Bool) -> String {
        switch option.kind {
        case .flag: ""
        case .value(let name), .repeated(let name): " Ar \(MdocText.argument(name))"
        case .optional(let name):
            isLong
                ? " Ns Oo = Ns Ar \(MdocText.argument(name)) Oc" : " Ns Oo Ar \(MdocText.argument(name)) Oc"
        }
    }
}
