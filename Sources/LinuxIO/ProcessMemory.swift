import CLinuxShims

/// What this process holds in memory.
public enum ProcessMemory {
    /// Gives up the resident pages of code, our own and the libraries'. They are clean pages of files: what is used again
    /// is mapped again from the page cache, some microseconds each, and what is not no longer counts as in use. Any
    /// thread; breakpoints of a debugger are lost.
    public static func releaseCodePages() { cellbridge_release_code_pages() }
}
