// What went wrong with packs, as an error of the store.

internal import SnapSystem

extension StoreError {
    package init(_ error: PackError) {
        self =
            switch error {
            case .system(let file, let cause): .system(doing: "use", path: Array(file.utf8), reason: cause.reason)
            case .damaged(let file, let what): .damaged(file: file, what: what)
            case .unsupported(let file, let what): .unsupported(path: Array(file.utf8), what: what)
            case .missing(let key, let unreadable) where unreadable.isEmpty: .missingObject(type: key.type, id: key.id)
            case .missing: .damaged(file: StoreLayout.packsName, what: error.reason)
            case .unreadable(let key, let file, let what): .damaged(file: file, what: "\(key): \(what)")
            case .invalidBlock(let what):
                .system(doing: "write", path: Array(StoreLayout.packsName.utf8), reason: "invalid block: \(what)")
            case .noSpace(let available, let floor, let needed):
                .noSpace(available: available, floor: floor, needed: needed)
            case .storeLimit(let size, let limit): .storeLimit(size: size, limit: limit)
            case .cancelled: .cancelled
            }
    }
}
