import CLinuxShims

/// What of this process is in memory without need.
public enum ResidentMemory {
    /// Lets go of code that only the start needed (dynamic linking, the configuration's parser, the libraries' own
    /// set-up): some megabytes, which the kernel otherwise keeps mapped until memory is short. What is needed again comes
    /// back from the page cache by itself.
    public static func releaseCode() { _ = cellbridge_release_code() }
}
