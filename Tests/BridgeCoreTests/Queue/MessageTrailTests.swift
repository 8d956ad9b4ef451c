import Testing

@testable import BridgeCore

struct MessageTrailTests {
    /// The byte cap refuses a row while its acknowledgement comes in: the store has made the entry.
    @Test func aMessageThatTheStoreRefusedHasNoSecondEntry() {
        var trail = MessageTrail()
        for id in [1, 2] as [Int64] {
            trail.accepted(.out, id, now: .zero)
            let row = OutboundRow(id: id, topic: [0x74], payload: [1], qos: 1, retain: false, acceptedAt: 100)
            trail.finished(row, .acknowledged, wallClock: 101, now: .seconds(1))
        }
        trail.withdraw(.out, 1)
        trail.withdraw(.in, 2)
        #expect(trail.takeEntries().map(\.id) == [2])
    }
}
