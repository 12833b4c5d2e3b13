// The files that are made from the pages of the manual, all of them: what is not listed here does not belong beside
// them.

import SnapCLI

/// A file of the manual.
package struct PageFile: Sendable, Equatable {
    /// From the root of the repository.
    package let path: String
    package let text: String

    /// Where pages of the manual are.
    package static let manualDirectory = "man"
    package static let reference = "docs/reference.md"

    package static var all: [PageFile] {
        let pages = ManualPage.all
        let manual = pages.map { page in
            PageFile(
                path: "\(manualDirectory)/\(page.reference.name).\(page.reference.section)", text: ManPage.text(page))
        }
        return manual + [PageFile(path: reference, text: ReferencePage.text(pages))]
    }
}
