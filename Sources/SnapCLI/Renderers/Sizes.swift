// Sizes in the binary units of IEC 80000-13: `512 B`, `1.5 KiB`, `310 MiB`.

/// A size in bytes, with one decimal below ten. Rounded half up, and never to 1024 of a unit.
func sizeText(_ bytes: UInt64) -> String {
    if bytes < 1024 { return "\(bytes) B" }
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var shift: UInt64 = 10
    for (index, unit) in units.enumerated() {
        let one = UInt64(1) << shift
        let whole = bytes / one
        let rest = bytes % one
        // Tenths of the rest; it is below 2^60, so that ten times it fits.
        let tenths = (rest * 10 + one / 2) / one
        if whole * 10 + tenths < 100 {
            return "\(whole + tenths / 10).\(tenths % 10) \(unit)"
        }
        let rounded = whole + (rest >= one / 2 ? 1 : 0)
        if rounded < 1024 || index == units.count - 1 { return "\(rounded) \(unit)" }
        shift += 10
    }
    return "\(bytes) B"
}
