import Testing

@testable import Configuration

@Suite struct QuantitiesTests {
    @Test(arguments: [
        ("10 s", 10_000), ("10s", 10_000), ("200 ms", 200), ("5 min", 300_000), ("5m", 300_000), ("6h", 21_600_000),
        ("1 d", 86_400_000), ("0s", 0), ("1.5 h", 5_400_000), ("0.25s", 250), ("10   s", 10_000),
        ("36525 d", 3_155_760_000_000),
    ])
    func `durations`(text: String, milliseconds: Int) {
        #expect(Quantities.duration(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "10", "s", "-1 s", "+1 s", "1e3 s", "10 sec", "10 S", "1 . 5 s", "1. s", ".5 s", "1.2345 s", "10s ", " 10s",
        "99999999999999999999 s", "9223372036854775807 d", "36526 d", "1h30m", "10\u{A0}s", "١ s",
    ])
    func `what is no duration`(text: String) {
        #expect(Quantities.duration(text) == nil)
    }

    @Test(
        arguments: [
            ("64 MiB", 67_108_864), ("64MiB", 67_108_864), ("1 KiB", 1024), ("1 kB", 1000), ("1 KB", 1000), ("7 B", 7),
            ("2 MB", 2_000_000), ("1.5 KiB", 1536), ("1 GiB", 1 << 30), ("3 GB", 3_000_000_000),
        ] as [(String, Int64)])
    func `sizes`(text: String, bytes: Int64) {
        #expect(Quantities.size(text) == bytes)
    }

    @Test(arguments: ["", "64", "64 mib", "1 TiB", "1.5 B", "-1 B", "9223372036854775807 B", "99999999 GiB9"])
    func `what is no size`(text: String) {
        #expect(Quantities.size(text) == nil)
    }

    @Test(arguments: [
        ("host", "host", 0), ("hots", "host", 1), ("", "host", 4), ("client_id", "clientid", 1), ("qos", "topic", 4),
    ])
    func `edit distance`(left: String, right: String, distance: Int) {
        #expect(editDistance(left, right) == distance)
        #expect(editDistance(right, left) == distance)
    }
}
