// The version of snap, in one place.

public enum SnapVersion {
    /// As `--version` prints it and manifests record it.
    public static let text = "0.1.0"
}
