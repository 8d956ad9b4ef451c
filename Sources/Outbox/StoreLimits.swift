import BridgeCore

/// Bounds of one store; tests make them small.
struct StoreLimits {
    /// Calls that may wait for the writer.
    var waitingCalls = 1024
    /// Bytes of rows that may wait for the writer; one batch alone may be larger.
    var waitingBytes = 8 << 20
    /// How long a call waits for another process that holds the file, in milliseconds.
    var busyMilliseconds: Int32 = 2000
    /// `PRAGMA max_page_count`: a disk that is full at so many pages.
    var maximumPages: Int?
    /// Segments of the ledger: 2 MiB of pages, some 180,000 messages.
    var ledgerSegments = 2048
    /// How old a segment may get, in seconds: 7 days.
    var ledgerSeconds: Int64 = 7 * 86_400
    /// Messages that may be aside.
    var asideMessages = SetAside.limit
}
