// The version of snap, in one place.

public enum SnapVersion {
    /// As `--version` prints it and manifests record it.
    public static let text = "0.1.0"
    /// Of the release, or of the last change of the manual since, as the manual writes dates.
    package static let date = "November 21, 2026"
}
